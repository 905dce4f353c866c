//! What each element of TEI does to the text, by local name.

/// What an element does to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Marks words inside of a line, or is not known: its text is kept as it stands.
    Inline,
    /// Inline, with white space around it that encoders leave to the stylesheet.
    Apart,
    /// Its text is none of the document's: headers, pictures, running heads, annotations.
    Drop,
    /// Holds blocks: divisions, speeches.
    Division,
    /// Matter before or after the body.
    Matter,
    /// A block with blank lines around it.
    Paragraph,
    /// A line of its own.
    Line,
    /// A block where it stands among blocks, inline inside of one: quotations, stage directions.
    Either,
    /// A stage direction, or what happens in a debate.
    Stage,
    /// Who speaks.
    Speaker,
    /// A turn of a recorded debate.
    Utterance,
    /// A piece of a turn is a paragraph; else inline.
    Segment,
    /// A stanza.
    Stanza,
    /// A line of verse.
    Verse,
    /// A list.
    List,
    /// An entry of a list.
    Item,
    /// Mark of an item in a list, else a heading.
    Label,
    /// A row of a table.
    Row,
    /// A cell of a row.
    Cell,
    /// End of a printed line.
    LineBreak,
    /// End of a page or column, milestones: nothing, unless they divide a word.
    PageBreak,
    /// White space of the source.
    Space,
    /// Text that could not be read or was left out.
    Gap,
    /// A note.
    Note,
    /// Readings side by side.
    Choice,
    /// Variants of witnesses: the chosen one.
    Apparatus,
    /// Marks of abbreviation: part of the original only.
    Mark,
    /// Letters an editor supplied for a mark.
    Expansion,
    /// A word or a mark of punctuation that was told apart from its neighbours.
    Token,
    /// Initials and other highlighting.
    Highlight,
    /// A link.
    Reference,
    /// A picture with what belongs to it.
    Figure,
    /// A description: of what happens it is the text, of a gap or picture it is none.
    Description,
    /// A title page.
    TitlePage,
    /// Interjection whose words are an attribute.
    Interruption,
}

/// Kind of an element.
pub(super) fn kind(name: &str) -> Kind {
    match KINDS.binary_search_by(|(known, _)| (*known).cmp(name)) {
        Ok(index) => KINDS[index].1,
        Err(_) => Kind::Inline,
    }
}

/// Sorted by name; what is not here is [`Kind::Inline`].
const KINDS: &[(&str, Kind)] = &[
    ("TEI", Kind::Drop),
    ("TEI.2", Kind::Drop),
    ("ab", Kind::Paragraph),
    ("actor", Kind::Inline),
    ("addrLine", Kind::Line),
    ("address", Kind::Either),
    ("alt", Kind::Drop),
    ("altGrp", Kind::Drop),
    ("am", Kind::Mark),
    ("app", Kind::Apparatus),
    ("argument", Kind::Division),
    ("back", Kind::Matter),
    ("bibl", Kind::Either),
    ("biblFull", Kind::Paragraph),
    ("biblStruct", Kind::Paragraph),
    ("binaryObject", Kind::Drop),
    ("body", Kind::Division),
    ("byline", Kind::Paragraph),
    ("camera", Kind::Stage),
    ("caption", Kind::Stage),
    ("castGroup", Kind::List),
    ("castItem", Kind::Item),
    ("castList", Kind::List),
    ("cb", Kind::PageBreak),
    ("cell", Kind::Cell),
    ("certainty", Kind::Drop),
    ("choice", Kind::Choice),
    ("cit", Kind::Either),
    ("cl", Kind::Inline),
    ("closer", Kind::Paragraph),
    ("dateline", Kind::Line),
    ("def", Kind::Apart),
    ("del", Kind::Drop),
    ("desc", Kind::Description),
    ("div", Kind::Division),
    ("div0", Kind::Division),
    ("div1", Kind::Division),
    ("div2", Kind::Division),
    ("div3", Kind::Division),
    ("div4", Kind::Division),
    ("div5", Kind::Division),
    ("div6", Kind::Division),
    ("div7", Kind::Division),
    ("divGen", Kind::Drop),
    ("docAuthor", Kind::Paragraph),
    ("docDate", Kind::Paragraph),
    ("docEdition", Kind::Paragraph),
    ("docImprint", Kind::Paragraph),
    ("docTitle", Kind::Paragraph),
    ("eg", Kind::Paragraph),
    ("egXML", Kind::Paragraph),
    ("entry", Kind::Paragraph),
    ("entryFree", Kind::Paragraph),
    ("epigraph", Kind::Division),
    ("epilogue", Kind::Division),
    ("etym", Kind::Apart),
    ("event", Kind::Stage),
    ("ex", Kind::Expansion),
    ("facsimile", Kind::Drop),
    ("figDesc", Kind::Drop),
    ("figure", Kind::Figure),
    ("floatingText", Kind::Division),
    ("form", Kind::Apart),
    ("formula", Kind::Either),
    ("front", Kind::Matter),
    ("fs", Kind::Drop),
    ("fw", Kind::Drop),
    ("gap", Kind::Gap),
    ("gb", Kind::PageBreak),
    ("gen", Kind::Apart),
    ("gramGrp", Kind::Apart),
    ("graphic", Kind::Drop),
    ("group", Kind::Division),
    ("handNotes", Kind::Drop),
    ("head", Kind::Paragraph),
    ("hi", Kind::Highlight),
    ("imprimatur", Kind::Paragraph),
    ("incident", Kind::Stage),
    ("index", Kind::Drop),
    ("interp", Kind::Drop),
    ("interpGrp", Kind::Drop),
    ("interruption", Kind::Interruption),
    ("item", Kind::Item),
    ("join", Kind::Drop),
    ("joinGrp", Kind::Drop),
    ("kinesic", Kind::Stage),
    ("l", Kind::Verse),
    ("label", Kind::Label),
    ("lb", Kind::LineBreak),
    ("lg", Kind::Stanza),
    ("lg1", Kind::Stanza),
    ("lg2", Kind::Stanza),
    ("line", Kind::LineBreak),
    ("link", Kind::Drop),
    ("linkGrp", Kind::Drop),
    ("list", Kind::List),
    ("listApp", Kind::Drop),
    ("listBibl", Kind::Division),
    ("listEvent", Kind::Drop),
    ("listOrg", Kind::Drop),
    ("listPerson", Kind::Drop),
    ("listPlace", Kind::Drop),
    ("listRelation", Kind::Drop),
    ("media", Kind::Drop),
    ("metamark", Kind::Drop),
    ("milestone", Kind::PageBreak),
    ("msDesc", Kind::Paragraph),
    ("notatedMusic", Kind::Drop),
    ("note", Kind::Note),
    ("opener", Kind::Paragraph),
    ("orth", Kind::Apart),
    ("p", Kind::Paragraph),
    ("pb", Kind::PageBreak),
    ("pc", Kind::Token),
    ("performance", Kind::Division),
    ("pos", Kind::Apart),
    ("postscript", Kind::Division),
    ("precision", Kind::Drop),
    ("prologue", Kind::Division),
    ("pron", Kind::Apart),
    ("q", Kind::Either),
    ("quote", Kind::Either),
    ("ref", Kind::Reference),
    ("respons", Kind::Drop),
    ("row", Kind::Row),
    ("s", Kind::Apart),
    ("said", Kind::Either),
    ("salute", Kind::Line),
    ("seg", Kind::Segment),
    ("sense", Kind::Line),
    ("set", Kind::Division),
    ("shift", Kind::Drop),
    ("signed", Kind::Line),
    ("sourceDoc", Kind::Drop),
    ("sp", Kind::Division),
    ("spGrp", Kind::Division),
    ("space", Kind::Space),
    ("span", Kind::Drop),
    ("spanGrp", Kind::Drop),
    ("speaker", Kind::Speaker),
    ("stage", Kind::Stage),
    ("standOff", Kind::Drop),
    ("surface", Kind::Division),
    ("table", Kind::Paragraph),
    ("tagUsage", Kind::Drop),
    ("teiHeader", Kind::Drop),
    ("text", Kind::Division),
    ("timeline", Kind::Drop),
    ("titlePage", Kind::TitlePage),
    ("titlePart", Kind::Line),
    ("trailer", Kind::Paragraph),
    ("u", Kind::Utterance),
    ("usg", Kind::Apart),
    ("view", Kind::Stage),
    ("vocal", Kind::Stage),
    ("w", Kind::Token),
    ("writing", Kind::Stage),
    ("xenoData", Kind::Drop),
    ("xr", Kind::Apart),
    ("zone", Kind::Paragraph),
];

/// True if what stands directly inside of such an element stands among blocks.
pub(super) fn holds_blocks(kind: Kind) -> bool {
    matches!(kind, Kind::Division | Kind::Matter)
}

#[cfg(test)]
mod tests {
    use super::{KINDS, Kind, kind};

    #[test]
    fn the_table_is_sorted() {
        assert!(KINDS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn kinds_as_a_table() {
        for (name, expected) in [
            ("p", Kind::Paragraph),
            ("persName", Kind::Inline),
            ("TEI.2", Kind::Drop),
            ("zone", Kind::Paragraph),
            ("supplied", Kind::Inline),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }
}

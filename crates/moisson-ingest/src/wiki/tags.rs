//! Tags of wikitext: those of HTML that it allows, and those of extensions.

/// What a tag does to the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Left out with its content.
    Drop,
    /// Its content is text.
    Raw,
    /// Its content is text whose lines count.
    Preformatted,
    /// Lines count inside of it.
    Verse,
    Table,
    Break,
    Cell,
    Block,
    Inline,
}

/// What a tag does; `None` for what is no tag. A page of a book is read as its book includes it.
pub(super) fn effect(name: &str, of_book: bool) -> Option<(&'static str, Effect)> {
    let (noinclude, includeonly) = if of_book {
        (Effect::Drop, Effect::Inline)
    } else {
        (Effect::Inline, Effect::Drop)
    };
    let found = match name {
        "noinclude" => return Some(("noinclude", noinclude)),
        "includeonly" => return Some(("includeonly", includeonly)),
        _ => TAGS
            .binary_search_by(|(known, _)| (*known).cmp(name))
            .ok()?,
    };
    TAGS.get(found).copied()
}

/// Sorted by name.
const TAGS: &[(&str, Effect)] = &[
    ("abbr", Effect::Inline),
    ("b", Effect::Inline),
    ("bdi", Effect::Inline),
    ("bdo", Effect::Inline),
    ("big", Effect::Inline),
    ("blockquote", Effect::Block),
    ("br", Effect::Break),
    ("caption", Effect::Break),
    ("categorytree", Effect::Drop),
    ("ce", Effect::Drop),
    ("center", Effect::Block),
    ("chem", Effect::Drop),
    ("cite", Effect::Inline),
    ("code", Effect::Inline),
    ("data", Effect::Inline),
    ("dd", Effect::Break),
    ("del", Effect::Inline),
    ("dfn", Effect::Inline),
    ("div", Effect::Block),
    ("dl", Effect::Block),
    ("dt", Effect::Break),
    ("em", Effect::Inline),
    ("font", Effect::Inline),
    ("gallery", Effect::Drop),
    ("graph", Effect::Drop),
    ("h1", Effect::Block),
    ("h2", Effect::Block),
    ("h3", Effect::Block),
    ("h4", Effect::Block),
    ("h5", Effect::Block),
    ("h6", Effect::Block),
    ("hiero", Effect::Drop),
    ("hr", Effect::Block),
    ("i", Effect::Inline),
    ("imagemap", Effect::Drop),
    ("indicator", Effect::Drop),
    ("inputbox", Effect::Drop),
    ("ins", Effect::Inline),
    ("kbd", Effect::Inline),
    ("li", Effect::Break),
    ("mapframe", Effect::Drop),
    ("maplink", Effect::Drop),
    ("mark", Effect::Inline),
    ("math", Effect::Drop),
    ("nowiki", Effect::Raw),
    ("ol", Effect::Block),
    ("onlyinclude", Effect::Inline),
    ("p", Effect::Block),
    ("pagequality", Effect::Inline),
    ("pages", Effect::Inline),
    ("poem", Effect::Verse),
    ("pre", Effect::Preformatted),
    ("q", Effect::Inline),
    ("rb", Effect::Inline),
    ("ref", Effect::Drop),
    ("references", Effect::Drop),
    ("rp", Effect::Drop),
    ("rt", Effect::Drop),
    ("ruby", Effect::Inline),
    ("s", Effect::Inline),
    ("samp", Effect::Inline),
    ("score", Effect::Drop),
    ("section", Effect::Inline),
    ("small", Effect::Inline),
    ("source", Effect::Preformatted),
    ("span", Effect::Inline),
    ("strike", Effect::Inline),
    ("strong", Effect::Inline),
    ("sub", Effect::Inline),
    ("sup", Effect::Inline),
    ("syntaxhighlight", Effect::Preformatted),
    ("table", Effect::Table),
    ("tbody", Effect::Inline),
    ("td", Effect::Cell),
    ("templatedata", Effect::Drop),
    ("templatestyles", Effect::Inline),
    ("th", Effect::Cell),
    ("thead", Effect::Inline),
    ("time", Effect::Inline),
    ("timeline", Effect::Drop),
    ("tr", Effect::Break),
    ("tt", Effect::Inline),
    ("u", Effect::Inline),
    ("ul", Effect::Block),
    ("var", Effect::Inline),
    ("wbr", Effect::Inline),
];

#[cfg(test)]
mod tests {
    #[test]
    fn tags_are_sorted() {
        assert!(super::TAGS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

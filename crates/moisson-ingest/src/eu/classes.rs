//! What the elements of the pages of EUR-Lex are.

/// What an element is, by its class or its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Inline,
    Drop,
    /// Holds blocks.
    Division,
    Paragraph,
    /// A title of the document.
    DocumentTitle,
    /// The first line of a heading.
    Heading,
    /// The second line of a heading.
    Subheading,
    /// A number before its paragraph.
    Number,
    /// A numbered point laid out as a grid, a list item.
    Item,
    Note,
    Table,
    Row,
    Cell,
    Break,
    /// Header cells of the journal.
    Date,
    Language,
    Reference,
}

/// Kind by the class, which the pages of 2024 prefix with `oj-` and those of the court with `coj-`.
pub(super) fn by_class(class: &str) -> Option<Kind> {
    let name = class
        .strip_prefix("oj-")
        .or_else(|| class.strip_prefix("coj-"))
        .unwrap_or(class);
    Some(match name {
        "hd-date" => Kind::Date,
        "hd-lg" => Kind::Language,
        "reference" => Kind::Reference,
        "disclaimer"
        | "modref"
        | "arrow"
        | "separator"
        | "footer"
        | "title-doc-oj-reference"
        | "bglang" => Kind::Drop,
        _ if name.starts_with("hd-")
            || name.starts_with("title-fam-member")
            || name.starts_with("toc") =>
        {
            Kind::Drop
        }
        "doc-ti" | "title-doc-first" | "title-doc-last" | "doc-end-ti" => Kind::DocumentTitle,
        "ti-art"
        | "title-article-norm"
        | "ti-section-1"
        | "title-division-1"
        | "title-annex-1"
        | "ti-grseq-1"
        | "ti-tbl"
        | "title-gr-seq-level-1"
        | "title-gr-seq-level-2"
        | "title-gr-seq-level-3"
        | "sum-title-1" => Kind::Heading,
        "sti-art"
        | "stitle-article-norm"
        | "ti-section-2"
        | "title-division-2"
        | "title-annex-2" => Kind::Subheading,
        "no-parag" | "grid-list-column-1" | "count" => Kind::Number,
        "grid-list" => Kind::Item,
        "note" => Kind::Note,
        "normal" | "norm" | "list" | "signatory" | "final" | "tbl-txt" | "tbl-hdr"
        | "inline-element" | "pnormal" => Kind::Paragraph,
        "eli-container"
        | "eli-subdivision"
        | "eli-main-title"
        | "eli-title"
        | "enumeration-spacing" => Kind::Division,
        _ => return None,
    })
}

/// Kind by the tag alone.
pub(super) fn by_tag(tag: &str) -> Kind {
    match tag {
        "script" | "style" | "nav" | "header" | "footer" | "form" | "noscript" | "template"
        | "head" | "hr" | "img" | "button" => Kind::Drop,
        "p" | "blockquote" | "pre" | "dd" | "dt" => Kind::Paragraph,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "caption" => Kind::Heading,
        "div" | "ul" | "ol" | "dl" | "section" | "article" | "main" | "body" | "html" => {
            Kind::Division
        }
        "li" => Kind::Item,
        "table" => Kind::Table,
        "tr" => Kind::Row,
        "td" | "th" => Kind::Cell,
        "br" => Kind::Break,
        _ => Kind::Inline,
    }
}

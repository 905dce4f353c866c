//! Classes of elements as the parsing rules of the HTML standard name them, by lower-case name.

/// What the parsing rules need to know of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// `b`, `font`, …: opened again where a block cuts them short.
    Formatting,
    /// `p`, which most blocks end.
    Paragraph,
    /// `li`, `dd`, `dt`: ended by the next one.
    Item,
    /// `td`, `th`, `caption`: ended by the next one; formatting ends with them.
    Cell,
    /// `tr` and the groups of rows.
    Row,
    /// `table`, `template`, `svg`, `math`: what is inside cannot end what is outside.
    Root,
    /// `object`, `button`, `marquee`, `applet`: as [`Class::Root`], but not for rows.
    Scope,
    /// `div`, `ul`, …: ends a paragraph.
    Block,
    /// Any other.
    Inline,
}

pub(super) fn class(name: &[u8]) -> Class {
    match name {
        b"a" | b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"nobr" | b"s" | b"small"
        | b"strike" | b"strong" | b"tt" | b"u" => Class::Formatting,
        b"p" => Class::Paragraph,
        b"li" | b"dd" | b"dt" => Class::Item,
        b"td" | b"th" | b"caption" => Class::Cell,
        b"tr" | b"tbody" | b"thead" | b"tfoot" | b"colgroup" => Class::Row,
        b"table" | b"template" | b"svg" | b"math" => Class::Root,
        b"object" | b"button" | b"marquee" | b"applet" | b"select" => Class::Scope,
        b"address" | b"article" | b"aside" | b"blockquote" | b"center" | b"details" | b"dialog"
        | b"dir" | b"div" | b"dl" | b"fieldset" | b"figcaption" | b"figure" | b"footer"
        | b"form" | b"frameset" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"header"
        | b"hgroup" | b"listing" | b"main" | b"menu" | b"nav" | b"ol" | b"pre" | b"search"
        | b"section" | b"summary" | b"ul" => Class::Block,
        _ => Class::Inline,
    }
}

/// Elements without content.
pub(super) fn is_void(name: &[u8]) -> bool {
    matches!(
        name,
        b"area"
            | b"base"
            | b"basefont"
            | b"bgsound"
            | b"br"
            | b"col"
            | b"embed"
            | b"frame"
            | b"hr"
            | b"image"
            | b"img"
            | b"input"
            | b"keygen"
            | b"link"
            | b"meta"
            | b"param"
            | b"source"
            | b"track"
            | b"wbr"
    )
}

/// Elements whose content is text up to their end tag.
pub(super) fn is_raw_text(name: &[u8]) -> bool {
    matches!(
        name,
        b"script"
            | b"style"
            | b"textarea"
            | b"title"
            | b"xmp"
            | b"iframe"
            | b"noembed"
            | b"noframes"
    )
}

/// Elements of which a page has one, whatever their tags.
pub(super) fn is_frame_of_page(name: &[u8]) -> bool {
    matches!(name, b"html" | b"head" | b"body")
}

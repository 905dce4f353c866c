//! HTML to plain text: fragments as they stand in records, and whole pages without their menus.

mod boilerplate;
pub(crate) mod bounds;
#[cfg(test)]
mod corpora_tests;
mod elements;
pub(crate) mod entities;
pub(crate) mod facts;
mod page;
#[cfg(test)]
mod reader_tests;
pub(crate) mod render;
pub(crate) mod tree;

use std::borrow::Cow;

use scraper::{ElementRef, Html, Node as HtmlNode};

pub(crate) use page::text_of;
pub use page::{Page, PageOptions, page};

use tree::{Builder, Node, Tree};

/// Returns the plain text of an HTML fragment (the body of an article), or `None` if it nests too deep to read.
///
/// Block elements are lines, `<br>` is a line end, paragraphs have a blank line between them, list items are one line
/// each, table rows are one line each with cells separated by ` | `. Inline markup, comments, scripts and styles are
/// dropped; entities are decoded, also those escaped twice (`&amp;nbsp;`). Time and memory are linear in `html`, the
/// nesting is bounded by `depth_max`, and nothing recurses.
pub fn fragment_to_text(html: &str, depth_max: u32) -> Option<String> {
    if memchr::memchr2(b'<', b'&', html.as_bytes()).is_none() {
        let mut plain = Builder::default();
        plain.text(Cow::Borrowed(html));
        let nodes = plain.finish();
        return Some(render::render(&nodes, 0..nodes.len(), |_| false));
    }
    if !bounds::within(html, depth_max) {
        return None;
    }
    let parsed = Html::parse_fragment(html);
    let flat = Flat::new(&parsed);
    Some(render::render(&flat.nodes, 0..flat.nodes.len(), |_| false))
}

/// Parses a page, or what was meant as XML and is not, and hands its tree to `read`; `None` if it nests too deep.
pub(crate) fn with_tree<R>(
    html: &str,
    depth_max: u32,
    read: impl FnOnce(&Flat<'_>) -> R,
) -> Option<R> {
    if !bounds::within(html, depth_max) {
        return None;
    }
    let parsed = Html::parse_document(html);
    Some(read(&Flat::new(&parsed)))
}

/// A parsed page laid flat, with the elements that carry attributes.
pub(crate) struct Flat<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    elements: Vec<Option<ElementRef<'a>>>,
}

impl<'a> Flat<'a> {
    pub(crate) fn new(html: &'a Html) -> Self {
        let mut builder = Builder::default();
        let mut elements = Vec::new();
        let root = html.tree.root();
        let mut node = root;
        'walk: loop {
            match node.value() {
                HtmlNode::Element(element) => {
                    builder.open(element.name());
                    elements.push(ElementRef::wrap(node));
                }
                HtmlNode::Text(text) => {
                    let is_new = builder.text(Cow::Borrowed(text));
                    elements.extend(is_new.then_some(None));
                }
                _ => {}
            }
            if let Some(child) = node.first_child() {
                node = child;
                continue;
            }
            loop {
                if node.value().is_element() {
                    builder.close();
                }
                if node == root {
                    break 'walk;
                }
                if let Some(next) = node.next_sibling() {
                    node = next;
                    break;
                }
                match node.parent() {
                    Some(parent) => node = parent,
                    None => break 'walk,
                }
            }
        }
        Self {
            nodes: builder.finish(),
            elements,
        }
    }

    pub(crate) fn attribute(&self, index: usize, name: &str) -> Option<&'a str> {
        self.elements[index].and_then(|element| element.attr(name))
    }

    /// Text of an element but for the nodes of which `skip` is true, with all they hold.
    pub(crate) fn text_without(&self, node: usize, skip: impl Fn(usize) -> bool) -> String {
        render::render(&self.nodes, node..self.nodes[node].end, skip)
    }

    /// Number of nodes.
    pub(crate) fn size(&self) -> usize {
        self.nodes.len()
    }
}

impl Tree for Flat<'_> {
    fn name(&self, node: usize) -> &str {
        let name = self.nodes[node].name;
        name.rsplit_once(':').map_or(name, |(_, name)| name)
    }

    fn run(&self, node: usize) -> &str {
        &self.nodes[node].text
    }

    fn parent(&self, node: usize) -> usize {
        self.nodes[node].parent
    }

    fn end(&self, node: usize) -> usize {
        self.nodes[node].end
    }

    fn attribute(&self, node: usize, name: &str) -> Option<String> {
        let value = Flat::attribute(self, node, name)?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn any_word(&self, node: usize, attribute: &str, is: impl Fn(&str) -> bool) -> bool {
        let value = Flat::attribute(self, node, attribute).unwrap_or_default();
        value.split_ascii_whitespace().any(is)
    }
}

#[cfg(test)]
mod tests {
    use super::fragment_to_text;

    #[test]
    fn fragments_as_a_table() {
        let check = |html: &str, expected: &str| {
            assert_eq!(
                fragment_to_text(html, 64).as_deref(),
                Some(expected),
                "{html}"
            );
        };
        check("", "");
        check("  un \n texte ", "un texte");
        check("<p>Un.</p><p>Deux.</p>", "Un.\n\nDeux.");
        check("<p>Un<br/>deux<br><br>trois</p>", "Un\ndeux\n\ntrois");
        check(
            "<p><br/>   1° Un ;<br/>\n 2° Deux.</p>",
            "1° Un ;\n2° Deux.",
        );
        check("<div>a</div><div>b</div>", "a\nb");
        check("avant<p>dedans</p>après", "avant\n\ndedans\n\naprès");
        check(
            "l'<b>arti</b>cle 1<sup>er</sup>, <a href='x'>ici</a> .",
            "l'article 1er, ici .",
        );
        check(
            "<ul><li>un</li><li><p>deux</p><p>trois</p></li></ul>fin",
            "un\ndeux\ntrois\n\nfin",
        );
        check(
            "<ol><li>un<ul><li>deux</li></ul></li><li>trois</li></ol>",
            "un\ndeux\ntrois",
        );
        check(
            "<table><tr><th>An</th><th>Taux</th></tr><tr><td><p>2019</p><p>2020</p></td><td>3 %</td></tr></table>",
            "An | Taux\n2019 2020 | 3 %",
        );
        check(
            "<table><tr><td></td><td>b</td><td></td><td>d</td><td></td></tr></table>",
            "| b | | d",
        );
        check(
            "<table><tr><td>seule</td></tr><tr><td>colonne</td></tr></table>",
            "seule\ncolonne",
        );
        check(
            "<table><tr><td>menu</td><td><h1>Titre</h1><p>Un.</p><p>Deux.</p></td></tr></table>",
            "menu\n\nTitre\n\nUn.\n\nDeux.",
        );
        check("<pre>a\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd");
        check(
            "x<script>y</script><style>z</style><template>t</template><noscript>n</noscript>",
            "x",
        );
        check("<!-- c -->x", "x");
        check(
            "caf&eacute; &amp;nbsp;: 3&#160;&euro; &amp;#8217; &lt;b&gt;",
            "café \u{a0}: 3\u{a0}€ ’ <b>",
        );
        check("AT&T, a < b et b > a", "AT&T, a < b et b > a");
        check("un&shy;deux", "un\u{ad}deux"); // normalisation takes soft hyphens away
        check("<h2>T</h2>\n<p>x</p>\n\n<hr/><p>y", "T\n\nx\n\ny");
        check("<svg><text>dessin</text></svg>fin", "dessinfin");
    }

    #[test]
    fn hostile_nesting_is_refused_in_linear_time() {
        for tag in [
            "<div>",
            "<span>",
            "<table><tr><td>",
            "<ul><li>",
            "<svg><g>",
            "<blink>",
            "<b x><i>",
        ] {
            assert_eq!(fragment_to_text(&tag.repeat(400_000), 256), None, "{tag}");
        }
        let closed = format!("{}x{}", "<div>".repeat(255), "</div>".repeat(255));
        assert_eq!(fragment_to_text(&closed, 256).as_deref(), Some("x"));
        assert_eq!(fragment_to_text(&closed, 254), None);
    }
}

//! `cri:cri`: one day of sittings of the Sénat.
//!
//! Source: <https://data.senat.fr/>, `cri.zip`; domain notes, section 5.2. Most files mix XHTML with tags that do not
//! match, so that those that are no XML are read as a browser would.

use std::collections::BTreeSet;

use moisson_core::Date;

use super::{Record, date, ended};
use crate::html::render::{Block, Style, Writer, render_styled};
use crate::html::tree::Tree;

/// Reads the tree of one day. `stem` is the name of its file, `dYYYYMMDD`; with `asides`, remarks in parentheses
/// inside of a speech are kept.
pub(crate) fn read<T: Tree>(tree: &T, size: usize, stem: &str, asides: bool) -> Record {
    let mut style = Cri {
        asides,
        name: None,
        remark: None,
    };
    let text = render_styled(tree, 0..size, &mut style);
    let named = stem.strip_prefix('d').and_then(Date::parse);
    let printed = printed_day(tree, size);
    let day = printed.or(named);
    let mut record = Record {
        id: named.is_some().then(|| stem.to_owned()),
        text,
        title: day.map(|day| format!("Sénat, séance du {}", date::written(day))),
        url: named.filter(|named| Some(*named) == day).map(address),
        published_on: day,
        genre: Some("debate"),
        producer: Some("Sénat".to_owned()),
        ..Record::default()
    };
    if let (Some(named), Some(printed)) = (named, printed)
        && named != printed
    {
        record.put("file_date", Some(named.to_string()));
    }
    let speakers: BTreeSet<String> = (0..size)
        .filter(|node| tree.name(*node) == "intervenant")
        .filter_map(|node| {
            tree.attribute(node, "mat")
                .or_else(|| tree.attribute(node, "nom"))
        })
        .collect();
    record.count("speakers", speakers.len());
    record
}

fn address(day: Date) -> String {
    let (year, month, day) = day.ymd();
    format!(
        "https://www.senat.fr/seances/s{year:04}{month:02}/s{year:04}{month:02}{day:02}/s{year:04}{month:02}{day:02}_mono.html"
    )
}

/// The day in the title of the page: the name of one file is wrong. Days named in the text are of other sittings.
fn printed_day<T: Tree>(tree: &T, size: usize) -> Option<Date> {
    (0..size)
        .filter(|node| matches!(tree.name(*node), "title" | "h1"))
        .filter_map(|node| tree.text(node))
        .find_map(|title| date::find(&title))
}

/// Closes the tags that close themselves, which HTML does not know: without it `<cri:page/>` would hold all that follows.
pub(crate) fn for_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/>") {
        out.push_str(before);
        // Only the last tag can be the one that ends here, and names are short.
        let tag = before.rfind('<').and_then(|at| before.get(at + 1..));
        let name: &str = tag
            .and_then(|tag| tag.split(|c: char| c.is_ascii_whitespace()).next())
            .unwrap_or_default();
        let is_element = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains('>');
        let is_tag = is_element && tag.is_some_and(|tag| !tag.contains('>'));
        let local = name.rsplit(':').next().unwrap_or(name);
        if is_tag
            && !matches!(
                local,
                "br" | "hr" | "img" | "col" | "input" | "link" | "meta"
            )
        {
            out.push_str("></");
            out.push_str(name);
            out.push('>');
        } else {
            out.push_str("/>");
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

struct Cri {
    asides: bool,
    /// Name of the turn that began, until it is printed.
    name: Option<String>,
    /// The paragraph that was last looked through, and whether a remark is all it holds.
    remark: Option<(usize, bool)>,
}

impl<T: Tree> Style<T> for Cri {
    fn block(&mut self, tree: &T, node: usize) -> Option<Block> {
        let name = tree.name(node);
        if is_furniture(tree, node, name) {
            return None;
        }
        Some(match name {
            "intervenant" => {
                self.name = name_of(tree, node);
                Block::Line
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "blockquote" => {
                Block::Paragraph
            }
            "ul" | "ol" => Block::List,
            "li" => Block::Item,
            "tr" => Block::Row,
            "td" | "th" => Block::Cell,
            "br" => Block::Break,
            "div" | "cri" | "body" => Block::Line,
            "span" if tree.has_word(node, "class", "orateur_nom") && in_turn(tree, node) => {
                return None;
            }
            "span" if tree.has_word(node, "class", "info_entre_parentheses") => {
                if !self.asides && !self.is_remark(tree, paragraph_of(tree, node)) {
                    return None;
                }
                Block::Inline
            }
            _ => Block::Inline,
        })
    }

    fn opened(&mut self, tree: &T, node: usize, writer: &mut Writer) {
        if tree.name(node) == "p"
            && let Some(name) = self.name.take()
            && !self.print_name(tree, node, &name, writer)
        {
            self.name = Some(name);
        }
    }

    fn closing(&mut self, tree: &T, node: usize, writer: &mut Writer) {
        // The quality of a speaker ends the announcement, where no stop is printed.
        if tree.name(node) == "span" && tree.has_word(node, "class", "orateur_qualite") {
            let end = tree.end(node);
            let mut after = (end..tree.end(paragraph_of(tree, node))).take(NEAR);
            let next = after.find_map(|at| tree.run(at).trim_start().chars().next());
            if !writer.last().is_some_and(is_stop) && next.is_some_and(|c| !is_stop(c)) {
                writer.text(". ");
            }
        }
    }
}

/// Nodes looked at for what follows a name.
const NEAR: usize = 16;

fn is_stop(c: char) -> bool {
    matches!(c, '.' | ',' | ':' | ';' | '?' | '!' | '…')
}

impl Cri {
    /// Prints the name before what is said in a paragraph; false if nothing is.
    fn print_name<T: Tree>(
        &mut self,
        tree: &T,
        paragraph: usize,
        name: &str,
        writer: &mut Writer,
    ) -> bool {
        let said = (paragraph + 1..tree.end(paragraph)).find(|at| {
            !tree.run(*at).trim().is_empty() && !in_class(tree, *at, paragraph, "orateur_nom")
        });
        let Some(said) = said.filter(|_| !self.is_remark(tree, paragraph)) else {
            return false;
        };
        let bare = name.trim_end_matches(|c: char| is_stop(c) || c.is_whitespace());
        if tree.run(said).trim_start().starts_with(is_stop) {
            writer.text(bare);
        } else if in_class(tree, said, paragraph, "orateur_qualite") {
            writer.text(bare);
            writer.text(", ");
        } else {
            writer.text(&ended(name));
            writer.text(" ");
        }
        true
    }

    /// True if a remark is all a paragraph holds: `(La séance est ouverte à quinze heures.)`
    fn is_remark<T: Tree>(&mut self, tree: &T, paragraph: usize) -> bool {
        if let Some((known, is_remark)) = self.remark
            && known == paragraph
        {
            return is_remark;
        }
        let is_remark = (paragraph + 1..tree.end(paragraph)).all(|at| {
            tree.run(at).chars().all(|c| !c.is_alphanumeric())
                || in_class(tree, at, paragraph, "info_entre_parentheses")
        });
        self.remark = Some((paragraph, is_remark));
        is_remark
    }
}

/// The speaker as printed in the first paragraph, else as the attributes say: `M. Xavier Dupont, ministre`.
fn name_of<T: Tree>(tree: &T, turn: usize) -> Option<String> {
    let printed = (turn + 1..tree.end(turn))
        .find(|node| tree.name(*node) == "span" && tree.has_word(*node, "class", "orateur_nom"))
        .and_then(|node| tree.text(node));
    printed.or_else(|| {
        let name = printed_case(&tree.attribute(turn, "nom")?);
        let title = tree.attribute(turn, "civ");
        // Codes such as `pr` are not printed.
        let quality = tree
            .attribute(turn, "qua")
            .filter(|quality| quality.chars().count() > 3);
        let name = title.map_or(name.clone(), |title| format!("{title} {name}"));
        Some(quality.map_or(name.clone(), |quality| format!("{name}, {quality}")))
    })
}

/// Writes a name as it is printed: attributes have the surname in capitals.
fn printed_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_inside = false;
    for c in name.chars() {
        if is_inside {
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
        is_inside = c.is_alphabetic();
    }
    out
}

fn in_turn<T: Tree>(tree: &T, node: usize) -> bool {
    ancestors(tree, node).any(|at| tree.name(at) == "intervenant")
}

/// True if the node lies in a span of this class, inside of `limit`.
fn in_class<T: Tree>(tree: &T, node: usize, limit: usize, class: &str) -> bool {
    ancestors(tree, node)
        .take_while(|at| *at != limit)
        .any(|at| tree.name(at) == "span" && tree.has_word(at, "class", class))
}

fn ancestors<T: Tree>(tree: &T, node: usize) -> impl Iterator<Item = usize> {
    let mut at = node;
    std::iter::from_fn(move || {
        let parent = tree.parent(at);
        (parent != at).then(|| {
            at = parent;
            at
        })
    })
}

fn paragraph_of<T: Tree>(tree: &T, node: usize) -> usize {
    ancestors(tree, node)
        .find(|at| matches!(tree.name(*at), "p" | "div" | "td" | "li" | "intervenant"))
        .unwrap_or(node)
}

fn is_furniture<T: Tree>(tree: &T, node: usize, name: &str) -> bool {
    if matches!(
        name,
        "head"
            | "script"
            | "style"
            | "title"
            | "sommaire"
            | "tdm"
            | "nav"
            | "noscript"
            | "template"
            | "form"
    ) {
        return true;
    }
    if !matches!(name, "div" | "p" | "ul" | "ol" | "table" | "section" | "h5") {
        return false;
    }
    let is_contents = |word: &str| {
        let is_named = |name: &str| {
            ["sommaire", "tdm", "toc", "menu", "signature"]
                .iter()
                .any(|one| one.eq_ignore_ascii_case(name))
        };
        word.split(['_', '-']).any(is_named)
    };
    tree.any_word(node, "class", is_contents) || tree.any_word(node, "id", is_contents)
}

//! Markdown to plain text: no markup is left, headings and list items are lines, tables are rows.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::html::fragment_to_text;

/// A heading and the text up to the next one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// Level 1..=6; 0 for what stands before the first heading.
    pub level: u8,
    /// Text of the heading.
    pub heading: String,
    /// The anchor written in the heading (`{#anchor}`), if there is one.
    pub anchor: Option<String>,
    /// Text, without the heading.
    pub text: String,
}

/// Returns the plain text, or `None` if HTML inside nests too deep.
pub fn to_text(markdown: &str, depth_max: u32) -> Option<String> {
    let sections = sections(markdown, depth_max)?;
    let mut text = String::with_capacity(markdown.len());
    for section in &sections {
        for part in [&section.heading, &section.text] {
            if !part.is_empty() {
                if !text.is_empty() {
                    text.push_str("\n\n");
                }
                text.push_str(part);
            }
        }
    }
    Some(text)
}

/// Returns the sections in order, or `None` if HTML inside nests too deep.
pub fn sections(markdown: &str, depth_max: u32) -> Option<Vec<Section>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut writer = Writer {
        source: markdown,
        depth_max,
        ..Writer::default()
    };
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        writer.event(event, range)?;
    }
    writer.finish_section();
    Some(writer.sections)
}

/// Blank lines and line ends due before the next text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Break {
    #[default]
    None,
    Line,
    Paragraph,
}

#[derive(Default)]
struct Writer<'a> {
    source: &'a str,
    depth_max: u32,
    sections: Vec<Section>,
    section: Section,
    due: Break,
    /// Containers around: only a heading outside of them begins a section.
    containers: u32,
    in_heading: bool,
    in_code: bool,
    cells: u32,
    html: String,
}

impl Writer<'_> {
    fn event(&mut self, event: Event<'_>, range: std::ops::Range<usize>) -> Option<()> {
        match event {
            Event::Start(tag) => self.start(tag, range.start),
            Event::End(tag) => self.end(tag)?,
            Event::Text(text)
            | Event::Code(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => self.push(&text),
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(html) => self.inline_html(&html),
            Event::SoftBreak => self.soft_break(),
            Event::HardBreak => self.end_line(Break::Line),
            Event::Rule => self.end_line(Break::Paragraph),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
        Some(())
    }

    fn start(&mut self, tag: Tag<'_>, at: usize) {
        match tag {
            Tag::Heading { level, id, .. } if self.containers == 0 => {
                self.finish_section();
                self.section.level = level_number(level);
                self.section.anchor = id.map(|id| id.to_string());
                self.in_heading = true;
            }
            Tag::Heading { .. } | Tag::Paragraph => self.end_line(Break::Line),
            Tag::CodeBlock(kind) => {
                let is_fenced = matches!(kind, CodeBlockKind::Fenced(_));
                self.end_line(if is_fenced {
                    Break::Paragraph
                } else {
                    Break::Line
                });
                self.in_code = true;
            }
            Tag::BlockQuote(_) | Tag::FootnoteDefinition(_) => {
                self.containers += 1;
                self.end_line(Break::Paragraph);
            }
            Tag::List(_) => {
                self.containers += 1;
                self.end_line(Break::Line);
            }
            Tag::Item => {
                self.end_line(Break::Line);
                let marker = self.marker(at);
                self.push(&marker);
            }
            Tag::Table(_) => self.end_line(Break::Paragraph),
            Tag::TableHead | Tag::TableRow => {
                self.end_line(Break::Line);
                self.cells = 0;
            }
            Tag::TableCell => {
                if self.cells > 0 {
                    self.push(" | ");
                }
                self.cells += 1;
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) -> Option<()> {
        match tag {
            TagEnd::Heading(_) if self.in_heading => self.in_heading = false,
            TagEnd::Heading(_) | TagEnd::Paragraph | TagEnd::Table => {
                self.end_line(Break::Paragraph);
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.end_line(Break::Paragraph);
            }
            TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition | TagEnd::List(_) => {
                self.containers = self.containers.saturating_sub(1);
                self.end_line(Break::Paragraph);
            }
            TagEnd::Item | TagEnd::TableHead | TagEnd::TableRow => self.end_line(Break::Line),
            TagEnd::HtmlBlock => {
                let html = std::mem::take(&mut self.html);
                let text = fragment_to_text(&html, self.depth_max)?;
                self.end_line(Break::Paragraph);
                self.push(text.trim());
                self.end_line(Break::Paragraph);
            }
            _ => {}
        }
        Some(())
    }

    /// The marker of a list item as it is written: `1)` in a law is no `1.`. Bullets become dashes.
    fn marker(&self, at: usize) -> String {
        let rest = self.source.get(at..).unwrap_or_default().trim_start();
        let marker = rest.split_whitespace().next().unwrap_or_default();
        let is_number =
            marker.ends_with(['.', ')']) && marker.starts_with(|c: char| c.is_ascii_digit());
        if is_number && marker.len() <= 10 {
            format!("{marker} ")
        } else {
            "- ".to_owned()
        }
    }

    fn inline_html(&mut self, html: &str) {
        let name = html.trim_start_matches(['<', '/']);
        let name = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        if name.eq_ignore_ascii_case("br") || name.eq_ignore_ascii_case("p") {
            self.end_line(Break::Line);
        }
    }

    /// A line end inside a paragraph is a space, unless a sentence ends there: texts of law put one alinéa a line.
    fn soft_break(&mut self) {
        let text = self.target();
        if text
            .trim_end()
            .ends_with(['.', ';', ':', '!', '?', '»', '…'])
        {
            self.end_line(Break::Line);
        } else {
            text.push(' ');
        }
    }

    fn target(&mut self) -> &mut String {
        if self.in_heading {
            &mut self.section.heading
        } else {
            &mut self.section.text
        }
    }

    fn end_line(&mut self, due: Break) {
        if self.in_heading {
            self.section.heading.push(' ');
        } else {
            self.due = self.due.max(due);
        }
    }

    fn push(&mut self, text: &str) {
        if self.in_heading {
            self.section.heading.push_str(text);
            return;
        }
        let out = &mut self.section.text;
        let due = std::mem::take(&mut self.due);
        if !out.is_empty() && due != Break::None {
            // After a list marker the item's first paragraph goes on in the same line.
            let is_after_marker = due == Break::Line && out.ends_with(' ') && ends_with_marker(out);
            if !is_after_marker {
                out.truncate(out.trim_end_matches([' ', '\n']).len());
                out.push_str(if due == Break::Paragraph {
                    "\n\n"
                } else {
                    "\n"
                });
            }
        }
        out.push_str(text);
    }

    fn finish_section(&mut self) {
        let mut section = std::mem::take(&mut self.section);
        self.due = Break::None;
        section.text.truncate(section.text.trim_end().len());
        section.heading = section
            .heading
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if section.level > 0 || !section.text.is_empty() {
            self.sections.push(section);
        }
    }
}

fn ends_with_marker(text: &str) -> bool {
    let line = text.rsplit('\n').next().unwrap_or_default().trim_end();
    line == "-"
        || (line.ends_with(['.', ')'])
            && line.len() <= 10
            && line.starts_with(|c: char| c.is_ascii_digit())
            && !line.contains(' '))
}

fn level_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::{sections, to_text};

    #[test]
    fn markdown_as_a_table() {
        let check = |markdown: &str, expected: &str| {
            assert_eq!(
                to_text(markdown, 64).as_deref(),
                Some(expected),
                "{markdown}"
            );
        };
        check("", "");
        check(
            "# Titre\n\nUn **mot** _fort_ et `code`.",
            "Titre\n\nUn mot fort et code.",
        );
        check("Un\nmot", "Un mot");
        check(
            "Premier alinéa.\nSecond alinéa.",
            "Premier alinéa.\nSecond alinéa.",
        );
        check("a  \nb", "a\nb");
        check("a\n\nb\n\n\n\nc", "a\n\nb\n\nc");
        check(
            "* un\n* deux\n  * trois\n\nfin",
            "- un\n- deux\n- trois\n\nfin",
        );
        check("1) un\n2) deux", "1) un\n2) deux");
        check("1. un\n\n2. deux", "1. un\n\n2. deux");
        check(
            "[lien](https://exemple.fr) et ![image](i.png)",
            "lien et image",
        );
        check(
            "| a | b |\n|---|---|\n| 1 | 2 |\n\nfin",
            "a | b\n1 | 2\n\nfin",
        );
        check(
            "```rust\nfn a() {\n    b\n}\n```\n\nfin",
            "fn a() {\n    b\n}\n\nfin",
        );
        check("> cité\n\nfin", "cité\n\nfin");
        check(
            "<div>\n<p>bloc &eacute;</p>\n</div>\n\nfin",
            "bloc é\n\nfin",
        );
        check("a<br/>b <sup>2</sup>", "a\nb 2");
        check("texte[^1]\n\n[^1]: note", "texte\n\nnote");
        check("un avenant\\* signé", "un avenant* signé");
        check("a\n\n---\n\nb", "a\n\nb");
    }

    #[test]
    fn headings_cut_sections() {
        let markdown =
            "avant\n\n# Un\n\n## Deux *mots* {#ici}\n\ntexte\n\n> # cité\n\nSous\n====\n\nfin";
        let found = sections(markdown, 64).unwrap();
        let rows: Vec<_> = found
            .iter()
            .map(|s| {
                (
                    s.level,
                    s.heading.as_str(),
                    s.anchor.as_deref(),
                    s.text.as_str(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                (0, "", None, "avant"),
                (1, "Un", None, ""),
                (2, "Deux mots", Some("ici"), "texte\n\ncité"),
                (1, "Sous", None, "fin"),
            ]
        );
    }

    #[test]
    fn html_inside_that_nests_too_deep_is_refused() {
        assert_eq!(to_text(&format!("{}x", "<div>".repeat(300)), 64), None);
    }
}

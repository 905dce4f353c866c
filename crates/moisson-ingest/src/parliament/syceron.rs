//! `compteRendu`: one sitting of the Assemblée nationale in Syceron XML.
//!
//! Source: open data of the Assemblée nationale, `syceronbrut`; domain notes, section 5.2.

use std::collections::BTreeSet;

use moisson_core::Date;
use serde_json::Value;

use super::{Record, ended};
use crate::html::render::{Block, Style, Writer, render_styled};
use crate::xml::Xml;

/// Reads a `compteRendu`; the root of `xml` is one. `None` if it has no `uid`.
pub fn read(xml: &Xml<'_>) -> Option<Record> {
    let meta = xml.find(0, &["metadonnees"]);
    let value = |name: &str| meta.and_then(|meta| xml.value(meta, &[name]));
    let contents = xml.find(0, &["contenu"]);
    let mut sitting = Sitting::default();
    if let Some(contents) = contents {
        sitting.collect(xml, contents);
    }
    let moved = sitting.sort();
    let mut record = Record {
        id: Some(xml.value(0, &["uid"])?),
        text: sitting.text(),
        title: title(xml, contents, &value),
        // Local time of Paris: its first eight digits are the day that was printed.
        published_on: value("dateSeance").and_then(|time| Date::parse(time.get(..8)?)),
        genre: Some("debate"),
        language: None,
        producer: Some("Assemblée nationale".to_owned()),
        ..Record::default()
    };
    record.put("legislature", value("legislature"));
    record.put("session", value("session"));
    record.put("seanceRef", xml.value(0, &["seanceRef"]));
    record.put("sessionRef", xml.value(0, &["sessionRef"]));
    record.put("numSeance", value("numSeance"));
    record.put("etat", value("etat"));
    let presidents: Vec<String> = meta
        .into_iter()
        .flat_map(|meta| xml.descendants(meta, "presidentSeance"))
        .filter_map(|node| xml.text(node))
        .collect();
    record.put(
        "president",
        (!presidents.is_empty()).then(|| presidents.join(" ; ")),
    );
    record.count("speakers", sitting.speakers.len());
    record.count("reordered", moved);
    if !sitting.bills.is_empty() {
        let bills = sitting.bills.into_iter().map(Value::String).collect();
        record
            .metadata
            .insert("bibard".to_owned(), Value::Array(bills));
    }
    Some(record)
}

fn title(
    xml: &Xml<'_>,
    contents: Option<usize>,
    value: &impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let day = contents.and_then(|contents| xml.value(contents, &["quantiemes", "journee"]));
    let day = day.or_else(|| value("dateSeanceJour").map(|day| format!("Séance du {day}")))?;
    let day = superscripts(&day);
    // `Première séance` goes before `du mardi …`, as on the title page.
    match value("numSeanceJour") {
        Some(rank) if rank.to_lowercase().contains("séance") => {
            match day.to_lowercase().find("séance du ") {
                Some(0) => Some(format!("{rank} {}", day.get("séance ".len()..)?)),
                _ => Some(day),
            }
        }
        _ => Some(day),
    }
}

/// One paragraph of the record.
struct Entry {
    order: i64,
    text: String,
    speaker: Option<Speaker>,
}

#[derive(Clone, PartialEq, Eq)]
struct Speaker {
    name: String,
    quality: Option<String>,
}

#[derive(Default)]
struct Sitting {
    entries: Vec<Entry>,
    speakers: BTreeSet<String>,
    bills: BTreeSet<String>,
}

impl Sitting {
    /// Collects points and paragraphs in document order, whatever they are nested in.
    fn collect(&mut self, xml: &Xml<'_>, contents: usize) {
        let mut order = 0;
        let mut at = contents + 1;
        while at < xml.end(contents) {
            match xml.name(at) {
                "point" => {
                    order = order_of(xml, at).unwrap_or(order);
                    self.point(xml, at, order);
                }
                "paragraphe" => {
                    order = order_of(xml, at).unwrap_or(order);
                    self.paragraph(xml, at, order);
                }
                "quantiemes" | "texte" | "orateurs" | "metadonnees" | "sommaire" => {
                    at = xml.end(at);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn point(&mut self, xml: &Xml<'_>, point: usize, order: i64) {
        if let Some(bill) = xml.attribute(point, "bibard") {
            let digits: String = bill.chars().filter(char::is_ascii_digit).collect();
            // Several bills of one point are kept as they are printed.
            let is_one = bill
                .split(|c: char| !c.is_ascii_digit())
                .filter(|n| !n.is_empty())
                .count()
                == 1;
            self.bills
                .insert(if is_one { digits } else { superscripts(&bill) });
        }
        let Some(title) = xml.find(point, &["texte"]) else {
            return;
        };
        let text = prose(xml, title);
        if !text.is_empty() {
            self.entries.push(Entry {
                order,
                text,
                speaker: None,
            });
        }
    }

    fn paragraph(&mut self, xml: &Xml<'_>, paragraph: usize, order: i64) {
        let texts = xml
            .children(paragraph)
            .filter(|child| xml.name(*child) == "texte");
        let texts: Vec<String> = texts.map(|node| prose(xml, node)).collect();
        let mut text = texts.join("\n").trim().to_owned();
        if text.is_empty() {
            return;
        }
        let speaker = speaker(xml, paragraph);
        match &speaker {
            Some(speaker) => {
                let id = xml.attribute(paragraph, "id_acteur");
                let id = id.filter(|id| id != "-1" && id != "0");
                self.speakers
                    .insert(id.unwrap_or_else(|| speaker.name.clone()));
            }
            None => {
                let style = xml.attribute(paragraph, "code_style").unwrap_or_default();
                if style.to_lowercase().contains("didascalie") && !text.starts_with('(') {
                    text = format!("({text})");
                }
            }
        }
        self.entries.push(Entry {
            order,
            text,
            speaker,
        });
    }

    /// Puts the entries in the order of `ordre_absolu_seance`; returns how many the document had elsewhere.
    fn sort(&mut self) -> usize {
        let mut highest = i64::MIN;
        let mut moved = 0;
        for entry in &self.entries {
            moved += usize::from(entry.order < highest);
            highest = highest.max(entry.order);
        }
        if moved > 0 {
            self.entries.sort_by_key(|entry| entry.order);
        }
        moved
    }

    /// Renders the turns: the name where a turn begins and again after a heading or a stage direction, as printed.
    fn text(&self) -> String {
        let mut text = String::new();
        let mut last: Option<&Speaker> = None;
        for entry in &self.entries {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            if entry.speaker.is_none() {
                last = None;
            }
            if let Some(speaker) = &entry.speaker {
                let goes_on = last.is_some_and(|last| last.name == speaker.name);
                if !goes_on {
                    let printed = match &speaker.quality {
                        Some(quality) => format!("{}, {quality}", speaker.name),
                        None => speaker.name.clone(),
                    };
                    text.push_str(&ended(&printed));
                    text.push(' ');
                }
                last = Some(speaker);
            }
            text.push_str(&entry.text);
        }
        text
    }
}

fn order_of(xml: &Xml<'_>, node: usize) -> Option<i64> {
    xml.attribute(node, "ordre_absolu_seance")?.parse().ok()
}

/// The speakers of a paragraph as they are named; several speak as one.
fn speaker(xml: &Xml<'_>, paragraph: usize) -> Option<Speaker> {
    let orators = xml.find(paragraph, &["orateurs"])?;
    let mut names = Vec::new();
    let mut quality = None;
    for orator in xml.children(orators) {
        if let Some(name) = xml.value(orator, &["nom"]) {
            let name = name.trim_end_matches(['.', ',', ' ']).to_owned();
            names.push(name);
            quality = quality.or_else(|| xml.value(orator, &["qualite"]));
        }
    }
    (!names.is_empty()).then(|| Speaker {
        name: names.join(" et "),
        quality: quality.map(|quality| superscripts(quality.trim_end_matches(['.', ' ']))),
    })
}

/// Text of a `texte`, its superscripts resolved.
fn prose(xml: &Xml<'_>, node: usize) -> String {
    let text = render_styled(xml, node + 1..xml.end(node), &mut Texte);
    superscripts(&text)
}

struct Texte;

impl Style<Xml<'_>> for Texte {
    fn block(&mut self, xml: &Xml<'_>, node: usize) -> Option<Block> {
        Some(match xml.name(node) {
            "br" => Block::Break,
            "p" | "table" => Block::Paragraph,
            "tr" => Block::Row,
            "td" | "th" => Block::Cell,
            "paragraphe" | "interExtraction" => return None,
            _ => Block::Inline,
        })
    }

    fn opened(&mut self, xml: &Xml<'_>, node: usize, writer: &mut Writer) {
        if matches!(xml.name(node), "exposant" | "sup") {
            writer.text("[[");
        }
    }

    fn closing(&mut self, xml: &Xml<'_>, node: usize, writer: &mut Writer) {
        if matches!(xml.name(node), "exposant" | "sup") {
            writer.text("]]");
        }
    }
}

/// Resolves the marks of superscripts: `n[[o]]` is `n°`, `n[[os]]` is `nos`, `1[[er]]` is `1er`.
fn superscripts(text: &str) -> String {
    if !text.contains("[[") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[[") {
        out.push_str(before);
        match after.split_once("]]") {
            // A mark holds a few letters; anything else was said with brackets.
            Some((raised, tail)) if raised.chars().count() <= 8 && !raised.contains('[') => {
                let is_number = out.ends_with(['n', 'N'])
                    && !out.chars().rev().nth(1).is_some_and(char::is_alphanumeric);
                out.push_str(if raised == "o" && is_number {
                    "°"
                } else {
                    raised
                });
                rest = tail;
            }
            _ => {
                out.push_str("[[");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::superscripts;

    #[test]
    fn superscripts_as_a_table() {
        for (text, expected) in [
            ("n[[o]] 1364", "n° 1364"),
            ("(n[[os]] 12, 13)", "(nos 12, 13)"),
            (
                "le 1[[er]] mai, XIV[[e]] législature",
                "le 1er mai, XIVe législature",
            ),
            ("M[[me]] Durand", "Mme Durand"),
            ("béton[[o]]", "bétono"),
            ("[[ouvert", "[[ouvert"),
            ("[[une phrase entière]]", "[[une phrase entière]]"),
            ("", ""),
        ] {
            assert_eq!(superscripts(text), expected, "{text}");
        }
    }
}

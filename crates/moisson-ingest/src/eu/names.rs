//! What a Formex file says of itself: CELEX, ECLI, dates, journal, language.

use moisson_core::Date;
use serde_json::{Map, Value, json};

use super::celex;
use crate::readers::file_stem;
use crate::xml::Xml;

/// What identifies and dates a document.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// CELEX, with the name of the file behind it for an annex; else the name of the file.
    pub(crate) key: String,
    pub(crate) celex: Option<String>,
    pub(crate) published_on: Option<Date>,
    pub(crate) language: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) version_of: Option<String>,
    pub(crate) version_from: Option<Date>,
    pub(crate) version_to: Option<Date>,
    pub(crate) metadata: Map<String, Value>,
}

/// Reads the names of a document that lies at `uri`.
pub(crate) fn read(xml: &Xml<'_>, uri: &str) -> Names {
    let mut names = Names::default();
    let consolidation = first(xml, "INFO.CONSLEG").and_then(|node| consolidated(xml, node));
    let bibliography = bibliography(xml);
    let value = |name: &str| {
        let node = bibliography.and_then(|from| xml.descendants(from, name).next())?;
        xml.text(node)
    };
    let declared = consolidation
        .as_ref()
        .map(|(number, ..)| number.clone())
        .or_else(|| value("NO.CELEX"));
    let stem = file_stem(uri).to_owned();
    let is_part = matches!(xml.name(0), "ANNEX" | "CONS.ANNEX" | "GENERAL" | "TOC");
    let in_stem = celex::find(&stem);
    let found = declared
        .clone()
        .or_else(|| in_stem.clone())
        .or_else(|| celex::find(uri));
    names.key = match &found {
        // In a package acts and annexes share the number in the name of the archive.
        Some(number) if is_part && declared.is_none() && in_stem.is_none() => {
            format!("{number}/{stem}")
        }
        Some(number) => number.clone(),
        None => stem.clone(),
    };
    names.language = value("LG.DOC").or_else(|| language_in(&stem));
    let language = names.language.as_deref().unwrap_or("FR");
    names.url = value("NO.ELI").or_else(|| Some(celex::url(found.as_ref()?, language)));
    if let Some((_, base, from, to)) = consolidation {
        names.version_of = Some(base);
        names.version_from = from;
        names.version_to = to;
    }
    names.dates(xml, bibliography);
    names.journal(xml, bibliography);
    let ecli = bibliography.and_then(|from| xml.descendants(from, "NO.ECLI").next());
    let ecli = ecli.and_then(|node| xml.attribute(node, "ECLI").or_else(|| xml.text(node)));
    let cases: Vec<String> = bibliography
        .into_iter()
        .flat_map(|from| xml.descendants(from, "NO.CASE"))
        .filter_map(|node| xml.text(node))
        .take(20)
        .collect();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            names.metadata.insert(name.to_owned(), value);
        }
    };
    put("celex", found.clone().map(Value::from));
    put("ecli", ecli.map(Value::from));
    put("cases", (!cases.is_empty()).then(|| json!(cases)));
    put("author", value("AUTHOR").map(Value::from));
    put(
        "number",
        value("NO.CURRENT")
            .or_else(|| value("NO.DOC"))
            .map(Value::from),
    );
    put("form", Some(Value::from(xml.name(0))));
    names.celex = found;
    names
}

impl Names {
    /// Day of the journal, else of the decision; the day of the act itself is in its title.
    fn dates(&mut self, xml: &Xml<'_>, bibliography: Option<usize>) {
        let iso = |node: usize| xml.attribute(node, "ISO").and_then(|day| Date::parse(&day));
        let journal = bibliography
            .into_iter()
            .flat_map(|from| xml.children(from))
            .filter(|node| xml.name(*node) == "DATE")
            .find_map(iso);
        let title = first(xml, "TITLE");
        let document = title
            .into_iter()
            .flat_map(|from| xml.descendants(from, "DATE"))
            .find_map(iso);
        self.published_on = journal.or(document);
        if let Some(day) = document {
            self.metadata
                .insert("document_date".to_owned(), Value::from(day.to_string()));
        }
    }

    /// `JO L 119, 2016, p. 1`: the parts of the reference.
    fn journal(&mut self, xml: &Xml<'_>, bibliography: Option<usize>) {
        let reference = bibliography.and_then(|from| xml.find(from, &["DOCUMENT.REF"]));
        let Some(reference) = reference else { return };
        let part = |name: &str| xml.value(reference, &[name]);
        if let (Some(series), Some(number)) = (part("COLL"), part("NO.OJ")) {
            let mut journal = format!("{series} {number}");
            for (word, name) in [(", ", "YEAR"), (", p. ", "PAGE.FIRST")] {
                if let Some(value) = part(name) {
                    journal.push_str(word);
                    journal.push_str(&value);
                }
            }
            self.metadata
                .insert("journal".to_owned(), Value::from(journal));
        }
    }
}

fn first(xml: &Xml<'_>, name: &str) -> Option<usize> {
    xml.descendants(0, name).next()
}

/// The description of this document, not those of the acts it changes or cites.
fn bibliography(xml: &Xml<'_>) -> Option<usize> {
    let of = |parent: usize| {
        xml.children(parent)
            .find(|node| xml.name(*node).starts_with("BIB."))
    };
    of(0).or_else(|| of(xml.find(0, &["CONS.DOC"])?))
}

type Consolidated = (String, String, Option<Date>, Option<Date>);

/// Number of a consolidated text, of its act, and the days between which it holds.
fn consolidated(xml: &Xml<'_>, node: usize) -> Option<Consolidated> {
    let reference = xml.attribute(node, "CONSLEG.REF")?;
    let from = xml
        .attribute(node, "START.DATE")
        .or_else(|| xml.attribute(node, "CONSLEG.DATE"))?;
    let to = xml
        .attribute(node, "END.DATE")
        .filter(|day| !day.starts_with("9999"));
    let number = format!("0{reference}-{from}");
    let base = celex::base(&number)?;
    Some((
        number,
        base,
        Date::parse(&from),
        to.and_then(|day| Date::parse(&day)),
    ))
}

/// `FR` in `L_2016119FR.01000101` and `ECR_62022CJ0203_FR_01`.
fn language_in(stem: &str) -> Option<String> {
    let mut pieces = stem.split(|c: char| !c.is_ascii_uppercase());
    let is_language = |piece: &&str| {
        piece.len() == 2
            && matches!(
                *piece,
                "BG" | "CS"
                    | "DA"
                    | "DE"
                    | "EL"
                    | "EN"
                    | "ES"
                    | "ET"
                    | "FI"
                    | "FR"
                    | "GA"
                    | "HR"
                    | "HU"
                    | "IT"
                    | "LT"
                    | "LV"
                    | "MT"
                    | "NL"
                    | "PL"
                    | "PT"
                    | "RO"
                    | "SK"
                    | "SL"
                    | "SV"
            )
    };
    pieces.rfind(is_language).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::language_in;

    #[test]
    fn languages_in_names() {
        for (stem, expected) in [
            ("L_2016119FR.01000101", Some("FR")),
            ("ECR_62022CJ0203_EN_01", Some("EN")),
            ("L_202401689FR.000101.fmx", Some("FR")),
            ("acte", None),
        ] {
            assert_eq!(language_in(stem).as_deref(), expected, "{stem}");
        }
    }
}

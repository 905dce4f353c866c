//! Small readings shared by the records: dates, metadata, addresses.

use moisson_core::Date;
use serde_json::{Map, Value};

use crate::xml::Xml;

/// Parses a date of the base. `2999-01-01` (open) and `2222-02-22` (not fixed yet) are no dates.
pub fn date(text: Option<String>) -> Option<Date> {
    let text = text?;
    if text.starts_with("2999") || text.starts_with("2222") {
        return None;
    }
    Date::parse(&text)
}

/// Adds a value to metadata if there is one.
pub fn put(metadata: &mut Map<String, Value>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        metadata.insert(name.to_owned(), Value::String(value));
    }
}

/// Adds a list to metadata if it holds anything.
pub fn put_list(metadata: &mut Map<String, Value>, name: &str, values: Vec<String>) {
    if !values.is_empty() {
        let values = values.into_iter().map(Value::String).collect();
        metadata.insert(name.to_owned(), Value::Array(values));
    }
}

/// Texts of the elements of this name below a node, in order.
pub fn all(xml: &Xml<'_>, from: usize, name: &str) -> Vec<String> {
    xml.descendants(from, name)
        .filter_map(|node| xml.text(node))
        .collect()
}

/// Titles of the sections an article is in, outermost first.
pub fn sections(xml: &Xml<'_>, context: usize) -> Vec<String> {
    let mut titles = Vec::new();
    let mut at = xml.find(context, &["TM"]);
    while let Some(level) = at {
        titles.extend(xml.value(level, &["TITRE_TM"]));
        at = xml.find(level, &["TM"]);
    }
    titles
}

/// `Article L. 1`; annexes keep their own name.
pub fn heading(number: &str) -> String {
    if number
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("annexe"))
    {
        number.to_owned()
    } else {
        format!("Article {number}")
    }
}

/// Address on Légifrance of a record.
pub fn url(id: &str, is_code: bool) -> String {
    let path = match (id.get(..8), is_code) {
        (Some("LEGIARTI"), true) => "codes/article_lc",
        (Some("LEGIARTI"), false) => "loda/article_lc",
        (Some("LEGITEXT"), true) => "codes/texte_lc",
        (Some("JORFARTI"), _) => "jorf/article_jo",
        (Some("JORFTEXT"), _) => "jorf/id",
        (Some("JORFDOLE"), _) => "dossierlegislatif",
        (Some("KALIARTI"), _) => "conv_coll/article",
        (Some("KALITEXT"), _) => "conv_coll/id",
        (Some("JURITEXT"), _) => "juri/id",
        (Some("CETATEXT"), _) => "ceta/id",
        (Some("CONSTEXT"), _) => "cons/id",
        (Some("CNILTEXT"), _) => "cnil/id",
        (Some("ACCOTEXT"), _) => "acco/id",
        _ => "loda/id",
    };
    format!("https://www.legifrance.gouv.fr/{path}/{id}")
}

#[cfg(test)]
mod tests {
    use moisson_core::Date;

    use super::{date, heading, url};

    #[test]
    fn dates_as_a_table() {
        let check =
            |text: &str, expected| assert_eq!(date(Some(text.to_owned())), expected, "{text}");
        check("2016-03-20", Date::from_ymd(2016, 3, 20));
        check("2999-01-01", None);
        check("2222-02-22", None);
        check("bientôt", None);
        assert_eq!(date(None), None);
    }

    #[test]
    fn headings_as_a_table() {
        for (number, expected) in [
            ("L. 1", "Article L. 1"),
            ("1er", "Article 1er"),
            ("Annexe I", "Annexe I"),
            ("ANNEXE", "ANNEXE"),
            ("Préambule", "Article Préambule"),
        ] {
            assert_eq!(heading(number), expected);
        }
    }

    #[test]
    fn addresses_as_a_table() {
        let check = |id: &str, is_code, expected: &str| {
            assert_eq!(
                url(id, is_code),
                format!("https://www.legifrance.gouv.fr/{expected}/{id}")
            );
        };
        check("LEGIARTI000006419280", true, "codes/article_lc");
        check("LEGIARTI000006419280", false, "loda/article_lc");
        check("LEGITEXT000006070721", true, "codes/texte_lc");
        check("LEGITEXT000006070721", false, "loda/id");
        check("JORFARTI000001234567", false, "jorf/article_jo");
        check("JORFTEXT000001234567", false, "jorf/id");
        check("JORFDOLE000001234567", false, "dossierlegislatif");
        check("KALIARTI000001234567", false, "conv_coll/article");
        check("KALITEXT000001234567", false, "conv_coll/id");
        check("JURITEXT000001234567", false, "juri/id");
        check("CETATEXT000001234567", false, "ceta/id");
        check("CONSTEXT000001234567", false, "cons/id");
        check("CNILTEXT000001234567", false, "cnil/id");
        check("ACCOTEXT000001234567", false, "acco/id");
    }
}

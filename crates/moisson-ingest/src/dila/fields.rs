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

/// Address on Légifrance of an article or text.
pub fn url(id: &str, is_code: bool) -> String {
    let path = match (id.get(..8), is_code) {
        (Some("LEGIARTI"), true) => "codes/article_lc",
        (Some("LEGIARTI"), false) => "loda/article_lc",
        (Some("LEGITEXT"), true) => "codes/texte_lc",
        (Some("JORFARTI"), _) => "jorf/article_jo",
        (Some("JORFTEXT"), _) => "jorf/id",
        _ => "loda/id",
    };
    format!("https://www.legifrance.gouv.fr/{path}/{id}")
}

#[cfg(test)]
mod tests {
    use moisson_core::Date;

    use super::{date, url};

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
    }
}

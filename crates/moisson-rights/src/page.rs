//! The page of one licence.

use std::fmt::Write;

use moisson_core::{Error, Result};

use crate::{Catalogue, Lang, Licence, Obligation, Tier, published_text, recognise};

/// Returns all that is known of a licence, in Markdown, with its text where the identifier is one of our own.
///
/// # Errors
/// [`Error::Config`] if there is none of that identifier, with the one that was perhaps meant.
pub fn licence_page(name: &str) -> Result<String> {
    let catalogue = Catalogue::embedded();
    let Some(licence) = catalogue.get(name) else {
        let recognition = recognise(catalogue, name);
        let named: Vec<&str> = recognition
            .matches
            .iter()
            .flat_map(|m| m.ids.clone())
            .collect();
        let hint = match (named.as_slice(), &recognition.suggestion) {
            ([], None) => "`moisson list licences` shows all".to_owned(),
            ([], Some(id)) => format!("did you mean `{id}`?"),
            (ids, _) => format!("that is what is called `{}`", ids.join("`, `")),
        };
        return Err(Error::config(format!(
            "no licence `{name}` in the catalogue; {hint}"
        )));
    };
    Ok(page(licence))
}

/// Name of an attribute that serde writes as one word.
fn word(value: impl serde::Serialize) -> String {
    match toml::Value::try_from(value) {
        Ok(toml::Value::String(word)) => word,
        Ok(toml::Value::Array(words)) => {
            let words: Vec<&str> = words.iter().filter_map(toml::Value::as_str).collect();
            words.join(", ")
        }
        _ => String::new(),
    }
}

fn page(licence: &Licence) -> String {
    let yes = |value: bool| if value { "yes" } else { "no" }.to_owned();
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    let tiers: Vec<&str> = licence.tiers.iter().copied().map(Tier::name).collect();
    let tiers = if tiers.is_empty() {
        "none: no release may hold it".to_owned()
    } else {
        tiers.join(", ")
    };
    let rows = [
        ("name", licence.name.clone()),
        ("family", licence.family.name().to_owned()),
        ("tiers that admit it", tiers),
        ("shards", licence.shard_family.clone()),
        ("commercial use", word(licence.commercial)),
        ("derivatives", yes(licence.derivatives)),
        ("share-alike", word(licence.share_alike)),
        ("attribution", licence.attribution.name().to_owned()),
        ("covers", word(&licence.covers)),
        ("database right licensed", yes(licence.db_right_licensed)),
        ("notice to be kept", yes(licence.notice_required)),
        ("changes to be stated", yes(licence.modification_notice)),
        ("listed in article D323-2-1 CRPA", yes(licence.crpa_listed)),
        ("jurisdiction", optional(&licence.jurisdiction)),
        ("adaptations also under", optional(&licence.upgradable_to)),
        ("data.gouv.fr", optional(&licence.data_gouv)),
        ("EU licence authority", licence.eu_codes.join(", ")),
        ("Hugging Face", optional(&licence.hugging_face)),
        ("text", optional(&licence.text_url)),
        ("note", optional(&licence.note)),
    ];
    let mut page = format!("# {}\n\n| attribute | value |\n| --- | --- |\n", licence.id);
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {name} | {value} |");
    }
    page.push_str("\nWhat it asks for, in short; its text counts, and this is not legal advice.\n");
    page.push_str("Ce qu'elle demande, en bref ; son texte fait foi, et ceci n'est pas un conseil juridique.\n\n");
    for duty in Obligation::of(licence) {
        let (en, fr) = (duty.sentence(Lang::En), duty.sentence(Lang::Fr));
        let _ = writeln!(page, "- `{}`: {en} / {fr}", duty.code());
    }
    if let Some(text) = published_text(&licence.id) {
        let _ = write!(page, "\n---\n\n{text}");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::licence_page;
    use crate::Catalogue;

    #[test]
    fn every_licence_has_a_page() {
        for licence in Catalogue::embedded().iter() {
            let page = licence_page(&licence.id).unwrap();
            assert!(
                page.contains(&format!("| name | {} |", licence.name)),
                "{page}"
            );
        }
        let page = licence_page("etalab-2.0").unwrap();
        for part in [
            "CRPA | yes",
            "- `attribution-date`: Cite",
            "data.gouv.fr | lov2",
        ] {
            assert!(page.contains(part), "{page}");
        }
        let page = licence_page("licenseref-moisson-gallica-nc").unwrap();
        assert!(page.contains("Bibliothèque nationale de France"), "{page}");
        let told = |name| licence_page(name).unwrap_err().to_string();
        assert!(told("etalba-2.0").contains("did you mean `etalab-2.0`?"));
        assert!(told("lov2").contains("what is called `etalab-2.0`"));
        assert!(told("xyz").contains("moisson list licences"));
    }
}

//! What the identifiers of our own mean: `docs/licences/ID.md`, in French and English.

macro_rules! texts {
    ($($id:literal),* $(,)?) => {
        &[$(($id, include_str!(concat!("../../../docs/licences/", $id, ".md")))),*]
    };
}

/// Texts by identifier, in alphabetical order.
const TEXTS: &[(&str, &str)] = texts![
    "LicenseRef-moisson-CC-BY-2.0-FR",
    "LicenseRef-moisson-CC-BY-3.0-FR",
    "LicenseRef-moisson-CC-BY-NC-2.0-FR",
    "LicenseRef-moisson-CC-BY-NC-3.0-FR",
    "LicenseRef-moisson-CC-BY-NC-ND-2.0-FR",
    "LicenseRef-moisson-CC-BY-NC-ND-3.0-FR",
    "LicenseRef-moisson-CC-BY-NC-SA-3.0-FR",
    "LicenseRef-moisson-CC-BY-ND-2.0-FR",
    "LicenseRef-moisson-CC-BY-ND-3.0-FR",
    "LicenseRef-moisson-CC-BY-SA-2.0-FR",
    "LicenseRef-moisson-CC-BY-SA-3.0-FR",
    "LicenseRef-moisson-all-rights-reserved",
    "LicenseRef-moisson-eu-reuse-2011-833",
    "LicenseRef-moisson-gallica-nc",
    "LicenseRef-moisson-hal-authorisation",
    "LicenseRef-moisson-licence-mobilites",
    "LicenseRef-moisson-licence-ouverte-1.0",
    "LicenseRef-moisson-noc-nc",
    "LicenseRef-moisson-official-act-fr",
    "LicenseRef-moisson-public-domain",
    "LicenseRef-moisson-restricted-access",
];

/// Returns the published text of a `LicenseRef-moisson-…` identifier, in Markdown; `None` for any other.
pub fn published_text(id: &str) -> Option<&'static str> {
    TEXTS
        .iter()
        .find(|(known, _)| *known == id)
        .map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::{TEXTS, published_text};
    use crate::Catalogue;

    #[test]
    fn every_identifier_of_our_own_has_a_text_and_no_other() {
        let own = |id: &str| id.starts_with("LicenseRef-moisson-");
        for licence in Catalogue::embedded().iter() {
            let text = published_text(&licence.id);
            assert_eq!(text.is_some(), own(&licence.id), "{}", licence.id);
            let Some(text) = text else { continue };
            for part in [
                format!("# {}", licence.id),
                "## English".into(),
                "## Français".into(),
            ] {
                assert!(text.contains(&part), "{}: {part}", licence.id);
            }
            if let Some(url) = &licence.text_url {
                assert!(text.contains(url.as_str()), "{}: {url}", licence.id);
            }
        }
        for (id, _) in TEXTS {
            assert!(Catalogue::embedded().get(id).is_some(), "{id}");
        }
        assert!(TEXTS.is_sorted_by(|a, b| a.0 < b.0));
    }
}

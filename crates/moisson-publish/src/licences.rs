//! What the catalogue knows of an SPDX expression.

use moisson_rights::{Attribution, Catalogue, Commercial, Licence, ShareAlike, recognise};

/// A licence, or an expression of several, for readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenceFacts {
    /// Name; of a licence without its version, the name of all versions.
    pub name: String,
    /// Address of the text; none for an expression of several or where there is no text.
    pub url: Option<String>,
    /// What an attribution must name, the most demanding that may apply.
    pub kind: Attribution,
    /// The licences in it.
    pub licences: Vec<&'static Licence>,
}

/// Returns what is known of an expression, as the column `licence` holds it.
///
/// An expression that names nothing of the catalogue keeps its own text as name and asks for nothing that is known.
pub fn licence_facts(expression: &str) -> LicenceFacts {
    let catalogue = Catalogue::embedded();
    let meaning = recognise(catalogue, expression).outcome().meaning;
    let licences = meaning
        .map(|meaning| meaning.licences())
        .unwrap_or_default();
    let kind = licences.iter().map(|licence| licence.attribution).max();
    let (name, url) = match licences.as_slice() {
        [] => (expression.to_owned(), None),
        [licence] => (licence.name.clone(), licence.text_url.clone()),
        [first, ..] => {
            let one_group = licences.iter().all(|licence| licence.group == first.group);
            let label = catalogue
                .group(&first.group)
                .and_then(|group| group.label.clone());
            let names: Vec<&str> = licences
                .iter()
                .map(|licence| licence.name.as_str())
                .collect();
            (
                label
                    .filter(|_| one_group)
                    .unwrap_or_else(|| names.join("; ")),
                None,
            )
        }
    };
    LicenceFacts {
        name,
        url,
        kind: kind.unwrap_or(Attribution::None),
        licences,
    }
}

impl LicenceFacts {
    /// True if commercial use is not plainly allowed.
    pub(crate) fn is_non_commercial(&self) -> bool {
        self.licences
            .iter()
            .any(|licence| licence.commercial != Commercial::Yes)
    }

    /// True if derivatives stay under the same licence.
    pub(crate) fn is_share_alike(&self) -> bool {
        self.licences
            .iter()
            .any(|licence| licence.share_alike != ShareAlike::None)
    }
}

#[cfg(test)]
mod tests {
    use moisson_rights::Attribution;

    use super::licence_facts;

    #[test]
    fn expressions_as_a_table() {
        let check = |expression: &str, name: &str, kind: Attribution, has_url: bool| {
            let facts = licence_facts(expression);
            assert_eq!(
                (facts.name.as_str(), facts.kind, facts.url.is_some()),
                (name, kind, has_url)
            );
        };
        check(
            "etalab-2.0",
            "Licence Ouverte 2.0 (Etalab)",
            Attribution::NameDate,
            true,
        );
        check(
            "LicenseRef-moisson-licence-ouverte-1.0 OR etalab-2.0",
            "Licence Ouverte (version non précisée)",
            Attribution::NameDate,
            false,
        );
        check(
            "CC0-1.0 AND MIT",
            "Creative Commons Zero 1.0 Universal; MIT License",
            Attribution::Notice,
            false,
        );
        check("x|y", "x|y", Attribution::None, false);
    }
}

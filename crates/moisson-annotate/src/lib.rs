//! Documents to annotation columns: licence, language, opt-outs, personal data, quality, signatures.
//!
//! Annotators measure and never decide. Each is a family of columns with its name as prefix, row-aligned with the
//! documents; null means "not measurable", and a status says why.

pub mod language;
pub mod licence;
pub mod optout;
pub mod pii;
pub mod quality;
pub mod signature;
#[cfg(test)]
mod testing;

/// A family of annotations, for listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Name, and prefix of the columns.
    pub name: &'static str,
    /// What it measures, in one line.
    pub doc: &'static str,
    /// Names of its columns.
    pub columns: &'static [&'static str],
}

/// All families, in alphabetical order.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "language",
        doc: "Languages of the text by paragraph, with shares and confidence.",
        columns: language::COLUMNS,
    },
    Family {
        name: "licence",
        doc: "Licence of the text, the evidence for it, its tier and family, what is owed, and the attribution it asks for.",
        columns: licence::COLUMNS,
    },
    Family {
        name: "optout",
        doc: "Opt-outs from mining and training: a verdict, the signals it rests on, and their day.",
        columns: optout::COLUMNS,
    },
    Family {
        name: "pii",
        doc: "Personal data in the text: where it stands, how much of each class, the profile and the residual risk.",
        columns: pii::COLUMNS,
    },
    Family {
        name: "quality",
        doc: "The measurements behind the Gopher, FineWeb and C4 filters, in one pass over the text.",
        columns: quality::COLUMNS,
    },
    Family {
        name: "signature",
        doc: "MinHash bands that propose near-duplicates.",
        columns: signature::COLUMNS,
    },
];

#[cfg(test)]
mod tests {
    use moisson_core::Annotator;

    use super::{FAMILIES, language, licence, optout, pii, quality, signature};

    #[test]
    fn families_are_sorted_and_say_what_the_annotators_do() {
        assert!(FAMILIES.is_sorted_by(|a, b| a.name < b.name));
        let language = language::LanguageAnnotator::new(language::LanguageParams::default(), None);
        let config = moisson_rights::optout::OptOutConfig::default();
        let bulk = moisson_rights::optout::Acquisition::Bulk;
        let sites = moisson_rights::optout::Sites::default();
        let annotators: [&dyn Annotator; 6] = [
            &language.unwrap(),
            &licence::LicenceAnnotator::new(licence::LicenceParams::default()).unwrap(),
            &optout::OptOutAnnotator::new(config, bulk, Vec::new(), &sites).unwrap(),
            &pii::PiiAnnotator::new(moisson_rights::personal::PersonalConfig::default()).unwrap(),
            &quality::QualityAnnotator::new(quality::QualityParams::default()),
            &signature::SignatureAnnotator::new(signature::SignatureParams::default()),
        ];
        assert_eq!(annotators.len(), FAMILIES.len());
        for (annotator, family) in annotators.into_iter().zip(FAMILIES) {
            assert_eq!(annotator.family(), family.name);
            let schema = annotator.schema();
            let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
            assert_eq!(names, family.columns);
        }
    }
}

//! What licences ask for, by code, for releases that were made before the obligations were a column.

use moisson_publish::licence_facts;
use moisson_rights::Obligation;

/// Codes of what an SPDX expression asks for in return; empty where it asks for nothing or is not known.
pub(crate) fn codes(expression: &str) -> Vec<String> {
    let licences = licence_facts(expression).licences.into_iter();
    let mut duties: Vec<Obligation> = licences.flat_map(Obligation::of).collect();
    duties.sort_unstable();
    duties.dedup();
    duties
        .into_iter()
        .map(|duty| duty.code().into_owned())
        .collect()
}

/// Days of a code `refresh-within-N-days`; `None` for any other.
pub(crate) fn refresh_days(code: &str) -> Option<u32> {
    match Obligation::from_code(code)? {
        Obligation::RefreshWithin(days) => Some(days),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{codes, refresh_days};

    #[test]
    fn obligations_as_a_table() {
        for (expression, expected) in [
            ("CC0-1.0", &[][..]),
            ("etalab-2.0", &["attribution", "attribution-date"]),
            (
                "CC-BY-4.0",
                &[
                    "attribution",
                    "licence-link",
                    "notice-of-changes",
                    "keep-notice",
                ],
            ),
            (
                "ODbL-1.0",
                &["attribution", "keep-notice", "same-licence-database"],
            ),
            (
                "CC-BY-SA-4.0",
                &[
                    "attribution",
                    "licence-link",
                    "notice-of-changes",
                    "keep-notice",
                    "share-alike",
                ],
            ),
            (
                "LicenseRef-moisson-gallica-nc",
                &["attribution", "non-commercial", "commercial-fee"],
            ),
            ("no licence of ours", &[]),
        ] {
            assert_eq!(codes(expression), expected, "{expression}");
        }
    }

    #[test]
    fn refresh_codes_carry_their_days() {
        for (code, days) in [
            ("refresh-within-30-days", Some(30)),
            ("refresh-within--days", None),
            ("attribution", None),
        ] {
            assert_eq!(refresh_days(code), days, "{code}");
        }
    }
}

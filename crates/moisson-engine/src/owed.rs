//! What licences ask for, by code, for releases that were made before the obligations were a column.

use moisson_publish::licence_facts;
use moisson_rights::{Attribution, Commercial, Licence, ShareAlike};

/// Codes of what an SPDX expression asks for in return; empty where it asks for nothing or is not known.
pub(crate) fn codes(expression: &str) -> Vec<String> {
    let licences = licence_facts(expression).licences;
    let asked: Vec<&str> = licences.into_iter().flat_map(of).collect();
    let in_order = ORDER.iter().filter(|code| asked.contains(code));
    in_order.map(|code| (*code).to_owned()).collect()
}

/// The codes in the order in which they are told.
const ORDER: [&str; 9] = [
    "attribution",
    "attribution-date",
    "licence-link",
    "notice-of-changes",
    "keep-notice",
    "share-alike",
    "same-licence-database",
    "non-commercial",
    "commercial-fee",
];

fn of(licence: &Licence) -> Vec<&'static str> {
    let mut codes = match licence.attribution {
        Attribution::None => vec![],
        Attribution::Name => vec!["attribution"],
        Attribution::NameDate => vec!["attribution", "attribution-date"],
        Attribution::NameLicence | Attribution::NameLicenceChanges => {
            vec!["attribution", "licence-link"]
        }
        Attribution::Database | Attribution::Notice => vec!["attribution", "keep-notice"],
    };
    let changes = licence.attribution == Attribution::NameLicenceChanges;
    let paid = licence.commercial == Commercial::Paid;
    let more = [
        (changes || licence.modification_notice, "notice-of-changes"),
        (licence.notice_required, "keep-notice"),
        (licence.share_alike == ShareAlike::Work, "share-alike"),
        (
            licence.share_alike == ShareAlike::Database,
            "same-licence-database",
        ),
        (
            paid || licence.commercial == Commercial::No,
            "non-commercial",
        ),
        (paid, "commercial-fee"),
    ];
    codes.extend(
        more.into_iter()
            .filter(|(due, _)| *due)
            .map(|(_, code)| code),
    );
    codes
}

/// Days of a code `refresh-within-N-days`; `None` for any other.
pub(crate) fn refresh_days(code: &str) -> Option<u32> {
    code.strip_prefix("refresh-within-")?
        .strip_suffix("-days")?
        .parse()
        .ok()
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

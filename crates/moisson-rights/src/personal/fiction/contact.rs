//! Telephone numbers, addresses of mail and of hosts, from ranges set aside for fiction and documentation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Draw, dress};

/// Ranges that the French regulator (ARCEP, national numbering plan) keeps for works of fiction, by first digit of the
/// national number: six digits without the leading zero come before four free ones.
const FICTION: [(u8, &str); 6] = [
    (b'1', "19900"),
    (b'2', "26191"),
    (b'3', "35301"),
    (b'4', "46571"),
    (b'5', "53649"),
    (b'6', "63998"),
];

/// True if the nine national digits (no leading zero) lie in a range kept for fiction.
pub fn is_reserved_phone(national: &[u8]) -> bool {
    national.len() == 9
        && FICTION
            .iter()
            .any(|(_, range)| national.starts_with(range.as_bytes()))
}

/// A number of the same zone, mobile numbers as mobile ones, written as the original: prefix, separators, groups.
///
/// Numbers of other countries become French ones in international form: no range of theirs is known to be reserved.
pub(super) fn phone(original: &str, draw: &mut Draw) -> String {
    let digits: Vec<u8> = original.bytes().filter(u8::is_ascii_digit).collect();
    let international =
        original.trim_start_matches(['(', ' ']).starts_with('+') || digits.starts_with(b"00");
    let bare = digits.strip_prefix(b"00").unwrap_or(&digits);
    let zone = match (international, bare) {
        (false, [b'0', zone, ..])
        | (true, [b'3', b'3', b'0', zone, ..] | [b'3', b'3', zone, ..]) => Some(*zone),
        _ => None,
    };
    let zone = match zone {
        Some(b'6' | b'7') | None => b'6',
        Some(zone) => zone,
    };
    let range = FICTION
        .iter()
        .find(|(digit, _)| *digit == zone)
        .map_or("19900", |(_, range)| range);
    let national = format!("{range}{:04}", draw.distinct(10_000)).into_bytes();
    if !international && digits.len() == 10 {
        return dress(original, &[b"0", national.as_slice()].concat());
    }
    // Prefix, trunk zero in brackets and groups stay where the number was French.
    let prefix = digits.len().saturating_sub(9);
    let french: [&[u8]; 4] = [b"33", b"330", b"0033", b"00330"];
    match digits.split_at_checked(prefix) {
        Some((prefix, _)) if international && french.contains(&prefix) => {
            dress(original, &[prefix, national.as_slice()].concat())
        }
        _ => {
            let digits = String::from_utf8_lossy(&national).into_owned();
            let pair = |at: usize| digits.get(at..at + 2).unwrap_or_default();
            let first = digits.get(..1).unwrap_or_default();
            format!(
                "+33 {first} {} {} {} {}",
                pair(1),
                pair(3),
                pair(5),
                pair(7)
            )
        }
    }
}

/// An address at `example.org` (RFC 2606).
pub(super) fn email(draw: &mut Draw) -> String {
    const NAMES: [&str; 12] = [
        "camille",
        "claude",
        "dominique",
        "alix",
        "sacha",
        "andrea",
        "charlie",
        "eden",
        "lou",
        "noa",
        "maxime",
        "yael",
    ];
    let number = draw.distinct(120_000);
    let name = NAMES[usize::try_from(number % 12).unwrap_or_default()];
    format!("{name}.{}@example.org", number / 12)
}

/// A host of 192.0.2.0/24, 198.51.100.0/24 or 203.0.113.0/24 (RFC 5737), or of `2001:db8::/32` (RFC 3849).
pub(super) fn ip(original: &str, draw: &mut Draw) -> String {
    if original.contains(':') {
        let number = draw.distinct(1 << 32);
        let half = |shift: u32| u16::try_from((number >> shift) & 0xFFFF).unwrap_or_default();
        return Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, half(16), half(0)).to_string();
    }
    let number = draw.distinct(3 * 254);
    let [a, b, c] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]]
        [usize::try_from(number / 254).unwrap_or_default()];
    let host = u8::try_from(number % 254 + 1).unwrap_or(1);
    IpAddr::V4(Ipv4Addr::new(a, b, c, host)).to_string()
}

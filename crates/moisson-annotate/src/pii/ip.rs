//! Public IP addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use moisson_rights::personal::Class;

use super::found::Found;
use super::text::Text;

/// Words after which four numbers are a version or the number of a section.
const OTHER: &[&str] = &[
    "version",
    "v.",
    "article",
    "art.",
    "section",
    "chapitre",
    "paragraphe",
    "alinéa",
    "annexe",
    "point",
    "rubrique",
    "titre",
    "release",
    "firmware",
    "§",
    "oid",
    "norme",
    "chap",
    "fiche",
    "build",
    "patch",
    "tableau",
    "figure",
    "code",
];
/// Words after which small numbers are an address all the same.
const CONTEXT: &[&str] = &[
    "ip",
    "ipv4",
    "adresse",
    "serveur",
    "hôte",
    "host",
    "dns",
    "ping",
    "server",
    "address",
    "connexion",
    "réseau",
];

/// Finds an IPv4 address at `start`, where a digit stands.
pub(super) fn find_v4(text: Text<'_>, start: usize, reserved: bool) -> Option<Found> {
    let mut octets = [0_u8; 4];
    let mut at = start;
    for (nth, octet) in octets.iter_mut().enumerate() {
        if nth > 0 {
            if text.byte(at) != b'.' {
                return None;
            }
            at += 1;
        }
        let first = at;
        while at - first < 4 && text.byte(at).is_ascii_digit() {
            at += 1;
        }
        let digits = text.0.get(first..at)?;
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        *octet = digits.parse().ok()?;
    }
    let before = text.previous(start);
    let begins = !text.within_word(start) && !matches!(before, b'.' | b'-' | b',')
        || before == b'-' && text.byte(start.wrapping_sub(2)) == b' ';
    let goes_on = matches!(text.byte(at), b'.' | b'-') && text.byte(at + 1).is_ascii_alphanumeric();
    let ends = !(goes_on || text.word_goes_on(at));
    if !begins || !ends || !(is_global_v4(octets.into()) || reserved && is_documentation_v4(octets))
    {
        return None;
    }
    let small = octets.iter().all(|octet| *octet <= 30);
    let other = text.says_before(start, 24, OTHER);
    let said = text.says_before(start, 40, CONTEXT);
    (!other && (!small || said)).then(|| Found::new(Class::Ip, start, at))
}

/// Finds the IPv6 address around the colon at `at`; looks back not beyond `from`.
pub(super) fn find_v6(text: Text<'_>, at: usize, from: usize, reserved: bool) -> Option<Found> {
    let part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let mut start = at;
    while start > from && at - start < 5 && text.previous(start).is_ascii_hexdigit() {
        start -= 1;
    }
    let mut end = at;
    while end - start < 46 && part(text.byte(end)) {
        end += 1;
    }
    while end > start
        && matches!(text.byte(end - 1), b'.' | b':')
        && !(text.byte(end - 1) == b':' && text.byte(end.wrapping_sub(2)) == b':')
    {
        end -= 1;
    }
    if text.within_word(start)
        || text.word_goes_on(end)
        || matches!(text.previous(start), b':' | b'.')
    {
        return None;
    }
    let address: Ipv6Addr = text.0.get(start..end)?.parse().ok()?;
    let groups = address
        .segments()
        .iter()
        .filter(|group| **group != 0)
        .count();
    let documentation = reserved && address.segments().starts_with(&[0x2001, 0xdb8]);
    (groups > 1 && (is_global_v6(address) || documentation))
        .then(|| Found::new(Class::Ip, start, end))
}

fn is_documentation_v4(octets: [u8; 4]) -> bool {
    matches!(
        octets,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _]
    )
}

/// As `is_global` of Python's `ipaddress` (IANA's special-purpose registry).
fn is_global_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        [192, 0, 0, 9 | 10] => true,
        [0 | 10 | 127 | 240..=255, ..]
        | [100, 64..=127, ..]
        | [169, 254, ..]
        | [172, 16..=31, ..]
        | [192, 168, ..]
        | [192, 0, 0 | 2, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => false,
        _ => true,
    }
}

/// As `is_global` of Python's `ipaddress` (IANA's special-purpose registry).
fn is_global_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Assigned for protocols, and public all the same.
        [0x2001, second, rest @ ..] if second < 0x200 => match second {
            1 => matches!(rest, [0, 0, 0, 0, 0, 1 | 2]),
            4 => rest[0] == 0x112,
            3 | 0x20..=0x3f => true,
            _ => false,
        },
        [0x3fff, second, ..] => second >= 0x1000,
        [0x2001, 0xdb8, ..]
        | [0x2002 | 0xfc00..=0xfdff | 0xfe80..=0xfebf, ..]
        | [0x64, 0xff9b, 1, ..]
        | [0x100, 0, 0, 0, ..]
        | [0, 0, 0, 0, 0, 0xffff, ..] => false,
        _ => !(address.is_loopback() || address.is_unspecified()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn global_addresses_are_those_of_python() {
        // What `ipaddress.ip_address(…).is_global` of Python 3.13 says.
        let v4 = [
            ("8.8.8.8", true),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("127.0.0.1", false),
            ("169.254.1.1", false),
            ("172.15.0.1", true),
            ("172.16.0.1", false),
            ("192.0.0.9", true),
            ("192.0.0.11", false),
            ("192.0.1.1", true),
            ("192.0.2.1", false),
            ("198.19.0.1", false),
            ("224.0.0.1", true),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("0.1.2.3", false),
        ];
        for (address, expected) in v4 {
            assert_eq!(
                super::is_global_v4(address.parse().unwrap()),
                expected,
                "{address}"
            );
        }
        let v6 = [
            ("2a00:1450:4007::1", true),
            ("::1", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("2001:db8::1", false),
            ("2002::1", false),
            ("2001:4860:4860::8888", true),
            ("2001:20::1", true),
            ("64:ff9b::1", true),
            ("64:ff9b:1::1", false),
        ];
        for (address, expected) in v6 {
            assert_eq!(
                super::is_global_v6(address.parse().unwrap()),
                expected,
                "{address}"
            );
        }
    }
}

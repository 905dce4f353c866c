//! E-mail addresses, but for those of a role in a public body.

use moisson_rights::personal::Class;

use super::found::Found;
use super::text::{Text, says};

/// Local parts that name a role, not a person, by their first word.
const ROLES: &[&str] = &[
    "accueil",
    "administration",
    "cabinet",
    "cada",
    "cnil",
    "communication",
    "conciliateur",
    "contact",
    "courrier",
    "direction",
    "dpd",
    "dpo",
    "enquete",
    "etat-civil",
    "etatcivil",
    "greffe",
    "info",
    "infos",
    "information",
    "mairie",
    "marches",
    "mediateur",
    "no-reply",
    "noreply",
    "presse",
    "prefecture",
    "rectorat",
    "rgpd",
    "scolarite",
    "secretariat",
    "service",
    "standard",
    "support",
    "urbanisme",
    "webmaster",
];
/// Domains of public bodies, by their ends; every address there is one of the office.
const PUBLIC: &[&str] = &[
    ".gouv.fr",
    ".europa.eu",
    "@assemblee-nationale.fr",
    "@senat.fr",
    "@cnil.fr",
    "@conseil-etat.fr",
];
/// Providers where anybody has an address: a role says nothing there, unless it is that of a public body.
const PROVIDERS: &[&str] = &[
    "gmail.",
    "orange.",
    "wanadoo.",
    "free.",
    "sfr.",
    "laposte.",
    "hotmail.",
    "outlook.",
    "yahoo.",
    "live.",
    "icloud.",
    "bbox.",
    "neuf.",
    "protonmail.",
    "proton.",
];
/// Names that stand for nobody (RFC 2606, RFC 6761).
const RESERVED: &[&str] = &[
    "example.org",
    "example.com",
    "example.net",
    ".example",
    ".test",
    ".invalid",
    ".localhost",
];

const fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'&' | b'#')
        || byte >= 0x80
}

/// Finds the address around the `@` at `at`.
pub(super) fn find(text: Text<'_>, at: usize, reserved: bool) -> Option<Found> {
    let start = local(text, at)?;
    let end = domain(text, at + 1)?;
    let (name, host) = (text.bytes(start..at), text.bytes(at..end));
    (!is_role(name, host) && (reserved || !is_reserved(host)))
        .then(|| Found::new(Class::Email, start, end))
}

/// Finds an address written around « (at) » or « [at] » at `at`, where the bracket stands.
pub(super) fn find_obfuscated(text: Text<'_>, at: usize, reserved: bool) -> Option<Found> {
    let mark = ["(at)", "[at]", "(arobase)", "[arobase]", "(@)", "[@]"]
        .into_iter()
        .find(|mark| text.has(at, mark))?;
    let start = local(text, text.skip_blanks_back(at))?;
    let begin = text.skip_blanks(at + mark.len());
    let mut end = begin;
    let mut labels = 0;
    loop {
        let label = end;
        while text.byte(end).is_ascii_alphanumeric() || text.byte(end) == b'-' {
            end += 1;
        }
        if end == label {
            return None;
        }
        labels += 1;
        let next = text.skip_blanks(end);
        let dot = ["(dot)", "[dot]", "(point)", "[point]", "."]
            .into_iter()
            .find(|dot| text.has(next, dot));
        let Some(dot) = dot.filter(|dot| *dot != "." || next == end) else {
            break;
        };
        let after = if dot == "." {
            next + 1
        } else {
            text.skip_blanks(next + dot.len())
        };
        if !text.byte(after).is_ascii_alphanumeric() {
            break;
        }
        end = after;
    }
    let (name, host) = (text.bytes(start..at), text.bytes(begin..end));
    (labels > 1 && !is_role(name, host) && (reserved || !is_reserved(host)))
        .then(|| Found::new(Class::Email, start, end))
}

/// Start of the local part that ends at `end`; none if there is none.
fn local(text: Text<'_>, end: usize) -> Option<usize> {
    let mut start = end;
    while start > 0 && end - start < 64 && is_local(text.previous(start)) {
        start -= 1;
    }
    // Characters beyond ASCII are allowed where they are letters; quotation marks and spaces are not part of a name.
    let mut begin = start;
    let name = loop {
        match text.0.get(begin..end) {
            Some(name) => break name,
            None => begin += 1,
        }
    };
    let letters = |c: char| c.is_alphanumeric() || c.is_ascii();
    let last_foreign = name.char_indices().rev().find(|(_, c)| !letters(*c));
    begin += last_foreign.map_or(0, |(at, c)| at + c.len_utf8());
    while begin < end
        && matches!(
            text.byte(begin),
            b'.' | b'\'' | b'-' | b'&' | b'#' | b'%' | b'+'
        )
    {
        begin += 1;
    }
    (begin < end && text.previous(end) != b'.').then_some(begin)
}

/// End of the domain that begins at `start`: two labels at least, the last of letters.
fn domain(text: Text<'_>, start: usize) -> Option<usize> {
    let (mut at, mut end) = (start, None);
    let mut labels = 0;
    loop {
        let label = at;
        while text.byte(at).is_ascii_alphanumeric() || text.byte(at) == b'-' {
            at += 1;
        }
        let bytes = text.bytes(label..at);
        if bytes.is_empty() || bytes.len() > 63 || bytes[0] == b'-' || bytes.ends_with(b"-") {
            break;
        }
        labels += 1;
        if labels > 1 && bytes.len() > 1 && bytes.iter().all(u8::is_ascii_alphabetic) {
            end = Some(at);
        }
        if text.byte(at) != b'.' || at - start > 253 {
            break;
        }
        at += 1;
    }
    end
}

fn is_reserved(host: &[u8]) -> bool {
    RESERVED.iter().any(|name| ends_with(host, name))
}

fn ends_with(host: &[u8], end: &str) -> bool {
    host.len()
        .checked_sub(end.len())
        .is_some_and(|at| host[at..].eq_ignore_ascii_case(end.as_bytes()))
}

/// True if the address is one of an office: on a domain of a public body, or a role before the `@`.
fn is_role(name: &[u8], host: &[u8]) -> bool {
    if PUBLIC.iter().any(|end| ends_with(host, end)) {
        return true;
    }
    let Some(role) = ROLES.iter().find(|role| begins_with_word(name, role)) else {
        return false;
    };
    let anybody = PROVIDERS.iter().any(|provider| says(host, &[provider]));
    !anybody || matches!(*role, "mairie" | "prefecture" | "rectorat" | "greffe")
}

fn begins_with_word(name: &[u8], word: &str) -> bool {
    name.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
        && !name.get(word.len()).is_some_and(u8::is_ascii_alphabetic)
}

//! What the head of a page and its path tell: encoding, date, licence, language.

use moisson_core::Date;

/// The encoding that the first lines name, `-*- coding: UTF-8 -*-`.
pub(crate) fn coding(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let at = memchr::memmem::find(head, b"coding:")? + b"coding:".len();
    let rest = head.get(at..)?.trim_ascii_start();
    let length = rest
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
        .count();
    std::str::from_utf8(rest.get(..length)?)
        .ok()
        .filter(|label| !label.is_empty())
}

const MONTHS: &[(&str, u32)] = &[
    ("jan", 1),
    ("fév", 2),
    ("fev", 2),
    ("feb", 2),
    ("mar", 3),
    ("avr", 4),
    ("apr", 4),
    ("mai", 5),
    ("may", 5),
    ("juin", 6),
    ("jun", 6),
    ("juil", 7),
    ("jul", 7),
    ("aoû", 8),
    ("aou", 8),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("déc", 12),
    ("dec", 12),
];

/// A date of `.TH` or `.Dd`: ISO, `10 février 2023`, `Septembre 2022`, `May 5, 2019`, `$Mdocdate: May 5 2019 $`.
pub(super) fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.starts_with(|c: char| c.is_ascii_digit())
        && let Some(date) = Date::parse(text).filter(|_| text.len() != 2)
    {
        return Some(date);
    }
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let number = |word: &String| word.trim_end_matches("er").parse::<u32>().ok();
    let month = words
        .iter()
        .find_map(|word| MONTHS.iter().find(|(name, _)| word.starts_with(name)))?
        .1;
    let year = words
        .iter()
        .filter_map(number)
        .find(|n| (1970..=2100).contains(n))?;
    let day = words
        .iter()
        .filter_map(number)
        .find(|n| (1..=31).contains(n))
        .unwrap_or(1);
    Date::from_ymd(i32::try_from(year).ok()?, month, day)
}

/// Lines of comments at the head in which a licence is looked for.
const COMMENTS_MAX: usize = 80;
const STATEMENT_BYTES_MAX: usize = 1500;

/// The licence that the comments of a page name: an SPDX tag, the mark of the Linux manual, or the paragraph.
pub(crate) fn licence(text: &str) -> Option<String> {
    let comments: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix(".\\\"")
                .or_else(|| line.strip_prefix("'\\\""))
        })
        .map(|line| line.trim_matches(|c: char| c.is_whitespace() || c == '*'))
        .take(COMMENTS_MAX)
        .collect();
    for line in &comments {
        if let Some((_, tag)) = line.split_once("SPDX-License-Identifier:") {
            return Some(tag.trim().to_owned());
        }
        if let Some((tag, _)) = line
            .split_once("%%%LICENSE_START(")
            .and_then(|(_, rest)| rest.split_once(')'))
        {
            return Some(tag.trim().to_owned());
        }
    }
    let names = |line: &&str| {
        let lower = line.to_lowercase();
        [
            "license",
            "licence",
            "public domain",
            "redistribut",
            "permission is granted",
        ]
        .iter()
        .any(|word| lower.contains(word))
    };
    let block = comments
        .split(|line| line.is_empty())
        .find(|block| block.iter().any(names))?;
    let kept: Vec<&str> = block
        .iter()
        .copied()
        .filter(|line| !line.contains('@') && !line.starts_with("Copyright"))
        .collect();
    let statement = kept.join(" ");
    (kept.iter().any(names) && statement.len() <= STATEMENT_BYTES_MAX).then_some(statement)
}

/// The language of `…/man/fr/man1/…`, verbatim.
pub(crate) fn language_of_path(uri: &str) -> Option<&str> {
    let mut before = "";
    for part in uri.split(['/', '!']) {
        let is_section = part
            .strip_prefix("man")
            .is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        let language = before.split(['.', '_', '@']).next().unwrap_or_default();
        if is_section
            && (2..=3).contains(&language.len())
            && language != "man"
            && language.bytes().all(|b| b.is_ascii_lowercase())
        {
            return Some(before);
        }
        before = part;
    }
    None
}

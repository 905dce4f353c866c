//! `texteBrut` of Gallica: a notice, a sentence with the rate of recognition, then the text.
//!
//! The service is no longer open to programs; what was saved from it still circulates. Source: domain notes, section 5.5.

use std::borrow::Cow;

use moisson_core::Date;

/// A text taken out of its wrapper.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Notice {
    /// `Titre`.
    pub(crate) title: Option<String>,
    /// `Auteur`.
    pub(crate) author: Option<String>,
    /// `Éditeur`.
    pub(crate) publisher: Option<String>,
    /// `Date d'édition`.
    pub(crate) published_on: Option<Date>,
    /// `Langue`.
    pub(crate) language: Option<String>,
    /// All of `Droits`, joined by ` ; `.
    pub(crate) licence: Option<String>,
    /// `Identifiant`: `ark:/12148/…`.
    pub(crate) ark: Option<String>,
    /// `Provenance`.
    pub(crate) producer: Option<String>,
    /// Kind of text from `Type`.
    pub(crate) genre: Option<&'static str>,
    /// Rate of recognition, `0.0..=1.0`.
    pub(crate) rate: Option<f32>,
}

/// The head in which the sentence must lie, in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// Splits a plain text into notice and text; `None` if it does not begin with a notice of Gallica.
pub(crate) fn split(text: &str) -> Option<(Notice, &str)> {
    let mut end = text.len().min(HEAD_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end)?;
    let sentence = head.find("taux de reconnaissance")?;
    let percent = head.get(sentence..)?.find('%')? + sentence;
    let rate = head.get(sentence..percent)?;
    let digits = rate
        .trim_end()
        .rsplit(|c: char| !c.is_ascii_digit() && c != ',' && c != '.')
        .next()?;
    let mut notice = read(head.get(..sentence)?);
    let share = digits
        .replace(',', ".")
        .parse::<f32>()
        .ok()
        .map(|percent| percent / 100.0);
    notice.rate = share.filter(|share| (0.0..=1.0).contains(share));
    let rest = text.get(percent + 1..)?.trim_start_matches('.');
    Some((
        notice,
        rest.trim_start_matches(|c: char| c.is_whitespace() || c == '-'),
    ))
}

fn read(head: &str) -> Notice {
    let mut notice = Notice::default();
    let mut rights: Vec<&str> = Vec::new();
    for line in head.lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        let set = |field: &mut Option<String>| {
            if field.is_none() {
                *field = Some(value.to_owned());
            }
        };
        match name.trim() {
            "Titre" => set(&mut notice.title),
            "Auteur" => set(&mut notice.author),
            "Éditeur" | "Editeur" => set(&mut notice.publisher),
            "Langue" if !value.starts_with("language.") => set(&mut notice.language),
            "Provenance" => set(&mut notice.producer),
            "Date d'édition" | "Date d’édition" if notice.published_on.is_none() => {
                notice.published_on = Date::parse(value);
            }
            "Droits" if rights.len() < 8 && !rights.contains(&value) => rights.push(value),
            "Identifiant" if value.starts_with("ark:/") => set(&mut notice.ark),
            "Type" if notice.genre.is_none() => {
                notice.genre = if value.contains("série") || value.contains("presse") {
                    Some("press")
                } else if value.contains("monographie") {
                    Some("book")
                } else {
                    None
                };
            }
            _ => {}
        }
    }
    notice.licence = (!rights.is_empty()).then(|| rights.join(" ; "));
    notice
}

/// A page of HTML as plain text, a rule (`<hr>`) as a form feed; `None` if it nests too deep.
pub(crate) fn plain(html: &str, depth_max: u32) -> Option<String> {
    // HTML takes a line end for a space; after a hyphen it is the end of a line on the page.
    let html = html
        .replace("-\r\n", "-<br/>")
        .replace("-\n", "-<br/>")
        .replace("¬\n", "¬<br/>");
    let mut pages = Vec::new();
    for piece in rules(&html) {
        pages.push(crate::html::fragment_to_text(piece, depth_max)?);
    }
    Some(pages.join("\u{c}"))
}

/// Pieces between the rules of a page. Each parse of a piece costs its length, so that all together cost that of the
/// page.
fn rules(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(html);
    std::iter::from_fn(move || {
        let text = rest?;
        let bytes = text.as_bytes();
        let is_rule = |at: &usize| {
            bytes
                .get(at + 1..at + 3)
                .is_some_and(|name| name.eq_ignore_ascii_case(b"hr"))
                && bytes
                    .get(at + 3)
                    .is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
        };
        match memchr::memchr_iter(b'<', bytes).find(is_rule) {
            Some(at) => {
                let (piece, tag) = text.split_at_checked(at)?;
                rest = tag.find('>').and_then(|end| tag.get(end + 1..));
                Some(piece)
            }
            None => rest.take(),
        }
    })
}

/// True for text that is HTML.
pub(crate) fn is_html(text: &str) -> bool {
    let head: Cow<'_, str> = text
        .trim_start()
        .chars()
        .take(512)
        .collect::<String>()
        .to_ascii_lowercase()
        .into();
    head.starts_with("<!doctype html")
        || head.starts_with("<html")
        || head.starts_with("<?xml") && head.contains("<html")
}

#[cfg(test)]
mod tests {
    use super::{is_html, plain, split};

    #[test]
    fn notices_as_a_table() {
        let text = "Titre : Le Courrier du Val\nAuteur : Vernier, Paul\nDate d'édition : 1884-07-02\nType : publication en \
                    série imprimée\nLangue : français\nLangue : language.label.français\nDroits : domaine public\nDroits : \
                    public domain\nIdentifiant : ark:/12148/bpt6k0000001\nProvenance : Bibliothèque nationale de France\nLe \
                    texte affiché peut comporter un certain nombre d'erreurs. Le taux de reconnaissance estimé pour ce \
                    document est de 96,5 %.\n----------\nUn texte.";
        let (notice, rest) = split(text).unwrap();
        assert_eq!(rest, "Un texte.");
        assert_eq!(notice.title.as_deref(), Some("Le Courrier du Val"));
        assert_eq!(
            notice.licence.as_deref(),
            Some("domaine public ; public domain")
        );
        assert_eq!(notice.language.as_deref(), Some("français"));
        assert_eq!(notice.ark.as_deref(), Some("ark:/12148/bpt6k0000001"));
        assert_eq!(notice.genre, Some("press"));
        assert_eq!(notice.rate, Some(0.965));
        assert_eq!(split("Un texte sans notice, à 96 %."), None);
        assert_eq!(
            split(&format!("{}taux de reconnaissance 9 %", "é ".repeat(9000))),
            None
        );
        assert_eq!(split("le taux de reconnaissance est bon"), None);
        assert_eq!(
            split("le taux de reconnaissance est de 960 %")
                .unwrap()
                .0
                .rate,
            None
        );
    }

    #[test]
    fn rules_are_pages() {
        let check = |html: &str, expected: &str| {
            assert_eq!(plain(html, 64).as_deref(), Some(expected), "{html}");
        };
        check(
            "<p>Un.</p><hr/><p>Deux.</p><HR class='x'><p>Trois.",
            "Un.\u{c}Deux.\u{c}Trois.",
        );
        check("<p>Un.</p><href>Deux.", "Un.\n\nDeux.");
        check("Un.<hr", "Un.");
        check("<p>la tran-\nquillité\nrègne", "la tran-\nquillité règne");
        assert_eq!(plain(&"<div>".repeat(100_000), 64), None);
    }

    #[test]
    fn html_is_known_by_its_head() {
        assert!(is_html("\n<!DOCTYPE html><html>"));
        assert!(is_html("<?xml version='1.0'?><HTML>"));
        assert!(!is_html("<alto>"));
        assert!(!is_html("texte <html>"));
    }
}

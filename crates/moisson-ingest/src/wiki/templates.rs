//! Templates that only dress a text, and what they show of it. All others are left out: boxes, banners, notes.

use std::borrow::Cow;

/// What a template shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// Its argument of this number.
    Argument(usize),
    /// Its argument of this number, in guillemets.
    Quoted(usize),
    /// Its first argument, between dashes; with `stop` only before it.
    Aside,
    /// Its last argument.
    Last,
    /// Its arguments, with this between them.
    Joined(&'static str),
    /// A fixed text.
    Fixed(&'static str),
    /// A fixed text, then its arguments.
    Prefixed(&'static str),
    /// Numbers of centuries.
    Century {
        of: &'static str,
        before_christ: bool,
    },
}

use Shows::{Argument, Aside, Century, Fixed, Joined, Last, Prefixed, Quoted};

const CENTURY: Shows = Century {
    of: " siècle",
    before_christ: false,
};
const CENTURY_BEFORE: Shows = Century {
    of: " siècle",
    before_christ: true,
};

/// Names of arguments that hold the text, where they are named.
const TEXT_NAMES: &[&str] = &[
    "1", "texte", "text", "contenu", "citation", "content", "fr", "trad",
];

/// Returns what the call of a template shows, or `None` for one that is left out.
///
/// `call` is what stands between the braces, what is inside of it read already; `bars` are the places of the `|`
/// that separate its arguments.
pub(super) fn shown(call: &str, bars: impl Iterator<Item = usize>, title: &str) -> Option<String> {
    let mut arguments = Vec::new();
    let mut start = 0;
    for bar in bars {
        arguments.push(call.get(start..bar)?);
        start = bar + 1;
    }
    arguments.push(call.get(start..)?);
    let name = arguments.remove(0);
    let name = name.trim_matches(|c: char| c.is_whitespace() || super::mark::is_mark(c));
    if name.len() > 100 {
        return None;
    }
    let name = name.replace('_', " ").to_lowercase();
    if let Some((function, argument)) = name.split_once(':') {
        return function_shown(function.trim(), argument.trim());
    }
    if let Some(shows) = find(&name) {
        return show(shows, &arguments);
    }
    match name.as_str() {
        "pagename" | "fullpagename" | "basepagename" => Some(title.to_owned()),
        _ if is_ordinal(&name) => {
            let original = call.split('|').next().unwrap_or_default().trim();
            let rest = positional(&arguments).join(" ");
            Some(format!("{original} {rest}").trim().to_owned())
        }
        _ => None,
    }
}

/// `{{formatnum:12345}}`; conditions and the like are left out.
fn function_shown(function: &str, argument: &str) -> Option<String> {
    matches!(function, "formatnum" | "lc" | "ucfirst" | "lcfirst" | "uc")
        .then(|| argument.to_owned())
}

fn find(name: &str) -> Option<Shows> {
    let at = TEMPLATES
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()?;
    TEMPLATES.get(at).map(|(_, shows)| *shows)
}

/// `1er`, `XIXe`, `2e`.
fn is_ordinal(name: &str) -> bool {
    let digits = name
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || b"ivxlcdm".contains(byte))
        .count();
    let is_suffix = matches!(
        name.get(digits..),
        Some("e" | "er" | "re" | "ère" | "ème" | "nd" | "nde")
    );
    digits > 0 && is_suffix
}

/// Arguments without a name, and those whose name is a number, by number.
fn positional<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for argument in arguments {
        match named(argument) {
            None => found.push(argument.trim()),
            Some((name, value)) => {
                // A number names a place; a place far away is no argument that is shown.
                if let Ok(place @ 1..=20) = name.parse::<usize>() {
                    if found.len() < place {
                        found.resize(place, "");
                    }
                    if let Some(slot) = found.get_mut(place - 1) {
                        *slot = value;
                    }
                }
            }
        }
    }
    found
}

/// Name and value of a named argument.
fn named(argument: &str) -> Option<(&str, &str)> {
    let (name, value) = argument.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty()
        && name.len() <= 40
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    is_name.then_some((name, value.trim()))
}

fn show(shows: Shows, arguments: &[&str]) -> Option<String> {
    let places = positional(arguments);
    match shows {
        Argument(number) => {
            let at = places
                .get(number - 1)
                .copied()
                .filter(|text| !text.is_empty());
            let by_name = || {
                arguments
                    .iter()
                    .filter_map(|argument| named(argument))
                    .find(|(name, _)| TEXT_NAMES.contains(name))
                    .map(|(_, value)| value)
            };
            at.or_else(by_name).map(str::to_owned)
        }
        Quoted(number) => {
            let text = show(Argument(number), arguments)?;
            Some(format!("«\u{a0}{text}\u{a0}»"))
        }
        Aside => {
            let text = show(Argument(1), arguments)?;
            let is_last = places.get(1).is_some_and(|word| *word == "stop");
            let end = if is_last { "" } else { "\u{a0}–" };
            Some(format!("–\u{a0}{text}{end}"))
        }
        Last => places.last().map(|text| (*text).to_owned()),
        Joined(between) => {
            let filled: Vec<&str> = places.into_iter().filter(|text| !text.is_empty()).collect();
            (!filled.is_empty()).then(|| filled.join(between))
        }
        Fixed(text) => Some(text.to_owned()),
        Prefixed(text) => {
            let filled: Vec<&str> = places.into_iter().filter(|text| !text.is_empty()).collect();
            let space = if filled.is_empty() { "" } else { "\u{a0}" };
            Some(format!("{text}{space}{}", filled.join(" ")))
        }
        Century { of, before_christ } => century(&places, of, before_christ),
    }
}

/// `XIX` is `XIXe siècle`, and `XIX, e, au, XX, e` is `XIXe au XXe siècle`.
fn century(places: &[&str], of: &str, before_christ: bool) -> Option<String> {
    let is_suffix = |text: &str| matches!(text, "e" | "er" | "re" | "");
    let is_number = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| b"IVXLCDMivxlcdm0123456789".contains(&byte))
    };
    let mut words: Vec<Cow<'_, str>> = Vec::new();
    for text in places.iter().filter(|text| !is_suffix(text)) {
        if is_number(text) {
            if words.last().is_some_and(|word| {
                word.ends_with(['e', 'r']) && word.starts_with(char::is_uppercase)
            }) {
                words.push(Cow::Borrowed("et"));
            }
            let suffix = if *text == "I" || *text == "1" {
                "er"
            } else {
                "e"
            };
            words.push(Cow::Owned(format!("{text}{suffix}")));
        } else {
            words.push(Cow::Borrowed(text));
        }
    }
    if words.is_empty() {
        return None;
    }
    let many = if words.len() > 1 && words.iter().any(|word| word == "et") {
        "s"
    } else {
        ""
    };
    let of = if of.is_empty() {
        String::new()
    } else {
        format!("{of}{many}")
    };
    let before = if before_christ { " av. J.-C." } else { "" };
    Some(format!("{}{of}{before}", words.join(" ")))
}

/// Sorted by name. French Wikipedia first of all, then French Wikisource, then the names other wikis share.
const TEMPLATES: &[(&str, Shows)] = &[
    ("!", Fixed("|")),
    ("\"", Quoted(1)),
    ("'", Fixed("'")),
    ("'s", Fixed("'s")),
    ("-av jc", Prefixed("av. J.-C.")),
    ("-s", CENTURY_BEFORE),
    ("-sp", CENTURY_BEFORE),
    ("=", Fixed("=")),
    ("abd", Argument(1)),
    ("abr", Argument(1)),
    ("abrd", Argument(1)),
    ("abréviation", Argument(1)),
    ("abréviation discrète", Argument(1)),
    ("acte", Joined(" ")),
    ("ancre+", Last),
    ("ap jc", Prefixed("apr. J.-C.")),
    ("ap. j.-c.", Prefixed("apr. J.-C.")),
    ("apr. j.-c.", Prefixed("apr. J.-C.")),
    ("as of", Prefixed("As of")),
    ("av jc", Prefixed("av. J.-C.")),
    ("av. j.-c.", Prefixed("av. J.-C.")),
    ("axl", Argument(1)),
    ("bloc centré", Argument(1)),
    ("blockquote", Argument(1)),
    ("c", Argument(1)),
    ("cc", Argument(1)),
    ("center", Argument(1)),
    ("centré", Argument(1)),
    ("chap.", Prefixed("chap.")),
    ("circa", Prefixed("c.")),
    ("citation", Quoted(1)),
    ("citation bloc", Argument(1)),
    ("citation en bloc", Argument(1)),
    ("citation nécessaire", Argument(1)),
    ("citation étrangère", Quoted(1)),
    ("co", Fixed("CO")),
    ("co2", Fixed("CO₂")),
    ("coquille", Argument(2)),
    ("corr", Argument(2)),
    ("couleur", Last),
    ("cquote", Argument(1)),
    ("d", Argument(1)),
    ("date", Joined(" ")),
    ("date de décès", Joined(" ")),
    ("date de naissance", Joined(" ")),
    ("date-", Joined(" ")),
    ("didascalie", Argument(1)),
    ("ditto", Argument(1)),
    ("dr", Prefixed("Dr")),
    ("droite", Argument(1)),
    ("e", Prefixed("e")),
    ("emdash", Fixed(" — ")),
    ("er", Fixed("er")),
    ("errata", Argument(2)),
    ("erratum", Argument(2)),
    ("esp", Argument(1)),
    ("espacé", Argument(1)),
    ("euro", Fixed("€")),
    ("exp", Prefixed("")),
    ("exposant", Prefixed("")),
    ("fs70", Argument(1)),
    ("fs75", Argument(1)),
    ("fs80", Argument(1)),
    ("fs85", Argument(1)),
    ("fs90", Argument(1)),
    ("g", Argument(1)),
    ("gap", Fixed(" ")),
    ("graphie", Argument(1)),
    ("gras", Argument(1)),
    ("grec", Argument(1)),
    ("guil", Quoted(1)),
    ("guillemets", Quoted(1)),
    ("gutenberg", Last),
    ("h", Prefixed("h")),
    ("heure", Joined(" h ")),
    ("hébreu", Argument(1)),
    ("i", Argument(1)),
    ("incise", Aside),
    ("ind", Argument(1)),
    ("indice", Argument(1)),
    ("initiale", Argument(1)),
    ("ital", Argument(1)),
    ("japonais", Argument(1)),
    ("lang", Argument(2)),
    ("lang-ar", Argument(1)),
    ("lang-de", Argument(1)),
    ("lang-en", Argument(1)),
    ("lang-es", Argument(1)),
    ("lang-fr", Argument(1)),
    ("lang-it", Argument(1)),
    ("lang-la", Argument(1)),
    ("lang-oc", Argument(1)),
    ("langue", Argument(2)),
    ("lettrine", Argument(1)),
    ("lien", Argument(1)),
    ("lié", Argument(1)),
    ("m", Prefixed("M.")),
    ("m.", Prefixed("M.")),
    ("mdash", Fixed("—")),
    ("me", Prefixed("Me")),
    ("mgr", Prefixed("Mgr")),
    ("mlle", Prefixed("Mlle")),
    ("mme", Prefixed("Mme")),
    ("mono", Argument(1)),
    ("nb", Joined("\u{a0}")),
    ("nbsp", Fixed("\u{a0}")),
    ("ndash", Fixed("–")),
    ("no", Prefixed("no")),
    ("nobold", Argument(1)),
    ("nobr", Joined(" ")),
    ("nobr romain", Joined(" ")),
    ("nobr romains", Joined(" ")),
    ("nombre", Joined("\u{a0}")),
    ("nop", Fixed("\n\n")),
    ("nowrap", Argument(1)),
    ("numéro", Prefixed("no")),
    ("n°", Prefixed("n°")),
    ("oe", Fixed("œ")),
    ("os", Argument(1)),
    ("p", Prefixed("p.")),
    ("p.", Prefixed("p.")),
    ("page", Prefixed("p.")),
    ("pas clair", Argument(1)),
    ("passage non neutre", Argument(1)),
    ("pc", Argument(1)),
    ("personnage", Argument(1)),
    ("personnaged", Argument(1)),
    ("petit", Argument(1)),
    ("petites capitales", Argument(1)),
    ("petitescaps", Argument(1)),
    ("petittitre", Argument(1)),
    ("poem", Argument(1)),
    ("poème", Argument(1)),
    ("poésie", Argument(1)),
    ("pr", Prefixed("Pr")),
    ("quoi", Argument(1)),
    ("quote", Argument(1)),
    ("re", Fixed("re")),
    ("refnec", Argument(1)),
    ("retrait", Argument(1)),
    ("rom", Argument(1)),
    ("rom-maj", Argument(1)),
    ("romain", Argument(1)),
    ("romd", Argument(1)),
    ("r°", Fixed("r°")),
    ("référence nécessaire", Argument(1)),
    ("référence souhaitée", Argument(1)),
    ("s", CENTURY),
    (
        "s mini",
        Century {
            of: "",
            before_christ: false,
        },
    ),
    ("s-", CENTURY),
    ("s2", CENTURY),
    ("s2-", CENTURY),
    ("sc", Argument(1)),
    ("scène", Joined(" ")),
    ("sic", Argument(1)),
    ("sic2", Argument(1)),
    ("siècle", CENTURY),
    ("small", Argument(1)),
    ("smaller", Argument(1)),
    ("smcap", Argument(1)),
    ("snd", Fixed(" – ")),
    ("souligner", Argument(1)),
    ("souverain", Argument(1)),
    ("souverain-", Argument(1)),
    ("souverain2", Argument(1)),
    ("souverain3", Argument(1)),
    ("sp", CENTURY),
    ("sp-", CENTURY),
    ("spnd", Fixed(" – ")),
    ("st", Prefixed("St")),
    ("ste", Prefixed("Ste")),
    ("sub", Argument(1)),
    ("sup", Argument(1)),
    ("surligner", Argument(1)),
    ("t.", Prefixed("t.")),
    ("t1", Argument(1)),
    ("t2", Argument(1)),
    ("t3", Argument(1)),
    ("t4", Argument(1)),
    ("t5", Argument(1)),
    ("t6", Argument(1)),
    ("taille", Argument(1)),
    ("terme défini", Argument(1)),
    ("texte centré", Argument(1)),
    ("tiret", Joined("")),
    ("titre", Argument(1)),
    ("transl", Last),
    ("unité", Joined("\u{a0}")),
    ("unité/2", Joined("\u{a0}")),
    ("vers", Argument(1)),
    ("verse", Argument(1)),
    ("vol.", Prefixed("vol.")),
    ("v°", Fixed("v°")),
    ("x10", Prefixed("×10")),
    ("x²", Fixed("x²")),
    ("°", Fixed("°")),
    ("°c", Fixed("°C")),
    ("–", Fixed(" – ")),
    ("—", Fixed(" — ")),
    ("€", Fixed("€")),
];

#[cfg(test)]
mod tests {
    use super::{TEMPLATES, shown};

    #[test]
    fn names_are_sorted() {
        for pair in TEMPLATES.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} {}", pair[0].0, pair[1].0);
        }
    }

    #[test]
    fn templates_as_a_table() {
        let check = |call: &str, expected: Option<&str>| {
            let bars: Vec<usize> = call.match_indices('|').map(|(at, _)| at).collect();
            let found = shown(call, bars.into_iter(), "Titre");
            assert_eq!(found.as_deref(), expected, "{call}");
        };
        check("lang|en|text", Some("text"));
        check("Lang|en|texte=text", Some("text"));
        check("unité|1234|km", Some("1234\u{a0}km"));
        check("s|XIX", Some("XIXe siècle"));
        check("s-|I|er", Some("Ier siècle"));
        check("-s|V|e", Some("Ve siècle av. J.-C."));
        check("sp|XIX|e|au|XX|e", Some("XIXe au XXe siècle"));
        check("s2|XVIII|e|XIX|e", Some("XVIIIe et XIXe siècles"));
        check("1er", Some("1er"));
        check("1er|janvier", Some("1er janvier"));
        check("XIXe", Some("XIXe"));
        check("date|14|juillet|1789", Some("14 juillet 1789"));
        check("corr|fause|fausse", Some("fausse"));
        check("tiret|exem|plaire", Some("exemplaire"));
        check("tiret2|exem|plaire", None);
        check("sc|Hugo", Some("Hugo"));
        check("nobr|1=12 rue", Some("12 rue"));
        check("formatnum:12345", Some("12345"));
        check("PAGENAME", Some("Titre"));
        check("Infobox|nom=Paris", None);
        check("#if:a|b", None);
        check("", None);
    }
}

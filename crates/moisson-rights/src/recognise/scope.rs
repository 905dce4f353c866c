//! The scope of a statement: does it speak of the text, of the data set, of its metadata, or of a picture beside it?
//!
//! `Métadonnées : CC0 ; texte : CC BY 4.0` are two statements. A statement is cut only where it names the metadata or a
//! part of the page; there each clause with a licence belongs to the last thing named, and what names a licence after
//! that without naming its object belongs to it as well. So no licence of a picture can reach the text by being cut off.

use super::{Recognition, recognise};
use crate::fold::{Token, tokens};
use crate::{Catalogue, Scope};

/// A statement, or the clauses of it that speak of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scoped {
    /// What it names; none where it names nothing.
    pub scope: Option<Scope>,
    /// The clauses, verbatim.
    pub text: String,
    /// What they say.
    pub recognition: Recognition,
}

/// Most clauses into which a statement is cut; one with more is taken as a whole.
const CLAUSES_MAX: usize = 64;

/// Things a statement may be about, folded. Several named together mean the widest.
const SUBJECTS: &[(&[&str], Scope)] = &[
    (&["metadonnees"], Scope::Metadata),
    (&["metadonnee"], Scope::Metadata),
    (&["metadata"], Scope::Metadata),
    (&["meta", "data"], Scope::Metadata),
    (&["notices", "bibliographiques"], Scope::Metadata),
    (&["notice", "bibliographique"], Scope::Metadata),
    (&["notices", "descriptives"], Scope::Metadata),
    (&["donnees", "bibliographiques"], Scope::Metadata),
    (&["donnees", "descriptives"], Scope::Metadata),
    (&["bibliographic", "records"], Scope::Metadata),
    (&["bibliographic", "data"], Scope::Metadata),
    (&["photo"], Scope::PagePart),
    (&["photos"], Scope::PagePart),
    (&["photographie"], Scope::PagePart),
    (&["photographies"], Scope::PagePart),
    (&["photograph"], Scope::PagePart),
    (&["photographs"], Scope::PagePart),
    (&["image"], Scope::PagePart),
    (&["images"], Scope::PagePart),
    (&["illustration"], Scope::PagePart),
    (&["illustrations"], Scope::PagePart),
    (&["logo"], Scope::PagePart),
    (&["logos"], Scope::PagePart),
    (&["figure"], Scope::PagePart),
    (&["figures"], Scope::PagePart),
    (&["icone"], Scope::PagePart),
    (&["icones"], Scope::PagePart),
    (&["icon"], Scope::PagePart),
    (&["icons"], Scope::PagePart),
    (&["video"], Scope::PagePart),
    (&["videos"], Scope::PagePart),
    (&["vignette"], Scope::PagePart),
    (&["vignettes"], Scope::PagePart),
    (&["thumbnail"], Scope::PagePart),
    (&["thumbnails"], Scope::PagePart),
    (&["base", "de", "donnees"], Scope::Dataset),
    (&["bases", "de", "donnees"], Scope::Dataset),
    (&["jeu", "de", "donnees"], Scope::Dataset),
    (&["jeux", "de", "donnees"], Scope::Dataset),
    (&["database"], Scope::Dataset),
    (&["dataset"], Scope::Dataset),
    (&["datasets"], Scope::Dataset),
    (&["data", "set"], Scope::Dataset),
    (&["donnees"], Scope::Dataset),
    (&["data"], Scope::Dataset),
    (&["corpus"], Scope::Dataset),
    (&["texte"], Scope::Work),
    (&["textes"], Scope::Work),
    (&["text"], Scope::Work),
    (&["texts"], Scope::Work),
    (&["document"], Scope::Work),
    (&["documents"], Scope::Work),
    (&["article"], Scope::Work),
    (&["articles"], Scope::Work),
    (&["oeuvre"], Scope::Work),
    (&["oeuvres"], Scope::Work),
    (&["ouvrage"], Scope::Work),
    (&["ouvrages"], Scope::Work),
    (&["contenu"], Scope::Work),
    (&["contenus"], Scope::Work),
    (&["content"], Scope::Work),
    (&["contents"], Scope::Work),
    (&["livre"], Scope::Work),
    (&["book"], Scope::Work),
    (&["publication"], Scope::Work),
    (&["publications"], Scope::Work),
];

/// Words after which a thing is named as left out: such a clause qualifies the whole statement.
const EXCLUDES: &[&str] = &[
    "aucun",
    "aucune",
    "except",
    "excepte",
    "exception",
    "excluded",
    "excluding",
    "exclu",
    "exclue",
    "exclues",
    "exclus",
    "hormis",
    "hors",
    "jamais",
    "ne",
    "never",
    "ni",
    "no",
    "non",
    "not",
    "pas",
    "sans",
    "sauf",
    "unless",
    "without",
];

/// Recognises the licences named in `text`, each for what it speaks of. Never empty.
///
/// At most one entry reaches the text; it comes first. There is none where every clause speaks of something else.
pub fn recognise_scoped(catalogue: &'static Catalogue, text: &str) -> Vec<Scoped> {
    let whole = || Scoped {
        scope: subject(&tokens(text)).filter(|scope| reaches_text(*scope)),
        text: text.to_owned(),
        recognition: recognise(catalogue, text),
    };
    let names_a_part = text.len() <= super::STATEMENT_BYTES_MAX && any_part(&tokens(text));
    if !names_a_part {
        return vec![whole()];
    }
    let clauses = clauses(text);
    if clauses.len() > CLAUSES_MAX {
        return vec![whole()];
    }
    let (rest, parts) = divided(catalogue, &clauses);
    if parts.is_empty() {
        let mut whole = whole();
        // "Données et métadonnées sous CC0": what is named beside the text restricts nothing.
        if clauses.len() == 1 && whole.scope.is_some() {
            without_subjects(&mut whole.recognition);
        }
        return vec![whole];
    }
    let mut scoped = Vec::with_capacity(parts.len() + 1);
    let rest = rest.join(", ");
    let recognition = recognise(catalogue, &rest);
    if !recognition.is_blank() || !recognition.unrecognised.is_empty() {
        scoped.push(Scoped {
            scope: subject(&tokens(&rest)).filter(|scope| reaches_text(*scope)),
            text: rest,
            recognition,
        });
    }
    for (scope, clauses) in parts {
        let text = clauses.join(", ");
        let mut recognition = recognise(catalogue, &text);
        without_subjects(&mut recognition);
        scoped.push(Scoped {
            scope: Some(scope),
            text,
            recognition,
        });
    }
    scoped
}

/// Clauses of one part, and what they are about.
type Part<'a> = (Scope, Vec<&'a str>);

/// Divides clauses into those about the text or about nothing named, and those about parts for which a licence is named.
fn divided<'a>(
    catalogue: &'static Catalogue,
    clauses: &[&'a str],
) -> (Vec<&'a str>, Vec<Part<'a>>) {
    // Runs of clauses about one thing, and whether one of them names a licence.
    let mut runs: Vec<(Option<Scope>, Vec<&'a str>, bool)> = Vec::new();
    for &clause in clauses {
        let words = tokens(clause);
        let excludes = words
            .iter()
            .any(|word| EXCLUDES.contains(&word.text.as_str()));
        let recognition = recognise(catalogue, clause);
        let says = !recognition.matches.is_empty() || !recognition.not_licences.is_empty();
        let named = subject(&words);
        match (named, runs.last_mut()) {
            _ if excludes => {
                // It stays with the whole statement, and what follows stays with the thing named before.
                let before = runs.last().and_then(|(scope, _, _)| *scope);
                runs.push((None, vec![clause], false));
                runs.push((before, Vec::new(), false));
            }
            (None, Some(run)) => {
                run.1.push(clause);
                run.2 |= says;
            }
            (named, _) => {
                let scope = named.filter(|scope| !reaches_text(*scope));
                runs.push((scope, vec![clause], says));
            }
        }
    }
    let mut rest = Vec::new();
    let mut parts = Vec::new();
    for (scope, clauses, says) in runs {
        match scope {
            Some(scope) if says => parts.push((scope, clauses)),
            _ => rest.extend(clauses),
        }
    }
    (rest, parts)
}

/// Drops the names of things from the words that restrict.
fn without_subjects(recognition: &mut Recognition) {
    recognition
        .restrictions
        .retain(|word| subject(&tokens(word)).is_none());
}

fn reaches_text(scope: Scope) -> bool {
    scope >= Scope::Dataset
}

/// Returns the widest thing that is named.
fn subject(words: &[Token]) -> Option<Scope> {
    subjects(words).max()
}

fn any_part(words: &[Token]) -> bool {
    subjects(words).any(|scope| !reaches_text(scope))
}

/// Returns the things named, the longest name at each place.
fn subjects(words: &[Token]) -> impl Iterator<Item = Scope> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < words.len() {
            let here = words.get(at..).unwrap_or_default();
            let fits = |names: &[&str]| {
                here.len() >= names.len()
                    && names
                        .iter()
                        .zip(here)
                        .all(|(name, word)| word.text == *name)
            };
            let found = SUBJECTS
                .iter()
                .filter(|(names, _)| fits(names))
                .max_by_key(|(names, _)| names.len());
            match found {
                Some((names, scope)) => {
                    at += names.len();
                    return Some(*scope);
                }
                None => at += 1,
            }
        }
        None
    })
}

/// Cuts a statement at its punctuation; a full stop cuts only before a space or the end.
fn clauses(text: &str) -> Vec<&str> {
    let mut clauses = Vec::new();
    let mut start = 0;
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let mut before_space = || rest.peek().is_none_or(|(_, next)| next.is_whitespace());
        let cuts = match character {
            ';' | '|' | '(' | ')' | '[' | ']' | '\n' | '•' => true,
            '.' | ',' => before_space(),
            _ => false,
        };
        if cuts {
            clauses.push(text.get(start..at).unwrap_or_default());
            start = at + character.len_utf8();
        }
    }
    clauses.push(text.get(start..).unwrap_or_default());
    clauses.retain(|clause| !clause.trim().is_empty());
    clauses.iter().map(|clause| clause.trim()).collect()
}

#[cfg(test)]
mod tests {
    use super::recognise_scoped;
    use crate::{Catalogue, Meaning, Scope};

    #[test]
    fn scopes_as_a_table() {
        let check = |text: &str, expected: &[(Option<Scope>, &str, &str)]| {
            let found: Vec<(Option<Scope>, &str, String)> =
                recognise_scoped(Catalogue::embedded(), text)
                    .iter()
                    .map(|scoped| {
                        let outcome = scoped.recognition.outcome();
                        let meaning = outcome.meaning.as_ref().map(Meaning::expression);
                        (
                            scoped.scope,
                            outcome.status.name(),
                            meaning.unwrap_or_default(),
                        )
                    })
                    .collect();
            let found: Vec<(Option<Scope>, &str, &str)> = found
                .iter()
                .map(|(scope, status, text)| (*scope, *status, text.as_str()))
                .collect();
            assert_eq!(found, expected, "{text}");
        };
        let (metadata, part) = (Some(Scope::Metadata), Some(Scope::PagePart));
        let (dataset, work) = (Some(Scope::Dataset), Some(Scope::Work));
        check("etalab-2.0", &[(None, "known", "etalab-2.0")]);
        check(
            "Les métadonnées sont sous CC0",
            &[(metadata, "known", "CC0-1.0")],
        );
        check("Photo : CC BY 4.0", &[(part, "known", "CC-BY-4.0")]);
        check(
            "Photo : Jean Dupont, CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
            &[(part, "known", "CC-BY-4.0")],
        );
        check(
            "base de données sous ODbL",
            &[(dataset, "known", "ODbL-1.0")],
        );
        check("Texte sous CC BY 4.0", &[(work, "known", "CC-BY-4.0")]);
        check(
            "Métadonnées : CC0 ; texte : CC BY 4.0",
            &[(work, "known", "CC-BY-4.0"), (metadata, "known", "CC0-1.0")],
        );
        check(
            "Texte sous CC BY-SA 4.0, images sous CC BY-NC 4.0",
            &[
                (work, "known", "CC-BY-SA-4.0"),
                (part, "known", "CC-BY-NC-4.0"),
            ],
        );
        check(
            "Données et métadonnées sous Licence Ouverte 2.0",
            &[(dataset, "known", "etalab-2.0")],
        );
        // What is left out qualifies the whole.
        check(
            "CC BY 4.0, sauf les images",
            &[(None, "ambiguous", "CC-BY-4.0")],
        );
        check(
            "CC BY 4.0, sauf les images sous CC BY-NC 4.0",
            &[(None, "ambiguous", "CC-BY-NC-4.0")],
        );
        // A licence that names no object after a picture stays with the picture.
        check(
            "Photo : CC BY 4.0. Licence Ouverte 2.0",
            &[(part, "ambiguous", "CC-BY-4.0")],
        );
    }
}

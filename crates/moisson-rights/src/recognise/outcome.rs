//! From what was found in one statement to what the statement says.

use super::{Match, Recognition};
use crate::{Family, Gate, Meaning, Unresolved, VerdictStatus};

/// What one statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it is known.
    pub status: VerdictStatus,
    /// What it says, where anything was recognised.
    pub meaning: Option<Meaning>,
    /// The gate; where the status is not known, the strictest of what was recognised.
    pub gate: Option<Gate>,
    /// Which table or grammar recognised it.
    pub matcher: Option<&'static str>,
    /// Why, in words.
    pub detail: Option<String>,
}

impl Recognition {
    /// Returns what the statement says.
    ///
    /// Matches that name the same licence with more or less detail are one (`CC BY` beside the address of version 4.0).
    /// Matches that disagree make the statement ambiguous, unless they are versions of one licence with the same gate.
    /// So do restricting words and unknown licences beside a known one, except beside a reserve of all rights.
    pub fn outcome(&self) -> Outcome {
        let Some((first, others)) = self.matches.split_first() else {
            return self.unknown();
        };
        let mut meaning = first.meaning.clone();
        let mut disagreement = None;
        for other in others {
            if let Some(both) = merged(&meaning, &other.meaning) {
                meaning = both;
                continue;
            }
            let (left, right) = (meaning.expression(), other.meaning.expression());
            disagreement.get_or_insert(format!("`{left}` and `{right}` do not agree"));
            meaning = stricter(meaning, other.meaning.clone());
        }
        let (mut status, gate, mut detail) = match meaning.gate() {
            Ok(gate) => (VerdictStatus::Known, gate, self.notes.clone()),
            Err(Unresolved::Versionless(gate)) => {
                let why = format!("no version stated; one of {}", meaning.expression());
                (VerdictStatus::Versionless, gate, vec![why])
            }
            Err(Unresolved::Ambiguous(gate, why)) => (VerdictStatus::Ambiguous, gate, vec![why]),
        };
        detail.extend(version_note(&meaning));
        if let Some(names) = disagreement {
            status = VerdictStatus::Ambiguous;
            detail.push(names);
        }
        if gate.family != Family::Closed {
            for (what, found) in [
                ("restricting words", &self.restrictions),
                ("unknown licence", &self.unrecognised),
            ] {
                if !found.is_empty() {
                    status = VerdictStatus::Ambiguous;
                    detail.push(format!("{what} beside it: {}", quoted(found)));
                }
            }
        }
        Outcome {
            status,
            meaning: Some(meaning),
            gate: Some(gate),
            matcher: Some(decisive(first, others).matcher),
            detail: (!detail.is_empty()).then(|| detail.join("; ")),
        }
    }

    fn unknown(&self) -> Outcome {
        let mut detail = Vec::new();
        if !self.not_licences.is_empty() {
            detail.push(format!(
                "{} grants nothing by itself",
                quoted(&self.not_licences)
            ));
        }
        if !self.unrecognised.is_empty() {
            detail.push(format!(
                "not in the catalogue: {}",
                quoted(&self.unrecognised)
            ));
        }
        if let Some(suggestion) = &self.suggestion {
            detail.push(format!("did they mean `{suggestion}`?"));
        }
        if detail.is_empty() {
            detail.push("no licence recognised".to_owned());
        }
        Outcome {
            status: VerdictStatus::Unknown,
            meaning: None,
            gate: None,
            matcher: None,
            detail: Some(detail.join("; ")),
        }
    }
}

/// Returns the match that names the licence most exactly: an address before a name, else the first.
fn decisive<'a>(first: &'a Match, others: &'a [Match]) -> &'a Match {
    let fewest = others.iter().min_by_key(|other| other.ids.len());
    fewest
        .filter(|other| other.ids.len() < first.ids.len())
        .unwrap_or(first)
}

/// Quotes at most five of the words.
fn quoted(words: &[String]) -> String {
    const SHOWN_MAX: usize = 5;
    let shown = words.iter().take(SHOWN_MAX).map(|word| format!("`{word}`"));
    let more = (words.len() > SHOWN_MAX).then(|| "…".to_owned());
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

/// Returns what both say together, or `None` where they disagree.
fn merged(a: &Meaning, b: &Meaning) -> Option<Meaning> {
    if a == b {
        return Some(a.clone());
    }
    let simple = |m: &Meaning| {
        matches!(
            m,
            Meaning::OneOf(_)
                | Meaning::Licence {
                    exception: None,
                    ..
                }
        )
    };
    if !simple(a) || !simple(b) {
        return None;
    }
    let (left, right) = (a.licences(), b.licences());
    if let Some(more_exact) = more_exact(a, b).or_else(|| more_exact(b, a)) {
        return Some(more_exact);
    }
    let mut common = left.clone();
    common.retain(|licence| right.iter().any(|other| other.id == licence.id));
    let candidates = if common.is_empty() {
        // Versions of one licence may be confused where that changes nothing: Licence Ouverte 1.0 and 2.0.
        let mut both = left;
        both.extend(right);
        both.sort_by(|a, b| a.id.cmp(&b.id));
        both.dedup_by(|a, b| a.id == b.id);
        both
    } else {
        common
    };
    let one_group = candidates
        .windows(2)
        .all(|pair| pair[0].group == pair[1].group);
    let meaning = match candidates.as_slice() {
        [licence] => Meaning::Licence {
            licence,
            exception: None,
        },
        _ => Meaning::OneOf(candidates),
    };
    let agreed = one_group && (meaning.gate().is_ok() || matches!(a, Meaning::OneOf(_)));
    agreed.then_some(meaning)
}

/// Returns `exact` where `vague` says the same with less detail: "public domain" beside a mark or waiver, a licence without
/// its version beside the version ported to a jurisdiction.
fn more_exact(vague: &Meaning, exact: &Meaning) -> Option<Meaning> {
    let Meaning::Licence {
        licence: exact_licence,
        ..
    } = exact
    else {
        return None;
    };
    let fits = match vague {
        Meaning::Licence { licence, .. } => {
            licence.group == "public-domain" && exact_licence.family == Family::PublicDomain
        }
        Meaning::OneOf(licences) => {
            exact_licence.jurisdiction.is_some()
                && licences
                    .iter()
                    .all(|licence| licence.group == exact_licence.group)
        }
        Meaning::All(_) | Meaning::Any(_) => false,
    };
    fits.then(|| exact.clone())
}

fn stricter(a: Meaning, b: Meaning) -> Meaning {
    let strictness = |meaning: &Meaning| match meaning.gate() {
        Ok(gate) => gate.strictness(),
        Err(unresolved) => unresolved.gate().strictness(),
    };
    if strictness(&b) > strictness(&a) {
        b
    } else {
        a
    }
}

/// Says what an unstated version leaves open, where the gate does not depend on it.
fn version_note(meaning: &Meaning) -> Option<String> {
    let Meaning::OneOf(licences) = meaning else {
        return None;
    };
    meaning.gate().ok()?;
    let licensing: Vec<&str> = licences
        .iter()
        .filter(|licence| licence.db_right_licensed)
        .map(|licence| licence.id.as_str())
        .collect();
    let rights = match licensing.len() {
        0 => "none licenses the database right".to_owned(),
        n if n == licences.len() => "all license the database right".to_owned(),
        _ => format!("only {} licenses the database right", licensing.join(", ")),
    };
    Some(format!(
        "version not settled; same conditions in all; {rights}"
    ))
}

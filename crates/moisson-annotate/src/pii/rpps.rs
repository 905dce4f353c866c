//! RPPS: numbers of French health professionals. The older ADELI numbers have no key and are left alone.

use moisson_rights::personal::{Class, keys};

use super::found::Found;
use super::run::Run;
use super::text::Text;

const RPPS: &[&str] = &[
    "rpps",
    "répertoire partagé",
    "médecin",
    "praticien",
    "prescripteur",
    "idnps",
    "idps",
    "professionnel de santé",
];

/// Finds an RPPS number (11 digits, or 12 with the 8 of the national identifier) whose key is right, near words that say so.
pub(super) fn find(text: Text<'_>, run: &Run) -> Option<Found> {
    let found = |end| Some(Found::new(Class::Rpps, run.start, end));
    if let Some(taken) = run.take(11)
        && keys::rpps(taken.digits)
        && text.number_ends(taken.end)
        && text.says_before(run.start, 60, RPPS)
    {
        return found(taken.end);
    }
    if let Some(taken) = run.take(12)
        && let Some((b'8', number)) = taken.digits.split_first()
        && keys::rpps(number)
        && text.number_ends(taken.end)
        && text.says_before(run.start, 60, RPPS)
    {
        return found(taken.end);
    }
    None
}

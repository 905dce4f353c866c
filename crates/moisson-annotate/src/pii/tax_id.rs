//! NIF (SPI): the French tax number of a person.

use moisson_rights::personal::{Class, keys};

use super::found::Found;
use super::run::Run;
use super::text::Text;

const CONTEXT: &[&str] = &[
    "nif",
    "spi",
    "fiscal",
    "impôt",
    "impot",
    "contribuable",
    "tax",
    "tin",
    "déclarant",
    "foyer",
    "avis d'imposition",
];

/// Finds a tax number at the start of the run: the key is right and words before it say what it is.
pub(super) fn find(text: Text<'_>, run: &Run) -> Option<Found> {
    let taken = run.take(13)?;
    (keys::tax_id(taken.digits)
        && text.number_ends(taken.end)
        && text.says_before(run.start, 80, CONTEXT))
    .then(|| Found::new(Class::TaxId, run.start, taken.end))
}

//! The residual risk: what is in a text that no detector removes.

use moisson_rights::personal::{Class, Names};

use super::found::Found;
use super::text::{Text, says};

/// Residual risk of a text after replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Whom the text names is dead, or it names nobody and nothing personal was found.
    None,
    /// Contact data was found: the text is about somebody, but says who only by what was replaced or is public.
    Low,
    /// Private persons are named, or identifiers, birth dates or homes were found: what stands around them may tell who it is.
    Medium,
    /// A private person is named within 200 bytes of a word on health, offences or what else articles 9 and 10 of the GDPR name.
    High,
}

impl Risk {
    /// Name in the column `pii_risk`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Bytes on each side of a name in which words are looked for.
const WINDOW: usize = 200;
/// Names looked at; a text with so many has the risk of the others too.
pub(super) const MENTIONS_MAX: usize = 64;

/// Stems of health, offences, and what articles 9 and 10 of the GDPR name besides.
const SENSITIVE: &[&str] = &[
    "malad",
    "cancer",
    "séropos",
    "vih",
    "sida",
    "schizo",
    "psychiat",
    "dépress",
    "handicap",
    "invalid",
    "hospitalis",
    "diagnos",
    "traitement médic",
    "grossesse",
    "avortement",
    "toxicom",
    "alcool",
    "suicid",
    "condamn",
    "prison",
    "écrou",
    "détenu",
    "incarcér",
    "meurtre",
    "viol",
    "agress",
    "délit",
    "crime",
    "criminel",
    "escroc",
    "vol ",
    "stupéfiant",
    "récidiv",
    "mis en examen",
    "garde à vue",
    "casier",
    "terroris",
    "homosex",
    "transgenre",
    "syndiqué",
    "musulman",
    "juif",
    "juive",
    "catholique",
    "protestant",
    "converti",
    "génétique",
    "biométri",
];

/// Weighs what was found and where private persons are named (`mentions`, bytes where a title stands).
pub(super) fn weigh(text: Text<'_>, names: Names, found: &[Found], mentions: &[usize]) -> Risk {
    let identified = found.iter().any(|found| {
        matches!(
            found.class,
            Class::Address
                | Class::BankAccount
                | Class::BirthDate
                | Class::Card
                | Class::IdentityDocument
                | Class::Nir
                | Class::Passport
                | Class::Person
                | Class::TaxId
        )
    });
    let personal = found.iter().any(|found| found.class != Class::Company);
    let sensitive = |at: &usize| {
        says(
            text.bytes(at.saturating_sub(WINDOW)..at + WINDOW),
            SENSITIVE,
        )
    };
    match names {
        Names::Dead => Risk::None,
        Names::Private if mentions.iter().any(sensitive) => Risk::High,
        Names::Private if !mentions.is_empty() => Risk::Medium,
        _ if identified => Risk::Medium,
        _ if personal => Risk::Low,
        _ => Risk::None,
    }
}

/// True if a title and a name stand at `at`, where an `M` is: « M. Dupont », « Mme Martin ».
///
/// Marks of anonymisation (`M. A... B...`, `Mme X`, `M. [T] [P]`) name nobody.
pub(super) fn is_mention(text: Text<'_>, at: usize) -> bool {
    const TITLES: [&str; 6] = ["M.", "Mme", "Mlle", "MM.", "Monsieur", "Madame"];
    if text.within_word(at) {
        return false;
    }
    let Some(title) = TITLES
        .iter()
        .find(|title| text.bytes(at..at + title.len()) == title.as_bytes())
    else {
        return false;
    };
    let name = text.skip_blanks(at + title.len());
    if name == at + title.len() {
        return false;
    }
    let mut letters = text.0.get(name..).unwrap_or_default().chars();
    letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_some_and(char::is_alphabetic)
        && letters.next().is_some_and(char::is_alphabetic)
}

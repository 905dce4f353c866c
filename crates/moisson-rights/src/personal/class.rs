//! Classes of personal data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A class of personal data. Its number (`as u8`) travels in edits: append, never reorder what is released.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Class {
    /// Home address of a person.
    Address,
    /// IBAN, or French RIB.
    BankAccount,
    /// Date of birth of a person.
    BirthDate,
    /// Number of a payment card.
    Card,
    /// SIREN, SIRET or French VAT number: a company, found so that it is not taken for something else.
    Company,
    /// E-mail address, but for role addresses of public bodies.
    Email,
    /// Identity card or residence permit, or the machine-readable zone of one.
    IdentityDocument,
    /// Public IPv4 or IPv6 address.
    Ip,
    /// NIR, the French social security number; also NIA and INS.
    Nir,
    /// Passport number.
    Passport,
    /// Name of a person beside their date of birth or home address; only where a profile asks.
    Person,
    /// Telephone number.
    Phone,
    /// Number plate of a vehicle.
    Plate,
    /// RPPS, the number of a French health professional.
    Rpps,
    /// NIF or SPI, the French tax number.
    TaxId,
}

impl Class {
    /// All classes, in the order of their names and numbers.
    pub const ALL: [Self; 15] = [
        Self::Address,
        Self::BankAccount,
        Self::BirthDate,
        Self::Card,
        Self::Company,
        Self::Email,
        Self::IdentityDocument,
        Self::Ip,
        Self::Nir,
        Self::Passport,
        Self::Person,
        Self::Phone,
        Self::Plate,
        Self::Rpps,
        Self::TaxId,
    ];

    /// Name in pipelines, columns and reason codes (`pii/NAME`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::BankAccount => "bank-account",
            Self::BirthDate => "birth-date",
            Self::Card => "card",
            Self::Company => "company",
            Self::Email => "email",
            Self::IdentityDocument => "identity-document",
            Self::Ip => "ip",
            Self::Nir => "nir",
            Self::Passport => "passport",
            Self::Person => "person",
            Self::Phone => "phone",
            Self::Plate => "plate",
            Self::Rpps => "rpps",
            Self::TaxId => "tax-id",
        }
    }

    /// What stands in a text where a value of this class was replaced by its type. No detector finds anything in it.
    pub fn token(self) -> &'static str {
        match self {
            Self::Address => "<ADDRESS>",
            Self::BankAccount => "<IBAN>",
            Self::BirthDate => "<BIRTH_DATE>",
            Self::Card => "<CARD>",
            Self::Company => "<COMPANY>",
            Self::Email => "<EMAIL>",
            Self::IdentityDocument => "<IDENTITY_DOCUMENT>",
            Self::Ip => "<IP>",
            Self::Nir => "<NIR>",
            Self::Passport => "<PASSPORT>",
            Self::Person => "<PERSON>",
            Self::Phone => "<PHONE>",
            Self::Plate => "<PLATE>",
            Self::Rpps => "<RPPS>",
            Self::TaxId => "<TAX_ID>",
        }
    }

    /// Number of the class, as edits carry it.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the class of a number, as [`Class::number`] gives it.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Returns the class of a name, as [`Class::name`] gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Class;

    #[test]
    fn classes_are_sorted_and_named_once() {
        assert!(Class::ALL.is_sorted_by(|a, b| a < b && a.name() < b.name()));
        for (number, class) in (0..).zip(Class::ALL) {
            assert_eq!(class.number(), number);
            assert_eq!(Class::from_number(number), Some(class));
            assert_eq!(Class::from_name(class.name()), Some(class));
            let json = serde_json::to_string(&class).unwrap();
            assert_eq!(json, format!("\"{}\"", class.name()));
        }
        assert_eq!(Class::from_number(15), None);
    }
}

use super::{compact, fiction, is_reserved_phone};
use crate::personal::{Class, keys};

const FORMS: &[(Class, &[&str])] = &[
    (
        Class::Nir,
        &[
            "2 95 10 99 126 111 93",
            "253072B07300470",
            "2 95 10 99 126 111",
        ],
    ),
    (Class::TaxId, &["30 23 217 600 053", "3023217600053"]),
    (
        Class::BankAccount,
        &[
            "FR14 2004 1010 0505 0001 3M02 606",
            "GB82WEST12345698765432",
            "20041 01005 0500013M026 06",
        ],
    ),
    (Class::Card, &["5555 5555 5555 4444", "378282246310005"]),
    (
        Class::Company,
        &["732 829 320 00074", "404833048", "FR 40 303265045"],
    ),
    (Class::Rpps, &["10003456786", "810003456786"]),
    (
        Class::Plate,
        &["AB-123-CD", "AB 123 CD", "1234 AB 75", "123 ABC 2A"],
    ),
    (Class::Passport, &["12AB34567"]),
    (
        Class::IdentityDocument,
        &["050975201234", "X4RTBPFW4", "0123456789"],
    ),
    (
        Class::Phone,
        &[
            "01 23 45 67 89",
            "06.12.34.56.78",
            "+33 (0)1 23 45 67 89",
            "0033 6 12 34 56 78",
            "+32 2 123 45 67",
        ],
    ),
    (Class::Email, &["x@y.fr"]),
    (Class::Ip, &["8.8.8.8", "2a00::1"]),
    (Class::Address, &["12 rue des Lilas, 75011 Paris"]),
    (
        Class::BirthDate,
        &["12 mars 1975", "12/03/1975", "1975-03-12"],
    ),
    (Class::Person, &["Jeanne DUPONT", "Jean Dupont"]),
];

/// Whether an identifier of this class has its keys in order.
fn is_valid(class: Class, value: &str) -> bool {
    let value = compact(value);
    match class {
        Class::Nir => keys::nir(&value) || keys::nir_form(value.get(..13).unwrap_or_default()),
        Class::TaxId => keys::tax_id(&value),
        Class::BankAccount => {
            keys::iban(&value) || keys::rib(&value) || value.get(4..).is_some_and(keys::rib)
        }
        Class::Card => keys::card(&value) || keys::luhn(&value),
        Class::Company => {
            keys::siren(&value) || keys::siret(&value) || value.get(2..).is_some_and(keys::vat)
        }
        Class::Rpps => keys::rpps(&value) || value.get(1..).is_some_and(keys::rpps),
        _ => false,
    }
}

#[test]
fn no_fiction_is_valid_and_forms_are_kept() {
    for (class, forms) in FORMS {
        for form in *forms {
            for nth in 0..300 {
                let value = fiction(*class, form, "source/document", nth);
                assert!(!is_valid(*class, &value), "{class}: {form} -> {value}");
                let keeps_form = !matches!(
                    class,
                    Class::Phone
                        | Class::Email
                        | Class::Ip
                        | Class::Address
                        | Class::BirthDate
                        | Class::Person
                );
                let shape = |text: &str| -> String {
                    text.chars()
                        .map(|c| if c.is_ascii_alphanumeric() { '#' } else { c })
                        .collect()
                };
                if keeps_form {
                    assert_eq!(shape(&value), shape(form), "{class}: {form} -> {value}");
                }
            }
        }
    }
}

#[test]
fn forms_tested_are_valid_themselves() {
    for (class, forms) in FORMS {
        let keyed = matches!(
            class,
            Class::Nir
                | Class::TaxId
                | Class::BankAccount
                | Class::Card
                | Class::Company
                | Class::Rpps
        );
        for form in forms.iter().filter(|_| keyed) {
            assert!(is_valid(*class, form), "{class}: {form}");
        }
    }
}

#[test]
fn a_value_keeps_its_fiction_within_a_document_only() {
    for (class, forms) in FORMS {
        let of = |doc_id: &str, nth| fiction(*class, forms[0], doc_id, nth);
        assert_eq!(of("a", 0), of("a", 0), "{class}");
        let distinct: std::collections::HashSet<String> = (0..20).map(|nth| of("a", nth)).collect();
        assert_eq!(distinct.len(), 20, "{class}: values of one document differ");
        let documents: std::collections::HashSet<String> =
            (0..20).map(|n| of(&format!("document {n}"), 0)).collect();
        assert!(documents.len() > 4, "{class}: documents differ");
        if forms.len() > 1 && *class == Class::Email {
            assert_eq!(fiction(*class, forms[1], "a", 3), of("a", 3));
        }
    }
}

#[test]
fn fictions_as_a_table() {
    let check = |class, original: &str, expected: &[&str]| {
        let value = fiction(class, original, "source/1", 0);
        let matches = expected.iter().any(|start| value.starts_with(start));
        assert!(matches, "{original}: {value}");
    };
    check(Class::Phone, "01 23 45 67 89", &["01 99 00 "]);
    check(Class::Phone, "0223456789", &["026191"]);
    check(Class::Phone, "03.23.45.67.89", &["03.53.01."]);
    check(Class::Phone, "04-23-45-67-89", &["04-65-71-"]);
    check(Class::Phone, "+33 (0)5 23 45 67 89", &["+33 (0)5 36 49 "]);
    check(Class::Phone, "0033 7 23 45 67 89", &["0033 6 39 98 "]);
    check(Class::Phone, "09 72 45 67 89", &["01 99 00 "]);
    check(Class::Phone, "+44 20 7946 0000", &["+33 6 39 98 "]);
    check(
        Class::Email,
        "jean@dupont.fr",
        &[
            "camille.",
            "claude.",
            "dominique.",
            "alix.",
            "sacha.",
            "andrea.",
            "charlie.",
            "eden.",
            "lou.",
            "noa.",
            "maxime.",
            "yael.",
        ],
    );
    check(
        Class::Ip,
        "8.8.8.8",
        &["192.0.2.", "198.51.100.", "203.0.113."],
    );
    check(Class::Ip, "2a00::1", &["2001:db8::"]);
    check(
        Class::BirthDate,
        "12 mars 1975",
        &["30 février ", "31 février "],
    );
    check(Class::BirthDate, "1975-03-12", &["19"]);
    let phone = fiction(Class::Phone, "06 12 34 56 78", "d", 7);
    assert!(is_reserved_phone(&compact(&phone)[1..]));
}

use moisson_core::{Annotator, Date};
use moisson_rights::personal::{Class, Names, PersonalConfig, fiction};

use super::{PiiAnnotator, Risk, Wanted, detect};
use crate::testing::{assert_cut_free, documents};

/// Looks for everything, values of reserved ranges too: fixtures are made of them.
fn wanted() -> Wanted {
    let mut wanted = Wanted::new(
        Class::ALL,
        Date::from_ymd(1906, 1, 1).unwrap(),
        Names::Private,
    );
    wanted.reserved = true;
    wanted.obfuscated_email = true;
    wanted
}

fn found(text: &str, wanted: &Wanted) -> Vec<(Class, String)> {
    let (found, _) = detect(text, wanted);
    let value = |span: moisson_core::Span| text.get(span.start..span.end).unwrap().to_owned();
    found
        .into_iter()
        .map(|found| (found.class, value(found.span)))
        .collect()
}

fn check(class: Class, cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        let found: Vec<String> = found(text, &wanted())
            .into_iter()
            .filter(|(of, _)| *of == class)
            .map(|(_, value)| value)
            .collect();
        assert_eq!(found, *expected, "{class} in {text:?}");
    }
}

#[test]
fn nir() {
    check(
        Class::Nir,
        &[
            ("NIR 295109912611193.", &["295109912611193"]),
            (
                "né sous le n° 2 95 10 99 126 111 93 à",
                &["2 95 10 99 126 111 93"],
            ),
            ("2.95.10.99.126.111.93", &["2.95.10.99.126.111.93"]),
            ("Corse : 2 53 07 2B 073 004 70", &["2 53 07 2B 073 004 70"]),
            ("Corse : 253072A07300443", &["253072A07300443"]),
            ("2 95 10 99 126 111 clé 93", &[]),
            (
                "numéro de sécurité sociale : 2 95 10 99 126 111",
                &["2 95 10 99 126 111"],
            ),
            ("NIR : 2951099126111 / 93", &["2951099126111 / 93"]),
            ("2951099126111", &[]),
            ("295109912611199", &[]),
            ("253072C07300443", &[]),
            ("A295109912611193", &[]),
        ],
    );
}

#[test]
fn tax_and_bank() {
    check(
        Class::TaxId,
        &[
            ("numéro fiscal 30 23 217 600 053", &["30 23 217 600 053"]),
            ("SPI : 3023217600053", &["3023217600053"]),
            ("3023217600053", &[]),
            ("numéro fiscal 3023217600054", &[]),
        ],
    );
    check(
        Class::BankAccount,
        &[
            (
                "IBAN FR14 2004 1010 0505 0001 3M02 606, BIC",
                &["FR14 2004 1010 0505 0001 3M02 606"],
            ),
            (
                "FR1420041010050500013M02606",
                &["FR1420041010050500013M02606"],
            ),
            (
                "GB82 WEST 1234 5698 7654 32",
                &["GB82 WEST 1234 5698 7654 32"],
            ),
            (
                "RIB 20041 01005 0500013M026 06",
                &["20041 01005 0500013M026 06"],
            ),
            ("20041 01005 0500013M026 06", &[]),
            ("FR15 2004 1010 0505 0001 3M02 606", &[]),
        ],
    );
}

#[test]
fn cards_and_companies() {
    check(
        Class::Card,
        &[
            (
                "carte 5555 5555 5555 4444 exp. 12/27",
                &["5555 5555 5555 4444"],
            ),
            ("5555555555554444", &["5555555555554444"]),
            ("3782 822463 10005", &["3782 822463 10005"]),
            ("5555 5555 5555 4445", &[]),
            ("30569309025904", &[]),
            ("carte 30569309025904", &["30569309025904"]),
        ],
    );
    check(
        Class::Company,
        &[
            ("SIRET 732 829 320 00074", &["732 829 320 00074"]),
            ("La Poste 35600000049837", &["35600000049837"]),
            ("RCS Paris 404 833 048", &["404 833 048"]),
            ("404 833 048 RCS Paris", &["404 833 048"]),
            ("FR 40 303265045", &["FR 40 303265045"]),
            ("404 833 048 euros", &[]),
            ("SIRET 73282932000079", &[]),
        ],
    );
    check(
        Class::Rpps,
        &[
            ("RPPS : 10003456786", &["10003456786"]),
            ("n° RPPS 810003456786", &["810003456786"]),
            ("10003456786", &[]),
            ("RPPS 10003456780", &[]),
        ],
    );
}

#[test]
fn phones() {
    check(
        Class::Phone,
        &[
            ("Tél. 01 99 00 12 34.", &["01 99 00 12 34"]),
            (
                "06.39.98.12.34 ou 0639981235",
                &["06.39.98.12.34", "0639981235"],
            ),
            ("+33 (0)1 99 00 12 34", &["+33 (0)1 99 00 12 34"]),
            ("+33(0)199001234", &["+33(0)199001234"]),
            ("0033 6 39 98 12 34", &["0033 6 39 98 12 34"]),
            (
                "01\u{a0}99\u{a0}00\u{a0}12\u{a0}34",
                &["01\u{a0}99\u{a0}00\u{a0}12\u{a0}34"],
            ),
            ("tel:0199001234", &["0199001234"]),
            ("+44 20 7946 0018", &["+44 20 7946 0018"]),
            ("Tél. : 08 00 12 34 56, 3949, 118 218", &[]),
            ("ISBN 0199001234", &[]),
            ("n° 2016-1321", &[]),
            ("01 99 00 12 34 56 78", &[]),
            ("06 12 13 14 15 16 17 18 19 20", &[]),
            ("0639 01 23 45", &["0639 01 23 45"]),
            ("?id=0199001234", &[]),
        ],
    );
}

#[test]
fn emails() {
    check(
        Class::Email,
        &[
            (
                "Écrire à jeanne.martin@example.org.",
                &["jeanne.martin@example.org"],
            ),
            ("<j@example.com>", &["j@example.com"]),
            ("«jé@example.com»", &["jé@example.com"]),
            (
                "jeanne (at) example (point) org",
                &["jeanne (at) example (point) org"],
            ),
            ("contact@example.org, mairie@example.org", &[]),
            ("prenom.nom@interieur.gouv.fr", &[]),
            ("@pseudo et a@b", &[]),
        ],
    );
}

#[test]
fn hosts() {
    check(
        Class::Ip,
        &[
            ("connexion depuis 203.0.113.7.", &["203.0.113.7"]),
            ("2001:db8::8a2e:370:7334", &["2001:db8::8a2e:370:7334"]),
            ("version 99.0.4844.51", &[]),
            ("10.0.0.1 et 192.168.1.1 et 127.0.0.1", &[]),
            ("1.2.3.4", &[]),
            ("adresse IP 1.2.3.4", &["1.2.3.4"]),
            ("article 121.4.3.200", &[]),
            ("12:30:45, std::fmt, 00:11:22:33:44:55", &[]),
            ("1.2.3.4.5", &[]),
        ],
    );
}

#[test]
fn plates_and_documents() {
    check(
        Class::Plate,
        &[
            ("plaque AB-123-CD", &["AB-123-CD"]),
            ("AB-123-CD, Renault Clio", &["AB-123-CD"]),
            ("pièce AB-123-CD du catalogue", &[]),
            ("véhicule immatriculé AB 123 CD", &["AB 123 CD"]),
            ("AB 123 CD", &[]),
            ("AI-123-CD, SS-123-AB, WW-123-AB, ABC-123-AB", &[]),
            ("véhicule immatriculé 1234 AB 75", &["1234 AB 75"]),
            ("1234 AB 75", &[]),
        ],
    );
    check(
        Class::Passport,
        &[
            ("passeport n° 12AB34567", &["12AB34567"]),
            ("12AB34567", &[]),
            (
                "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
                &[
                    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
                ],
            ),
        ],
    );
    check(
        Class::IdentityDocument,
        &[
            (
                "carte nationale d'identité n° 050975201234",
                &["050975201234"],
            ),
            ("carte nationale d’identité X4RTBPFW4", &["X4RTBPFW4"]),
            ("050975201234", &[]),
            ("carte nationale d'identité n° 051975201234", &[]),
            (
                "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
                &[
                    "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
                ],
            ),
        ],
    );
}

#[test]
fn homes_births_and_names() {
    check(
        Class::Address,
        &[
            (
                "demeurant 12 rue des Lilas, 75011 Paris, qui",
                &["12 rue des Lilas, 75011 Paris"],
            ),
            (
                "domiciliée au 3 bis, avenue de l'Europe 69003 LYON.",
                &["3 bis, avenue de l'Europe 69003 LYON"],
            ),
            (
                "demeurant 12 rue des Lilas à Paris depuis 2010",
                &["12 rue des Lilas à Paris"],
            ),
            (
                "demeurant Les Tilleuls, 33000 Bordeaux",
                &["Les Tilleuls, 33000 Bordeaux"],
            ),
            ("dont le siège est 12 rue des Lilas, 75011 Paris", &[]),
            ("12 rue des Lilas, 75011 Paris", &[]),
            ("demeurant 12 rue des Lilas, 75011 Paris CEDEX 11", &[]),
            ("avocat, demeurant 12 rue des Lilas, 75011 Paris", &[]),
            ("demeurant [Adresse 2]", &[]),
        ],
    );
    check(
        Class::BirthDate,
        &[
            ("né le 12 mars 1975 à Lyon", &["12 mars 1975"]),
            ("née à Lyon le 1er août 1980", &["1er août 1980"]),
            ("né(e) le 12/03/1975", &["12/03/1975"]),
            ("date de naissance du patient : 12/03/1975", &["12/03/1975"]),
            ("congé de naissance du 12/03/2015", &[]),
            ("Date de naissance : 1975-03-12", &["1975-03-12"]),
            ("né le 12 mars 1875", &[]),
            ("le litige né le 12 mars 2015", &[]),
            ("né de la loi du 12 mars 2015", &[]),
            ("le 12 mars 2015", &[]),
            ("né le [Date naissance 1]", &[]),
        ],
    );
    check(
        Class::Person,
        &[
            ("M. Jean DUPONT, né le 12 mars 1975", &["Jean DUPONT"]),
            (
                "Mme Jeanne Martin-Durand demeurant 12 rue des Lilas, 75011 Paris",
                &["Jeanne Martin-Durand"],
            ),
            ("M. X..., né le 12 mars 1975", &[]),
            ("M. [T] [P], né le 12 mars 1975", &[]),
            ("M. A... B..., né le 12 mars 1975", &[]),
            ("Mme B, née le 12 mars 1975", &[]),
            ("M. Jean DUPONT, ministre", &[]),
            (
                "M. Le Roux, de nationalité belge, né le 12 mars 1975",
                &["Le Roux"],
            ),
            (
                "M. Jean-Yves Le Roux, domicilié 8 rue Basse, 14000 Caen",
                &["Jean-Yves Le Roux"],
            ),
        ],
    );
}

#[test]
fn hard_negatives_never_fire() {
    let texts = [
        "l'article L. 123-4-5 du code de commerce, R. * 421-1, R.* 421-1 et D. 212-3-1",
        "la loi n° 78-17 du 6 janvier 1978 et le décret n° 2016-1321 du 7 octobre 2016",
        "ECLI:FR:CCASS:2019:C100123, NOR : JUSC1234567D, JORFTEXT000000886460, LEGIARTI000006419280",
        "pourvoi n° 12-34.567, RG n° 21/01234, n° 400123, 11 juillet 2011",
        "1 234 567 890 euros, 12 345,67 €, 100 000 000 francs, 0,0123456789",
        "p. 123-456, vol. 12, pp. 12-34, ISBN 978-2-07-036822-8, ISSN 0395-2037",
        "10 01 20 30 40 50 60 70 80 90",
        "arrêté du 12 mars 2015, 12/03/2015, 2015-03-12 et 20150312140000",
        "3.1.4.2 Champ d'application\n8.2.1.1 Dispositions",
        "cadastré AB 123, section ZD n° 45, 75011 Paris, 33000 Bordeaux",
        "M. [T] [P], demeurant [Adresse 2], né le [Date naissance 1], X..., Y... et Mme Z...",
        "M. A... B... et Mme C... D..., représentés par Me E...",
        "12, rue de la République, 69002 Lyon",
        "https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000033202746?page=0123456789",
        "version 1.2.3.4, CVE-2021-44228, RFC 2606, ISO 9001:2015, EN 60335-1:2012",
        "<<< A << B >>> C<<D",
    ];
    for text in texts {
        assert_eq!(found(text, &wanted()), [], "{text}");
    }
}

#[test]
fn fictions_are_left_alone() {
    let mut real = wanted();
    real.reserved = false;
    let cases = [
        (
            Class::Nir,
            "numéro de sécurité sociale ",
            "2 95 10 99 126 111 93",
        ),
        (
            Class::Nir,
            "numéro de sécurité sociale ",
            "2 95 10 99 126 111",
        ),
        (Class::TaxId, "numéro fiscal ", "3023217600053"),
        (
            Class::BankAccount,
            "IBAN ",
            "FR14 2004 1010 0505 0001 3M02 606",
        ),
        (Class::BankAccount, "RIB ", "20041 01005 0500013M026 06"),
        (Class::Card, "carte ", "5555 5555 5555 4444"),
        (Class::Company, "SIRET ", "732 829 320 00074"),
        (Class::Company, "TVA ", "FR 40 303265045"),
        (Class::Rpps, "RPPS ", "10003456786"),
        (Class::Phone, "Tél. ", "01 23 45 67 89"),
        (Class::Phone, "Tél. ", "+33 (0)6 12 34 56 78"),
        (Class::Phone, "Tél. ", "+44 20 7946 0018"),
        (Class::Email, "à ", "x@y.fr"),
        (Class::Ip, "adresse IP ", "8.8.8.8"),
        (Class::Ip, "adresse IP ", "2a00:1450:4007::1"),
        (Class::Plate, "véhicule immatriculé ", "AB-123-CD"),
        (Class::Plate, "véhicule immatriculé ", "1234 AB 75"),
        (Class::Passport, "passeport n° ", "12AB34567"),
        (
            Class::IdentityDocument,
            "carte nationale d'identité ",
            "050975201234",
        ),
        (
            Class::IdentityDocument,
            "carte nationale d'identité ",
            "X4RTBPFW4",
        ),
        (Class::IdentityDocument, "titre de séjour ", "7512345678"),
        (
            Class::Passport,
            "passeport : ",
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
        ),
        (
            Class::Address,
            "demeurant ",
            "12 rue des Lilas, 75011 Paris",
        ),
        (Class::BirthDate, "né le ", "12 mars 1975"),
        (Class::BirthDate, "né le ", "12/03/1975"),
    ];
    for (class, context, original) in cases {
        for nth in 0..200 {
            let text = format!("{context}{}.", fiction(class, original, "essai/1", nth));
            assert_eq!(found(&text, &real), [], "{text}");
        }
        let text = format!("{context}{}", class.token());
        assert_eq!(found(&text, &real), [], "{text}");
    }
}

#[test]
fn spans_are_in_order_on_characters() {
    // Pieces that meet in all ways, with characters of two and three bytes between them.
    let pieces = [
        "né le 12 mars 1975",
        " ",
        "é",
        "01 99 00 12 34",
        "-",
        "x@example.org",
        "\u{a0}",
        "295109912611193",
        "FR14 2004 1010 0505 0001 3M02 606",
        "demeurant 12 rue de l’Église, 75011 Paris",
        "’",
        "@",
        "203.0.113.7",
        "::",
        "<<",
        "+33",
        "M. Jean DUPONT",
        "AB-123-CD",
        "\n",
        "…",
    ];
    let mut seed = 7_u64;
    for _ in 0..3000 {
        let mut text = String::new();
        for _ in 0..8 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[usize::try_from(seed >> 33).unwrap() % pieces.len()]);
        }
        let (found, _) = detect(&text, &wanted());
        let mut end = 0;
        for found in found {
            assert!(
                found.span.start >= end && found.span.end > found.span.start,
                "{text:?}"
            );
            assert!(
                text.get(found.span.start..found.span.end).is_some(),
                "{text:?}"
            );
            end = found.span.end;
        }
    }
}

#[test]
fn residual_risk() {
    let check = |text: &str, names, expected| {
        let mut wanted = wanted();
        wanted.names = names;
        assert_eq!(detect(text, &wanted).1, expected, "{text}");
    };
    check("", Names::Private, Risk::None);
    check("Tél. 01 99 00 12 34", Names::Private, Risk::Low);
    check("SIRET 732 829 320 00074", Names::Private, Risk::None);
    check("M. Dupont habite ici.", Names::Private, Risk::Medium);
    check("NIR 295109912611193", Names::Public, Risk::Medium);
    check(
        "M. Dupont a été condamné pour vol.",
        Names::Private,
        Risk::High,
    );
    check(
        "M. Dupont a été condamné pour vol.",
        Names::Public,
        Risk::None,
    );
    check(
        "M. A... B... a été condamné pour vol.",
        Names::Private,
        Risk::None,
    );
    check(
        "M. Dupont a été condamné, NIR 295109912611193",
        Names::Dead,
        Risk::None,
    );
}

fn annotator(toml_profiles: &[(&str, &str)]) -> PiiAnnotator {
    let mut config = PersonalConfig {
        reserved: true,
        ..PersonalConfig::default()
    };
    for (genre, profile) in toml_profiles {
        config
            .genres
            .insert((*genre).to_owned(), (*profile).to_owned());
    }
    PiiAnnotator::new(config).unwrap()
}

#[test]
fn columns_as_a_table() {
    use arrow::array::AsArray;
    use arrow::datatypes::UInt32Type;
    let texts = ["", "x@example.org, y@example.org, 01 99 00 12 34", "rien"];
    let batch = annotator(&[]).annotate(&documents(&texts)).unwrap();
    let text = |name: &str, row| {
        batch
            .column_by_name(name)
            .unwrap()
            .as_string::<i32>()
            .value(row)
            .to_owned()
    };
    assert_eq!(text("pii_status", 0), "empty");
    assert_eq!(text("pii_status", 1), "ok");
    assert_eq!(text("pii_counts", 1), r#"{"email":2,"phone":1}"#);
    assert_eq!(text("pii_counts", 2), "{}");
    assert_eq!(text("pii_risk", 1), "low");
    assert_eq!(text("pii_profile", 1), "general");
    let totals = batch
        .column_by_name("pii_total")
        .unwrap()
        .as_primitive::<UInt32Type>();
    assert_eq!(totals.values(), &[0, 3, 0]);
    let spans = batch.column_by_name("pii_spans").unwrap().as_list::<i32>();
    assert_eq!(spans.value_length(1), 3);
}

#[test]
fn cuts_do_not_matter() {
    let texts = [
        "",
        "x@example.org",
        "né le 12 mars 1975",
        "M. Dupont, malade",
        "01 99 00 12 34",
    ];
    assert_cut_free(&annotator(&[]), &texts);
}

#[test]
fn mistakes_are_named() {
    let mut config = PersonalConfig::default();
    config.genres.insert("law".to_owned(), "none".to_owned());
    let message = PiiAnnotator::new(config).unwrap_err().to_string();
    assert!(message.contains("unknown profile `none`"), "{message}");
}

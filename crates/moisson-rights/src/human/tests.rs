use moisson_core::Date;

use super::{Rulings, as_of, check_sources, fits, parse_rights};
use crate::{Catalogue, LicenceConfig, Tier};

const HEAD: &str = "[[verdict]]\nsource = \"portail\"\ndecided_by = \"M. Exemple\"\ndecided_on = 2026-03-01\n\
                    evidence = \"letter of the town, 2026-02-20\"\n";

fn file(entries: &[&str]) -> String {
    let mut text = String::new();
    for (at, entry) in entries.iter().enumerate() {
        text.extend([HEAD, "id = \"v", &at.to_string(), "\"\n", entry, "\n"]);
    }
    text
}

#[test]
fn a_rights_file_is_checked_as_a_table() {
    let check = |text: &str, expected: Option<&str>| {
        let outcome = parse_rights(text, "rights.toml").map_err(|e| e.to_string());
        match (expected, outcome) {
            (None, outcome) => assert!(outcome.is_ok(), "{text}: {outcome:?}"),
            (Some(part), outcome) => {
                let message = outcome.unwrap_err();
                assert!(message.contains("in `rights.toml`"), "{message}");
                assert!(message.contains(part), "{text}: {message}");
            }
        }
    };
    let one = |entry: &str| file(&[entry]);
    check("", None);
    check(&one("licence = \"etalab-2.0\""), None);
    check(
        &one("licence = \"CC BY 4.0\"\nvalid_until = \"2027-01-01\""),
        None,
    );
    check(&one("licence = \"refused\""), None);
    check(
        &one(&format!(
            "licence = \"CC0-1.0\"\nterms_of_use = {{ url = \"https://exemple.fr/cgu\", sha256 = \"{}\", read_on = 2026-02-20 }}",
            "a".repeat(64)
        )),
        None,
    );
    check(
        &one("licence = \"etalba-2.0\""),
        Some("did they mean `etalab-2.0`?"),
    );
    check(&one("licence = \"CC BY-SA\""), Some("no version stated"));
    check(&one("licence = \"libre de droits\""), Some("verdict `v0`"));
    check(&one(""), Some("missing field `licence`"));
    check(
        &one("licence = \"CC0-1.0\"\nlicense = 1"),
        Some("unknown field `license`"),
    );
    check(
        &one("licence = \"CC0-1.0\"\nlapsed = true"),
        Some("write `valid_until`"),
    );
    check(
        &one("licence = \"CC0-1.0\"\nvalid_until = \"2026-02-01\""),
        Some("before `decided_on`"),
    );
    check(
        &one("licence = \"CC0-1.0\"\nvalid_until = \"demain\""),
        Some("is no date"),
    );
    check(
        &one("licence = \"CC0-1.0\"\nstatement = \" \""),
        Some("not empty"),
    );
    check(
        &one(
            "licence = \"CC0-1.0\"\nterms_of_use = { url = \"https://exemple.fr\", sha256 = \"12\", read_on = 2026-02-20 }",
        ),
        Some("no SHA-256"),
    );
    check(
        &one("licence = \"CC0-1.0\"").replace("M. Exemple", " "),
        Some("`decided_by` is empty"),
    );
    check(
        &one("licence = \"CC0-1.0\"").replace("\"v0\"", "\"V 0\""),
        Some("lower-case letters"),
    );
    let twice = file(&["licence = \"CC0-1.0\"", "licence = \"CC0-1.0\""]).replace("v1", "v0");
    check(&twice, Some("stands twice"));
}

#[test]
fn a_verdict_is_about_a_source_of_the_pipeline() {
    let verdicts = parse_rights(&file(&["licence = \"CC0-1.0\""]), "r").unwrap();
    check_sources(&verdicts, ["legi", "portail"].into_iter()).unwrap();
    let error = check_sources(&verdicts, ["legi"].into_iter()).unwrap_err();
    assert!(error.to_string().contains("only: legi"), "{error}");
    for (pattern, name, expected) in [
        ("portail", "portail", true),
        ("portail", "portail-2", false),
        ("portail*", "portail-2", true),
        ("*", "x", true),
        ("a*b*c", "a-b-b-c", true),
        ("a*b", "a-c", false),
        ("a*a", "a", false),
    ] {
        assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
    }
}

/// One verdict over a record: status, expression, tier, evidence, id of the verdict.
#[test]
fn verdicts_and_records_as_a_table() {
    let check = |entries: &[&str], work: Option<&str>, declared: Option<&str>, expected: &str| {
        let verdicts = parse_rights(&file(entries), "r").unwrap();
        let verdicts = as_of(verdicts, Date::from_ymd(2026, 6, 1).unwrap());
        let rulings = Rulings::of_source(&verdicts, "portail");
        let config = LicenceConfig {
            work: work.map(str::to_owned),
            ..LicenceConfig::default()
        };
        let human = rulings.find("portail/1", declared, Some("https://exemple.fr/a/1"));
        let verdict = Rulings::resolve(Catalogue::embedded(), &config.statements(declared), human);
        let told = format!(
            "{} {} {} {} {}",
            verdict.status.name(),
            verdict.expression.as_deref().unwrap_or("-"),
            verdict.tier_min.map_or("-", Tier::name),
            verdict.evidence.map_or("-", |evidence| evidence.name()),
            verdict.human.as_deref().unwrap_or("-"),
        );
        assert_eq!(told, expected, "{entries:?} {declared:?}");
    };
    let lo = "licence = \"etalab-2.0\"";
    check(
        &[],
        Some("CC0-1.0"),
        None,
        "known CC0-1.0 public-domain assumed -",
    );
    check(&[lo], None, None, "known etalab-2.0 attribution verdict v0");
    check(
        &[lo],
        Some("CC0-1.0"),
        None,
        "known etalab-2.0 attribution verdict v0",
    );
    // A verdict on a source does not lift what a record says of itself; one on the statement does.
    check(
        &[lo],
        None,
        Some("CC BY-NC 4.0"),
        "known CC-BY-NC-4.0 research declared -",
    );
    check(
        &[lo],
        None,
        Some("CC0"),
        "known etalab-2.0 attribution verdict v0",
    );
    check(
        &[lo],
        None,
        Some("voir en mairie"),
        "unknown - - declared -",
    );
    check(
        &[lo],
        None,
        Some("métadonnées : CC0"),
        "known etalab-2.0 attribution verdict v0",
    );
    let on_statement = "licence = \"etalab-2.0\"\nstatement = \"voir  en mairie\"";
    check(
        &[on_statement],
        None,
        Some(" voir en mairie "),
        "known etalab-2.0 attribution verdict v0",
    );
    check(
        &[on_statement],
        None,
        Some("voir"),
        "unknown - - declared -",
    );
    check(
        &["licence = \"etalab-2.0\"\ndoc_ids = [\"portail/1\"]"],
        None,
        Some("CC BY-NC 4.0"),
        "known etalab-2.0 attribution verdict v0",
    );
    check(
        &["licence = \"etalab-2.0\"\nurl_prefix = \"https://exemple.fr/b/\""],
        Some("CC0-1.0"),
        None,
        "known CC0-1.0 public-domain assumed -",
    );
    // Refused and past verdicts close, whatever is stated.
    let refused = "licence = \"refused\"";
    check(
        &[refused],
        Some("CC0-1.0"),
        Some("CC0"),
        "refused - - verdict v0",
    );
    let past = "licence = \"etalab-2.0\"\nvalid_until = 2026-05-31";
    check(
        &[past],
        Some("CC0-1.0"),
        Some("CC0"),
        "expired - - verdict v0",
    );
    check(
        &["licence = \"etalab-2.0\"\nvalid_until = 2026-06-01"],
        None,
        None,
        "known etalab-2.0 attribution verdict v0",
    );
    // The narrowest counts, then the latest, then the one that refuses.
    check(
        &[refused, "licence = \"CC0-1.0\"\ndoc_ids = [\"portail/1\"]"],
        None,
        None,
        "known CC0-1.0 public-domain verdict v1",
    );
    check(&[lo, refused], None, None, "refused - - verdict v1");
    check(&[refused, lo], None, None, "refused - - verdict v0");
}

#[test]
fn terms_count_beside_a_verdict() {
    let verdicts = parse_rights(&file(&["licence = \"CC0-1.0\""]), "r").unwrap();
    let rulings = Rulings::of_source(&verdicts, "portail");
    let config = LicenceConfig {
        terms: Some("Gallica non commercial".into()),
        ..LicenceConfig::default()
    };
    let human = rulings.find("portail/1", None, None);
    let verdict = Rulings::resolve(Catalogue::embedded(), &config.statements(None), human);
    assert_eq!(
        verdict.expression.as_deref(),
        Some("CC0-1.0 AND LicenseRef-moisson-gallica-nc")
    );
    assert_eq!(verdict.tier_min, Some(Tier::Research));
}

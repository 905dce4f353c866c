//! Requests as a table, hostile pages, and the real ones.

use std::collections::BTreeMap;

use moisson_core::Limits;
use serde_json::{Value, json};

use super::head::date;
use super::{language_of_path, licence, read};
use crate::testing::{corpora, read_bytes, read_path};

#[test]
fn requests_as_a_table() {
    let check = |source: &str, expected: &str| assert_eq!(read(source).text, expected, "{source}");
    check(
        ".SH NOM\nls \\- Afficher le\ncontenu\n",
        "NOM\n\nls - Afficher le contenu",
    );
    check(
        "Un.\n.PP\nDeux.\n.P\nTrois.\n\nQuatre.\n.sp\nCinq.",
        "Un.\n\nDeux.\n\nTrois.\n\nQuatre.\n\nCinq.",
    );
    check(
        ".TP \n\\fB\\-a\\fP, \\fB\\-\\-all\\fR\ninclure les entrées\nvides\n.TP\n.B \\-b\nautre",
        "-a, --all\ninclure les entrées vides\n\n-b\nautre",
    );
    check(".TP\nun\n.TQ\ndeux\ntexte", "un\ndeux\ntexte");
    check(
        ".IP \\(bu 3\nun\n.IP \\[bu]\ndeux\n.IP \"une longue\" 4\ntrois\n.IP\nquatre",
        "• un\n\n• deux\n\nune longue\ntrois\n\nquatre",
    );
    check(
        ".BR ls (1),\n.I fichier\n.BI \"a b\" c \"\"\"d\"\"\"",
        "ls(1), fichier a bc\"d\"",
    );
    check(
        "Exemple :\n.nf\n  un\n    deux\n\n  trois\n.fi\nSuite",
        "Exemple :\n  un\n    deux\n\n  trois\nSuite",
    );
    check("a\n.EX\n$ ls \\e\n$ cd\n.EE\nb", "a\n\n$ ls \\\n$ cd\n\nb");
    check(
        ".\\\" un commentaire\n'\\\" t\n.\n'br\nmot \\\" fin\n",
        "mot",
    );
    check(
        "«\\ .\\ » l\\(aqun \\[u00E9]\\('e \\(co \\(lqa\\(rq \\f[B]gras\\f[] \\s-1x\\s+1\\s0 \\[em] \\*(lqb\\*(rq",
        "«\u{a0}.\u{a0}» l'un éé © “a” gras x — “b”",
    );
    check("mot\\c\nsuite\n.B x\\c\ny", "motsuite xy");
    check(
        ".ds Vn 1.2\nversion \\*(Vn et \\*[Vn]",
        "version 1.2 et 1.2",
    );
    check(
        ".de Zz\n.PP\nAppel \\\\$1 !\n..\nAvant\n.Zz \"de moi\"\nAprès",
        "Avant\n\nAppel de moi ! Après",
    );
    check(
        ".ie n un\n.el deux\n.if t trois\n.if !n quatre\n.ie t \\{\\\ncinq\n.\\}\n.el \\{\\\nsix\n.\\}\nsept",
        "un six sept",
    );
    check(".ig\ncaché\n..\nvu\n.EQ\nx sup 2\n.EN\nencore", "vu encore");
    check(
        ".TS\ntab(:) allbox;\nlb l\nl l.\nNom:Sens\n_\n\\fIa\\fP:un\nb:T{\ndeux\nlignes\nT}\nc:\n.TE\nfin",
        "Nom | Sens\na | un\nb | deux lignes\nc\n\nfin",
    );
    check(
        ".UR http://exemple.fr/\nle site\n.UE .\n.MT a@exemple.fr\n.ME",
        "le site <http://exemple.fr/>. <a@exemple.fr>",
    );
    check("un mot \\\nla suite", "un mot la suite");
    check(
        ".ie n \\{\\\nun\n'br\\}\n.el\\{\\\ndeux\n'br\\}\n.de  Ab \t\\\"note\n.PP\n..\ntrois",
        "un\ntrois",
    );
    check(".SH\nTITRE\ntexte", "TITRE\n\ntexte");
    check("un\n  retrait\n.ti 2\nautre", "un\nretrait\nautre");
    check(".IX Item \"x\"\n.ad l\n.hy\n.nr a 1\nmot", "mot");
    check(
        ".Dd May 5, 2019\n.Dt SETBUF 3\n.Os\n.Sh NOM\n.Nm setbuf ,\n.Nm setbuffer\n.Nd opérations\n.Sh SYNOPSIS\n.Nm\n.Op Fl a Ar fichier\n.Pp\nVoir\n.Xr malloc 3 .\n.Bl -tag\n.It Fl d\n.Dq désactivé .\n.El",
        "NOM\n\nsetbuf, setbuffer – opérations\n\nSYNOPSIS\n\nsetbuf [-a fichier]\n\nVoir malloc(3).\n\n-d\n“désactivé”.",
    );
}

#[test]
fn heads_as_a_table() {
    for (text, expected) in [
        ("2022-03-04", Some("2022-03-04")),
        ("Septembre 2022", Some("2022-09-01")),
        ("10 février 2023", Some("2023-02-10")),
        ("1er août 2020", Some("2020-08-01")),
        ("May 5, 2019", Some("2019-05-05")),
        ("version 2", None),
        ("", None),
    ] {
        assert_eq!(
            date(text).map(|date| date.to_string()).as_deref(),
            expected,
            "{text}"
        );
    }
    assert_eq!(language_of_path("usr/share/man/fr/man1/ls.1"), Some("fr"));
    assert_eq!(
        language_of_path("usr/share/man/pt_BR/man1/ls.1"),
        Some("pt_BR")
    );
    assert_eq!(language_of_path("usr/share/man/man1/ls.1"), None);
    assert_eq!(
        licence(".\\\" SPDX-License-Identifier: MIT\n.TH").as_deref(),
        Some("MIT")
    );
    assert_eq!(
        licence(".\\\" %%%LICENSE_START(GPLv2+_DOC_FULL)\n").as_deref(),
        Some("GPLv2+_DOC_FULL")
    );
    assert_eq!(
        licence(".\\\" Copyright a@b.fr\n.\\\"\n.\\\" Permission is granted to\n.\\\" copy\n")
            .as_deref(),
        Some("Permission is granted to copy")
    );
}

#[test]
fn what_is_refused_and_what_sends_elsewhere() {
    let check = |text: &[u8], expected: &[&str]| {
        let sink = read_bytes("roff", &Value::Null, "d/a.1", text, &Limits::default());
        let lines: Vec<String> = expected
            .iter()
            .map(|reason| format!("extract/{reason} d/a.1"))
            .collect();
        assert_eq!(sink.fault_lines(), lines);
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
    };
    check(b"", &["empty"]);
    check(b"un journal\nsans macros\n", &["malformed-roff"]);
    check(b"\x7fELF\0\0", &["malformed-roff"]);
    check(b".TH a 1\n", &["empty"]);
    check(b".\\\" renvoi\n.so man1/b.1\n", &[]);
    let reader = crate::readers::build("roff", &Value::Null).unwrap();
    for (name, expected) in [
        ("man1/ls.1", true),
        ("openssl.1ssl", true),
        ("A.3pm", true),
        ("libx.so.1", false),
        ("man8/ld.so.8", true),
        ("libx.so.1.2", false),
        ("a.10", false),
        ("a.txt", false),
    ] {
        assert_eq!(reader.wants(name), expected, "{name}");
    }
    let named = read_bytes(
        "roff",
        &json!({"key": "name"}),
        "a.1",
        b".TH ls 1 2020-01-02\nTexte",
        &Limits::default(),
    );
    assert_eq!(named.documents[0].key_text(), "ls(1)");
}

#[test]
fn hostile_pages_end() {
    for bait in [
        "\\",
        "\\*x",
        "\\[",
        "\\h'",
        "\\f[",
        ".de a\n",
        ".if n .if n ",
        ".if t \\{\n",
        ".TS\n",
        ".ds x \\*x\\*x\n",
        "\"",
        ".B \"",
        ".SH ",
        ".\\}\n",
    ] {
        let text = format!(
            ".TH a 1\n.ds x {}\n{}",
            "\\*x".repeat(1000),
            bait.repeat(100_000)
        );
        assert!(read(&text).text.len() < 5_000_000, "{bait}");
    }
    // Macros that call themselves twice, and one that repeats a long argument.
    read(".de a\n.a\n.a\n..\n.a\n");
    let long = "x".repeat(100_000);
    let text = format!(
        ".de a\n{}\n..\n{}",
        "\\\\$1".repeat(10_000),
        format!(".a {long}\n").repeat(20)
    );
    assert!(read(&text).text.len() < 20_000_000);
}

#[test]
fn real_pages_give_text() {
    let Some(corpora) = corpora() else { return };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut pages, mut bytes) = (0, 0);
    for package in ["manpages-fr", "manpages-fr-dev"] {
        for section in 1..=8 {
            let folder = corpora.join(format!("debian-fr/{package}/usr/share/man/fr/man{section}"));
            #[expect(clippy::disallowed_methods, reason = "a test finds its data")]
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let uri = path
                    .strip_prefix(&corpora)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                let sink = read_path("roff", &Value::Null, &uri, &path);
                pages += 1;
                assert_eq!(sink.records, 1, "{uri}");
                let outcome = match (sink.documents.first(), sink.faults.first()) {
                    (Some(document), None) => {
                        bytes += document.text.len();
                        for left in ["\\f", "\\-", "\\(", "\\[", "\n.PP", "\n.B "] {
                            if document.text.contains(left) {
                                *counts.entry(left).or_default() += 1;
                            }
                        }
                        assert_eq!(document.language_declared.as_deref(), Some("fr"));
                        "text"
                    }
                    (None, Some(fault)) => fault.reason,
                    _ => "redirect",
                };
                *counts.entry(outcome).or_default() += 1;
            }
        }
    }
    eprintln!("{pages} pages, {bytes} bytes of text: {counts:?}");
    assert!(
        pages > 1000 && counts["text"] * 100 >= pages * 99,
        "{counts:?}"
    );
}

//! The `ead` reader: both versions, the shape of the text, components, hostile input.

use moisson_core::Limits;
use serde_json::{Value, json};

use crate::testing::{Collected, read_bytes};

fn read(options: &Value, xml: &str) -> Collected {
    read_bytes(
        "ead",
        options,
        "d/FRAD.xml",
        xml.as_bytes(),
        &Limits::default(),
    )
}

#[track_caller]
fn check(archdesc: &str, expected: &str) {
    let xml = format!(
        "<ead><eadheader><eadid>IR1</eadid></eadheader><archdesc>{archdesc}</archdesc></ead>"
    );
    let sink = read(&Value::Null, &xml);
    assert_eq!(sink.fault_lines(), Vec::<String>::new(), "{archdesc}");
    assert_eq!(sink.texts(), [("IR1".to_owned(), expected)], "{archdesc}");
}

fn did(id: &str, title: &str, date: &str) -> String {
    format!(
        "<did><unitid>{id}</unitid><unittitle>{title}</unittitle><unitdate>{date}</unitdate></did>"
    )
}

#[test]
fn texts_as_a_table() {
    let fonds = did("1 W", "Fonds du syndicat", "1901-1914");
    check(&fonds, "1 W — Fonds du syndicat (1901-1914)");
    check(
        "<did><unittitle>Fonds, <unitdate>1901</unitdate></unittitle><unitdate>1901</unitdate></did>",
        "Fonds, 1901",
    );
    check(
        "<did><unitid type='identifiant'>7</unitid><unitid type='cote-de-consultation'>1 W 7</unitid></did>",
        "1 W 7",
    );
    check(
        "<did><unitdate>1901</unitdate><physdesc><extent>3 liasses</extent><extent>0,4 ml</extent></physdesc></did>",
        "1901\n3 liasses, 0,4 ml",
    );
    check(
        &format!(
            "{fonds}<dsc><c>{}</c><c01>{}<c02>{}<scopecontent><p>Plans.</p></scopecontent></c02></c01><c>{}</c></dsc>",
            did("1", "Un", ""),
            did("2", "Deux", ""),
            did("3", "Trois", "1905"),
            did("4", "Quatre", "")
        ),
        "1 W — Fonds du syndicat (1901-1914)\n1 — Un\n2 — Deux\n3 — Trois (1905)\n\nPlans.\n\n4 — Quatre",
    );
    check(
        "<bioghist><head>Histoire</head><p>Né à <geogname>Val</geogname>.<lb/>Mort.</p><list><item>un</item><item>deux</item></list>\
         <chronlist><chronitem><date>1901</date><event>Fondation.</event></chronitem></chronlist></bioghist>\
         <descgrp><custodhist><p>Don.</p></custodhist></descgrp><daogrp><daoloc href='x'/></daogrp>",
        "Histoire\n\nNé à Val. Mort.\n\nun\ndeux\n1901 : Fondation.\n\nDon.",
    );
    check(
        "<relatedmaterial><archref>A 1</archref><archref>A 2</archref></relatedmaterial>",
        "A 1\n\nA 2",
    );
    check(
        "<controlaccess><head>Index</head><persname><part>Vernier</part></persname><controlaccess><subject>blé</subject><subject>blé</subject></controlaccess></controlaccess>",
        "Vernier ; blé",
    );
    // EAD3.
    check(
        "<did><unittitle>F</unittitle><unitdatestructured><daterange><fromdate>1901</fromdate><todate>1914</todate></daterange></unitdatestructured>\
           <physdescset><physdescstructured><quantity>3</quantity><unittype>liasses</unittype></physdescstructured></physdescset></did>",
        "F (1901-1914)\n3 liasses",
    );
    // An overview says the same as the list in depth.
    let dsc = |kind: &str| format!("<dsc type='{kind}'><c>{}</c></dsc>", did("1", "Un", ""));
    check(&(dsc("analyticover") + &dsc("in-depth")), "1 — Un");
    check(&dsc("analyticover"), "1 — Un");
}

#[test]
fn columns_as_a_table() {
    let old = "<e:ead xmlns:e='urn:isbn:1-931666-22-9'><e:eadheader><e:eadid url='https://archives.example/IR1'>IR1</e:eadid><e:filedesc><e:titlestmt><e:titleproper>Syndicat</e:titleproper>\
        <e:subtitle>Répertoire</e:subtitle></e:titlestmt><e:publicationstmt><e:publisher>Archives du Val</e:publisher><e:date normal='2014-01-01/2014-12-31'>2016</e:date></e:publicationstmt></e:filedesc>\
        <e:profiledesc><e:langusage><e:language langcode='fre'>Français</e:language></e:langusage></e:profiledesc><e:revisiondesc><e:change><e:date normal='2016-07'>juillet</e:date></e:change>\
        <e:change><e:date>2015</e:date></e:change></e:revisiondesc></e:eadheader><e:archdesc level='fonds'><e:did><e:unitid>1 W</e:unitid><e:origination><e:corpname>Syndicat</e:corpname></e:origination></e:did>\
        <e:userestrict><e:head>Réutilisation</e:head><e:p>Licence Ouverte 2.0.</e:p></e:userestrict></e:archdesc></e:ead>";
    let new = "<ead><control><recordid instanceurl='https://archives.example/IR1'>IR1</recordid><filedesc><titlestmt><titleproper>Syndicat</titleproper><subtitle>Répertoire</subtitle></titlestmt>\
        <publicationstmt><date standarddate='2014-01-01'>2014</date></publicationstmt></filedesc><maintenanceagency><agencyname>Archives du Val</agencyname></maintenanceagency>\
        <languagedeclaration><language langcode='fre'/></languagedeclaration><rightsdeclaration><descriptivenote><p>Licence Ouverte 2.0.</p></descriptivenote></rightsdeclaration>\
        <maintenancehistory><maintenanceevent><eventdatetime standarddatetime='2016-07-01T10:00:00'/></maintenanceevent></maintenancehistory></control>\
        <archdesc level='otherlevel' otherlevel='fonds'><did><unitid>1 W</unitid><origination><corpname><part>Syndicat</part></corpname></origination></did></archdesc></ead>";
    for xml in [old, new] {
        let sink = read(&Value::Null, xml);
        let document = &sink.documents[0];
        assert_eq!(document.key_text(), "IR1");
        assert_eq!(document.title.as_deref(), Some("Syndicat. Répertoire"));
        assert_eq!(
            document.url.as_deref(),
            Some("https://archives.example/IR1")
        );
        assert_eq!(document.producer.as_deref(), Some("Archives du Val"));
        assert_eq!(
            document.published_on.map(|d| d.to_string()).as_deref(),
            Some("2014-01-01")
        );
        assert_eq!(
            document.modified_on.map(|d| d.to_string()).as_deref(),
            Some("2016-07-01")
        );
        assert_eq!(document.language_declared.as_deref(), Some("fre"));
        assert_eq!(
            document.licence_declared.as_deref(),
            Some("Licence Ouverte 2.0.")
        );
        assert_eq!(document.genre.as_deref(), Some("archive-list"));
        let expected =
            json!({"call_number": "1 W", "level": "fonds", "origin": "Syndicat", "components": 0});
        assert_eq!(Value::from(document.metadata.clone()), expected);
    }
}

#[test]
fn components_are_documents() {
    let restrict = |text: &str| format!("<userestrict><p>{text}</p></userestrict>");
    let xml = format!(
        "<ead><eadheader><eadid>IR1</eadid></eadheader><archdesc>{}{}<dsc><c id='a'>{}{}<c>{}</c></c><c/><c id='b'>{}</c></dsc></archdesc></ead>",
        did("1 W", "Fonds", ""),
        restrict("Libre"),
        did("1", "Un", ""),
        restrict("Sur demande"),
        did("2", "Deux", ""),
        did("3", "Trois", ""),
    );
    let sink = read(&json!({"unit": "component"}), &xml);
    let found: Vec<_> = sink
        .documents
        .iter()
        .map(|d| {
            (
                d.key_text(),
                d.text.clone(),
                d.licence_declared.clone().unwrap(),
                d.metadata.get("path").cloned().unwrap_or_default(),
            )
        })
        .collect();
    let expected = [
        ("IR1", "1 W — Fonds", "Libre", Value::Null),
        ("IR1/a", "1 — Un", "Sur demande", json!("Fonds")),
        ("IR1/2", "2 — Deux", "Sur demande", json!("Fonds > Un")),
        ("IR1/b", "3 — Trois", "Libre", json!("Fonds")),
    ];
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(
            (
                found.0.as_str(),
                found.1.as_str(),
                found.2.as_str(),
                &found.3
            ),
            (expected.0, expected.1, expected.2, &expected.3)
        );
    }
    assert_eq!((found.len(), sink.records), (expected.len(), 1));
}

#[test]
fn bad_input_as_a_table() {
    let limits = Limits {
        record_bytes_max: 1_000_000,
        ..Limits::default()
    };
    let check = |xml: &str, reason: &str, detail: &str| {
        for unit in ["finding-aid", "component"] {
            let sink = read_bytes(
                "ead",
                &json!({"unit": unit}),
                "f.xml",
                xml.as_bytes(),
                &limits,
            );
            let shown: String = xml.chars().take(60).collect();
            assert_eq!(sink.fault_lines(), [format!("{reason} f.xml")], "{shown}");
            assert!(
                sink.faults[0]
                    .detail
                    .as_deref()
                    .unwrap_or_default()
                    .contains(detail),
                "{shown}"
            );
            assert_eq!((sink.records, sink.documents.len()), (1, 0), "{shown}");
        }
    };
    check("", "extract/empty", "");
    check("<ead/>", "extract/empty", "describes nothing");
    check(
        "<ead><archdesc><did/></archdesc></ead>",
        "extract/empty",
        "describes nothing",
    );
    check(
        "<eac-cpf/>",
        "extract/malformed-xml",
        "`eac-cpf` is not `ead`",
    );
    check("<ead><archdesc>", "extract/malformed-xml", "ends inside");
    check(
        "<!DOCTYPE ead [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><ead>&x;</ead>",
        "extract/malformed-xml",
        "entities",
    );
    check(
        &format!("<ead><archdesc><dsc>{}", "<c>".repeat(200_000)),
        "extract/malformed-xml",
        "deeper",
    );
    check(&"<ead>".repeat(300_000), "extract/too-large", "");
}

#[test]
fn hostile_lists_cost_linear_time() {
    let nested = format!(
        "{}{}",
        "<c><did><unittitle>t</unittitle></did>".repeat(200),
        "</c>".repeat(200)
    );
    let long = "é".repeat(500_000);
    let flat = format!(
        "<userestrict><p>{long}</p></userestrict><dsc>{}</dsc>",
        "<c><did><unittitle>t</unittitle></did></c>".repeat(2_000)
    );
    for archdesc in [
        format!("<dsc>{}</dsc>", nested.repeat(20)),
        flat,
        format!("<bioghist>{}</bioghist>", "<p>a<lb/></p>".repeat(50_000)),
    ] {
        let xml = format!(
            "<ead><eadheader><eadid>I</eadid></eadheader><archdesc><did><unittitle>{long}</unittitle></did>{archdesc}</archdesc></ead>"
        );
        for unit in ["finding-aid", "component"] {
            let sink = read(&json!({"unit": unit}), &xml);
            assert_eq!((sink.records, sink.faults.len()), (1, 0));
            assert!(
                sink.documents
                    .iter()
                    .skip(1)
                    .map(|d| d.text.len() + d.licence_declared.as_ref().map_or(0, String::len))
                    .sum::<usize>()
                    < 40_000_000
            );
        }
    }
}

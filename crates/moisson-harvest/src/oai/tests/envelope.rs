use crate::oai::envelope::{Envelope, decode, elements, first, leaves, records};

fn page(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><oai:OAI-PMH><oai:responseDate>2026-01-02T03:04:05Z</oai:responseDate>{body}</oai:OAI-PMH>"
    )
}

#[test]
fn tokens() {
    for (body, token) in [
        ("<ListRecords/>", None),
        ("<ListRecords><resumptionToken/></ListRecords>", None),
        (
            "<ListRecords><resumptionToken></resumptionToken></ListRecords>",
            None,
        ),
        (
            "<ListRecords><resumptionToken cursor=\"3\" />\n</ListRecords>",
            None,
        ),
        (
            "<ListRecords><resumptionToken> a&amp;b </resumptionToken></ListRecords>",
            Some("a&b"),
        ),
        (
            "<ListRecords><oai:resumptionToken completeListSize='9'>a</oai:resumptionToken></ListRecords>",
            Some("a"),
        ),
        (
            "<ListRecords><resumptionToken><![CDATA[a&b<c]]></resumptionToken></ListRecords>",
            Some("a&b<c"),
        ),
        (
            "<ListRecords><resumptionToken>a&#x41;&#1;é&inconnu;</resumptionToken></ListRecords>",
            Some("aAé&inconnu;"),
        ),
        (
            "<record><header/><resumptionToken>x</resumptionToken></record>",
            None,
        ),
        (
            "<a b=\"<!-- <resumptionToken>x</resumptionToken>",
            Some("x"),
        ),
        (
            "<ListRecords><resumptionToken expirationDate=\"2026>\">a</resumptionToken></ListRecords>",
            Some("a"),
        ),
    ] {
        let envelope = Envelope::read(&page(body)).unwrap();
        assert_eq!(envelope.token.as_deref(), token, "{body}");
        assert_eq!(
            envelope.response_date.as_deref(),
            Some("2026-01-02T03:04:05Z"),
            "{body}"
        );
    }
}

#[test]
fn errors_are_those_of_the_envelope() {
    for (body, errors) in [
        ("<error code=\"noRecordsMatch\"/>", "noRecordsMatch"),
        (
            "<error code='badVerb'>Non</error><error code=\"badArgument\">x &lt; y</error>",
            "badVerb: Non; badArgument: x < y",
        ),
        (
            "<ListRecords><record><header/><metadata><error code=\"x\"/></metadata></record></ListRecords>",
            "",
        ),
    ] {
        assert_eq!(Envelope::read(&page(body)).unwrap().error_line(), errors);
    }
}

#[test]
fn what_is_no_envelope() {
    for (text, problem) in [
        ("", "not OAI-PMH"),
        ("<html></html>", "not OAI-PMH"),
        ("<OAI-PMH><ListRecords>", "cut off"),
        ("<OAI-PMH><ListRecords></ListRecords>", "cut off"),
        ("<OAI-PMH><ListRecords></ListRecords></OAI-P", "cut off"),
    ] {
        assert!(
            Envelope::read(text).unwrap_err().contains(problem),
            "{text}"
        );
    }
    assert!(Envelope::read("<?xml version='1.0'?><!-- a --><OAI-PMH/>").is_ok());
}

#[test]
fn encodings() {
    for (bytes, text) in [
        (&b"\xef\xbb\xbf<a>\xc3\xa9</a>"[..], "<a>é</a>"),
        (
            b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>é</a>",
        ),
        // Declared one thing, sent another.
        (
            b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\xc3\xa9",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>é",
        ),
        (
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\xe9",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\u{fffd}",
        ),
        (b"\xff\xfe<\0a\0/\0>\0", "\u{feff}<a/>"),
    ] {
        assert_eq!(decode(bytes), text);
    }
}

#[test]
fn records_are_told_apart_in_broken_pages() {
    let text = page(
        "<ListRecords>\n<record>\n<header status=\"deleted\"><identifier>a&amp;\u{1}</identifier><datestamp>2025-01-01</datestamp>\
         <setSpec>x</setSpec><setSpec>y</setSpec></header></record>\
         <record><!-- --><header><identifier>b</identifier></header><metadata><record><leader>x</leader></record></metadata></record>\
         <record><header><identifier>c</identifier></header><metadata><open>\
         <oai:record><oai:header><oai:identifier>d</oai:identifier></oai:header></oai:record></ListRecords>",
    );
    let records = records(&text);
    let ids: Vec<&str> = records
        .iter()
        .map(|(header, _)| header.identifier.as_str())
        .collect();
    assert_eq!(ids, ["a&", "b", "c", "d"]);
    assert!(records[0].0.deleted && !records[1].0.deleted);
    assert_eq!(records[0].0.sets, ["x", "y"]);
    assert!(records[1].1.ends_with("</metadata></record>"));
}

#[test]
fn hostile_pages_are_read_in_linear_time() {
    for bait in [
        "<!--",
        "<![CDATA[",
        "<record><header>",
        "<a b=\"",
        "resumptionToken",
        "<resumptionToken ",
        "&",
        "<",
        "</x:record>",
        "'\"",
    ] {
        let text = page(&bait.repeat(200_000 / bait.len()));
        let _ = Envelope::read(&text);
        let _ = records(&text).len();
        let _ = (
            first(&text, "header"),
            elements(&text, "record").count(),
            leaves(&text, "rights"),
        );
    }
}

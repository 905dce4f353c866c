//! The `justice-administrative` reader: decisions of administrative courts as they publish them; domain notes,
//! section 5.3.

use moisson_core::{Date, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, file_name, file_stem, has_extension, options};
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "justice-administrative",
    version: 1,
    doc: "decisions of the Conseil d'État, the administrative courts of appeal and the administrative courts, in the \
          monthly archives of their open data",
    about: About {
        source: "open data of administrative justice, https://opendata.justice-administrative.fr/",
        document: "a decision; its key is `Identification` without extension (`DCE_449513_20210610`)",
        text: "`Decision/Texte_Integral`; pseudonymisation marks stay as they are",
        fields: &[
            (
                "title",
                "court, number and day: `Conseil d'Etat, n° 449513, 2021-06-10`",
            ),
            ("published_on", "`Date_Lecture`"),
            ("modified_on, sequence", "`Date_Mise_Jour`"),
            ("genre", "`decision`"),
            (
                "code_juridiction, jurisdiction, number, ecli, type_decision, appeal, publication, solution",
                "`Dossier`: `Code_Juridiction`, `Nom_Juridiction`, `Numero_Dossier`, `Numero_ECLI`, `Type_Decision`, \
                 `Type_Recours`, `Code_Publication`, `Solution`; the name of counsel is not copied",
            ),
            (
                "formation, heard_on",
                "`Audience`: `Formation_Jugement`, `Date_Audience`",
            ),
        ],
        defects: &[
            (
                "paragraphs as elements, escaped, in CDATA, or as lines",
                "all read",
            ),
            (
                "a decision published again",
                "the newer `Date_Mise_Jour` is current",
            ),
            (
                "elements directly below the root in some months",
                "found by name",
            ),
        ],
    },
    extensions: &["xml"],
    build: |given| {
        let Options {} = options::parse(ENTRY.name, given)?;
        Ok(Box::new(Justice))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader: none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {}

struct Justice;

impl Reader for Justice {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let decoded = encoding::decode(&whole.bytes, encoding::declared(&whole.bytes));
        let fault = |reason, detail: &str| Fault::new(reason, member.uri, detail);
        let depth_max = member.limits.depth_max;
        let xml = match Xml::parse(&decoded.text, depth_max) {
            Ok(xml) => xml,
            Err(detail) => return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, &detail)),
        };
        let value = |name: &str| xml.descendants(0, name).find_map(|node| xml.text(node));
        let Some(node) = xml.descendants(0, "Texte_Integral").next() else {
            let detail = "has no `Texte_Integral`";
            return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail));
        };
        let text = text(&xml, node, depth_max);
        if text.is_empty() {
            return sink.fault(fault(reason::EXTRACT_EMPTY, "`Texte_Integral` is empty"));
        }
        let id = value("Identification");
        let key = Key::Declared(file_stem(id.as_deref().unwrap_or(member.uri)).to_owned());
        let mut document = member.document(key, text, whole.digest);
        let day = |name: &str| value(name).as_deref().and_then(Date::parse);
        document.published_on = day("Date_Lecture");
        document.modified_on = day("Date_Mise_Jour");
        document.sequence = document.modified_on.map_or(member.sequence, first_second);
        document.genre = Some("decision".to_owned());
        let title = [
            value("Nom_Juridiction"),
            value("Numero_Dossier").map(|number| format!("n° {number}")),
            document.published_on.map(|day| day.to_string()),
        ];
        let title: Vec<String> = title.into_iter().flatten().collect();
        document.title = (!title.is_empty()).then(|| title.join(", "));
        for (name, element) in METADATA {
            if let Some(value) = value(element) {
                document.metadata.insert((*name).to_owned(), value.into());
            }
        }
        sink.document(document)
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }

    fn sequence(&self, file_name: &str) -> i64 {
        month(file_name).unwrap_or_default()
    }
}

const METADATA: &[(&str, &str)] = &[
    ("appeal", "Type_Recours"),
    ("code_juridiction", "Code_Juridiction"),
    ("ecli", "Numero_ECLI"),
    ("formation", "Formation_Jugement"),
    ("heard_on", "Date_Audience"),
    ("jurisdiction", "Nom_Juridiction"),
    ("number", "Numero_Dossier"),
    ("publication", "Code_Publication"),
    ("solution", "Solution"),
    ("type_decision", "Type_Decision"),
];

/// Text with its paragraphs; where nothing marks them, its lines are they.
fn text(xml: &Xml<'_>, node: usize, depth_max: u32) -> String {
    let prose = xml.prose(node, depth_max);
    let is_marked = xml.children(node).next().is_some() || prose.contains('\n');
    if is_marked {
        return prose;
    }
    let mut lines = Vec::new();
    for run in (node..xml.end(node)).map(|node| xml.run(node)) {
        lines.extend(run.lines().map(str::trim).filter(|line| !line.is_empty()));
    }
    if lines.len() > 1 {
        lines.join("\n")
    } else {
        prose
    }
}

fn first_second(day: Date) -> i64 {
    let (year, month, day) = day.ymd();
    ((i64::from(year) * 100 + i64::from(month)) * 100 + i64::from(day)) * 1_000_000
}

/// The first second of the month in the name of an archive, `TA_202512.zip`.
fn month(file: &str) -> Option<i64> {
    let name = file_name(file);
    let (court, rest) = name.split_once('_')?;
    let month = rest.strip_suffix(".zip")?;
    let is_month = ["CE", "CAA", "TA"].contains(&court) && month.len() == 6;
    let month = is_month.then(|| month.parse::<i64>().ok()).flatten()?;
    Some((month * 100 + 1) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use moisson_core::{Date, Limits};
    use serde_json::Value;

    use super::month;
    use crate::testing::{Collected, read_bytes};

    fn decision(text: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document><Donnees_Techniques>\
             <Identification>DTA_2520143_20251205.xml</Identification><Date_Mise_Jour>2026-01-27</Date_Mise_Jour>\
             </Donnees_Techniques><Dossier><Code_Juridiction>TA95</Code_Juridiction><Nom_Juridiction>Tribunal Administratif \
             de Rives-sur-Aune</Nom_Juridiction><Numero_Dossier>2520143</Numero_Dossier><Date_Lecture>2025-12-05\
             </Date_Lecture><Avocat_Requerant>MARTIN</Avocat_Requerant><Type_Recours>Excès de pouvoir</Type_Recours>\
             <Code_Publication>D</Code_Publication></Dossier><Decision><Texte_Integral>{text}</Texte_Integral></Decision></Document>"
        )
    }

    fn read(bytes: &[u8]) -> Collected {
        let limits = Limits {
            record_bytes_max: 20_000,
            depth_max: 32,
            ..Limits::default()
        };
        read_bytes(
            "justice-administrative",
            &Value::Null,
            "z!DTA.xml",
            bytes,
            &limits,
        )
    }

    #[test]
    fn texts_as_a_table() {
        let check = |text: &str, expected: &str| {
            let sink = read(decision(text).as_bytes());
            assert_eq!(
                sink.texts(),
                [("DTA_2520143_20251205".to_owned(), expected)]
            );
        };
        check(
            "<p>Vu :</p><p>M. A... B... demande.</p>",
            "Vu :\n\nM. A... B... demande.",
        );
        check(
            "&lt;p&gt;Vu :&lt;/p&gt;&lt;p&gt;Décide.&lt;/p&gt;",
            "Vu :\n\nDécide.",
        );
        check("<![CDATA[<p>Vu :</p><p>Décide.</p>]]>", "Vu :\n\nDécide.");
        check(
            "Vu l'article 1 ;<br/>\n décide :<br/><br/>Article 1er",
            "Vu l'article 1 ;\ndécide :\n\nArticle 1er",
        );
        check(
            "\n Vu la requête.\n\n Décide :\n",
            "Vu la requête.\nDécide :",
        );
        check("Une  ligne", "Une ligne");
    }

    #[test]
    fn fields() {
        let sink = read(decision("<p>x</p>").as_bytes());
        let document = &sink.documents[0];
        assert_eq!(document.published_on, Date::from_ymd(2025, 12, 5));
        assert_eq!(document.sequence, 20_260_127_000_000);
        assert_eq!(
            document.title.as_deref(),
            Some("Tribunal Administratif de Rives-sur-Aune, n° 2520143, 2025-12-05")
        );
        assert_eq!(document.metadata["appeal"], "Excès de pouvoir");
        assert!(!format!("{document:?}").contains("MARTIN"));
    }

    #[test]
    fn bad_records_are_faults() {
        let check = |text: &str, expected: &str| {
            let sink = read(text.as_bytes());
            assert_eq!((sink.records, sink.documents.len()), (1, 0));
            assert_eq!(sink.fault_lines(), [format!("{expected} z!DTA.xml")]);
        };
        check("", "extract/empty");
        check(&decision(" <p/> "), "extract/empty");
        check("<Document/>", "extract/malformed-xml");
        check(
            decision("<p>x</p>").get(..300).unwrap(),
            "extract/malformed-xml",
        );
        check(&decision(&"<i>".repeat(50)), "extract/malformed-xml");
        check(&decision(&"x".repeat(30_000)), "extract/too-large");
        check(
            "<!DOCTYPE a [<!ENTITY b 'c'>]><Document>&b;</Document>",
            "extract/malformed-xml",
        );
    }

    #[test]
    fn latin_1_is_read_as_declared() {
        let text = decision("<p>Décidé</p>").replace("UTF-8", "ISO-8859-1");
        let sink = read(&encoding_rs::WINDOWS_1252.encode(&text).0);
        assert_eq!(sink.documents[0].text, "Décidé");
    }

    #[test]
    fn months_as_a_table() {
        assert_eq!(month("d/TA_202512.zip"), Some(20_251_201_000_000));
        assert_eq!(month("CE_202109.zip"), Some(20_210_901_000_000));
        assert_eq!(month("DTA_2520143_20251205.xml"), None);
        assert_eq!(month("autre.zip"), None);
    }
}

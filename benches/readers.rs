//! Readers, in bytes of input a second on one thread: `cargo bench --workspace --bench readers`.
//!
//! Inputs are generated in the shape of each source, uncompressed, so that decompression is not measured. Where
//! `MOISSON_CORPORA` names the real corpora, their files are read too.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::fmt::Write;
use std::io::Cursor;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use moisson_core::{Contents, Document, Fault, Limits, Result, Sink, Tombstone};
use moisson_ingest::{Include, ReadSeek, SourceFile, build, read_file};
use serde_json::Value;

/// Counts what it is given.
#[derive(Default)]
struct Count {
    documents: usize,
    faults: usize,
}

impl Sink for Count {
    fn begin_record(&mut self) -> Result<bool> {
        Ok(true)
    }

    fn document(&mut self, _: Document) -> Result<()> {
        self.documents += 1;
        Ok(())
    }

    fn fault(&mut self, _: Fault) -> Result<()> {
        self.faults += 1;
        Ok(())
    }

    fn tombstone(&mut self, _: Tombstone) -> Result<()> {
        Ok(())
    }

    fn contents(&mut self, _: Contents) -> Result<()> {
        Ok(())
    }
}

/// Numbers without order, the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 24] = [
            "de",
            "la",
            "commission",
            "l'été",
            "où",
            "conseil",
            "municipal",
            "arrêté",
            "du",
            "préfet",
            "à",
            "les",
            "établissements",
            "publics",
            "dans",
            "un",
            "délai",
            "trente",
            "jours",
            "compter",
            "notification",
            "et",
            "décision",
            "rendue",
        ];
        WORDS[self.next(WORDS.len())]
    }

    fn sentence(&mut self, words: usize) -> String {
        let words: Vec<&str> = (0..words).map(|_| self.word()).collect();
        let mut text = words.join(" ");
        text.push('.');
        text
    }
}

/// Pages of a newspaper: strings with confidence and place, a hyphenated word now and then.
fn alto(dice: &mut Dice) -> String {
    let mut page = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><alto xmlns=\"http://www.loc.gov/standards/alto/ns-v2#\"><Description>\
         <MeasurementUnit>pixel</MeasurementUnit></Description><Layout><Page ID=\"P1\" PHYSICAL_IMG_NR=\"1\"><PrintSpace>",
    );
    for block in 0..40 {
        write!(
            page,
            "<TextBlock ID=\"B{block}\" HPOS=\"100\" VPOS=\"{block}\" WIDTH=\"900\" HEIGHT=\"300\">"
        )
        .unwrap();
        for line in 0..20 {
            write!(page, "<TextLine ID=\"B{block}L{line}\" HPOS=\"100\" VPOS=\"{line}\" WIDTH=\"900\" HEIGHT=\"20\">").unwrap();
            for string in 0..8 {
                write!(
                    page,
                    "<String ID=\"B{block}L{line}S{string}\" HPOS=\"{}\" VPOS=\"{}\" WIDTH=\"{}\" HEIGHT=\"18\" WC=\"0.{}\" CONTENT=\"{}\"/>\
                     <SP WIDTH=\"8\" HPOS=\"{}\" VPOS=\"{line}\"/>",
                    dice.next(2000), dice.next(3000), dice.next(200), 10 + dice.next(89), dice.word(), dice.next(2000)
                )
                .unwrap();
            }
            page.push_str("</TextLine>\n");
        }
        page.push_str("</TextBlock>");
    }
    page.push_str("</PrintSpace></Page></Layout></alto>");
    page
}

/// A novel.
fn tei(dice: &mut Dice) -> String {
    let mut novel = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><TEI xmlns=\"http://www.tei-c.org/ns/1.0\" xml:id=\"N1\"><teiHeader><fileDesc>\
         <titleStmt><title>Le Canal</title></titleStmt></fileDesc></teiHeader><text><body>",
    );
    for chapter in 0..40 {
        write!(
            novel,
            "<div type=\"chapter\"><head>Chapitre {chapter}</head>"
        )
        .unwrap();
        for _ in 0..40 {
            writeln!(
                novel,
                "<p>{} <hi rend=\"italic\">{}</hi>, {}<pb n=\"{chapter}\"/> {}</p>",
                dice.sentence(40),
                dice.word(),
                dice.sentence(60),
                dice.sentence(30)
            )
            .unwrap();
        }
        novel.push_str("</div>");
    }
    novel.push_str("</body></text></TEI>");
    novel
}

/// An archive of articles of law.
fn dila(dice: &mut Dice) -> Vec<u8> {
    let mut archive = Vec::new();
    for number in 0..4000 {
        let id = format!("LEGIARTI{number:012}");
        let article = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ARTICLE>\n<META>\n<META_COMMUN>\n<ID>{id}</ID>\n<ANCIEN_ID/>\n<ORIGINE>LEGI</ORIGINE>\n\
             <URL>article/LEGI/ARTI/{id}.xml</URL>\n<NATURE>Article</NATURE>\n</META_COMMUN>\n<META_SPEC>\n<META_ARTICLE>\n<NUM>L{number}</NUM>\n\
             <ETAT>VIGUEUR</ETAT>\n<DATE_DEBUT>2016-03-20</DATE_DEBUT>\n<DATE_FIN>2999-01-01</DATE_FIN>\n<TYPE>AUTONOME</TYPE>\n</META_ARTICLE>\n\
             </META_SPEC>\n</META>\n<CONTEXTE>\n<TEXTE cid=\"LEGITEXT000000000001\" nature=\"CODE\" date_publi=\"2999-01-01\" nor=\"\" num=\"\">\n\
             <TITRE_TXT c_titre_court=\"Code\" debut=\"1990-01-01\" fin=\"2999-01-01\" id_txt=\"LEGITEXT000000000001\">Code des canaux</TITRE_TXT>\n\
             <TM><TITRE_TM debut=\"1990-01-01\" fin=\"2999-01-01\" id=\"LEGISCTA1\">Livre Ier</TITRE_TM></TM>\n</TEXTE>\n</CONTEXTE>\n<VERSIONS>\n\
             <VERSION etat=\"VIGUEUR\"><LIEN_ART id=\"{id}\" debut=\"2016-03-20\" fin=\"2999-01-01\" num=\"L{number}\" origine=\"LEGI\" etat=\"VIGUEUR\"/>\
             </VERSION>\n</VERSIONS>\n<NOTA>\n<CONTENU/>\n</NOTA>\n<BLOC_TEXTUEL>\n<CONTENU>\n<p>{}<br/>{}</p><p>{}</p>\n</CONTENU>\n</BLOC_TEXTUEL>\n\
             <LIENS/>\n</ARTICLE>\n",
            dice.sentence(40),
            dice.sentence(30),
            dice.sentence(50)
        );
        let name = format!("legi/global/code_et_TNC_en_vigueur/code_en_vigueur/article/{id}.xml");
        tar_member(&mut archive, &name, article.as_bytes());
    }
    archive.extend([0; 1024]);
    archive
}

/// Adds a member to a tar archive (POSIX ustar).
fn tar_member(archive: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, field: &[u8]| header[at..at + field.len()].copy_from_slice(field);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(124, format!("{:011o}\0", bytes.len()).as_bytes());
    put(136, b"15000000000\0");
    put(148, b"        ");
    put(156, b"0ustar\0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    archive.extend(header);
    archive.extend(bytes);
    archive.resize(archive.len().next_multiple_of(512), 0);
}

/// A page of an administration.
fn html(dice: &mut Dice) -> String {
    let mut page = String::from(
        "<!DOCTYPE html><html lang=\"fr\"><head><meta charset=\"utf-8\"><title>Page</title></head><body><nav><ul>",
    );
    for item in 0..40 {
        write!(page, "<li><a href=\"/r/{item}\">{}</a></li>", dice.word()).unwrap();
    }
    page.push_str("</ul></nav><main><h1>Démarches</h1>");
    for part in 0..40 {
        write!(page, "<h2>Étape {part}</h2><p class=\"texte\">{} <a href=\"/d/{part}\">{}</a> <strong>{}</strong></p>", dice.sentence(60), dice.word(), dice.sentence(20)).unwrap();
    }
    page.push_str("</main><footer><p>Mentions légales</p></footer></body></html>");
    page
}

/// Captured pages, and their text as in WET files.
fn warc(dice: &mut Dice, wet: bool) -> Vec<u8> {
    let mut archive = Vec::new();
    for number in 0..400 {
        let block = if wet {
            (0..60)
                .map(|_| dice.sentence(20) + "\n")
                .collect::<String>()
        } else {
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{}",
                html(dice)
            )
        };
        let (kind, content) = if wet {
            ("conversion", "text/plain")
        } else {
            ("response", "application/http; msgtype=response")
        };
        archive.extend(
            format!(
                "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://exemple.fr/{number}\r\nWARC-Date: 2024-05-06T07:08:09Z\r\n\
                 WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012}>\r\nContent-Type: {content}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
                block.len()
            )
            .as_bytes(),
        );
    }
    archive
}

/// A dump of a wiki.
fn mediawiki(dice: &mut Dice) -> String {
    let mut dump = String::from(
        "<mediawiki xmlns=\"http://www.mediawiki.org/xml/export-0.11/\" xml:lang=\"fr\"><siteinfo><sitename>Wiki</sitename>\
         <base>https://fr.exemple.org/wiki/Accueil</base></siteinfo>",
    );
    for page in 0..300 {
        write!(dump, "<page><title>Page {page}</title><ns>0</ns><id>{page}</id><revision><id>{page}</id><timestamp>2024-05-06T07:08:09Z</timestamp>\
                      <model>wikitext</model><format>text/x-wiki</format><text bytes=\"1\" xml:space=\"preserve\">").unwrap();
        for _ in 0..30 {
            write!(
                dump,
                "'''{}''' [[{}|{}]] {}&lt;ref&gt;{{{{ouvrage|titre={}}}}}&lt;/ref&gt;\n\n",
                dice.word(),
                dice.word(),
                dice.word(),
                dice.sentence(50),
                dice.word()
            )
            .unwrap();
        }
        dump.push_str("</text></revision></page>");
    }
    dump.push_str("</mediawiki>");
    dump
}

/// An input: what it is called, the reader, and files with their names.
type Input = (String, &'static str, Vec<(String, Vec<u8>)>);

/// Real files of a format, as many as make some tens of megabytes.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads its data")]
fn real(reader: &'static str, folder: &str, extension: &str) -> Option<Input> {
    let base = std::path::PathBuf::from(std::env::var("MOISSON_CORPORA").ok()?);
    let mut files = Vec::new();
    let mut bytes = 0;
    let mut folders = vec![base.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) && bytes < 40_000_000 {
                let file = std::fs::read(&path).unwrap();
                bytes += file.len();
                files.push((path.to_string_lossy().into_owned(), file));
            }
        }
    }
    Some((format!("{reader} (real {folder})"), reader, files))
}

fn readers(criterion: &mut Criterion) {
    let mut dice = Dice(7);
    let d = &mut dice;
    let one = |name: &str, reader, file: &str, bytes: Vec<u8>| {
        (name.to_owned(), reader, vec![(file.to_owned(), bytes)])
    };
    let mut inputs: Vec<Input> = vec![
        one("alto", "alto", "ALTO/0001.xml", alto(d).into()),
        one("dila (tar)", "dila", "LEGI_20250714-203006.tar", dila(d)),
        one("html", "html", "a.html", html(d).into()),
        one("mediawiki", "mediawiki", "a.xml", mediawiki(d).into()),
        one("tei", "tei", "a.xml", tei(d).into()),
        one("warc (html)", "warc", "a.warc", warc(d, false)),
        one("warc (wet)", "warc", "a.warc.wet", warc(d, true)),
    ];
    inputs.extend(
        [
            real("alto", "bnf-europeana-alto", "xml"),
            real("html", "debian-fr", "html"),
            real("html", "fiches-travail-html", "html"),
            real("tei", "eltec-fra", "xml"),
        ]
        .into_iter()
        .flatten(),
    );
    let mut group = criterion.benchmark_group("readers");
    group.sample_size(10);
    for (name, reader, files) in &inputs {
        let reader = build(reader, &Value::Null).unwrap();
        let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut sink = Count::default();
                for (uri, bytes) in files {
                    let file = SourceFile {
                        name: uri,
                        size: bytes.len() as u64,
                        open: &|| Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn ReadSeek>),
                    };
                    let (include, limits) = (Include::default(), Limits::default());
                    read_file(reader.as_ref(), &file, &include, &limits, &mut sink).unwrap();
                }
                assert!(sink.documents > 0, "{name}: {} faults", sink.faults);
                sink.documents
            });
        });
    }
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);

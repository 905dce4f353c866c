//! The header: title, people, dates, languages, rights and names of a document.

use serde_json::{Map, Value, json};

use super::{Record, date};
use crate::xml::Xml;

/// Longest description of a source that is kept, in characters.
const SOURCE_CHARS_MAX: usize = 300;
/// Most entries of one list in `metadata`.
const LIST_MAX: usize = 30;

/// What a header says.
#[derive(Debug, Default, Clone)]
pub(super) struct Header {
    pub(super) title: Option<String>,
    pub(super) authors: Vec<String>,
    pub(super) genre: Option<&'static str>,
    /// A paper: its abstract in the header belongs to its text.
    pub(super) is_paper: bool,
    /// The bibliographic description of the source, for files that hold nothing else.
    pub(super) description: Option<String>,
    key: Option<String>,
    url: Option<String>,
    published_on: Option<moisson_core::Date>,
    modified_on: Option<moisson_core::Date>,
    language: Option<String>,
    licence: Option<String>,
    producer: Option<String>,
    metadata: Map<String, Value>,
}

impl Header {
    /// Reads the header `node` of the document `root`.
    pub(super) fn new(xml: &Xml<'_>, root: usize, node: usize) -> Self {
        let file = xml.find(node, &["fileDesc"]).unwrap_or(node);
        let publication = xml.find(file, &["publicationStmt"]);
        let source = xml.find(file, &["sourceDesc"]);
        let profile = xml.find(node, &["profileDesc"]);
        let mut header = Self {
            title: title(xml, file, source),
            authors: authors(xml, file, source),
            is_paper: is_paper(xml, node, source),
            description: source.and_then(|source| description(xml, source)),
            language: language(xml, root, node, profile),
            licence: publication.and_then(|node| licence(xml, node)),
            producer: publication.and_then(|node| producer(xml, node)),
            ..Self::default()
        };
        header.names(xml, root, publication, source);
        header.dates(xml, node, file, publication, source, profile);
        header.classes(xml, profile);
        header.facts(xml, file, publication, source, profile);
        header
    }

    /// What a document without a header says of itself.
    pub(super) fn absent(xml: &Xml<'_>, root: usize) -> Self {
        Self {
            key: xml.attribute(root, "id"),
            language: xml.attribute(root, "lang"),
            ..Self::default()
        }
    }

    /// Fills in what the header of a corpus says of all its documents.
    pub(super) fn inherit(&mut self, corpus: &Self) {
        let fill = |mine: &mut Option<String>, theirs: &Option<String>| {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        };
        fill(&mut self.language, &corpus.language);
        fill(&mut self.licence, &corpus.licence);
        fill(&mut self.producer, &corpus.producer);
        self.published_on = self.published_on.or(corpus.published_on);
        self.genre = self.genre.or(corpus.genre);
        if let Some(title) = &corpus.title {
            self.metadata
                .insert("corpus".to_owned(), Value::from(title.clone()));
        }
    }

    pub(super) fn into_record(mut self, text: String) -> Record {
        if !self.authors.is_empty() {
            self.authors.truncate(LIST_MAX);
            self.metadata
                .insert("authors".to_owned(), json!(self.authors));
        }
        Record {
            key: self.key,
            text,
            title: self.title,
            url: self.url,
            published_on: self.published_on,
            modified_on: self.modified_on,
            genre: self.genre.or(self.is_paper.then_some("research")),
            language: self.language,
            licence: self.licence,
            producer: self.producer,
            metadata: self.metadata,
            ..Record::default()
        }
    }

    /// Key and address: `xml:id` of the document, then the `idno` of the publication, then the DOI of a paper.
    fn names(
        &mut self,
        xml: &Xml<'_>,
        root: usize,
        publication: Option<usize>,
        source: Option<usize>,
    ) {
        let mut names: Vec<(String, String)> = Vec::new();
        let mut collect = |node: usize| {
            for idno in xml.descendants(node, "idno") {
                // Numbers inside of a person or a series name that, not the document.
                let holder = xml.name(xml.parent(idno));
                if !matches!(
                    holder,
                    "publicationStmt" | "idno" | "analytic" | "biblStruct" | "p" | "bibl"
                ) {
                    continue;
                }
                if let Some(value) = xml.text(idno) {
                    let kind = xml
                        .attribute(idno, "type")
                        .unwrap_or_default()
                        .to_lowercase();
                    names.push((kind, value));
                }
            }
        };
        publication.into_iter().for_each(&mut collect);
        let of_publication = names.len();
        let paper = source.and_then(|source| xml.find(source, &["biblStruct"]));
        if let Some(node) = paper {
            for idno in xml.descendants(node, "idno") {
                let kind = xml
                    .attribute(idno, "type")
                    .unwrap_or_default()
                    .to_lowercase();
                if let (true, Some(value)) = (kind == "doi", xml.text(idno)) {
                    names.push((kind, value));
                }
            }
        }
        let named = |(kind, _): &&(String, String)| {
            !matches!(
                kind.as_str(),
                "issn" | "eissn" | "isbn" | "md5" | "orcid" | "isni" | "grobid"
            )
        };
        self.key = xml
            .attribute(root, "id")
            .or_else(|| names.iter().find(named).map(|(_, value)| value.clone()));
        self.url = names.iter().find_map(|(kind, value)| address(kind, value));
        names.truncate(of_publication.clamp(1, LIST_MAX));
        let map: Map<String, Value> = names
            .into_iter()
            .map(|(kind, value)| {
                (
                    if kind.is_empty() {
                        "idno".to_owned()
                    } else {
                        kind
                    },
                    Value::from(value),
                )
            })
            .collect();
        self.insert("idno", (!map.is_empty()).then_some(Value::Object(map)));
    }

    /// `published_on` is the day of the electronic edition; the date of the work goes to `work_date`.
    fn dates(
        &mut self,
        xml: &Xml<'_>,
        node: usize,
        file: usize,
        publication: Option<usize>,
        source: Option<usize>,
        profile: Option<usize>,
    ) {
        let date = |from: Option<usize>, path: &[&str]| from.and_then(|from| xml.find(from, path));
        let edition = date(publication, &["date"])
            .or_else(|| date(publication, &["p", "date"]))
            .or_else(|| date(Some(file), &["editionStmt", "edition", "date"]))
            .or_else(|| date(Some(file), &["editionStmt", "date"]));
        let created = date(profile, &["creation", "date"])
            .or_else(|| date(profile, &["settingDesc", "setting", "date"]))
            .or_else(|| {
                let letter = profile.and_then(|node| xml.find(node, &["correspDesc"]))?;
                let sent = xml.children(letter).find(|node| {
                    xml.name(*node) == "correspAction"
                        && xml.attribute(*node, "type").as_deref() == Some("sent")
                })?;
                xml.find(sent, &["date"])
            });
        let printed = date(source, &["biblStruct", "monogr", "imprint", "date"])
            .or_else(|| date(source, &["biblFull", "publicationStmt", "date"]));
        let first = source.and_then(|source| first_edition(xml, source));
        let day = |node: Option<usize>| node.and_then(|node| date::of(xml, node));
        self.published_on = day(edition)
            .or_else(|| day(created))
            .or_else(|| day(printed));
        let work = first
            .or(created)
            .or(printed)
            .or_else(|| source.and_then(|source| xml.descendants(source, "date").next()))
            .or_else(|| source.and_then(|source| xml.descendants(source, "origDate").next()))
            .and_then(|node| date::written(xml, node));
        let work = work.and_then(|text| match date::parse(&text) {
            Some(date) if text.len() != 4 && date::year(&text) != Some(text.as_str()) => {
                let is_year = text
                    .split_once('-')
                    .is_some_and(|(_, rest)| rest.len() == 4);
                let is_day = !is_year && (text.len() >= 10 || text.contains(' '));
                if is_day {
                    Some(date.to_string())
                } else {
                    date::year(&text).map(str::to_owned)
                }
            }
            _ => date::year(&text).map(str::to_owned),
        });
        self.insert("work_date", work.map(Value::from));
        let changes = xml.find(node, &["revisionDesc"]);
        self.modified_on = changes
            .into_iter()
            .flat_map(|node| xml.descendants(node, "change"))
            .filter_map(|change| xml.attribute(change, "when"))
            .filter_map(|when| moisson_core::Date::parse(&when))
            .max();
    }

    fn classes(&mut self, xml: &Xml<'_>, profile: Option<usize>) {
        let Some(class) = profile.and_then(|node| xml.find(node, &["textClass"])) else {
            return;
        };
        let mut terms: Vec<String> = Vec::new();
        for node in class + 1..xml.end(class) {
            let value = match xml.name(node) {
                "term" | "classCode" => xml.text(node).or_else(|| xml.attribute(node, "key")),
                "catRef" => xml
                    .attribute(node, "target")
                    .map(|t| t.trim_start_matches('#').to_owned()),
                // GROBID writes keywords one below the other, others in a list.
                "item" => xml.text(node),
                "keywords" if xml.children(node).next().is_none() => xml.text(node),
                _ => None,
            };
            if let Some(value) = value.filter(|value| !terms.contains(value))
                && terms.len() < LIST_MAX
            {
                terms.push(value);
            }
        }
        self.genre = terms.iter().find_map(|term| genre(term));
        self.insert("keywords", (!terms.is_empty()).then(|| json!(terms)));
    }

    fn facts(
        &mut self,
        xml: &Xml<'_>,
        file: usize,
        publication: Option<usize>,
        source: Option<usize>,
        profile: Option<usize>,
    ) {
        let status = publication
            .and_then(|node| xml.find(node, &["availability"]))
            .and_then(|node| xml.attribute(node, "status"));
        self.insert("availability", status.map(Value::from));
        let edition = xml
            .find(file, &["editionStmt", "edition"])
            .and_then(|node| xml.attribute(node, "n").or_else(|| xml.text(node)));
        self.insert("edition", edition.map(Value::from));
        let printed = source.and_then(|source| {
            let is_print =
                |node: &usize| xml.attribute(*node, "type").as_deref() == Some("printSource");
            let journal = xml.find(source, &["biblStruct", "monogr", "title"]);
            let bibl = journal.or_else(|| xml.children(source).find(is_print));
            description(xml, bibl.or_else(|| xml.children(source).next())?)
        });
        let printed = printed
            .filter(|text| text.contains(char::is_alphabetic))
            .map(|text| text.chars().take(SOURCE_CHARS_MAX).collect::<String>());
        self.insert("source", printed.map(Value::from));
        let letter = profile.and_then(|node| xml.find(node, &["correspDesc"]));
        for action in letter.into_iter().flat_map(|node| xml.children(node)) {
            let person = xml
                .descendants(action, "persName")
                .chain(xml.descendants(action, "orgName"))
                .find_map(|node| person(xml, node));
            let role = match xml.attribute(action, "type").as_deref() {
                Some("sent") => "sender",
                Some("received") => "addressee",
                _ => continue,
            };
            self.insert(role, person.map(Value::from));
        }
    }

    fn insert(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.metadata.insert(name.to_owned(), value);
        }
    }
}

/// The words of a bibliographic description, which often have no white space between its elements.
fn description(xml: &Xml<'_>, node: usize) -> Option<String> {
    let mut words = String::new();
    for run in node..xml.end(node) {
        for word in xml.run(run).split_whitespace() {
            if !words.is_empty() && !word.starts_with(['.', ',', ';', ')']) {
                words.push(' ');
            }
            words.push_str(word);
        }
    }
    (!words.is_empty()).then_some(words)
}

/// Main title and subtitle; of a paper its title in the source.
fn title(xml: &Xml<'_>, file: usize, source: Option<usize>) -> Option<String> {
    let of = |holder: usize| {
        let typed = |wanted: &str| {
            xml.children(holder)
                .filter(|node| xml.name(*node) == "title")
                .filter(|node| xml.attribute(*node, "type").as_deref() == Some(wanted))
                .find_map(|node| xml.text(node))
        };
        let main = typed("main").or_else(|| xml.value(holder, &["title"]))?;
        match typed("sub").filter(|sub| *sub != main) {
            Some(sub) => Some(format!("{main} : {sub}")),
            None => Some(main),
        }
    };
    xml.find(file, &["titleStmt"]).and_then(of).or_else(|| {
        let paper = xml.find(source?, &["biblStruct"])?;
        of(xml.find(paper, &["analytic"])?).or_else(|| of(xml.find(paper, &["monogr"])?))
    })
}

fn authors(xml: &Xml<'_>, file: usize, source: Option<usize>) -> Vec<String> {
    let of = |holder: Option<usize>| {
        let mut names: Vec<String> = Vec::new();
        for node in holder.into_iter().flat_map(|node| xml.children(node)) {
            if xml.name(node) == "author"
                && let Some(name) = person(xml, node).filter(|name| !names.contains(name))
            {
                names.push(name);
            }
        }
        names
    };
    let names = of(xml.find(file, &["titleStmt"]));
    if !names.is_empty() {
        return names;
    }
    let paper = source.and_then(|source| xml.find(source, &["biblStruct", "analytic"]));
    of(paper)
}

/// A name: first and last name in order, without addresses and affiliations.
pub(super) fn person(xml: &Xml<'_>, node: usize) -> Option<String> {
    let named = match xml.name(node) {
        "persName" | "name" => Some(node),
        _ => xml
            .find(node, &["persName"])
            .or_else(|| xml.find(node, &["name"])),
    };
    let Some(named) = named else {
        let is_described =
            xml.find(node, &["affiliation"]).is_some() || xml.find(node, &["email"]).is_some();
        return if is_described { None } else { xml.text(node) };
    };
    let parts: Vec<String> = ["forename", "genName", "nameLink", "surname"]
        .iter()
        .flat_map(|part| {
            xml.children(named)
                .filter(move |child| xml.name(*child) == *part)
        })
        .filter_map(|part| xml.text(part))
        .collect();
    if parts.is_empty() {
        xml.text(named)
    } else {
        Some(parts.join(" "))
    }
}

/// `text/@xml:lang`, that of the document, the language most used, that of the header.
fn language(xml: &Xml<'_>, root: usize, node: usize, profile: Option<usize>) -> Option<String> {
    let used = profile
        .and_then(|node| xml.find(node, &["langUsage"]))
        .and_then(|usage| {
            let languages = || {
                xml.children(usage)
                    .filter(|node| xml.name(*node) == "language")
            };
            let share = |node: &usize| {
                let usage = xml.attribute(*node, "usage").unwrap_or_default();
                usage
                    .trim_end_matches('%')
                    .trim()
                    .parse::<u32>()
                    .unwrap_or_default()
            };
            let most = languages().reduce(|best, next| {
                if share(&next) > share(&best) {
                    next
                } else {
                    best
                }
            })?;
            xml.attribute(most, "ident")
                .or_else(|| xml.attribute(most, "id"))
                .or_else(|| xml.text(most))
        });
    let text = xml.find(root, &["text"]);
    text.and_then(|text| xml.attribute(text, "lang"))
        .or_else(|| xml.attribute(root, "lang"))
        .or(used)
        .or_else(|| xml.attribute(node, "lang"))
}

/// All that is said of rights, verbatim: addresses of licences with their words, else the paragraphs.
pub(super) fn licence(xml: &Xml<'_>, publication: usize) -> Option<String> {
    let mut statements: Vec<String> = Vec::new();
    for availability in xml.descendants(publication, "availability") {
        for node in availability + 1..xml.end(availability) {
            let said = match xml.name(node) {
                "licence" | "license" => {
                    let target = xml.attribute(node, "target");
                    match (target, xml.text(node)) {
                        (Some(target), Some(text)) if !text.contains(&target) => {
                            Some(format!("{text} ({target})"))
                        }
                        (Some(target), None) => Some(target),
                        (_, text) => text,
                    }
                }
                "p" | "ab" if !is_inside_licence(xml, node, availability) => {
                    let target = xml
                        .descendants(node, "ref")
                        .find_map(|node| xml.attribute(node, "target"));
                    match (xml.text(node), target) {
                        (Some(text), Some(target)) if !text.contains(&target) => {
                            Some(format!("{text} ({target})"))
                        }
                        (text, target) => text.or(target),
                    }
                }
                _ => None,
            };
            statements.extend(said.filter(|said| !statements.contains(said)));
        }
        if statements.is_empty() {
            statements.extend(xml.text(availability));
        }
    }
    (!statements.is_empty()).then(|| statements.join(" ; "))
}

fn is_inside_licence(xml: &Xml<'_>, node: usize, availability: usize) -> bool {
    let mut up = xml.parent(node);
    while up > availability {
        if matches!(xml.name(up), "licence" | "license") {
            return true;
        }
        up = xml.parent(up);
    }
    false
}

fn producer(xml: &Xml<'_>, publication: usize) -> Option<String> {
    ["publisher", "authority", "distributor"]
        .iter()
        .find_map(|name| xml.value(publication, &[name]))
}

/// True for papers: read by GROBID, or described as a part of a journal and summed up in the header.
fn is_paper(xml: &Xml<'_>, node: usize, source: Option<usize>) -> bool {
    let application = xml.find(node, &["encodingDesc", "appInfo", "application"]);
    let ident = application
        .and_then(|node| xml.attribute(node, "ident"))
        .unwrap_or_default();
    ident.eq_ignore_ascii_case("grobid")
        || (source.is_some_and(|source| xml.find(source, &["biblStruct", "analytic"]).is_some())
            && xml.find(node, &["profileDesc", "abstract"]).is_some())
}

/// Date of the first edition, where the source tells it apart.
fn first_edition(xml: &Xml<'_>, source: usize) -> Option<usize> {
    let is_first = |node: &usize| {
        let kind = xml.attribute(*node, "type").unwrap_or_default();
        matches!(
            kind.as_str(),
            "firstEdition" | "edition-first" | "first" | "originalSource"
        )
    };
    let bibl =
        (source + 1..xml.end(source)).find(|node| xml.name(*node) == "bibl" && is_first(node))?;
    xml.descendants(bibl, "date").next()
}

/// The address of a name: itself, or that of its resolver.
fn address(kind: &str, value: &str) -> Option<String> {
    match kind {
        _ if value.starts_with("http://") || value.starts_with("https://") => {
            Some(value.to_owned())
        }
        "doi" => Some(format!("https://doi.org/{value}")),
        _ if value.starts_with("ark:/12148/") => Some(format!("https://gallica.bnf.fr/{value}")),
        _ => None,
    }
}

/// The genre that a class or keyword names, if it does so plainly.
fn genre(term: &str) -> Option<&'static str> {
    const WORDS: &[(&str, &str)] = &[
        ("théâtre", "drama"),
        ("theatre", "drama"),
        ("drama", "drama"),
        ("drame", "drama"),
        ("comédie", "drama"),
        ("comedie", "drama"),
        ("tragédie", "drama"),
        ("tragedie", "drama"),
        ("tragi-comédie", "drama"),
        ("comedy", "drama"),
        ("tragedy", "drama"),
        ("roman", "book"),
        ("romans", "book"),
        ("novel", "book"),
        ("nouvelle", "book"),
        ("nouvelles", "book"),
        ("conte", "book"),
        ("contes", "book"),
        ("récit", "book"),
        ("poésie", "book"),
        ("poetry", "book"),
        ("essai", "book"),
        ("débat", "debate"),
        ("débats", "debate"),
        ("debate", "debate"),
        ("debates", "debate"),
        ("parliament", "debate"),
        ("presse", "press"),
        ("newspaper", "press"),
    ];
    // A subject heading is a sentence; a genre is a word or three.
    let words: Vec<String> = term
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.len() > 3 {
        return None;
    }
    words.iter().find_map(|word| {
        WORDS
            .iter()
            .find(|(known, _)| known == word)
            .map(|(_, genre)| *genre)
    })
}

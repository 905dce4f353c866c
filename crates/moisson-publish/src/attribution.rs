//! The attribution file, `ATTRIBUTION.md`: what each licence asks for, in French and English.

use std::collections::BTreeMap;
use std::fmt::Write;

use moisson_rights::{Attribution, Licence};
use serde_json::{Value, json};

use crate::escape::{code, count, link, optional, text};
use crate::licence_facts;

/// Documents of one source under one licence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributionEntry {
    /// Name of the source in the pipeline.
    pub source: String,
    /// Producing body.
    pub producer: Option<String>,
    /// SPDX expression, as in the column `licence`.
    pub licence: String,
    /// Its name.
    pub licence_name: String,
    /// Address of its text.
    pub licence_url: Option<String>,
    /// What an attribution must name.
    pub kind: Attribution,
    /// Released documents.
    pub documents: u64,
    /// Latest update among them, `YYYY-MM-DD`.
    pub last_update: Option<String>,
    /// Where the source is published.
    pub url: Option<String>,
    /// Title of the source.
    pub title: Option<String>,
}

impl AttributionEntry {
    /// Returns an entry of which source, licence and number of documents are known. Name, address and kind of the licence
    /// come from the catalogue.
    pub fn new(source: &str, licence: &str, documents: u64) -> Self {
        let known = licence_facts(licence);
        Self {
            source: source.to_owned(),
            producer: None,
            licence: licence.to_owned(),
            licence_name: known.name,
            licence_url: known.url,
            kind: known.kind,
            documents,
            last_update: None,
            url: None,
            title: None,
        }
    }
}

/// Kinds in the order of the file.
const KINDS: [Attribution; 7] = [
    Attribution::NameDate,
    Attribution::NameLicenceChanges,
    Attribution::NameLicence,
    Attribution::Name,
    Attribution::Database,
    Attribution::Notice,
    Attribution::None,
];

/// Returns the attribution file. The order of `entries` does not matter.
pub fn attribution(entries: &[AttributionEntry]) -> String {
    let mut page = String::from(INTRODUCTION);
    let mut sorted: Vec<&AttributionEntry> = entries.iter().collect();
    sorted.sort();
    if sorted.is_empty() {
        page.push_str("\nAucun document publié. No document was released.\n");
    }
    for kind in KINDS {
        let of_kind: Vec<&AttributionEntry> = sorted
            .iter()
            .copied()
            .filter(|entry| entry.kind == kind)
            .collect();
        if of_kind.is_empty() {
            continue;
        }
        let (heading, french, english) = duty(kind);
        let _ = write!(page, "\n## {heading}\n\n{french}\n\n{english}\n\n");
        for entry in of_kind {
            page.push_str(&mention(entry));
        }
    }
    page.push_str(&conditions(&sorted));
    page.push_str(&texts(&sorted));
    page
}

/// Returns the same for programs, `ATTRIBUTION.json`: one entry a source and licence, sorted.
pub fn attribution_json(entries: &[AttributionEntry]) -> Value {
    let mut sorted: Vec<&AttributionEntry> = entries.iter().collect();
    sorted.sort();
    let entries: Vec<Value> = sorted
        .into_iter()
        .map(|entry| {
            let known = licence_facts(&entry.licence);
            json!({
                "source": entry.source,
                "title": entry.title,
                "producer": entry.producer,
                "url": entry.url,
                "licence": entry.licence,
                "licence_name": entry.licence_name,
                "licence_url": entry.licence_url,
                "asks_for": entry.kind.name(),
                "last_update": entry.last_update,
                "share_alike": known.is_share_alike(),
                "non_commercial": known.is_non_commercial(),
                "documents": entry.documents,
            })
        })
        .collect();
    json!({ "attributions": entries })
}

const INTRODUCTION: &str = "# Attributions\n\n\
    Ce fichier dit ce que chaque licence demande en échange de la réutilisation, par source. La colonne `attribution` du \
    corpus donne la mention de chaque document : auteur, titre, date de dernière mise à jour. Le texte des documents a été \
    extrait et normalisé ; l’information n’en est pas dénaturée. Ces mentions ne suggèrent aucun soutien des producteurs.\n\n\
    This file says what each licence asks for in return, by source. The column `attribution` of the corpus holds the mention \
    of each document: author, title, date of last update. The text of the documents was extracted and normalised. These \
    mentions suggest no endorsement by the producers.\n";

/// Returns heading, French and English sentence of what is owed.
fn duty(kind: Attribution) -> (&'static str, &'static str, &'static str) {
    match kind {
        Attribution::None => (
            "Sans obligation d’attribution / No attribution required",
            "Aucune mention n’est exigée ; citer la source reste d’usage.",
            "No mention is required; naming the source is a courtesy.",
        ),
        Attribution::Name => ("Source / Source", "Citer la source.", "Name the source."),
        Attribution::NameDate => (
            "Producteur et date de dernière mise à jour / Producer and date of last update",
            "La Licence Ouverte demande de mentionner la paternité de l’information : au moins le nom du producteur et la date \
             de dernière mise à jour.",
            "Licence Ouverte asks to name at least the producer and the date of last update of the information.",
        ),
        Attribution::NameLicence => (
            "Auteur et licence / Author and licence",
            "Citer l’auteur, nommer la licence et donner un lien vers elle.",
            "Name the author and the licence, with a link to it.",
        ),
        Attribution::NameLicenceChanges => (
            "Auteur, licence et modifications / Author, licence and changes",
            "Citer l’auteur, donner un lien vers la licence et indiquer les modifications : ici, texte extrait et normalisé, \
             passages éventuellement coupés.",
            "Name the author, link to the licence and indicate changes: here, text extracted and normalised, passages possibly cut.",
        ),
        Attribution::Database => (
            "Base de données / Database",
            "Indiquer que le contenu provient de la base et sous quelle licence elle est mise à disposition. La licence couvre \
             la base, non les contenus.",
            "State that the content comes from the database and under which licence it is made available. The licence covers \
             the database, not its contents.",
        ),
        Attribution::Notice => (
            "Mention de droit d’auteur et texte de la licence / Copyright notice and licence text",
            "Conserver la mention de droit d’auteur et le texte de la licence.",
            "Keep the copyright notice and the text of the licence.",
        ),
    }
}

fn mention(entry: &AttributionEntry) -> String {
    let who = entry
        .producer
        .as_deref()
        .or(entry.title.as_deref())
        .unwrap_or(&entry.source);
    let mut line = format!("- {}", text(who));
    if let Some(title) = entry.title.as_deref().filter(|title| *title != who) {
        let _ = write!(line, ", « {} »", text(title));
    }
    let update = entry.last_update.as_deref();
    if update.is_some() || entry.kind == Attribution::NameDate {
        let unknown = "non précisée / not stated";
        let date = update.map_or(unknown.to_owned(), text);
        let _ = write!(line, ", dernière mise à jour / last update : {date}");
    }
    let _ = write!(line, ", {}", text(&entry.licence_name));
    if entry.licence_url.is_some() {
        let _ = write!(line, " {}", link(entry.licence_url.as_deref()));
    }
    if entry.url.is_some() {
        let _ = write!(line, ", {}", link(entry.url.as_deref()));
    }
    let _ = writeln!(
        line,
        " (source {}, documents : {})",
        code(&entry.source),
        count(entry.documents)
    );
    line
}

/// Returns what else must be observed: share-alike and non-commercial use.
fn conditions(entries: &[&AttributionEntry]) -> String {
    let mut share_alike: Vec<String> = Vec::new();
    let mut non_commercial: Vec<String> = Vec::new();
    for entry in entries {
        let known = licence_facts(&entry.licence);
        let name = format!("{} ({})", code(&entry.licence), code(&entry.source));
        if known.is_share_alike() {
            share_alike.push(name.clone());
        }
        if known.is_non_commercial() {
            non_commercial.push(name);
        }
    }
    let mut page = String::new();
    if !share_alike.is_empty() {
        let _ = write!(
            page,
            "\n## Partage à l’identique / Share-alike\n\nLes textes ci-dessous et leurs dérivés restent sous la même licence ; \
             ils sont dans des fichiers séparés.\n\nThe texts below and their derivatives stay under the same licence; they \
             are in files of their own.\n\n- {}\n",
            share_alike.join("\n- ")
        );
    }
    if !non_commercial.is_empty() {
        let _ = write!(
            page,
            "\n## Usage non commercial / Non-commercial use\n\nL’usage commercial des textes ci-dessous est interdit ou payant.\n\n\
             Commercial use of the texts below is forbidden or subject to a fee.\n\n- {}\n",
            non_commercial.join("\n- ")
        );
    }
    page
}

/// Returns the list of all licences with their texts.
fn texts(entries: &[&AttributionEntry]) -> String {
    let mut licences: BTreeMap<&str, &Licence> = BTreeMap::new();
    for entry in entries {
        for licence in licence_facts(&entry.licence).licences {
            licences.insert(&licence.id, licence);
        }
    }
    if licences.is_empty() {
        return String::new();
    }
    let mut page = String::from(
        "\n## Licences\n\n| licence | nom / name | texte / text | note |\n| --- | --- | --- | --- |\n",
    );
    for (id, licence) in licences {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            code(id),
            text(&licence.name),
            link(licence.text_url.as_deref()),
            optional(licence.note.as_deref())
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::{AttributionEntry, attribution, attribution_json};

    fn entries() -> Vec<AttributionEntry> {
        let mut legi = AttributionEntry::new("legi", "etalab-2.0", 1200);
        legi.producer = Some("DILA".into());
        legi.title = Some("Codes | <b>consolidés</b>\n# piège".into());
        legi.last_update = Some("2026-01-02".into());
        legi.url = Some("https://exemple.fr/legi".into());
        let mut wiki = AttributionEntry::new("wiki", "CC-BY-SA-4.0", 3);
        wiki.producer = Some("Contributeurs".into());
        let acts = AttributionEntry::new("actes", "LicenseRef-moisson-official-act-fr", 7);
        let nc = AttributionEntry::new(
            "presse",
            "LicenseRef-moisson-public-domain AND LicenseRef-moisson-gallica-nc",
            2,
        );
        vec![legi, wiki, acts, nc]
    }

    #[test]
    fn each_licence_gets_what_it_asks_for() {
        let page = attribution(&entries());
        let check = |part: &str| assert!(page.contains(part), "no `{part}` in\n{page}");
        check(
            "- DILA, « Codes \\| \\<b\\>consolidés\\</b\\> \\# piège », dernière mise à jour / last update : 2026-01-02, Licence Ouverte 2.0 (Etalab) <https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf>, <https://exemple.fr/legi> (source `legi`, documents : 1,200)\n",
        );
        check(
            "- Contributeurs, Creative Commons Attribution-ShareAlike 4.0 International <https://creativecommons.org/licenses/by-sa/4.0/> (source `wiki`, documents : 3)",
        );
        check("## Sans obligation d’attribution / No attribution required");
        check("## Partage à l’identique / Share-alike");
        check("- `CC-BY-SA-4.0` (`wiki`)");
        check("## Usage non commercial / Non-commercial use");
        check("gallica-nc` (`presse`)");
        check("| `CC-BY-SA-4.0` | Creative Commons");
        assert!(
            !page.contains("<b>") && !page.contains("\n# piège"),
            "{page}"
        );
    }

    #[test]
    fn the_order_of_entries_does_not_matter() {
        let mut reversed = entries();
        reversed.reverse();
        assert_eq!(attribution(&reversed), attribution(&entries()));
    }

    #[test]
    fn licence_ouverte_without_a_date_says_so() {
        let page = attribution(&[AttributionEntry::new("s", "etalab-2.0", 1)]);
        assert!(page.contains("- s, dernière mise à jour / last update : non précisée / not stated, Licence Ouverte 2.0"), "{page}");
        assert!(!page.contains("Share-alike") && !page.contains("Non-commercial"));
    }

    #[test]
    fn programs_read_the_same() {
        let page = attribution_json(&entries());
        let entries = page["attributions"].as_array().unwrap();
        assert_eq!(entries.len(), 4);
        let legi = entries
            .iter()
            .find(|entry| entry["source"] == "legi")
            .unwrap();
        assert_eq!(legi["asks_for"], "name-date");
        assert_eq!(legi["last_update"], "2026-01-02");
        assert_eq!(legi["title"], "Codes | <b>consolidés</b>\n# piège");
        let presse = entries
            .iter()
            .find(|entry| entry["source"] == "presse")
            .unwrap();
        assert_eq!(
            (&presse["non_commercial"], &presse["share_alike"]),
            (&true.into(), &false.into())
        );
    }

    #[test]
    fn an_empty_release_says_so() {
        assert!(attribution(&[]).ends_with("No document was released.\n"));
    }
}

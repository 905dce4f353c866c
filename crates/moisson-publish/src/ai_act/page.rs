//! The page for readers, in French or English. It says of every answer that nobody gave that it is missing.

use std::fmt::Write;

use super::manifest::{
    crawled, genres, languages, latest_acquisition, public_sources, reservations, unplaced,
};
use crate::escape::{code, grouped, link, optional, text};
use crate::{Answer, ReleaseFacts, SourceFacts};
use moisson_rights::Lang;

/// Returns the summary as Markdown, in the order of the Commission's template.
pub fn ai_act_page(facts: &ReleaseFacts, language: Lang) -> String {
    let mut page = Page {
        facts,
        language,
        text: String::new(),
    };
    page.head();
    page.general();
    page.sources();
    page.processing();
    page.text
}

struct Page<'a> {
    facts: &'a ReleaseFacts,
    language: Lang,
    text: String,
}

impl Page<'_> {
    fn say(&mut self, english: &str, french: &str) {
        let line = self.language.pick(english, french);
        let _ = writeln!(self.text, "{line}\n");
    }

    fn heading(&mut self, level: &str, english: &str, french: &str) {
        self.say(&format!("{level} {english}"), &format!("{level} {french}"));
    }

    /// A line of a question and what is known; what is missing is said in bold.
    fn line(&mut self, english: &str, french: &str, value: Option<&str>) {
        let missing = self.language.pick("**to be provided**", "**à compléter**");
        let value = value.map_or_else(|| missing.to_owned(), text);
        let colon = self.language.pick(":", " :");
        let _ = writeln!(
            self.text,
            "- {}{colon} {value}",
            self.language.pick(english, french)
        );
    }

    fn answer(&mut self, english: &str, french: &str, answer: Answer) {
        let word = match answer {
            Answer::Yes => Some(self.language.pick("yes", "oui")),
            Answer::No => Some(self.language.pick("no", "non")),
            Answer::ToBeProvided => None,
        };
        self.line(english, french, word);
    }

    fn number(&self, number: u64) -> String {
        grouped(number, self.language.pick(",", "\u{202f}"))
    }

    fn head(&mut self) {
        let title = text(self.facts.title());
        self.heading(
            "#",
            &format!("Summary of training content: data of {title}"),
            &format!("Résumé du contenu d’entraînement : données de {title}"),
        );
        self.say(
            "Data part of the public summary under article 53(1)(d) of Regulation (EU) 2024/1689, in the order of the \
             Commission's template. Numbers are counted; answers marked **to be provided** are for the provider of the \
             model to give, and were inferred from nothing. This is not legal advice.",
            "Partie « données » du résumé public prévu à l’article 53, paragraphe 1, point d), du règlement (UE) 2024/1689, \
             dans l’ordre du modèle de la Commission. Les nombres sont comptés ; les réponses marquées **à compléter** \
             appartiennent au fournisseur du modèle et ne sont déduites de rien. Ceci n’est pas un conseil juridique.",
        );
        let (version, date) = (self.facts.version(), self.facts.date().map(str::to_owned));
        self.line("Version", "Version", Some(&version));
        self.line("Last update", "Dernière mise à jour", date.as_deref());
        self.text.push('\n');
    }

    fn general(&mut self) {
        let facts = self.facts;
        let stated = &facts.attestations;
        self.heading("##", "1. General information", "1. Informations générales");
        self.line(
            "1.1 Provider",
            "1.1 Fournisseur",
            stated.provider.as_deref(),
        );
        let names = (!stated.model_names.is_empty()).then(|| stated.model_names.join("; "));
        self.line("1.2 Models", "1.2 Modèles", names.as_deref());
        self.line(
            "Placed on the Union market",
            "Mise sur le marché de l’Union",
            stated.placed_on_market.as_deref(),
        );
        let size = match facts.tokens() {
            Some(tokens) => format!(
                "{} {} ({})",
                self.number(tokens),
                self.language.pick("tokens", "jetons"),
                facts.tokenizer.as_deref().unwrap_or("–")
            ),
            None => format!(
                "{} {}",
                self.number(facts.totals.text_bytes),
                self.language.pick(
                    "bytes of text; tokens were not counted",
                    "octets de texte ; jetons non comptés"
                )
            ),
        };
        self.line("1.3 Size (text)", "1.3 Volume (texte)", Some(&size));
        let documents = self.number(facts.totals.released);
        self.line("Documents", "Documents", Some(&documents));
        let content = stated.types_of_content.clone().or_else(|| genres(facts));
        self.line("Types of content", "Types de contenu", content.as_deref());
        self.line(
            "Latest acquisition",
            "Dernière acquisition",
            latest_acquisition(facts).as_deref(),
        );
        self.line("Languages", "Langues", languages(facts).as_deref());
        self.answer(
            "Trained continuously on new data",
            "Entraînement continu sur de nouvelles données",
            stated.continuous_training,
        );
        self.text.push('\n');
    }

    fn sources(&mut self) {
        let facts = self.facts;
        let stated = &facts.attestations;
        self.heading("##", "2. Data sources", "2. Sources de données");
        self.heading(
            "###",
            "2.1 Publicly available datasets",
            "2.1 Jeux de données accessibles au public",
        );
        self.answer("Used", "Utilisés", stated.public_datasets);
        let (large, other) = public_sources(facts);
        self.text.push('\n');
        self.say(
            "Sources that hold 3 % of the text or more:",
            "Sources qui forment 3 % du texte ou plus :",
        );
        self.table(&large);
        self.say("Other sources:", "Autres sources :");
        self.table(&other);
        let unknown = unplaced(facts);
        if !unknown.is_empty() {
            self.say(
                "Sources of which the pipeline does not say where they are published:",
                "Sources dont la chaîne de traitement ne dit pas où elles sont publiées :",
            );
            self.table(&unknown);
        }
        self.heading("###", "2.2 Private datasets", "2.2 Jeux de données privés");
        self.answer(
            "Licensed commercially",
            "Sous licence commerciale",
            stated.licensed_datasets,
        );
        self.answer(
            "Other, from third parties",
            "Autres, de tiers",
            stated.private_datasets,
        );
        self.text.push('\n');
        self.heading("###", "2.3 Crawled data", "2.3 Données collectées en ligne");
        self.answer(
            "Crawlers used",
            "Robots de collecte utilisés",
            stated.crawlers,
        );
        self.line(
            "Behaviour",
            "Comportement",
            stated.crawler_behaviour.as_deref(),
        );
        self.line(
            "Most relevant domains",
            "Principaux domaines",
            stated.crawl_domains.as_deref(),
        );
        self.text.push('\n');
        let pages = crawled(facts);
        self.say(
            "Sources read from archives of pages:",
            "Sources lues dans des archives de pages :",
        );
        self.table(&pages);
        self.heading("###", "2.4 to 2.6 Other data", "2.4 à 2.6 Autres données");
        self.answer(
            "Interactions with the model",
            "Interactions avec le modèle",
            stated.user_interactions,
        );
        self.answer(
            "Interactions with other products",
            "Interactions avec d’autres produits",
            stated.product_interactions,
        );
        self.answer(
            "Synthetic data",
            "Données synthétiques",
            stated.synthetic_data,
        );
        self.answer("Other sources", "Autres sources", stated.other_sources);
        self.text.push('\n');
    }

    fn table(&mut self, sources: &[&SourceFacts]) {
        if sources.is_empty() {
            self.say("None.", "Aucune.");
            return;
        }
        let head = self.language.pick(
            "| source | producer | address | acquisition | documents | bytes of text | licences |",
            "| source | producteur | adresse | acquisition | documents | octets de texte | licences |",
        );
        let _ = writeln!(
            self.text,
            "{head}\n| --- | --- | --- | --- | --- | --- | --- |"
        );
        for source in sources {
            let licences: Vec<String> = source
                .licences
                .keys()
                .map(|licence| code(licence))
                .collect();
            let (documents, bytes) = (self.number(source.released), self.number(source.text_bytes));
            let _ = writeln!(
                self.text,
                "| {} | {} | {} | {} | {documents} | {bytes} | {} |",
                text(source.title.as_deref().unwrap_or(&source.name)),
                optional(source.producer.as_deref()),
                link(source.url.as_deref()),
                source.acquisition.name(),
                licences.join(", ")
            );
        }
        self.text.push('\n');
    }

    fn processing(&mut self) {
        let facts = self.facts;
        let stated = &facts.attestations;
        self.heading("##", "3. Data processing", "3. Traitement des données");
        self.answer(
            "3.1 Signatory of the Code of Practice",
            "3.1 Signataire du code de bonnes pratiques",
            stated.code_of_practice,
        );
        let counted = match self.language {
            Lang::En => reservations(facts),
            Lang::Fr => reservations_fr(facts),
        };
        self.line(
            "Reservations of rights",
            "Réserves de droits",
            Some(&counted),
        );
        self.line(
            "Other measures",
            "Autres mesures",
            stated.reservation_measures.as_deref(),
        );
        self.line(
            "3.2 Illegal content",
            "3.2 Contenus illicites",
            stated.illegal_content.as_deref(),
        );
        let other = stated.other_information.as_deref();
        self.line("3.3 Other", "3.3 Autres informations", other);
    }
}

fn reservations_fr(facts: &ReleaseFacts) -> String {
    if facts.optouts.is_empty() {
        return "Les réserves de droits n’ont pas été recherchées pour cette version.".to_owned();
    }
    let reserved = facts
        .totals
        .dropped
        .iter()
        .filter(|(reason, _)| reason.starts_with("optout/"));
    let dropped: u64 = reserved.map(|(_, number)| number).sum();
    let verdicts: Vec<String> = facts
        .optouts
        .iter()
        .map(|(verdict, number)| format!("{verdict} : {number}"))
        .collect();
    format!(
        "{dropped} enregistrements écartés pour une réserve de droits ou faute de politique connue ; documents publiés \
         par verdict : {}.",
        verdicts.join(" ; ")
    )
}

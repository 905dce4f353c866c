//! What only the publisher knows: the tables `[publication]` and `[attestations]` of a pipeline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who publishes the release, where and how. Nothing here changes a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Publication {
    /// Name of the publishing body.
    pub publisher: Option<String>,
    /// Its page.
    pub publisher_url: Option<String>,
    /// Where it can be reached: an address of mail or a page.
    pub contact: Option<String>,
    /// Who made the release; else the publisher.
    pub creator: Option<String>,
    /// Page about the release.
    pub landing_page: Option<String>,
    /// Address below which the files of `release/` are served.
    pub base_url: Option<String>,
    /// Identifier of the publisher in dataspaces, such as `did:web:example.org`.
    pub participant_id: Option<String>,
    /// Address of the publisher's connector, where consumers negotiate.
    pub connector_url: Option<String>,
    /// Version of the release; else `0.0.0+` and the first digits of its content's digest.
    pub version: Option<String>,
    /// Date of publication, `YYYY-MM-DD`; else the latest update of a source.
    pub date: Option<String>,
    /// Category of high-value datasets, an address `http://data.europa.eu/bna/c_…`; none: it is none.
    pub hvd_category: Option<String>,
    /// Codes of the EU data themes, such as `JUST` and `GOVE`.
    pub themes: Vec<String>,
    /// Code of the EU frequencies, such as `MONTHLY`.
    pub frequency: Option<String>,
    /// Keywords in French.
    pub keywords_fr: Vec<String>,
    /// Keywords in English.
    pub keywords_en: Vec<String>,
}

impl Publication {
    /// Checks the form of what is stated.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        for (key, url) in [
            ("publisher_url", &self.publisher_url),
            ("landing_page", &self.landing_page),
            ("base_url", &self.base_url),
            ("connector_url", &self.connector_url),
            ("hvd_category", &self.hvd_category),
        ] {
            if url
                .as_deref()
                .is_some_and(|url| crate::terms::web(url).is_none())
            {
                return Err(format!(
                    "{key} = `{}`: write an address, http:// or https://",
                    url.as_deref().unwrap_or_default()
                ));
            }
        }
        if let Some(category) = &self.hvd_category
            && !category.starts_with("http://data.europa.eu/bna/c_")
        {
            return Err(format!(
                "hvd_category = `{category}`: write the category's address, http://data.europa.eu/bna/c_…"
            ));
        }
        if let Some(date) = &self.date
            && moisson_core::Date::parse(date).is_none_or(|parsed| parsed.to_string() != *date)
        {
            return Err(format!("date = `{date}`: write YYYY-MM-DD"));
        }
        for (key, code) in self.themes.iter().map(|theme| ("themes", theme)).chain(
            self.frequency
                .iter()
                .map(|frequency| ("frequency", frequency)),
        ) {
            let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
            if code.is_empty() || !code.bytes().all(plain) {
                return Err(format!(
                    "{key}: `{code}` is no code of the EU's authority tables; write it in capitals"
                ));
            }
        }
        if let Some(id) = &self.participant_id
            && (id.chars().any(|c| c.is_whitespace() || c.is_control()) || !id.contains(':'))
        {
            return Err(format!(
                "participant_id = `{id}`: write an identifier such as did:web:example.org"
            ));
        }
        Ok(())
    }
}

/// An answer that only a human gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Answer {
    /// Yes.
    #[serde(rename = "yes")]
    Yes,
    /// No.
    #[serde(rename = "no")]
    No,
    /// Nobody has said.
    #[default]
    #[serde(rename = "to be provided")]
    ToBeProvided,
}

/// What a provider of a model attests in the summary of its training content (AI Act, article 53(1)(d)).
///
/// Nothing here is ever inferred from a corpus: what is not stated is `to be provided`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Attestations {
    /// Name and contact of the provider of the model.
    pub provider: Option<String>,
    /// Name and contact of its representative, for a provider outside the Union.
    pub authorised_representative: Option<String>,
    /// Names of the models, with their versions.
    pub model_names: Vec<String>,
    /// The model this one was made from, and its summary.
    pub model_dependencies: Option<String>,
    /// When the model was placed on the Union's market, `DD/MM/YYYY`.
    pub placed_on_market: Option<String>,
    /// When data were last obtained, `MM/YYYY`; else the last fetch, where all sources were fetched.
    pub latest_acquisition: Option<String>,
    /// Kinds of content, in words.
    pub types_of_content: Option<String>,
    /// Whether the model goes on being trained on new data.
    pub continuous_training: Answer,
    /// Whether publicly available datasets were used.
    pub public_datasets: Answer,
    /// Whether datasets were licensed commercially from rightsholders.
    pub licensed_datasets: Answer,
    /// Whether other private datasets were obtained from third parties.
    pub private_datasets: Answer,
    /// Whether the provider, or others for it, crawled.
    pub crawlers: Answer,
    /// Names of the crawlers.
    pub crawler_names: Vec<String>,
    /// How they behave before captchas, paywalls and robots.txt, and what for they crawl.
    pub crawler_behaviour: Option<String>,
    /// First and last month of the crawl, `MM/YYYY`.
    pub crawl_start: Option<String>,
    /// See `crawl_start`.
    pub crawl_end: Option<String>,
    /// The most relevant domains, or where the list is.
    pub crawl_domains: Option<String>,
    /// Whether what users said to the model was used.
    pub user_interactions: Answer,
    /// Whether what users did in other products was used.
    pub product_interactions: Answer,
    /// Whether data that models generated was used.
    pub synthetic_data: Answer,
    /// The models that generated it.
    pub generating_models: Vec<String>,
    /// Whether there were other sources.
    pub other_sources: Answer,
    /// Which.
    pub other_sources_description: Option<String>,
    /// Whether the provider signed the Code of Practice.
    pub code_of_practice: Answer,
    /// Measures for reservations of rights, besides those that moisson took.
    pub reservation_measures: Option<String>,
    /// Measures against illegal content.
    pub illegal_content: Option<String>,
    /// Anything else.
    pub other_information: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::Publication;

    #[test]
    fn what_is_stated_is_checked() {
        let check = |change: &dyn Fn(&mut Publication), part: &str| {
            let mut publication = Publication::default();
            change(&mut publication);
            let answer = publication.validate().err().unwrap_or_default();
            assert!(
                if part.is_empty() {
                    answer.is_empty()
                } else {
                    answer.contains(part)
                },
                "{answer}"
            );
        };
        check(&|_| (), "");
        check(&|p| p.base_url = Some("javascript:x".into()), "base_url");
        check(
            &|p| p.base_url = Some("https://a.example/x y".into()),
            "base_url",
        );
        check(&|p| p.base_url = Some("https://a.example/x".into()), "");
        check(&|p| p.date = Some("2026-02-30".into()), "date");
        check(&|p| p.date = Some("2026-02".into()), "date");
        check(&|p| p.date = Some("2026-02-28".into()), "");
        check(&|p| p.themes = vec!["just".into()], "themes");
        check(&|p| p.frequency = Some("tous les mois".into()), "frequency");
        check(
            &|p| p.hvd_category = Some("https://exemple.fr/c_1".into()),
            "hvd_category",
        );
        check(&|p| p.participant_id = Some("moi".into()), "participant_id");
        check(
            &|p| p.participant_id = Some("did:web:exemple.fr".into()),
            "",
        );
    }
}

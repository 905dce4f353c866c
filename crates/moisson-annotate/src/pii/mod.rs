//! Personal data: where it stands in a text, how much of it there is, and what no detector removes.
//!
//! One file a family of identifiers. A byte scan (`scan.rs`) proposes digits, capitals, `@`, `:`, `+` and `<`; keys,
//! tables and the words before a value decide. Marks of anonymisation (`[T] [P]`, `M. A... B...`, `X...`, `[Adresse 2]`)
//! and values of reserved ranges are not personal data. Nothing is replaced here: policy is
//! [`moisson_rights::personal`].

mod address;
mod bank_account;
mod birth_date;
mod card;
mod columns;
mod company;
mod document;
mod email;
mod found;
mod ip;
mod nir;
mod person;
mod phone;
mod plate;
mod risk;
mod rpps;
mod run;
mod scan;
mod tax_id;
mod text;
mod zone;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, SchemaRef};
use moisson_core::column::column;
use moisson_core::{Annotator, Date, Digest, Error, KeyHasher, Result, TextColumn};
use moisson_rights::personal::{Action, Class, PersonalConfig, Profile, Profiles};

pub use columns::COLUMNS;
use columns::Columns;
pub use found::Found;
pub use risk::Risk;
pub use scan::{Wanted, detect};

/// Version of the output.
const VERSION: u32 = 1;

/// Annotates documents with the personal data in them. [`COLUMNS`] lists the columns.
#[derive(Debug, Clone)]
pub struct PiiAnnotator {
    config: PersonalConfig,
    parameters: Digest,
}

impl PiiAnnotator {
    /// Takes the table `[pii]` of a pipeline.
    ///
    /// # Errors
    /// [`Error::Config`] if it names a profile that does not exist, or a date that is none.
    pub fn new(config: PersonalConfig) -> Result<Self> {
        config.validate()?;
        let parameters = KeyHasher::new("pii", VERSION)
            .digest(Digest::of_json(&config)?)
            .digest(Digest::of_json(Profiles::embedded())?)
            .finish();
        Ok(Self { config, parameters })
    }

    /// What is looked for under `profile`: names only where the profile, or the pipeline, has them replaced.
    pub fn wanted(&self, profile: &Profile) -> Wanted {
        let asked = |class: &Class| match self.config.action(&profile.name, *class) {
            None => false,
            Some(Action::Keep) => *class != Class::Person,
            Some(Action::Token | Action::Fiction) => true,
        };
        let classes = Class::ALL.into_iter().filter(asked);
        let mut wanted = Wanted::new(classes, self.config.living_since(), profile.names);
        wanted.reserved = self.config.reserved;
        wanted.obfuscated_email = self.config.obfuscated_email;
        wanted
    }
}

impl Annotator for PiiAnnotator {
    fn family(&self) -> &'static str {
        "pii"
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn parameters(&self) -> Digest {
        self.parameters
    }

    fn schema(&self) -> SchemaRef {
        columns::schema()
    }

    fn annotate(&self, documents: &RecordBatch) -> Result<RecordBatch> {
        let text = TextColumn::try_new(documents, "text")?;
        let genre = TextColumn::try_new(documents, "genre")?;
        let published_on = column(documents, "published_on")?
            .as_primitive_opt::<Date32Type>()
            .ok_or_else(|| Error::internal("column `published_on` is no date"))?;
        let mut columns = Columns::default();
        for row in 0..documents.num_rows() {
            let date = published_on
                .is_valid(row)
                .then(|| Date(published_on.value(row)));
            let profile = self.config.profile(genre.get(row), date);
            let text = text.get(row).unwrap_or_default();
            if !self.config.enabled {
                columns.push(&[], 0, None, &profile.name, "off");
                continue;
            }
            let (found, risk) = detect(text, &self.wanted(profile));
            let status = match found.len() {
                0 if text.trim().is_empty() => "empty",
                count if count > self.config.spans_max => "truncated",
                _ => "ok",
            };
            columns.push(
                &found,
                self.config.spans_max,
                Some(risk),
                &profile.name,
                status,
            );
        }
        columns.finish()
    }
}

#[cfg(test)]
mod tests;

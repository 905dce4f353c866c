//! Licences: what a release carries, what it owes for that, and what was kept out of it.
//!
//! Read from the release, its ledger and its manifest (and the receipts of the mirror, where something is to be refreshed),
//! so it works on an output that was cleaned to its receipts. Columns of text are not read: the cost is that of grouping a
//! few narrow columns of the shards and of the ledger.

mod quarantine;
mod report;
mod sources;

use std::collections::{BTreeMap, BTreeSet};

use datafusion::prelude::SessionContext;
use moisson_core::Result;
use moisson_publish::licence_facts;
use moisson_rights::{Catalogue, LicenceConfig, ShareAlike, resolve};
use serde::Deserialize;

pub use report::{
    Amount, Attributed, Carried, Deadline, Due, Family, Quarantined, Report, Since, Sourced,
    Statement, Warning,
};

use crate::session::Session;
use crate::tables::{self, Columns, Output};
use crate::{clock, owed};
use sources::Stated;

/// Reports on the release of an output; `now` is what deadlines are held against.
///
/// # Errors
/// [`moisson_core::Error::Config`] if the output holds no release; [`moisson_core::Error::Store`] if it is damaged.
pub fn run(session: &Session, now: std::time::SystemTime) -> Result<Report> {
    let today = clock::day(now);
    let context = session.context()?;
    let output = Output::open(session, "out", &context)?;
    let groups = groups(session, &context, &output)?;
    let stated = Stated::read(&output.manifest, &groups, session)?;
    let ledger = output.ledger(&context, "decisions")?;
    let text = |key: &str| output.manifest.pipeline.get(key)?.as_str();
    let mut warnings = warnings(&groups, &stated);
    if !output.published {
        warnings.insert(0, Warning::new("staged"));
    }
    Ok(Report {
        name: output.manifest.name.clone(),
        published: output.published,
        content_digest: output.manifest.content_digest.to_hex(),
        tier: text("tier").unwrap_or_default().to_owned(),
        totals: total(&groups),
        licences: carried(&groups),
        families: families(&output, &groups),
        sources: stated.sourced(&groups),
        owed: dues(&groups),
        attributions: attributions(&groups, &stated),
        refresh: stated.deadlines(&groups, today),
        verdicts: stated.verdicts.clone(),
        quarantine: quarantine::read(session, &context, &ledger)?,
        warnings,
    })
}

/// Released documents that agree in all that matters here.
#[derive(Debug, Clone, Deserialize)]
struct Group {
    /// Folder of the shards they are in.
    #[serde(default)]
    shards: String,
    source: String,
    licence: String,
    producer: Option<String>,
    evidence: Option<String>,
    /// Codes with spaces between; none where the release has no such column.
    obligations: Option<String>,
    optout: Option<String>,
    risk: Option<String>,
    #[serde(flatten)]
    amount: Amount,
    updated_last: Option<String>,
}

impl Group {
    /// Codes of what is owed for them.
    fn codes(&self) -> Vec<String> {
        match &self.obligations {
            Some(codes) => codes.split_whitespace().map(str::to_owned).collect(),
            None => owed::codes(&self.licence),
        }
    }
}

/// Groups the documents of each family's shards, so that what a folder holds is read from the folder itself.
fn groups(session: &Session, context: &SessionContext, output: &Output<'_>) -> Result<Vec<Group>> {
    let families: BTreeSet<&str> = (output.manifest.shards.iter())
        .map(|shard| shard.family.as_str())
        .collect();
    let mut groups = Vec::new();
    for (at, family) in families.into_iter().enumerate() {
        let table = format!("family{at}");
        let columns = output.release(context, &table, &|shard| shard.family == family)?;
        let of_family: Vec<Group> = tables::select(session, context, &grouping(&table, &columns))?;
        groups.extend(of_family.into_iter().map(|group| Group {
            shards: family.to_owned(),
            ..group
        }));
    }
    Ok(groups)
}

fn grouping(table: &str, columns: &Columns) -> String {
    let keys = [
        ("producer", columns.or_null("producer", "producer")),
        (
            "evidence",
            columns.or_null("licence_evidence", "licence_evidence"),
        ),
        (
            "obligations",
            columns.or_null("obligations", "array_to_string(obligations, ' ')"),
        ),
        (
            "optout",
            columns.or_null("optout_verdict", "optout_verdict"),
        ),
        ("risk", columns.or_null("pii_risk", "pii_risk")),
    ];
    let keys: Vec<String> = keys
        .iter()
        .map(|(name, expression)| format!("CAST({expression} AS VARCHAR) AS {name}"))
        .collect();
    let keys = keys.join(", ");
    let tokens = columns.or_null("tokens", "sum(tokens)");
    format!(
        "SELECT source, licence, {keys}, count(*) AS documents, sum(text_bytes) AS text_bytes, {tokens} AS tokens, \
         max(coalesce(modified_on, version_from, published_on)) AS updated_last \
         FROM {table} GROUP BY source, licence, producer, evidence, obligations, optout, risk \
         ORDER BY source, licence, producer, evidence, obligations, optout, risk"
    )
}

fn total(groups: &[Group]) -> Amount {
    groups.iter().map(|group| group.amount).sum()
}

fn carried(groups: &[Group]) -> Vec<Carried> {
    let mut licences: BTreeMap<&str, Carried> = BTreeMap::new();
    for group in groups {
        let carried = licences
            .entry(&group.licence)
            .or_insert_with(|| Carried::new(&group.licence));
        carried.amount += group.amount;
        carried.sources.insert(group.source.clone());
        carried.obligations.extend(group.codes());
    }
    let mut licences: Vec<Carried> = licences.into_values().collect();
    licences.sort_by(|a, b| {
        let size = |c: &Carried| std::cmp::Reverse((c.amount.documents, c.amount.text_bytes));
        size(a).cmp(&size(b)).then(a.licence.cmp(&b.licence))
    });
    licences
}

impl Carried {
    fn new(expression: &str) -> Self {
        let facts = licence_facts(expression);
        let families = facts.licences.iter().map(|licence| licence.family);
        let note = facts.licences.iter().find_map(|l| l.note.clone());
        Self {
            licence: expression.to_owned(),
            name: facts.name,
            url: facts.url,
            family: families.max().map(|family| family.name().to_owned()),
            crpa_listed: !facts.licences.is_empty() && facts.licences.iter().all(|l| l.crpa_listed),
            note,
            amount: Amount::default(),
            sources: BTreeSet::new(),
            obligations: BTreeSet::new(),
        }
    }
}

/// The folder in which a text under this licence belongs; none for a licence that the catalogue does not know.
fn belongs_in(expression: &str) -> Option<&'static str> {
    let config = LicenceConfig {
        work: Some(expression.to_owned()),
        ..LicenceConfig::default()
    };
    resolve(Catalogue::embedded(), &config.statements(None)).shard_family
}

fn families(output: &Output<'_>, groups: &[Group]) -> Vec<Family> {
    let mut families: BTreeMap<&str, Family> = BTreeMap::new();
    for shard in &output.manifest.shards {
        let family = families.entry(&shard.family).or_insert_with(|| Family {
            name: shard.family.clone(),
            alone: true,
            ..Family::default()
        });
        family.shards += 1;
    }
    for group in groups {
        let Some(family) = families.get_mut(group.shards.as_str()) else {
            continue;
        };
        family.amount += group.amount;
        family.licences.insert(group.licence.clone());
        let licences = licence_facts(&group.licence).licences;
        family.share_alike |= licences.iter().any(|l| l.share_alike != ShareAlike::None);
        family.alone &= belongs_in(&group.licence).is_none_or(|folder| folder == group.shards);
    }
    families.into_values().collect()
}

fn dues(groups: &[Group]) -> Vec<Due> {
    let mut dues: BTreeMap<String, Due> = BTreeMap::new();
    for group in groups {
        for code in group.codes() {
            let due = dues.entry(code).or_default();
            due.documents += group.amount.documents;
            due.licences.insert(group.licence.clone());
            due.sources.insert(group.source.clone());
        }
    }
    let named = |(code, due)| Due {
        obligation: code,
        ..due
    };
    dues.into_iter().map(named).collect()
}

/// Source, licence and producer of documents that share a line.
type Attributing<'a> = (&'a str, &'a str, Option<&'a str>);

/// The lines that are to be printed, one for each source, licence and producer.
fn attributions(groups: &[Group], stated: &Stated) -> Vec<Attributed> {
    let mut lines: BTreeMap<Attributing<'_>, (u64, Option<&str>)> = BTreeMap::new();
    for group in groups {
        let producer = group.producer.as_deref();
        let line = lines
            .entry((&group.source, &group.licence, producer))
            .or_default();
        line.0 += group.amount.documents;
        line.1 = line.1.max(group.updated_last.as_deref());
    }
    lines
        .into_iter()
        .filter_map(|((source, licence, producer), (documents, updated))| {
            let line = stated.attribution(source, licence, producer, updated)?;
            Some(Attributed {
                source: source.to_owned(),
                licence: licence.to_owned(),
                documents,
                line,
            })
        })
        .collect()
}

/// What a reader should look at before publishing.
fn warnings(groups: &[Group], stated: &Stated) -> Vec<Warning> {
    let mut found: BTreeMap<(&'static str, &str, &str), u64> = BTreeMap::new();
    for group in groups {
        let mut warn = |code| {
            let key = (code, group.source.as_str(), group.licence.as_str());
            *found.entry(key).or_default() += group.amount.documents;
        };
        match group.evidence.as_deref() {
            Some("assumed") => warn("assumed"),
            // The release does not say: what the pipeline says of the source is the best that is known.
            None if stated.assumes(&group.source, &group.licence) => warn("assumed"),
            _ => {}
        }
        if group.codes().iter().any(|code| code == "attribution")
            && stated.names_nobody(&group.source, group.producer.as_deref())
        {
            warn("nobody-to-attribute");
        }
        match belongs_in(&group.licence) {
            None => warn("licence-not-in-catalogue"),
            Some(folder) if folder != group.shards => warn("in-foreign-shards"),
            Some(_) => {}
        }
        match group.optout.as_deref() {
            Some("reserved") => warn("optout-reserved"),
            Some("unknown") => warn("optout-unknown"),
            _ => {}
        }
        if group.risk.as_deref() == Some("high") {
            warn("personal-data-risk-high");
        }
    }
    found
        .into_iter()
        .map(|((code, source, licence), documents)| Warning {
            code,
            source: Some(source.to_owned()),
            licence: Some(licence.to_owned()),
            documents: Some(documents),
            detail: (code == "assumed").then(|| stated.reason(source)).flatten(),
        })
        .collect()
}

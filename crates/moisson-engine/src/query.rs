//! Query: the tables of an output in SQL, through DataFusion.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::datasource::MemTable;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use moisson_core::{Error, Result, decision, document};
use moisson_shard::release;
use url::Url;

use crate::manifest::{LedgerEntry, ReleaseManifest};
use crate::parts::{self, DOCUMENTS};
use crate::publish::{LEDGER, MANIFEST, STAGED_LEDGER, STAGED_MANIFEST};
use crate::session::Session;

/// Names of the tables, with what they hold.
pub const TABLES: &[(&str, &str)] = &[
    (
        "annotations",
        "measurements of every document read, by doc_id",
    ),
    ("decisions", "the ledger: drops, edits, faults and notes"),
    ("documents", "every document read, with its text"),
    (
        "duplicates",
        "decisions of dedup: doc_id, kept_doc_id, similarity",
    ),
    (
        "receipts",
        "what was fetched: address, date, digest, licence as the catalogue states it",
    ),
    ("release", "what is published"),
];

/// Reads the manifest of an output, published or staged; the flag is true for a published one.
///
/// # Errors
/// [`Error::Config`] if there is none.
pub fn manifest(session: &Session) -> Result<(ReleaseManifest, bool)> {
    for (path, published) in [(MANIFEST, true), (STAGED_MANIFEST, false)] {
        if let Some(manifest) = session.store().get_json(path)? {
            return Ok((manifest, published));
        }
    }
    Err(Error::config(format!(
        "`{}` holds no release: run a pipeline into it first",
        session.store().display()
    )))
}

/// Answers a query over the tables of an output.
///
/// # Errors
/// [`Error::Config`] for a query DataFusion refuses, naming the tables there are.
pub fn run(session: &Session, sql: &str) -> Result<Vec<RecordBatch>> {
    let context = context(session, sql.contains("annotations"))?;
    if sql.contains("receipts") {
        register_receipts(session, &context)?;
    }
    session
        .runtime()
        .block_on(async { context.sql(sql).await?.collect().await })
        .map_err(|e| {
            let tables: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
            Error::config(format!(
                "{}\n  tables: {}",
                e.strip_backtrace(),
                tables.join(", ")
            ))
        })
}

/// Registers the receipts of the mirror. Each is an object of its own, so only a query that names them reads them.
fn register_receipts(session: &Session, context: &SessionContext) -> Result<()> {
    let receipts = crate::fetch::receipts_table(session.store())?;
    MemTable::try_new(receipts.schema(), vec![vec![receipts]])
        .and_then(|table| context.register_table("receipts", Arc::new(table)))
        .map(|_| ())
        .map_err(|e| Error::internal(e.to_string()))
}

/// A DataFusion context with the tables of the output.
///
/// # Errors
/// [`Error::Config`] if the output holds no release.
pub fn context(session: &Session, with_annotations: bool) -> Result<SessionContext> {
    let (manifest, published) = manifest(session)?;
    let context = session.context()?;
    let root = Url::parse("moisson://out").map_err(|e| Error::internal(e.to_string()))?;
    let store = session.store().object_store();
    context.runtime_env().register_object_store(&root, store);

    let there: Vec<String> = session
        .store()
        .list("parts/documents")?
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    let documents = manifest
        .parts
        .iter()
        .filter(|part| part.rows > 0)
        .map(|part| format!("{}.parquet", parts::stem(DOCUMENTS, &part.name, None)))
        .filter(|path| there.binary_search(path).is_ok());
    register(
        session,
        &context,
        "documents",
        &documents.collect::<Vec<_>>(),
        &document::schema(),
    )?;
    let ledger = ledger_paths(session, &manifest)?;
    register(session, &context, "decisions", &ledger, &decision::schema())?;
    let shards: Vec<String> = if published {
        manifest
            .shards
            .iter()
            .map(|shard| format!("release/{}", shard.path))
            .collect()
    } else {
        Vec::new()
    };
    register(session, &context, "release", &shards, &release::schema())?;
    let duplicates = "CREATE VIEW duplicates AS SELECT * FROM decisions \
                      WHERE step = 'duplicate' AND effect = 'drop'";
    session
        .runtime()
        .block_on(async { context.sql(duplicates).await })
        .map_err(|e| Error::internal(e.to_string()))?;
    if with_annotations {
        register_annotations(session, &context, &manifest)?;
    }
    Ok(context)
}

/// Where the files of the ledger lie at present.
///
/// # Errors
/// [`Error::Store`] if the output cannot be listed.
pub(crate) fn ledger_paths(session: &Session, manifest: &ReleaseManifest) -> Result<Vec<String>> {
    let staged: Vec<String> = session
        .store()
        .list(STAGED_LEDGER)?
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    let place = |entry: &LedgerEntry| {
        let at = format!("{STAGED_LEDGER}/{}", entry.path);
        if staged.binary_search(&at).is_ok() {
            at
        } else {
            format!("{LEDGER}/{}", entry.path)
        }
    };
    Ok(manifest.ledger.iter().map(place).collect())
}

fn register(
    session: &Session,
    context: &SessionContext,
    name: &str,
    paths: &[String],
    schema: &SchemaRef,
) -> Result<()> {
    let failed = |e: datafusion::error::DataFusionError| Error::store(name, e.strip_backtrace());
    let table: Arc<dyn datafusion::catalog::TableProvider> = if paths.is_empty() {
        Arc::new(MemTable::try_new(schema.clone(), vec![Vec::new()]).map_err(failed)?)
    } else {
        let urls: Vec<String> = paths
            .iter()
            .map(|path| format!("moisson://out/{}", session.store().full_path(path)))
            .collect();
        let options = ParquetReadOptions::default().schema(schema);
        let frame = session
            .runtime()
            .block_on(context.read_parquet(urls, options))
            .map_err(failed)?;
        frame.into_view()
    };
    context.register_table(name, table).map_err(failed)?;
    Ok(())
}

/// Puts the families of each part side by side, with the ids of its documents. They lie row-aligned, without ids.
fn register_annotations(
    session: &Session,
    context: &SessionContext,
    manifest: &ReleaseManifest,
) -> Result<()> {
    let mut batches: Vec<RecordBatch> = Vec::new();
    for part in manifest.parts.iter().filter(|part| part.rows > 0) {
        let mut fields: Vec<Arc<Field>> = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        let documents = format!("{}.parquet", parts::stem(DOCUMENTS, &part.name, None));
        let mut files = vec![(documents, Some(["doc_id", "source", "genre"]))];
        for (family, key) in &part.annotations {
            let stem = parts::stem(family, &part.name, Some(*key));
            files.push((format!("{stem}.parquet"), None));
        }
        for (path, wanted) in files {
            // After `clean --keep receipts` there are none.
            let Some(bytes) = session.store().get_if_present(&path)? else {
                continue;
            };
            let wanted = wanted.as_ref().map(<[&str; 3]>::as_slice);
            let read: Vec<RecordBatch> =
                moisson_shard::file::read(bytes, wanted, 8192)?.collect::<Result<_>>()?;
            let Some(first) = read.first() else { continue };
            let whole = arrow::compute::concat_batches(&first.schema(), &read)?;
            fields.extend(whole.schema().fields().iter().cloned());
            columns.extend(whole.columns().iter().cloned());
        }
        if !columns.is_empty() {
            batches.push(RecordBatch::try_new(
                Arc::new(Schema::new(fields)),
                columns,
            )?);
        }
    }
    let Some(first) = batches.first() else {
        return Ok(());
    };
    let table = MemTable::try_new(first.schema(), vec![batches])
        .map_err(|e| Error::internal(e.to_string()))?;
    context
        .register_table("annotations", Arc::new(table))
        .map_err(|e| Error::internal(e.to_string()))?;
    Ok(())
}

//! Tables of an output in a DataFusion context, with the columns their files have: outputs of earlier versions lack some.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use moisson_core::{Error, Result, decision};
use moisson_shard::release;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::explain;
use crate::manifest::{ReleaseManifest, ShardEntry};
use crate::query;
use crate::session::Session;

/// An output that is looked at.
pub(crate) struct Output<'a> {
    session: &'a Session,
    root: Url,
    /// The manifest of its release.
    pub(crate) manifest: ReleaseManifest,
    /// False where an alarm keeps the release staged.
    pub(crate) published: bool,
}

impl<'a> Output<'a> {
    /// Opens the output of a session; in `context` its files are below `moisson://NAME`.
    ///
    /// # Errors
    /// [`Error::Config`] if it holds no release.
    pub(crate) fn open(session: &'a Session, name: &str, context: &SessionContext) -> Result<Self> {
        let (manifest, published) = query::manifest(session)?;
        let root = Url::parse(&format!("moisson://{name}"));
        let root = root.map_err(|e| Error::internal(e.to_string()))?;
        let store = session.store().object_store();
        context.runtime_env().register_object_store(&root, store);
        Ok(Self {
            session,
            root,
            manifest,
            published,
        })
    }

    /// Registers the shards that are wanted, and returns the names of their columns. A release that is staged is read
    /// from where it waits.
    ///
    /// # Errors
    /// [`Error::Store`] if one cannot be read.
    pub(crate) fn release(
        &self,
        context: &SessionContext,
        name: &str,
        wanted: &dyn Fn(&ShardEntry) -> bool,
    ) -> Result<Columns> {
        let staged: Vec<String> = if self.published {
            Vec::new()
        } else {
            let entries = self.session.store().list("staged")?;
            entries.into_iter().map(|entry| entry.path).collect()
        };
        let shards = self.manifest.shards.iter().filter(|shard| wanted(shard));
        let paths: Vec<String> = shards
            .map(|shard| {
                let waiting = format!("staged/{}", shard.path);
                if staged.binary_search(&waiting).is_ok() {
                    waiting
                } else {
                    format!("release/{}", shard.path)
                }
            })
            .collect();
        self.register(context, name, &paths, &release::schema())
    }

    /// Registers the ledger.
    ///
    /// # Errors
    /// [`Error::Store`] if a file cannot be read.
    pub(crate) fn ledger(&self, context: &SessionContext, name: &str) -> Result<Columns> {
        let paths = query::ledger_paths(self.session, &self.manifest)?;
        self.register(context, name, &paths, &decision::schema())
    }

    fn register(
        &self,
        context: &SessionContext,
        name: &str,
        paths: &[String],
        empty: &SchemaRef,
    ) -> Result<Columns> {
        let failed = |e: DataFusionError| Error::store(name, e.strip_backtrace());
        let table: Arc<dyn datafusion::catalog::TableProvider> = if paths.is_empty() {
            Arc::new(MemTable::try_new(empty.clone(), vec![Vec::new()]).map_err(failed)?)
        } else {
            let url =
                |path: &String| format!("{}/{}", self.root, self.session.store().full_path(path));
            let urls: Vec<String> = paths.iter().map(url).collect();
            let frame = context.read_parquet(urls, ParquetReadOptions::default());
            let frame = self.session.runtime().block_on(frame).map_err(failed)?;
            frame.into_view()
        };
        let schema = table.schema();
        let names = schema.fields().iter().map(|field| field.name().clone());
        let columns = Columns(names.collect());
        context.register_table(name, table).map_err(failed)?;
        Ok(columns)
    }
}

/// Names of the columns that a table has.
#[derive(Debug, Clone)]
pub(crate) struct Columns(Vec<String>);

impl Columns {
    /// True if there is such a column.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|column| column == name)
    }

    /// The expression where the table has the column, else a null.
    pub(crate) fn or_null(&self, column: &str, expression: &str) -> String {
        if self.has(column) {
            expression.to_owned()
        } else {
            "NULL".to_owned()
        }
    }

    /// The names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Answers a query of ours as rows of `T`; nulls are left out of them.
///
/// # Errors
/// [`Error::Store`] if a file is damaged or scratch is full; [`Error::Internal`] if the rows are no `T`.
pub(crate) fn select<T: DeserializeOwned>(
    session: &Session,
    context: &SessionContext,
    sql: &str,
) -> Result<Vec<T>> {
    let batches = session
        .runtime()
        .block_on(async { context.sql(sql).await?.collect().await })
        .map_err(|e| Error::store(session.store().display(), e.strip_backtrace()))?;
    let read = |row| {
        serde_json::from_value(Value::Object(row)).map_err(|e| Error::internal(e.to_string()))
    };
    explain::rows(&batches)?.into_iter().map(read).collect()
}

//! A Parquet file of an object store, read by ranges: its footer, and then only what is asked for.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use crate::store::Store;

/// Bytes of the end of a file that are read at first; most footers fit.
const FOOTER_BYTES: usize = 64 << 10;

/// A file, by its place and size.
pub(crate) struct RangedFile {
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
}

impl RangedFile {
    /// Returns the file, or `None` if there is none.
    ///
    /// # Errors
    /// Whatever the store says but that it is not there.
    pub(crate) async fn open(
        store: Arc<dyn ObjectStore>,
        path: Path,
    ) -> object_store::Result<Option<Self>> {
        let size = match store.head(&path).await {
            Ok(meta) => meta.size,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(Self { store, path, size }))
    }

    /// Returns the object of an output at `path`, of `size` bytes.
    pub(crate) fn of(store: &Store, path: &str, size: u64) -> Self {
        Self {
            store: store.object_store(),
            path: store.full_path(path),
            size,
        }
    }
}

fn failed(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for RangedFile {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        let bytes = async move { self.store.get_range(&self.path, range).await };
        bytes.map(|read| read.map_err(failed)).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        let bytes = async move { self.store.get_ranges(&self.path, &ranges).await };
        bytes.map(|read| read.map_err(failed)).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        let read = async move {
            let size = self.size;
            ParquetMetaDataReader::new()
                .with_arrow_reader_options(options)
                .with_prefetch_hint(Some(FOOTER_BYTES))
                .load_and_finish(self, size)
                .await
        };
        read.map(|metadata| metadata.map(Arc::new)).boxed()
    }
}

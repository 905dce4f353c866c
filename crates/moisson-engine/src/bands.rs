//! Bands: what signatures propose. The band values of living documents, and who shares one.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type};
use moisson_core::column::column;
use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Error, Result};
use moisson_shard::file::TableWriter;
use serde::{Deserialize, Serialize};

use crate::corpus::{Corpus, narrow};
use crate::parts::{self, Part};
use crate::publish::annotation_keys;
use crate::stage::{Stage, Unit, Workshop};

/// Column of the signature family that holds the band values.
const COLUMN: &str = "signature_bands";

/// Returns the documents that share a band value, as numbers, in groups of two or more.
///
/// Each part writes its band values as a table; the grouping is one plan over these tables, which spills.
///
/// # Errors
/// [`Error::Store`] if a part cannot be read or scratch is full.
pub(crate) fn groups(shop: Workshop<'_>, corpus: &Corpus, alive: &[bool]) -> Result<Vec<Vec<u32>>> {
    let living: Vec<(usize, UInt32Array)> = corpus
        .parts
        .iter()
        .enumerate()
        .map(|(at, part)| {
            let first = part.first as usize;
            let rows = 0..u32::try_from(part.rows.num_rows()).unwrap_or(u32::MAX);
            let is_alive = |row: &u32| {
                alive
                    .get(first + *row as usize)
                    .copied()
                    .unwrap_or_default()
            };
            (at, UInt32Array::from_iter_values(rows.filter(is_alive)))
        })
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let place = |at: usize| {
        let place = living
            .get(at)
            .and_then(|(part, rows)| Some((corpus.parts.get(*part)?, rows)));
        place.ok_or_else(|| Error::internal("a part is not in the corpus"))
    };
    let units: Vec<Unit> = (0..living.len())
        .map(|at| {
            let (part, rows) = place(at)?;
            let mut key = KeyHasher::new(BandsStage::NAME, BandsStage::VERSION)
                .field(&part.first.to_le_bytes());
            for (_, annotations) in annotation_keys(shop.plan, &part.part) {
                key = key.digest(annotations);
            }
            for row in rows.values() {
                key = key.field(&row.to_le_bytes());
            }
            Ok(Unit {
                key: key.finish(),
                size: rows.len() as u64,
            })
        })
        .collect::<Result<_>>()?;
    let crew = shop.session.crew();
    let tables = crew.map_all::<BandsStage>(shop, &units, &|at| {
        let (part, rows) = place(at)?;
        let spec = BandsSpec {
            part: part.part.clone(),
            first: part.first,
        };
        let columns: ArrayRef = Arc::new(rows.clone());
        Ok((spec, Some(RecordBatch::try_from_iter([("row", columns)])?)))
    })?;
    let tables: Vec<String> = tables.into_iter().flatten().collect();
    let documents: u64 = units.iter().map(|unit| unit.size).sum();
    let rows = documents * u64::from(shop.plan.pipeline.signature.bands);
    let groups = crew.groups(shop, &tables, rows)?;
    shop.control.spilled(shop.session.take_spilled_bytes());
    Ok(groups)
}

/// Writes the band values of the living documents of a part.
pub(crate) struct BandsStage;

/// Where they lie.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BandsSpec {
    part: Part,
    /// Number of the part's first document.
    first: u32,
}

impl Stage for BandsStage {
    const NAME: &'static str = "bands";
    const VERSION: u32 = 1;
    type Spec = BandsSpec;
    /// The table in the work area: `key` (`UInt64`) and `item` (`UInt32`); none where no document has a signature.
    type Receipt = Option<String>;

    fn perform(
        shop: Workshop<'_>,
        key: Digest,
        spec: BandsSpec,
        rows: Option<RecordBatch>,
    ) -> Result<Option<String>> {
        shop.control.check()?;
        let source = shop.plan.sources.get(spec.part.source);
        let source = source.ok_or_else(|| Error::internal("a part of no source"))?;
        let wants = |name: &str| name == COLUMN;
        let signatures = narrow(source, &spec.part, &["sequence"], &wants, shop.session)?;
        let signatures = column(&signatures, COLUMN)?.as_fixed_size_list();
        let width = usize::try_from(signatures.value_length()).unwrap_or_default();
        let values = signatures.values().as_primitive::<UInt64Type>().values();
        let rows = rows.ok_or_else(|| Error::internal("bands without rows"))?;
        let (mut keys, mut items) = (Vec::new(), Vec::new());
        for &row in column(&rows, "row")?.as_primitive::<UInt32Type>().values() {
            if signatures.is_null(row as usize) {
                continue;
            }
            let start = (signatures.offset() + row as usize) * width;
            keys.extend_from_slice(values.get(start..start + width).unwrap_or_default());
            items.extend(std::iter::repeat_n(spec.first + row, width));
        }
        if keys.is_empty() {
            return Ok(None);
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(keys)),
            Arc::new(UInt32Array::from(items)),
        ];
        let mut writer = TableWriter::new(schema(), parts::part_options())?;
        writer.write(&RecordBatch::try_new(schema(), columns)?)?;
        let path = format!("{}/{}.parquet", Self::NAME, key.short(32));
        shop.session.work().put(&path, writer.finish()?.bytes)?;
        Ok(Some(path))
    }
}

/// Schema of the tables of band values.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("key", DataType::UInt64, false),
        Field::new("item", DataType::UInt32, false),
    ]))
}

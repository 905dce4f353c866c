//! Scatter: the released rows of some parts, edits applied, laid ready for the shards that take them up.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::{concat_batches, interleave_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type};
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use moisson_core::column::column;
use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Edit, Error, Result, Span, With};
use moisson_shard::release;
use moisson_text::tokens::MEMORY_BYTES;
use serde::{Deserialize, Serialize};

use crate::blobs::{self, Blob};
use crate::corpus::{Corpus, CorpusPart, replace};
use crate::parts::Part;
use crate::shard::{Layout, SHARD_VERSION};
use crate::stage::{Stage, Unit, Workshop};
use crate::texts;

/// Text of the parts that go together: much makes few objects in the work area, little keeps many threads at work.
const TEXT_BYTES_HERE: u64 = 16 << 20;
const TEXT_BYTES_ELSEWHERE: u64 = 128 << 20;

/// Columns of the corpus that a released row takes from there, with their types.
fn narrow() -> impl Iterator<Item = (&'static str, DataType)> {
    let schema = release::schema();
    let annotated = release::ANNOTATED.iter().map(move |(released, annotated)| {
        let field = schema.field_with_name(released);
        (
            *annotated,
            field.map_or(DataType::Utf8, |field| field.data_type().clone()),
        )
    });
    std::iter::once(("doc_id", DataType::Utf8)).chain(annotated)
}

/// The shards that take up rows, and which rows each takes.
pub(crate) struct Targets {
    /// Document number to place in the list of targets.
    of_item: HashMap<u32, u32>,
    /// Place of a shard in the list of targets.
    of_shard: BTreeMap<usize, u32>,
    /// Digest of the keys of all targets.
    digest: Digest,
}

impl Targets {
    /// The targets are shards of a layout, by place.
    pub(crate) fn new(targets: &[usize], layout: &Layout) -> Self {
        let mut of_item = HashMap::new();
        let mut of_shard = BTreeMap::new();
        let mut digest = KeyHasher::new("targets", SHARD_VERSION);
        for (place, at) in (0u32..).zip(targets) {
            of_shard.insert(*at, place);
            if let Ok((_, key)) = layout.shard(*at) {
                digest = digest.digest(key);
            }
            of_item.extend(layout.items(*at).map(|item| (item, place)));
        }
        Self {
            of_item,
            of_shard,
            digest: digest.finish(),
        }
    }

    /// Place of a shard in the list of targets.
    pub(crate) fn place(&self, shard: usize) -> Option<u32> {
        self.of_shard.get(&shard).copied()
    }

    /// Rows of a part that some target takes up.
    fn rows(&self, part: &CorpusPart) -> Vec<u32> {
        (0..u32::try_from(part.rows.num_rows()).unwrap_or(u32::MAX))
            .filter(|row| self.of_item.contains_key(&(part.first + row)))
            .collect()
    }
}

/// Has the rows of all targets laid ready; returns the blobs by target.
///
/// # Errors
/// [`Error::Store`] if a part cannot be read or the work area cannot be written.
pub(crate) fn run(
    shop: Workshop<'_>,
    corpus: &Corpus,
    targets: &Targets,
) -> Result<BTreeMap<u32, Vec<Blob>>> {
    let groups = together(shop, corpus, targets);
    let units: Vec<Unit> = groups
        .iter()
        .map(|parts| {
            let mut key =
                KeyHasher::new(ScatterStage::NAME, ScatterStage::VERSION).digest(targets.digest);
            for part in parts.iter().filter_map(|at| corpus.parts.get(*at)) {
                key = key
                    .digest(part.part.manifest.key)
                    .field(&part.first.to_le_bytes());
            }
            Unit {
                key: key.finish(),
                size: 0,
            }
        })
        .collect();
    let written = shop
        .session
        .crew()
        .map_all::<ScatterStage>(shop, &units, &|at| {
            let parts = groups
                .get(at)
                .ok_or_else(|| Error::internal("no such unit"))?;
            let parts: Vec<&CorpusPart> = parts
                .iter()
                .filter_map(|at| corpus.parts.get(*at))
                .collect();
            let tables = (0u32..)
                .zip(&parts)
                .map(|(place, part)| table(place, part, targets));
            let tables: Vec<RecordBatch> = tables.collect::<Result<_>>()?;
            let parts = parts.iter().map(|part| part.part.clone()).collect();
            Ok((
                ScatterSpec { parts },
                Some(concat_batches(&table_schema(), &tables)?),
            ))
        })?;
    Ok(blobs::by_reader(written))
}

/// Parts that hold released rows, in groups of about as much text as a unit takes.
fn together(shop: Workshop<'_>, corpus: &Corpus, targets: &Targets) -> Vec<Vec<usize>> {
    let most = if shop.session.crew().is_elsewhere() {
        TEXT_BYTES_ELSEWHERE
    } else {
        TEXT_BYTES_HERE
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut bytes = u64::MAX;
    for (at, part) in corpus.parts.iter().enumerate() {
        let rows = targets.rows(part);
        if rows.is_empty() {
            continue;
        }
        let text: u64 = rows.iter().map(|&row| part.text_bytes(row as usize)).sum();
        if bytes.saturating_add(text) > most {
            groups.push(Vec::new());
            bytes = 0;
        }
        bytes += text;
        groups
            .last_mut()
            .into_iter()
            .for_each(|group| group.push(at));
    }
    groups
}

fn table_schema() -> SchemaRef {
    let number = |name: &str| Field::new(name, DataType::UInt32, false);
    let spans = Field::new("item", DataType::UInt64, true);
    let mut fields = vec![
        number("part"),
        number("row"),
        number("item"),
        number("target"),
    ];
    fields.extend(narrow().map(|(name, kind)| Field::new(name, kind, true)));
    fields.push(Field::new("edits", DataType::List(Arc::new(spans)), true));
    Arc::new(Schema::new(fields))
}

/// What a unit has to know of the rows of one part.
fn table(place: u32, part: &CorpusPart, targets: &Targets) -> Result<RecordBatch> {
    let rows = targets.rows(part);
    let items: Vec<u32> = rows.iter().map(|row| part.first + row).collect();
    let target = |item: &u32| targets.of_item.get(item).copied().unwrap_or(u32::MAX);
    let indices = UInt32Array::from(rows.clone());
    let taken = take_record_batch(&part.rows, &indices)?;
    let edits = rows.iter().map(|&row| {
        let spans = part
            .edits
            .get(row as usize)
            .filter(|spans| !spans.is_empty())?;
        Some(
            spans
                .iter()
                .flat_map(|edit| numbers(edit).map(Some))
                .collect::<Vec<_>>(),
        )
    });
    let edits: ArrayRef = Arc::new(ListArray::from_iter_primitive::<UInt64Type, _, _>(edits));
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from(vec![place; rows.len()])),
        Arc::new(indices),
        Arc::new(UInt32Array::from_iter_values(items.iter().copied())),
        Arc::new(UInt32Array::from_iter_values(items.iter().map(target))),
    ];
    for (name, kind) in narrow() {
        columns.push(match taken.column_by_name(name) {
            Some(column) => arrow::compute::cast(column, &kind)?,
            // Annotators may be off, and parts of earlier versions lack what came later.
            None => new_null_array(&kind, rows.len()),
        });
    }
    columns.push(edits);
    Ok(RecordBatch::try_new(table_schema(), columns)?)
}

/// Reads the released rows of some parts and lays them ready, one blob a target.
pub(crate) struct ScatterStage;

/// Where the texts lie; `part` of the table is the place in this list.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ScatterSpec {
    parts: Vec<Part>,
}

impl Stage for ScatterStage {
    const NAME: &'static str = "scatter";
    const VERSION: u32 = SHARD_VERSION;
    type Spec = ScatterSpec;
    type Receipt = Vec<(u32, Blob)>;

    fn perform(
        shop: Workshop<'_>,
        key: Digest,
        spec: ScatterSpec,
        rows: Option<RecordBatch>,
    ) -> Result<Vec<(u32, Blob)>> {
        let table = rows.ok_or_else(|| Error::internal("nothing to scatter"))?;
        let places = column(&table, "part")?
            .as_primitive::<UInt32Type>()
            .values()
            .clone();
        let mut ready = Ready::default();
        let mut start = 0;
        for same in places.chunk_by(|left, right| left == right) {
            let part = same
                .first()
                .and_then(|place| spec.parts.get(*place as usize));
            let part = part.ok_or_else(|| Error::internal("rows of no part"))?;
            ready.add(shop, part, &table.slice(start, same.len()))?;
            start += same.len();
        }
        let path = format!("{}/{}", Self::NAME, key.short(32));
        blobs::write(shop.session.work(), &path, ready.blobs()?)
    }

    /// A unit holds the text of its rows twice, and its compressed form; counting tokens takes its own.
    fn at_once(shop: Workshop<'_>) -> Result<usize> {
        let budget = shop.session.budget();
        let counting = shop.plan.tokenizer.as_ref().map_or(0, |_| MEMORY_BYTES);
        let one = 3 * TEXT_BYTES_ELSEWHERE + counting;
        let side = usize::try_from(budget.memory_bytes / 2 / one);
        Ok(side.unwrap_or(usize::MAX).clamp(1, budget.threads))
    }
}

/// Released rows, and where those of each target are.
#[derive(Default)]
struct Ready {
    batches: Vec<RecordBatch>,
    places: BTreeMap<u32, Vec<(usize, usize)>>,
}

impl Ready {
    fn add(&mut self, shop: Workshop<'_>, part: &Part, table: &RecordBatch) -> Result<()> {
        let rows = column(table, "row")?
            .as_primitive::<UInt32Type>()
            .values()
            .clone();
        texts::batches(shop.session, part, &rows, None, &mut |at, documents| {
            shop.control.check()?;
            let narrow = table.slice(at, documents.num_rows());
            let documents = replace(&documents, "doc_id", column(&narrow, "doc_id")?.clone())?;
            let all: Vec<u32> = (0..u32::try_from(narrow.num_rows()).unwrap_or(u32::MAX)).collect();
            let edits = edits(&narrow)?;
            let edits = |row: u32| edits.get(row as usize).map_or(&[][..], Vec::as_slice);
            let tokens = |text: &str| shop.plan.tokenizer.as_ref()?.count(text);
            let released = release::rows(&documents, &narrow, &all, &edits, &tokens)?;
            let targets = column(&narrow, "target")?.as_primitive::<UInt32Type>();
            for (row, target) in targets.values().iter().enumerate() {
                let place = (self.batches.len(), row);
                self.places.entry(*target).or_default().push(place);
            }
            let columns = released.columns().iter().cloned();
            let columns = columns.chain([column(&narrow, "item")?.clone()]).collect();
            self.batches
                .push(RecordBatch::try_new(blob_schema(), columns)?);
            Ok(())
        })
    }

    /// The rows of each target as an Arrow IPC stream.
    fn blobs(self) -> Result<BTreeMap<u32, Vec<u8>>> {
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let options =
            IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
        let blob = |(target, places): (u32, Vec<(usize, usize)>)| {
            let rows = interleave_record_batch(&batches, &places)?;
            let mut writer =
                StreamWriter::try_new_with_options(Vec::new(), &rows.schema(), options.clone())?;
            writer.write(&rows)?;
            Ok((target, writer.into_inner()?))
        };
        self.places.into_iter().map(blob).collect()
    }
}

/// An edit as three numbers: begin, end, and what takes the place: 0 for nothing, else a class and its form.
pub(crate) fn numbers(edit: &Edit) -> [u64; 3] {
    let with = match edit.with {
        With::Nothing => 0,
        With::Token(class) => 1 + 2 * u64::from(class),
        With::Fiction(class) => 2 + 2 * u64::from(class),
    };
    [edit.span.start as u64, edit.span.end as u64, with]
}

/// The reverse of [`numbers`].
fn edit(numbers: &[u64]) -> Option<Edit> {
    let [start, end, with] = *numbers else {
        return None;
    };
    let place = |at: u64| usize::try_from(at).ok();
    let span = Span {
        start: place(start)?,
        end: place(end)?,
    };
    let with = match with {
        0 => With::Nothing,
        with => {
            let class = u8::try_from((with - 1) / 2).ok()?;
            if with % 2 == 1 {
                With::Token(class)
            } else {
                With::Fiction(class)
            }
        }
    };
    Some(Edit { span, with })
}

fn edits(narrow: &RecordBatch) -> Result<Vec<Vec<Edit>>> {
    let lists = column(narrow, "edits")?.as_list::<i32>();
    let of_row = |row: usize| {
        if lists.is_null(row) {
            return Ok(Vec::new());
        }
        let all = lists.value(row);
        let all = all.as_primitive::<UInt64Type>().values().chunks(3);
        // An edit that is not made would ship what is to be cut or replaced.
        all.map(|numbers| edit(numbers).ok_or_else(|| Error::internal("an edit is damaged")))
            .collect()
    };
    (0..narrow.num_rows()).map(of_row).collect()
}

/// Schema of a blob: the release's, and the number of the document.
pub(crate) fn blob_schema() -> SchemaRef {
    let mut fields: Vec<Arc<Field>> = release::schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new("item", DataType::UInt32, false)));
    Arc::new(Schema::new(fields))
}

#[cfg(test)]
mod tests {
    use super::{Edit, Span, With, edit, numbers};

    #[test]
    fn edits_travel_as_numbers() {
        for with in [
            With::Nothing,
            With::Token(0),
            With::Fiction(0),
            With::Token(255),
            With::Fiction(255),
        ] {
            let span = Span { start: 3, end: 70 };
            let sent = Edit { span, with };
            assert_eq!(edit(&numbers(&sent)), Some(sent));
        }
        assert_eq!(edit(&[1, 2]), None);
        assert_eq!(edit(&[1, 2, 513]), None);
    }
}

//! Runs the exchange of the candidates stage alone, on a cluster: who shares a band value with whom.
//!
//! ```text
//! candidates df://HOST:PORT FOLDER PARTITIONS [SQL]
//! ```
//!
//! `FOLDER` holds Parquet files of `key` (`UInt64`) and `item` (`UInt32`), as the bands stage writes them. The plan and
//! what the driver does with its rows are those of a run. Prints one line of JSON; `candidates.py` generates the files,
//! starts the cluster and checks the answer. With SQL it runs that over the table `keys` instead, to compare plans, or
//! to see what a task costs that does nothing.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that reports on standard output, with the clock and the memory of its process"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use moisson_core::{Error, Result};
use moisson_engine::cluster::client::Client;
use moisson_engine::session::{GROUPS, runtime, sorted_groups};
use moisson_engine::stage;
use serde_json::json;

fn main() -> Result<()> {
    let arguments = std::env::args().skip(1);
    // `cargo bench` adds a word of its own.
    let arguments: Vec<String> = arguments.filter(|word| word != "--bench").collect();
    let (scheduler, folder, partitions, plan) = match arguments.as_slice() {
        [] => {
            println!("usage: candidates SCHEDULER FOLDER PARTITIONS [SQL]");
            return Ok(());
        }
        [scheduler, folder, partitions] => (scheduler, folder, partitions, GROUPS),
        [scheduler, folder, partitions, plan] => (scheduler, folder, partitions, plan.as_str()),
        _ => {
            return Err(Error::config(
                "usage: candidates SCHEDULER FOLDER PARTITIONS [SQL]",
            ));
        }
    };
    let partitions = partitions
        .parse()
        .map_err(|_| Error::config(format!("`{partitions}` is no number of partitions")))?;
    let files = files(Path::new(folder))?;
    let schema = Arc::new(Schema::new(vec![
        Field::new("key", DataType::UInt64, false),
        Field::new("item", DataType::UInt32, false),
    ]));

    let runtime = runtime()?;
    let client = Client::connect(
        scheduler,
        None,
        stage::VERSIONS,
        Duration::ZERO,
        runtime.handle(),
    )?;
    let started = Instant::now();
    let table = ("keys", files, schema);
    let rows = client.query(&[table], plan, partitions, &mut || Ok(()))?;
    let queried = started.elapsed();
    let is_list = |batch: &RecordBatch| matches!(batch.column(0).data_type(), DataType::List(_));
    if !rows.first().is_some_and(is_list) {
        let number: usize = rows.iter().map(RecordBatch::num_rows).sum();
        let seconds = queried.as_secs_f64();
        println!("{}", json!({ "rows": number, "query_seconds": seconds }));
        return Ok(());
    }
    let (query_memory, bytes) = (
        memory("VmRSS"),
        rows.iter()
            .map(RecordBatch::get_array_memory_size)
            .sum::<usize>(),
    );
    let started = Instant::now();
    let groups = sorted_groups(&rows)?;
    let sorted = started.elapsed();

    let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
    let mut fingerprint = 0_u64;
    for group in &groups {
        *sizes.entry(group.len()).or_default() += 1;
        let members = group.iter().map(|&item| mix(u64::from(item)));
        fingerprint = fingerprint.wrapping_add(mix(members.fold(0, u64::wrapping_add)));
    }
    println!(
        "{}",
        json!({
            "groups": groups.len(),
            "members": groups.iter().map(Vec::len).sum::<usize>(),
            "sizes": sizes,
            "fingerprint": fingerprint.to_string(),
            "query_seconds": queried.as_secs_f64(),
            "sort_seconds": sorted.as_secs_f64(),
            "rows_bytes": bytes,
            "memory_after_query": query_memory,
            "memory_after_sort": memory("VmRSS"),
            "memory_peak": memory("VmHWM"),
        })
    );
    Ok(())
}

/// The Parquet files of a folder, in order of name.
fn files(folder: &Path) -> Result<Vec<String>> {
    let failed = |e| Error::store(folder.display(), e);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "parquet")
        {
            files.push(path.to_string_lossy().into_owned());
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// The finaliser of `SplitMix64`, which `candidates.py` knows too: a bijection.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// A size from `/proc/self/status`, in bytes; 0 where there is none.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() << 10
}

//! A scheduler, workers and drivers in one process, on loopback.

mod harness;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use moisson_core::{Error, Result};

use super::client::Client;
use super::functions::Perform;
use harness::{Cluster, OTHER_VERSIONS, Pki, Units, VERSIONS, Worker, parquet, runtime, strings};

/// Records who performed what, after `before` has let it.
struct Recorder<F> {
    done: Mutex<Vec<(String, String)>>,
    before: F,
}

impl<F: Fn(&str) -> Result<()> + Send + Sync> Recorder<F> {
    fn new(before: F) -> Arc<Self> {
        Arc::new(Self {
            done: Mutex::default(),
            before,
        })
    }

    fn keys(&self) -> Vec<String> {
        let done = self.done.lock().unwrap();
        let mut keys: Vec<String> = done.iter().map(|(_, key)| key.clone()).collect();
        keys.sort();
        keys
    }
}

/// What one worker has of a [`Recorder`].
struct Named<F> {
    name: &'static str,
    recorder: Arc<Recorder<F>>,
}

impl<F: Fn(&str) -> Result<()> + Send + Sync> Perform for Named<F> {
    fn perform(
        &self,
        stage: &str,
        job: &str,
        key: &str,
        spec: &str,
        rows: Option<&[u8]>,
    ) -> Result<String> {
        (self.recorder.before)(self.name)?;
        let done = (self.name.to_owned(), key.to_owned());
        self.recorder.done.lock().unwrap().push(done);
        Ok(format!(
            "{stage} {job} {key} {spec} {}",
            rows.map_or(0, <[u8]>::len)
        ))
    }
}

fn named<F>(name: &'static str, recorder: &Arc<Recorder<F>>) -> Arc<dyn Perform>
where
    F: Fn(&str) -> Result<()> + Send + Sync + 'static,
{
    Arc::new(Named {
        name,
        recorder: recorder.clone(),
    })
}

const INGEST: &str = "SELECT moisson_ingest(job, key, spec, rows) AS receipt FROM units";

#[test]
fn every_unit_is_performed_once_and_every_worker_takes_part() {
    let cluster = Cluster::start(None);
    let units = Units::new(6);
    // The first unit of each worker waits for the other's: neither can do all.
    let (both, first) = (Barrier::new(2), Mutex::new(BTreeSet::new()));
    let recorder = Recorder::new(move |name| {
        if first.lock().unwrap().insert(name.to_owned()) {
            both.wait();
        }
        Ok(())
    });
    let _one = cluster.worker(&units, named("one", &recorder));
    let _two = cluster.worker(&units, named("two", &recorder));
    let client = cluster.client();
    let rows = client
        .query(&units.tables(), INGEST, 6, &mut || Ok(()))
        .unwrap();
    let mut receipts = strings(&rows);
    receipts.sort();
    let expected: Vec<String> = (0..6)
        .map(|n| format!("ingest job unit-{n} spec {n}"))
        .collect();
    assert_eq!(receipts, expected);
    assert_eq!(recorder.keys().len(), 6);
    assert!(client.last_job().is_some());
}

#[test]
fn groups_over_several_files_are_right() {
    let cluster = Cluster::start(None);
    let units = Units::new(0);
    let recorder = Recorder::new(|_| Ok(()));
    let _one = cluster.worker(&units, named("one", &recorder));
    let _two = cluster.worker(&units, named("two", &recorder));
    let schema = Arc::new(Schema::new(vec![
        Field::new("key", DataType::Utf8, true),
        Field::new("item", DataType::Int64, false),
    ]));
    let files = (0..4_i64).map(|file| {
        let items: Vec<i64> = (0..100).map(|n| n * 4 + file).collect();
        let keys = items.iter().map(|item| Some(format!("k{}", item % 7)));
        let keys: StringArray = keys.collect();
        let columns: [arrow::array::ArrayRef; 2] =
            [Arc::new(keys), Arc::new(Int64Array::from(items))];
        let batch = RecordBatch::try_new(schema.clone(), columns.to_vec()).unwrap();
        parquet(&units.folder(), &format!("keys-{file}.parquet"), &batch)
    });
    let tables = [("keys", files.collect(), schema.clone())];
    let sql = "SELECT key, array_agg(item) AS items FROM keys GROUP BY key HAVING count(*) > 1";
    let rows = cluster
        .client()
        .query(&tables, sql, 4, &mut || Ok(()))
        .unwrap();
    let mut groups = Vec::new();
    for batch in &rows {
        let (keys, lists) = (
            batch.column(0).as_string::<i32>(),
            batch.column(1).as_list::<i32>(),
        );
        for row in 0..batch.num_rows() {
            let mut items = lists
                .value(row)
                .as_primitive::<Int64Type>()
                .values()
                .to_vec();
            items.sort_unstable();
            groups.push((keys.value(row).to_owned(), items));
        }
    }
    groups.sort();
    let expected: Vec<(String, Vec<i64>)> = (0..7)
        .map(|key| {
            let items = (0..400).filter(|item| item % 7 == key).collect();
            (format!("k{key}"), items)
        })
        .collect();
    assert_eq!(groups, expected);
}

#[test]
fn errors_and_panics_of_a_unit_reach_the_driver_in_their_own_words() {
    let cluster = Cluster::start(None);
    let units = Units::new(1);
    let which = Arc::new(Mutex::new("config"));
    let kind = which.clone();
    let tries = Arc::new(Mutex::new(0));
    let counted = tries.clone();
    let recorder = Recorder::new(move |_| {
        *counted.lock().unwrap() += 1;
        let kind = *kind.lock().unwrap();
        match kind {
            "config" => Err(Error::config("unknown reader \"x\"\n  known: y")),
            "store" => Err(Error::store("s3://bucket/part", "denied")),
            _ => panic!("index out of bounds"),
        }
    });
    let _worker = cluster.worker(&units, named("one", &recorder));
    let client = cluster.client();
    let fail = |kind| {
        *which.lock().unwrap() = kind;
        *tries.lock().unwrap() = 0;
        let error = client.query(&units.tables(), INGEST, 1, &mut || Ok(()));
        (error.unwrap_err().to_string(), *tries.lock().unwrap())
    };
    let (error, tries) = fail("config");
    assert_eq!(
        (error.as_str(), tries),
        ("unknown reader \"x\"\n  known: y", 1)
    );
    let (error, tries) = fail("store");
    assert_eq!((error.as_str(), tries), ("s3://bucket/part: denied", 8));
    let (error, _) = fail("panic");
    let said = "internal error, please report it: stage ingest, unit `unit-0`: index out of bounds";
    assert_eq!(error, said);
}

#[test]
fn who_has_no_certificate_of_the_authority_is_refused() {
    let pki = Pki::new();
    let cluster = Cluster::start(Some(pki.tls()));
    let units = Units::new(2);
    let recorder = Recorder::new(|_| Ok(()));
    let _worker = cluster.worker(&units, named("one", &recorder));
    for (who, tls, why) in [
        (
            "plain http",
            None,
            "cannot reach the scheduler at df://127.0.0.1",
        ),
        (
            "another authority",
            Some(Pki::new().tls()),
            "invalid peer certificate",
        ),
        (
            "own certificate of another authority",
            Some(pki.stranger()),
            "cannot reach",
        ),
    ] {
        let client = Client::connect(
            &cluster.url(),
            tls.clone(),
            VERSIONS,
            Duration::ZERO,
            runtime(),
        );
        let error = client.unwrap_err().to_string();
        assert!(error.contains(why), "{who}: {error}");
        let worker = Worker::refused(&cluster.url(), tls, VERSIONS).to_string();
        assert!(worker.contains(why), "{who}: {worker}");
    }
    let rows = cluster
        .client()
        .query(&units.tables(), INGEST, 2, &mut || Ok(()));
    assert_eq!(strings(&rows.unwrap()).len(), 2);
}

#[test]
fn another_registry_is_refused_in_one_sentence() {
    let cluster = Cluster::start(None);
    let client = Client::connect(
        &cluster.url(),
        None,
        OTHER_VERSIONS,
        Duration::ZERO,
        runtime(),
    );
    let client = client.unwrap_err().to_string();
    let worker = Worker::refused(&cluster.url(), None, OTHER_VERSIONS).to_string();
    assert_eq!(client, worker);
    let (ours, theirs) = (
        super::handshake::identity(VERSIONS),
        super::handshake::identity(OTHER_VERSIONS),
    );
    let expected = format!(
        "the scheduler at {} refused: it is {ours}, the caller {theirs}; run the same moisson as scheduler, workers and \
         driver",
        cluster.url()
    );
    assert_eq!(client, expected);
}

#[test]
fn a_scheduler_that_is_not_there_is_said_at_once() {
    let cluster = Cluster::start(None);
    let url = cluster.url();
    drop(cluster);
    for error in [
        Worker::refused(&url, None, VERSIONS),
        Client::connect(&url, None, VERSIONS, Duration::ZERO, runtime()).unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(error.contains("cannot reach the scheduler"), "{error}");
        assert!(error.contains("refused (os error"), "{error}");
    }
}

#[test]
fn plans_reach_only_the_stores_of_a_worker() {
    let cluster = Cluster::start(None);
    let (units, outside) = (Units::new(1), Units::new(1));
    let recorder = Recorder::new(|_| Ok(()));
    let _worker = cluster.worker(&units, named("one", &recorder));
    let client = cluster.client();
    let sql = "SELECT key FROM units";
    let inside = client.query(&units.tables(), sql, 1, &mut || Ok(()));
    assert_eq!(strings(&inside.unwrap()), ["unit-0"]);
    let error = client.query(&outside.tables(), sql, 1, &mut || Ok(()));
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("is outside the stores of this worker"),
        "{error}"
    );
    let folder = units.folder();
    assert!(error.contains(&*folder.to_string_lossy()), "{error}");
}

#[test]
fn a_job_given_up_is_cancelled_and_its_other_units_never_begin() {
    let cluster = Cluster::start(None);
    let units = Units::new(5);
    let begun = Arc::new(AtomicBool::new(false));
    let go = Arc::new(AtomicBool::new(false));
    let (starts, gate) = (begun.clone(), go.clone());
    let recorder = Recorder::new(move |_| {
        starts.store(true, Ordering::Relaxed);
        harness::until(&gate);
        Ok(())
    });
    let _worker = cluster.worker(&units, named("one", &recorder));
    let client = cluster.client();
    let given_up = client.query(&units.tables(), INGEST, 5, &mut || {
        if begun.load(Ordering::Relaxed) {
            assert!(client.last_job().is_some());
            return Err(Error::Interrupted);
        }
        Ok(())
    });
    assert!(matches!(given_up, Err(Error::Interrupted)), "{given_up:?}");
    go.store(true, Ordering::Relaxed);
    // The worker has one slot: what it does next tells that nothing else was waiting for it.
    let next = Units::of(&units, "next");
    client
        .query(&next.tables(), INGEST, 1, &mut || Ok(()))
        .unwrap();
    let keys = recorder.keys();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert!(keys.contains(&"next-0".to_owned()), "{keys:?}");
    client.cancel("no-such-job").unwrap();
}

#[test]
fn the_unit_of_a_worker_that_stops_is_done_by_another() {
    // A unit notices that the worker stops, or it does not.
    for notices in [true, false] {
        let cluster = Cluster::start(None);
        let units = Units::new(3);
        let begun = Arc::new(AtomicBool::new(false));
        let stops = Arc::new(AtomicBool::new(false));
        let (starts, stopped) = (begun.clone(), stops.clone());
        let recorder = Recorder::new(move |name| {
            if name == "two" {
                return Ok(());
            }
            starts.store(true, Ordering::Relaxed);
            harness::until(&stopped);
            Err(Error::Interrupted)
        });
        let mut one = Some(cluster.worker(&units, named("one", &recorder)));
        let mut two = None;
        let client = cluster.client();
        let rows = client.query(&units.tables(), INGEST, 3, &mut || {
            if begun.load(Ordering::Relaxed) && two.is_none() {
                stops.store(notices, Ordering::Relaxed);
                drop(one.take());
                two = Some(cluster.worker(&units, named("two", &recorder)));
            }
            Ok(())
        });
        assert_eq!(strings(&rows.unwrap()).len(), 3);
        assert_eq!(recorder.keys(), ["unit-0", "unit-1", "unit-2"]);
        stops.store(true, Ordering::Relaxed);
    }
}

#[test]
fn rows_of_a_worker_that_stopped_are_made_again_and_not_repeated() {
    let cluster = Cluster::start(None);
    let units = Units::new(4);
    let begun = Arc::new(Mutex::new(0));
    let counted = begun.clone();
    let never = AtomicBool::new(false);
    let recorder = Recorder::new(move |name| {
        if name == "one" {
            *counted.lock().unwrap() += 1;
            // Two units are done and their rows wait on this worker; it stops at the third.
            if *counted.lock().unwrap() == 3 {
                harness::until(&never);
            }
        }
        Ok(())
    });
    let mut one = Some(cluster.worker(&units, named("one", &recorder)));
    let mut two = None;
    let client = cluster.client();
    let mut jobs = BTreeSet::new();
    let rows = client.query(&units.tables(), INGEST, 4, &mut || {
        jobs.extend(client.last_job());
        if *begun.lock().unwrap() == 3 && two.is_none() {
            drop(one.take());
            two = Some(cluster.worker(&units, named("two", &recorder)));
        }
        Ok(())
    });
    let expected: Vec<String> = (0..4)
        .map(|n| format!("ingest job unit-{n} spec {n}"))
        .collect();
    assert_eq!(strings(&rows.unwrap()), expected);
    jobs.extend(client.last_job());
    assert_eq!(jobs.len(), 1, "the whole job was done again");
}

#[test]
fn results_without_rows_are_complete() {
    let cluster = Cluster::start(None);
    let units = Units::new(4);
    let recorder = Recorder::new(|_| Ok(()));
    let _worker = cluster.worker(&units, named("one", &recorder));
    let client = cluster.client();
    for (sql, expected) in [
        ("SELECT key FROM units WHERE key = 'none'", 0),
        ("SELECT job FROM units GROUP BY job", 1),
        ("SELECT key FROM units GROUP BY key HAVING count(*) > 1", 0),
        ("SELECT key FROM units ORDER BY key", 4),
        ("SELECT key FROM units LIMIT 2", 2),
    ] {
        let rows = client.query(&units.tables(), sql, 4, &mut || Ok(()));
        assert_eq!(strings(&rows.unwrap()).len(), expected, "{sql}");
    }
}

#[test]
fn workers_and_jobs_outlive_a_scheduler_that_is_started_again() {
    let mut cluster = Cluster::start(None);
    let units = Units::new(3);
    let begun = Arc::new(AtomicBool::new(false));
    let go = Arc::new(AtomicBool::new(false));
    let (starts, gate) = (begun.clone(), go.clone());
    let recorder = Recorder::new(move |_| {
        starts.store(true, Ordering::Relaxed);
        harness::until(&gate);
        Ok(())
    });
    let _worker = cluster.worker(&units, named("one", &recorder));
    let client = cluster.client();
    let mut first = None;
    let rows = client.query(&units.tables(), INGEST, 3, &mut || {
        if begun.load(Ordering::Relaxed) && first.is_none() {
            first = client.last_job();
            cluster.restart();
            go.store(true, Ordering::Relaxed);
        }
        Ok(())
    });
    assert_eq!(strings(&rows.unwrap()).len(), 3);
    assert_ne!(first, client.last_job());
    let keys: BTreeSet<String> = recorder.keys().into_iter().collect();
    assert_eq!(keys.len(), 3);
}

//! Starts and stops the parts of a cluster, and makes tables and certificates for it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, BinaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use moisson_core::{Error, Result};
use parquet::arrow::ArrowWriter;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::runtime::{Handle, Runtime};

use crate::cluster::client::{Client, Table};
use crate::cluster::functions::{OnWorkersOnly, Perform};
use crate::cluster::scheduler::{self, SchedulerOptions};
use crate::cluster::tls::Tls;
use crate::cluster::worker::{self, WorkerOptions};

pub(super) const VERSIONS: &[(&str, u32)] = &[("ingest", 1)];
pub(super) const OTHER_VERSIONS: &[(&str, u32)] = &[("ingest", 2)];
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The drivers' runtime.
pub(super) fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| crate::session::runtime().unwrap())
        .handle()
}

/// Waits for a flag.
pub(super) fn until(flag: &AtomicBool) {
    while !flag.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Something that serves on a thread until it is dropped.
struct Serving {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Serving {
    fn start<F>(serve: F) -> Result<Self>
    where
        F: FnOnce(&Arc<AtomicBool>, &mut dyn FnMut(SocketAddr)) -> Result<()> + Send + 'static,
    {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = stop.clone();
        let (sender, receiver) = channel();
        let thread =
            std::thread::spawn(move || serve(&flag, &mut |address| sender.send(address).unwrap()));
        match receiver.recv() {
            Ok(address) => Ok(Self {
                address,
                stop,
                thread: Some(thread),
            }),
            Err(_) => Err(thread.join().unwrap().unwrap_err()),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}

/// A scheduler.
pub(super) struct Cluster {
    tls: Option<Tls>,
    scheduler: Option<Serving>,
    address: SocketAddr,
}

impl Cluster {
    pub(super) fn start(tls: Option<Tls>) -> Self {
        let scheduler = Self::scheduler(tls.clone(), 0);
        Self {
            tls,
            address: scheduler.address,
            scheduler: Some(scheduler),
        }
    }

    fn scheduler(tls: Option<Tls>, port: u16) -> Serving {
        let options = SchedulerOptions {
            bind: SocketAddr::new(LOOPBACK, port),
            advertise: None,
            tls,
            worker_timeout: Duration::from_secs(5),
            versions: VERSIONS,
        };
        Serving::start(move |stop, ready| scheduler::serve(&options, stop, ready)).unwrap()
    }

    /// Stops the scheduler and starts another at its address.
    pub(super) fn restart(&mut self) {
        drop(self.scheduler.take());
        let scheduler = Self::scheduler(self.tls.clone(), self.address.port());
        self.scheduler = Some(scheduler);
    }

    pub(super) fn url(&self) -> String {
        format!("df://{}", self.address)
    }

    pub(super) fn client(&self) -> Client {
        Client::connect(
            &self.url(),
            self.tls.clone(),
            VERSIONS,
            Duration::ZERO,
            runtime(),
        )
        .unwrap()
    }

    /// A worker of one slot, to which the folder of `units` is open.
    pub(super) fn worker(&self, units: &Units, perform: Arc<dyn Perform>) -> Worker {
        let stores = vec![units.folder().to_string_lossy().into_owned()];
        let options = options(&self.url(), self.tls.clone(), VERSIONS, stores, perform);
        Worker::start(options).unwrap()
    }
}

fn options(
    url: &str,
    tls: Option<Tls>,
    versions: &'static [(&'static str, u32)],
    stores: Vec<String>,
    perform: Arc<dyn Perform>,
) -> WorkerOptions {
    WorkerOptions {
        scheduler: url.to_owned(),
        bind: LOOPBACK,
        advertise: None,
        port: 0,
        slots: 1,
        memory_bytes: 1 << 30,
        scratch: None,
        wait: Duration::ZERO,
        stores,
        tls,
        rest: Duration::from_millis(10),
        versions,
        perform,
    }
}

/// A worker, stopped when dropped.
pub(super) struct Worker {
    _serving: Serving,
}

impl Worker {
    fn start(options: WorkerOptions) -> Result<Self> {
        let serving = Serving::start(move |stop, ready| worker::serve(&options, stop, ready))?;
        Ok(Self { _serving: serving })
    }

    /// The error of a worker that cannot start.
    pub(super) fn refused(
        url: &str,
        tls: Option<Tls>,
        versions: &'static [(&'static str, u32)],
    ) -> Error {
        let perform = Arc::new(OnWorkersOnly);
        let options = options(url, tls, versions, Vec::new(), perform);
        match Self::start(options) {
            Ok(_) => panic!("the worker was taken"),
            Err(error) => error,
        }
    }
}

/// A table of units, one file each.
pub(super) struct Units {
    folder: Arc<tempfile::TempDir>,
    files: Vec<String>,
    schema: SchemaRef,
}

impl Units {
    pub(super) fn new(number: usize) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::within(folder, "unit", number)
    }

    /// One more unit, beside others.
    pub(super) fn of(others: &Self, name: &str) -> Self {
        Self::within(others.folder.clone(), name, 1)
    }

    fn within(folder: Arc<tempfile::TempDir>, name: &str, number: usize) -> Self {
        let text = |column| Field::new(column, DataType::Utf8, false);
        let schema = Arc::new(Schema::new(vec![
            text("job"),
            text("key"),
            text("spec"),
            Field::new("rows", DataType::Binary, true),
        ]));
        let files = (0..number).map(|number| {
            let bytes = vec![0_u8; number];
            // The first has no rows at all.
            let rows = (number > 0).then_some(bytes.as_slice());
            let columns: Vec<ArrayRef> = vec![
                Arc::new(StringArray::from(vec!["job"])),
                Arc::new(StringArray::from(vec![format!("{name}-{number}")])),
                Arc::new(StringArray::from(vec!["spec"])),
                Arc::new(BinaryArray::from(vec![rows])),
            ];
            let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
            parquet(folder.path(), &format!("{name} {number}.parquet"), &batch)
        });
        let files = files.collect();
        Self {
            folder,
            files,
            schema,
        }
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(super) fn tables(&self) -> [Table<'static>; 1] {
        [("units", self.files.clone(), self.schema.clone())]
    }
}

/// Writes a Parquet file and returns its path.
pub(super) fn parquet(folder: &Path, name: &str, batch: &RecordBatch) -> String {
    let path = folder.join(name);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(&path, bytes).unwrap();
    path.to_string_lossy().into_owned()
}

/// The first column of rows.
pub(super) fn strings(batches: &[RecordBatch]) -> Vec<String> {
    let column = |batch: &RecordBatch| {
        let strings = batch.column(0).as_string::<i32>();
        let strings = strings.iter().flatten().map(str::to_owned);
        strings.collect::<Vec<_>>()
    };
    batches.iter().flat_map(column).collect()
}

/// An authority and what it signs.
pub(super) struct Pki {
    authority: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Pki {
    pub(super) fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = parameters.self_signed(&key).unwrap().pem();
        Self {
            authority,
            issuer: Issuer::new(parameters, key),
        }
    }

    fn signed(&self) -> (String, String) {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(names).unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// A certificate of this authority.
    pub(super) fn tls(&self) -> Tls {
        let (certificate, key) = self.signed();
        Tls::new(
            self.authority.as_bytes(),
            certificate.as_bytes(),
            key.as_bytes(),
        )
        .unwrap()
    }

    /// Who trusts this authority, with a certificate of another.
    pub(super) fn stranger(&self) -> Tls {
        let (certificate, key) = Self::new().signed();
        Tls::new(
            self.authority.as_bytes(),
            certificate.as_bytes(),
            key.as_bytes(),
        )
        .unwrap()
    }
}

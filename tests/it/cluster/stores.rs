//! A cluster on object storage: inputs, work area and output on an S3 server, and all that goes wrong between it and the
//! workers.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::harness::{
    Cluster, Environment, Particulars, Run, Settings, attempts, bench, objects, pid, sources, until,
};
use crate::harness::{Bench, digests, manifest};
use crate::stores::server::{Fault, Server};

pub(super) const OUT: &str = "s3://releases/out";

/// A bench whose inputs lie on a server.
pub(super) fn bench_on(server: &Server, units: u64, documents: u64) -> Bench {
    let bench = bench(units, documents);
    let folder = server.path("in");
    std::fs::create_dir_all(&folder).unwrap();
    for unit in 0..units {
        let name = format!("s{unit}.jsonl");
        std::fs::copy(bench.path(&name), folder.join(&name)).unwrap();
    }
    bench.pipeline(&sources(units, "s3://releases/in"));
    bench
}

/// What one machine makes of the same inputs in a folder.
pub(super) fn expected(units: u64, documents: u64) -> Contents {
    let bench = bench(units, documents);
    bench.run(&[]).expect(0);
    contents(&bench.path("out"))
}

/// What a release holds, without the names of parts: inputs on a server are known by their tags.
pub(super) type Contents = (String, Vec<String>);

pub(super) fn contents(out: &Path) -> Contents {
    let mut contents: Vec<String> = digests(out).into_values().collect();
    contents.sort_unstable();
    (manifest(out)["content_digest"].to_string(), contents)
}

/// Workers reach the bucket and nothing else.
pub(super) fn settings(environment: Environment) -> Settings {
    Settings {
        stores: vec!["s3://releases".to_owned()],
        environment,
        ..Settings::default()
    }
}

fn with(mut environment: Environment, name: &str, value: &str) -> Environment {
    environment.retain(|(known, _)| known != name);
    environment.push((name.to_owned(), value.to_owned()));
    environment
}

#[test]
fn from_s3_to_s3_whatever_the_store_answers() {
    let expected = expected(4, 25);
    for (fault, every) in [
        (Fault::None, 1),
        (Fault::Internal, 7),
        (Fault::SlowDown, 7),
        (Fault::LoseAnswer, 7),
        (Fault::Truncate, 7),
        (Fault::Stall, 131),
    ] {
        let started = std::time::Instant::now();
        let server = Server::start(fault, every);
        let bench = bench_on(&server, 4, 25);
        let cluster = Cluster::with(settings(server.environment()), 2);
        let (status, said) = cluster.run(&bench, OUT, &[]).wait();
        assert_eq!(status, Some(0), "{fault:?}: {said}");
        assert_eq!(contents(&server.path("out")), expected, "{fault:?}");
        assert_eq!(
            objects(&server.path("out"), "work"),
            [""; 0].map(PathBuf::from)
        );
        let (requests, failed) = (server.requests(), server.failed());
        println!(
            "{fault:?}: {failed} of {requests} requests, {} s",
            started.elapsed().as_secs()
        );
        assert!(
            fault == Fault::None || failed > 3,
            "{fault:?}: {failed} faults"
        );
    }
}

/// A way to a server that can be cut and mended.
struct Proxy {
    address: SocketAddr,
    state: Arc<ProxyState>,
}

#[derive(Default)]
struct ProxyState {
    cut: AtomicBool,
    /// Connections that were refused.
    refused: AtomicU64,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A way to the server of this environment; it stays until the tests end.
    fn to(server: &Server) -> Self {
        let environment = server.environment();
        let endpoint = environment.iter().find(|(name, _)| name == "AWS_ENDPOINT");
        let target: SocketAddr = endpoint
            .and_then(|(_, url)| url.strip_prefix("http://")?.parse().ok())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::default(),
        };
        let state = proxy.state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { break };
                if state.cut.load(Ordering::SeqCst) {
                    state.refused.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let Ok(server) = TcpStream::connect(target) else {
                    continue;
                };
                let mut open = state.open.lock().unwrap();
                for (from, to) in [(&client, &server), (&server, &client)] {
                    pipe(from.try_clone().unwrap(), to.try_clone().unwrap());
                    open.push(from.try_clone().unwrap());
                }
            }
        });
        proxy
    }

    /// The environment of a worker that goes this way.
    fn particulars(&self) -> Particulars {
        let endpoint = format!("http://{}", self.address);
        Particulars {
            environment: vec![("AWS_ENDPOINT".to_owned(), endpoint)],
            ..Particulars::default()
        }
    }

    /// Closes what is open and refuses what comes.
    fn cut(&self) {
        self.state.cut.store(true, Ordering::SeqCst);
        for open in self.state.open.lock().unwrap().drain(..) {
            let _ = open.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.state.cut.store(false, Ordering::SeqCst);
    }

    fn refused(&self) -> u64 {
        self.state.refused.load(Ordering::SeqCst)
    }
}

/// Copies bytes until one side closes, then closes the other.
fn pipe(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            if to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}

/// A cluster of which each worker has its own way to the server.
struct Ways {
    cluster: Cluster,
    /// Process id and way of each worker.
    ways: Vec<(u32, Proxy)>,
}

impl Ways {
    fn start(server: &Server, environment: Environment, workers: usize) -> Self {
        let mut cluster = Cluster::with(settings(environment), 0);
        let ways = (0..workers)
            .map(|_| {
                let proxy = Proxy::to(server);
                (cluster.add(&proxy.particulars()), proxy)
            })
            .collect();
        Self { cluster, ways }
    }

    /// Waits for a worker to begin a unit of a stage, and cuts its way.
    fn cut_in(&self, stage: &str, run: &mut Run, out: &Path) -> &Proxy {
        let begun = until(run, || {
            let worker = |attempt: &PathBuf| {
                let pid = pid(attempt)?;
                self.ways.iter().find(|(known, _)| *known == pid)
            };
            attempts(out, stage).iter().find_map(worker)
        });
        let Some((_, proxy)) = begun else {
            panic!("no worker was seen in {stage}");
        };
        proxy.cut();
        proxy
    }
}

#[test]
fn a_worker_cut_off_from_the_store_for_a_moment_goes_on() {
    let server = Server::start(Fault::None, 1);
    let bench = bench_on(&server, 6, 60);
    let ways = Ways::start(&server, server.environment(), 3);
    let mut run = ways.cluster.run(&bench, OUT, &[]);
    let out = server.path("out");
    let mut seconds = Vec::new();
    for stage in ["ingest", "scatter"] {
        let proxy = ways.cut_in(stage, &mut run, &out);
        let (cut, before) = (std::time::Instant::now(), proxy.refused());
        // Its pauses double from a tenth of a second: this takes seconds.
        until(&mut run, || (proxy.refused() > before + 5).then_some(()));
        seconds.push(cut.elapsed().as_secs_f32());
        proxy.mend();
    }
    let (status, said) = run.wait();
    println!("cut for {seconds:.1?} s");
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(contents(&out), expected(6, 60));
}

#[test]
fn a_worker_cut_off_from_the_store_for_good_leaves_its_work_to_others() {
    let server = Server::start(Fault::None, 1);
    let bench = bench_on(&server, 6, 120);
    let environment = with(server.environment(), "MOISSON_STORE_RETRY", "0.5");
    let ways = Ways::start(&server, environment, 3);
    let started = std::time::Instant::now();
    let mut run = ways.cluster.run(&bench, OUT, &["--attempts", "3"]);
    let out = server.path("out");
    let proxy = ways.cut_in("ingest", &mut run, &out);
    let (status, said) = run.wait();
    println!(
        "{} connections refused, {} s",
        proxy.refused(),
        started.elapsed().as_secs()
    );
    assert_eq!(status, Some(0), "{said}");
    assert!(proxy.refused() > 2, "the worker did not ask");
    assert_eq!(contents(&out), expected(6, 120));
    // It was not the whole job that was made again.
    assert!(!said.contains("submitted again"), "{said}");
}

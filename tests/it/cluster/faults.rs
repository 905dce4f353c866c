//! What befalls machines rather than processes: a disk that is full, connections without a certificate, two drivers.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::harness::{Cluster, Particulars, Settings, attempts, bench, objects, until};
use super::stores::{OUT, bench_on, contents, expected, settings};
use crate::harness::{Bench, digests, moisson, moisson_with};
use crate::operations::{ask, samples};
use crate::stores::server::{Fault, Server};

/// A small file system, unmounted in the end.
struct Tiny(TempDir);

impl Tiny {
    /// Mounts one, where the system lets us.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(folder.path());
        let mounted = mount.output().is_ok_and(|ended| ended.status.success());
        mounted.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes until nothing more fits.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.path().join("all")).unwrap();
        while file.write_all(&[1; 512]).is_ok() {}
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let mut unmount = Command::new("umount");
        let _ = unmount.arg("-l").arg(self.path()).status();
    }
}

/// A worker that cannot write to its disk; also the file system, where there is one that can be filled later.
fn without_disk() -> (Particulars, Option<Tiny>) {
    let tiny = Tiny::mount();
    let mut particulars = Particulars {
        log: Some("ballista_executor=debug"),
        ..Particulars::default()
    };
    if let Some(tiny) = &tiny {
        let scratch = ["--scratch".to_owned(), tiny.path().display().to_string()];
        particulars.arguments = scratch.to_vec();
    } else {
        // Only root mounts; anyone may be forbidden to write files. The output is no file of this machine.
        let script = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
        particulars.launcher = ["bash", "-c", script, "bash"].map(str::to_owned).to_vec();
    }
    (particulars, tiny)
}

/// True once every unit of a stage is done.
fn is_done(out: &Path, stage: &str) -> bool {
    let number = |kind: &str| objects(out, &format!("work/{kind}/{stage}")).len();
    let receipts = number("receipts");
    receipts > 0 && receipts == number("orders")
}

#[test]
fn a_worker_whose_disk_is_full_leaves_its_work_to_others() {
    let expected = expected(6, 40);
    // The rows that meet each other after the bands are a whole query of shuffle files.
    for after in [None, Some("bands")] {
        let server = Server::start(Fault::None, 1);
        let bench = bench_on(&server, 6, 40);
        let (particulars, tiny) = without_disk();
        if after.is_some() && tiny.is_none() {
            println!(
                "a disk that fills up in the middle is skipped: it needs the right to mount one"
            );
            break;
        }
        let mut cluster = Cluster::with(settings(server.environment()), 2);
        cluster.add(&particulars);
        let out = server.path("out");
        if let (Some(tiny), None) = (&tiny, after) {
            tiny.fill();
        }
        let mut run = cluster.run(&bench, OUT, &[]);
        if let (Some(tiny), Some(stage)) = (&tiny, after) {
            until(&mut run, || is_done(&out, stage).then_some(())).unwrap();
            tiny.fill();
        }
        let (status, said) = run.wait();
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(contents(&out), expected);
        let messages = cluster.workers[2].messages();
        let (kind, why) = match tiny {
            Some(_) => ("tmpfs", "No space left on device"),
            None => ("ulimit", "File too large"),
        };
        let is_failure = |line: &&str| line.contains(" failed: ") && line.contains(why);
        let failures = messages.lines().filter(is_failure).count();
        println!("full by {kind}, after {after:?}: {failures} tasks failed");
        assert!(failures > 0, "the disk was never missed: {messages}");
        let met = messages.contains("ok=false):\nSortShuffleWriterExec");
        assert!(after.is_none() || met, "not where rows meet: {messages}");
        // It was not the whole job that was made again.
        assert!(!said.contains("submitted again"), "{said}");
    }
}

/// An authority, and a certificate for loopback; returns the arguments that name them.
fn certificates(bench: &Bench) -> Vec<String> {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    bench.write("ca.pem", parameters.self_signed(&key).unwrap().pem());
    let issuer = Issuer::new(parameters, key);
    let own = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .and_then(|parameters| parameters.signed_by(&own, &issuer))
        .unwrap();
    bench.write("node.pem", certificate.pem());
    bench.write("node.key", own.serialize_pem());
    [
        ("--tls-ca", "ca.pem"),
        ("--tls-cert", "node.pem"),
        ("--tls-key", "node.key"),
    ]
    .into_iter()
    .flat_map(|(option, file)| [option.to_owned(), bench.text_path(file)])
    .collect()
}

#[test]
fn with_certificates_everything_works_and_without_one_nothing() {
    let bench = bench(6, 40);
    let folders = Settings::folders(&bench);
    let cluster = Cluster::with(
        Settings {
            security: certificates(&bench),
            ..folders
        },
        2,
    );
    let pipeline = bench.text_path("p.toml");
    let out = bench.text_path("plain");
    let plain = ["run", &pipeline, "--cluster", &cluster.url, "--out", &out];
    let ended = moisson(&plain).expect(2);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    let why = "error: cannot reach the scheduler at df://127.0.0.1";
    assert!(ended.stderr.starts_with(why), "{}", ended.stderr);
    let worker = ["worker", "--scheduler", &cluster.url, "--store", &out];
    std::fs::create_dir_all(&out).unwrap();
    let ended = moisson(&worker).expect(2);
    assert!(ended.stderr.contains("cannot reach"), "{}", ended.stderr);

    let (status, said) = cluster.run(&bench, "out", &[]).wait();
    assert_eq!(status, Some(0), "{said}");
    bench
        .run(&["--out", &bench.text_path("embedded")])
        .expect(0);
    assert_eq!(
        digests(&bench.path("out")),
        digests(&bench.path("embedded"))
    );
}

#[test]
fn a_second_driver_is_told_of_the_first() {
    let bench = bench(4, 200);
    let cluster = Cluster::start(&bench, 1);
    let server = Server::start(Fault::None, 1);
    let on_server = bench_on(&server, 4, 200);
    let servers = Cluster::with(settings(server.environment()), 1);
    let folder = bench.text_path("out");
    for (cluster, bench, out, folder, environment) in [
        (&cluster, &bench, folder.as_str(), bench.path("out"), vec![]),
        (
            &servers,
            &on_server,
            OUT,
            server.path("out"),
            server.environment(),
        ),
    ] {
        let mut first = cluster.run(bench, out, &[]);
        until(&mut first, || attempts(&folder, "ingest").pop()).unwrap();
        let pipeline = bench.text_path("p.toml");
        for more in [&["--cluster", &cluster.url][..], &["--finish"], &[]] {
            let second = [&["run", &pipeline, "--out", out][..], more].concat();
            let second = moisson_with(&environment, &second).expect(2);
            let told = format!("another run works on `{out}`");
            assert!(second.stderr.contains(&told), "{}", second.stderr);
        }
        assert!(!first.has_ended(), "the first run ended too soon");
        let (status, said) = first.wait();
        assert_eq!(status, Some(0), "{said}");
    }
    assert_eq!(
        contents(&bench.path("out")).0,
        contents(&server.path("out")).0
    );
}

#[test]
fn workers_serve_metrics_while_they_work() {
    let bench = bench(4, 100);
    let mut cluster = Cluster::start(&bench, 0);
    let metrics = ["--metrics".to_owned(), "127.0.0.1:0".to_owned()];
    cluster.add(&Particulars {
        arguments: metrics.to_vec(),
        log: Some("error"),
        ..Particulars::default()
    });
    let mut run = cluster.run(&bench, "out", &[]);
    until(&mut run, || attempts(&bench.path("out"), "ingest").pop()).unwrap();
    let messages = cluster.workers[0].messages();
    let address = messages
        .lines()
        .find_map(|line| {
            line.strip_prefix("metrics: http://")?
                .strip_suffix("/metrics")
        })
        .unwrap_or_else(|| panic!("no address: {messages}"));
    let (head, body) = ask(address, "/metrics", "text/plain");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(!samples(&body).is_empty(), "{body}");
    let (status, said) = run.wait();
    assert_eq!(status, Some(0), "{said}");
    // This worker did everything.
    let samples = samples(&ask(address, "/metrics", "text/plain").1);
    let rows = samples[r#"moisson_rows_total{stage="read",result="made"}"#];
    assert!((rows - 4.0 * 102.0).abs() < 0.5, "{rows}");
}

//! What befalls machines rather than processes: a disk that is full, connections without a certificate, two drivers.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::harness::{Cluster, Particulars, Settings, attempts, bench, until};
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

#[test]
fn a_worker_whose_disk_is_full_leaves_its_work_to_others() {
    let server = Server::start(Fault::None, 1);
    let bench = bench_on(&server, 6, 40);
    let tiny = Tiny::mount();
    let (mut particulars, why) = match &tiny {
        Some(tiny) => {
            let scratch = ["--scratch".to_owned(), tiny.path().display().to_string()];
            let particulars = Particulars {
                arguments: scratch.to_vec(),
                ..Particulars::default()
            };
            (particulars, "No space left on device")
        }
        // Only root mounts; anyone may be forbidden to write files. The output is no file of this machine.
        None => {
            let script = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
            let particulars = Particulars {
                launcher: ["bash", "-c", script, "bash"].map(str::to_owned).to_vec(),
                ..Particulars::default()
            };
            (particulars, "File too large")
        }
    };
    particulars.log = Some("ballista_executor=debug");
    let mut cluster = Cluster::with(settings(server.environment()), 2);
    cluster.add(&particulars);
    if let Some(tiny) = &tiny {
        tiny.fill();
    }
    let (status, said) = cluster.run(&bench, OUT, &[]).wait();
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(contents(&server.path("out")), expected(6, 40));
    let messages = cluster.workers[2].messages();
    let failures = messages.matches(why).count();
    println!(
        "{why} ({}): {failures} times",
        if tiny.is_some() { "tmpfs" } else { "ulimit" }
    );
    assert!(failures > 0, "the disk was never missed: {messages}");
    // It was not the whole job that was made again.
    assert!(!said.contains("submitted again"), "{said}");
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
    let security = certificates(&bench);
    let folders = Settings::folders(&bench);
    let cluster = Cluster::with(
        Settings {
            security: security.clone(),
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
    let rows = r#"moisson_rows_total{stage="read",result="made"}"#;
    assert_eq!(samples[rows], 4.0 * 102.0);
}

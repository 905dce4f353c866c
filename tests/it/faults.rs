//! Fault injection: storage that fails at any write, a process killed at any moment. What comes out afterwards is what
//! an undisturbed run makes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::stream::BoxStream;
use moisson_core::Error;
use moisson_engine::control::{Budget, Control};
use moisson_engine::flow;
use moisson_engine::pipeline::Pipeline;
use moisson_engine::session::{Session, runtime};
use moisson_engine::store::Store;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::harness::{Bench, digests, line, moisson, prose};

/// A store whose writes fail, as on a full disk, once `left` of them are done.
#[derive(Debug)]
struct FullDisk {
    inner: object_store::local::LocalFileSystem,
    left: AtomicI64,
}

impl fmt::Display for FullDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("full disk")
    }
}

impl FullDisk {
    fn write(&self) -> Result<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        let source = Box::new(std::io::Error::from(std::io::ErrorKind::StorageFull));
        Err(object_store::Error::Generic {
            store: "full disk",
            source,
        })
    }
}

#[async_trait::async_trait]
impl ObjectStore for FullDisk {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, o: PutOptions) -> Result<PutResult> {
        self.write()?;
        self.inner.put_opts(at, bytes, o).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        o: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.write()?;
        self.inner.put_multipart_opts(at, o).await
    }

    async fn get_opts(&self, at: &Path, o: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(at, o).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, o: CopyOptions) -> Result<()> {
        self.write()?;
        self.inner.copy_opts(from, to, o).await
    }
}

/// A bench with two sources, duplicates, and several parts.
pub(crate) fn bench() -> Bench {
    let bench = Bench::new();
    let mut lines = String::new();
    for seed in 0..60 {
        lines.push_str(&line(&format!("d{seed}"), &prose(seed, 300)));
    }
    lines.push_str(&line("copy", &prose(3, 300)));
    lines.push_str(&line("near", &(prose(5, 300) + " Fin.")));
    lines.push_str("not json\n");
    bench.write("s.jsonl", lines);
    for seed in 100..110 {
        bench.write(&format!("t/{seed}.txt"), prose(seed, 200));
    }
    bench.pipeline(
        "[source.s]\npath = 'DATA/s.jsonl'\nreader = 'jsonl'\n\
         options = { id = 'id', text = 'text', licence = 'licence' }\n\
         [source.t]\npath = 'DATA/t'\nreader = 'text'\n\
         licence = { work = 'CC-BY-SA-4.0', reason = 'ours' }\n\
         [limits]\npart_text_bytes = 16384\n[shard]\ntarget_bytes = 32768\n",
    );
    bench
}

fn run_with_writes(bench: &Bench, out: &str, writes: i64) -> std::result::Result<(), Error> {
    let session = session_with_writes(bench, out, writes);
    let text = std::fs::read_to_string(bench.path("p.toml")).unwrap();
    let pipeline = Pipeline::parse(&text, "p.toml", &[]).unwrap();
    flow::run(pipeline, 0, &session, &Control::default()).map(|_| ())
}

/// A session on an output whose storage takes so many writes.
pub(crate) fn session_with_writes(bench: &Bench, out: &str, writes: i64) -> Session {
    let folder = bench.path(out);
    std::fs::create_dir_all(&folder).unwrap();
    let disk = FullDisk {
        inner: object_store::local::LocalFileSystem::new_with_prefix(&folder).unwrap(),
        left: AtomicI64::new(writes),
    };
    let runtime = runtime().unwrap();
    let store = Store::from_object_store(Arc::new(disk), out, runtime.handle());
    let budget = Budget {
        threads: 2,
        memory_bytes: 2 << 30,
    };
    Session::with_store(store, None, budget, runtime).unwrap()
}

#[test]
fn a_disk_that_fills_up_at_any_write_is_a_clear_error_and_the_next_run_resumes() {
    let bench = bench();
    bench.run(&[]).expect(0);
    let expected = digests(&bench.path("out"));
    let mut writes = 0;
    let mut failures = 0;
    loop {
        let out = format!("full-{writes}");
        match run_with_writes(&bench, &out, writes) {
            Ok(()) => break,
            Err(error) => {
                failures += 1;
                assert!(matches!(error, Error::Store(_)), "{error}");
                assert!(error.to_string().contains("no storage space"), "{error}");
            }
        }
        run_with_writes(&bench, &out, i64::MAX).unwrap();
        assert_eq!(
            digests(&bench.path(&out)),
            expected,
            "after {writes} writes"
        );
        let verified = moisson(&["verify", &bench.text_path(&out), "--deep"]);
        assert_eq!(
            verified.status, 0,
            "after {writes} writes: {}",
            verified.stdout
        );
        writes += 7;
    }
    assert!(failures > 5, "{failures}");
}

#[test]
fn a_killed_run_resumes_to_the_same_digests() {
    let bench = bench();
    bench.run(&[]).expect(0);
    let expected = digests(&bench.path("out"));
    for round in 0..6u64 {
        std::fs::remove_dir_all(bench.path("out")).unwrap();
        let mut child = bench.start(&["--threads", "2"]);
        std::thread::sleep(Duration::from_millis(5 + 23 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        bench.run(&[]).expect(0);
        assert_eq!(digests(&bench.path("out")), expected, "round {round}");
        assert_eq!(
            moisson(&["verify", &bench.text_path("out"), "--deep"]).status,
            0
        );
    }
}

#[test]
fn a_request_to_stop_is_obeyed_and_the_next_run_resumes() {
    let bench = bench();
    bench.run(&[]).expect(0);
    let expected = digests(&bench.path("out"));
    std::fs::remove_dir_all(bench.path("out")).unwrap();
    let child = bench.start(&["--threads", "1"]);
    std::thread::sleep(Duration::from_millis(30));
    let number = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &number])
        .status()
        .unwrap();
    let ended = child.wait_with_output().unwrap();
    // Stopped with status 2, or already done.
    assert!(
        sent.success() && [Some(0), Some(2)].contains(&ended.status.code()),
        "{ended:?}"
    );
    bench.run(&[]).expect(0);
    assert_eq!(digests(&bench.path("out")), expected);
}

#[test]
fn two_runs_on_one_output_do_not_meet() {
    let bench = bench();
    std::fs::create_dir_all(bench.path("out")).unwrap();
    let lock = std::fs::File::create(bench.path("out/.lock")).unwrap();
    lock.lock().unwrap();
    let ended = bench.run(&[]).expect(2);
    assert!(ended.stderr.contains("another run"), "{}", ended.stderr);
}

#[test]
fn verify_finds_what_was_changed_by_hand() {
    let bench = bench();
    bench.run(&[]).expect(0);
    let out = bench.path("out");
    let shard = moisson(&[
        "query",
        &bench.text_path("out"),
        "SELECT 1",
        "--format",
        "json",
    ]);
    assert_eq!(shard.status, 0);
    let manifest = crate::harness::manifest(&out);
    let path = out
        .join("release")
        .join(manifest["shards"][0]["path"].as_str().unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    std::fs::write(out.join("release/data/stray.parquet"), b"x").unwrap();
    let ended = moisson(&["verify", &bench.text_path("out")]).expect(1);
    assert!(
        ended.stdout.contains("differs from its digest"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("not in the manifest"),
        "{}",
        ended.stdout
    );
}

//! Races: stores that hold writers at a barrier, lose answers, and fail in the middle of an upload.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use futures::stream::BoxStream;
use moisson_engine::session::runtime;
use moisson_engine::store::Store;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    UploadPart,
};
use serde_json::json;

/// What a store does besides storing.
#[derive(Debug, Default)]
struct Tricks {
    /// Conditional writes wait here, so that all of them have looked before one writes.
    barrier: Option<Barrier>,
    /// Conditional writes whose answer is lost.
    lost_answers: AtomicUsize,
    /// The piece of an upload that fails, counted from 1; 0 for none.
    failing_piece: usize,
    pieces: AtomicUsize,
    in_flight: AtomicUsize,
    in_flight_most: AtomicUsize,
    aborted: AtomicUsize,
}

#[derive(Debug, Clone)]
struct Tricky {
    inner: Arc<InMemory>,
    tricks: Arc<Tricks>,
}

impl Tricky {
    fn new(tricks: Tricks) -> Self {
        Self {
            inner: Arc::new(InMemory::new()),
            tricks: Arc::new(tricks),
        }
    }

    fn store(&self, runtime: &tokio::runtime::Handle) -> Store {
        Store::from_object_store(Arc::new(self.clone()), "tricky", runtime)
    }
}

impl fmt::Display for Tricky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tricky")
    }
}

fn failure() -> Error {
    Error::Generic {
        store: "tricky",
        source: "connection reset".into(),
    }
}

#[async_trait::async_trait]
impl ObjectStore for Tricky {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, o: PutOptions) -> Result<PutResult> {
        if o.mode == PutMode::Overwrite {
            return self.inner.put_opts(at, bytes, o).await;
        }
        if let Some(barrier) = &self.tricks.barrier {
            barrier.wait();
        }
        let put = self.inner.put_opts(at, bytes, o).await;
        let lost = &self.tricks.lost_answers;
        let count = |left: usize| left.checked_sub(1);
        if lost
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, count)
            .is_ok()
        {
            return Err(failure());
        }
        put
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        o: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(at, o).await?;
        let tricks = self.tricks.clone();
        Ok(Box::new(Upload { inner, tricks }))
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
        self.inner.copy_opts(from, to, o).await
    }
}

#[derive(Debug)]
struct Upload {
    inner: Box<dyn MultipartUpload>,
    tricks: Arc<Tricks>,
}

#[async_trait::async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let number = self.tricks.pieces.fetch_add(1, Ordering::SeqCst) + 1;
        let part = self.inner.put_part(data);
        let tricks = self.tricks.clone();
        let in_flight = tricks.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        tricks.in_flight_most.fetch_max(in_flight, Ordering::SeqCst);
        Box::pin(async move {
            let sent = part.await;
            tricks.in_flight.fetch_sub(1, Ordering::SeqCst);
            if number == tricks.failing_piece {
                return Err(failure());
            }
            sent
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.tricks.aborted.fetch_add(1, Ordering::SeqCst);
        self.inner.abort().await
    }
}

/// What holds of every store, be it a folder or a server; `open` opens the same place anew.
pub(super) fn check_conditions(open: &dyn Fn() -> Store) {
    let (one, two) = (open(), open());
    assert!(one.put_new("new", "1".into()).unwrap());
    assert!(!two.put_new("new", "2".into()).unwrap());
    assert_eq!(two.get("new").unwrap(), "1");

    // Both began when there was no release, and then when there was one.
    for round in 0..2 {
        one.remember("manifest").unwrap();
        two.remember("manifest").unwrap();
        one.replace_json("manifest", &json!({ "of": "one", "round": round }))
            .unwrap();
        let refused = two.replace_json("manifest", &json!({ "of": "two", "round": round }));
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("another run replaced it"), "{refused}");
        let manifest: Option<serde_json::Value> = two.get_json("manifest").unwrap();
        assert_eq!(manifest.unwrap(), json!({ "of": "one", "round": round }));
        // A run may publish again what it published itself.
        one.replace_json("manifest", &json!({ "of": "one", "again": round }))
            .unwrap();
    }
    one.delete("new").unwrap();
    one.delete("new").unwrap();
    assert!(two.put_new("new", "3".into()).unwrap());
}

#[test]
fn conditions_hold_in_a_folder_and_in_memory() {
    let runtime = runtime().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    check_conditions(&|| Store::open(&out, runtime.handle()).unwrap());
    let tricky = Tricky::new(Tricks::default());
    check_conditions(&|| tricky.store(runtime.handle()));
}

#[test]
fn of_two_that_write_at_the_same_moment_one_wins() {
    let runtime = runtime().unwrap();
    let tricky = Tricky::new(Tricks {
        barrier: Some(Barrier::new(2)),
        ..Tricks::default()
    });
    // The runtime has two threads, so that both may wait at the barrier at once.
    let race = |write: &(dyn Fn(&Store, usize) -> bool + Sync)| -> usize {
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..2)
                .map(|number| {
                    let store = tricky.store(runtime.handle());
                    store.remember("manifest").unwrap();
                    scope.spawn(move || usize::from(write(&store, number)))
                })
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .sum()
        })
    };
    for round in 0..20 {
        let path = format!("{round}");
        let new = |store: &Store, number: usize| {
            store.put_new(&path, format!("{number}").into()).unwrap()
        };
        assert_eq!(race(&new), 1, "round {round}");
        let replace = |store: &Store, number: usize| {
            store
                .replace_json("manifest", &json!({ "round": round, "of": number }))
                .is_ok()
        };
        assert_eq!(race(&replace), 1, "round {round}");
    }
}

#[test]
fn a_write_whose_answer_is_lost_is_ours_if_it_holds_our_bytes() {
    let runtime = runtime().unwrap();
    let tricky = Tricky::new(Tricks::default());
    let store = tricky.store(runtime.handle());
    let lose = || tricky.tricks.lost_answers.store(1, Ordering::SeqCst);
    lose();
    assert!(store.put_new("a", "ours".into()).unwrap());
    lose();
    // Another's bytes are there: the write failed, and nobody can say more.
    assert!(store.put_new("a", "others".into()).is_err());
    assert!(!store.put_new("a", "others".into()).unwrap());
    lose();
    store.replace_json("m", &json!(1)).unwrap();
    lose();
    store.replace_json("m", &json!(2)).unwrap();
    assert_eq!(store.get_json::<u8>("m").unwrap(), Some(2));
}

#[test]
fn an_upload_that_fails_at_any_piece_leaves_nothing() {
    let runtime = runtime().unwrap();
    let bytes = bytes::Bytes::from(vec![7; 80 << 20]);
    for failing_piece in 0..=5 {
        let tricky = Tricky::new(Tricks {
            failing_piece,
            ..Tricks::default()
        });
        let store = tricky.store(runtime.handle());
        let put = store.put("large", bytes.clone());
        let most = tricky.tricks.in_flight_most.load(Ordering::SeqCst);
        assert!(most <= 4, "{most}");
        let aborted = tricky.tricks.aborted.load(Ordering::SeqCst);
        if failing_piece == 0 {
            put.unwrap();
            assert_eq!((aborted, most), (0, 4));
            assert_eq!(store.get("large").unwrap(), bytes);
        } else {
            let error = put.unwrap_err().to_string();
            assert!(error.contains("tricky/large: connection reset"), "{error}");
            assert_eq!(aborted, 1, "piece {failing_piece}");
            assert!(store.list("").unwrap().is_empty());
        }
    }
}

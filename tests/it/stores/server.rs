//! An S3 server in the process of the test, on a folder, that goes wrong when it is told to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::stream::ByteStream;
use s3s::{Body, HttpResponse};
use tempfile::TempDir;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Name of the key, and the secret that must be nowhere.
pub(crate) const KEY: &str = "moisson-test-key";
pub(crate) const SECRET: &str = "moisson-test-secret/+tUVxyz0123456789";

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Answers 500 and does nothing.
    Internal,
    /// Answers 503 with the code `SlowDown`, and does nothing.
    SlowDown,
    /// Closes the connection without having done anything.
    Close,
    /// Does what is asked for, and closes the connection without an answer.
    LoseAnswer,
    /// Does what is asked for, and closes the connection in the middle of the answer.
    Truncate,
    /// Does what is asked for, and goes silent in the middle of the answer.
    Stall,
}

/// A server; it ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    folder: TempDir,
    requests: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
    fault: Fault,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    /// A server with the bucket `releases`; each `every`-th request meets `fault`.
    pub(crate) fn start(fault: Fault, every: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("releases")).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let faulty = Faulty {
            service: builder.build(),
            fault,
            every,
            requests: Arc::default(),
            failed: Arc::default(),
            conditional: Arc::default(),
        };
        let (requests, failed) = (faulty.requests.clone(), faulty.failed.clone());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let Ok((socket, _)) = listener.accept().await else {
                    break;
                };
                let faulty = faulty.clone();
                let service = service_fn(move |request| faulty.clone().answer(request));
                let builder = Builder::new(TokioExecutor::new());
                let connection = builder
                    .serve_connection(TokioIo::new(socket), service)
                    .into_owned();
                // A connection that is broken off on purpose ends with an error.
                tokio::spawn(async move { connection.await.ok() });
            }
        });
        Self {
            address,
            folder,
            requests,
            failed,
            fault,
            _runtime: runtime,
        }
    }

    /// The file of an object of the bucket.
    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join("releases").join(key)
    }

    /// The folder with everything that the server keeps.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Requests that met a fault.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::SeqCst)
    }

    /// Variables of the environment by which the program finds the server.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        // Only where a server goes silent is it not waited for: a busy machine is slow as well.
        let timeout = if self.fault == Fault::Stall {
            "4"
        } else {
            "60"
        };
        [
            ("AWS_ENDPOINT", format!("http://{}", self.address).as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_CONFIG_FILE", "/nowhere"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere"),
            ("MOISSON_STORE_TIMEOUT", timeout),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// The same as options of the engine.
    pub(crate) fn options(&self) -> Vec<(String, String)> {
        let environment = self.environment().into_iter();
        environment
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect()
    }
}

#[derive(Clone)]
struct Faulty {
    service: S3Service,
    fault: Fault,
    every: u64,
    requests: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
    /// The file system behind the server looks and then writes: one conditional write at a time.
    conditional: Arc<tokio::sync::Mutex<()>>,
}

impl Faulty {
    async fn answer(self, request: hyper::Request<Incoming>) -> Result<HttpResponse, Failure> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let fault = if number % self.every == self.every - 1 {
            self.failed.fetch_add(1, Ordering::SeqCst);
            self.fault
        } else {
            Fault::None
        };
        match fault {
            Fault::Internal => return Ok(refusal(500, "InternalError")),
            Fault::SlowDown => return Ok(refusal(503, "SlowDown")),
            Fault::Close => return Err("closed".into()),
            Fault::None | Fault::LoseAnswer | Fault::Truncate | Fault::Stall => {}
        }
        let is_conditional = ["if-match", "if-none-match"]
            .iter()
            .any(|name| request.headers().contains_key(*name));
        let guard = if is_conditional {
            Some(self.conditional.lock().await)
        } else {
            None
        };
        let response = self.service.call(request.map(Body::from)).await;
        drop(guard);
        let response = response.map_err(|error| format!("{error:?}"))?;
        match fault {
            Fault::LoseAnswer => Err("lost".into()),
            Fault::Truncate => cut(response, false).await,
            Fault::Stall => cut(response, true).await,
            _ => Ok(response),
        }
    }
}

fn refusal(status: u16, code: &str) -> HttpResponse {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>");
    let mut response = HttpResponse::new(Body::from(body));
    *response.status_mut() = status.try_into().unwrap();
    response
}

/// Keeps half of the body; an answer without a body never comes.
async fn cut(response: HttpResponse, is_silent: bool) -> Result<HttpResponse, Failure> {
    let (mut head, body) = response.into_parts();
    let pieces: Vec<Bytes> = body.try_collect().await?;
    let bytes = pieces.concat();
    if bytes.is_empty() {
        if is_silent {
            std::future::pending::<()>().await;
        }
        return Err("cut".into());
    }
    head.headers.insert("content-length", bytes.len().into());
    let half = Half {
        bytes: Some(bytes[..bytes.len() / 2].to_vec().into()),
        is_silent,
    };
    Ok(HttpResponse::from_parts(
        head,
        Body::from(Box::pin(half) as s3s::stream::DynByteStream),
    ))
}

struct Half {
    bytes: Option<Bytes>,
    is_silent: bool,
}

impl Stream for Half {
    type Item = Result<Bytes, s3s::StdError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.bytes.take() {
            Some(bytes) => Poll::Ready(Some(Ok(bytes))),
            None if self.is_silent => Poll::Pending,
            None => Poll::Ready(Some(Err("cut".into()))),
        }
    }
}

impl ByteStream for Half {}

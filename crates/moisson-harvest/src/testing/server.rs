//! A web server on the loopback that stalls, truncates, limits, changes, redirects and lies on command.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Path with query.
    pub(crate) target: String,
    /// Headers in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Asked {
    /// Path without query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer of the server.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let headers = Vec::new();
        Self {
            status,
            headers,
            body,
        }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::new(302, "moved").with("Location", to)
    }
}

/// A file: answers conditional requests and ranges as a good server would.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) body: Vec<u8>,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

impl Page {
    pub(crate) fn new(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self {
            body,
            ..Self::default()
        }
    }

    pub(crate) fn etag(mut self, etag: &str) -> Self {
        self.etag = Some(etag.to_owned());
        self
    }

    pub(crate) fn last_modified(mut self, date: &str) -> Self {
        self.last_modified = Some(date.to_owned());
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let same = |header: &str, known: &Option<String>| {
            known.is_some() && asked.header(header) == known.as_deref()
        };
        let unchanged = match asked.header("if-none-match") {
            Some(_) => same("if-none-match", &self.etag),
            None => same("if-modified-since", &self.last_modified),
        };
        let goes_on = asked.header("if-range").is_none()
            || same("if-range", &self.etag)
            || same("if-range", &self.last_modified);
        let from = asked.header("range").filter(|_| goes_on).and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse()
                .ok()
        });
        let length = self.body.len();
        let mut answer = match from {
            _ if unchanged => Answer::new(304, ""),
            Some(from) if from >= length => {
                Answer::new(416, "").with("Content-Range", &format!("bytes */{length}"))
            }
            Some(from) => Answer::new(206, self.body[from..].to_vec()).with(
                "Content-Range",
                &format!("bytes {from}-{}/{length}", length - 1),
            ),
            None => Answer::ok(self.body.clone()),
        };
        answer.headers.extend(self.headers.clone());
        let validators = [("ETag", &self.etag), ("Last-Modified", &self.last_modified)];
        for (name, value) in validators {
            if let Some(value) = value {
                answer = answer.with(name, value);
            }
        }
        answer
    }
}

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub(crate) enum Misdeed {
    /// This answer instead.
    Answer(Answer),
    /// So many bytes of the body, then silence until the client gives up.
    Stall(usize),
    /// So many bytes of the body, then the connection closes.
    Truncate(usize),
    /// `Content-Length` states more than there is.
    LengthTooLarge(usize),
    /// No `Content-Length` at all: the end of the connection is the end of the body.
    LengthMissing,
    /// The whole body though a range was asked for.
    IgnoreRange,
    /// 206 with another range than was asked for.
    LieInRange(String),
    /// The connection closes without an answer.
    Close,
}

type Route = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

#[derive(Default)]
struct State {
    routes: BTreeMap<String, Route>,
    misdeeds: BTreeMap<String, VecDeque<Misdeed>>,
    asked: Vec<Asked>,
}

/// The server. What has no route is 404.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    closed: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let closed = Arc::<AtomicBool>::default();
        let shared = (Arc::clone(&state), Arc::clone(&closed));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.1.load(Ordering::Relaxed) {
                    return;
                }
                let state = Arc::clone(&shared.0);
                // A client that goes away in the middle is part of the tests.
                std::thread::spawn(move || stream.and_then(|stream| serve(stream, &state)));
            }
        });
        Self {
            address,
            state,
            closed,
        }
    }

    /// Address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The same server under another host name.
    pub(crate) fn elsewhere(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.address.port())
    }

    /// Serves a file, or another one than before.
    pub(crate) fn page(&self, path: &str, page: Page) {
        self.route(path, move |asked| page.answer(asked));
    }

    /// Answers a path with a function of the request.
    pub(crate) fn route(
        &self,
        path: &str,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) {
        lock(&self.state)
            .routes
            .insert(path.to_owned(), Arc::new(answer));
    }

    /// Adds what goes wrong with the next request of a path; several add up, one a request.
    pub(crate) fn once(&self, path: &str, misdeed: Misdeed) {
        let mut state = lock(&self.state);
        state
            .misdeeds
            .entry(path.to_owned())
            .or_default()
            .push_back(misdeed);
    }

    /// What was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        lock(&self.state).asked.clone()
    }

    /// Paths asked so far, in order; then forgets them.
    pub(crate) fn take_paths(&self) -> Vec<String> {
        let asked = std::mem::take(&mut lock(&self.state).asked);
        asked.into_iter().map(|asked| asked.target).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let Some(mut asked) = read_request(&mut reader)? else {
        return Ok(());
    };
    let (route, misdeed) = {
        let mut state = lock(state);
        state.asked.push(asked.clone());
        let misdeeds = state.misdeeds.get_mut(asked.path());
        let misdeed = misdeeds.and_then(VecDeque::pop_front);
        (state.routes.get(asked.path()).cloned(), misdeed)
    };
    if matches!(misdeed, Some(Misdeed::IgnoreRange)) {
        asked.headers.remove("range");
    }
    let mut answer = match (&misdeed, &route) {
        (Some(Misdeed::Close), _) => return Ok(()),
        (Some(Misdeed::Answer(answer)), _) => answer.clone(),
        (_, Some(route)) => route(&asked),
        (_, None) => Answer::new(404, "not here"),
    };
    if let Some(Misdeed::LieInRange(range)) = &misdeed {
        for (name, value) in &mut answer.headers {
            if name == "Content-Range" {
                value.clone_from(range);
            }
        }
    }
    let length = match misdeed {
        Some(Misdeed::LengthTooLarge(more)) => Some(answer.body.len() + more),
        Some(Misdeed::LengthMissing) => None,
        _ => Some(answer.body.len()),
    };
    let sent = match misdeed {
        Some(Misdeed::Stall(bytes) | Misdeed::Truncate(bytes)) => bytes.min(answer.body.len()),
        _ => answer.body.len(),
    };
    let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", answer.status);
    if let Some(length) = length.filter(|_| answer.status != 304) {
        let _ = write!(head, "Content-Length: {length}\r\n");
    }
    for (name, value) in &answer.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(&answer.body[..sent])?;
    stream.flush()?;
    if matches!(misdeed, Some(Misdeed::Stall(_))) {
        // Ends when the client closes the connection.
        let _ = reader.read(&mut [0]);
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let Some(target) = line.split(' ').nth(1) else {
        return Ok(None);
    };
    let target = target.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            None => return Ok(Some(Asked { target, headers })),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

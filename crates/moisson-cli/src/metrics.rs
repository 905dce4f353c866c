//! Metrics for Prometheus: served over HTTP while a command works, and written to a file for batch jobs.
#![expect(
    clippy::disallowed_methods,
    reason = "the file of metrics is an argument of the command line"
)]

mod tally;

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::get;
use moisson_engine::control::{Event, Observer};
use moisson_engine::pulse::Pulse;
use moisson_engine::status::State;

use crate::args::MetricsArguments;
use crate::metrics::tally::Core;

/// The file is written at least this often, as often as Prometheus usually scrapes.
const FILE_INTERVAL: Duration = Duration::from_secs(15);
/// How long the end of a command waits for the last file to be written.
const END_WAIT: Duration = Duration::from_secs(10);
/// Media type of the text that every Prometheus reads.
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Media type of `OpenMetrics`, given to whoever accepts it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics that are served, written, or both.
pub(crate) struct Metrics {
    core: Arc<Core>,
    address: Option<SocketAddr>,
    file: Option<Pulse>,
}

impl Metrics {
    /// Starts what the arguments ask for; `None` if they ask for nothing.
    ///
    /// # Errors
    /// If the address is none or taken, or the file cannot be written.
    pub(crate) fn start(
        arguments: &MetricsArguments,
        pipeline: &str,
        watcher: &Arc<dyn Observer>,
    ) -> anyhow::Result<Option<Arc<Self>>> {
        let MetricsArguments {
            metrics,
            metrics_file,
        } = arguments;
        if metrics.is_none() && metrics_file.is_none() {
            return Ok(None);
        }
        let core = Arc::new(Core::new(pipeline));
        let address = match metrics {
            Some(text) => Some(serve(&core, text, watcher.clone())?),
            None => None,
        };
        let file = match metrics_file {
            Some(path) => Some(write_on(&core, path.clone(), watcher.clone())?),
            None => None,
        };
        Ok(Some(Arc::new(Self {
            core,
            address,
            file,
        })))
    }

    /// Where they are served.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Notes how the run ended and writes the file a last time.
    pub(crate) fn end(&self, state: State) {
        self.core.end(state);
        if let Some(file) = &self.file {
            file.end(END_WAIT);
        }
    }
}

impl Observer for Metrics {
    fn event(&self, event: Event) {
        let is_change = matches!(event, Event::Step { .. } | Event::Done);
        self.core.note(&event);
        if let Some(file) = self.file.as_ref().filter(|_| is_change) {
            file.wake();
        }
    }
}

/// Turns `OpenMetrics` text into the older format, which the textfile collector reads: there the name of a family is that of
/// its samples, and there are no units and no end mark.
fn classic(text: &str) -> String {
    let kind = |name: &str| {
        let mut types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        types.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    };
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let line = match words.as_slice() {
            ["#", "EOF"] | ["#", "UNIT", ..] => continue,
            ["#", word @ ("HELP" | "TYPE"), name, rest] => {
                let (suffix, is) = match kind(name) {
                    Some("counter") => ("_total", "counter"),
                    Some("info") => ("_info", "gauge"),
                    other => ("", other.unwrap_or("untyped")),
                };
                let rest = if *word == "TYPE" { is } else { rest };
                format!("# {word} {name}{suffix} {rest}")
            }
            _ => line.to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// Reads an address to listen on; a port alone is one of this machine, so that nothing is shown to a network unasked.
fn listen_on(text: &str) -> anyhow::Result<TcpListener> {
    let port = text.strip_prefix(':').unwrap_or(text).parse::<u16>();
    let listener = match port {
        Ok(port) => TcpListener::bind(("127.0.0.1", port)),
        Err(_) => text
            .to_socket_addrs()
            .and_then(|addresses| TcpListener::bind(addresses.collect::<Vec<_>>().as_slice())),
    };
    listener.with_context(|| {
        format!("cannot serve metrics on `{text}`; give a free port, as in `--metrics 9100`, or ADDRESS:PORT")
    })
}

/// Serves the metrics from a thread of their own until the program ends.
fn serve(core: &Arc<Core>, text: &str, watcher: Arc<dyn Observer>) -> anyhow::Result<SocketAddr> {
    let listener = listen_on(text)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let routes = axum::Router::new()
        .route("/metrics", get(answer))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(core.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let work = async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, routes).await
    };
    std::thread::Builder::new()
        .name("moisson-metrics".to_owned())
        .spawn(move || {
            if let Err(error) = runtime.block_on(work) {
                let message = format!("metrics are served no more: {error}");
                watcher.event(Event::Warning(message));
            }
        })?;
    Ok(address)
}

async fn answer(Shared(core): Shared<Arc<Core>>, headers: HeaderMap) -> impl IntoResponse {
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let text = core.text();
    if accepted.is_some_and(|accept| accept.contains("application/openmetrics-text")) {
        ([(header::CONTENT_TYPE, OPEN_METRICS)], text)
    } else {
        ([(header::CONTENT_TYPE, CLASSIC)], classic(&text))
    }
}

/// Writes the metrics to a file at every change of stage, every fifteen seconds, and at the end. The first time is now, so
/// that a wrong path stops the command before it works for hours.
fn write_on(core: &Arc<Core>, path: PathBuf, watcher: Arc<dyn Observer>) -> anyhow::Result<Pulse> {
    let core = core.clone();
    let failed = |path: &Path| format!("cannot write the metrics to `{}`", path.display());
    write(&path, &classic(&core.text())).with_context(|| failed(&path))?;
    let mut has_warned = false;
    let pulse = Pulse::start("moisson-metrics-file", FILE_INTERVAL, move || {
        if let Err(error) = write(&path, &classic(&core.text()))
            && !has_warned
        {
            has_warned = true;
            let message = format!("{}, the run goes on without: {error}", failed(&path));
            watcher.event(Event::Warning(message));
        }
    })?;
    Ok(pulse)
}

/// Replaces a file whole: the collector reads the old one or the new one. It reads `*.prom`, so not the one in between.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = PathBuf::from(name);
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::listen_on;

    #[test]
    fn a_port_alone_is_of_this_machine() {
        for text in ["0", ":0", "127.0.0.1:0"] {
            let address = listen_on(text).unwrap().local_addr().unwrap();
            assert!(address.ip().is_loopback(), "{text}: {address}");
        }
        let everywhere = listen_on("0.0.0.0:0").unwrap().local_addr().unwrap();
        assert!(everywhere.ip().is_unspecified());
        for wrong in ["", "port", "127.0.0.1", "99999"] {
            let error = format!("{:#}", listen_on(wrong).unwrap_err());
            assert!(error.contains(&format!("`{wrong}`")), "{error}");
        }
    }
}

//! `moisson scheduler` and `moisson worker`.

use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use moisson_engine::cluster::handshake;
use moisson_engine::cluster::scheduler::{self, SchedulerOptions};
use moisson_engine::cluster::tls::Tls;
use moisson_engine::cluster::worker::{self, WorkerOptions};
use moisson_engine::cluster::workshop::Performer;
use moisson_engine::control::Control;
use moisson_engine::stage;

use super::run::stop_on_signals;
use crate::args::{
    MetricsArguments, ProgressForm, SchedulerArguments, TlsArguments, WorkerArguments,
};
use crate::watch::Watch;
use crate::{machine, output, progress};

/// Serves as scheduler until it is stopped.
///
/// # Errors
/// If the address is taken or a certificate is wrong.
pub(crate) fn scheduler(arguments: &SchedulerArguments) -> anyhow::Result<ExitCode> {
    log(&arguments.log)?;
    let tls = tls(&arguments.tls)?;
    warn(arguments.bind, tls.as_ref());
    let options = SchedulerOptions {
        bind: SocketAddr::new(arguments.bind, arguments.port),
        advertise: arguments.advertise.clone(),
        tls,
        worker_timeout: Duration::from_secs(arguments.worker_timeout),
        versions: stage::VERSIONS,
    };
    let stop = stop_on_signals()?;
    let _watch = watch(&arguments.metrics, "scheduler")?;
    let name = arguments.advertise.as_deref();
    scheduler::serve(&options, &stop, |address| {
        say(&format!(
            "scheduler listening on df://{}\n",
            named(name, address)
        ));
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Works for a scheduler until it is stopped.
///
/// # Errors
/// If an option is wrong, or the scheduler cannot be reached or refuses this program.
pub(crate) fn worker(arguments: &WorkerArguments) -> anyhow::Result<ExitCode> {
    log(&arguments.log)?;
    let tls = tls(&arguments.tls)?;
    warn(arguments.bind, tls.as_ref());
    let stop = stop_on_signals()?;
    let budget = machine::budget(arguments.slots, arguments.memory);
    let watch = watch(&arguments.metrics, "worker")?;
    let control = Control {
        stop: stop.clone(),
        observer: watch.observer(),
        today: machine::today(),
    };
    let perform = Performer::new(
        format!("{}-{}", machine::host(), std::process::id()),
        budget,
        arguments.scratch.clone(),
        &arguments.stores,
        control,
    )?;
    let options = WorkerOptions {
        scheduler: arguments.scheduler.clone(),
        bind: arguments.bind,
        advertise: arguments.advertise.clone(),
        port: arguments.port,
        slots: budget.threads,
        memory_bytes: budget.memory_bytes,
        scratch: arguments.scratch.clone(),
        stores: arguments.stores.clone(),
        tls,
        wait: Duration::from_secs(arguments.wait),
        rest: worker::REST,
        versions: stage::VERSIONS,
        perform: Arc::new(perform),
    };
    let name = arguments.advertise.as_deref();
    worker::serve(&options, &stop, |address| {
        say(&format!(
            "worker ready, {} slots, flight on {}\n",
            budget.threads,
            named(name, address)
        ));
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Starts metrics, and says where they are: port 0 takes a free one.
fn watch(arguments: &MetricsArguments, name: &str) -> anyhow::Result<Watch> {
    let watch = Watch::start(ProgressForm::None, arguments, name)?;
    if let Some(address) = watch.address() {
        progress::tell_address(ProgressForm::Auto, address);
    }
    Ok(watch)
}

/// Reads the certificate that three options name, if they do.
///
/// # Errors
/// If a file cannot be read or is no certificate.
pub(crate) fn tls(arguments: &TlsArguments) -> anyhow::Result<Option<Tls>> {
    let TlsArguments {
        ca: Some(ca),
        certificate: Some(certificate),
        key: Some(key),
    } = arguments
    else {
        return Ok(None);
    };
    Ok(Some(Tls::load(ca, certificate, key)?))
}

fn warn(bind: IpAddr, tls: Option<&Tls>) {
    if let Some(warning) = handshake::warning(bind, tls) {
        output::warn(&warning);
    }
}

/// What others call this machine: the name it was given, and the port it listens on.
fn named(name: Option<&str>, address: SocketAddr) -> String {
    name.map_or_else(
        || address.to_string(),
        |name| format!("{name}:{}", address.port()),
    )
}

/// Prints a line at once: whoever started this program waits for it.
fn say(line: &str) {
    // A service goes on where nobody reads its output.
    let _ = output::print_now(line);
}

/// Sends the messages of the libraries to stderr, from a level on.
fn log(level: &str) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(level)
        .with_context(|| format!("--log {level}: write error, warn, info, debug or trace"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init()
        .map_err(|e| anyhow::anyhow!("log: {e}"))
}

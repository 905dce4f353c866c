//! Who does the work of a run: tasks of a batch system, or this machine with what they did.

use std::process::ExitCode;
#[cfg(feature = "cluster")]
use std::time::Duration;

use moisson_engine::Error;
#[cfg(feature = "cluster")]
use moisson_engine::cluster::client::Client;
#[cfg(feature = "cluster")]
use moisson_engine::cluster::crew::Workers;
use moisson_engine::control::Control;
use moisson_engine::crew::posted::{self, Notice, Posted, Share};
use moisson_engine::crew::{Crew, recorded};
use moisson_engine::flow;
use moisson_engine::pipeline::Pipeline;
use moisson_engine::session::Session;
use serde_json::json;

use crate::args::{CrewArguments, Format, RunArguments, Task};
use crate::watch::Watch;
use crate::{machine, output};

/// Gives a session the crew that the arguments name.
///
/// # Errors
/// If the output cannot be changed, or a stage is unknown.
pub(crate) fn gather(
    arguments: &CrewArguments,
    out: &str,
    session: Session,
) -> anyhow::Result<Session> {
    #[cfg(feature = "cluster")]
    if let Some(scheduler) = &arguments.cluster {
        return on_cluster(arguments, scheduler, out, session);
    }
    if !arguments.finish {
        return Ok(session);
    }
    for stage in &arguments.post {
        moisson_engine::stage::check(stage)?;
    }
    let session = session.with_crew(Crew::Posted(posted_stages(arguments, out, &arguments.post)));
    if arguments.retry_failed {
        recorded::retry_failed(session.work())?;
    }
    Ok(session)
}

#[cfg(feature = "cluster")]
fn on_cluster(
    arguments: &CrewArguments,
    scheduler: &str,
    out: &str,
    session: Session,
) -> anyhow::Result<Session> {
    let tls = super::cluster::tls(&arguments.tls)?;
    let versions = moisson_engine::stage::VERSIONS;
    let wait = Duration::from_secs(arguments.wait);
    let client = Client::connect(scheduler, tls, versions, wait, session.runtime())?;
    let out = posted::absolute(out, &machine::current_folder());
    let stall = Duration::from_secs(arguments.stall);
    let workers = Workers::new(client, out, arguments.attempts, stall);
    // The work area is the output's from here on.
    let session = session.in_output();
    workers.take_over(&session)?;
    if arguments.retry_failed {
        recorded::retry_failed(session.work())?;
    }
    Ok(session.with_crew(Crew::Cluster(Box::new(workers))))
}

fn posted_stages(arguments: &CrewArguments, out: &str, stages: &[String]) -> Posted {
    Posted {
        out: posted::absolute(out, &machine::current_folder()),
        stages: stages.to_vec(),
        attempts: arguments.attempts,
        ..Posted::default()
    }
}

/// What a driver posted for tasks.
fn notice(session: &Session) -> Option<&Notice> {
    match session.crew() {
        Crew::Posted(posted) => posted.notice.get(),
        _ => None,
    }
}

/// True if the run ended because tasks go on with it.
pub(crate) fn has_posted(session: &Session) -> bool {
    notice(session).is_some()
}

/// What came of a run that did not publish: something is posted for tasks, or the error stands.
///
/// # Errors
/// The error.
pub(crate) fn told(
    session: &Session,
    error: anyhow::Error,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let Some(notice) = notice(session) else {
        return Err(error);
    };
    let units = notice.orders.len();
    match format {
        Format::Json => output::print_json(&json!({ "posted": notice.stage, "units": units }))?,
        Format::Text => output::print(&format!("posted: {}, {units} units\n", notice.stage))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Does the share of one task.
///
/// # Errors
/// Whatever stops it.
pub(crate) fn task(
    arguments: &RunArguments,
    pipeline: &Pipeline,
    out: &str,
    task: Task,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let stop = super::run::stop_on_signals()?;
    let watch = Watch::start(arguments.progress, &arguments.metrics, &pipeline.name)?;
    let control = Control {
        stop,
        observer: watch.observer(),
        today: machine::today(),
    };
    let budget = machine::budget(arguments.on.threads, arguments.on.memory);
    let crew = Crew::Posted(posted_stages(&arguments.crew, out, &["ingest".to_owned()]));
    let session = Session::open(out, arguments.on.scratch.as_deref(), budget)?.with_crew(crew);
    let worker = format!("{}-{}", machine::host(), std::process::id());
    let work = || {
        posted::work(
            task.index, task.tasks, &worker, pipeline, &session, &control,
        )
    };
    let mut share = work()?;
    if share.is_none() {
        match flow::read(pipeline.clone(), 0, &session, &control) {
            Ok(()) | Err(Error::Interrupted) => control.check()?,
            Err(error) => return Err(error.into()),
        }
        share = work()?;
    }
    let Share {
        stage,
        orders,
        failed,
    } = share.unwrap_or_default();
    match format {
        Format::Json => output::print_json(&json!({
            "task": task.index, "tasks": task.tasks, "stage": stage, "units": orders, "failed": failed,
        }))?,
        Format::Text => output::print(&format!(
            "task {} of {}: {orders} units of {stage}, {failed} failed\n",
            task.index, task.tasks
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

//! Who watches a command that works for long: progress on stderr, metrics, and the status in the output.

use std::sync::Arc;

use moisson_engine::control::{Event, Observer, Tee};
use moisson_engine::publish::Outcome;
use moisson_engine::status::{Reporter, State};
use moisson_engine::store::Store;

use crate::args::{MetricsArguments, ProgressForm};
use crate::metrics::Metrics;
use crate::{machine, progress};

/// All watchers of one command.
pub(crate) struct Watch {
    pipeline: String,
    progress: Arc<dyn Observer>,
    metrics: Option<Arc<Metrics>>,
    reporter: Option<Arc<Reporter>>,
}

impl Watch {
    /// Starts progress and metrics.
    ///
    /// # Errors
    /// If the address of metrics is taken or none, or their file cannot be written.
    pub(crate) fn start(
        form: ProgressForm,
        arguments: &MetricsArguments,
        pipeline: &str,
    ) -> anyhow::Result<Self> {
        let progress = progress::observer(form);
        let metrics = Metrics::start(arguments, pipeline, &progress)?;
        if let Some(address) = metrics.as_ref().and_then(|metrics| metrics.address()) {
            progress::tell_address(form, address);
        }
        Ok(Self {
            pipeline: pipeline.to_owned(),
            progress,
            metrics,
            reporter: None,
        })
    }

    /// Also keeps the status of an output: for the one driver of it, not for tasks and workers.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn reporting_to(mut self, store: &Store) -> anyhow::Result<Self> {
        let about = machine::about(&self.pipeline);
        let reporter = Reporter::start(store, about, machine::clock(), self.progress.clone())?;
        self.reporter = Some(Arc::new(reporter));
        Ok(self)
    }

    /// Where metrics are served, if they are.
    #[cfg(feature = "cluster")]
    pub(crate) fn address(&self) -> Option<std::net::SocketAddr> {
        self.metrics.as_ref().and_then(|metrics| metrics.address())
    }

    /// What to tell events to. Progress comes last: who reads it finds metrics that count what it tells.
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        let metrics = self.metrics.clone().map(|it| it as Arc<dyn Observer>);
        let reporter = self.reporter.clone().map(|it| it as Arc<dyn Observer>);
        let all = metrics.into_iter().chain(reporter);
        Arc::new(Tee(all.chain([self.progress.clone()]).collect()))
    }

    /// Tells what came of a run.
    pub(crate) fn end(&self, done: &anyhow::Result<Outcome>) {
        let (state, error) = match done {
            Ok(outcome) if outcome.published => {
                let totals = &outcome.manifest.totals;
                self.observer().event(Event::Published {
                    rows: totals.released,
                    bytes: totals.text_bytes_out,
                });
                (State::Published, None)
            }
            Ok(_) => (State::Staged, None),
            Err(error) => match State::of_error(error.as_ref()) {
                State::Failed => (State::Failed, Some(format!("{error:#}"))),
                state => (state, None),
            },
        };
        self.end_as(state, error);
    }

    /// Ends in a given state.
    pub(crate) fn end_as(&self, state: State, error: Option<String>) {
        if let Some(reporter) = &self.reporter {
            reporter.end(state, error);
        }
        if let Some(metrics) = &self.metrics {
            metrics.end(state);
        }
    }
}

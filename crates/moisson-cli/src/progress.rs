//! Progress on stderr: bars on a terminal, plain lines elsewhere, or JSON events.
#![expect(clippy::print_stderr, reason = "printing is the command line's task")]

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};

use indicatif::{ProgressBar, ProgressStyle};
use moisson_engine::control::{Event, Observer, Silent};
use serde_json::json;

use crate::args::ProgressForm;

/// Returns the observer for a form.
pub(crate) fn observer(form: ProgressForm) -> Arc<dyn Observer> {
    match form {
        ProgressForm::None => Arc::new(Silent),
        ProgressForm::Json => Arc::new(Json::default()),
        ProgressForm::Auto if std::io::stderr().is_terminal() => Arc::new(Bars::default()),
        ProgressForm::Auto => Arc::new(Lines::default()),
    }
}

/// A step in progress.
#[derive(Debug, Default)]
struct Step {
    name: &'static str,
    total: u64,
    done: u64,
    told: u64,
}

impl Step {
    /// Advances; returns the percentage where another tenth is done, `None` always where the total is not known.
    fn advance(&mut self, by: u64) -> Option<u64> {
        self.done += by;
        let percent = (self.done * 100).checked_div(self.total)?.min(100);
        if percent / 10 > self.told / 10 {
            self.told = percent;
            return Some(percent);
        }
        None
    }
}

#[derive(Debug, Default)]
struct Lines(Mutex<Step>);

impl Observer for Lines {
    fn event(&self, event: Event) {
        let Ok(mut step) = self.0.lock() else { return };
        match event {
            Event::Step { name, total, .. } => {
                *step = Step {
                    name,
                    total,
                    ..Step::default()
                };
                eprintln!("{name}: started");
            }
            Event::Advance(by) => {
                if let Some(percent) = step.advance(by) {
                    eprintln!("{}: {percent} %", step.name);
                }
            }
            Event::Done => {}
            Event::Warning(text) => eprintln!("warning: {text}"),
        }
    }
}

#[derive(Debug, Default)]
struct Json(Mutex<Step>);

impl Observer for Json {
    fn event(&self, event: Event) {
        let Ok(mut step) = self.0.lock() else { return };
        let value = match event {
            Event::Step { name, total, bytes } => {
                *step = Step {
                    name,
                    total,
                    ..Step::default()
                };
                json!({ "event": "step", "step": name, "total": total, "unit": if bytes { "bytes" } else { "documents" } })
            }
            Event::Advance(by) => match step.advance(by) {
                Some(percent) => {
                    json!({ "event": "advance", "step": step.name, "done": step.done, "percent": percent })
                }
                None => return,
            },
            Event::Done => json!({ "event": "done", "step": step.name }),
            Event::Warning(text) => json!({ "event": "warning", "message": text }),
        };
        eprintln!("{value}");
    }
}

#[derive(Debug, Default)]
struct Bars(Mutex<Option<ProgressBar>>);

impl Observer for Bars {
    fn event(&self, event: Event) {
        let Ok(mut bar) = self.0.lock() else { return };
        match event {
            Event::Step { name, total, bytes } => {
                let template = match (total, bytes) {
                    (0, true) => "{prefix:8} {spinner} {bytes}, {binary_bytes_per_sec}",
                    (_, true) => {
                        "{prefix:8} {wide_bar} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} left"
                    }
                    (_, false) => "{prefix:8} {wide_bar} {pos} of {len}, {eta} left",
                };
                let next = ProgressBar::new(total).with_prefix(name);
                if let Ok(style) = ProgressStyle::with_template(template) {
                    next.set_style(style);
                }
                *bar = Some(next);
            }
            Event::Advance(by) => {
                if let Some(bar) = &*bar {
                    bar.inc(by);
                }
            }
            Event::Done => {
                if let Some(bar) = bar.take() {
                    bar.finish();
                }
            }
            Event::Warning(text) => match &*bar {
                Some(bar) => bar.println(format!("warning: {text}")),
                None => eprintln!("warning: {text}"),
            },
        }
    }
}

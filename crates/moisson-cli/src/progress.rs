//! Progress on stderr: bars on a terminal, plain lines elsewhere, or JSON events.
#![expect(clippy::print_stderr, reason = "printing is the command line's task")]

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};

use indicatif::{ProgressBar, ProgressStyle};
use moisson_engine::clock::rfc3339;
use moisson_engine::control::{Event, Observer, Silent};
use serde_json::{Value, json};

use crate::args::ProgressForm;
use crate::machine;

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
            other => {
                if let Some(line) = notice(&other) {
                    eprintln!("{line}");
                }
            }
        }
    }
}

/// What a person is told besides the steps: what went wrong.
fn notice(event: &Event) -> Option<String> {
    match event {
        Event::Warning(text) => Some(format!("warning: {text}")),
        Event::Retry { stage, key, reason } => Some(format!("{stage}: `{key}` again: {reason}")),
        Event::Failed { stage, key, reason } => {
            Some(format!("{stage}: `{key}` is set aside: {reason}"))
        }
        Event::Step { .. }
        | Event::Advance(_)
        | Event::Done
        | Event::Part { .. }
        | Event::Queue { .. }
        | Event::Spill { .. }
        | Event::Workers { .. }
        | Event::Published { .. } => None,
    }
}

/// Says where metrics are served, in the form of the progress.
pub(crate) fn tell_address(form: ProgressForm, address: std::net::SocketAddr) {
    match form {
        ProgressForm::None => {}
        ProgressForm::Json => {
            let line = json!({ "event": "metrics", "address": address.to_string() });
            eprintln!("{}", stamped(line));
        }
        ProgressForm::Auto => eprintln!("metrics: http://{address}/metrics"),
    }
}

/// Adds the time to the fields of an event.
fn stamped(mut line: Value) -> Value {
    if let Value::Object(fields) = &mut line {
        fields.insert("time".to_owned(), rfc3339(machine::clock()()).into());
    }
    line
}

#[derive(Debug, Default)]
struct Json(Mutex<Step>);

impl Observer for Json {
    fn event(&self, event: Event) {
        // Held while printing, so that lines come in the order of what they tell.
        let Ok(mut step) = self.0.lock() else { return };
        if let Some(line) = fields(event, &mut step) {
            eprintln!("{}", stamped(line));
        }
    }
}

/// The fields of an event, as `docs/operations.md` describes them; `None` where a step advanced by less than a tenth.
fn fields(event: Event, step: &mut Step) -> Option<Value> {
    Some(match event {
        Event::Step { name, total, bytes } => {
            *step = Step {
                name,
                total,
                ..Step::default()
            };
            json!({ "event": "step", "step": name, "total": total, "unit": if bytes { "bytes" } else { "documents" } })
        }
        Event::Advance(by) => {
            let percent = step.advance(by)?;
            json!({ "event": "advance", "step": step.name, "done": step.done, "percent": percent })
        }
        Event::Done => json!({ "event": "done", "step": step.name }),
        Event::Warning(text) => json!({ "event": "warning", "message": text }),
        Event::Part {
            stage,
            rows,
            bytes,
            reused,
        } => {
            json!({ "event": "part", "step": stage, "rows": rows, "bytes": bytes, "reused": reused })
        }
        Event::Retry { stage, key, reason } => {
            json!({ "event": "retry", "step": stage, "key": key, "reason": reason })
        }
        Event::Failed { stage, key, reason } => {
            json!({ "event": "failed", "step": stage, "key": key, "reason": reason })
        }
        Event::Queue {
            stage,
            waiting,
            working,
        } => {
            json!({ "event": "queue", "step": stage, "waiting": waiting, "working": working })
        }
        Event::Spill { bytes } => json!({ "event": "spill", "bytes": bytes }),
        Event::Workers { number } => json!({ "event": "workers", "number": number }),
        Event::Published { rows, bytes } => {
            json!({ "event": "published", "rows": rows, "bytes": bytes })
        }
    })
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
            other => match (notice(&other), &*bar) {
                (Some(line), Some(bar)) => bar.println(line),
                (Some(line), None) => eprintln!("{line}"),
                (None, _) => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use moisson_engine::control::Event;

    use super::{Step, fields};

    /// Events as a table: `docs/operations.md` describes each field, and the old names stay.
    #[test]
    fn every_event_is_one_object() {
        let mut step = Step::default();
        let mut check = |event: Event, expected: Option<&str>| {
            let expected = expected.map(|text| serde_json::from_str(text).unwrap());
            assert_eq!(fields(event, &mut step), expected);
        };
        let (stage, key, reason) = ("read", "s/0".to_owned(), "cut off".to_owned());
        check(
            Event::Step {
                name: stage,
                total: 200,
                bytes: true,
            },
            Some(r#"{"event":"step","step":"read","total":200,"unit":"bytes"}"#),
        );
        check(Event::Advance(10), None);
        check(
            Event::Advance(90),
            Some(r#"{"done":100,"event":"advance","percent":50,"step":"read"}"#),
        );
        check(Event::Done, Some(r#"{"event":"done","step":"read"}"#));
        check(
            Event::Warning("odd".to_owned()),
            Some(r#"{"event":"warning","message":"odd"}"#),
        );
        check(
            Event::Part {
                stage,
                rows: 1,
                bytes: 2,
                reused: false,
            },
            Some(r#"{"bytes":2,"event":"part","reused":false,"rows":1,"step":"read"}"#),
        );
        check(
            Event::Retry {
                stage,
                key: key.clone(),
                reason: reason.clone(),
            },
            Some(r#"{"event":"retry","key":"s/0","reason":"cut off","step":"read"}"#),
        );
        check(
            Event::Failed { stage, key, reason },
            Some(r#"{"event":"failed","key":"s/0","reason":"cut off","step":"read"}"#),
        );
        check(
            Event::Queue {
                stage,
                waiting: 3,
                working: 2,
            },
            Some(r#"{"event":"queue","step":"read","waiting":3,"working":2}"#),
        );
        check(
            Event::Spill { bytes: 4 },
            Some(r#"{"bytes":4,"event":"spill"}"#),
        );
        check(
            Event::Workers { number: 2 },
            Some(r#"{"event":"workers","number":2}"#),
        );
        check(
            Event::Published { rows: 5, bytes: 6 },
            Some(r#"{"bytes":6,"event":"published","rows":5}"#),
        );
    }
}

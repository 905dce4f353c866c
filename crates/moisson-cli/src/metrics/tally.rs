//! The metrics themselves: what events add up to, and what is measured when somebody asks.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::{Instant, UNIX_EPOCH};

use moisson_engine::control::Event;
use moisson_engine::status::State;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::machine;

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Gauges<const N: usize> = Family<Labels<N>, Gauge<i64>>;
type Seconds = Gauge<f64, AtomicU64>;

/// The metrics themselves. `docs/operations.md` describes each; a test compares.
#[derive(Default)]
pub(super) struct Core {
    registry: Registry,
    parts: Counters<2>,
    rows: Counters<2>,
    bytes: Counters<2>,
    retries: Counters<1>,
    warnings: Counter,
    spill_bytes: Counter,
    queue_units: Gauges<2>,
    workers: Gauge<i64>,
    stage_done: Gauges<2>,
    stage_expected: Gauges<2>,
    stage_seconds: Family<Labels<1>, Seconds>,
    run_state: Gauges<1>,
    run_finished: Seconds,
    released_rows: Gauge<i64>,
    released_bytes: Gauge<i64>,
    memory_bytes: Gauge<i64>,
    open: Mutex<Option<OpenStage>>,
}

/// The stage that works.
#[derive(Debug, Clone, Copy)]
struct OpenStage {
    name: &'static str,
    unit: &'static str,
    started: Instant,
}

impl Core {
    pub(super) fn new(pipeline: &str) -> Self {
        let mut core = Self::default();
        let mut registry = Registry::default();
        core.register_counters(&mut registry);
        core.register_gauges(&mut registry);
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("moisson_build", "Version of the program", version);
        let run = Info::new([("pipeline", pipeline.to_owned())]);
        registry.register("moisson_run", "What is run", run);
        let started = Seconds::default();
        started.set(now_seconds());
        let name = "process_start_time_seconds";
        registry.register(name, "When the process started", started);
        core.registry = registry;
        core.tell_state(State::Running);
        core
    }

    fn register_counters(&self, registry: &mut Registry) {
        let mut add = |name: &str, help: &str, counters: &Counters<2>| {
            registry.register(name, help, counters.clone());
        };
        let (parts, rows, bytes) = (&self.parts, &self.rows, &self.bytes);
        add("moisson_parts", "Units of work by how they ended", parts);
        add("moisson_rows", "Rows of parts made and reused", rows);
        let help = "Stored bytes of parts made and reused";
        add("moisson_bytes", help, bytes);
        let help = "Units tried again after a failure";
        registry.register("moisson_retries", help, self.retries.clone());
        registry.register("moisson_warnings", "Warnings", self.warnings.clone());
        let help = "Bytes that went to scratch";
        registry.register("moisson_spill_bytes", help, self.spill_bytes.clone());
    }

    fn register_gauges(&self, registry: &mut Registry) {
        let mut add = |name: &str, help: &str, gauges: &Gauges<2>| {
            registry.register(name, help, gauges.clone());
        };
        let help = "Units that wait or are worked on";
        add("moisson_queue_units", help, &self.queue_units);
        let help = "How much of a stage is done";
        add("moisson_stage_done", help, &self.stage_done);
        let help = "How much a stage has to do";
        add("moisson_stage_expected", help, &self.stage_expected);
        let mut add = |name: &str, help: &str, gauge: &Gauge<i64>| {
            registry.register(name, help, gauge.clone());
        };
        add("moisson_workers", "Workers at present", &self.workers);
        let (rows, bytes) = (&self.released_rows, &self.released_bytes);
        add("moisson_released_rows", "Rows of the release", rows);
        let help = "Bytes of text in the release";
        add("moisson_released_text_bytes", help, bytes);
        let help = "Resident memory of the process";
        add("process_resident_memory_bytes", help, &self.memory_bytes);
        let (help, seconds) = ("Wall time of a stage so far", &self.stage_seconds);
        registry.register("moisson_stage_seconds", help, seconds.clone());
        let help = "1 for the state of the run";
        registry.register("moisson_run_state", help, self.run_state.clone());
        let name = "moisson_run_finished_timestamp_seconds";
        let help = "When the run ended, 0 while it works";
        registry.register(name, help, self.run_finished.clone());
    }

    pub(super) fn note(&self, event: &Event) {
        match *event {
            Event::Step { name, total, bytes } => {
                self.change_stage(Some(OpenStage {
                    name,
                    unit: if bytes { "bytes" } else { "documents" },
                    started: Instant::now(),
                }));
                self.set_progress(&self.stage_expected, signed(total));
                self.set_progress(&self.stage_done, 0);
            }
            Event::Done => self.change_stage(None),
            Event::Advance(by) => {
                if let Some(OpenStage { name, unit, .. }) = self.open() {
                    let labels = [("stage", name), ("unit", unit)];
                    self.stage_done.get_or_create(&labels).inc_by(signed(by));
                }
            }
            Event::Warning(_) => {
                self.warnings.inc();
            }
            Event::Part {
                stage,
                rows,
                bytes,
                reused,
            } => {
                let result = if reused { "reused" } else { "made" };
                let labels = [("stage", stage), ("result", result)];
                self.parts.get_or_create(&labels).inc();
                self.rows.get_or_create(&labels).inc_by(rows);
                self.bytes.get_or_create(&labels).inc_by(bytes);
            }
            Event::Retry { stage, .. } => {
                self.retries.get_or_create(&[("stage", stage)]).inc();
            }
            Event::Failed { stage, .. } => {
                let labels = [("stage", stage), ("result", "failed")];
                self.parts.get_or_create(&labels).inc();
            }
            Event::Queue {
                stage,
                waiting,
                working,
            } => {
                for (state, units) in [("waiting", waiting), ("working", working)] {
                    let labels = [("stage", stage), ("state", state)];
                    self.queue_units.get_or_create(&labels).set(signed(units));
                }
            }
            Event::Spill { bytes } => {
                self.spill_bytes.inc_by(bytes);
            }
            Event::Workers { number } => {
                self.workers.set(signed(number));
            }
            Event::Published { rows, bytes } => {
                self.released_rows.set(signed(rows));
                self.released_bytes.set(signed(bytes));
            }
        }
    }

    fn open(&self) -> Option<OpenStage> {
        self.open.lock().ok().and_then(|open| *open)
    }

    fn set_progress(&self, gauges: &Gauges<2>, value: i64) {
        if let Some(OpenStage { name, unit, .. }) = self.open() {
            let labels = [("stage", name), ("unit", unit)];
            gauges.get_or_create(&labels).set(value);
        }
    }

    fn change_stage(&self, next: Option<OpenStage>) {
        self.measure();
        if let Ok(mut open) = self.open.lock() {
            *open = next;
        }
        self.measure();
    }

    /// Brings up to date what no event tells.
    fn measure(&self) {
        if let Some(stage) = self.open() {
            let seconds = stage.started.elapsed().as_secs_f64();
            let labels = [("stage", stage.name)];
            self.stage_seconds.get_or_create(&labels).set(seconds);
        }
        if let Some(bytes) = machine::memory_bytes() {
            self.memory_bytes.set(signed(bytes));
        }
    }

    pub(super) fn end(&self, state: State) {
        self.change_stage(None);
        self.tell_state(state);
        self.run_finished.set(now_seconds());
    }

    fn tell_state(&self, now: State) {
        for state in State::ALL {
            let labels = [("state", state.name())];
            self.run_state
                .get_or_create(&labels)
                .set(i64::from(state == now));
        }
    }

    /// The metrics as `OpenMetrics` text.
    pub(super) fn text(&self) -> String {
        self.measure();
        let mut text = String::new();
        // Writing to a string cannot fail; were it to, the text would be cut off before `# EOF`, and refused.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn now_seconds() -> f64 {
    let since = machine::clock()().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use moisson_engine::control::Event;
    use moisson_engine::status::State;

    use super::super::classic;
    use super::Core;

    /// Metrics after one event of each kind.
    fn told() -> Core {
        let core = Core::new("bench");
        let (stage, key, reason) = ("read", "s/0".to_owned(), "cut off".to_owned());
        let events = [
            Event::Step {
                name: stage,
                total: 100,
                bytes: true,
            },
            Event::Advance(40),
            Event::Part {
                stage,
                rows: 5,
                bytes: 70,
                reused: false,
            },
            Event::Part {
                stage,
                rows: 6,
                bytes: 80,
                reused: true,
            },
            Event::Retry {
                stage,
                key: key.clone(),
                reason: reason.clone(),
            },
            Event::Failed { stage, key, reason },
            Event::Queue {
                stage,
                waiting: 3,
                working: 2,
            },
            Event::Spill { bytes: 9 },
            Event::Workers { number: 2 },
            Event::Warning("odd".to_owned()),
            Event::Published {
                rows: 11,
                bytes: 12,
            },
        ];
        for event in events {
            core.note(&event);
        }
        core
    }

    #[test]
    fn events_become_samples() {
        let core = told();
        core.end(State::Published);
        let text = classic(&core.text());
        let version = env!("CARGO_PKG_VERSION");
        for sample in [
            "# TYPE moisson_parts_total counter",
            "moisson_parts_total{stage=\"read\",result=\"made\"} 1",
            "moisson_parts_total{stage=\"read\",result=\"reused\"} 1",
            "moisson_parts_total{stage=\"read\",result=\"failed\"} 1",
            "moisson_rows_total{stage=\"read\",result=\"made\"} 5",
            "moisson_bytes_total{stage=\"read\",result=\"reused\"} 80",
            "moisson_retries_total{stage=\"read\"} 1",
            "moisson_spill_bytes_total 9",
            "moisson_warnings_total 1",
            "moisson_queue_units{stage=\"read\",state=\"waiting\"} 3",
            "moisson_queue_units{stage=\"read\",state=\"working\"} 2",
            "moisson_stage_done{stage=\"read\",unit=\"bytes\"} 40",
            "moisson_stage_expected{stage=\"read\",unit=\"bytes\"} 100",
            "moisson_run_state{state=\"published\"} 1",
            "moisson_run_state{state=\"running\"} 0",
            "moisson_released_rows 11",
            "# TYPE moisson_build_info gauge",
            &format!("moisson_build_info{{version=\"{version}\"}} 1"),
            "moisson_run_info{pipeline=\"bench\"} 1",
        ] {
            assert!(text.lines().any(|line| line == sample), "{sample}\n{text}");
        }
        assert!(!text.contains("# EOF") && text.ends_with('\n'), "{text}");
        assert!(core.text().ends_with("# EOF\n"));
    }

    #[test]
    fn the_page_describes_every_metric_and_no_other() {
        let page = include_str!("../../../../docs/operations.md");
        let described: BTreeSet<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split(['`', '{']).next())
            .filter(|name| name.starts_with("moisson_") || name.starts_with("process_"))
            .collect();
        let text = classic(&told().text());
        let registered: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect();
        assert_eq!(described, registered);
    }
}

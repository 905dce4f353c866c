//! Status: what a run tells of itself in its output, for whoever looks from elsewhere. In no digest, and no part of
//! what a run resumes from: without it, or with a stale one, everything works.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use moisson_core::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, parse_rfc3339, rfc3339};
use crate::control::{Event, Observer};
use crate::pulse::Pulse;
use crate::store::Store;

/// Path of the status in an output.
pub const STATUS: &str = "status.json";
/// Version of its shape: bumped when a field changes its meaning or goes; a new field needs no new version.
pub const STATUS_VERSION: u32 = 1;
/// A running run writes at least this often.
const BEAT: Duration = Duration::from_secs(5);
/// A running run that wrote nothing for so long is taken for dead: twelve beats, so that a slow store raises no alarm.
pub const SILENT_AFTER: Duration = Duration::from_mins(1);
/// How long the end of a run waits for the last status to be written.
const END_WAIT: Duration = Duration::from_secs(10);
/// The rate of a stage is measured over this many beats: what was found committed at its start soon counts no more.
const RATE_BEATS: usize = 12;
/// Most failed units that are named; all are counted.
const FAILED_MAX: usize = 100;

/// What became of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It works, or was killed: the time of the last sign of life tells.
    #[default]
    Running,
    /// The release is published.
    Published,
    /// An alarm keeps the release from being published.
    Staged,
    /// Orders are posted for the tasks of a batch system.
    Posted,
    /// It was asked to stop.
    Stopped,
    /// An error ended it.
    Failed,
}

impl State {
    /// Its name, as in `status.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Published => "published",
            Self::Staged => "staged",
            Self::Posted => "posted",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// The state of a run that ended with an error: stopped on request, or failed.
    pub fn of_error(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = std::iter::successors(Some(error), |error| error.source());
        let is_stop = causes.any(|cause| matches!(cause.downcast_ref(), Some(Error::Interrupted)));
        if is_stop { Self::Stopped } else { Self::Failed }
    }

    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Published,
        Self::Staged,
        Self::Posted,
        Self::Stopped,
        Self::Failed,
    ];
}

/// Who runs: what the engine cannot know by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// Identity of the run, another for each.
    pub run: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the driver's machine.
    pub host: String,
    /// Number of the driver's process there.
    pub pid: u32,
    /// Version of the program.
    pub moisson_version: String,
}

/// One stage of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// What `done` and `total` count: `bytes` or `documents`.
    pub unit: String,
    /// How much is done.
    pub done: u64,
    /// How much there is, 0 where that is not known.
    pub total: u64,
    /// When it started, RFC 3339; `None` if it only found parts so far.
    pub started: Option<String>,
    /// How long it took, in seconds, once it is over.
    pub seconds: Option<f64>,
    /// Units per second of late, while it works.
    pub per_second: Option<f64>,
    /// Parts made by this run.
    pub parts_made: u64,
    /// Parts that were committed already.
    pub parts_reused: u64,
    /// Parts that were given up.
    pub parts_failed: u64,
    /// Rows of the parts made and reused.
    pub rows: u64,
    /// Bytes of the parts made and reused, as they are stored.
    pub bytes: u64,
    /// Tries after a failed one.
    pub retries: u64,
    /// Units nobody has begun.
    pub waiting: u64,
    /// Units somebody works on.
    pub working: u64,
}

/// A unit that was given up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FailedPart {
    /// Its stage.
    pub stage: String,
    /// Which one.
    pub key: String,
    /// Why.
    pub reason: String,
}

/// `status.json`. Fields that an older program did not write read as their defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Version of this shape.
    pub schema_version: u32,
    /// Who runs.
    #[serde(flatten)]
    pub about: About,
    /// What became of the run.
    pub state: State,
    /// The error that ended it, in one line.
    pub error: Option<String>,
    /// When the run started, RFC 3339.
    pub started: String,
    /// When this was written, RFC 3339: the last sign of life.
    pub updated: String,
    /// The stage it is in, or ended in.
    pub stage: Option<String>,
    /// The stages so far, in the order they began.
    pub stages: Vec<Stage>,
    /// Workers at present.
    pub workers: u64,
    /// Bytes that went to scratch.
    pub spill_bytes: u64,
    /// Warnings so far.
    pub warnings: u64,
    /// Units that were given up, at most 100 of them.
    pub failed: Vec<FailedPart>,
    /// Rows of the release, once it is published.
    pub released_rows: Option<u64>,
}

impl Status {
    /// How long ago the run gave its last sign of life; zero if its clock is ahead, `None` if it wrote no time.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        let updated = parse_rfc3339(&self.updated)?;
        Some(now.duration_since(updated).unwrap_or_default())
    }

    /// True if it says that it runs, and has said nothing for too long.
    pub fn is_silent(&self, now: SystemTime) -> bool {
        self.state == State::Running && self.age(now).is_none_or(|age| age > SILENT_AFTER)
    }

    /// The stage it is in.
    pub fn current(&self) -> Option<&Stage> {
        let name = self.stage.as_deref()?;
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Notes an event. True if it is worth writing the status at once.
    fn note(&mut self, event: Event, clock: &Clock) -> bool {
        match event {
            Event::Step { name, total, bytes } => {
                let now = clock();
                self.close(now);
                self.stage = Some(name.to_owned());
                let stage = self.stage_mut(name);
                let unit = if bytes { "bytes" } else { "documents" };
                unit.clone_into(&mut stage.unit);
                (stage.total, stage.done, stage.seconds) = (total, 0, None);
                stage.started = Some(rfc3339(now));
                return true;
            }
            Event::Done => {
                self.close(clock());
                return true;
            }
            Event::Advance(by) => {
                if let Some(stage) = self.current_mut() {
                    stage.done += by;
                }
            }
            Event::Warning(_) => self.warnings += 1,
            Event::Part {
                stage,
                rows,
                bytes,
                reused,
            } => {
                let stage = self.stage_mut(stage);
                stage.parts_made += u64::from(!reused);
                stage.parts_reused += u64::from(reused);
                stage.rows += rows;
                stage.bytes += bytes;
            }
            Event::Retry { stage, .. } => self.stage_mut(stage).retries += 1,
            Event::Failed { stage, key, reason } => {
                self.stage_mut(stage).parts_failed += 1;
                if self.failed.len() < FAILED_MAX {
                    let stage = stage.to_owned();
                    self.failed.push(FailedPart { stage, key, reason });
                }
            }
            Event::Queue {
                stage,
                waiting,
                working,
            } => {
                let stage = self.stage_mut(stage);
                (stage.waiting, stage.working) = (waiting, working);
            }
            Event::Spill { bytes } => self.spill_bytes += bytes,
            Event::Workers { number } => self.workers = number,
            Event::Published { rows, .. } => self.released_rows = Some(rows),
        }
        false
    }

    /// Notes how long the stage took that is open, if one is.
    fn close(&mut self, now: SystemTime) {
        let Some(stage) = self.current_mut().filter(|stage| stage.seconds.is_none()) else {
            return;
        };
        let started = stage.started.as_deref().and_then(parse_rfc3339);
        let took = started.and_then(|started| now.duration_since(started).ok());
        stage.seconds = Some(took.unwrap_or_default().as_secs_f64());
        stage.per_second = None;
    }

    fn current_mut(&mut self) -> Option<&mut Stage> {
        let name = self.stage.clone()?;
        self.stages.iter_mut().find(|stage| stage.name == name)
    }

    fn stage_mut(&mut self, name: &str) -> &mut Stage {
        let at = self.stages.iter().position(|stage| stage.name == name);
        let at = at.unwrap_or(self.stages.len());
        if at == self.stages.len() {
            self.stages.push(Stage {
                name: name.to_owned(),
                ..Stage::default()
            });
        }
        &mut self.stages[at]
    }
}

/// Reads the status of an output, `None` if no run wrote one.
///
/// # Errors
/// [`Error::Config`] if a newer program wrote it, [`Error::Store`] if it cannot be read.
pub fn read(store: &Store) -> Result<Option<Status>> {
    let status: Option<Status> = store.get_json(STATUS)?;
    match status {
        Some(status) if status.schema_version > STATUS_VERSION => Err(Error::config(format!(
            "{}/{STATUS} was written by moisson {}: look at it with that version",
            store.display(),
            status.about.moisson_version
        ))),
        other => Ok(other),
    }
}

/// Counts the parts that are committed, by stage, from their manifests: it needs no status, and holds after a kill.
///
/// # Errors
/// [`Error::Store`] if the output cannot be listed.
pub fn committed(store: &Store) -> Result<BTreeMap<String, u64>> {
    let mut parts = BTreeMap::new();
    for entry in store.list("parts")? {
        let Some(manifest) = entry.path.strip_suffix(".json") else {
            continue;
        };
        // `parts/STEP/…`; what lies in `parts` itself is no part.
        let mut folders = manifest.split('/').skip(1);
        if let (Some(step), Some(_)) = (folders.next(), folders.next()) {
            *parts.entry(step.to_owned()).or_default() += 1;
        }
    }
    Ok(parts)
}

/// Keeps the status of a run and writes it: at every change of stage, every five seconds, and at the end, from a thread of
/// its own. A store that refuses it makes one warning, and the run goes on.
pub struct Reporter {
    status: Arc<Mutex<Status>>,
    clock: Clock,
    pulse: Pulse,
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reporter").finish_non_exhaustive()
    }
}

impl Reporter {
    /// Starts to report into a store; `watcher` is told if that fails.
    ///
    /// # Errors
    /// [`Error::Internal`] if the system gives no thread.
    pub fn start(
        store: &Store,
        about: About,
        clock: Clock,
        watcher: Arc<dyn Observer>,
    ) -> Result<Self> {
        let status = Arc::new(Mutex::new(Status {
            schema_version: STATUS_VERSION,
            about,
            started: rfc3339(clock()),
            ..Status::default()
        }));
        let mut writer = Writer {
            store: store.clone(),
            status: status.clone(),
            clock: clock.clone(),
            watcher,
            has_warned: false,
            rate: Rate::default(),
        };
        let pulse = Pulse::start("moisson-status", BEAT, move || writer.write())?;
        Ok(Self {
            status,
            clock,
            pulse,
        })
    }

    /// Writes the last status. Waits for at most ten seconds: a store that hangs holds nobody up.
    pub fn end(&self, state: State, error: Option<String>) {
        if let Ok(mut status) = self.status.lock() {
            status.close((self.clock)());
            (status.state, status.error) = (state, error);
        }
        self.pulse.end(END_WAIT);
    }
}

impl Observer for Reporter {
    fn event(&self, event: Event) {
        let Ok(mut status) = self.status.lock() else {
            return;
        };
        let is_worth_it = status.note(event, &self.clock);
        drop(status);
        if is_worth_it {
            self.pulse.wake();
        }
    }
}

/// The thread's own.
struct Writer {
    store: Store,
    status: Arc<Mutex<Status>>,
    clock: Clock,
    watcher: Arc<dyn Observer>,
    has_warned: bool,
    rate: Rate,
}

impl Writer {
    fn write(&mut self) {
        let now = (self.clock)();
        let Ok(mut status) = self.status.lock() else {
            return;
        };
        status.updated = rfc3339(now);
        if let Some(stage) = status.current_mut().filter(|stage| stage.seconds.is_none()) {
            stage.per_second = self.rate.measure(stage, now);
        }
        let copy = status.clone();
        drop(status);
        if let Err(error) = self.store.put_json(STATUS, &copy)
            && !self.has_warned
        {
            self.has_warned = true;
            self.watcher.event(Event::Warning(format!(
                "the status cannot be written, the run goes on without: {error}"
            )));
        }
    }
}

/// The latest beats of a stage.
#[derive(Debug, Default)]
struct Rate {
    stage: String,
    beats: VecDeque<(SystemTime, u64)>,
}

impl Rate {
    fn measure(&mut self, stage: &Stage, now: SystemTime) -> Option<f64> {
        if self.stage != stage.name {
            self.stage.clone_from(&stage.name);
            self.beats.clear();
        }
        self.beats.push_back((now, stage.done));
        if self.beats.len() > RATE_BEATS {
            self.beats.pop_front();
        }
        let &(then, done) = self.beats.front()?;
        let seconds = now.duration_since(then).ok()?.as_secs_f64();
        (seconds > 0.0).then(|| stage.done.saturating_sub(done) as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::{FAILED_MAX, RATE_BEATS, Rate, Stage, State, Status};
    use crate::clock::{Clock, rfc3339};
    use crate::control::Event;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    fn clock(second: u64) -> Clock {
        Arc::new(move || at(second))
    }

    fn step(name: &'static str, total: u64) -> Event {
        Event::Step {
            name,
            total,
            bytes: true,
        }
    }

    #[test]
    fn events_add_up_by_stage() {
        let part = |rows, reused| Event::Part {
            stage: "read",
            rows,
            bytes: 10 * rows,
            reused,
        };
        let retry = Event::Retry {
            stage: "read",
            key: "s/0".to_owned(),
            reason: "cut off".to_owned(),
        };
        let mut status = Status::default();
        assert!(status.note(step("read", 100), &clock(10)));
        let events = [
            part(5, true),
            part(7, false),
            retry,
            Event::Advance(40),
            Event::Advance(60),
            Event::Spill { bytes: 3 },
            Event::Warning("odd".to_owned()),
        ];
        for event in events {
            assert!(!status.note(event, &clock(11)));
        }
        assert!(status.note(step("shard", 12), &clock(14)));
        let read = &status.stages[0];
        assert_eq!(
            (read.parts_made, read.parts_reused, read.retries),
            (1, 1, 1)
        );
        assert_eq!((read.rows, read.bytes, read.done), (12, 120, 100));
        assert_eq!(
            read.seconds,
            Some(4.0),
            "a stage ends where the next one starts"
        );
        assert_eq!(status.current().unwrap().name, "shard");
        assert_eq!((status.spill_bytes, status.warnings), (3, 1));
        assert!(status.note(Event::Done, &clock(15)));
        assert_eq!(status.current().unwrap().seconds, Some(1.0));
    }

    #[test]
    fn failed_parts_are_all_counted_and_some_named() {
        let mut status = Status::default();
        for number in 0..FAILED_MAX + 5 {
            let event = Event::Failed {
                stage: "read",
                key: number.to_string(),
                reason: "damaged".to_owned(),
            };
            status.note(event, &clock(0));
        }
        assert_eq!(status.failed.len(), FAILED_MAX);
        assert_eq!(status.stages[0].parts_failed, FAILED_MAX as u64 + 5);
    }

    #[test]
    fn only_a_run_that_says_it_runs_can_be_silent() {
        let check = |state, updated: Option<u64>, now, silent| {
            let status = Status {
                state,
                updated: updated.map_or_else(String::new, |second| rfc3339(at(second))),
                ..Status::default()
            };
            assert_eq!(
                status.is_silent(at(now)),
                silent,
                "{state:?} {updated:?} {now}"
            );
        };
        check(State::Running, Some(1000), 1000, false);
        check(State::Running, Some(1000), 1060, false);
        check(State::Running, Some(1000), 1061, true);
        check(State::Running, Some(1000), 900, false);
        check(State::Running, None, 1000, true);
        check(State::Stopped, Some(1000), 9000, false);
        check(State::Published, Some(1000), 9000, false);
    }

    #[test]
    fn the_rate_is_that_of_the_latest_beats() {
        let mut rate = Rate::default();
        let mut stage = Stage {
            name: "read".to_owned(),
            ..Stage::default()
        };
        assert_eq!(rate.measure(&stage, at(0)), None);
        // A jump over what was committed already, then ten a second.
        let mut last = None;
        for beat in 1..=RATE_BEATS as u64 {
            stage.done = 1_000_000 + beat * 50;
            last = rate.measure(&stage, at(beat * 5));
        }
        assert_eq!(last, Some(10.0));
        stage.name = "shard".to_owned();
        assert_eq!(rate.measure(&stage, at(100)), None);
    }

    #[test]
    fn what_is_written_is_read_again_and_a_missing_field_is_its_default() {
        let mut status = Status {
            state: State::Staged,
            ..Status::default()
        };
        status.about.run = "r".to_owned();
        status.note(step("read", 1), &clock(1));
        let text = serde_json::to_string(&status).unwrap();
        assert!(
            text.contains(r#""state":"staged""#) && text.contains(r#""run":"r""#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Status>(&text).unwrap(), status);
        let old: Status = serde_json::from_str(r#"{"state":"failed","later":1}"#).unwrap();
        assert_eq!(old.state, State::Failed);
    }
}

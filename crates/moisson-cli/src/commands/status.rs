//! `moisson status`.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::SystemTime;

use moisson_engine::clock::parse_rfc3339;
use moisson_engine::manifest::ReleaseManifest;
use moisson_engine::publish::{MANIFEST, STAGED_MANIFEST};
use moisson_engine::session::Session;
use moisson_engine::status::{self, Stage, State, Status};
use serde_json::{Value, json};

use crate::args::{Format, StatusArguments};
use crate::commands::look::open;
use crate::commands::run::alarm_told;
use crate::{machine, output};

/// What an output tells of its runs.
struct Found {
    out: String,
    status: Option<Status>,
    committed: BTreeMap<String, u64>,
    release: Option<ReleaseManifest>,
    staged: Option<ReleaseManifest>,
    /// Documents that are still to be forgotten, by request.
    forgetting: BTreeMap<String, u64>,
    now: SystemTime,
}

/// Tells what a run does in an output, or did.
///
/// # Errors
/// If there is no output, or it cannot be read.
pub(crate) fn run(arguments: &StatusArguments, format: Format) -> anyhow::Result<ExitCode> {
    let session = open(&arguments.out)?;
    let found = Found::read(&session)?;
    anyhow::ensure!(
        !found.is_empty(),
        "no output at `{}`: run a pipeline into it first",
        found.out
    );
    match format {
        Format::Json => output::print_json(&found.json())?,
        Format::Text => {
            output::print(&found.told())?;
            if let Some(status) = found.status.as_ref().filter(|s| !s.stages.is_empty()) {
                print_stages(&status.stages)?;
            }
        }
    }
    Ok(match found.state() {
        Some(State::Failed | State::Staged) => ExitCode::from(output::GATE),
        _ => ExitCode::SUCCESS,
    })
}

impl Found {
    fn read(session: &Session) -> anyhow::Result<Self> {
        let store = session.store();
        Ok(Self {
            out: store.display().to_owned(),
            status: status::read(store)?,
            committed: status::committed(store)?,
            release: store.get_json(MANIFEST)?,
            staged: store.get_json(STAGED_MANIFEST)?,
            forgetting: moisson_engine::forget::pending(session)?,
            now: machine::clock()(),
        })
    }

    fn is_empty(&self) -> bool {
        self.status.is_none()
            && self.committed.is_empty()
            && self.release.is_none()
            && self.staged.is_none()
    }

    /// The state, as the last run says or as the manifests show; `None` where only parts are there.
    fn state(&self) -> Option<State> {
        match (&self.status, &self.staged, &self.release) {
            (Some(status), ..) => Some(status.state),
            (None, Some(_), _) => Some(State::Staged),
            (None, None, Some(_)) => Some(State::Published),
            (None, None, None) => None,
        }
    }

    fn json(&self) -> Value {
        let silent = self.status.as_ref().map(|s| s.is_silent(self.now));
        let age = self.status.as_ref().and_then(|s| s.age(self.now));
        let release = |manifest: &ReleaseManifest| {
            json!({
                "content_digest": manifest.content_digest, "shards": manifest.shards.len(),
                "read": manifest.totals.read, "released": manifest.totals.released,
                "text_bytes_out": manifest.totals.text_bytes_out, "alarms": manifest.alarms,
            })
        };
        json!({
            "out": self.out,
            "forgetting": self.forgetting,
            "state": self.state().map_or("unfinished", State::name),
            "silent": silent.unwrap_or_default(),
            "age_seconds": age.map(|age| age.as_secs()),
            "status": self.status,
            "committed": self.committed,
            "release": self.release.as_ref().map(release),
            "staged": self.staged.as_ref().map(release),
        })
    }

    fn told(&self) -> String {
        let mut lines = Vec::new();
        match &self.status {
            Some(status) => self.tell_status(status, &mut lines),
            None => lines.push(match self.state() {
                Some(state) => format!("{}; no run left a status here", state.name()),
                None => "unfinished: some parts are committed, and no run left a status here; \
                         run again to go on"
                    .to_owned(),
            }),
        }
        if !self.committed.is_empty() {
            let parts = self.committed.iter().map(|(step, n)| format!("{n} {step}"));
            lines.push(format!(
                "committed: {}",
                parts.collect::<Vec<_>>().join(", ")
            ));
        }
        for (what, manifest) in [("release", &self.release), ("staged", &self.staged)] {
            let Some(manifest) = manifest else { continue };
            lines.push(format!(
                "{what}: {} of {} records in {} shards, {:.1} MB of text",
                manifest.totals.released,
                manifest.totals.read,
                manifest.shards.len(),
                manifest.totals.text_bytes_out as f64 / 1e6
            ));
        }
        lines.extend(self.forgetting.iter().map(|(path, documents)| {
            format!(
                "{path}: {documents} documents are to be forgotten, and that is not finished; \
                 `moisson forget OUT --resume` finishes it"
            )
        }));
        if self.state() == Some(State::Staged)
            && let Some(staged) = &self.staged
        {
            let open = staged
                .alarms
                .iter()
                .filter(|alarm| alarm.acknowledged.is_none());
            lines.extend(open.map(alarm_told));
        }
        lines.join("\n") + "\n"
    }

    fn tell_status(&self, status: &Status, lines: &mut Vec<String>) {
        let about = &status.about;
        let started = parse_rfc3339(&status.started);
        let since = started.and_then(|started| self.now.duration_since(started).ok());
        lines.push(format!(
            "{}: pipeline `{}`, started {} ({} ago) on {}, process {}",
            status.state.name(),
            about.pipeline,
            status.started,
            duration(since.unwrap_or_default().as_secs_f64()),
            about.host,
            about.pid,
        ));
        let age = status.age(self.now).unwrap_or_default().as_secs_f64();
        if status.is_silent(self.now) {
            lines.push(format!(
                "no sign of life for {}: the driver was killed or is cut off; run again to resume",
                duration(age)
            ));
        } else if status.state == State::Running {
            lines.push(format!("last sign of life {} ago", duration(age)));
        } else {
            lines.push(format!("ended {} ({} ago)", status.updated, duration(age)));
        }
        if status.state == State::Running {
            lines.extend(status.current().map(stage_told));
        }
        match status.state {
            State::Stopped => lines.push("stopped on request; run again to resume".to_owned()),
            State::Posted => lines.push(
                "orders are posted; once the tasks have performed them, run with --finish"
                    .to_owned(),
            ),
            _ => {}
        }
        lines.extend(status.error.iter().map(|error| format!("error: {error}")));
        let failed: u64 = status.stages.iter().map(|stage| stage.parts_failed).sum();
        for part in &status.failed {
            let reason = &part.reason;
            lines.push(format!(
                "set aside: {} `{}`: {reason}",
                part.stage, part.key
            ));
        }
        if failed > status.failed.len() as u64 {
            lines.push(format!("set aside: {failed} in all"));
        }
    }
}

/// Says how far a stage is, how fast it goes, and how long it will take.
fn stage_told(stage: &Stage) -> String {
    if stage.seconds.is_some() {
        return format!("stage {} is over, the next has not begun", stage.name);
    }
    let amount = |number: u64| match stage.unit.as_str() {
        "bytes" => format!("{:.1} MB", number as f64 / 1e6),
        unit => format!("{number} {unit}"),
    };
    let done = amount(stage.done);
    let percent = (stage.done.min(stage.total) * 100).checked_div(stage.total);
    let mut facts = Vec::new();
    match percent {
        Some(percent) => facts.push(format!("{done} of {} ({percent} %)", amount(stage.total))),
        None if stage.done > 0 => facts.push(done),
        None => {}
    }
    if let Some(rate) = stage.per_second.filter(|rate| *rate > 0.0) {
        facts.push(match stage.unit.as_str() {
            "bytes" => format!("{:.1} MB/s", rate / 1e6),
            unit => format!("{rate:.1} {unit}/s"),
        });
        if stage.total > stage.done {
            let left = (stage.total - stage.done) as f64 / rate;
            facts.push(format!("about {} left", duration(left)));
        }
    }
    if stage.working > 0 || stage.waiting > 0 {
        let (working, waiting) = (stage.working, stage.waiting);
        facts.push(format!("{working} units in work, {waiting} wait"));
    }
    let colon = if facts.is_empty() { "" } else { ": " };
    format!("stage {}{colon}{}", stage.name, facts.join(", "))
}

/// Writes a number of seconds for people: its two largest units.
fn duration(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates"
    )]
    let seconds = seconds.round() as u64;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) if minutes >= 10 => format!("{minutes} min"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

fn print_stages(stages: &[Stage]) -> anyhow::Result<()> {
    let names = [
        "stage", "done", "of", "unit", "made", "reused", "failed", "retries", "rows", "MB",
        "seconds",
    ];
    let rows: Vec<Vec<String>> = stages
        .iter()
        .map(|stage| {
            let seconds = |seconds: f64| format!("{seconds:.1}");
            vec![
                stage.name.clone(),
                stage.done.to_string(),
                stage.total.to_string(),
                stage.unit.clone(),
                stage.parts_made.to_string(),
                stage.parts_reused.to_string(),
                stage.parts_failed.to_string(),
                stage.retries.to_string(),
                stage.rows.to_string(),
                format!("{:.1}", stage.bytes as f64 / 1e6),
                stage.seconds.map_or_else(String::new, seconds),
            ]
        })
        .collect();
    output::print("\n")?;
    output::print_table(&names, &rows)
}

#[cfg(test)]
mod tests {
    use moisson_engine::status::Stage;

    use super::{duration, stage_told};

    #[test]
    fn durations_as_a_table() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (59.4, "59 s"),
            (180.0, "3 min 0 s"),
            (754.0, "12 min"),
            (3725.0, "1 h 2 min"),
            (90_000.0, "1 d 1 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn stages_as_a_table() {
        let check = |done, total, unit: &str, per_second, text: &str| {
            let stage = Stage {
                name: "read".to_owned(),
                unit: unit.to_owned(),
                done,
                total,
                per_second,
                ..Stage::default()
            };
            assert_eq!(stage_told(&stage), text);
        };
        check(
            25_000_000,
            100_000_000,
            "bytes",
            Some(5e6),
            "stage read: 25.0 MB of 100.0 MB (25 %), 5.0 MB/s, about 15 s left",
        );
        check(
            10,
            40,
            "documents",
            None,
            "stage read: 10 documents of 40 documents (25 %)",
        );
        check(
            5,
            0,
            "documents",
            Some(0.5),
            "stage read: 5 documents, 0.5 documents/s",
        );
        check(0, 0, "documents", None, "stage read");
    }
}

//! `moisson batch slurm`: a driver's jobs and arrays of tasks between them, as scripts for sbatch.
//!
//! The scripts are the templates beside this file; `tests/golden/slurm` shows them filled in. That a task is stopped by
//! USR1 and cancelled by TERM keeps a cancelled task from putting itself back into the queue.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use moisson_engine::location::redact;
use serde_json::json;

use crate::args::{Format, SlurmArguments};
use crate::commands::run::{out, parse};
use crate::output;

/// Stages whose units tasks can do, in the order of the flow.
const STAGES: [&str; 7] = [
    "ingest", "decide", "bands", "shingles", "prove", "scatter", "gather",
];
/// How often a job that was cut by its time limit goes back into the queue: a unit that no turn is long enough for
/// would otherwise do so for ever.
const RESTARTS_MAX: u32 = 20;
/// Slurm's own limit of the seconds in `--signal`.
const MARGIN_SECONDS_MAX: u64 = 65_535;

/// Writes or prints the scripts.
///
/// # Errors
/// What is wrong with the pipeline or the arguments, or a folder that cannot be written.
pub(crate) fn run(arguments: &SlurmArguments, format: Format) -> anyhow::Result<ExitCode> {
    let pipeline = parse(&arguments.pipeline, &arguments.settings)?;
    let out = out(arguments.out.as_deref(), &pipeline);
    let here = std::env::current_dir().context("the current folder has no name")?;
    let program = match &arguments.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().context("this program does not know where it lies")?,
    };
    let job = Job::new(arguments, &pipeline.name, &out, &here, &program)?;
    let scripts = job.scripts();
    if arguments.print {
        match format {
            Format::Json => output::print_json(&BTreeMap::from(scripts))?,
            Format::Text => {
                for (name, text) in &scripts {
                    output::print(&format!("# ==== {name}\n{text}\n"))?;
                }
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let default = PathBuf::from(format!("slurm-{}", pipeline.name));
    let folder = arguments.folder.as_ref().unwrap_or(&default);
    write(folder, &scripts)?;
    let submit = folder.join("submit.sh");
    match format {
        Format::Json => output::print_json(&json!({
            "submit": submit, "tasks": arguments.tasks, "rounds": job.stages.len(),
            "files": scripts.iter().map(|(name, _)| folder.join(name)).collect::<Vec<_>>(),
        }))?,
        Format::Text => output::print(&format!(
            "{} rounds of {} tasks; look through the scripts, then submit them:\n  bash {}\n",
            job.stages.len(),
            arguments.tasks,
            quote(&submit.display().to_string()),
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the scripts are what the user asked to have written"
)]
fn write(folder: &Path, scripts: &[(&str, String)]) -> anyhow::Result<()> {
    let failed = |path: &Path| format!("cannot write `{}`", path.display());
    std::fs::create_dir_all(folder).with_context(|| failed(folder))?;
    for (name, text) in scripts {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| failed(&path))?;
    }
    Ok(())
}

/// Arguments that were checked, in the form in which they stand in the scripts.
struct Job<'a> {
    arguments: &'a SlurmArguments,
    name: &'a str,
    /// The posted stages, in the order of the flow.
    stages: Vec<&'a str>,
    margin_seconds: u64,
    folder: String,
    command: String,
}

impl<'a> Job<'a> {
    fn new(
        arguments: &'a SlurmArguments,
        name: &'a str,
        out: &str,
        here: &Path,
        program: &Path,
    ) -> anyhow::Result<Self> {
        let margin_seconds = check(arguments)?;
        let mut command = vec![path_text(program)?, "run".to_owned()];
        command.extend([path_text(&arguments.pipeline)?, "--out".to_owned()]);
        command.push(out.to_owned());
        for setting in &arguments.settings {
            command.extend(["--set".to_owned(), setting.clone()]);
        }
        if arguments.offline {
            command.push("--offline".to_owned());
        }
        // The scripts are kept, copied and shown; what opens a store does not belong there.
        if let Some(secret) = command.iter().find(|word| redact(word) != **word) {
            bail!(
                "`{}` holds a credential, which the scripts would hold too; take it out of the address and give it \
                 to the jobs in their environment",
                redact(secret)
            );
        }
        let command: Vec<String> = command.iter().map(|word| quote(word)).collect();
        Ok(Self {
            arguments,
            name,
            stages: stages(&arguments.post)?,
            margin_seconds,
            folder: quote(&path_text(here)?),
            command: command.join(" "),
        })
    }

    /// The scripts, by name.
    fn scripts(&self) -> [(&'static str, String); 3] {
        let (name, tasks) = (self.name, self.arguments.tasks);
        let limit = self
            .arguments
            .concurrent
            .map_or_else(String::new, |concurrent| format!("%{concurrent}"));
        [
            ("submit.sh", self.submit()),
            (
                "tasks.sh",
                self.job(
                    &format!(
                        "An array for {name}: task i of {tasks} does its share of the units that were posted last."
                    ),
                    &[
                        format!("--array=0-{}{limit}", tasks - 1),
                        "--output=logs/%x-%A_%a.log".to_owned(),
                    ],
                    // In the last task of an array SLURM_JOB_ID is the id of the whole array.
                    "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}",
                    &format!("--task \"$SLURM_ARRAY_TASK_ID/{tasks}\""),
                ),
            ),
            (
                "finish.sh",
                self.job(
                    &format!(
                        "The driver for {name}: does what tasks left, and with `--post STAGES` posts the next units for them."
                    ),
                    &["--output=logs/%x-%j.log".to_owned()],
                    "$SLURM_JOB_ID",
                    "--finish \"$@\"",
                ),
            ),
        ]
    }

    fn job(&self, what: &str, first: &[String], job: &str, role: &str) -> String {
        let arguments = self.arguments;
        let mut options = first.to_vec();
        // A job that comes back goes on in its log.
        options.push("--open-mode=append".to_owned());
        options.extend(["--nodes=1".to_owned(), "--ntasks=1".to_owned()]);
        options.push(format!("--cpus-per-task={}", arguments.cpus));
        if arguments.memory > 0 {
            options.push(format!("--mem={}M", arguments.memory.div_ceil(1 << 20)));
        }
        options.push(format!("--time={}", arguments.time));
        options.push("--requeue".to_owned());
        options.push(format!("--signal=B:USR1@{}", self.margin_seconds));
        let named = [
            ("partition", &arguments.partition),
            ("account", &arguments.account),
        ];
        options.extend(
            named
                .iter()
                .filter_map(|(key, value)| value.as_ref().map(|value| format!("--{key}={value}"))),
        );
        options.extend(arguments.sbatch.iter().cloned());
        let sbatch: Vec<String> = options
            .iter()
            .map(|option| format!("#SBATCH {option}"))
            .collect();
        fill(
            include_str!("job.sh"),
            &[
                ("what", what),
                ("sbatch", &sbatch.join("\n")),
                ("folder", &self.folder),
                ("job", job),
                ("setup", &setup(&arguments.setup)),
                ("command", &format!("{} {role}", self.command)),
                ("restarts", &RESTARTS_MAX.to_string()),
            ],
        )
    }

    fn submit(&self) -> String {
        let mut rounds = vec![format!("submit finish-0 finish.sh{}", self.post(0))];
        for round in 1..=self.stages.len() {
            rounds.extend([
                "finish=$id after=afterok:$id".to_owned(),
                format!("submit tasks-{round} tasks.sh"),
                "after=afterok:$finish,afterany:$id".to_owned(),
                format!("submit finish-{round} finish.sh{}", self.post(round)),
            ]);
        }
        fill(
            include_str!("submit.sh"),
            &[
                ("name", self.name),
                ("tasks", &self.arguments.tasks.to_string()),
                ("rounds", &rounds.join("\n")),
            ],
        )
    }

    /// What finish number `round` posts: what comes after the stages of the arrays before it; the last posts nothing.
    fn post(&self, round: usize) -> String {
        match self.stages.get(round..) {
            None | Some([]) => String::new(),
            Some(stages) => format!(" --post {}", stages.join(",")),
        }
    }
}

/// Refuses what sbatch or the shell could not take; returns the seconds between a job's stop and its limit.
fn check(arguments: &SlurmArguments) -> anyhow::Result<u64> {
    ensure!(arguments.tasks > 0, "--tasks 0: give at least one task");
    ensure!(
        arguments.concurrent != Some(0),
        "--concurrent 0: no task would ever start; leave it out for no limit"
    );
    ensure!(arguments.cpus > 0, "--cpus 0: give at least one");
    let time = time_seconds(&arguments.time).map_err(anyhow::Error::msg)?;
    let margin_seconds = arguments.resume_margin;
    ensure!(
        (1..=MARGIN_SECONDS_MAX.min(time.saturating_sub(1))).contains(&margin_seconds),
        "--resume-margin of {margin_seconds} s: give at least one second, less than --time ({time} s), \
         and at most {MARGIN_SECONDS_MAX} s"
    );
    for (option, value) in [
        ("--partition", &arguments.partition),
        ("--account", &arguments.account),
    ] {
        if let Some(value) = value {
            ensure!(
                !value.is_empty() && value.chars().all(is_plain),
                "{option} `{value}`: Slurm's names have no spaces, quotes or other signs"
            );
        }
    }
    for line in &arguments.sbatch {
        ensure!(
            line.starts_with('-') && !line.chars().any(char::is_control),
            "--sbatch `{}`: write one option of sbatch, such as --sbatch=--qos=long",
            line.escape_debug()
        );
    }
    for line in arguments.setup.iter().chain(&arguments.sbatch) {
        ensure!(
            !sets_secret(line),
            "--setup and --sbatch: `{}…` sets a credential, which the scripts would hold; read it from a file there, \
             or set it before submitting",
            line.split('=').next().unwrap_or_default()
        );
    }
    Ok(margin_seconds)
}

/// The stages in the order of the flow, each once.
fn stages(post: &[String]) -> anyhow::Result<Vec<&'static str>> {
    for stage in post {
        ensure!(
            STAGES.contains(&stage.as_str()),
            "--post `{stage}`: no such stage; known: {}",
            STAGES.join(", ")
        );
    }
    Ok(STAGES
        .into_iter()
        .filter(|stage| post.iter().any(|posted| posted == stage))
        .collect())
}

/// The user's lines before the program starts. Modules and environments read variables that are not set.
fn setup(lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    format!("set +u\n{}\nset -u\n\n", lines.join("\n"))
}

/// True if a line gives a variable that is secret by its name a value of its own, not one that it reads (`$(cat FILE)`).
fn sets_secret(line: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|word| {
            let value = word.split_once('=').map_or("", |(_, value)| value);
            !value.trim_start_matches('"').starts_with('$')
        })
        // `redact` looks at the parameters of addresses.
        .map(|word| format!("?{word}"))
        .any(|parameter| redact(&parameter) != parameter)
}

/// Fills `{{name}}` in a template, in one pass: what is filled in is not looked at again.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, from)) = rest.split_once("{{") {
        text.push_str(before);
        let (name, after) = from.split_once("}}").unwrap_or((from, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        text.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// A word as the shell reads it back, whatever is in it.
fn quote(word: &str) -> String {
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// True for characters that mean nothing to the shell or to sbatch.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:,+@=".contains(c)
}

fn path_text(path: &Path) -> anyhow::Result<String> {
    path.to_str().map(str::to_owned).with_context(|| {
        format!(
            "the path `{}` is not UTF-8, and scripts are",
            path.display()
        )
    })
}

/// Seconds of a time as Slurm writes it: `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M`, `D-H:M:S`.
fn time_seconds(text: &str) -> Result<u64, String> {
    let wrong = || {
        format!(
            "--time `{text}`: write HOURS:MINUTES:SECONDS, DAYS-HOURS or minutes, as for sbatch"
        )
    };
    let number = |digits: &str| -> Result<u64, String> {
        if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        digits.parse().map_err(|_| wrong())
    };
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (Some(number(days)?), clock),
        None => (None, text),
    };
    let fields: Vec<u64> = clock.split(':').map(number).collect::<Result<_, _>>()?;
    let clock = match (days, fields.as_slice()) {
        (None, [minutes]) => minutes * 60,
        (None, [minutes, seconds]) => minutes * 60 + seconds,
        (Some(_), [hours]) => hours * 3600,
        (Some(_), [hours, minutes]) => hours * 3600 + minutes * 60,
        (_, [hours, minutes, seconds]) => hours * 3600 + minutes * 60 + seconds,
        _ => return Err(wrong()),
    };
    Ok(days.unwrap_or(0) * 86_400 + clock)
}

/// Parses a length of time: `10m`, `90s`, `1h`, or seconds.
///
/// # Errors
/// A message for the user.
pub(crate) fn parse_margin(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().next_back() {
        Some((at, 's')) => (text.get(..at), 1),
        Some((at, 'm')) => (text.get(..at), 60),
        Some((at, 'h')) => (text.get(..at), 3600),
        _ => (Some(text), 1),
    };
    digits
        .and_then(|digits| digits.parse::<u32>().ok())
        .map(|number| u64::from(number) * unit)
        .ok_or_else(|| format!("`{text}` is no length of time; write for instance 10m or 90s"))
}

#[cfg(test)]
mod tests {
    use super::{fill, parse_margin, quote, sets_secret, stages, time_seconds};

    #[test]
    fn times_as_slurm_reads_them() {
        for (text, seconds) in [
            ("90", 5400),
            ("90:30", 5430),
            ("04:00:00", 14_400),
            ("1-0", 86_400),
            ("1-2:30", 95_400),
            ("2-03:04:05", 183_845),
        ] {
            assert_eq!(time_seconds(text), Ok(seconds), "{text}");
        }
        for wrong in [
            "",
            "4h",
            "1:2:3:4",
            "-1",
            "1-",
            "99999999",
            "1-1:1:1:1",
            "１",
        ] {
            assert!(time_seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn margins() {
        for (text, seconds) in [("10m", 600), ("90s", 90), ("90", 90), ("1h", 3600)] {
            assert_eq!(parse_margin(text), Ok(seconds), "{text}");
        }
        for wrong in ["", "m", "-1s", "1.5h", "é", "99999999999m"] {
            assert!(parse_margin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_for_the_shell() {
        for (word, quoted) in [
            ("out/quickstart", "out/quickstart"),
            ("s3://bucket/a=b", "s3://bucket/a=b"),
            ("", "''"),
            ("two words", "'two words'"),
            ("l'Aune", r"'l'\''Aune'"),
            ("$(rm -r *)", "'$(rm -r *)'"),
            ("~", "'~'"),
            ("été", "'été'"),
        ] {
            assert_eq!(quote(word), quoted);
        }
    }

    #[test]
    fn lines_that_set_secrets() {
        for (line, secret) in [
            ("export AWS_SECRET_ACCESS_KEY=abc", true),
            ("--export=ALL,AWS_SECRET_ACCESS_KEY=abc", true),
            ("TOKEN='abc' true", true),
            ("export AWS_SECRET_ACCESS_KEY=$(cat ~/.secret)", false),
            ("export AWS_SECRET_ACCESS_KEY=\"$(cat ~/.secret)\"", false),
            ("export AWS_PROFILE=corpora", false),
            ("module load gcc/12 keyutils", false),
            ("--qos=long", false),
        ] {
            assert_eq!(sets_secret(line), secret, "{line}");
        }
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(
            fill("{{a}}-{{b}}-$b", &[("a", "{{b}}"), ("b", "x")]),
            "{{b}}-x-$b"
        );
    }

    #[test]
    fn stages_are_posted_in_the_order_of_the_flow() {
        let post = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            stages(&names).map_err(|e| e.to_string())
        };
        assert_eq!(
            post(&["gather", "ingest", "gather"]),
            Ok(vec!["ingest", "gather"])
        );
        assert!(post(&["bake"]).unwrap_err().contains("known: ingest"));
    }
}

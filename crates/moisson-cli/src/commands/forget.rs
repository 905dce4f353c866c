//! `moisson forget`.

use std::process::ExitCode;

use anyhow::Context;
use moisson_engine::clock::parse_rfc3339;
use moisson_engine::control::Control;
use moisson_engine::forget::{self, Preview, Proof, Request, Which};
use moisson_engine::lock::Lock;
use moisson_engine::session::Session;

use crate::args::{ForgetArguments, Format, Lang};
use crate::commands::run::stop_on_signals;
use crate::{machine, output};

/// Forgets documents and prints the proof.
///
/// # Errors
/// If the request is refused, or cannot be done now: running it again goes on.
pub(crate) fn run(arguments: &ForgetArguments, format: Format) -> anyhow::Result<ExitCode> {
    let out = &arguments.out;
    if !out.contains("://") && !std::path::Path::new(out).is_dir() {
        anyhow::bail!("no output at `{out}`: run a pipeline into it first");
    }
    let stop = stop_on_signals()?;
    let lock = Lock::take(out)?;
    lock.stop_when_lost(&stop);
    let budget = machine::budget(None, None);
    let session = Session::open(out, arguments.scratch.as_deref(), budget)?;
    let control = Control {
        stop,
        ..Control::default()
    };
    let proofs = if arguments.resume {
        lock.explain(forget::finish(&session, &control))
    } else {
        let request = request(arguments)?;
        if arguments.dry_run {
            return told(&forget::preview(&session, &request)?, format);
        }
        lock.explain(forget::run(&session, &control, &request))
    };
    let proofs = proofs.context(
        "what is committed stays; `moisson forget OUT --resume` goes on where this stopped",
    )?;
    match format {
        Format::Json => output::print_json(&proofs)?,
        Format::Text if proofs.is_empty() => output::print("nothing to forget\n")?,
        Format::Text => {
            let french = arguments.lang == Lang::Fr;
            let texts: Vec<String> = proofs
                .iter()
                .map(|proof: &Proof| proof.text(french))
                .collect();
            output::print(&texts.join("\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn request(arguments: &ForgetArguments) -> anyhow::Result<Request> {
    let mut ids = arguments.ids.clone();
    if let Some(file) = &arguments.file {
        #[expect(
            clippy::disallowed_methods,
            reason = "the file is an argument of the command line"
        )]
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the ids in `{}`", file.display()))?;
        let lines = text.lines().map(str::trim);
        ids.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    let which = Which {
        ids,
        sources: arguments.source.clone(),
        query: arguments.query.clone(),
        withdrawn: arguments.withdrawn,
    };
    let names_some = !which.ids.is_empty()
        || !which.sources.is_empty()
        || which.query.is_some()
        || which.withdrawn;
    anyhow::ensure!(
        names_some || arguments.file.is_some(),
        "name the documents: --ids, --source, --query, --file or --withdrawn"
    );
    let when = match &arguments.when {
        None => machine::today().to_string(),
        Some(when) => {
            let is_day = when.len() == 10 && parse_rfc3339(&format!("{when}T00:00:00Z")).is_some();
            anyhow::ensure!(is_day, "`{when}` is no day; write for instance 2026-03-31");
            when.clone()
        }
    };
    Ok(Request {
        which,
        who: arguments.who.clone().unwrap_or_default(),
        why: arguments.why.clone().unwrap_or_default(),
        basis: arguments.basis.clone(),
        when,
        random: machine::random()?,
    })
}

fn told(preview: &Preview, format: Format) -> anyhow::Result<ExitCode> {
    match format {
        Format::Json => output::print_json(preview)?,
        Format::Text => {
            let mut text = format!(
                "{} documents asked for, {} of them released; {} parts and {} shards would change\n",
                preview.documents,
                preview.released.len(),
                preview.parts,
                preview.shards.len()
            );
            for id in &preview.released {
                text.extend(["  ", id, "\n"]);
            }
            output::print(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

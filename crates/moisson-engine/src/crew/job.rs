//! The job: what a process that did not plan the run needs to do its units.

use std::collections::BTreeMap;

use moisson_core::{Digest, Error, Result};
use serde::{Deserialize, Serialize};

use crate::pipeline::Pipeline;
use crate::plan::Plan;
use crate::session::Session;

/// A job, as it lies in the work area.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Version of the program that planned it.
    pub moisson_version: String,
    /// Stages and their versions.
    pub stages: BTreeMap<String, u32>,
    /// Where the output lies.
    pub out: String,
    /// After so many attempts without a receipt a unit is given up.
    pub attempts: u32,
    /// The pipeline, as JSON: its text, so that sources keep their order.
    pub pipeline: String,
    /// Models by what they are for: their digests. They lie in the work area, under these names.
    pub models: BTreeMap<String, Digest>,
}

/// Path of a model in the work area.
fn model_path(digest: Digest) -> String {
    format!("models/{}", digest.to_hex())
}

/// Path of a job in the work area.
fn job_path(id: &str) -> String {
    format!("jobs/{id}.json")
}

impl Job {
    /// Writes the job of a plan into the work area, with its models; returns its id.
    ///
    /// # Errors
    /// [`Error::Store`] if the work area cannot be written.
    pub fn post(plan: &Plan, out: &str, attempts: u32, session: &Session) -> Result<String> {
        let work = session.work();
        for bytes in plan.files.values() {
            work.put(&model_path(Digest::of(bytes)), bytes.clone())?;
        }
        let job = Self {
            moisson_version: env!("CARGO_PKG_VERSION").to_owned(),
            stages: stages(),
            out: out.to_owned(),
            attempts,
            pipeline: text(&plan.pipeline)?,
            models: plan.models.clone(),
        };
        let id = Digest::of_json(&job)?.short(16);
        work.put_json(&job_path(&id), &job)?;
        Ok(id)
    }

    /// Reads a job.
    ///
    /// # Errors
    /// [`Error::Config`] if there is none, or another version of the program planned it.
    pub fn read(id: &str, session: &Session) -> Result<Self> {
        let work = session.work();
        let job: Option<Self> = work.get_json(&job_path(id))?;
        let job =
            job.ok_or_else(|| Error::config(format!("{} holds no job `{id}`", work.display())))?;
        if job.moisson_version != env!("CARGO_PKG_VERSION") || job.stages != stages() {
            return Err(Error::config(format!(
                "the run was planned by moisson {}, this is moisson {}: use one version everywhere",
                job.moisson_version,
                env!("CARGO_PKG_VERSION")
            )));
        }
        Ok(job)
    }

    /// True if the job runs this pipeline.
    ///
    /// # Errors
    /// [`Error::Internal`] if the pipeline has no JSON form.
    pub fn is_of(&self, pipeline: &Pipeline) -> Result<bool> {
        Ok(self.pipeline == text(pipeline)?)
    }

    /// Builds what the units are done with: readers, annotators and rules, but no list of inputs.
    ///
    /// # Errors
    /// [`Error::Config`] for a pipeline that this version does not read; [`Error::Store`] if a model is missing or
    /// damaged.
    pub fn plan(&self, session: &Session) -> Result<Plan> {
        let pipeline: Pipeline = serde_json::from_str(&self.pipeline)
            .map_err(|e| Error::config(format!("the pipeline of the job: {e}")))?;
        let file = |(what, digest): (&String, &Digest)| {
            let bytes = session.work().get_checked(&model_path(*digest), *digest)?;
            Ok((what.clone(), bytes))
        };
        let files = self.models.iter().map(file).collect::<Result<_>>()?;
        Plan::build(pipeline, files)
    }
}

fn text(pipeline: &Pipeline) -> Result<String> {
    serde_json::to_string(pipeline).map_err(|e| Error::internal(e.to_string()))
}

fn stages() -> BTreeMap<String, u32> {
    let versions = crate::stage::VERSIONS.iter();
    versions
        .map(|(name, version)| ((*name).to_owned(), *version))
        .collect()
}

//! Who does the units of a map stage: the threads of this machine, the tasks of a batch system, or a cluster.

mod here;
pub mod job;
pub mod posted;
pub mod recorded;

use arrow::array::RecordBatch;
use moisson_core::{Error, Result};

use crate::control::Event;
use crate::stage::{Stage, Unit, Workshop};

/// Who does the work.
#[derive(Debug, Default)]
pub enum Crew {
    /// The threads of this machine.
    #[default]
    Here,
    /// Tasks of a batch system: units of some stages are posted for them, the others are done here.
    Posted(posted::Posted),
    /// Workers of a Ballista cluster.
    #[cfg(feature = "cluster")]
    Cluster(Box<crate::cluster::crew::Workers>),
}

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome<R> {
    /// It is done.
    Done(R),
    /// It was tried as often as it may be; with the reason of the last attempt.
    Failed(String),
}

/// Makes the order of a unit, by its place in the list: what it is told, and its table.
pub(crate) type Make<'a, S> =
    &'a (dyn Fn(usize) -> Result<(<S as Stage>::Spec, Option<RecordBatch>)> + Sync);

impl Crew {
    /// True if what units leave for each other lies in the output, where other processes find it.
    pub(crate) fn is_elsewhere(&self) -> bool {
        !matches!(self, Self::Here)
    }

    /// Has every unit done; the outcomes are in the order of `units`.
    ///
    /// # Errors
    /// Whatever stops the run; [`Error::Interrupted`] on request.
    pub(crate) fn map<S: Stage>(
        &self,
        shop: Workshop<'_>,
        units: &[Unit],
        make: Make<'_, S>,
    ) -> Result<Vec<Outcome<S::Receipt>>> {
        if units.is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = match self {
            Self::Here => here::map::<S>(shop, units, make),
            Self::Posted(posted) => posted.map::<S>(shop, units, make),
            #[cfg(feature = "cluster")]
            Self::Cluster(workers) => workers.map::<S>(shop, units, make),
        }?;
        for (outcome, unit) in outcomes.iter().zip(units) {
            if let Outcome::Failed(reason) = outcome {
                shop.control.tell(Event::Failed {
                    stage: S::STEP,
                    key: unit.key.short(16),
                    reason: reason.clone(),
                });
            }
        }
        Ok(outcomes)
    }

    /// As [`Crew::map`], for stages whose units must all be done: without one, there is no release.
    ///
    /// # Errors
    /// As [`Crew::map`], and [`Error::Store`] naming a unit that was given up.
    pub(crate) fn map_all<S: Stage>(
        &self,
        shop: Workshop<'_>,
        units: &[Unit],
        make: Make<'_, S>,
    ) -> Result<Vec<S::Receipt>> {
        let outcomes = self.map::<S>(shop, units, make)?;
        let done = |(outcome, unit): (Outcome<S::Receipt>, &Unit)| match outcome {
            Outcome::Done(receipt) => Ok(receipt),
            Outcome::Failed(reason) => Err(Error::store(
                format!("unit {} of {}", unit.key.short(16), S::NAME),
                format!("given up: {reason}; `run --retry-failed` tries it again"),
            )),
        };
        outcomes.into_iter().zip(units).map(done).collect()
    }
}

impl Crew {
    /// Groups items by key over Parquet files of the work area, with at most so many rows; see
    /// [`crate::session::Session::groups`].
    ///
    /// # Errors
    /// As [`crate::session::Session::groups`], and what a cluster meets.
    #[cfg_attr(
        not(feature = "cluster"),
        expect(unused_variables, reason = "a cluster cuts by them")
    )]
    pub(crate) fn groups(
        &self,
        shop: Workshop<'_>,
        files: &[String],
        rows: u64,
    ) -> Result<Vec<Vec<u32>>> {
        match self {
            Self::Here | Self::Posted(_) => shop.session.groups_of(files),
            #[cfg(feature = "cluster")]
            Self::Cluster(workers) => workers.groups(shop, files, rows),
        }
    }
}

/// Places of units, the largest first; ties in order of key, so that every process sees the same order.
pub(crate) fn by_size(units: &[Unit]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..units.len()).collect();
    places.sort_by_key(|&at| {
        units
            .get(at)
            .map(|unit| (std::cmp::Reverse(unit.size), unit.key))
    });
    places
}

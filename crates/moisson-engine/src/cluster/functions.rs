//! The functions of the map stages, known by name to driver, scheduler and workers.
//!
//! One function a stage, `(job Utf8, key Utf8, spec Utf8, rows Binary) -> Utf8`: it performs one unit of work and
//! returns its receipt in JSON. A plan that maps is one projection over a table with one row a unit.

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::plan_err;
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use moisson_core::{Error, Result};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::failure;
use crate::stage::VERSIONS;

const PREFIX: &str = "moisson_";

/// Name of the function of a stage.
pub fn name(stage: &str) -> String {
    format!("{PREFIX}{stage}")
}

/// How often a function that waits looks whether the worker has stopped.
const HALT_EVERY: Duration = Duration::from_millis(100);

/// How long a unit that was interrupted is kept back for the worker to stop, in [`HALT_EVERY`].
const HALT_LOOKS_MAX: usize = 100;

/// Stack of the threads that perform units, in bytes: deep XML, as on one machine.
const STACK_BYTES: usize = 8 << 20;

/// Performs units of work on a worker.
pub trait Perform: Send + Sync {
    /// Performs one unit of `stage` (`ingest`, `decide`, …) and returns its receipt in JSON.
    ///
    /// Called on a thread of its own, outside any runtime; a unit may be performed again, and twice at once, after a
    /// worker was thought to be lost.
    ///
    /// # Errors
    /// [`Error::Store`] is tried again, if it can be elsewhere; [`Error::Interrupted`] says that the worker is being
    /// stopped, and another gets the unit; any other error ends the job with its words.
    fn perform(
        &self,
        stage: &str,
        job: &str,
        key: &str,
        spec: &str,
        rows: Option<&[u8]>,
    ) -> Result<String>;
}

/// Performs nothing: for the driver and the scheduler, which only plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnWorkersOnly;

impl Perform for OnWorkersOnly {
    fn perform(&self, stage: &str, _: &str, _: &str, _: &str, _: Option<&[u8]>) -> Result<String> {
        Err(Error::internal(format!(
            "`{PREFIX}{stage}` runs on workers, and this is none"
        )))
    }
}

/// The functions, performed by `perform`; once `halt` is set those that wait for a unit give it up.
///
/// Set it when nothing is reported to the scheduler any more: it would take a unit given up for one that failed.
pub fn functions(perform: &Arc<dyn Perform>, halt: &Arc<AtomicBool>) -> Vec<Arc<ScalarUDF>> {
    let function = |&(stage, _): &(&'static str, u32)| {
        Arc::new(ScalarUDF::from(Function {
            stage,
            name: name(stage),
            signature: Signature::user_defined(Volatility::Volatile),
            perform: perform.clone(),
            halt: halt.clone(),
        }))
    };
    VERSIONS.iter().map(function).collect()
}

/// The functions as driver and scheduler have them: they can be planned, not performed.
pub fn planned() -> Vec<Arc<ScalarUDF>> {
    let perform: Arc<dyn Perform> = Arc::new(OnWorkersOnly);
    functions(&perform, &Arc::default())
}

struct Function {
    stage: &'static str,
    name: String,
    signature: Signature,
    perform: Arc<dyn Perform>,
    halt: Arc<AtomicBool>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Ok(DataType::Utf8)
    }

    fn coerce_types(&self, given: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        let [job, key, spec, rows] = given else {
            return plan_err!("{}(job, key, spec, rows) takes four arguments", self.name);
        };
        if let Some(other) = [job, key, spec]
            .into_iter()
            .find(|kind| !kind.is_string() && !kind.is_null())
        {
            return plan_err!("{}: job, key and spec are text, not {other}", self.name);
        }
        if !rows.is_binary() && !rows.is_null() {
            return plan_err!("{}: rows are binary, not {rows}", self.name);
        }
        let text = DataType::Utf8;
        Ok(vec![text.clone(), text.clone(), text, DataType::Binary])
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let rows = arguments.number_rows;
        let arrays = arguments
            .args
            .iter()
            .map(|value| value.to_array(rows))
            .collect::<DataFusionResult<Vec<ArrayRef>>>()?;
        let [job, key, spec, order] = arrays.as_slice() else {
            return plan_err!("{} takes four arguments", self.name);
        };
        let (job, key, spec) = (
            cast(job, &DataType::Utf8)?,
            cast(key, &DataType::Utf8)?,
            cast(spec, &DataType::Utf8)?,
        );
        let order = cast(order, &DataType::Binary)?;
        let (job, key) = (job.as_string::<i32>(), key.as_string::<i32>());
        let (spec, order) = (spec.as_string::<i32>(), order.as_binary::<i32>());
        let receipts = (0..rows)
            .map(|row| {
                let order = order.is_valid(row).then(|| order.value(row).to_vec());
                self.unit(job.value(row), key.value(row), spec.value(row), order)
                    .map_err(|error| failure::into_datafusion(&error))
            })
            .collect::<DataFusionResult<Vec<String>>>()?;
        Ok(ColumnarValue::Array(Arc::new(StringArray::from(receipts))))
    }
}

impl Function {
    /// Performs one unit on a thread of its own and waits for it; the runtime's other tasks go on meanwhile.
    fn unit(&self, job: &str, key: &str, spec: &str, rows: Option<Vec<u8>>) -> Result<String> {
        let perform = self.perform.clone();
        let stage = self.stage;
        let (job, key, spec) = (job.to_owned(), key.to_owned(), spec.to_owned());
        let (sender, receiver) = channel();
        let work = move || {
            let unit = std::panic::AssertUnwindSafe(|| {
                perform.perform(stage, &job, &key, &spec, rows.as_deref())
            });
            let done = std::panic::catch_unwind(unit).unwrap_or_else(|panic| {
                let said = said(panic.as_ref());
                Err(Error::internal(format!(
                    "stage {stage}, unit `{key}`: {said}"
                )))
            });
            // Nobody waits any more where the worker stops.
            let _ = sender.send(done);
        };
        std::thread::Builder::new()
            .name(format!("moisson-{stage}"))
            .stack_size(STACK_BYTES)
            .spawn(work)
            .map_err(|e| Error::store("no thread to work on", e))?;
        let wait = || {
            loop {
                match receiver.recv_timeout(HALT_EVERY) {
                    Ok(Err(Error::Interrupted)) => return Err(self.interrupted(stage)),
                    Ok(done) => return done,
                    Err(RecvTimeoutError::Timeout) if self.halted() => {
                        return Err(Error::Interrupted);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(Error::internal(format!(
                            "stage {stage}: its thread is gone"
                        )));
                    }
                }
            }
        };
        match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(wait),
            _ => wait(),
        }
    }
}

impl Function {
    fn halted(&self) -> bool {
        self.halt.load(Ordering::Relaxed)
    }

    /// Keeps a unit back that was interrupted, until the worker no longer reports: the scheduler gives it to another
    /// once the worker has left, and would end the job for an error.
    fn interrupted(&self, stage: &str) -> Error {
        for _ in 0..HALT_LOOKS_MAX {
            if self.halted() {
                return Error::Interrupted;
            }
            std::thread::sleep(HALT_EVERY);
        }
        Error::store(stage, "interrupted on a worker that was not stopped")
    }
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_owned())
}

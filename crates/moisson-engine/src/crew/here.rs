//! The threads of this machine.

use moisson_core::{Error, Result};
use rayon::prelude::*;

use super::{Make, Outcome, by_size};
use crate::control::{Event, Queue};
use crate::stage::{Stage, Unit, Workshop};

/// Does every unit on threads of its own, as many at once as fit into the memory.
///
/// # Errors
/// The first error stops the stage.
pub(super) fn map<S: Stage>(
    shop: Workshop<'_>,
    units: &[Unit],
    make: Make<'_, S>,
) -> Result<Vec<Outcome<S::Receipt>>> {
    let at_once = S::at_once(shop)?.max(1);
    shop.control.tell(Event::Workers {
        number: at_once as u64,
    });
    let queue = Queue::new(S::STEP, units.len(), shop.control);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(at_once)
        .thread_name(|number| format!("{}-{number}", S::NAME))
        .stack_size(8 << 20)
        .build()
        .map_err(|e| Error::internal(e.to_string()))?;
    let places = by_size(units);
    let mut done: Vec<(usize, S::Receipt)> = pool.install(|| {
        places
            .into_par_iter()
            .with_max_len(1)
            .map(|at| {
                shop.control.check()?;
                let _working = queue.begin();
                let key = units.get(at).map(|unit| unit.key);
                let key = key.ok_or_else(|| Error::internal("no such unit"))?;
                let (spec, rows) = make(at)?;
                Ok((at, S::perform(shop, key, spec, rows)?))
            })
            .collect::<Result<_>>()
    })?;
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done
        .into_iter()
        .map(|(_, receipt)| Outcome::Done(receipt))
        .collect())
}

//! A thread beside the run that does something again and again: when it is woken, at an interval, and at the end.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use moisson_core::{Error, Result};

/// A running thread. Dropped without [`Pulse::end`], it beats no more.
#[derive(Debug)]
pub struct Pulse {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    beat: Mutex<Beat>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Beat {
    is_due: bool,
    is_ending: bool,
    has_ended: bool,
}

impl Pulse {
    /// Starts the thread; it calls `beat` at once, whenever it is woken, and after `interval` without being woken.
    ///
    /// # Errors
    /// [`Error::Internal`] if the system gives no thread.
    pub fn start(
        name: &str,
        interval: Duration,
        mut beat: impl FnMut() + Send + 'static,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let pulse = Self {
            shared: shared.clone(),
        };
        pulse.wake();
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while let Some(is_last) = shared.wait(interval) {
                    beat();
                    if is_last {
                        shared.ended();
                    }
                }
            })
            .map_err(|e| Error::internal(e.to_string()))?;
        Ok(pulse)
    }

    /// Asks for a beat now. Requests that come during a beat make one more together.
    pub fn wake(&self) {
        self.change(|beat| beat.is_due = true);
    }

    /// Asks for the last beat and waits until it is over, for no longer than `wait`: what the beat writes to may hang.
    pub fn end(&self, wait: Duration) {
        self.change(|beat| beat.is_ending = true);
        if let Ok(beat) = self.shared.beat.lock() {
            let is_open = |beat: &mut Beat| !beat.has_ended;
            // Whether it came to its end or not, the run does.
            drop(self.shared.changed.wait_timeout_while(beat, wait, is_open));
        }
    }

    fn change(&self, change: impl FnOnce(&mut Beat)) {
        if let Ok(mut beat) = self.shared.beat.lock() {
            change(&mut beat);
            self.shared.changed.notify_all();
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.change(|beat| beat.has_ended = true);
    }
}

impl Shared {
    /// Waits for the next beat; true if it is the last, `None` if there is to be none any more.
    fn wait(&self, interval: Duration) -> Option<bool> {
        let beat = self.beat.lock().ok()?;
        let is_idle = |beat: &mut Beat| !beat.is_due && !beat.is_ending && !beat.has_ended;
        let waited = self.changed.wait_timeout_while(beat, interval, is_idle);
        let (mut beat, _) = waited.ok()?;
        beat.is_due = false;
        (!beat.has_ended).then_some(beat.is_ending)
    }

    fn ended(&self) {
        if let Ok(mut beat) = self.beat.lock() {
            beat.has_ended = true;
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::Pulse;

    const LONG: Duration = Duration::from_hours(1);

    #[test]
    fn it_beats_at_the_start_when_woken_and_at_the_end() {
        let (tell, beats) = mpsc::channel();
        let pulse = Pulse::start("test", LONG, move || tell.send(()).unwrap()).unwrap();
        beats.recv().unwrap();
        pulse.wake();
        beats.recv().unwrap();
        pulse.end(LONG);
        assert_eq!(beats.try_iter().count(), 1);
        assert!(beats.recv().is_err(), "the thread is gone");
    }

    #[test]
    fn it_beats_by_itself() {
        let (tell, beats) = mpsc::channel();
        let interval = Duration::from_millis(1);
        let _pulse = Pulse::start("test", interval, move || {
            let _ = tell.send(());
        })
        .unwrap();
        for _ in 0..5 {
            beats.recv().unwrap();
        }
    }

    #[test]
    fn a_last_beat_that_hangs_holds_nobody_up() {
        let (tell, beats) = mpsc::channel();
        let (release, hold) = mpsc::channel::<()>();
        let beat = move || {
            let _ = tell.send(());
            let _ = hold.recv();
        };
        let pulse = Pulse::start("test", LONG, beat).unwrap();
        beats.recv().unwrap();
        pulse.end(Duration::from_millis(1));
        drop(release);
    }
}

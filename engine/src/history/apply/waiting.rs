//! The wait for another program.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::event::Event;
use super::failure::{Failure, Why};
use crate::history::Revision;
use crate::link::Link;

/// How long a program sleeps before it looks again whether another one has finished.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long a program waits before it says so.
const SILENCE: Duration = Duration::from_secs(1);

/// The wait for a turn.
pub(super) struct Waiting<'a> {
    started: Instant,
    told: Option<String>,
    revision: &'a Revision,
    progress: &'a mut dyn FnMut(Event<'_>),
}

impl<'a> Waiting<'a> {
    pub(super) fn new(revision: &'a Revision, progress: &'a mut dyn FnMut(Event<'_>)) -> Self {
        Self { started: Instant::now(), told: None, revision, progress }
    }

    /// Sleeps until it makes sense to look again, and reports once which program it waits for. `name` is what
    /// people call that program.
    pub(super) fn sleep(
        &mut self,
        link: &mut dyn Link,
        who: &str,
        name: impl FnOnce(&mut dyn Link) -> String,
    ) -> Result<(), Failure> {
        if link.is_interrupted() {
            return Err(Failure::interrupted("while it waited for another program".to_owned()));
        }
        if self.started.elapsed() >= link.limits().statement {
            let message = "another program has been applying migrations all the while".to_owned();
            return Err(Failure { why: Why::Busy, ..Failure::new(message) });
        }
        if self.started.elapsed() >= SILENCE && self.told.as_deref() != Some(who) {
            (self.progress)(Event::Waiting(self.revision, &name(link)));
            self.told = Some(who.to_owned());
        }
        Self::pause();
        Ok(())
    }

    /// Sleeps for a moment.
    pub(super) fn pause() {
        sleep(PATIENCE);
    }
}

//! The live database, read while the sources are.

use std::thread;

use autogen_engine::error::Result;

use crate::dialects::Workspaces;
use crate::drift::{self, AsMade};
use crate::models::Models;
use crate::observer::Observer;
use crate::workspace::Workspace;

/// What a check needs of the live databases, one for each dialect of [`Workspaces::here`]: `None` where there is nothing to
/// read.
#[derive(Debug)]
pub struct LiveReads(pub(super) Vec<Option<Result<Option<AsMade>>>>);

/// As much as the thread that reads sources may use: a database's texts are parsed too.
const STACK: usize = 256 << 20;

impl Workspaces {
    /// Scans the sources as [`Workspaces::models`], and reads the live databases at the same time.
    ///
    /// # Errors
    /// Those of the sources. What a database refuses, [`Workspaces::check`] says.
    pub fn models_and_live(&self, observer: &dyn Observer) -> Result<(Vec<Models>, LiveReads)> {
        thread::scope(|scope| {
            let read = |workspace| {
                let thread = thread::Builder::new().stack_size(STACK);
                thread.spawn_scoped(scope, move || read(workspace))
            };
            let reading: Vec<_> = self.here.iter().map(|workspace| read(workspace).ok()).collect();
            let models = self.models(observer)?;
            let finish = |(workspace, reading): (&Workspace, Option<thread::ScopedJoinHandle<'_, _>>)| match reading {
                Some(reading) => reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // There are no threads to be had.
                None => self::read(workspace),
            };
            Ok((models, LiveReads(self.here.iter().zip(reading).map(finish).collect())))
        })
    }
}

fn read(workspace: &Workspace) -> Option<Result<Option<AsMade>>> {
    if workspace.url.is_none() || workspace.history.revisions().is_empty() {
        return None;
    }
    Some(workspace.live(false).and_then(|mut live| drift::read_as_made(workspace, &mut live)))
}

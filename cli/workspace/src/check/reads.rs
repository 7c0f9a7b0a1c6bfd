//! The live database, read while the sources are.

use std::sync::mpsc;
use std::thread;

use autogen_engine::error::{Code, Error, Result};
use autogen_engine::model::{Pair, Schema};
use autogen_engine::normalize::comparable_asking;
use autogen_engine::spelling::Question;
use tracing::debug_span;

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
                let (tell, seen) = mpsc::channel();
                let thread = thread::Builder::new().stack_size(STACK);
                let tell = move |schema: &Schema| drop(tell.send(schema.clone()));
                let reading = thread.spawn_scoped(scope, move || read(workspace, tell));
                reading.ok().map(|reading| (reading, seen))
            };
            let reading: Vec<_> = self.here.iter().map(read).collect();
            let models = self.models(observer)?;
            let mut reads = Vec::new();
            for ((workspace, models), reading) in self.here.iter().zip(&models).zip(reading) {
                reads.push(match reading {
                    Some((reading, seen)) => {
                        let both = seen.recv().ok().and_then(|schema| unasked(workspace, models, schema));
                        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                        read.map(|made| made.map(|made| made.map(|made| AsMade { both, ..made })))
                    }
                    // There are no threads to be had.
                    None => self::read(workspace, |_| {}),
                });
            }
            Ok((models, LiveReads(reads)))
        })
    }
}

/// Compares a live schema with the models, while its thread finds out whether that is worth anything. Returns `None` if
/// a database must be asked, or refuses.
fn unasked(workspace: &Workspace, models: &Models, live: Schema) -> Option<Pair<Schema>> {
    let _span = debug_span!("normalize").entered();
    let nobody = |_: &[Question]| Err(Error::new(Code::NoScratchServer, "nobody is there to be asked"));
    comparable_asking(Pair::new(live, models.schema.clone()), workspace.dialect, nobody).ok()
}

fn read(workspace: &Workspace, seen: impl FnOnce(&Schema)) -> Option<Result<Option<AsMade>>> {
    if workspace.url.is_none() || workspace.history.revisions().is_empty() {
        return None;
    }
    Some(workspace.live(false).and_then(|mut live| drift::read_as_made(workspace, &mut live, seen)))
}

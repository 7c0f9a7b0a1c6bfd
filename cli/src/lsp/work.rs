//! What is read in the background: the sources after every change, and what would be written next once nobody types.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;

use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Error};
use autogen_workspace::{Concern, Finding, Options, Silent, Survey, Workspaces};

use super::Event;
use super::queue::{Queue, Task};

/// The sources of a host in one version.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// The host in all its dialects. `None` where its configuration or chains can't be read.
    pub(super) workspaces: Option<Workspaces>,
    /// What its sources say.
    pub(super) survey: Option<Survey>,
    /// The texts that were read instead of files.
    pub(super) texts: BTreeMap<PathBuf, String>,
    /// What is wrong.
    pub(super) findings: Vec<Finding>,
}

/// What would be written next for a version of a host.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The hazards of it.
    pub(super) concerns: Vec<Concern>,
    /// Why it can't be planned.
    pub(super) findings: Vec<Finding>,
}

/// Starts a thread that reads sources, and one that plans. Both end with the program.
///
/// # Errors
/// When there are no threads to be had.
pub(super) fn start(reading: &Arc<Queue>, planning: &Arc<Queue>, events: &Sender<Event>) -> std::io::Result<()> {
    run("reading", reading.clone(), events.clone(), |task| {
        Event::Read(task.root.clone(), task.version, Arc::new(read(task)))
    })?;
    run("planning", planning.clone(), events.clone(), |task| {
        Event::Planned(task.root.clone(), task.version, plan(task))
    })
}

/// Does tasks one after another. A panic ends one task, and not the program.
fn run(name: &str, queue: Arc<Queue>, events: Sender<Event>, work: fn(&Task) -> Event) -> std::io::Result<()> {
    let builder = thread::Builder::new().name(name.to_owned()).stack_size(crate::STACK);
    let body = move || loop {
        let task = queue.take();
        let event = catch_unwind(AssertUnwindSafe(|| work(&task))).unwrap_or(Event::Failed(task.root, task.version));
        if events.send(event).is_err() {
            return;
        }
    };
    builder.spawn(body).map(drop)
}

impl Read {
    fn failed(task: &Task, error: &Error) -> Self {
        let (workspaces, survey, texts) = (None, None, task.options.edits.clone());
        Self { workspaces, survey, texts, findings: Finding::of_error(error) }
    }
}

/// Reads a host's sources.
fn read(task: &Task) -> Read {
    let workspaces = match task.options.refuse_bare().and_then(|()| Workspaces::for_reading(&task.options)) {
        Ok(workspaces) => workspaces,
        // Most folders that an editor opens are none of a host.
        Err(error) if error.code() == Code::NoHost => return Read::default(),
        Err(error) => return Read::failed(task, &error),
    };
    let survey = workspaces.survey();
    let findings = Finding::of_diagnostics(&survey.diagnostics);
    let texts = task.options.edits.clone();
    Read { workspaces: Some(workspaces), survey: Some(survey), texts, findings }
}

/// Plans what would be written next, against the chains alone. What keeps sources from being read is told by [`read`].
fn plan(task: &Task) -> Plan {
    let options = Options { no_database: true, ..task.options.clone() };
    let Ok(all) = options.refuse_bare().and_then(|()| Workspaces::for_reading(&options)) else {
        return Plan::default();
    };
    let sqlite = all.here.iter().any(|workspace| workspace.dialect == Dialect::Sqlite);
    let options = match (task.asks_servers, sqlite) {
        (true, _) => options,
        (false, true) => Options { dialect: Some(Dialect::Sqlite), ..options },
        (false, false) => return Plan::default(),
    };
    // Without a server, nothing can be compared.
    let Ok(workspaces) = Workspaces::open(&options, &Silent) else { return Plan::default() };
    let Ok(models) = workspaces.models(&Silent) else { return Plan::default() };
    let (concerns, errors) = workspaces.concerns(&models, &Silent);
    Plan { concerns, findings: errors.iter().flat_map(Finding::of_error).collect() }
}

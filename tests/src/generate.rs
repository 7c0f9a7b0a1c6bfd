//! What the program makes of a story: its host in a folder, and the draft of its asker's next revision.

use std::collections::BTreeSet;
use std::path::Path;

use autogen_engine::error::Error;
use autogen_engine::model::{Schema, TableName};
use autogen_workspace::{Draft, Makers, Options};

use crate::host::{Host, Source, TITLE};
use crate::story::Story;
use crate::trial::Trial;

/// What was worked out for the asker of a story.
#[derive(Debug)]
pub struct Generated {
    /// The host.
    pub host: Host,
    /// The asker's next revision.
    pub draft: Draft,
}

/// Why there is nothing.
#[derive(Debug)]
pub enum Failure {
    /// The program refuses.
    Refused(Error),
    /// The story can't be told.
    Trial(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Opens the host of a story in a folder, where it may have migrations already, and drafts what its asker would have to
/// change in a database.
///
/// # Errors
/// What the program would tell its user.
pub fn generate(story: &Story, trial: &Trial, folder: &Path) -> Result<Generated, Failure> {
    let asker = story.asker().map_err(Failure::Trial)?;
    let mut database = trial.connect().map_err(Failure::Trial)?;
    let mut sources = Vec::new();
    for (file, owner, text) in story.models(trial.server) {
        sources.push(Source { owner, file, text: with_line_endings(story, text) });
    }
    let host = Host::open(&Options { database_url: Some(trial.url()), ..Options::of(folder) }, &sources)?;
    let made = |there: &Schema| makers(story, asker, there, trial);
    let comparison = host.defined.compare(asker, &mut database, made)?;
    let mut draft = host.defined.workspace.draft(&host.defined.models, comparison, TITLE.to_owned())?;
    draft.assess(&BTreeSet::new(), None);
    Ok(Generated { host, draft })
}

fn with_line_endings(story: &Story, text: &str) -> String {
    match story.directives.get("line endings").map(String::as_str) {
        Some("CRLF") => text.replace('\n', "\r\n"),
        Some(_) | None => text.to_owned(),
    }
}

/// What the asker's chain has made: what the story says, which with one owner is all that isn't nobody's.
fn makers(story: &Story, asker: &str, there: &Schema, trial: &Trial) -> Makers {
    let facts = trial.server.dialect().facts();
    let is_in = |list: &[String], name: &TableName| list.iter().any(|listed| facts.same_name(listed, &name.name));
    let (owns, unowned) = (story.list("owns"), story.list("unowned").unwrap_or_default());
    let is_alone = story.models(trial.server).count() == 1;
    let is_made = |name: &&TableName| match &owns {
        Some(owns) => is_in(owns, name),
        None => is_alone && !is_in(&unowned, name),
    };
    let names = there.tables.keys().chain(there.enums.keys());
    names.filter(is_made).map(|name| (name.clone(), asker.to_owned())).collect()
}

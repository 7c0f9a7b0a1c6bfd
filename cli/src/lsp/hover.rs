//! What a table or a column is to the host's databases: its SQL in each dialect, and how the live database has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use autogen_codegen::sql::definition;
use autogen_engine::database::Database;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::introspect::{introspect_part, outline};
use autogen_engine::model::{Pair, Schema, Table, TableName};
use autogen_engine::normalize::comparable_asking;
use autogen_workspace::Workspace;

use super::names::Named;
use super::work::Read;
use crate::plain::plain;

/// How long a hover waits for the live database.
const PATIENCE: Duration = Duration::from_millis(800);

/// Whether a live database is being asked. One question at a time is enough for somebody who moves a pointer.
static IS_ASKING: AtomicBool = AtomicBool::new(false);

/// Returns what is shown at a name, in Markdown.
pub(super) fn hover(read: &Read, named: &Named) -> Option<String> {
    let (workspaces, survey) = (read.workspaces.as_ref()?, read.survey.as_ref()?);
    let mut blocks = Vec::new();
    let mut live = Vec::new();
    for (workspace, models) in workspaces.here.iter().zip(&survey.models) {
        let dialect = workspace.dialect;
        let declared = spelled(workspace, &models.schema);
        let Some(table) = declared.tables.get(&named.table) else { continue };
        blocks.push(format!("-- {dialect}\n{}", part(table, named, workspace)));
        live.extend(live_part(workspace, named));
    }
    if blocks.is_empty() {
        return None;
    }
    let title = match &named.column {
        Some(column) => {
            format!("column `{}.{}` of `{}`", words(&named.table.to_string()), words(column), words(&named.owner))
        }
        None => format!("table `{}` of `{}`", words(&named.table.to_string()), words(&named.owner)),
    };
    Some(format!("{title}\n\n{}", fenced(&blocks.into_iter().chain(live).collect::<Vec<_>>().join("\n\n"))))
}

/// Returns what sources define, as it is written: with the columns that keys reference, and keys required.
fn spelled(workspace: &Workspace, schema: &Schema) -> Schema {
    let nobody = |_: &[_]| Err(Error::new(Code::NoScratchServer, "nobody is there to be asked"));
    let pair = Pair::new(Schema::default(), schema.clone());
    comparable_asking(pair, workspace.dialect, nobody).map_or_else(|_| schema.clone(), |pair| pair.to)
}

/// Returns a table's SQL, or the lines of it that are about a column.
fn part(table: &Table, named: &Named, workspace: &Workspace) -> String {
    let whole = definition(table, workspace.dialect);
    let Some(column) = &named.column else { return plain(whole.trim_end()) };
    let quoted = workspace.dialect.facts().quoted(column);
    let begins = |line: &&str| line.trim_start().starts_with(&format!("{quoted} "));
    let line = whole.lines().find(begins).map(|line| line.trim().trim_end_matches(',').to_owned());
    // Indexes over it have statements of their own.
    let is_index = |line: &&str| line.starts_with("CREATE ") && line.contains(" INDEX ") && line.contains(&quoted);
    let indexes = whole.lines().filter(is_index).map(str::to_owned);
    plain(&line.into_iter().chain(indexes).collect::<Vec<_>>().join("\n"))
}

/// Returns how the live database has it, if there is one for the dialect.
fn live_part(workspace: &Workspace, named: &Named) -> Option<String> {
    let url = workspace.url.clone()?;
    let title = format!("-- {}, live in {}", workspace.dialect, plain(&url.to_string()));
    let found = match asked(workspace.clone(), named.table.clone()) {
        None => "-- it hasn't answered in time".to_owned(),
        Some(Err(error)) => format!("-- it can't be read: {}", plain(&error.to_string()).replace('\n', " ")),
        Some(Ok(None)) => "-- there is no such table".to_owned(),
        Some(Ok(Some(table))) => match part(&table, named, workspace) {
            text if text.is_empty() => "-- there is no such column".to_owned(),
            text => text,
        },
    };
    Some(format!("{title}\n{found}"))
}

/// Reads a table of the live database on a thread of its own. Returns `None` if that takes too long.
fn asked(workspace: Workspace, name: TableName) -> Option<Result<Option<Table>>> {
    if IS_ASKING.swap(true, Ordering::SeqCst) {
        return None;
    }
    let (sender, receiver) = mpsc::channel();
    let asking = thread::Builder::new().name("live".to_owned()).stack_size(crate::STACK);
    let started = asking.spawn(move || {
        let _done = Done;
        // Nobody may wait for the answer any more.
        let _unheard = sender.send(workspace.live(false).and_then(|mut live| live_table(&mut live, &name)));
    });
    if started.is_err() {
        IS_ASKING.store(false, Ordering::SeqCst);
        return None;
    }
    receiver.recv_timeout(PATIENCE).ok()
}

/// Lets the next question pass, however this one has ended.
struct Done;

impl Drop for Done {
    fn drop(&mut self) {
        IS_ASKING.store(false, Ordering::SeqCst);
    }
}

fn live_table(live: &mut Database, name: &TableName) -> Result<Option<Table>> {
    let facts = live.dialect().facts();
    let is_it = |other: &TableName| other.schema == name.schema && facts.same_name(&other.name, &name.name);
    let part = outline(live)?.part(is_it, |_| false);
    let schema = introspect_part(live, &part)?;
    Ok(schema.tables.values().find(|table| is_it(&table.name)).cloned())
}

/// Puts a text into a block that nothing in it ends.
fn fenced(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sql\n{text}\n{fence}")
}

/// Makes a name fit for a line of Markdown, between backticks.
fn words(name: &str) -> String {
    plain(name).replace(['`', '\n', '\r'], "'")
}

/// Shares what is read with the thread that answers.
pub(super) fn answer(read: Arc<Read>, named: Named, reply: impl FnOnce(Option<String>) + Send + 'static) {
    let thread = thread::Builder::new().name("hover".to_owned()).stack_size(crate::STACK);
    // Without a thread the request stays unanswered, which an editor takes for nothing to show.
    let _started = thread.spawn(move || reply(hover(&read, &named)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_block_or_a_name_early() {
        assert_eq!(fenced("a ``` b"), "````sql\na ``` b\n````");
        assert_eq!(fenced("a"), "```sql\na\n```");
        assert_eq!(words("a`b\u{1b}[m"), "a'b\\u{1b}[m");
    }
}

//! Finds triggers, views and other objects that a live database lacks or has otherwise than applied revisions make them.

use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::history::Revision;
use autogen_engine::model::{Bystander, BystanderKind, Pair, Schema};

use crate::finding::Finding;
use crate::workspace::Workspace;

/// Compares the objects beside tables: live ones (`from`) with those that the `applied` revisions make (`to`).
pub(super) fn compare(workspace: &Workspace, both: &Pair<Schema>, applied: &[&Revision]) -> Vec<Finding> {
    let made = both.to.bystanders.iter().filter(|object| is_compared(object.kind));
    // With its table it is gone anyway.
    let has_table =
        |object: &&Bystander| object.table.as_ref().is_none_or(|table| both.from.tables.contains_key(table));
    made.filter(has_table).filter_map(|object| finding(workspace, both, applied, object)).collect()
}

fn finding(workspace: &Workspace, both: &Pair<Schema>, applied: &[&Revision], object: &Bystander) -> Option<Finding> {
    let is_it = |live: &&Bystander| (live.kind, &live.name, &live.table) == (object.kind, &object.name, &object.table);
    let of_table = object.table.as_ref().map(|table| format!(" on {table}")).unwrap_or_default();
    let shown = format!("{} {}{of_table}", object.kind.name(), object.name);
    let message = match both.from.bystanders.iter().find(is_it) {
        None => format!("the database lacks the {shown}, which an applied revision makes"),
        // Servers print the rest with names of databases and users.
        Some(live) if live.kind == BystanderKind::Trigger && live.sql != object.sql => {
            format!("the {shown} isn't what an applied revision makes")
        }
        Some(_) => return None,
    };
    let name = object.name.split(['(', '.']).find(|word| !word.is_empty()).unwrap_or(&object.name);
    let maker = applied.iter().rev().find(|revision| revision.up.contains(name))?;
    workspace.is_selected(&maker.owner).then(|| {
        let help = format!(
            "undo it by what {maker} says; or keep it: write it into a revision, which `autogen generate --empty --plugin \
             {}` begins, and mark that as applied by `autogen stamp`",
            maker.owner
        );
        Finding::new(Code::DatabaseDrifted, message)
            .of(&maker.owner, workspace.dialect)
            .in_revision(maker)
            .help(help)
    })
}

/// Checks whether a kind of object is one that people write into revisions and that databases keep as it is.
fn is_compared(kind: BystanderKind) -> bool {
    match kind {
        BystanderKind::View
        | BystanderKind::Trigger
        | BystanderKind::VirtualTable
        | BystanderKind::MaterializedView
        | BystanderKind::Function
        | BystanderKind::Rule
        | BystanderKind::Policy => true,
        BystanderKind::ForeignTable
        | BystanderKind::Extension
        | BystanderKind::Domain
        | BystanderKind::Type
        | BystanderKind::Sequence
        | BystanderKind::Partition
        | BystanderKind::PartitionPart => false,
    }
}

/// Refuses a live database in which objects are gone or others.
///
/// # Errors
/// `database-drifted`, one for each object.
pub(super) fn refuse(objects: &[Finding]) -> Result<()> {
    let told = |found: &Finding| Diagnostic::error(found.code, found.message.clone()).help(found.help.clone());
    Error::unless_clean(objects.iter().map(told).collect()).map(drop)
}

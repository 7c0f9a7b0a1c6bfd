//! Finds triggers, views and other objects that a live database lacks or has otherwise than applied revisions make them.

use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::history::Revision;
use autogen_engine::model::{Bystander, BystanderKind, Pair, Schema};
use autogen_engine::sql::names_within;

use crate::finding::Finding;
use crate::workspace::Workspace;

/// Compares the objects beside tables: live ones (`from`) with those that the `applied` revisions make (`to`).
pub(super) fn compare(workspace: &Workspace, both: &Pair<Schema>, applied: &[&Revision]) -> Vec<Finding> {
    // A role that may only read sees no triggers and functions of MariaDB's and MySQL's, or all.
    let is_hidden = |kind: BystanderKind| {
        workspace.dialect == Dialect::Mysql
            && needs_rights(kind)
            && both.from.bystanders.iter().all(|live| live.kind != kind)
    };
    let made = both.to.bystanders.iter().filter(|object| is_compared(object.kind) && !is_hidden(object.kind));
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
    // A function's name has its arguments behind it, and both may have a schema before it.
    let name = object.name.split('(').next().unwrap_or_default().to_lowercase();
    let says_it = |revision: &&&Revision| {
        let said = names_within(workspace.dialect, &revision.up);
        said.iter().any(|word| *word == name || name.ends_with(&format!(".{word}")))
    };
    let maker = applied.iter().rev().find(says_it)?;
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

/// Checks whether MariaDB and MySQL show a kind of object only to roles that may do more than read.
fn needs_rights(kind: BystanderKind) -> bool {
    match kind {
        BystanderKind::Trigger | BystanderKind::Function => true,
        BystanderKind::View
        | BystanderKind::VirtualTable
        | BystanderKind::MaterializedView
        | BystanderKind::ForeignTable
        | BystanderKind::Extension
        | BystanderKind::Domain
        | BystanderKind::Type
        | BystanderKind::Sequence
        | BystanderKind::Rule
        | BystanderKind::Policy
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

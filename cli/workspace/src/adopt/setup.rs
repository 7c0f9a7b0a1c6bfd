//! Makes a revision of the host's own chain for what adopted tables depend on and no definition makes.

use std::collections::BTreeSet;

use autogen_engine::database::Database;
use autogen_engine::dialect::Dialect;
use autogen_engine::error::Result;
use autogen_engine::history::{Autogen, Metadata, NewRevision, Revision, RevisionFiles, Version, next_version};
use autogen_engine::host::CORE;
use autogen_engine::model::TableName;
use autogen_engine::scratch::{Surrounding, all_surroundings, replay_only, surroundings_of};

use crate::workspace::Workspace;

/// A revision of the host's own chain that makes what adopted tables depend on.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What it makes, each in a word or two.
    pub makes: Vec<String>,
    /// The revision.
    pub revision: NewRevision,
}

/// Makes a revision of everything that some tables depend on and that no chain makes, if there is anything.
pub(super) fn revision(workspace: &Workspace, live: &mut Database, tables: &[TableName]) -> Result<Option<Setup>> {
    let mut needed = surroundings_of(live, tables)?;
    if needed.is_empty() {
        return Ok(None);
    }
    let made = all_surroundings(&mut workspace.replayed()?.database)?;
    needed.retain(|found| !made.contains(&found.what));
    if needed.is_empty() {
        return Ok(None);
    }
    let revises: Vec<Version> = workspace.head(CORE)?.map(|head| head.version.clone()).into_iter().collect();
    let name = format!("{}_setup", next_version(workspace.now()?, CORE, &revises)?);
    let autogen = Autogen::of(CORE, revises);
    // The text of a function may name tables, which come later. Only those in SQL are read when they are made.
    let late = "SET LOCAL check_function_bodies = off".to_owned();
    let is_read =
        |found: &Surrounding| found.what.starts_with("function ") && found.create.contains("\n LANGUAGE sql\n");
    let late = Some(&late).filter(|_| workspace.dialect == Dialect::Postgres && needed.iter().any(is_read));
    let script = |head: &str, statements: Vec<&String>| {
        let statements: String =
            statements.into_iter().map(|statement| format!("\n{};\n", statement.trim_end())).collect();
        format!("-- core: {head}\n{statements}")
    };
    let files = RevisionFiles {
        up: script(
            "what adopted tables stand on",
            late.into_iter().chain(needed.iter().map(|found| &found.create)).collect(),
        ),
        down: script("takes back \"setup\"", needed.iter().rev().map(|found| &found.drop).collect()),
        metadata: Metadata { run_in_transaction: true, autogen: Some(autogen), certificate: None },
    };
    let makes = needed.into_iter().map(|found| found.what).collect();
    let within = workspace.host.owner(CORE)?.scope.clone();
    Ok(Some(Setup { makes, revision: NewRevision { migrations: workspace.migrations(CORE)?, within, name, files } }))
}

/// Returns revisions of other owners that an owner's pending revisions depend on, or that come before them in the
/// host's own chain, if they make no table and all that they make is in the database. They then count as applied
/// with the owner's.
pub(super) fn made_already<'a>(
    workspace: &'a Workspace,
    pending: &[&'a Revision],
    there: &BTreeSet<Version>,
    live: &mut Database,
) -> Result<Vec<&'a Revision>> {
    let newest = pending.iter().map(|revision| &revision.version).max();
    let is_before = |revision: &&Revision| {
        !there.contains(&revision.version)
            && (pending.iter().any(|other| other.version == revision.version)
                || newest.is_some_and(|newest| revision.version < *newest))
    };
    let setup: Vec<&Revision> = workspace.history.of(CORE).filter(is_before).collect();
    if setup.is_empty() {
        return Ok(setup);
    }
    let all = workspace.history.with_ancestors(&setup);
    let before: Vec<&Revision> = all.iter().copied().filter(|revision| there.contains(&revision.version)).collect();
    let server = workspace.scratch_server()?;
    let mut after = replay_only(&workspace.history, &all, &server)?;
    let mut before = replay_only(&workspace.history, &before, &server)?;
    let makes_tables = after.makers.keys().any(|table| !before.makers.contains_key(table));
    let known = all_surroundings(&mut before.database)?;
    let made: BTreeSet<String> =
        all_surroundings(&mut after.database)?.into_iter().filter(|what| !known.contains(what)).collect();
    let is_there = !made.is_empty() && made.is_subset(&all_surroundings(live)?);
    Ok(if makes_tables || !is_there { Vec::new() } else { setup })
}

//! Plugins that are gone: what a database still knows of them, and how it forgets that.

use std::collections::BTreeSet;

use autogen_engine::database::Database;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::{Entry, Status, Version, forget, ledger, status};
use autogen_engine::introspect::introspect;
use autogen_engine::model::{TableName, whose};

use crate::models::Makers;
use crate::workspace::Workspace;

/// What a database has forgotten.
#[derive(Debug, Clone)]
pub struct Forgotten {
    /// The plugin's revisions.
    pub versions: Vec<Version>,
    /// Its tables, which are there and nobody's from now on.
    pub tables: Vec<TableName>,
}

impl Workspace {
    /// Has the live database forget a plugin that isn't in the host any more, or is disabled. `keeps_tables` says that its
    /// tables may stay behind.
    ///
    /// # Errors
    /// `bad-target` for a plugin that is here, `no-such-plugin` for one that the database doesn't know; `half-done`,
    /// `has-dependents`, and `tables-stay` unless they may.
    pub fn forget(&self, plugin: &str, keeps_tables: bool, database: &mut Database) -> Result<Forgotten> {
        if self.host.owners.iter().any(|owner| owner.name == plugin) {
            return Err(Error::new(Code::BadTarget, format!("`{plugin}` is in this host")).help(format!(
                "to drop its tables, run `autogen downgrade {plugin}@base`; to forget it, first remove its folder, or disable it"
            )));
        }
        let status = status(database, &self.history)?;
        let half = status.half_done.iter().find(|entry| entry.plugin == plugin && !entry.is_untouched());
        if let Some(entry) = half {
            return Err(Error::new(Code::HalfDone, format!("{} {} is {}", whose(plugin), entry.name, entry.state))
                .help(Status::way_out(entry, &self.history)));
        }
        let versions = remembered(&status, plugin);
        if versions.is_empty() {
            return Err(unknown(&status, plugin));
        }
        let needing = status.owners.iter().flat_map(|owner| &owner.applied);
        let needing = needing.filter(|revision| revision.depends_on.iter().any(|version| versions.contains(version)));
        let needing: Vec<String> = needing.map(ToString::to_string).collect();
        if !needing.is_empty() {
            let message = format!("applied revisions need what would be forgotten: {}", needing.join(", "));
            return Err(Error::new(Code::HasDependents, message).help("revert those first"));
        }
        let tables = self.tables_left(plugin, database)?;
        if !tables.is_empty() && !keeps_tables {
            let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
            let message = format!("{} tables are still there: {}", whose(plugin), names.join(", "));
            return Err(Error::new(Code::TablesStay, message).help(format!(
                "to leave them to nobody, run `autogen forget {plugin} --keep-tables`; else drop them by hand first, or bring \
                 the plugin back and run `autogen downgrade {plugin}@base`"
            )));
        }
        let versions: Vec<Version> = versions.into_iter().collect();
        forget(database, &versions)?;
        Ok(Forgotten { versions, tables })
    }

    /// Says what to do to revert a plugin that isn't here; `None` unless the live database knows it.
    ///
    /// # Errors
    /// Fails if the database can't be read.
    pub fn cannot_revert(&self, plugin: &str) -> Result<Option<Error>> {
        if self.url.is_none() {
            return Ok(None);
        }
        let mut database = self.live(false)?;
        let known = remembered(&status(&mut database, &self.history)?, plugin);
        if known.is_empty() {
            return Ok(None);
        }
        let tables: Vec<String> = self.tables_left(plugin, &mut database)?.iter().map(ToString::to_string).collect();
        let by_hand = if tables.is_empty() { "its tables".to_owned() } else { tables.join(", ") };
        let (what, way) = match self.host.disabled.iter().any(|disabled| disabled == plugin) {
            true => ("is disabled", "enable it"),
            false => ("isn't in this host any more, and what reverts it went with its folder", "bring its folder back"),
        };
        let help = format!("{way}, and run this again; or drop {by_hand} by hand, and run `autogen forget {plugin}`");
        Ok(Some(Error::new(Code::NoSuchPlugin, format!("`{plugin}` {what}")).help(help)))
    }

    /// Lists the tables that a plugin's chain has made and that still exist.
    fn tables_left(&self, plugin: &str, database: &mut Database) -> Result<Vec<TableName>> {
        let mut entries: Vec<Entry> = ledger(database)?.into_values().collect();
        entries.sort_by_key(|entry| entry.turn);
        let mut makers = Makers::new();
        for entry in &entries {
            for table in &entry.made {
                makers.insert(table.clone(), entry.plugin.clone());
            }
            self.history.get(&entry.version).into_iter().for_each(|revision| revision.hand_over(&mut makers));
        }
        let there = introspect(database)?;
        let is_left = |(table, maker): &(&TableName, &String)| *maker == plugin && there.tables.contains_key(table);
        Ok(makers.iter().filter(is_left).map(|(table, _)| table.clone()).collect())
    }
}

/// Lists the revisions of a plugin that a database knows but no chain holds.
fn remembered(status: &Status<'_>, plugin: &str) -> BTreeSet<Version> {
    let unknown = status.unknown.iter().filter(|version| status.owner_of(version) == Some(plugin));
    let entries = status.gone.iter().chain(&status.stale).chain(&status.half_done);
    let entries = entries.filter(|entry| entry.plugin == plugin).map(|entry| &entry.version);
    unknown.chain(entries).cloned().collect()
}

fn unknown(status: &Status<'_>, plugin: &str) -> Error {
    let known: BTreeSet<&str> = status.unknown.iter().filter_map(|version| status.owner_of(version)).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let error = Error::new(Code::NoSuchPlugin, format!("the database knows nothing of a plugin `{plugin}`"));
    match known.is_empty() {
        true => error.help("it knows none but those of this host"),
        false => error.help(format!("it knows of these, which are not in this host: {}", known.join(", "))),
    }
}

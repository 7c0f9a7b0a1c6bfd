//! A host in one dialect: its chains, its live database, and where scratch databases are made.

use std::collections::BTreeSet;
use std::path::PathBuf;

use autogen_engine::database::{Database, DatabaseUrl, ScratchServer};
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::history::{
    History, NewRevision, Point, ReplaySubset, Revision, Version, applied, ledger, point, replay_subset,
};
use autogen_engine::host::{CORE, Host, Owner};
use autogen_engine::introspect::{CatalogSubset, introspect};
use autogen_engine::model::{Pair, Schema, TableName};
use autogen_engine::normalize::comparable;
use autogen_engine::scratch::{Replayed, copy, copy_part, replay, replay_only};
use jiff::Timestamp;
use tracing::debug_span;

use crate::dependencies::{in_dependency_order, parents};
use crate::models::{Makers, Models};
use crate::observer::Observer;
use crate::options::Options;
use crate::settings::Settings;

/// A host as it is on disk, in one dialect.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Its configuration and owners.
    pub host: Host,
    /// The dialect of its chains.
    pub dialect: Dialect,
    /// The live database, if there is one that speaks the dialect.
    pub url: Option<DatabaseUrl>,
    /// Where scratch databases are made, if the host states it.
    pub(crate) scratch: Option<DatabaseUrl>,
    /// The live database, whose defaults scratch databases take over.
    pub(crate) like: Option<DatabaseUrl>,
    /// The chains of all owners.
    pub history: History,
    /// A revision of the host's own that isn't written yet, on which the revisions of this run build.
    pub(crate) setup: Option<Version>,
    pub(crate) options: Options,
}

impl Workspace {
    /// Opens a host for a question about its live database, in that database's dialect.
    ///
    /// # Errors
    /// Fails if configuration or chains can't be read, or if they contradict the options.
    pub fn open(options: &Options) -> Result<Self> {
        let settings = Settings::read(options)?;
        let live = settings.url.as_ref().map(DatabaseUrl::dialect);
        if let (Some(dialect), Some(live)) = (options.dialect, live.filter(|_| settings.is_live))
            && dialect != live
        {
            return Err(Error::new(Code::WrongDialect, format!("the live database speaks {live}, not {dialect}"))
                .help("leave `--dialect` out, or give another `--database-url`"));
        }
        let asked = if settings.is_live {
            live.or(options.dialect)
        } else {
            options.dialect.or(live.filter(|live| settings.dialects.contains(live)))
        };
        let dialect = asked.unwrap_or(settings.dialects[0]);
        settings.workspace(dialect)
    }

    /// Returns the time that versions of new revisions are made from; see [`Options::now`].
    ///
    /// # Errors
    /// `bad-clock`
    pub fn now(&self) -> Result<Timestamp> {
        self.options.now()
    }

    /// Adds to an error which dialect it is about, if the host has several.
    pub fn in_its_dialect(&self, mut error: Error) -> Error {
        if self.host.config.several_dialects() {
            let note = Diagnostic::note(error.code(), format!("this is about the migrations for {}", self.dialect));
            error.diagnostics.insert(1, note);
        }
        error
    }

    /// Selects the given owners.
    pub(crate) fn select(&mut self, owners: &[String]) {
        self.options.plugins = owners.to_vec();
    }

    /// Forgets the live database. Scratch databases are still made beside it.
    pub(crate) fn leave_live(&mut self) {
        let url = self.url.take();
        self.scratch = self.scratch.take().or(url);
    }

    /// Adds one more revision to the host's own chain, on which all revisions written from now on build.
    ///
    /// # Errors
    /// Fails if the revision doesn't fit the chain.
    pub fn stand_on(&mut self, new: &NewRevision) -> Result<()> {
        self.history = self.history.with([new.revision(CORE)])?;
        self.setup = Some(Version::of(&new.name));
        Ok(())
    }

    /// Returns the one selected owner, for a command that is about exactly one.
    ///
    /// # Errors
    /// `no-plugin`
    pub fn one_selected(&self, command: &str) -> Result<&Owner> {
        match &self.options.plugins[..] {
            [owner] => self.host.owner(owner),
            _ => Err(Error::new(Code::NoPlugin, format!("`{command}` needs exactly one plugin"))
                .help(format!("name it: `autogen {command} --plugin NAME`; the host's own chain is `core`"))),
        }
    }

    /// Returns the owner that a place such as `usb@base` names, or else the selected one.
    ///
    /// # Errors
    /// `no-plugin`. Fails too if there is no such owner.
    pub fn one_named(&self, place: &str, command: &str) -> Result<&Owner> {
        match (&self.options.plugins[..], place.split_once('@')) {
            ([], Some((owner, _))) => self.host.owner(owner),
            (_, Some(_) | None) => self.one_selected(command),
        }
    }

    /// Returns the folder of an owner's revisions in this dialect.
    ///
    /// # Errors
    /// Fails if there is no such owner.
    pub fn migrations(&self, owner: &str) -> Result<PathBuf> {
        Ok(self.host.owner(owner)?.migrations_for(self.dialect, self.host.config.several_dialects()))
    }

    /// Names an owner, with the dialect if the host has several.
    pub fn named(&self, owner: &str) -> String {
        if self.host.config.several_dialects() { format!("{owner} ({})", self.dialect) } else { owner.to_owned() }
    }

    /// Returns the selected owners. Those that others reference come first.
    pub fn owners(&self, models: &Models) -> Vec<&Owner> {
        let is_selected =
            |owner: &&Owner| self.options.plugins.is_empty() || self.options.plugins.contains(&owner.name);
        in_dependency_order(&self.host, models).into_iter().filter(is_selected).collect()
    }

    /// Returns `true` if only some owners are selected.
    pub fn is_about_some(&self) -> bool {
        !self.options.plugins.is_empty()
    }

    /// Returns `true` if the owner is selected.
    pub fn is_selected(&self, owner: &str) -> bool {
        self.options.plugins.is_empty() || self.options.plugins.iter().any(|selected| selected == owner)
    }

    /// Returns the selected owner if there is only one.
    pub fn only(&self) -> Option<&str> {
        match self.options.plugins.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Replays all chains.
    ///
    /// # Errors
    /// Fails if a chain doesn't run, or if there is no server for it.
    pub fn replayed(&self) -> Result<Replayed> {
        replay(&self.history, &self.scratch_server()?)
    }

    /// Returns which part of the chains must be replayed for a question about some owners, or `None` for all of
    /// them. Without a live database, new revisions also start from the result.
    pub fn replay_subset(&self, owners: &[&str], models: &Models, is_start: bool) -> Option<ReplaySubset<'_>> {
        let below = owners.iter().filter(|_| is_start).flat_map(|owner| parents(owner, models)).collect();
        replay_subset(&self.history, self.dialect, owners, &below, is_start)
    }

    /// Replays all chains, or a part of them.
    ///
    /// # Errors
    /// Fails if a chain doesn't run, or if there is no server for it.
    pub fn replayed_as(&self, subset: Option<&ReplaySubset<'_>>) -> Result<Replayed> {
        let Some(subset) = subset else { return self.replayed() };
        let mut replayed = replay_only(&self.history, &subset.needed, &self.scratch_server()?)?;
        subset.complete(&mut replayed.makers);
        Ok(replayed)
    }

    /// Returns whose chain made each table, from the ledger of a database that is known to be
    /// [as its revisions make it](autogen_engine::history::is_as_made). Returns `None` if revisions are pending, so
    /// that only replaying can tell.
    pub(crate) fn makers_in_ledger(&self, live: &mut Database) -> Result<Option<Makers>> {
        let entries = ledger(live)?;
        let mut makers = Makers::new();
        for revision in self.history.revisions() {
            let Some(entry) = entries.get(&revision.version) else { return Ok(None) };
            for table in &entry.made {
                makers.entry(table.clone()).or_insert_with(|| revision.owner.clone());
            }
            revision.hand_over(&mut makers);
        }
        Ok(Some(makers))
    }

    /// Returns where scratch databases are made: where the host says, or else beside the live database.
    ///
    /// # Errors
    /// `no-scratch-server`
    pub fn scratch_server(&self) -> Result<ScratchServer> {
        let urls = self.scratch.iter().chain(&self.url);
        match urls.map(ScratchServer::of).find(|server| server.dialect() == self.dialect) {
            Some(server) => Ok(self.like.iter().fold(server, ScratchServer::like)),
            // The dialect's own way to make one, or its reason why there is none.
            None => Ok(Database::scratch(self.dialect)?.server()),
        }
    }

    /// Opens the live database. `create` makes its file if it doesn't exist.
    ///
    /// # Errors
    /// `no-database-url`. Fails too if the database can't be reached.
    pub fn live(&self, create: bool) -> Result<Database> {
        let url = self.url.as_ref().ok_or_else(|| {
            Error::new(Code::NoDatabaseUrl, "this command needs a live database")
                .help("give `--database-url URL`, set DATABASE_URL, or state `[database] url` in autogen.toml")
        })?;
        Database::open_within(url, create, self.host.config.limits)
    }

    /// Makes a scratch database that is a copy of the live one, or of a part of it.
    pub(crate) fn copied(&self, live: &mut Database, part: Option<&CatalogSubset>) -> Result<Database> {
        let server = self.scratch_server()?;
        match part {
            Some(part) => copy_part(live, &server, part),
            None => copy(live, &server),
        }
    }

    /// Refuses a database that has not applied the chains of these owners and of those whose tables they
    /// reference. New revisions build on those chains.
    pub(crate) fn refuse_behind(&self, live: &mut Database, owners: &[&str], models: &Models) -> Result<()> {
        let applied = applied(live)?;
        let mut needed: BTreeSet<String> = owners.iter().map(|owner| (*owner).to_owned()).collect();
        for owner in owners {
            needed.extend(parents(owner, models));
        }
        let chains: Vec<&Revision> = needed.iter().flat_map(|owner| self.history.of(owner)).collect();
        let mut behind = self.history.with_ancestors(&chains);
        behind.retain(|revision| !applied.contains(&revision.version));
        if behind.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = behind.iter().map(ToString::to_string).collect();
        Err(Error::new(Code::DatabaseBehind, format!("the database has not applied {}", names.join(", ")))
            .help(
            "run `autogen upgrade` first, or `autogen stamp` if the database has what they make; `--no-database` compares with \
             the chains alone",
        ))
    }

    /// Reads a database, and brings it and what all sources define to one spelling.
    ///
    /// # Errors
    /// Fails if the database can't be read or asked.
    pub fn both(&self, database: &mut Database, models: &Models) -> Result<Pair<Schema>> {
        let live = introspect(database)?;
        self.both_of(live, database, models)
    }

    /// Compares as [`Workspace::both`] does, with what was just read from the database.
    ///
    /// # Errors
    /// Fails if the database can't be asked.
    pub fn both_of(&self, live: Schema, database: &mut Database, models: &Models) -> Result<Pair<Schema>> {
        let _span = debug_span!("normalize").entered();
        comparable(Pair::new(live, models.schema.clone()), database)
    }

    /// Reports which tables nobody owns, and which objects no definition can declare. They are kept.
    pub(crate) fn report_kept(&self, schema: &Schema, models: &Models, makers: &Makers, observer: &dyn Observer) {
        let unowned: Vec<String> = schema
            .tables
            .keys()
            .chain(schema.unread.iter())
            .filter(|table| models.owner_of(table, makers).is_none())
            .map(TableName::to_string)
            .collect();
        if !unowned.is_empty() {
            observer.diagnostics(&[Diagnostic::note(
                Code::UnownedTable,
                format!("the database has tables that no plugin owns, and that are left alone: {}", unowned.join(", ")),
            )]);
        }
        for name in schema.enums.keys().filter(|name| models.owner_of(name, makers).is_none()) {
            observer.detail(&format!("kept: enum {name}"));
        }
        for bystander in schema.bystanders.iter() {
            observer.detail(&format!("kept: {} {}", bystander.kind.name(), bystander.name));
        }
    }

    /// Returns the revisions at a place in the selected owners' chains: one, or the heads of several.
    ///
    /// # Errors
    /// Fails if no revision is meant.
    pub fn revisions_at(&self, text: &str) -> Result<Vec<&Revision>> {
        match point(&self.history, self.only(), text)? {
            Point::At(mut found) => {
                if found.len() > 1 {
                    found.retain(|revision| self.is_selected(&revision.owner));
                }
                Ok(found)
            }
            Point::Base(_) => Err(Error::new(Code::BadTarget, format!("`{text}` lies before the first revision"))
                .help("name a revision; `autogen history` lists them")),
        }
    }

    /// Returns the one revision at a place in the chains.
    ///
    /// # Errors
    /// `bad-target` if it isn't exactly one.
    pub fn revision_at(&self, text: &str) -> Result<&Revision> {
        let found = self.revisions_at(text)?;
        if let [only] = found[..] {
            return Ok(only);
        }
        let names: Vec<_> = found.iter().take(5).map(|revision| format!("`{}`", revision.name)).collect();
        let error = Error::new(Code::BadTarget, format!("`{text}` is not one revision but {}", found.len()));
        Err(match names.is_empty() {
            true => error.help("no chain has a revision yet"),
            false => error.help(format!("name one of {}, or its plugin by `--plugin`", names.join(", "))),
        })
    }

    /// Returns the newest revision of an owner's chain, of which there must be only one.
    pub(crate) fn head(&self, owner: &str) -> Result<Option<&Revision>> {
        self.history.check_heads([owner])?;
        Ok(self.history.heads(owner).into_iter().next())
    }
}

//! What every command begins with: the host, its definitions and chains, the database, and the
//! comparison of one owner's tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use autogen::database::{Database, DatabaseUrl, ScratchServer, ScratchSettings, set_scratch};
use autogen::dialect::Dialect;
use autogen::diff::diff;
use autogen::error::{Diagnostic, Error, Result};
use autogen::history::{
    Entry, History, NewRevision, Point, Revision, State, Told, Version, applied, checksum, ledger, point,
};
use autogen::host::{CORE, Host, Owner, Ownership};
use autogen::introspect::{Part, introspect};
use autogen::model::{Change, Pair, RenamedValues, Schema, TableName};
use autogen::normalize::comparable;
use autogen::scan::{Definitions, lower};
use autogen::scratch::{Replayed, copy, copy_part, replay, replay_only};
use tracing::debug_span;

use crate::args::Global;
use crate::released::released;
use crate::ties::{in_dependency_order, parents};
use crate::ui::Ui;
use crate::urls::{database_url, scratch_url};

/// A host as it is on disk, in one dialect.
pub(crate) struct Work {
    pub(crate) host: Host,
    pub(crate) dialect: Dialect,
    pub(crate) url: Option<DatabaseUrl>,
    /// Where to prove, where somebody says.
    scratch: Option<DatabaseUrl>,
    /// The live database, whose defaults scratch databases take over.
    like: Option<DatabaseUrl>,
    pub(crate) history: History,
    /// A revision of the host's own that isn't written yet, on which those of this run stand.
    pub(crate) setup: Option<Version>,
    selected: Vec<String>,
}

/// What is stated about databases: in autogen.toml, on the command line and in the environment.
pub(crate) struct Stated {
    pub(crate) host: Host,
    url: Option<DatabaseUrl>,
    /// Whether the URL is that of a live database, and not only of a server for scratch databases.
    is_live: bool,
    /// At least one.
    pub(crate) dialects: Vec<Dialect>,
    selected: Vec<String>,
}

impl Stated {
    pub(crate) fn read(global: &Global) -> Result<Self> {
        let host = Host::load(&root(global))?;
        set_scratch(ScratchSettings {
            limits: Some(host.config.limits),
            trust: host.config.trust_scratch,
            extensions: host.config.extensions.clone(),
        });
        for name in &global.plugins {
            host.owner(name)?;
        }
        let url = database_url(global, &host)?;
        let is_live = !global.is_without_database();
        let dialect = url.as_ref().map(DatabaseUrl::dialect);
        let mut dialects = host.config.dialects(dialect);
        let live = dialect.filter(|_| is_live);
        let is_stated = |dialect: &Dialect| host.config.stated_dialects.contains(dialect);
        for (dialect, who) in [(live, "the live database speaks"), (global.dialect, "`--dialect` asks for")] {
            let Some(dialect) = dialect.filter(|dialect| !is_stated(dialect)) else { continue };
            if !host.config.stated_dialects.is_empty() {
                let message = format!("{who} {dialect}, for which autogen.toml states no migrations");
                return Err(Error::new("dialect-not-stated", message)
                    .help(format!("add `{dialect}` to `dialects` in autogen.toml, or choose one that is there")));
            }
            dialects = vec![dialect];
        }
        Ok(Self { host, url, is_live, dialects, selected: global.plugins.clone() })
    }

    /// The host in one dialect. Only a live database that speaks it counts.
    pub(crate) fn work(&self, dialect: Dialect) -> Result<Work> {
        let url = self.url.clone().filter(|url| url.dialect() == dialect);
        let scratch = scratch_url(&self.host, dialect)?;
        let history = History::load(&self.host, dialect)?;
        let released = released(&self.host, &history, dialect);
        let history = history.releasing(released);
        let like = url.clone().filter(|_| self.is_live);
        let (host, selected) = (self.host.clone(), self.selected.clone());
        let mut work = Work { host, dialect, url, scratch, like, history, setup: None, selected };
        if !self.is_live {
            work.leave_live();
        }
        Ok(work)
    }
}

/// What the sources define, and who owns it.
pub(crate) struct Models {
    /// All owners' tables.
    pub(crate) schema: Schema,
    pub(crate) ownership: Ownership,
}

/// Whose chain made each table that the chains make.
pub(crate) type Makers = BTreeMap<TableName, String>;

/// One owner's tables on both sides, and what differs.
pub(crate) struct Comparison {
    /// The whole schema that exists, other owners' tables included.
    pub(crate) start: Schema,
    /// What the owner's source defines.
    pub(crate) models: Schema,
    pub(crate) changes: Vec<Change>,
}

impl Work {
    /// Reads configuration and chains, for a command about the live database: its dialect counts.
    pub(crate) fn load(global: &Global) -> Result<Self> {
        let stated = Stated::read(global)?;
        let live = stated.url.as_ref().map(DatabaseUrl::dialect);
        if let (Some(dialect), Some(live)) = (global.dialect, live.filter(|_| stated.is_live))
            && dialect != live
        {
            return Err(Error::new("wrong-dialect", format!("the live database speaks {live}, not {dialect}"))
                .help("leave `--dialect` out, or give another `--database-url`"));
        }
        let asked = if stated.is_live {
            live.or(global.dialect)
        } else {
            global.dialect.or(live.filter(|live| stated.dialects.contains(live)))
        };
        let dialect = asked.unwrap_or(stated.dialects[0]);
        stated.work(dialect)
    }

    /// What one definition of every table says in this work's dialect, and what is wrong with it.
    pub(crate) fn lowered(&self, definitions: &[Definitions]) -> (Models, Vec<Diagnostic>) {
        let lowered = lower(definitions, self.dialect);
        let mut diagnostics = lowered.diagnostics;
        let (ownership, complaints) = Ownership::resolve(&self.host, &lowered.schemas);
        diagnostics.extend(complaints);
        let mut schema = Schema::default();
        for own in lowered.schemas.into_values() {
            schema.tables.extend(own.tables);
            schema.enums.extend(own.enums);
        }
        (Models { schema, ownership }, diagnostics)
    }

    /// An error that says which dialect it is about, where the host has several.
    pub(crate) fn in_its_dialect(&self, mut error: Error) -> Error {
        if self.host.config.several_dialects() {
            let note = Diagnostic::note(error.code(), format!("this is about the migrations for {}", self.dialect));
            error.diagnostics.insert(1, note);
        }
        error
    }

    /// Makes these owners the ones asked for.
    pub(crate) fn select(&mut self, owners: &[String]) {
        self.selected = owners.to_vec();
    }

    /// Forgets the live database. Scratch databases are still made beside it.
    pub(crate) fn leave_live(&mut self) {
        let url = self.url.take();
        self.scratch = self.scratch.take().or(url);
    }

    /// From now on the host's own chain has one more revision, on which all others stand.
    pub(crate) fn stand_on(&mut self, new: &NewRevision) -> Result<()> {
        self.history = self.history.including(CORE, new)?;
        self.setup = Some(Version::of(&new.name));
        Ok(())
    }

    /// The one owner that the command line names.
    pub(crate) fn one_selected(&self, command: &str) -> Result<&Owner> {
        match &self.selected[..] {
            [owner] => self.host.owner(owner),
            _ => Err(Error::new("no-plugin", format!("`{command}` is about exactly one plugin"))
                .help(format!("name it: `autogen {command} --plugin NAME`; the host's own chain is `core`"))),
        }
    }

    /// The folder of an owner's revisions in this work's dialect.
    pub(crate) fn migrations(&self, owner: &str) -> Result<PathBuf> {
        Ok(self.host.owner(owner)?.migrations_for(self.dialect, self.host.config.several_dialects()))
    }

    /// An owner, with the dialect where the host has several.
    pub(crate) fn named(&self, owner: &str) -> String {
        if self.host.config.several_dialects() { format!("{owner} ({})", self.dialect) } else { owner.to_owned() }
    }

    /// The owners asked for, or all; those that others point at come first.
    pub(crate) fn owners(&self, models: &Models) -> Vec<&Owner> {
        let is_selected = |owner: &&Owner| self.selected.is_empty() || self.selected.contains(&owner.name);
        in_dependency_order(&self.host, models).into_iter().filter(is_selected).collect()
    }

    /// Whether the command line names owners.
    pub(crate) fn is_about_some(&self) -> bool {
        !self.selected.is_empty()
    }

    /// Whether the command line names this owner, or none.
    pub(crate) fn is_selected(&self, owner: &str) -> bool {
        self.selected.is_empty() || self.selected.iter().any(|selected| selected == owner)
    }

    /// The one owner that the command line names, if it names one.
    pub(crate) fn only(&self) -> Option<&str> {
        match self.selected.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// What the chains make.
    pub(crate) fn replayed(&self) -> Result<Replayed> {
        replay(&self.history, &self.scratch_server()?)
    }

    /// What of the chains must be replayed for a question about some owners, if that isn't all. Where there is no live
    /// database, the result is also what new revisions start from.
    pub(crate) fn told(&self, owners: &[&str], models: &Models, is_start: bool) -> Option<Told<'_>> {
        let below = owners.iter().filter(|_| is_start).flat_map(|owner| parents(owner, models)).collect();
        self.history.told(self.dialect, owners, &below, is_start)
    }

    /// What the chains make, or that part of it.
    pub(crate) fn replayed_as(&self, told: Option<&Told<'_>>) -> Result<Replayed> {
        let Some(told) = told else { return self.replayed() };
        let mut replayed = replay_only(&self.history, &told.needed, &self.scratch_server()?)?;
        told.complete(&mut replayed.makers);
        Ok(replayed)
    }

    /// Whose chain made each table, as the ledger of a database has it to which all revisions were applied as they are now.
    /// `None` where that isn't so: then replaying tells.
    pub(crate) fn makers_in_ledger(&self, live: &mut Database) -> Result<Option<Makers>> {
        let entries = ledger(live)?;
        let mut makers = Makers::new();
        for revision in self.history.revisions() {
            let is_it = |entry: &&Entry| {
                entry.state == State::Applied && entry.checksum == checksum(self.dialect, &revision.up)
            };
            let Some(entry) = entries.get(&revision.version).filter(is_it) else { return Ok(None) };
            for table in &entry.made {
                makers.entry(table.clone()).or_insert_with(|| revision.owner.clone());
            }
            revision.hand_over(&mut makers);
        }
        Ok(Some(makers))
    }

    /// Where scratch databases are made: where the host says, else beside the live database.
    pub(crate) fn scratch_server(&self) -> Result<ScratchServer> {
        let urls = self.scratch.iter().chain(&self.url);
        match urls.map(ScratchServer::of).find(|server| server.dialect() == self.dialect) {
            Some(server) => Ok(self.like.iter().fold(server, ScratchServer::like)),
            // The dialect's own way, or its own word on why there is none.
            None => Ok(Database::scratch(self.dialect)?.server()),
        }
    }

    /// The live database, which must be there.
    pub(crate) fn live(&self, create: bool) -> Result<Database> {
        let url = self.url.as_ref().ok_or_else(|| {
            Error::new("no-database-url", "this command needs a live database")
                .help("give `--database-url sqlite:PATH`, set DATABASE_URL, or state `[database] url` in autogen.toml")
        })?;
        let mut database = Database::open(url, create)?;
        database.limit(self.host.config.limits)?;
        Ok(database)
    }

    /// A throwaway database that is as the live one, or as a part of it.
    pub(crate) fn copied(&self, live: &mut Database, part: Option<&Part>) -> Result<Database> {
        let server = self.scratch_server()?;
        match part {
            Some(part) => copy_part(live, &server, part),
            None => copy(live, &server),
        }
    }

    /// Refuses a database that has not applied the chains of these owners and of those whose tables they point at: new
    /// revisions build on them.
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
        Err(Error::new("database-behind", format!("the database has not applied {}", names.join(", ")))
            .help(
            "run `autogen upgrade` first, or `autogen stamp` if the database has what they make; `--no-database` compares with \
             the chains alone",
        ))
    }

    /// What a database has and what the sources of all owners define, in one spelling.
    pub(crate) fn both(&self, database: &mut Database, models: &Models) -> Result<Pair<Schema>> {
        let live = introspect(database)?;
        self.both_of(live, database, models)
    }

    /// As [`Work::both`], with what was just read from the database.
    pub(crate) fn both_of(&self, live: Schema, database: &mut Database, models: &Models) -> Result<Pair<Schema>> {
        let _span = debug_span!("normalize").entered();
        comparable(Pair::new(live, models.schema.clone()), database)
    }

    /// What one owner's source wants changed. `makers` says whose chain made a table that nobody
    /// defines any more.
    pub(crate) fn compare(&self, owner: &str, both: &Pair<Schema>, models: &Models, makers: &Makers) -> Comparison {
        let _span = debug_span!("diff", plugin = owner).entered();
        let owns = |table: &TableName| {
            models.ownership.owner_of(table).or(makers.get(table).map(String::as_str)) == Some(owner)
        };
        let wanted = both.to.restricted(owns);
        let tables = wanted.tables.values().map(|table| &table.hints);
        let hints = tables.chain(wanted.enums.values().map(|found| &found.hints));
        let old_names: BTreeSet<String> = hints.filter_map(|hints| hints.renamed_from.clone()).collect();
        let existing = both.from.restricted(|table| {
            owns(table) || (old_names.contains(&table.name) && models.ownership.owner_of(table).is_none())
        });
        let mut pair = Pair::new(existing, wanted);
        pair.from.renamed_values = Some(self.renamed_values(owner));
        for owner in self.host.owners.iter().filter(|other| other.name == owner) {
            owner.ignored.take_out(&mut pair);
        }
        let changes = diff(&pair, self.dialect);
        Comparison { start: both.from.clone(), models: pair.to, changes }
    }

    /// Values of enums that an owner's chain has renamed, the latest last.
    pub(crate) fn renamed_values(&self, owner: &str) -> Vec<RenamedValues> {
        let mut renamed = Vec::new();
        for revision in self.history.of(owner) {
            let mut names: BTreeMap<String, Vec<Pair<String>>> = BTreeMap::new();
            for [of, from, to] in &revision.renamed_values {
                names.entry(of.clone()).or_default().push(Pair::new(from.clone(), to.clone()));
            }
            renamed.extend(names.into_iter().map(|(of, names)| RenamedValues { of, names }));
        }
        renamed
    }

    /// Says which tables nobody owns, and which objects nothing can declare: they are kept.
    pub(crate) fn report_kept(&self, schema: &Schema, models: &Models, makers: &Makers, ui: &Ui) {
        let unowned: Vec<String> = schema
            .tables
            .keys()
            .chain(&schema.unread)
            .filter(|table| models.ownership.owner_of(table).is_none() && !makers.contains_key(table))
            .map(TableName::to_string)
            .collect();
        if !unowned.is_empty() {
            ui.diagnostics(&[Diagnostic::note(
                "unowned-table",
                format!("the database has tables that no plugin owns, and that are left alone: {}", unowned.join(", ")),
            )]);
        }
        if ui.verbose > 0 {
            let is_unowned =
                |name: &&TableName| models.ownership.owner_of(name).is_none() && !makers.contains_key(name);
            for name in schema.enums.keys().filter(is_unowned) {
                ui.remark(format!("kept: enum {name}"));
            }
            for bystander in &schema.bystanders {
                ui.remark(format!("kept: {} {}", bystander.kind.name(), bystander.name));
            }
        }
    }

    /// The revisions of a place in the chains of the owners asked for: one, or the heads of several.
    pub(crate) fn revisions_at(&self, text: &str) -> Result<Vec<&Revision>> {
        match point(&self.history, self.only(), text)? {
            Point::At(mut found) => {
                if found.len() > 1 {
                    found.retain(|revision| self.is_selected(&revision.owner));
                }
                Ok(found)
            }
            Point::Base(_) => Err(Error::new("bad-target", format!("`{text}` lies before the first revision"))
                .help("name a revision; `autogen history` lists them")),
        }
    }

    /// The one revision of a place in the chains.
    pub(crate) fn revision_at(&self, text: &str) -> Result<&Revision> {
        let found = self.revisions_at(text)?;
        if let [only] = found[..] {
            return Ok(only);
        }
        let names: Vec<_> = found.iter().take(5).map(|revision| format!("`{}`", revision.name)).collect();
        let error = Error::new("bad-target", format!("`{text}` is not one revision but {}", found.len()));
        Err(match names.is_empty() {
            true => error.help("no chain has a revision yet"),
            false => error.help(format!("name one of {}, or its plugin by `--plugin`", names.join(", "))),
        })
    }

    /// The newest revision of an owner's chain, of which there must be only one.
    pub(crate) fn head(&self, owner: &str) -> Result<Option<&Revision>> {
        self.history.check_heads([owner])?;
        Ok(self.history.heads(owner).into_iter().next())
    }
}

/// The host's folder: the one stated, or the nearest one upwards that has an autogen.toml.
pub(crate) fn root(global: &Global) -> PathBuf {
    if let Some(root) = &global.root {
        return root.clone();
    }
    let here = PathBuf::from(".");
    match std::env::current_dir() {
        // Paths in messages are shorter, and the same on every machine, when they are relative.
        Ok(current) => Some(Host::find_root(&current)).filter(|root| *root != current).unwrap_or(here),
        Err(_) => here,
    }
}

/// Refuses a folder that holds nothing of a host, where every question would have a good answer.
pub(crate) fn refuse_bare(global: &Global) -> Result<()> {
    let host = Host::load(&root(global))?;
    if !host.is_bare() {
        return Ok(());
    }
    let message = format!(
        "there is no host in `{}`: no autogen.toml, no plugin, no source and no migrations",
        host.root.display()
    );
    Err(Error::new("no-host", message).help(
        "run it in the host's folder or give `--root`; `autogen init` begins a host, and `autogen adopt` takes over a \
         database",
    ))
}

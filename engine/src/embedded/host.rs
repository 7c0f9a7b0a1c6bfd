//! A host at run time: its plugins' chains, and the database that they are applied to.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::trace::Trace;
use super::{Chain, Plugin};
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::history::{
    self, Event, History, Link, Metadata, OwnerStatus, Permissions, Revision, State, Status, Version, applied,
    half_run, status, to_revert,
};
use crate::model::whose;

type Progress = Box<dyn Fn(Event<'_>) + Send + Sync>;

/// The core and the plugins that a program was built with.
///
/// At its start the program applies what its database hasn't got yet:
///
/// ```no_run
/// mod usb {
///     /// The plugin's tables, as its migrations make them.
///     pub fn plugin() -> autogen::Plugin {
///         autogen::plugin!(usb)
///     }
/// }
///
/// # #[cfg(feature = "sqlite")]
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     use diesel::prelude::*;
///
///     let mut connection = SqliteConnection::establish("app.db")?;
///     let host = autogen::Host::new([autogen::plugin!(core), usb::plugin()]);
///     host.upgrade(&mut connection)?;
///     Ok(())
/// }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
///
/// The connection is any of Diesel's: `SqliteConnection`, `PgConnection`, `MysqlConnection`, one out of an
/// r2d2 pool, diesel-async's `AsyncConnectionWrapper`. However many programs start at once, each revision is
/// applied once. Of a plugin that isn't built in any more, the database keeps what it has: neither its
/// tables nor its marks are touched, and nobody waits for it.
///
/// The same host as it lies on disk, for the program `autogen`, is `autogen::host::Host`.
pub struct Host {
    plugins: Vec<Plugin>,
    permissions: BTreeMap<String, Permissions>,
    progress: Option<Progress>,
}

impl Host {
    /// Creates a host from its plugins, in any order. Their revisions decide what is applied first.
    ///
    /// Mistakes are reported by whichever function needs the chains, see [`Host::history`].
    pub fn new(plugins: impl IntoIterator<Item = Plugin>) -> Self {
        Self { plugins: plugins.into_iter().collect(), permissions: BTreeMap::new(), progress: None }
    }

    /// Sets what to call before each revision.
    ///
    /// ```
    /// let host = autogen::Host::new([autogen::plugin!(core)]).progress(|event| eprintln!("{event}"));
    /// ```
    #[must_use]
    pub fn progress(self, told: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        Self { progress: Some(Box::new(told)), ..self }
    }

    /// Lets a plugin change tables that another plugin, or the core, owns. Otherwise its migrations are refused,
    /// or rolled back, if they change such tables.
    ///
    /// ```
    /// let host = autogen::Host::new([autogen::plugin!(usb)]).may_alter("usb", ["assets"]);
    /// ```
    #[must_use]
    pub fn may_alter<T: Into<String>>(mut self, plugin: &str, tables: impl IntoIterator<Item = T>) -> Self {
        let permissions = self.permissions.entry(plugin.to_owned()).or_default();
        permissions.may_alter.extend(tables.into_iter().map(Into::into));
        self
    }

    /// Lets a plugin's migrations do whatever the core's may. Nothing holds them to the plugin's own tables.
    ///
    /// ```
    /// let host = autogen::Host::new([autogen::plugin!(usb)]).trust("usb");
    /// ```
    #[must_use]
    pub fn trust(mut self, plugin: &str) -> Self {
        self.permissions.entry(plugin.to_owned()).or_default().trust = true;
        self
    }

    /// Applies everything that is pending, in an order that the graph allows, and returns what this
    /// call has applied.
    ///
    /// # Errors
    /// Those of [`history()`](Host::history), and of [`history::upgrade`].
    pub fn upgrade(&self, link: &mut dyn Link) -> Result<Vec<Version>> {
        let history = self.history(link.dialect())?;
        let all: Vec<_> = history.revisions().iter().collect();
        let mut trace = Trace::upgrade();
        history::upgrade(link, &history, &all, &mut |event| self.tell(event, &mut trace))
    }

    /// Reverts revisions of one plugin, back to `target`: `base`, `-1`, or a revision of the plugin that is to
    /// stay. Returns what this call has reverted.
    ///
    /// # Errors
    /// `no-such-plugin`, and those of [`history()`](Host::history), [`to_revert`] and [`history::downgrade`]. A
    /// revision that another plugin's applied revisions depend on isn't reverted.
    pub fn downgrade(&self, link: &mut dyn Link, plugin: &str, target: &str) -> Result<Vec<Version>> {
        let history = self.history(link.dialect())?;
        if !history.owners().any(|owner| owner == plugin) {
            let all: Vec<_> = history.owners().collect();
            return Err(Error::new(Code::NoSuchPlugin, format!("there is no plugin `{plugin}`"))
                .help(format!("there are: {}", all.join(", "))));
        }
        let mut there = applied(link)?;
        there.extend(half_run(link, &history)?);
        let unwanted = to_revert(&history, plugin, target, &there)?;
        let mut trace = Trace::downgrade(plugin);
        history::downgrade(link, &history, &unwanted, &mut |event| self.tell(event, &mut trace))
    }

    /// Returns the revisions that [`upgrade`](Host::upgrade) would apply, in that order. Changes nothing.
    ///
    /// # Errors
    /// Those of [`history()`](Host::history), `two-heads`, and `can't-query`.
    pub fn pending(&self, link: &mut dyn Link) -> Result<Vec<Revision>> {
        let history = self.history(link.dialect())?;
        history.check_heads(history.owners())?;
        let there = applied(link)?;
        Ok(history.revisions().iter().filter(|revision| !there.contains(&revision.version)).cloned().collect())
    }

    /// Checks whether the program may run on the database as it is, for hosts that leave migrating to
    /// somebody else. Changes nothing. Returns what is unusual but harmless: revisions that only the database
    /// knows, and revisions that were edited after they were applied.
    ///
    /// # Errors
    /// `two-heads` if a chain has branched, `database-behind` if revisions are pending,
    /// `changes-anothers-table` and `needs-trust` if one of these would be refused, `half-done`,
    /// `can't-query`, and those of [`history()`](Host::history).
    pub fn check(&self, link: &mut dyn Link) -> Result<Vec<Diagnostic>> {
        let history = self.history(link.dialect())?;
        let status = status(link, &history)?;
        let branched = history.branched(history.owners());
        let mut found: Vec<_> = branched.iter().map(|owner| history.two_heads(owner)).collect();
        let whole = status.owners.iter().filter(|owner| !branched.contains(&owner.owner));
        found.extend(whole.filter_map(behind));
        for entry in status.half_done.iter().filter(|entry| entry.state != State::Applied) {
            let message = format!("{} {} is half done: {}", whose(&entry.plugin), entry.name, entry.state);
            found.push(Diagnostic::error(Code::HalfDone, message).help(Status::way_out(entry, &history)));
        }
        found.extend(odd(&status));
        found.extend(history::pending_trespasses(link, &history)?);
        Error::unless_clean(found)
    }

    /// Returns the chains as one graph, for other questions to a database: see [`history::status`].
    ///
    /// # Errors
    /// `plugin-named-twice`, `no-chain-for-dialect`, `bad-metadata`, and those of [`History::from_revisions`].
    pub fn history(&self, dialect: Dialect) -> Result<History> {
        let mut names: Vec<_> = self.plugins.iter().map(|plugin| plugin.name).collect();
        names.sort_by_key(|name| (*name != history::CORE, *name));
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::new(Code::PluginNamedTwice, format!("the host has two plugins `{}`", twice[0]))
                .help("name one of them in its `autogen::plugin!(NAME)`"));
        }
        let mut revisions = Vec::new();
        for plugin in &self.plugins {
            revisions.extend(read(plugin, dialect)?);
        }
        let history = History::new(names.into_iter().map(str::to_owned).collect(), revisions)?;
        Ok(history.allowing(self.permissions.clone()))
    }

    fn tell(&self, event: Event<'_>, trace: &mut Trace) {
        trace.note(&event);
        if let Some(progress) = &self.progress {
            progress(event);
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.plugins.iter().map(|plugin| plugin.name).collect();
        f.debug_struct("Host").field("plugins", &names).finish_non_exhaustive()
    }
}

/// Reads a plugin's revisions for one dialect.
fn read(plugin: &Plugin, dialect: Dialect) -> Result<Vec<Revision>> {
    let speaks = |chain: &&Chain| chain.dialect.is_none_or(|name| name == dialect.name());
    let Some(chain) = plugin.chains.iter().find(speaks) else {
        let known: Vec<_> = plugin.chains.iter().filter_map(|chain| chain.dialect).collect();
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let message = format!("`{}` has no migrations for {dialect}, only for {}", plugin.name, known.join(" and "));
        return Err(Error::new(Code::NoChainForDialect, message)
            .help(format!("add `{dialect}` to `dialects` in autogen.toml, and let `autogen` write them")));
    };
    let folder: PathBuf = [plugin.name, "migrations"].into_iter().chain(chain.dialect).collect();
    let revision = |migration: &super::Migration| {
        let dir = folder.join(migration.name);
        let metadata = migration.metadata.map_or_else(|| Ok(Metadata::default()), |text| Metadata::parse(&dir, text));
        let down = migration.down.map(str::to_owned);
        Ok(Revision::new(plugin.name.to_owned(), dir, metadata?, migration.up.to_owned(), down))
    };
    chain.migrations.iter().map(revision).collect()
}

fn behind(owner: &OwnerStatus<'_>) -> Option<Diagnostic> {
    let first = owner.pending.first()?;
    let more = match owner.pending.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("the database lacks {first}{more}");
    Some(Diagnostic::error(Code::DatabaseBehind, message).help("apply it by `Host::upgrade`, or by `autogen upgrade`"))
}

/// Reports what is unusual about a database but harmless.
fn odd(status: &Status<'_>) -> Vec<Diagnostic> {
    let unknown = status.unknown.iter().map(|version| {
        let owner = status.owner_of(version).map(|owner| format!(" of `{owner}`")).unwrap_or_default();
        let message = format!("the database has applied `{version}`{owner}, which isn't part of this program");
        Diagnostic::note(Code::UnknownRevision, message).help("nothing: it stays as it is")
    });
    let edited = status.owners.iter().flat_map(|owner| &owner.edited).map(|revision| {
        let message = format!("{revision} isn't what the database has applied");
        Diagnostic::warning(Code::EditedRevision, message).help("run `autogen show` to compare, and undo the edit")
    });
    unknown.chain(edited).collect()
}

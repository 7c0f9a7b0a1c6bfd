//! Keeps a plugin's revision to its tables on SQLite, by what SQLite itself reports that each statement reaches.
//!
//! A [`Mirror`] is an empty database with the schema of the real one. Each statement is compiled there. SQLite
//! then reports every table that it writes to, also through triggers. A statement that changes the schema then
//! runs on the mirror, so that the next one finds what it needs. Nothing has run on the real database by then.
//!
//! Two things aren't seen, and are allowed: reading, and rows that a foreign key of another's table deletes or
//! changes, by that other's own rule.

mod handle;
mod objects;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use diesel::QueryResult;
use diesel::migration::CREATE_MIGRATIONS_TABLE;
use diesel::result::Error as DieselError;

use self::handle::{Access, Act, Handle, is_harmless};
use self::objects::{INDEX, OBJECTS, Object, is_virtual, objects, rank};
use super::compare::is_renamed;
use super::{Reason, Review};
use crate::dialect::Dialect;
use crate::history::ledger;
use crate::link::Link;
use crate::model::TableName;
use crate::sql::sqlite::numbers;
use crate::sql::triggers::OwnTriggers;

/// An empty database with another one's schema.
#[derive(Debug)]
pub(in crate::history) struct Mirror {
    handle: Handle,
    /// What the schema has, as long as nothing has changed it since it was last read.
    objects: RefCell<Option<Rc<[Object]>>>,
    /// Whether it has followed all scripts since it was compared with the database, as far as it can tell.
    follows: bool,
    /// The parts of that schema that can't be made here, and why.
    missing: BTreeMap<String, String>,
    /// Temporary tables and views that the connection had before.
    temporary: BTreeSet<String>,
    /// Whether foreign keys, views and triggers keep old names when a table is renamed.
    renames_alone: bool,
}

/// Why a review ends before the script does.
enum Stop {
    /// It may not run.
    Refused(Reason),
    /// SQLite says that the statement can't run.
    Fails(String),
}

impl Mirror {
    /// Mirrors a database that has nothing but the tables that record migrations.
    pub(super) fn empty() -> Result<Self, String> {
        let handle = Handle::open()?;
        handle.run("PRAGMA foreign_keys = OFF")?;
        let mirror = Self::new(handle, false);
        mirror.note_migrations()?;
        Ok(mirror)
    }

    fn new(handle: Handle, renames_alone: bool) -> Self {
        let (missing, temporary) = (BTreeMap::new(), BTreeSet::new());
        Self { handle, objects: RefCell::default(), follows: true, missing, temporary, renames_alone }
    }

    /// Mirrors the database of a connection. An existing mirror is reused if it still shows the same schema.
    pub(super) fn of(link: &mut dyn Link, kept: Option<Box<Self>>) -> QueryResult<Self> {
        let failed = |message: String| DieselError::QueryBuilderError(message.into());
        let live = objects(link.rows(OBJECTS, &[])?);
        let legacy = link.rows("SELECT CAST(legacy_alter_table AS TEXT) FROM pragma_legacy_alter_table", &[])?;
        let renames_alone = legacy.into_iter().flatten().flatten().next().as_deref() == Some("1");
        let mut mirror = match kept.filter(|kept| kept.missing.is_empty() && *kept.objects() == *live) {
            Some(kept) => Self { renames_alone, follows: true, ..*kept },
            None => {
                let handle = Handle::open().map_err(failed)?;
                handle.run("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON").map_err(failed)?;
                let mut mirror = Self::new(handle, renames_alone);
                mirror.make(&live);
                mirror
            }
        };
        mirror.note_temporary(&live);
        mirror.settle();
        mirror.note_migrations().map_err(failed)?;
        Ok(mirror)
    }

    /// Makes ready for the next script, if this shows what the database has as long as nobody else changes that.
    pub(super) fn goes_on(&mut self) -> bool {
        let is_certain = self.is_certain();
        if is_certain {
            self.note_temporary(&self.objects());
        }
        is_certain
    }

    fn is_certain(&self) -> bool {
        self.follows && self.missing.is_empty()
    }

    fn note_temporary(&mut self, objects: &[Object]) {
        let temporary = objects.iter().filter(|object| object.database != "main" && rank(object) != INDEX);
        self.temporary = temporary.map(|object| lower(&object.name)).collect();
    }

    /// Returns whether the database has what it shows. One that can't show everything is compared at each look.
    pub(super) fn shows(&self, link: &mut dyn Link) -> QueryResult<bool> {
        Ok(!self.is_certain() || *self.objects() == *objects(link.rows(OBJECTS, &[])?))
    }

    fn note_migrations(&self) -> Result<(), String> {
        let there = self.objects();
        if [ledger::DIESEL, ledger::LEDGER].iter().all(|table| there.iter().any(|object| object.name == *table)) {
            return Ok(());
        }
        self.change(CREATE_MIGRATIONS_TABLE)?;
        self.change(&ledger::table(Dialect::Sqlite))
    }

    /// Runs what may change the schema.
    fn change(&self, sql: &str) -> Result<(), String> {
        self.objects.take();
        self.handle.run(sql)
    }

    /// Makes what a schema has, tables before what depends on them. The tables that a virtual table makes for
    /// itself already exist.
    fn make(&mut self, objects: &[Object]) {
        let mut ordered: Vec<_> = objects.iter().collect();
        ordered.sort_by_key(|object| (object.database != "main", rank(object)));
        for object in ordered {
            let name = lower(&object.name);
            let sql = match name.as_str() {
                // SQLite makes these tables itself, once something needs them.
                "sqlite_sequence" => {
                    "CREATE TABLE autogen_numbered (n INTEGER PRIMARY KEY AUTOINCREMENT); DROP TABLE autogen_numbered"
                        .to_owned()
                }
                _ if name.starts_with("sqlite_stat") => "ANALYZE".to_owned(),
                _ if object.database == "main" || object.kind == "index" => object.sql.clone(),
                _ => object.sql.replacen(' ', " TEMP ", 1),
            };
            if let Err(message) = self.change(&sql)
                && !message.contains("already exists")
            {
                self.missing.insert(name, message);
            }
        }
    }

    /// Restores the settings that a script begins with.
    fn settle(&self) {
        let setting = if self.renames_alone { "ON" } else { "OFF" };
        // A script may have left a transaction open.
        let _none_open = self.handle.run("COMMIT");
        let _set = self.handle.run(&format!("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = {setting}"));
    }

    /// Runs a script's changes of the schema, whatever they are.
    pub(super) fn follow(&mut self, sql: &str) {
        for statement in Dialect::Sqlite.statements(sql) {
            let text = &sql[statement.span];
            let (accesses, compiled) = self.handle.compile(text);
            self.follows &= compiled.is_ok();
            if accesses.iter().any(|access| access.act.changes_schema() || access.act.is_followed()) {
                self.follows &= self.change(text).is_ok();
            }
        }
        self.settle();
    }

    /// Reviews a script of a plugin that may change its `own` tables, statement by statement from `first` on.
    /// `own_triggers` tell the plugin's own from others'.
    pub(super) fn review(
        &mut self,
        sql: &str,
        first: usize,
        own: BTreeSet<String>,
        own_triggers: OwnTriggers,
    ) -> Review {
        let before: BTreeSet<String> = self.temporary_names().map(|(_, name)| name).collect();
        let mut reviewer = Reviewer { mirror: self, own, own_triggers, triggers: BTreeSet::new() };
        reviewer.note_triggers();
        let mut review = Review::default();
        for (at, statement) in Dialect::Sqlite.statements(sql).into_iter().enumerate().skip(first) {
            match reviewer.statement(&sql[statement.span.clone()]) {
                Ok(()) => {}
                Err(Stop::Refused(reason)) => {
                    review.refused = Some((statement.span, reason));
                    break;
                }
                Err(Stop::Fails(message)) => {
                    review.fails = Some((at, message));
                    break;
                }
            }
        }
        self.settle();
        self.drop_temporary(&before);
        review
    }

    fn temporary_names(&self) -> impl Iterator<Item = (String, String)> + use<> {
        let mut named: Vec<_> = self
            .objects()
            .iter()
            .filter(|object| object.database == "temp" && rank(object) != INDEX)
            .cloned()
            .collect();
        named.sort_by_key(|object| (object.kind == "table", object.name.clone()));
        named.into_iter().map(|object| (object.kind, object.name))
    }

    /// Drops the temporary objects but those of before, as the runner does after a script.
    pub(super) fn drop_temporary(&self, before: &BTreeSet<String>) {
        for (kind, name) in self.temporary_names().filter(|(_, name)| !before.contains(name)) {
            let name = Dialect::Sqlite.facts().quoted(&name);
            let _gone_with_another = self.change(&format!("DROP {kind} IF EXISTS temp.{name}"));
        }
    }

    fn objects(&self) -> Rc<[Object]> {
        let mut known = self.objects.borrow_mut();
        known.get_or_insert_with(|| objects(self.handle.rows(OBJECTS).unwrap_or_default())).clone()
    }

    /// Checks whether a table or view exists.
    fn has(&self, database: &str, name: &str) -> bool {
        let schema = if database == "temp" { "sqlite_temp_master" } else { "main.sqlite_master" };
        let text = name.replace('\'', "''");
        // Finds by hash, and also what SQLite brings itself, which the schema's table doesn't list.
        let may_be = format!("SELECT 1 FROM pragma_table_xinfo('{text}', '{database}') LIMIT 1");
        let query =
            format!("SELECT 1 FROM {schema} WHERE type IN ('table', 'view') AND name = '{text}' COLLATE NOCASE");
        let is_none = self.handle.rows(&may_be).is_ok_and(|rows| rows.is_empty());
        let is_there = !is_none && self.handle.rows(&query).is_ok_and(|rows| !rows.is_empty());
        is_there || (database == "main" && self.missing.contains_key(name))
    }

    /// Interprets an error of SQLite's. If the error concerns something that the host may have registered on
    /// its own connection, nothing can be said for sure here.
    fn said(&self, message: String) -> Stop {
        const TAUGHT: [&str; 5] =
            ["no such function", "no such module", "no such collation", "unknown tokenizer", "no such tokenizer"];
        let last = message.rsplit(' ').next().map(lower).unwrap_or_default();
        let why = match self.missing.get(last.trim_start_matches("main.")) {
            Some(why) => Some(why.clone()),
            None => TAUGHT.iter().any(|taught| message.contains(taught)).then(|| message.clone()),
        };
        match why {
            Some(why) => Stop::Refused(Reason::Beyond(format!("SQLite alone can't tell what it changes ({why})"))),
            None => Stop::Fails(message),
        }
    }
}

/// The state of a review.
struct Reviewer<'a> {
    mirror: &'a mut Mirror,
    /// The tables and views that the script may change, in lower case.
    own: BTreeSet<String>,
    /// Whose triggers are the plugin's.
    own_triggers: OwnTriggers,
    /// Others' triggers, in their present and earlier forms, because a script may put one back.
    triggers: BTreeSet<(String, String)>,
}

impl Reviewer<'_> {
    fn statement(&mut self, text: &str) -> Result<(), Stop> {
        let (accesses, compiled) = self.mirror.handle.compile(text);
        let is_any = |is_it: fn(Act) -> bool| accesses.iter().any(|access| is_it(access.act));
        let fresh = self.fresh(&accesses)?;
        self.own.extend(fresh.iter().cloned());
        let changes = is_any(Act::changes_schema);
        accesses.iter().try_for_each(|access| self.access(access, changes, text))?;
        compiled.map_err(|message| self.mirror.said(message))?;
        // No access reports it, but it gives every row without a key a new number.
        if Dialect::Sqlite.statements(text).first().is_some_and(|found| found.first() == "vacuum") {
            return Err(beyond("VACUUM writes every table anew"));
        }
        if !(changes || is_any(Act::is_followed)) {
            return Ok(());
        }
        let wide = is_any(Act::reaches_wide);
        let before = if wide { self.mirror.objects() } else { Rc::default() };
        self.mirror.change(text).map_err(|message| self.mirror.said(message))?;
        if wide {
            self.compare(&before, text)?;
            self.note_triggers();
        }
        let _no_keys = self.mirror.handle.run("PRAGMA foreign_keys = OFF");
        accesses.iter().filter(|access| access.act == Act::MakesTrigger).try_for_each(|access| self.trigger(access))
    }

    /// Returns the names that a statement gives to what it makes.
    ///
    /// # Errors
    /// Refuses a name that stands for another's table: `IF NOT EXISTS` would make that table the plugin's.
    fn fresh(&self, accesses: &[Access]) -> Result<BTreeSet<String>, Stop> {
        let mut fresh = BTreeSet::new();
        let makes = accesses.iter().filter(|access| access.act.makes_table());
        for Access { act, name, database, .. } in makes {
            let lower = lower(name);
            let is_there = self.mirror.has(database, &lower);
            let shadows = database == "temp" && self.mirror.has("main", &lower);
            if (is_there || shadows) && (!self.own.contains(&lower) || self.is_hosts(database, &lower)) {
                return Err(anothers(name));
            }
            if *act == Act::MakesVirtual {
                self.keeps_apart(&lower)?;
            }
            if !is_there {
                fresh.insert(lower);
            }
        }
        Ok(fresh)
    }

    /// Refuses a virtual table whose name is a prefix of others' tables. A virtual table keeps its contents in
    /// tables of such names, and doesn't check what exists.
    fn keeps_apart(&self, name: &str) -> Result<(), Stop> {
        let prefix = format!("{name}_");
        let is_near =
            |object: &&Object| lower(&object.name).starts_with(&prefix) && !self.own.contains(&lower(&object.table));
        match self.mirror.objects().iter().find(is_near) {
            Some(object) => Err(anothers(&object.table)),
            None => Ok(()),
        }
    }

    fn is_hosts(&self, database: &str, name: &str) -> bool {
        database == "temp" && self.mirror.temporary.contains(name)
    }

    /// Refuses what a statement reaches beyond the plugin's own tables.
    fn access(&self, access: &Access, changes: bool, text: &str) -> Result<(), Stop> {
        let Access { act, name, table, database, trigger } = access;
        let table = lower(table);
        let is_own = self.own.contains(&table) && !self.is_hosts(database, &table);
        match act {
            Act::Writes => {
                let is_top = trigger.is_none();
                let is_others_trigger =
                    trigger.as_ref().is_some_and(|trigger| !self.own_triggers.holds(&lower(trigger)));
                let is_kept = is_top && changes && table.starts_with("sqlite_");
                let is_numbering = is_top && table == "sqlite_sequence" && numbers(text, &self.own);
                let may = is_own || is_others_trigger || is_kept || is_numbering;
                if may { Ok(()) } else { Err(anothers(name)) }
            }
            Act::Makes | Act::MakesVirtual | Act::Indexes | Act::MakesTrigger | Act::Alters | Act::Drops => {
                if is_own {
                    Ok(())
                } else {
                    Err(anothers(&access.table))
                }
            }
            Act::Analyzes | Act::Transaction | Act::Asks => Ok(()),
            Act::Sets if is_harmless(name) => Ok(()),
            Act::Sets => Err(beyond(&format!("PRAGMA {name} concerns more than its own tables"))),
            Act::Attaches => Err(beyond("it attaches or detaches a file")),
            Act::Calls => Err(beyond(&format!("it reaches outside the database (`{name}`)"))),
        }
    }

    /// Compares what others have with what they had before. A rename's effect on others' texts doesn't count as a
    /// change.
    fn compare(&mut self, before: &[Object], text: &str) -> Result<(), Stop> {
        let after = self.mirror.objects();
        let had: BTreeSet<_> = before.iter().map(|object| (&object.database, &object.name)).collect();
        let has: BTreeMap<_, _> =
            after.iter().map(|object| ((&object.database, &object.kind, &object.name), object)).collect();
        let is_new = |object: &&Object| !had.contains(&(&object.database, &object.name));
        let relations = after.iter().filter(|object| matches!(object.kind.as_str(), "table" | "view"));
        let new: BTreeSet<_> = relations.filter(is_new).map(|object| lower(&object.name)).collect();
        let is_others =
            |object: &&Object| !self.own.contains(&lower(&object.table)) && !object.name.starts_with("sqlite_");
        let words = words(text);
        for object in before.iter().filter(is_others) {
            let now = has.get(&(&object.database, &object.kind, &object.name));
            let Some(now) = now else { return Err(anothers(&object.table)) };
            let is_same = now.sql == object.sql || is_renamed(Dialect::Sqlite, &object.sql, &now.sql, &words);
            if now.table != object.table || !is_same {
                return Err(anothers(&object.table));
            }
        }
        let mut added = after.iter().filter(is_others).filter(|object| !new.contains(&lower(&object.table)));
        if let Some(added) = added.find(is_new) {
            return Err(anothers(&added.table));
        }
        self.own.extend(new.iter().cloned());
        let is_virtual = |object: &&Object| is_virtual(object) && new.contains(&lower(&object.name));
        after.iter().filter(is_virtual).try_for_each(|object| self.keeps_apart(&lower(&object.name)))
    }

    /// Reviews what a new trigger does. A trigger that existed before, word for word, may be put back.
    fn trigger(&mut self, access: &Access) -> Result<(), Stop> {
        let name = lower(&access.name);
        let mine = |object: &&Object| object.kind == "trigger" && lower(&object.name) == name;
        let objects = self.mirror.objects();
        if objects.iter().filter(mine).all(|found| self.triggers.contains(&(name.clone(), found.sql.clone()))) {
            return Ok(());
        }
        self.own_triggers.own.insert(name);
        // A view has triggers for some statements only. The names in other messages are the plugin's.
        let is_view = format!("cannot modify {} because it is a view", access.table);
        for statement in self.firing(&access.table) {
            let (accesses, compiled) = self.mirror.handle.compile(&statement);
            accesses.iter().try_for_each(|access| self.access(access, false, &statement))?;
            match compiled {
                Err(message) if message.eq_ignore_ascii_case(&is_view) => {}
                compiled => compiled.map_err(|message| self.mirror.said(message))?,
            }
        }
        Ok(())
    }

    /// Returns statements that fire every trigger of a table.
    fn firing(&self, table: &str) -> Vec<String> {
        let facts = Dialect::Sqlite.facts();
        let quoted = facts.quoted(table);
        let query = format!("SELECT name FROM pragma_table_xinfo('{}') WHERE hidden = 0", table.replace('\'', "''"));
        let columns = self.mirror.handle.rows(&query).unwrap_or_default();
        let set = columns.into_iter().flatten().flatten().map(|column| facts.quoted(&column));
        let set: Vec<_> = set.map(|column| format!("{column} = {column}")).collect();
        vec![
            format!("INSERT INTO {quoted} DEFAULT VALUES"),
            format!("DELETE FROM {quoted}"),
            format!("UPDATE {quoted} SET {}", set.join(", ")),
        ]
    }

    fn note_triggers(&mut self) {
        let objects = self.mirror.objects();
        let triggers = objects.iter().filter(|object| object.kind == "trigger");
        let known = triggers.map(|object| (lower(&object.name), object.sql.clone()));
        let others: Vec<_> = known.filter(|(name, _)| !self.own_triggers.holds(name)).collect();
        self.triggers.extend(others);
    }
}

/// Returns the words and names of a statement.
fn words(text: &str) -> BTreeSet<String> {
    Dialect::Sqlite.unquoted_words(text).into_iter().collect()
}

/// Returns a name in the form in which SQLite compares names.
fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn anothers(table: &str) -> Stop {
    Stop::Refused(Reason::Table(TableName::new(table)))
}

fn beyond(what: &str) -> Stop {
    Stop::Refused(Reason::Beyond(what.to_owned()))
}

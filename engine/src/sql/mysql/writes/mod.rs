//! Checks that statements of MariaDB and MySQL only write to some tables, because nothing can take back what has
//! run there.
//!
//! The list of known forms of statements is closed. Each is read to its end, and every table that it can write to
//! must be one of the given tables. Any other statement is refused. Two things are allowed: reading, and rows
//! that another's foreign key or another's trigger changes, because that is the other one's rule.

mod body;
mod catalog;
mod reader;
mod settings;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub use self::catalog::Catalog;
use self::reader::{Read, Reader, anothers, beyond, read};
pub use self::settings::SESSION_SETTINGS;
use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::triggers::OwnTriggers;

/// Why a statement isn't known to stay within some tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stray {
    /// It changes this table, which isn't one of them.
    Table(TableName),
    /// It does something that can't be determined, in words that follow the statement's place.
    Beyond(String),
}

impl Catalog {
    /// Reviews a script of a plugin that may change its `own` tables. `others` are those that other chains have
    /// made, and `triggers` tell the plugin's own from others'.
    ///
    /// # Errors
    /// The statement that may not run, and why.
    pub fn review(
        &mut self,
        sql: &str,
        own: BTreeSet<String>,
        others: BTreeSet<String>,
        triggers: OwnTriggers,
    ) -> Result<(), (Range<usize>, Stray)> {
        let (temporary, fired) = (BTreeSet::new(), RefCell::default());
        let mut forms = Forms { catalog: self, own, others, triggers, temporary, fired };
        Dialect::Mysql.statements(sql).into_iter().try_for_each(|statement| {
            forms.statement(&sql[statement.span.clone()]).map_err(|stray| (statement.span, stray))
        })
    }
}

/// The known forms of statements, with what is known about the tables.
struct Forms<'a> {
    catalog: &'a mut Catalog,
    own: BTreeSet<String>,
    others: BTreeSet<String>,
    /// Whose triggers are the plugin's.
    triggers: OwnTriggers,
    /// Temporary tables that the script has made.
    temporary: BTreeSet<String>,
    /// The triggers that are being reviewed, because a statement sets them off.
    fired: RefCell<BTreeSet<String>>,
}

impl Forms<'_> {
    fn statement(&mut self, text: &str) -> Read<()> {
        let tokens = read(text)?;
        let functions: Vec<_> = self.catalog.functions.iter().cloned().collect();
        let mut reader = Reader::new(text, &tokens, &functions);
        while reader.take_mark(";") {}
        if reader.is_at_end() {
            return Ok(());
        }
        if reader.take(&["create"]) {
            return self.create(reader);
        }
        if reader.take(&["alter"]) {
            return self.alter(reader);
        }
        if reader.take(&["drop"]) {
            return self.drop(reader);
        }
        if reader.take(&["rename"]) {
            return self.rename(reader);
        }
        if reader.take(&["truncate"]) {
            reader.take(&["table"]);
            let table = reader.name()?;
            self.changes(&table)?;
            while reader.take(&["wait", "nowait"]) || reader.take_number() {}
            return reader.ends();
        }
        if reader.take(&["analyze", "optimize"]) {
            while reader.take(&["local", "no_write_to_binlog"]) {}
            let is_table = reader.take(&["table", "tables"]);
            is_table.then_some(()).ok_or_else(|| beyond("it runs a statement to explain it"))?;
            return self.list(&mut reader).and_then(|()| reader.rest());
        }
        let starts = reader.here(&["start"]) && reader.follows(&["transaction"]);
        if reader.here(&["commit", "rollback"]) && reader.ends_session() {
            return Err(beyond("it ends the connection"));
        }
        if starts || reader.here(&["begin", "commit", "rollback", "savepoint", "release"]) {
            return settings::transaction(reader);
        }
        if reader.take(&["set"]) {
            return settings::settings(reader, &[]);
        }
        self.rows(reader)
    }

    /// Checks statements that read or write rows.
    fn rows(&self, mut reader: Reader<'_>) -> Read<()> {
        if reader.take(&["with"]) {
            reader.queries()?;
        }
        if reader.take(&["insert", "replace"]) {
            while reader.take(&["low_priority", "delayed", "high_priority", "ignore", "into", "table"]) {}
            let table = reader.name()?;
            self.writes(&table)?;
            return reader.rest();
        }
        if reader.take(&["update"]) {
            while reader.take(&["low_priority", "ignore"]) {}
            let tables = reader.references()?;
            let targets = reader.clone().targets()?;
            for target in targets {
                match target {
                    Some(alias) => self.writes_as(&alias, &tables)?,
                    None => tables.values().flatten().try_for_each(|table| self.writes(table))?,
                }
            }
            return reader.rest();
        }
        if reader.take(&["delete"]) {
            return self.delete(reader);
        }
        if reader.take(&["describe", "desc"]) {
            // With more than a name, it may run the statement that it explains.
            reader.name()?;
            _ = reader.is_at_end() || reader.identifier().is_ok();
            return reader.ends();
        }
        if reader.take(&["select", "values", "do", "show"]) || reader.take_mark("(") {
            return reader.rest();
        }
        Err(beyond(&format!("`{}` isn't a statement that is known to stay within the plugin's tables", reader.shown())))
    }

    fn delete(&self, mut reader: Reader<'_>) -> Read<()> {
        while reader.take(&["low_priority", "quick", "ignore"]) {}
        let is_from = reader.take(&["from"]);
        let mut targets = Vec::new();
        loop {
            targets.push(reader.name()?);
            if reader.take_mark(".") {
                reader.take_mark("*").then_some(()).ok_or_else(|| beyond("it names a database"))?;
            }
            if !reader.take_mark(",") {
                break;
            }
        }
        if reader.take(&[if is_from { "using" } else { "from" }]) {
            let tables = reader.references()?;
            targets.iter().try_for_each(|target| self.writes_as(target, &tables))?;
            return reader.rest();
        }
        match targets.as_slice() {
            [table] if is_from => {
                self.writes(table)?;
                reader.rest()
            }
            [..] => Err(beyond("it deletes from several tables in a form that isn't known")),
        }
    }

    fn create(&mut self, mut reader: Reader<'_>) -> Read<()> {
        let replaces = reader.take(&["or"]) && reader.take(&["replace"]);
        let is_temporary = reader.take(&["temporary"]);
        if reader.take(&["table", "sequence"]) {
            while reader.take(&["if", "not", "exists"]) {}
            let table = reader.name()?;
            if is_temporary {
                self.hides(&table)?;
                self.temporary.insert(table);
            } else {
                self.makes(&table)?;
                self.catalog.relations.insert(table.clone());
                self.own.insert(table);
            }
            let mut like = reader.clone();
            like.take_mark("(");
            if like.take(&["like"]) {
                // The copy has what the table's engine refers to.
                let model = like.name()?;
                self.changes(&model)?;
                like.take_mark(")");
                return like.ends();
            }
            return reader.definition();
        }
        if reader.take(&["unique", "fulltext", "spatial", "vector"]) || reader.here(&["index"]) {
            return self.index(reader);
        }
        if reader.take(&["trigger"]) {
            // A trigger of the host's may have that name.
            return if replaces { Err(beyond("it replaces a trigger")) } else { self.trigger(reader) };
        }
        if reader.take(&["algorithm"]) {
            reader.take_mark("=");
            reader.take(&["undefined", "merge", "temptable"]);
        }
        if reader.take(&["sql"]) {
            reader.take(&["security"]);
            reader
                .take(&["invoker"])
                .then_some(())
                .ok_or_else(|| beyond("it makes something that runs with its maker's rights"))?;
        }
        if !reader.take(&["view"]) {
            return Err(beyond(&format!("`CREATE {}` is more than a plugin's own tables", reader.shown())));
        }
        while reader.take(&["if", "not", "exists"]) {}
        let spelled = reader.spelled_name()?;
        let view = spelled.to_lowercase();
        self.makes(&view)?;
        self.catalog.add_view(&spelled);
        self.own.insert(view);
        reader.rest()
    }

    /// Checks `CREATE INDEX` and `DROP INDEX`, starting at the word `INDEX`.
    fn index(&self, mut reader: Reader<'_>) -> Read<()> {
        reader.take(&["index"]);
        while reader.take(&["if", "not", "exists"]) {}
        reader.name()?;
        if reader.take(&["using"]) {
            reader.name()?;
        }
        if !reader.take(&["on"]) {
            return Err(beyond("it names no table for its index"));
        }
        let table = reader.name()?;
        self.changes(&table)?;
        reader.rest()
    }

    fn trigger(&mut self, mut reader: Reader<'_>) -> Read<()> {
        while reader.take(&["if", "not", "exists"]) {}
        let spelled = reader.spelled_name()?;
        let name = spelled.to_lowercase();
        // Where names differ by case, one of these would be dropped in the place of the other.
        self.catalog.tables_of_triggers_like(&name).try_for_each(|table| self.changes(table))?;
        let moment = reader.take(&["before", "after"]);
        let event = moment && reader.take(&["insert", "update", "delete"]) && reader.take(&["on"]);
        if !event {
            return Err(beyond("it makes a trigger in a form that isn't known"));
        }
        let table = reader.name()?;
        self.writes(&table)?;
        if !(reader.take(&["for"]) && reader.take(&["each"]) && reader.take(&["row"])) {
            return Err(beyond("it makes a trigger in a form that isn't known"));
        }
        if reader.take(&["follows", "precedes"]) {
            reader.name()?;
        }
        let text = reader.remaining().to_owned();
        body::body(&mut reader, &|statement| self.rows(statement))?;
        self.triggers.own.insert(name);
        self.catalog.add_trigger(&spelled, &table, &text);
        Ok(())
    }

    fn alter(&mut self, mut reader: Reader<'_>) -> Read<()> {
        while reader.take(&["online", "ignore"]) {}
        if reader.take(&["sequence"]) {
            while reader.take(&["if", "exists"]) {}
            let sequence = reader.name()?;
            self.changes(&sequence)?;
            return reader.rest();
        }
        if !reader.take(&["table"]) {
            return Err(beyond(&format!("`ALTER {}` is more than a plugin's own tables", reader.shown())));
        }
        while reader.take(&["if", "exists"]) {}
        let table = reader.name()?;
        self.changes(&table)?;
        if self.catalog.views.contains_key(&table) {
            return Err(beyond(&format!("it alters the view `{table}` as if it were a table")));
        }
        while reader.take(&["wait", "nowait"]) || reader.take_number() {}
        if let Some(new) = reader.clone().alterations()? {
            self.renames(&table, new)?;
        }
        reader.alteration()
    }

    fn drop(&mut self, mut reader: Reader<'_>) -> Read<()> {
        let is_temporary = reader.take(&["temporary"]);
        if reader.here(&["index"]) {
            return self.index(reader);
        }
        if reader.take(&["trigger"]) {
            while reader.take(&["if", "exists"]) {}
            let spelled = reader.spelled_name()?;
            let trigger = spelled.to_lowercase();
            self.catalog.tables_of_triggers_like(&trigger).try_for_each(|table| self.changes(table))?;
            self.catalog.drop_trigger(&spelled);
            return reader.ends();
        }
        if !reader.take(&["table", "tables", "view", "sequence"]) {
            return Err(beyond(&format!("`DROP {}` is more than a plugin's own tables", reader.shown())));
        }
        let is_of_views = reader.last().as_deref() == Some("view");
        while reader.take(&["if", "exists"]) {}
        loop {
            let spelled = reader.spelled_name()?;
            let table = spelled.to_lowercase();
            let was_temporary = !is_of_views && self.temporary.remove(&table);
            // With `TEMPORARY`, no other kind of table is dropped.
            if !(is_temporary || was_temporary) {
                self.changes(&table)?;
            }
            // No statement drops what is of another kind, though `IF EXISTS` has it pass.
            let is_view = self.catalog.views.contains_key(&table);
            if is_of_views {
                self.catalog.drop_view(&spelled);
            } else if !(is_temporary || was_temporary || is_view) {
                self.catalog.relations.remove(&table);
            }
            if !reader.take_mark(",") {
                break;
            }
        }
        while reader.take(&["wait", "nowait", "restrict", "cascade"]) || reader.take_number() {}
        reader.ends()
    }

    fn rename(&mut self, mut reader: Reader<'_>) -> Read<()> {
        if !reader.take(&["table", "tables"]) {
            return Err(beyond(&format!("`RENAME {}` is more than a plugin's own tables", reader.shown())));
        }
        while reader.take(&["if", "exists"]) {}
        loop {
            let old = reader.name()?;
            self.changes(&old)?;
            while reader.take(&["wait", "nowait"]) || reader.take_number() {}
            if !reader.take(&["to"]) {
                return Err(beyond("it renames in a form that isn't known"));
            }
            let new = reader.name()?;
            self.renames(&old, new)?;
            if !reader.take_mark(",") {
                return reader.ends();
            }
        }
    }

    /// Notes that a table or view has another name. Where there may be nothing of the old name, both count.
    fn renames(&mut self, old: &str, new: String) -> Read<()> {
        if self.temporary.remove(old) {
            self.hides(&new)?;
            self.temporary.insert(new);
            return Ok(());
        }
        self.makes(&new)?;
        if self.catalog.views.contains_key(old) {
            self.catalog.add_view(&new);
        } else {
            self.catalog.relations.remove(old);
        }
        self.catalog.relations.insert(new.clone());
        for trigger in self.catalog.triggers.values_mut().filter(|trigger| trigger.tables.contains(old)) {
            trigger.tables.insert(new.clone());
        }
        self.own.insert(new);
        Ok(())
    }

    /// Refuses a temporary table in front of another table or view: a later statement may be about either.
    fn hides(&self, table: &str) -> Read<()> {
        if !self.catalog.relations.contains(table) {
            return self.makes(table);
        }
        if self.changes(table).is_err() {
            return Err(anothers(table));
        }
        Err(beyond(&format!("a temporary table would hide `{table}`; give it another name")))
    }

    /// Checks a list of names, which must be those of own tables.
    fn list(&self, reader: &mut Reader<'_>) -> Read<()> {
        loop {
            let table = reader.name()?;
            self.changes(&table)?;
            if !reader.take_mark(",") {
                return Ok(());
            }
        }
    }

    /// Refuses a table that isn't the plugin's.
    fn changes(&self, table: &str) -> Read<()> {
        let is_own = self.own.contains(table) || self.temporary.contains(table);
        if is_own { Ok(()) } else { Err(anothers(table)) }
    }

    /// Refuses a table that isn't the plugin's. Refuses to write rows through a view, too.
    fn writes(&self, table: &str) -> Read<()> {
        self.changes(table)?;
        match self.catalog.views.contains_key(table) && !self.temporary.contains(table) {
            true => Err(beyond(&format!("it writes to what the view `{table}` shows"))),
            false => self.fires(table),
        }
    }

    /// Checks again what the plugin's own triggers do that a write to a table may set off: since they were made, their
    /// tables may have become others'.
    fn fires(&self, table: &str) -> Read<()> {
        let is_own = |(name, trigger): &(&String, &catalog::Trigger)| {
            trigger.tables.contains(table) && self.triggers.holds(name)
        };
        let own = self.catalog.triggers.iter().filter(is_own);
        for (name, trigger) in own {
            if !self.fired.borrow_mut().insert(name.clone()) {
                continue;
            }
            let functions: Vec<_> = self.catalog.functions.iter().cloned().collect();
            for body in &trigger.bodies {
                let tokens = read(body)?;
                let mut reader = Reader::new(body, &tokens, &functions);
                body::body(&mut reader, &|statement| self.rows(statement))?;
            }
            self.fired.borrow_mut().remove(name);
        }
        Ok(())
    }

    /// Checks a write as [`writes`](Self::writes) does, by the statement's alias for the table.
    fn writes_as(&self, alias: &str, tables: &BTreeMap<String, Option<String>>) -> Read<()> {
        match tables.get(alias) {
            Some(Some(table)) => self.writes(table),
            Some(None) => Err(beyond("it writes to what a query gives")),
            None => Err(anothers(alias)),
        }
    }

    /// Refuses a new name that stands for another's table: `IF NOT EXISTS` would make that the plugin's.
    fn makes(&self, table: &str) -> Read<()> {
        if self.temporary.contains(table) {
            return Err(beyond(&format!("a temporary table is called `{table}` already")));
        }
        let is_known = self.catalog.relations.contains(table) || self.others.contains(table);
        if is_known && !self.own.contains(table) { Err(anothers(table)) } else { Ok(()) }
    }
}

//! What scripts take away for good: tables with their rows, columns with their values, rows.
//!
//! Scripts are read in the order in which they run. Losses bear the names that things have before the first one, so that
//! a database can be asked what they hold. Blocks of PostgreSQL are looked into, functions aren't.

use super::effects::{Naming, naming};
use super::reader::TokenReader;
use super::{Kind, Token};
use crate::dialect::Dialect;
use crate::model::TableName;

/// Something that goes with what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// A table with its rows.
    Table(TableName),
    /// All tables of a schema.
    Schema(String),
    /// A column with its values.
    Column(TableName, String),
    /// All columns of a table but these: it is made anew, and only these are copied.
    ColumnsBut(TableName, Vec<String>),
    /// Rows of a table: all of them, or those of a condition.
    Rows(TableName, bool),
}

/// Gathers what scripts take away.
#[derive(Debug)]
pub struct Losses {
    dialect: Dialect,
    tables: Vec<NamedTable>,
    /// Each with the name that its table had when it went.
    found: Vec<(Loss, TableName)>,
}

/// A table that a script has named.
#[derive(Debug)]
struct NamedTable {
    now: TableName,
    /// `None` for one that a script has made.
    before: Option<TableName>,
    /// Columns with another name now, and those that a script has added.
    columns: Vec<(String, Option<String>)>,
    /// The table whose rows it was filled with, by its name before, and the columns; all of them where there is no list.
    copied: Option<(TableName, Option<Vec<String>>)>,
}

impl Losses {
    /// Starts with a database as it is.
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, tables: Vec::new(), found: Vec::new() }
    }

    /// Reads the next script.
    pub fn read(&mut self, sql: &str) {
        for statement in self.dialect.statements(sql) {
            self.statement(&sql[statement.span]);
        }
    }

    /// Returns what is lost. What a lost table holds isn't told again.
    pub fn found(self) -> Vec<Loss> {
        let all: Vec<Loss> = self.found.into_iter().map(|(loss, _)| loss).collect();
        let mut told: Vec<Loss> = Vec::new();
        for loss in &all {
            let is_within = match loss {
                Loss::Table(_) | Loss::Schema(_) => false,
                Loss::Column(table, _) | Loss::ColumnsBut(table, _) | Loss::Rows(table, _) => {
                    all.contains(&Loss::Table(table.clone()))
                }
            };
            if !is_within && !told.contains(loss) {
                told.push(loss.clone());
            }
        }
        told
    }

    fn statement(&mut self, text: &str) {
        let tokens = self.dialect.tokens(text).unwrap_or_default();
        let mut words = TokenReader::new(self.dialect, text, &tokens);
        if words.take(&["alter"]) {
            while words.take(&["online", "ignore"]) {}
            if words.take(&["table"]) {
                self.alter(words);
            }
        } else if words.take(&["truncate"]) {
            words.take(&["table"]);
            self.rows(words, true);
        } else if words.take(&["delete"]) {
            self.delete(words);
        } else if words.take(&["insert", "replace"]) {
            self.copy(words);
        } else if words.here(&["with"]) {
            self.within(text, &tokens, &["delete"]);
        } else if words.take(&["do"]) && self.dialect == Dialect::Postgres {
            self.block(text, &tokens);
        } else if words.take(&["drop"]) && words.take(&["schema"]) {
            while words.take(&["if", "exists"]) {}
            let schema = words.identifier();
            self.found.extend(schema.map(|schema| (Loss::Schema(schema.clone()), TableName::new(schema))));
        }
        self.names(text, &tokens);
    }

    /// Follows the names of tables.
    fn names(&mut self, text: &str, tokens: &[Token]) {
        let says = |at: usize, words: &[&str]| {
            let tokens = tokens.get(at..).unwrap_or_default();
            TokenReader::new(self.dialect, text, tokens).take(words)
        };
        let is_table = says(1, &["table", "tables"]);
        // What is there may stay.
        let may_be_there = (2..5).any(|at| says(at, &["exists"]));
        for naming in naming(self.dialect, text) {
            match naming {
                Naming::Makes { name, .. } if !may_be_there => self.make(name),
                Naming::Makes { .. } => {}
                Naming::Drops(name) if is_table => self.drop_table(&name),
                Naming::Drops(_) => {}
                Naming::Renames { old, new } => self.rename(&old, new),
            }
        }
    }

    fn known(&mut self, name: &TableName) -> &mut NamedTable {
        let found = self.tables.iter().position(|known| is_same(self.dialect, &known.now, name));
        let at = found.unwrap_or_else(|| {
            let (now, before) = (name.clone(), Some(name.clone()));
            self.tables.push(NamedTable { now, before, columns: Vec::new(), copied: None });
            self.tables.len() - 1
        });
        &mut self.tables[at]
    }

    fn make(&mut self, name: TableName) {
        self.forget(&name);
        self.tables.push(NamedTable { now: name, before: None, columns: Vec::new(), copied: None });
    }

    fn forget(&mut self, name: &TableName) -> Option<NamedTable> {
        let at = self.tables.iter().position(|known| is_same(self.dialect, &known.now, name))?;
        Some(self.tables.remove(at))
    }

    fn drop_table(&mut self, name: &TableName) {
        let before = match self.forget(name) {
            Some(known) => known.before,
            None => Some(name.clone()),
        };
        // What a script has made held nobody's rows.
        let Some(before) = before else { return };
        self.found.push((Loss::Table(before), name.clone()));
        for at in 0..self.tables.len() {
            self.takes_its_place(at);
        }
    }

    fn rename(&mut self, old: &TableName, new: TableName) {
        self.known(old).now = new.clone();
        let at = self.tables.iter().position(|known| known.now == new);
        at.into_iter().for_each(|at| self.takes_its_place(at));
    }

    /// Treats a table that was filled from a dropped table, and now has its name, as that table recreated.
    fn takes_its_place(&mut self, at: usize) {
        let NamedTable { now, before: None, copied: Some((from, columns)), .. } = &self.tables[at] else { return };
        let gone = Loss::Table(from.clone());
        let is_it = |(loss, name): &(Loss, TableName)| {
            *loss == gone && (is_same(self.dialect, now, name) || is_same(self.dialect, now, from))
        };
        let Some(position) = self.found.iter().position(is_it) else { return };
        let loss = columns.clone().map(|columns| Loss::ColumnsBut(from.clone(), columns));
        let (from, now) = (from.clone(), now.clone());
        match loss {
            Some(loss) => self.found[position] = (loss, now),
            None => drop(self.found.remove(position)),
        }
        let known = &mut self.tables[at];
        (known.before, known.copied) = (Some(from), None);
    }

    /// Reads what `ALTER TABLE` does, after those two words.
    fn alter(&mut self, mut words: TokenReader<'_>) {
        while words.take(&["if", "exists", "only"]) {}
        let Some(table) = words.name() else { return };
        for action in actions(words) {
            self.action(&table, action);
        }
    }

    fn action(&mut self, table: &TableName, mut words: TokenReader<'_>) {
        let dialect = self.dialect;
        let is_column = |words: &mut TokenReader<'_>| {
            const OTHERS: [&str; 14] = [
                "constraint",
                "index",
                "key",
                "primary",
                "foreign",
                "check",
                "default",
                "period",
                "system",
                "unique",
                "fulltext",
                "spatial",
                "to",
                "as",
            ];
            let is_said = words.take(&["column"]);
            while words.take(&["if", "not", "exists"]) {}
            is_said || !words.here(&OTHERS)
        };
        if words.take(&["drop", "truncate"]) {
            if words.take(&["partition"]) {
                let before = self.known(table).before.clone();
                self.found.extend(before.map(|before| (Loss::Rows(before, false), table.clone())));
            } else if is_column(&mut words)
                && let Some(column) = words.identifier()
            {
                let known = self.known(table);
                let before = known.before.clone().zip(known.column(dialect, &column));
                known.columns.retain(|(now, _)| !dialect.facts().same_name(now, &column));
                self.found.extend(before.map(|(table, column)| (Loss::Column(table.clone(), column), table)));
            }
        } else if words.take(&["add"]) {
            if is_column(&mut words)
                && let Some(column) = words.identifier()
            {
                self.known(table).columns.push((column, None));
            }
        } else if (words.take(&["rename"]) || words.take(&["change"]))
            && is_column(&mut words)
            && let Some(old) = words.identifier()
        {
            words.take(&["to"]);
            if let Some(new) = words.identifier() {
                let known = self.known(table);
                let before = known.column(dialect, &old);
                known.columns.retain(|(now, _)| !dialect.facts().same_name(now, &old));
                known.columns.push((new, before));
            }
        }
    }

    fn delete(&mut self, mut words: TokenReader<'_>) {
        while words.take(&["low_priority", "quick", "ignore"]) {}
        words.take(&["from"]);
        let is_some = TokenReader { ..words }.go_past("where") || TokenReader { ..words }.go_past("limit");
        self.rows(words, !is_some);
    }

    /// Adds the rows of the tables of a list.
    fn rows(&mut self, mut words: TokenReader<'_>, all: bool) {
        loop {
            while words.take(&["if", "exists", "only"]) {}
            let Some(table) = words.name() else { return };
            let before = self.known(&table).before.clone();
            self.found.extend(before.map(|before| (Loss::Rows(before, all), table)));
            if !words.take_mark(",") {
                return;
            }
        }
    }

    /// Remembers what a new table is filled with. The first word of the insertion has been read.
    fn copy(&mut self, mut words: TokenReader<'_>) {
        words.go_past("into");
        let Some(table) = words.name() else { return };
        if !words.go_past("select") {
            return;
        }
        let selected = words.tokens;
        if !words.go_past("from") {
            return;
        }
        let selected = &selected[..selected.len() - words.tokens.len() - 1];
        let Some(from) = words.name() else { return };
        let dialect = self.dialect;
        let text = |token: &Token| &words.text[token.span.clone()];
        let takes_all = selected.first().is_some_and(|token| text(token) == "*");
        let names = selected.iter().filter(|token| token.kind.is_name());
        let source = self.known(&from);
        let Some(before) = source.before.clone() else { return };
        let columns = names.filter_map(|token| source.column(dialect, &dialect.unquoted(text(token)))).collect();
        let target = self.known(&table);
        if target.before.is_none() && target.copied.is_none() {
            target.copied = Some((before, (!takes_all).then_some(columns)));
        }
    }

    /// Reads the block that a statement of PostgreSQL runs.
    fn block(&mut self, text: &str, tokens: &[Token]) {
        for token in tokens.iter().filter(|token| token.kind == Kind::Text) {
            let quoted = &text[token.span.clone()];
            let Some(tag) = quoted.get(1..).and_then(|rest| rest.find('$')).map(|end| end + 2) else { continue };
            let Some(body) = quoted.get(tag..quoted.len().saturating_sub(tag)).filter(|_| quoted.starts_with('$'))
            else {
                continue;
            };
            let tokens = self.dialect.tokens(body).unwrap_or_default();
            self.within(body, &tokens, &["drop", "delete", "truncate", "alter", "insert", "create"]);
        }
    }

    /// Reads the statements that begin with one of these words anywhere in a text.
    fn within(&mut self, text: &str, tokens: &[Token], words: &[&str]) {
        for (at, token) in tokens.iter().enumerate() {
            let begins = TokenReader::new(self.dialect, text, &tokens[at..]).take(words);
            let is_clause = at > 0 && {
                let before = TokenReader::new(self.dialect, text, &tokens[at - 1..]);
                before.here(&["on", "for", "or"]) || tokens[at - 1].kind == Kind::Quoted
            };
            if begins && !is_clause {
                let rest = &text[token.span.start..];
                let end = self.dialect.statements(rest).first().map_or(rest.len(), |first| first.span.end);
                self.statement(&rest[..end]);
            }
        }
    }
}

impl NamedTable {
    /// Returns the name that a column had at the start, or `None` if a script has added it.
    fn column(&self, dialect: Dialect, name: &str) -> Option<String> {
        let renamed = self.columns.iter().rev().find(|(now, _)| dialect.facts().same_name(now, name));
        renamed.map_or_else(|| Some(name.to_owned()), |(_, before)| before.clone())
    }
}

fn is_same(dialect: Dialect, a: &TableName, b: &TableName) -> bool {
    let own = match dialect {
        Dialect::Sqlite => "main",
        Dialect::Postgres => "public",
        Dialect::Mysql => "",
    };
    let schema = |name: &TableName| name.schema.clone().filter(|schema| schema != own);
    schema(a) == schema(b) && dialect.facts().same_name(&a.name, &b.name)
}

/// Cuts the parts of `ALTER TABLE` at the statement's own commas.
fn actions(words: TokenReader<'_>) -> Vec<TokenReader<'_>> {
    let mut depth = 0_usize;
    let is_comma = |token: &Token| {
        let mark = &words.text[token.span.clone()];
        match mark {
            "(" if token.kind == Kind::Mark => depth += 1,
            ")" if token.kind == Kind::Mark => depth = depth.saturating_sub(1),
            _ => {}
        }
        token.kind == Kind::Mark && mark == "," && depth == 0
    };
    words.tokens.split(is_comma).map(|tokens| TokenReader { tokens, ..words }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(dialect: Dialect, scripts: &[&str]) -> String {
        let mut losses = Losses::new(dialect);
        scripts.iter().for_each(|sql| losses.read(sql));
        let said = losses.found().into_iter().map(|loss| match loss {
            Loss::Table(table) => format!("table {table}"),
            Loss::Schema(schema) => format!("schema {schema}"),
            Loss::Column(table, column) => format!("{table}.{column}"),
            Loss::ColumnsBut(table, columns) => format!("{table} but {}", columns.join(" ")),
            Loss::Rows(table, all) => format!("{} of {table}", if all { "all" } else { "some" }),
        });
        said.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_a_script_takes_away_is_lost() {
        for (sql, expected) in [
            ("", ""),
            ("DROP TABLE a; drop table if exists \"b c\", d.e CASCADE", "table a, table b c, table d.e"),
            ("DROP VIEW a; DROP INDEX b; DROP TYPE c", ""),
            ("ALTER TABLE a DROP COLUMN b, DROP IF EXISTS \"C\", ALTER d DROP NOT NULL, DROP CONSTRAINT e", "a.b, a.C"),
            ("ALTER TABLE a ADD b int, ADD COLUMN c int; ALTER TABLE a DROP b, DROP c, DROP d", "a.d"),
            (
                "DELETE FROM a; DELETE FROM ONLY b WHERE c = 1; TRUNCATE TABLE d, e",
                "all of a, some of b, all of d, all of e",
            ),
            ("WITH x AS (DELETE FROM a WHERE b RETURNING *) SELECT 1", "some of a"),
            ("CREATE TABLE a (b int); INSERT INTO a VALUES (1); DELETE FROM a; DROP TABLE a", ""),
            ("CREATE TABLE IF NOT EXISTS a (b int); DROP TABLE a", "table a"),
            (
                "ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME COLUMN c TO d; ALTER TABLE b DROP d; DROP TABLE b",
                "table a",
            ),
            ("ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME c TO d; ALTER TABLE b DROP d", "a.c"),
            ("DO $x$ BEGIN IF true THEN DROP TABLE a; END IF; DELETE FROM b; END $x$", "table a, all of b"),
            ("CREATE TABLE c (d int REFERENCES a ON DELETE CASCADE)", ""),
            ("DROP SCHEMA IF EXISTS a CASCADE", "schema a"),
            ("-- DROP TABLE a\nSELECT 'DROP TABLE a;'", ""),
        ] {
            assert_eq!(lost(Dialect::Postgres, &[sql]), expected, "{sql}");
        }
        for (sql, expected) in [
            ("ALTER TABLE `a` CHANGE b c int, DROP KEY d, DROP `key`", "a.key"),
            ("ALTER TABLE a CHANGE b c int; ALTER TABLE a DROP COLUMN c", "a.b"),
            ("RENAME TABLE a TO b; DROP TABLE b; DROP TEMPORARY TABLE autogen_guard", "table a"),
            ("ALTER TABLE a DROP PARTITION p0; ALTER TABLE b TRUNCATE PARTITION p1", "some of a, some of b"),
            ("DELETE QUICK FROM a LIMIT 1", "some of a"),
        ] {
            assert_eq!(lost(Dialect::Mysql, &[sql]), expected, "{sql}");
        }
    }

    #[test]
    fn a_table_made_anew_keeps_what_is_copied() {
        let rebuilt = |select: &str| {
            format!(
                "CREATE TABLE \"autogen_new_a\" (id INTEGER PRIMARY KEY);\n\
                 INSERT INTO \"autogen_new_a\" (\"id\", \"new\") SELECT {select} FROM \"a\";\n\
                 DROP TABLE \"a\";\nALTER TABLE \"autogen_new_a\" RENAME TO \"a\";"
            )
        };
        let once = rebuilt("\"id\", coalesce(\"old\", 0)");
        assert_eq!(lost(Dialect::Sqlite, &[&once]), "a but id coalesce old");
        assert_eq!(lost(Dialect::Sqlite, &[&rebuilt("*")]), "");
        assert_eq!(lost(Dialect::Sqlite, &[&once, "DROP TABLE A"]), "table a");
        assert_eq!(lost(Dialect::Sqlite, &[&once, "DROP TABLE c"]), "a but id coalesce old, table c");
        let other_way =
            "ALTER TABLE a RENAME TO old; CREATE TABLE a (id); INSERT INTO a SELECT id FROM old; DROP TABLE old;";
        assert_eq!(lost(Dialect::Sqlite, &[other_way]), "a but id");
        let moved = "CREATE TABLE b (id); INSERT INTO b SELECT id FROM a; DROP TABLE a;";
        assert_eq!(lost(Dialect::Sqlite, &[moved]), "table a");
    }
}

//! What the statements of a script do to the rows of tables, as far as their words tell.
//!
//! Nothing is assumed of what isn't read: rows of a table that no statement names are compared, so that a loss
//! which a function causes comes out.

use std::collections::{BTreeMap, BTreeSet};

use sqlite3_parser::ast::{InsertBody, ResolveType, Stmt};

use crate::dialect::Dialect;
use crate::model::{Action, BystanderKind, Schema, TableName};
use crate::scratch::script::Statement;
use crate::sql::effects::{self, touches};
use crate::sql::sqlite::tree::{unquoted, with_statement};
use crate::sql::{names_within, updated};

/// Words of statements that write rows.
const WRITES: [&str; 6] = ["insert", "update", "delete", "merge", "replace", "truncate"];

/// What statements do to rows of tables.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// By table, lower case.
    pub(super) tables: BTreeMap<String, Touch>,
    /// There is a statement that can't be read and that could do anything.
    pub(super) unreadable: bool,
}

#[derive(Debug, Default)]
pub(super) struct Touch {
    /// Columns that are set.
    pub(super) columns: BTreeSet<String>,
    pub(super) rows_come: bool,
    /// Rows may go, or become others.
    pub(super) rows_go: bool,
}

impl Written {
    pub(super) fn by(statements: &[Statement<'_>], start: &Schema, dialect: Dialect) -> Self {
        let mut written = Self::default();
        for statement in statements {
            match dialect {
                Dialect::Sqlite => written.sqlite(statement),
                Dialect::Postgres | Dialect::Mysql => written.by_words(statement.sql, dialect),
            }
        }
        // Tables that the script itself creates have no old rows.
        let names: BTreeSet<String> = start.tables.keys().map(|name| name.name.to_ascii_lowercase()).collect();
        written.tables.retain(|table, _| names.contains(table));
        written.spread_to_children(start);
        written.spread_by_triggers(start, dialect);
        written
    }

    fn sqlite(&mut self, statement: &Statement<'_>) {
        const HARMLESS: [&str; 14] = [
            "alter",
            "analyze",
            "begin",
            "commit",
            "create",
            "drop",
            "end",
            "pragma",
            "reindex",
            "release",
            "rollback",
            "savepoint",
            "select",
            "vacuum",
        ];
        let first = statement.first_word().unwrap_or_default().to_ascii_lowercase();
        if HARMLESS.contains(&first.as_str()) {
            return;
        }
        let read = with_statement(statement.sql, |statement| match statement {
            Stmt::Update { or_conflict, tbl_name, sets, .. } => {
                let touch = self.tables.entry(lower(tbl_name.name.0)).or_default();
                touch.columns.extend(sets.iter().flat_map(|set| set.col_names.iter()).map(|name| unquoted(name.0)));
                touch.rows_go |= *or_conflict == Some(ResolveType::Replace);
            }
            Stmt::Insert { or_conflict, tbl_name, body, .. } => {
                let touch = self.tables.entry(lower(tbl_name.name.0)).or_default();
                touch.rows_come = true;
                let upserts = matches!(body, InsertBody::Select(_, Some(_)));
                touch.rows_go |= *or_conflict == Some(ResolveType::Replace) || upserts;
            }
            Stmt::Delete { tbl_name, .. } => self.tables.entry(lower(tbl_name.name.0)).or_default().rows_go = true,
            _ => {}
        });
        self.unreadable |= read.is_err();
    }

    /// Reads a statement by its words, for there is no grammar of it here.
    fn by_words(&mut self, sql: &str, dialect: Dialect) {
        let texts = lower_texts(sql, dialect);
        let says = |words: &[&str]| texts.iter().any(|text| words.contains(&text.as_str()));
        match texts.first().map(String::as_str) {
            Some("update") => match updated(dialect, sql) {
                Some(fills) => self.written(sql, dialect, |touch| {
                    touch.columns.extend(fills.iter().map(|fill| fill.column.clone()));
                }),
                None => self.named(sql, dialect),
            },
            Some("insert") => {
                let replaces = says(&["conflict", "duplicate"]) && says(&["update"]);
                self.written(sql, dialect, |touch| {
                    touch.rows_come = true;
                    touch.rows_go |= replaces;
                });
            }
            Some("delete" | "merge" | "replace") => self.written(sql, dialect, |touch| touch.rows_go = true),
            Some("with") if says(&WRITES) => self.written(sql, dialect, |touch| touch.rows_go = true),
            Some("truncate") if !says(&["cascade"]) => self.written(sql, dialect, |touch| touch.rows_go = true),
            Some("truncate" | "copy" | "call" | "load") => self.unreadable = true,
            // Blocks of code.
            Some("do") => bodies(sql, dialect).iter().for_each(|body| self.block(body, dialect)),
            Some("begin") if texts.get(1).is_some_and(|word| word == "not") => self.block(sql, dialect),
            _ => {}
        }
    }

    /// Notes the tables that a statement writes to; if it doesn't say so at its beginning, all that it names.
    fn written(&mut self, sql: &str, dialect: Dialect, note: impl Fn(&mut Touch)) {
        let tables: Vec<TableName> = touches(dialect, sql)
            .into_iter()
            .filter(|(touch, _)| *touch == effects::Touch::Writes)
            .map(|(_, table)| table)
            .collect();
        if tables.is_empty() {
            return self.named(sql, dialect);
        }
        tables.iter().for_each(|table| note(self.tables.entry(table.name.to_ascii_lowercase()).or_default()));
    }

    /// Notes that the rows of all tables that a text names may go.
    fn named(&mut self, sql: &str, dialect: Dialect) {
        names_within(dialect, sql).into_iter().for_each(|name| self.tables.entry(name).or_default().rows_go = true);
    }

    /// Reads a block of code. A guard only reads.
    fn block(&mut self, body: &str, dialect: Dialect) {
        let texts = lower_texts(body, dialect);
        self.unreadable |= texts.iter().any(|text| ["call", "copy", "load"].contains(&text.as_str()));
        self.unreadable |= runs_unread_text(&texts);
        if texts.iter().any(|text| WRITES.contains(&text.as_str())) {
            self.named(body, dialect);
        }
    }

    /// Extends what is written to a table to its children, which foreign keys may change.
    fn spread_to_children(&mut self, start: &Schema) {
        let acts = |action: Option<Action>| match action {
            Some(Action::Cascade | Action::SetNull | Action::SetDefault) => true,
            Some(Action::NoAction | Action::Restrict) | None => false,
        };
        loop {
            let mut reached = Vec::new();
            for child in start.tables.values() {
                let is_free = |name: &TableName| {
                    self.tables.get(&name.name.to_ascii_lowercase()).is_some_and(|touch| touch.rows_go)
                };
                let through = child.rules.foreign_keys().any(|key| {
                    let parent = self.tables.get(&key.references.name.to_ascii_lowercase());
                    let deleted = parent.is_some_and(|parent| parent.rows_go) && acts(key.on_delete);
                    let updated = parent.is_some_and(|parent| !parent.columns.is_empty()) && acts(key.on_update);
                    deleted || updated
                });
                if through && !is_free(&child.name) {
                    reached.push(child.name.name.to_ascii_lowercase());
                }
            }
            if reached.is_empty() {
                return;
            }
            for child in reached {
                self.tables.entry(child).or_default().rows_go = true;
            }
        }
    }

    /// Extends what is written to a table to whatever its triggers mention, in their own text and in the functions
    /// that they call, because they may write to it.
    fn spread_by_triggers(&mut self, start: &Schema, dialect: Dialect) {
        let of_kind = |kind| start.bystanders.iter().filter(move |object| object.kind == kind);
        loop {
            let mut reached: BTreeSet<String> = BTreeSet::new();
            for trigger in of_kind(BystanderKind::Trigger) {
                let Some(own) = trigger.table.as_ref().map(|table| table.name.to_ascii_lowercase()) else { continue };
                if !self.tables.contains_key(&own) {
                    continue;
                }
                let words = dialect.unquoted_words(&trigger.sql);
                let mut spoken: BTreeSet<String> = names_within(dialect, &trigger.sql).into_iter().collect();
                // Its head names the table that it is on.
                if words.iter().filter(|word| word.eq_ignore_ascii_case(&own)).count() == 1 {
                    spoken.remove(&own);
                }
                let mut unread: Vec<_> = of_kind(BystanderKind::Function).collect();
                while let Some(at) = unread.iter().position(|function| spoken.contains(&called(&function.name))) {
                    let function = unread.swap_remove(at);
                    spoken.extend(names_within(dialect, &function.sql));
                    let mut bodies = bodies(&function.sql, dialect).into_iter();
                    self.unreadable |= bodies.any(|body| runs_unread_text(&lower_texts(&body, dialect)));
                }
                reached
                    .extend(start.tables.keys().map(|table| lower(&table.name)).filter(|table| spoken.contains(table)));
            }
            let is_free = |table: &String| self.tables.get(table).is_some_and(|touch| touch.rows_go);
            reached.retain(|table| !is_free(table));
            if reached.is_empty() {
                return;
            }
            reached.into_iter().for_each(|table| self.tables.entry(table).or_default().rows_go = true);
        }
    }
}

/// Checks whether code runs a text that isn't in it as a whole, or one that writes rows.
fn runs_unread_text(texts: &[String]) -> bool {
    texts.iter().zip(texts.iter().skip(1)).any(|(word, next)| {
        let text = next.strip_prefix('\'').map(str::trim_start);
        let is_read = text.is_some_and(|text| ["alter ", "drop ", "select "].iter().any(|word| text.starts_with(word)));
        let is_head = ["function", "procedure", "on"].contains(&next.as_str());
        word == "execute" && !is_read && !is_head
    })
}

/// Returns the code in a statement's dollar-quoted texts, and the whole of a statement without such a text.
fn bodies(sql: &str, dialect: Dialect) -> Vec<String> {
    let body = |text: &&str| {
        let tag = text.strip_prefix('$')?.find('$')? + 2;
        text.get(tag..text.len().checked_sub(tag)?).map(str::to_owned)
    };
    let found: Vec<String> = dialect.texts(sql).unwrap_or_default().iter().filter_map(body).collect();
    if found.is_empty() { vec![sql.to_owned()] } else { found }
}

fn lower_texts(sql: &str, dialect: Dialect) -> Vec<String> {
    dialect.texts(sql).unwrap_or_default().into_iter().map(str::to_ascii_lowercase).collect()
}

/// Returns the name by which a function is called: without its schema and the types of its arguments.
fn called(name: &str) -> String {
    let name = name.split('(').next().unwrap_or_default();
    lower(name.rsplit('.').next().unwrap_or(name))
}

fn lower(name: &str) -> String {
    unquoted(name).to_ascii_lowercase()
}

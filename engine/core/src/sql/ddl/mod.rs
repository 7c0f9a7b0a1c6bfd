//! What a statement of a migration does to the schema and to rows, part by part, each with its place.
//!
//! A reader of clauses over tokens, no parser: what it doesn't know is [`Action::Unread`], never an error. Whether a
//! database takes the statement is for that database to say.

mod alter;
mod block;
mod column;
mod comments;
mod cursor;
mod statement;

use std::ops::Range;

pub use comments::comments;

use super::Kind;
use super::effects::Frame;
use crate::dialect::Dialect;
use crate::model::TableName;

/// A statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Its bytes in the script.
    pub span: Range<usize>,
    /// Its tokens with one space between them, words in lower case; no comments.
    pub text: String,
    /// What it does.
    pub action: Action,
    /// Whether it stands in a block of code (`DO $$ ... $$`).
    pub is_in_block: bool,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    CreateTable(NewTable),
    AlterTable(AlteredTable),
    /// Names of tables, each with its old and its new one (MariaDB, MySQL).
    RenameTables(Vec<(TableName, TableName)>),
    CreateIndex(NewIndex),
    DropIndex {
        names: Vec<TableName>,
        concurrently: bool,
        if_exists: bool,
    },
    RenameIndex {
        to: String,
    },
    /// Any other object.
    Create {
        kind: String,
        name: Option<TableName>,
        /// The table that a trigger, policy or rule is on.
        on: Option<TableName>,
        if_not_exists: bool,
    },
    /// Any object but an index: `kind` is `table`, `view`, `type`, `schema` and so on.
    Drop {
        kind: String,
        names: Vec<TableName>,
        if_exists: bool,
        cascade: bool,
    },
    CreateEnum(TableName),
    AddEnumValue {
        name: TableName,
        /// The value, without quotes.
        value: String,
        if_not_exists: bool,
    },
    AlterDomain {
        name: TableName,
        adds_check: bool,
        not_valid: bool,
    },
    Truncate {
        tables: Vec<TableName>,
        cascade: bool,
    },
    Insert {
        table: TableName,
        /// The table that the rows come from, where that is one alone.
        from: Option<TableName>,
    },
    Update {
        table: TableName,
        /// The columns that it writes.
        columns: Vec<String>,
        has_where: bool,
    },
    Delete {
        table: TableName,
        has_where: bool,
    },
    /// `VACUUM FULL`, `CLUSTER`, `REINDEX`, `REFRESH MATERIALIZED VIEW`.
    Rewrite {
        command: &'static str,
        name: Option<TableName>,
        concurrently: bool,
    },
    LockTables(Vec<TableName>),
    /// `SET` and `PRAGMA`: the name and the value, lower case.
    Setting {
        name: String,
        value: String,
    },
    Frame(Frame),
    /// Changes neither tables nor rows.
    Other,
    /// Nothing is known of it.
    Unread,
}

/// `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTable {
    pub name: TableName,
    /// Whether it takes the place of one that is there (MariaDB).
    pub replaces: bool,
    pub is_temporary: bool,
    pub if_not_exists: bool,
    pub columns: Vec<NewColumn>,
    pub constraints: Vec<Constraint>,
}

/// A column as it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewColumn {
    /// The definition's bytes.
    pub span: Range<usize>,
    pub name: String,
    /// Lower case, one space between words; empty for none.
    pub data_type: String,
    pub not_null: bool,
    /// The expression, in normal form.
    pub default: Option<String>,
    /// The bytes of a computed column's expression's keyword, and whether its values are stored.
    pub generated: Option<bool>,
    pub is_identity: bool,
    pub is_key: bool,
    pub is_unique: bool,
    /// The check's expression, in normal form.
    pub check: Option<String>,
    pub references: Option<TableName>,
    pub auto_increment: bool,
}

/// A rule of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    pub span: Range<usize>,
    pub name: Option<String>,
    pub kind: ConstraintKind,
    pub not_valid: bool,
    /// The index that it is made of (`USING INDEX`).
    pub of_index: bool,
    /// The columns that it is about, as far as they are told.
    pub columns: Vec<String>,
    /// Whether a row passes that has NULL in these columns; for a check, in all of them.
    pub passes_null: bool,
    /// The columns that a check demands to have a value.
    pub required: Vec<String>,
}

/// What a rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    ForeignKey(Option<TableName>),
    Exclude,
    /// `NOT NULL` as a rule with a name.
    NotNull,
    /// An index that is stated as if it were a rule (MariaDB, MySQL); whether others can write meanwhile.
    Index {
        is_online: bool,
    },
}

/// `CREATE INDEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIndex {
    pub name: Option<String>,
    pub table: TableName,
    pub is_unique: bool,
    /// The columns that are keys, as far as they are told.
    pub columns: Vec<String>,
    /// Whether rows that have NULL in such a column differ.
    pub passes_null: bool,
    pub concurrently: bool,
    pub if_not_exists: bool,
    /// Whether others can write meanwhile on MariaDB and MySQL: not while a text or place is indexed.
    pub is_online: bool,
    /// Whether it asks for a copy of the table (MariaDB, MySQL).
    pub copies: bool,
}

/// `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlteredTable {
    pub name: TableName,
    pub if_exists: bool,
    pub alterations: Vec<(Range<usize>, Alteration)>,
}

/// A clause of `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    AddColumn {
        column: NewColumn,
        if_not_exists: bool,
    },
    DropColumn {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    SetType {
        column: String,
        data_type: String,
        has_using: bool,
    },
    SetNotNull(String),
    DropNotNull(String),
    /// A new definition of a column, under its old name and its new one (`MODIFY`, `CHANGE`).
    Redefine {
        old: String,
        column: NewColumn,
    },
    AddConstraint(Constraint),
    /// By name; without one, a primary key.
    DropConstraint {
        name: Option<String>,
        kind: &'static str,
        if_exists: bool,
        cascade: bool,
    },
    /// By name.
    Validate(String),
    RenameColumn {
        from: String,
        to: String,
    },
    RenameConstraint {
        from: String,
        to: String,
    },
    /// MariaDB's and MySQL's way.
    RenameIndex {
        to: String,
    },
    RenameTable(TableName),
    AddIdentity,
    ConvertCharset,
    /// Makes the table anew on every database that knows it: `ENGINE`, `SET LOGGED`, `SET TABLESPACE`, `ORDER BY`.
    Remake(String),
    DetachPartition {
        concurrently: bool,
    },
    AttachPartition(TableName),
    /// Takes rows away without a word of `DELETE`: which ones (MariaDB, MySQL).
    Lose(String),
    SetSchema(String),
    /// What others may do meanwhile (MariaDB, MySQL).
    Lock(String),
    /// How a MySQL alteration is to be done.
    Algorithm(String),
    /// Changes the catalog alone.
    Small,
    Unread,
}

/// Reads the statements of a script, in order; those of its blocks of code stand behind the block.
pub fn parsed(dialect: Dialect, sql: &str) -> Vec<Parsed> {
    let executed = comments::executed(dialect, sql);
    let sql = executed.as_ref();
    let mut all = Vec::new();
    for statement in dialect.statements(sql) {
        let text = &sql[statement.span.clone()];
        let Some(mut tokens) = dialect.tokens(text) else {
            let action = Action::Unread;
            all.push(Parsed { span: statement.span, text: text.to_owned(), action, is_in_block: false });
            continue;
        };
        if tokens.last().is_some_and(|last| matches!(&text[last.span.clone()], ";" | "$$" | "//")) {
            tokens.pop();
        }
        let Some(last) = tokens.last() else { continue };
        let span = statement.span.start..statement.span.start + last.span.end;
        for token in &mut tokens {
            token.span = token.span.start + span.start..token.span.end + span.start;
        }
        let cursor = cursor::Cursor::new(dialect, sql, &tokens);
        let text = cursor.normal(0..tokens.len());
        let named = statement::named_writes(cursor);
        let action = match statement.frame() {
            Some(frame) => Action::Frame(frame),
            None => statement::action(cursor),
        };
        all.push(Parsed { span, text, action, is_in_block: false });
        all.extend(named);
        if dialect == Dialect::Postgres && statement.first() == "do" {
            let bodies = tokens.iter().filter(|token| token.kind == Kind::Text);
            all.extend(bodies.flat_map(|body| block::statements(dialect, sql, body.span.clone())));
        }
    }
    all
}

/// Returns whether two names are of the same table: letters' case doesn't count, nor the schema that is meant unasked.
pub fn is_same(one: &TableName, other: &TableName) -> bool {
    key(one) == key(other)
}

/// Returns what tells tables apart.
pub fn key(name: &TableName) -> String {
    const UNASKED: [&str; 4] = ["public", "main", "temp", "pg_temp"];
    let schema = name.schema.as_deref().map(str::to_lowercase).filter(|schema| !UNASKED.contains(&schema.as_str()));
    let bare = name.name.to_lowercase();
    schema.map_or(bare.clone(), |schema| format!("{schema}.{bare}"))
}

#[cfg(test)]
mod tests;

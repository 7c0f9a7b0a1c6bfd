//! The tables that a script's foreign keys reference, and the columns that it adds, renames and drops.

use std::ops::Range;

use super::reader::TokenReader;
use crate::dialect::Dialect;
use crate::model::TableName;

/// What a foreign key of a script references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTarget {
    /// The table.
    pub table: TableName,
    /// The columns, if the script names them.
    pub columns: Vec<String>,
    /// Where the table's name stands, as bytes of the script.
    pub name: Range<usize>,
}

/// Returns what the foreign keys of a script reference, in order.
pub fn key_targets(dialect: Dialect, sql: &str) -> Vec<KeyTarget> {
    let mut found = Vec::new();
    for statement in dialect.statements(sql) {
        let text = &sql[statement.span.clone()];
        let Some(tokens) = dialect.tokens(text) else { continue };
        let mut words = TokenReader::new(dialect, text, &tokens);
        if !words.take(&["create", "alter"]) {
            continue;
        }
        while words.go_past("references") {
            let Some(first) = words.tokens.first().map(|token| token.span.clone()) else { break };
            let Some(table) = words.name() else { continue };
            let columns = if words.take_mark("(") { words.identifiers() } else { Vec::new() };
            let name = statement.span.start + first.start..statement.span.start + first.end;
            found.push(KeyTarget { table, columns, name });
        }
    }
    found
}

/// What a statement does to the name of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnNaming {
    /// The column is new.
    Adds(String),
    /// The column goes.
    Drops(String),
    /// The column gets another name.
    Renames {
        /// The name before.
        old: String,
        /// The name after.
        new: String,
    },
}

/// Returns the columns that an `ALTER TABLE` adds, drops and renames, with their table.
pub fn column_namings(dialect: Dialect, statement: &str) -> Option<(TableName, Vec<ColumnNaming>)> {
    let tokens = dialect.tokens(statement)?;
    let mut words = TokenReader::new(dialect, statement, &tokens);
    if !words.take(&["alter"]) {
        return None;
    }
    while words.take(&["online", "ignore"]) {}
    if !words.take(&["table"]) {
        return None;
    }
    while words.take(&["if", "exists", "only"]) {}
    let table = words.name()?;
    let mut namings = Vec::new();
    while !words.tokens.is_empty() {
        let before = words.tokens.len();
        namings.extend(words.column_naming());
        // A word that begins nothing of interest is passed over.
        if words.tokens.len() == before {
            words.tokens = &words.tokens[1..];
        }
    }
    Some((table, namings))
}

/// Words that may stand behind `ADD`, `DROP` and `RENAME` where a column's name may too.
const NO_COLUMNS: &[&str] = &[
    "to",
    "as",
    "constraint",
    "index",
    "key",
    "primary",
    "foreign",
    "unique",
    "check",
    "exclude",
    "fulltext",
    "spatial",
    "vector",
    "partition",
    "period",
    "system",
    "generated",
    "default",
    "not",
    "expression",
    "identity",
];

impl TokenReader<'_> {
    fn column_naming(&mut self) -> Option<ColumnNaming> {
        if self.take(&["rename"]) {
            if !self.take(&["column"]) && self.take(NO_COLUMNS) {
                return None;
            }
            let old = self.identifier()?;
            return self.take(&["to"]).then(|| self.identifier())?.map(|new| ColumnNaming::Renames { old, new });
        }
        if self.take(&["change"]) {
            self.take(&["column"]);
            let old = self.identifier()?;
            return self.identifier().map(|new| ColumnNaming::Renames { old, new });
        }
        let (is_new, is_gone) = (self.take(&["add"]), self.take(&["drop"]));
        if !(is_new || is_gone) || (!self.take(&["column"]) && self.take(NO_COLUMNS)) {
            return None;
        }
        self.take_mark("(");
        while self.take(&["if", "not", "exists"]) {}
        let column = self.identifier()?;
        Some(if is_new { ColumnNaming::Adds(column) } else { ColumnNaming::Drops(column) })
    }

    /// Reads a list of names up to the closing bracket.
    fn identifiers(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(name) = self.identifier() {
            names.push(name);
            if !self.take_mark(",") {
                break;
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_they_reference() {
        let sql = "CREATE TABLE a (b INT REFERENCES \"Odd one\" (x), CHECK (b <> 'references no'), \
                   FOREIGN KEY (b, c) REFERENCES s.t (d, \"E\") ON DELETE CASCADE); \
                   GRANT REFERENCES ON a TO b; INSERT INTO a VALUES ('x REFERENCES y'); ALTER TABLE a ADD d INT REFERENCES a;";
        let found: Vec<String> = key_targets(Dialect::Postgres, sql)
            .into_iter()
            .map(|target| format!("{}({})", target.table, target.columns.join(",")))
            .collect();
        assert_eq!(found, ["Odd one(x)", "s.t(d,E)", "a()"]);
    }

    #[test]
    fn columns_get_and_lose_their_names() {
        let renames = |old: &str, new: &str| ColumnNaming::Renames { old: old.to_owned(), new: new.to_owned() };
        let of = |dialect, sql| column_namings(dialect, sql).map(|(_, namings)| namings);
        let found = of(
            Dialect::Mysql,
            "ALTER TABLE `t` RENAME COLUMN `a` TO `b`, CHANGE COLUMN c d INT, DROP COLUMN e, ADD COLUMN f INT, RENAME TO u",
        );
        let (gone, new) = (ColumnNaming::Drops("e".to_owned()), ColumnNaming::Adds("f".to_owned()));
        assert_eq!(found, Some(vec![renames("a", "b"), renames("c", "d"), gone, new]));
        assert_eq!(of(Dialect::Sqlite, "ALTER TABLE t RENAME COLUMN \"a b\" TO [c]"), Some(vec![renames("a b", "c")]));
        assert_eq!(of(Dialect::Sqlite, "ALTER TABLE t RENAME TO u"), Some(vec![]));
        // The word may be left out.
        let (gone, new) = (ColumnNaming::Drops("e".to_owned()), ColumnNaming::Adds("key".to_owned()));
        assert_eq!(of(Dialect::Postgres, "ALTER TABLE t RENAME a TO b"), Some(vec![renames("a", "b")]));
        assert_eq!(
            of(
                Dialect::Mysql,
                "ALTER TABLE t DROP e, ADD (`key` INT), DROP INDEX i, ADD UNIQUE (x), ALTER y DROP DEFAULT"
            ),
            Some(vec![gone, new])
        );
        assert_eq!(of(Dialect::Sqlite, "CREATE TABLE t (drop_column)"), None);
    }
}

//! The values that statements give to columns of existing rows.

use super::effects::{Touch, touches};
use crate::dialect::Dialect;
use crate::model::TableName;

/// A value that a script gives to a column of a table's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The table whose rows they are, as the script writes it, without quotes and schema.
    pub table: String,
    /// The column.
    pub column: String,
    /// The value.
    pub expr: String,
}

/// Returns what the statements of a script give to columns of existing rows: by `UPDATE`, or while they copy the rows
/// of a table into another by `INSERT ... SELECT`. Statements of another shape are passed over.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::sql::fills;
///
/// let fills = fills(Dialect::Sqlite, "INSERT INTO new (id, kind) SELECT id, upper('a, b') FROM old;");
/// let said: Vec<_> = fills.iter().map(|fill| format!("{}.{} = {}", fill.table, fill.column, fill.expr)).collect();
/// assert_eq!(said, ["old.id = id", "old.kind = upper('a, b')"]);
/// ```
pub fn fills(dialect: Dialect, sql: &str) -> Vec<Fill> {
    let statements = dialect.statements(sql);
    let texts = statements.iter().map(|statement| &sql[statement.span.clone()]);
    texts.flat_map(|text| updated(dialect, text).or_else(|| copied(dialect, text)).unwrap_or_default()).collect()
}

/// What a statement does to the number of a table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowCount {
    /// Rows come.
    Grows,
    /// Rows go, or others take their place.
    Shrinks,
}

/// Returns the tables to which the statements of a script add rows, and those from which they take some. Code inside
/// the database isn't read.
pub fn row_counts(dialect: Dialect, sql: &str) -> Vec<(RowCount, TableName)> {
    let mut found = Vec::new();
    for statement in dialect.statements(sql) {
        let text = &sql[statement.span.clone()];
        let says =
            |word: &str| dialect.texts(text).unwrap_or_default().iter().any(|found| found.eq_ignore_ascii_case(word));
        let count = match statement.first() {
            "insert" | "copy" | "load" => RowCount::Grows,
            "delete" | "truncate" | "merge" | "replace" => RowCount::Shrinks,
            // Queries that come first may write too.
            "with" if says("delete") || says("merge") => RowCount::Shrinks,
            "with" if says("insert") => RowCount::Grows,
            _ => continue,
        };
        let touched = touches(dialect, text).into_iter();
        found.extend(touched.filter(|(touch, _)| *touch == Touch::Writes).map(|(_, table)| (count, table)));
    }
    found
}

/// Returns what an `UPDATE` of one table sets. Returns `None` for everything else.
pub(crate) fn updated(dialect: Dialect, statement: &str) -> Option<Vec<Fill>> {
    let words = Words::of(dialect, statement)?;
    if !words.is(0, "update") {
        return None;
    }
    let set = words.find(1, "set")?;
    // A comma, a join or a bracket stand for further tables.
    if (1..set).any(|at| words.is(at, ",") || words.is(at, "(") || words.is(at, "join")) {
        return None;
    }
    let table = words.table(1)?;
    let end = ["from", "where", "returning", "order", "limit"];
    let end = words.first_outside(set + 1, &end).unwrap_or(words.texts.len());
    let mut fills = Vec::new();
    for part in words.parts(set + 1, end) {
        let equals = words.first_outside(part.0, &["="]).filter(|at| *at < part.1)?;
        let expr = words.text(equals + 1, part.1);
        // `(a, b) = (1, 2)` sets several, and `t.a` is `a`.
        let names = (part.0..equals).filter(|at| ![",", "(", ")", "."].contains(&words.texts[*at].0));
        let names: Vec<usize> = names.filter(|at| !words.is(at + 1, ".")).collect();
        let fill = |at: &usize| Fill { table: table.clone(), column: words.name(*at), expr: expr.clone() };
        fills.extend(names.iter().map(fill));
    }
    Some(fills)
}

/// Returns what an `INSERT ... SELECT ... FROM` of one table copies.
fn copied(dialect: Dialect, statement: &str) -> Option<Vec<Fill>> {
    let words = Words::of(dialect, statement)?;
    if !words.is(0, "insert") {
        return None;
    }
    let open = words.find(1, "(")?;
    let select = words.first_outside(open, &["select"])?;
    let from = words.first_outside(select + 1, &["from"])?;
    let table = words.table(from + 1)?;
    let columns = words.parts(open + 1, select.checked_sub(1)?);
    let values = words.parts(select + 1, from);
    let is_one_each = columns.len() == values.len() && columns.iter().all(|(start, end)| end - start == 1);
    let fill = |(column, value): (&(usize, usize), &(usize, usize))| Fill {
        table: table.clone(),
        column: words.name(column.0),
        expr: words.text(value.0, value.1),
    };
    is_one_each.then(|| columns.iter().zip(&values).map(fill).collect())
}

/// The tokens of a statement.
struct Words<'a> {
    dialect: Dialect,
    sql: &'a str,
    /// Their texts, and where they begin and end.
    texts: Vec<(&'a str, std::ops::Range<usize>)>,
}

impl<'a> Words<'a> {
    fn of(dialect: Dialect, sql: &'a str) -> Option<Self> {
        let texts = dialect.tokens(sql)?.into_iter().map(|token| (&sql[token.span.clone()], token.span)).collect();
        Some(Self { dialect, sql, texts })
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.texts.get(at).is_some_and(|(text, _)| text.eq_ignore_ascii_case(word))
    }

    fn find(&self, from: usize, word: &str) -> Option<usize> {
        (from..self.texts.len()).find(|at| self.is(*at, word))
    }

    fn name(&self, at: usize) -> String {
        self.dialect.unquoted(self.texts[at].0)
    }

    /// Returns the name of the table that stands at a place, without its schema.
    fn table(&self, mut at: usize) -> Option<String> {
        while self.is(at, "only") || self.is(at, "low_priority") || self.is(at, "ignore") {
            at += 1;
        }
        if self.is(at + 1, ".") {
            at += 2;
        }
        (at < self.texts.len()).then(|| self.name(at))
    }

    /// Returns the first of some words that stands outside brackets.
    fn first_outside(&self, from: usize, words: &[&str]) -> Option<usize> {
        let mut depth = 0_usize;
        (from..self.texts.len()).find(|at| {
            match self.texts[*at].0 {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && words.iter().any(|word| self.is(*at, word))
        })
    }

    /// Splits what is between two places at commas outside brackets.
    fn parts(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let (mut parts, mut start) = (Vec::new(), from);
        while let Some(comma) = self.first_outside(start, &[","]).filter(|comma| *comma < to) {
            parts.push((start, comma));
            start = comma + 1;
        }
        parts.push((start, to));
        parts
    }

    fn text(&self, from: usize, to: usize) -> String {
        let span = self.texts.get(from..to).and_then(|texts| Some(texts.first()?.1.start..texts.last()?.1.end));
        span.map(|span| self.sql[span].to_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_come_and_go_are_read() {
        let table = |name: &str| TableName::new(name);
        for (sql, counts) in [
            ("INSERT INTO t VALUES (1); UPDATE t SET a = 1", vec![(RowCount::Grows, table("t"))]),
            ("DELETE FROM t WHERE a = 1", vec![(RowCount::Shrinks, table("t"))]),
            ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", vec![(RowCount::Grows, table("t"))]),
            ("WITH x AS (SELECT 1) DELETE FROM t", vec![(RowCount::Shrinks, table("t"))]),
            ("WITH x AS (SELECT 1) UPDATE t SET a = 1", Vec::new()),
        ] {
            assert_eq!(row_counts(Dialect::Postgres, sql), counts, "{sql}");
        }
    }

    #[test]
    fn values_are_read() {
        let read = |dialect, sql| {
            let fills = fills(dialect, sql).into_iter();
            fills.map(|Fill { table, column, expr }| format!("{table}.{column} = {expr}")).collect::<Vec<_>>()
        };
        for (dialect, sql, said) in [
            (
                Dialect::Postgres,
                "UPDATE ONLY app.\"My users\" AS u SET a = (1 + 2), \"B\" = concat(x, 'y') FROM o WHERE a = 2",
                &["My users.a = (1 + 2)", "My users.B = concat(x, 'y')"][..],
            ),
            (Dialect::Postgres, "UPDATE t SET (a, b) = (1, 2)", &["t.a = (1, 2)", "t.b = (1, 2)"]),
            (Dialect::Mysql, "UPDATE `t` SET `t`.`a` = 1 ORDER BY id LIMIT 3", &["t.a = 1"]),
            (Dialect::Mysql, "UPDATE t JOIN o ON t.id = o.id SET t.a = 1", &[]),
            (Dialect::Mysql, "UPDATE t, o SET t.a = 1", &[]),
            (
                Dialect::Sqlite,
                "CREATE TABLE n (id); INSERT INTO \"n\" (\"id\", \"a\") SELECT \"id\", max(1, 2) FROM \"t\";",
                &["t.id = id", "t.a = max(1, 2)"],
            ),
            (Dialect::Sqlite, "INSERT INTO n VALUES (1); INSERT INTO n (a, b) SELECT * FROM t; DELETE FROM t", &[]),
        ] {
            let read = read(dialect, sql);
            let read: Vec<String> = read.into_iter().map(|line| line.replace("\"id\"", "id")).collect();
            assert_eq!(read, said, "{sql}");
        }
    }
}

//! Queries for existing rows that would violate a new rule.
//!
//! The queries are plain SQL that every dialect accepts; only the quotes differ.

use crate::dialect::Facts;
use crate::model::{Check, Expr, ForeignKey, Index, IndexColumn, IndexKey, Table, TableName};

use super::Guard;

/// Returns the guard against rows in which a column that becomes required is NULL.
pub(super) fn nulls(table: &TableName, column: &str, facts: &Facts) -> Guard {
    Guard {
        problem: format!("{table}.{column} is NULL"),
        count: format!("SELECT count(*) FROM {} WHERE {} IS NULL", quoted(table, facts), facts.quoted(column)),
    }
}

/// Returns the guard against rows for which a required column is computed as NULL.
pub(super) fn valueless(table: &TableName, column: &str, expr: &Expr, facts: &Facts) -> Guard {
    Guard {
        problem: format!("{table}.{column} is computed as NULL"),
        count: format!("SELECT count(*) FROM {} WHERE ({}) IS NULL", quoted(table, facts), expr.sql),
    }
}

/// Returns the guard against rows for which the author's expression for a required column gives no value.
pub(super) fn unfilled(table: &TableName, column: &str, backfill: &Expr, facts: &Facts) -> Guard {
    Guard { problem: format!("the backfill of {table}.{column} is NULL"), ..valueless(table, column, backfill, facts) }
}

/// Returns a query that counts all rows.
pub(super) fn all(table: &TableName, facts: &Facts) -> String {
    format!("SELECT count(*) FROM {}", quoted(table, facts))
}

/// Returns a query that counts the rows that have a value in a column.
pub(super) fn known(table: &TableName, column: &str, facts: &Facts) -> String {
    format!("SELECT count(*) FROM {} WHERE {} IS NOT NULL", quoted(table, facts), facts.quoted(column))
}

/// Returns the guard against rows for which a new required column has no value.
pub(super) fn rows(table: &TableName, column: &str, facts: &Facts) -> Guard {
    Guard { problem: format!("{table}.{column} is required and has no default"), count: all(table, facts) }
}

/// Returns the guard against rows that a new unique rule forbids.
pub(super) fn duplicates(table: &TableName, columns: &[String], counts_nulls: bool, facts: &Facts) -> Guard {
    duplicates_among(&quoted(table, facts), table, columns, counts_nulls, facts)
}

/// Returns the guard against those of the given rows that a new unique rule of a table forbids.
pub(super) fn duplicates_among(
    rows: &str,
    table: &TableName,
    columns: &[String],
    counts_nulls: bool,
    facts: &Facts,
) -> Guard {
    let keys: Vec<_> = columns.iter().map(|column| facts.quoted(column)).collect();
    Guard {
        problem: format!("{table} ({}) occurs more than once", columns.join(", ")),
        count: sharing(rows, &keys, (None, counts_nulls), facts),
    }
}

/// Returns the guard against rows that a unique rule forbids once its columns hold what these expressions give.
pub(super) fn alike(
    table: &TableName,
    columns: &[String],
    exprs: &[String],
    counts_nulls: bool,
    facts: &Facts,
) -> Guard {
    Guard {
        problem: format!("{table} ({}) would occur more than once", columns.join(", ")),
        count: sharing(&quoted(table, facts), exprs, (None, counts_nulls), facts),
    }
}

/// Returns the guard against rows that exclude one another by these keys. Each key is an expression over a row, with
/// the operator that compares two rows.
pub(super) fn excluding(table: &TableName, index: &Index, operators: &[String], facts: &Facts) -> Guard {
    let keys = index.columns.iter().zip(operators).enumerate();
    let (mut values, mut compared) = (Vec::new(), Vec::new());
    for (at, (column, operator)) in keys {
        let text = key_text(column, facts);
        values.push(format!("{text} AS k{at}"));
        compared.push(format!("a.k{at} {operator} b.k{at}"));
    }
    let filter = index.predicate.as_ref().map(|expr| format!(" WHERE {}", expr.sql)).unwrap_or_default();
    let rows = format!("(SELECT ctid AS r, {} FROM {}{filter})", values.join(", "), quoted(table, facts));
    Guard {
        problem: format!("{table} has rows that exclude one another by {}", index.name.as_deref().unwrap_or_default()),
        count: format!(
            "SELECT count(*) FROM {rows} AS a WHERE EXISTS (SELECT 1 FROM {rows} AS b WHERE a.r <> b.r AND {})",
            compared.join(" AND ")
        ),
    }
}

/// Returns what an index compares, as an expression over a row.
fn key_text(column: &IndexColumn, facts: &Facts) -> String {
    let text = match &column.key {
        IndexKey::Column(name) => facts.quoted(name),
        IndexKey::Expr(expr) => format!("({})", expr.sql),
    };
    match &column.collation {
        Some(collation) => format!("{text} COLLATE {}", facts.quoted_collation(collation)),
        None => text,
    }
}

/// Returns a query that compares each row with every other one if the table is small, and otherwise returns another
/// number.
pub(super) fn if_few(table: &TableName, count: &str, otherwise: &str, facts: &Facts) -> String {
    const FEW: u32 = 5000;
    let quoted = quoted(table, facts);
    format!(
        "SELECT CASE WHEN (SELECT count(*) FROM (SELECT 1 FROM {quoted} LIMIT {}) AS few) > {FEW} THEN {otherwise} \
         ELSE ({count}) END",
        FEW + 1
    )
}

/// Returns the guard against rows that a new unique index forbids.
pub(super) fn alike_in_index(table: &TableName, index: &Index, facts: &Facts) -> Guard {
    alike_in_index_among(&quoted(table, facts), table, index, facts)
}

/// Returns the guard against those of the given rows that a unique index of a table forbids.
pub(super) fn alike_in_index_among(rows: &str, table: &TableName, index: &Index, facts: &Facts) -> Guard {
    let keys: Vec<_> = index.columns.iter().map(|column| key_text(column, facts)).collect();
    Guard {
        problem: format!("{table} has rows that are alike in index {}", index.name.as_deref().unwrap_or_default()),
        count: sharing(rows, &keys, (index.predicate.as_ref(), index.nulls_not_distinct), facts),
    }
}

/// Returns a query that counts the rows that share all of these expressions with another row. Counts only rows that
/// satisfy the condition, if there is one. Two NULLs are different unless `counts_nulls` is set.
fn sharing(rows: &str, exprs: &[String], (condition, counts_nulls): (Option<&Expr>, bool), facts: &Facts) -> String {
    let known = exprs.iter().filter(|_| !counts_nulls).map(|expr| format!("{expr} IS NOT NULL"));
    let all: Vec<_> = known.chain(condition.map(|expr| format!("({}\n)", expr.sql))).collect();
    let filter = if all.is_empty() { String::new() } else { format!(" WHERE {}", all.join(" AND ")) };
    // A bare number would be taken for the position of a column.
    let n = facts.quoted("n");
    let is_bare = |expr: &String| !expr.starts_with(facts.quote);
    let grouped: Vec<_> =
        exprs.iter().map(|expr| if is_bare(expr) { format!("coalesce({expr}, NULL)") } else { expr.clone() }).collect();
    format!(
        "SELECT coalesce(sum({n}), 0) FROM (SELECT count(*) AS {n} FROM {}{filter} GROUP BY {} HAVING count(*) > 1) AS {}",
        rows,
        grouped.join(", "),
        facts.quoted("d"),
    )
}

/// Returns a query that counts the rows of a table, if there are several.
pub(super) fn several(table: &TableName, facts: &Facts) -> String {
    format!("SELECT CASE WHEN count(*) > 1 THEN count(*) ELSE 0 END FROM {}", quoted(table, facts))
}

/// Returns the guard against rows that a new check forbids.
pub(super) fn violations(table: &TableName, check: &Check, facts: &Facts) -> Guard {
    violations_among(&quoted(table, facts), table, check)
}

/// Returns the guard against those of the given rows that violate a check of a table.
pub(super) fn violations_among(rows: &str, table: &TableName, check: &Check) -> Guard {
    Guard {
        problem: format!("{table} violates check {}", check.name.as_deref().unwrap_or(&check.expr.sql)),
        count: format!("SELECT count(*) FROM {rows} WHERE NOT ({})", check.expr.sql),
    }
}

/// Returns the guard against rows whose text is none of the values of the type that the column gets.
pub(super) fn strange(table: &TableName, column: &str, values: &[String], to: &str, facts: &Facts) -> Guard {
    let condition = format!("{}::text NOT IN ({})", facts.quoted(column), literals(values.iter()));
    unconvertible(table, column, &condition, to, facts)
}

fn literals<'a>(values: impl Iterator<Item = &'a String>) -> String {
    values.map(|value| format!("'{}'", value.replace('\'', "''"))).collect::<Vec<_>>().join(", ")
}

/// Returns the guard against rows that a new foreign key would leave without the row that they reference. `rows` is a
/// query over what the table's rows will hold, where that isn't what they hold now.
pub(super) fn orphans(rows: Option<&str>, table: &Table, key: &ForeignKey, facts: &Facts) -> Guard {
    let (c, p) = (facts.quoted("c"), facts.quoted("p"));
    let known: Vec<_> = key.columns.iter().map(|column| format!("{c}.{} IS NOT NULL", facts.quoted(column))).collect();
    let joined: Vec<_> = key
        .columns
        .iter()
        .zip(&key.referenced_columns)
        .map(|(column, referenced)| format!("{p}.{} = {c}.{}", facts.quoted(referenced), facts.quoted(column)))
        .collect();
    let all = known.join(" AND ");
    let points =
        format!("EXISTS (SELECT 1 FROM {} AS {p} WHERE {})", quoted(&key.references, facts), joined.join(" AND "));
    let condition = if key.match_full && key.columns.len() > 1 {
        // A key that is known in part points nowhere too.
        let unknown: Vec<_> =
            key.columns.iter().map(|column| format!("{c}.{} IS NULL", facts.quoted(column))).collect();
        format!("NOT ({} OR ({all} AND {points}))", unknown.join(" AND "))
    } else {
        format!("{all} AND NOT {points}")
    };
    Guard {
        problem: format!("{} ({}) points at no row of {}", table.name, key.columns.join(", "), key.references),
        count: match rows {
            Some(rows) => format!("SELECT count(*) FROM (SELECT * FROM {rows}) AS {c} WHERE {condition}"),
            None => format!("SELECT count(*) FROM {} AS {c} WHERE {condition}", quoted(&table.name, facts)),
        },
    }
}

/// Returns the guard against rows with values that the column's enumerated type loses.
pub(super) fn holding(table: &TableName, column: &str, gone: &[&String], is_array: bool, facts: &Facts) -> Guard {
    let literals = literals(gone.iter().copied());
    let quoted_column = facts.quoted(column);
    let condition = if is_array {
        format!("{quoted_column}::text[] && ARRAY[{literals}]")
    } else {
        format!("{quoted_column}::text IN ({literals})")
    };
    Guard {
        problem: format!("{table}.{column} holds {literals}"),
        count: format!("SELECT count(*) FROM {} WHERE {condition}", quoted(table, facts)),
    }
}

/// Returns the guard against rows with a value in a new foreign key to a new table, which has no rows to reference.
pub(super) fn pointing(table: &Table, key: &ForeignKey, facts: &Facts) -> Guard {
    let known: Vec<_> = key.columns.iter().map(|column| format!("{} IS NOT NULL", facts.quoted(column))).collect();
    Guard {
        problem: format!("{} ({}) points at no row of {}", table.name, key.columns.join(", "), key.references),
        count: format!("SELECT count(*) FROM {} WHERE {}", quoted(&table.name, facts), known.join(" AND ")),
    }
}

/// Returns the guard against rows whose value has no equal in the column's new type.
pub(super) fn unconvertible(table: &TableName, column: &str, condition: &str, to: &str, facts: &Facts) -> Guard {
    Guard {
        problem: format!("{table}.{column} is no {to}"),
        count: format!("SELECT count(*) FROM {} WHERE {condition}", quoted(table, facts)),
    }
}

fn quoted(table: &TableName, facts: &Facts) -> String {
    facts.quoted_table(table)
}

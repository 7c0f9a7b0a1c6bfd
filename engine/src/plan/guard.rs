//! Queries over existing rows: which would be in the way of a rule that is new.
//!
//! The queries are plain SQL that every dialect takes; only the quotes differ.

use crate::dialect::Facts;
use crate::model::{Check, Expr, ForeignKey, Index, IndexColumn, IndexKey, Table, TableName};

use super::Guard;

/// Rows in which a column that becomes required is NULL.
pub(super) fn nulls(table: &TableName, column: &str, facts: &Facts) -> Guard {
    Guard {
        problem: format!("{table}.{column} is NULL"),
        count: format!("SELECT count(*) FROM {} WHERE {} IS NULL", quoted(table, facts), facts.quoted(column)),
    }
}

/// Rows that a new required column has no value for.
pub(super) fn rows(table: &TableName, column: &str, facts: &Facts) -> Guard {
    Guard {
        problem: format!("{table}.{column} is required and has no default"),
        count: format!("SELECT count(*) FROM {}", quoted(table, facts)),
    }
}

/// Groups of rows that a new unique rule forbids.
pub(super) fn duplicates(table: &TableName, columns: &[String], facts: &Facts) -> Guard {
    let quoted_columns: Vec<_> = columns.iter().map(|column| facts.quoted(column)).collect();
    let known: Vec<_> = quoted_columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    Guard {
        problem: format!("{table} ({}) occurs more than once", columns.join(", ")),
        count: format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1) AS \"d\"",
            quoted(table, facts),
            known.join(" AND "),
            quoted_columns.join(", "),
        ),
    }
}

/// Groups of rows that a unique rule forbids once its columns hold what these expressions give.
pub(super) fn alike(table: &TableName, columns: &[String], exprs: &[String], facts: &Facts) -> Guard {
    Guard {
        problem: format!("{table} ({}) would occur more than once", columns.join(", ")),
        count: groups(table, exprs, None, facts),
    }
}

/// Groups of rows that a new unique index forbids.
pub(super) fn alike_in_index(table: &TableName, index: &Index, facts: &Facts) -> Guard {
    let expr = |column: &IndexColumn| {
        let expr = match &column.key {
            IndexKey::Column(name) => facts.quoted(name),
            IndexKey::Expr(expr) => format!("({})", expr.sql),
        };
        let collation = column.collation.as_ref().map(|collation| format!(" COLLATE {collation}")).unwrap_or_default();
        format!("{expr}{collation}")
    };
    let exprs: Vec<_> = index.columns.iter().map(expr).collect();
    let name = index.name.as_deref().unwrap_or_default();
    Guard {
        problem: format!("{table} would occur more than once in index {name}"),
        count: groups(table, &exprs, index.predicate.as_ref(), facts),
    }
}

/// A query that counts groups of rows that are alike in all of these, as a unique index sees it.
fn groups(table: &TableName, exprs: &[String], condition: Option<&Expr>, facts: &Facts) -> String {
    let known = exprs.iter().map(|expr| format!("{expr} IS NOT NULL"));
    let all: Vec<_> = known.chain(condition.map(|expr| format!("({}\n)", expr.sql))).collect();
    // A bare number would be taken for the position of a column.
    let grouped: Vec<_> = exprs.iter().map(|expr| format!("coalesce({expr}, NULL)")).collect();
    format!(
        "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1) AS \"d\"",
        quoted(table, facts),
        all.join(" AND "),
        grouped.join(", "),
    )
}

/// Rows that a new check forbids.
pub(super) fn violations(table: &TableName, check: &Check, facts: &Facts) -> Guard {
    Guard {
        problem: format!("{table} violates check {}", check.name.as_deref().unwrap_or(&check.expr.sql)),
        count: format!("SELECT count(*) FROM {} WHERE NOT ({})", quoted(table, facts), check.expr.sql),
    }
}

/// Rows that a new foreign key would leave pointing nowhere.
pub(super) fn orphans(table: &Table, key: &ForeignKey, facts: &Facts) -> Guard {
    let known: Vec<_> =
        key.columns.iter().map(|column| format!("\"c\".{} IS NOT NULL", facts.quoted(column))).collect();
    let joined: Vec<_> = key
        .columns
        .iter()
        .zip(&key.referenced_columns)
        .map(|(column, referenced)| format!("\"p\".{} = \"c\".{}", facts.quoted(referenced), facts.quoted(column)))
        .collect();
    Guard {
        problem: format!("{} ({}) points at no row of {}", table.name, key.columns.join(", "), key.references),
        count: format!(
            "SELECT count(*) FROM {} AS \"c\" WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS \"p\" WHERE {})",
            quoted(&table.name, facts),
            known.join(" AND "),
            quoted(&key.references, facts),
            joined.join(" AND "),
        ),
    }
}

/// Rows whose value has no equal in the column's new type.
pub(super) fn unconvertible(table: &TableName, column: &str, condition: &str, to: &str, facts: &Facts) -> Guard {
    Guard {
        problem: format!("{table}.{column} is no {to}"),
        count: format!("SELECT count(*) FROM {} WHERE {condition}", quoted(table, facts)),
    }
}

fn quoted(table: &TableName, facts: &Facts) -> String {
    facts.quoted_table(table)
}

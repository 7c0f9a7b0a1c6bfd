//! Finds foreign keys over rows that are there.

use super::*;
use crate::sql::ddl::ConstraintKind;

pub(super) const RULE: Rule = Rule {
    name: "new-foreign-key",
    level: Level::Deny,
    dialects: SERVERS,
    down: Down::Ignored,
    what: "A foreign key is put on a table that was there before, or a column that refers to another table has a default.",
    why: "Rows that point at no row stop the migration. On PostgreSQL nobody can write either table while all rows are \
          read; MariaDB and MySQL copy the table.",
    bad: "ALTER TABLE posts ADD CONSTRAINT posts_author FOREIGN KEY (author) REFERENCES users (id);",
    good: "ALTER TABLE posts ADD CONSTRAINT posts_author FOREIGN KEY (author) REFERENCES users (id) NOT VALID;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let (help, meanwhile) = match context.script.dialect {
        Dialect::Postgres => (
            "add it as `NOT VALID`, and `VALIDATE CONSTRAINT` in a later transaction",
            "nobody can write either table while all rows are read",
        ),
        Dialect::Sqlite | Dialect::Mysql => {
            ("look for such rows first", "nobody can write the table while it is copied")
        }
    };
    let mut found = Vec::new();
    for (step, table, span, alteration) in context.alterations_of_old() {
        let (is_key, is_own) = match alteration {
            Alteration::AddConstraint(rule) => {
                let is_key = rule.is_foreign_key() && !rule.not_valid && !rule.spares_empty(step, &table.name);
                (is_key, step.adds_any(&table.name, &rule.columns))
            }
            Alteration::AddColumn { column, .. } => {
                (column.references.is_some() && column.default.is_some() && column.has_value(), true)
            }
            _ => (false, false),
        };
        if is_key {
            let message = format!("rows of {} that point at no row stop it; {meanwhile}", table.name);
            found.push(Remark::new(span.clone(), message, help).on(&table.name).of_own_columns(is_own));
        }
    }
    found
}

impl crate::sql::ddl::Constraint {
    pub(super) fn is_foreign_key(&self) -> bool {
        matches!(self.kind, ConstraintKind::ForeignKey(_))
    }

    /// Returns the table that a foreign key references.
    pub(in crate::lint) fn references(&self) -> Option<&TableName> {
        if let ConstraintKind::ForeignKey(to) = &self.kind { to.as_ref() } else { None }
    }

    /// Checks whether no row is in the way, because a column that the script has just added is NULL in all of them.
    pub(super) fn spares_empty(&self, step: &Step, table: &TableName) -> bool {
        let is_empty = |column: &String| step.source(table, column) == Some(Source::Empty);
        self.passes_null
            && match self.kind {
                ConstraintKind::Unique | ConstraintKind::ForeignKey(_) => self.columns.iter().any(is_empty),
                ConstraintKind::Check => !self.columns.is_empty() && self.columns.iter().all(is_empty),
                ConstraintKind::PrimaryKey
                | ConstraintKind::Exclude
                | ConstraintKind::NotNull
                | ConstraintKind::Index { .. } => false,
            }
    }

    /// Returns what rows must not be, for a rule that tells them apart.
    pub(super) fn what_is_alike(&self) -> Option<&'static str> {
        match self.kind {
            ConstraintKind::Unique => Some("alike"),
            ConstraintKind::PrimaryKey => Some("alike or have no value"),
            ConstraintKind::Exclude => Some("in conflict"),
            ConstraintKind::Check
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::NotNull
            | ConstraintKind::Index { .. } => None,
        }
    }
}

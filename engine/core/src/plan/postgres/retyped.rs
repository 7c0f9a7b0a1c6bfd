//! Expressions over columns whose type changes.
//!
//! PostgreSQL keeps an expression as a tree in which every value has its type. When a column gets another type,
//! PostgreSQL prints the tree and reads it again. What it had to convert for the old type is then converted once
//! more, and stays so after the down migration. So such an expression makes way, unless nothing in it can have got
//! its type from the column.

use std::collections::BTreeSet;

use crate::model::{Column, Expr, Table};
use crate::sql::postgres::gives_type;

use super::convert;
use super::held::spelled;

/// Columns of a table whose type changes.
pub(super) struct Retyped {
    /// Those over whose old type an expression is another one.
    unlike: BTreeSet<String>,
    /// The others, with the first words of the old type and the new one.
    alike: Vec<(String, [String; 2])>,
}

impl Retyped {
    /// Collects a table's columns that get another type according to `is_altered`.
    pub(super) fn of(before: &Table, after: &Table, is_altered: impl Fn(&Column) -> bool) -> Self {
        let mut retyped = Self { unlike: BTreeSet::new(), alike: Vec::new() };
        for column in before.columns.iter().filter(|column| is_altered(column)) {
            let Some(later) = after.column(&column.name) else { continue };
            if !convert::reads_alike(column, later) {
                retyped.unlike.insert(column.name.clone());
                continue;
            }
            let words = [column, later].map(|column| first_word(&spelled(column)));
            if words[0] != words[1] {
                retyped.alike.push((column.name.clone(), words));
            }
        }
        retyped
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unlike.is_empty() && self.alike.is_empty()
    }

    /// Checks whether an expression that reads these columns has to make way.
    pub(super) fn changes(&self, expr: &Expr, columns: &BTreeSet<String>) -> bool {
        let unifies =
            |(column, words): &(String, [String; 2])| columns.contains(column) && gives_type(&expr.sql, words);
        columns.iter().any(|column| self.unlike.contains(column)) || self.alike.iter().any(unifies)
    }
}

fn first_word(of_type: &str) -> String {
    of_type.split([' ', '(']).next().unwrap_or(of_type).to_owned()
}

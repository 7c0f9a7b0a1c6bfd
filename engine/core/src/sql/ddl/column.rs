//! Columns and rules as they are defined.

use super::super::Kind;
use super::cursor::Cursor;
use super::{Constraint, ConstraintKind, NewColumn};
use crate::dialect::Dialect;

/// What may follow a column's type.
const AFTER_TYPE: [&str; 29] = [
    "not",
    "null",
    "default",
    "primary",
    "unique",
    "check",
    "references",
    "generated",
    "as",
    "constraint",
    "collate",
    "auto_increment",
    "autoincrement",
    "comment",
    "first",
    "after",
    "on",
    "key",
    "storage",
    "compression",
    "virtual",
    "stored",
    "persistent",
    "charset",
    "using",
    "invisible",
    "visible",
    "deferrable",
    "initially",
];

/// Reads a column's definition.
pub(super) fn column(mut cursor: Cursor<'_>) -> Option<NewColumn> {
    let span = cursor.span();
    let name = cursor.name()?;
    let data_type = data_type(&mut cursor);
    let is_serial =
        ["serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"].contains(&data_type.as_str());
    let mut column = NewColumn {
        span,
        name,
        is_identity: is_serial && cursor.dialect == Dialect::Postgres,
        data_type,
        not_null: false,
        default: None,
        generated: None,
        is_key: false,
        is_unique: false,
        has_check: false,
        references: None,
        auto_increment: false,
    };
    while !cursor.is_empty() {
        clause(&mut column, &mut cursor);
    }
    Some(column)
}

/// Goes past a type.
pub(super) fn data_type(cursor: &mut Cursor<'_>) -> String {
    let start = *cursor;
    while !cursor.is_empty() && !cursor.is_any(&AFTER_TYPE) && !cursor.is(&["character", "set"]) {
        cursor.skip_group();
    }
    start.until(cursor)
}

fn clause(column: &mut NewColumn, cursor: &mut Cursor<'_>) {
    if cursor.take(&["not", "null"]) {
        column.not_null = true;
    } else if cursor.take(&["default"]) {
        column.default = Some(expression(cursor));
    } else if cursor.take(&["generated"]) {
        while cursor.take_any(&["always", "by", "default", "as"]) {}
        if cursor.take(&["identity"]) {
            column.is_identity = true;
        } else {
            computed(column, cursor);
        }
    } else if cursor.take(&["as"]) {
        computed(column, cursor);
    } else if cursor.take(&["primary", "key"]) {
        column.is_key = true;
        column.not_null |= cursor.dialect != Dialect::Sqlite;
    } else if cursor.take(&["unique"]) {
        column.is_unique = true;
    } else if cursor.take(&["check"]) {
        column.has_check = true;
        cursor.skip_group();
    } else if cursor.take(&["references"]) {
        column.references = cursor.table();
    } else if cursor.take_any(&["auto_increment", "autoincrement"]) {
        column.auto_increment = true;
    } else if cursor.take_any(&["constraint", "collate", "comment", "on", "storage", "compression"]) {
        cursor.skip();
    } else {
        cursor.skip_group();
    }
}

fn computed(column: &mut NewColumn, cursor: &mut Cursor<'_>) {
    cursor.skip_group();
    column.generated = Some(cursor.take_any(&["stored", "persistent"]));
    cursor.take(&["virtual"]);
}

/// Goes past a default: an operand, and what operators join to it.
fn expression(cursor: &mut Cursor<'_>) -> String {
    let start = *cursor;
    operand(cursor);
    loop {
        if cursor.take(&["::"]) {
            data_type(cursor);
        } else if cursor.take(&["at", "time", "zone"]) || (cursor.kind() == Some(Kind::Operator)) {
            if cursor.kind() == Some(Kind::Operator) {
                cursor.skip();
            }
            operand(cursor);
        } else {
            return start.until(cursor);
        }
    }
}

fn operand(cursor: &mut Cursor<'_>) {
    while cursor.kind() == Some(Kind::Operator) {
        cursor.skip();
    }
    let is_name = cursor.kind().is_some_and(Kind::is_name);
    let is_interval = cursor.is(&["interval"]) || cursor.is(&["array"]);
    cursor.skip_group();
    if is_interval {
        cursor.skip_group();
    }
    while is_name && cursor.take(&["."]) {
        cursor.skip();
    }
    if is_name && cursor.is(&["("]) {
        cursor.skip_group();
    }
}

/// Reads a table's rule; `None` where it is no rule.
pub(super) fn constraint(mut cursor: Cursor<'_>) -> Option<Constraint> {
    let span = cursor.span();
    let all = cursor;
    let name = match cursor.take(&["constraint"]) {
        // MySQL makes up a name where none is stated.
        true if cursor.is_any(&["primary", "unique", "check", "foreign"]) => None,
        true => Some(cursor.name()?),
        false => None,
    };
    let mysql = cursor.dialect == Dialect::Mysql;
    let kind = if cursor.take(&["primary", "key"]) {
        ConstraintKind::PrimaryKey
    } else if cursor.take(&["unique"]) {
        cursor.take_any(&["key", "index"]);
        ConstraintKind::Unique
    } else if cursor.is(&["check", "("]) {
        ConstraintKind::Check
    } else if cursor.take(&["foreign", "key"]) {
        cursor.go_to(&["references"]);
        cursor.skip();
        ConstraintKind::ForeignKey(cursor.table())
    } else if cursor.take(&["exclude"]) {
        ConstraintKind::Exclude
    } else if cursor.take(&["not", "null"]) {
        ConstraintKind::NotNull
    } else if mysql && cursor.take_any(&["fulltext", "spatial"]) {
        ConstraintKind::Index { is_online: false }
    } else if mysql && (cursor.take(&["index"]) || cursor.take(&["key"])) {
        ConstraintKind::Index { is_online: true }
    } else {
        return None;
    };
    let own_name = || {
        let mut cursor = cursor;
        cursor.take_any(&["key", "index"]);
        let has_name = mysql && !cursor.is(&["("]) && !cursor.is(&["using"]) && !cursor.is(&["if"]);
        has_name.then(|| cursor.name()).flatten()
    };
    let name = name.or_else(|| match kind {
        ConstraintKind::Unique | ConstraintKind::Index { .. } => own_name(),
        ConstraintKind::PrimaryKey
        | ConstraintKind::Check
        | ConstraintKind::ForeignKey(_)
        | ConstraintKind::Exclude
        | ConstraintKind::NotNull => None,
    });
    let not_valid = all.has(&["not", "valid"]) || all.has(&["not", "enforced"]);
    Some(Constraint {
        span,
        name,
        kind,
        not_valid,
        of_index: all.has(&["using", "index"]) && !all.has(&["using", "index", "tablespace"]),
    })
}

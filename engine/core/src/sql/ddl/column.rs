//! Columns and rules as they are defined.

use super::super::Kind;
use super::cursor::Cursor;
use super::{Constraint, ConstraintKind, NewColumn};
use crate::dialect::Dialect;
use crate::model::Expr;
use crate::sql::columns_in;

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
        check: None,
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
        column.check = cursor.group().map(|expression| expression.all());
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
    let mut body = cursor;
    let kind = if cursor.take(&["primary", "key"]) {
        ConstraintKind::PrimaryKey
    } else if cursor.take(&["unique"]) {
        cursor.take_any(&["key", "index"]);
        ConstraintKind::Unique
    } else if cursor.is(&["check", "("]) {
        body.skip();
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
    let told = told(&kind, body);
    let not_valid = all.has(&["not", "valid"]) || all.has(&["not", "enforced"]);
    Some(Constraint {
        span,
        name,
        kind,
        not_valid,
        of_index: all.has(&["using", "index"]) && !all.has(&["using", "index", "tablespace"]),
        columns: told.columns,
        passes_null: told.passes_null,
        required: told.required,
    })
}

/// What a rule says of its columns.
#[derive(Default)]
struct Told {
    columns: Vec<String>,
    passes_null: bool,
    required: Vec<String>,
}

/// Reads what a rule says of its columns, from its own words on.
fn told(kind: &ConstraintKind, mut body: Cursor<'_>) -> Told {
    let is_strict = body.has(&["nulls", "not", "distinct"]) || body.has(&["match", "full"]);
    match kind {
        ConstraintKind::Check => {
            let Some(expression) = body.group() else { return Told::default() };
            let columns = columns_in(body.dialect, &Expr::new(expression.source())).into_iter().collect();
            Told { columns, passes_null: passes_null(expression), required: required(expression) }
        }
        ConstraintKind::Unique | ConstraintKind::PrimaryKey | ConstraintKind::ForeignKey(_) => {
            while !body.is_empty() && !body.is(&["("]) {
                body.skip();
            }
            let columns = body.group().map(key_columns).unwrap_or_default();
            Told { columns, passes_null: !is_strict && *kind != ConstraintKind::PrimaryKey, required: Vec::new() }
        }
        ConstraintKind::NotNull => Told { columns: body_column(body), ..Told::default() },
        ConstraintKind::Exclude | ConstraintKind::Index { .. } => Told::default(),
    }
}

/// Returns the column of `NOT NULL column`.
fn body_column(mut body: Cursor<'_>) -> Vec<String> {
    body.take(&["not", "null"]);
    body.name().into_iter().collect()
}

/// Returns the columns among the keys of an index or a rule; expressions are left out.
pub(super) fn key_columns(keys: Cursor<'_>) -> Vec<String> {
    let column = |mut key: Cursor<'_>| {
        let name = key.name()?;
        // MySQL may take the beginning of a text: `a(10)`. Elsewhere that is a function.
        let is_column = !key.is(&["("]) || key.dialect == Dialect::Mysql;
        is_column.then_some(name)
    };
    keys.parts().into_iter().filter_map(column).collect()
}

/// Functions that give NULL for NULL, and words that stand before brackets.
const STRICT: [&str; 17] = [
    "length",
    "char_length",
    "character_length",
    "octet_length",
    "lower",
    "upper",
    "trim",
    "btrim",
    "abs",
    "round",
    "in",
    "any",
    "and",
    "or",
    "not",
    "array",
    "check",
];

/// Checks whether an expression is NULL where all of its columns are, so that a check passes.
fn passes_null(mut expression: Cursor<'_>) -> bool {
    const LOOSE: [&str; 9] = ["is", "case", "<=>", "isnull", "notnull", "distinct", "exists", "null", "false"];
    while !expression.is_empty() {
        let is_call = expression.is_call() && !expression.is_any(&STRICT);
        if is_call || expression.is_any(&LOOSE) {
            return false;
        }
        expression.skip();
    }
    true
}

/// Returns the columns that a check demands to have a value: those of `a IS NOT NULL` among conditions joined by `AND`.
fn required(mut expression: Cursor<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if expression.has(&["or"]) {
        return found;
    }
    while !expression.is_empty() {
        let mut part = expression;
        if let Some(group) = part.group() {
            let is_all = part.is_empty() || part.is(&["and"]);
            found.extend(is_all.then(|| required(group)).into_iter().flatten());
        } else if let Some(column) = part.table()
            && part.take(&["is", "not", "null"])
            && (part.is_empty() || part.is(&["and"]))
        {
            found.push(column.name);
        }
        expression.go_to(&["and"]);
        expression.skip();
    }
    found
}

//! The clauses of `ALTER TABLE`.

use super::column::{column, constraint, data_type};
use super::cursor::Cursor;
use super::{Action, Alteration, AlteredTable};
use crate::dialect::Dialect;

/// Reads what stands behind `ALTER TABLE`.
pub(super) fn table(mut cursor: Cursor<'_>) -> Action {
    let if_exists = cursor.take(&["if", "exists"]);
    cursor.take(&["only"]);
    let Some(name) = cursor.table() else { return Action::Unread };
    cursor.take(&["*"]);
    while cursor.take(&["wait"]) || cursor.take(&["nowait"]) {
        cursor.skip();
    }
    let mut alterations = Vec::new();
    for part in cursor.parts() {
        let span = part.span();
        alterations.extend(clauses(part).into_iter().map(|alteration| (span.clone(), alteration)));
    }
    Action::AlterTable(AlteredTable { name, if_exists, alterations })
}

/// Reads a clause; one may add several columns.
fn clauses(mut cursor: Cursor<'_>) -> Vec<Alteration> {
    if cursor.dialect == Dialect::Mysql && (cursor.is(&["add", "("]) || cursor.is(&["add", "column", "("])) {
        cursor.skip();
        cursor.take(&["column"]);
        let parts = cursor.group().map(Cursor::parts).unwrap_or_default();
        return parts.into_iter().map(|part| element(part, false)).collect();
    }
    vec![clause(cursor).unwrap_or(Alteration::Unread)]
}

fn element(cursor: Cursor<'_>, if_not_exists: bool) -> Alteration {
    if let Some(constraint) = constraint(cursor) {
        return Alteration::AddConstraint(constraint);
    }
    match column(cursor) {
        Some(column) => Alteration::AddColumn { column, if_not_exists },
        None => Alteration::Unread,
    }
}

/// Clauses that write a table anew.
const REMAKES: [&[&str]; 11] = [
    &["engine"],
    &["order"],
    &["partition"],
    &["remove"],
    &["row_format"],
    &["key_block_size"],
    &["import"],
    &["set", "logged"],
    &["set", "unlogged"],
    &["set", "tablespace"],
    &["set", "access", "method"],
];

/// Clauses that change the catalog alone.
const SMALL: [&str; 22] = [
    "set",
    "reset",
    "owner",
    "enable",
    "disable",
    "no",
    "inherit",
    "replica",
    "cluster",
    "without",
    "of",
    "not",
    "comment",
    "auto_increment",
    "default",
    "character",
    "charset",
    "collate",
    "lock",
    "with",
    "stats_persistent",
    "force",
];

fn clause(mut cursor: Cursor<'_>) -> Option<Alteration> {
    if cursor.take(&["add"]) {
        return Some(add(cursor));
    }
    if cursor.take(&["drop"]) {
        return drop(cursor);
    }
    if cursor.take(&["alter"]) {
        if cursor.take_any(&["constraint", "index", "check"]) {
            return Some(Alteration::Small);
        }
        cursor.take(&["column"]);
        cursor.take(&["if", "exists"]);
        let column = cursor.name()?;
        return alter_column(column, cursor);
    }
    if cursor.is_any(&["modify", "change"]) {
        let renames = cursor.is(&["change"]);
        cursor.skip();
        cursor.take(&["column"]);
        cursor.take(&["if", "exists"]);
        let old = if renames { cursor.name()? } else { Cursor::name(&mut { cursor })? };
        return Some(Alteration::Redefine { old, column: column(cursor)? });
    }
    if cursor.take(&["rename"]) {
        return rename(cursor);
    }
    if cursor.take(&["detach", "partition"]) {
        return Some(Alteration::DetachPartition { concurrently: cursor.has(&["concurrently"]) });
    }
    if cursor.take(&["algorithm"]) {
        cursor.take(&["="]);
        return Some(Alteration::Algorithm(cursor.all()));
    }
    if cursor.take(&["lock"]) {
        cursor.take(&["="]);
        return Some(Alteration::Lock(cursor.all()));
    }
    if cursor.dialect == Dialect::Mysql && cursor.take(&["truncate", "partition"]) {
        return Some(Alteration::Lose(format!("all rows of partition {}", cursor.all())));
    }
    if cursor.dialect == Dialect::Mysql && cursor.is(&["discard"]) && cursor.has(&["tablespace"]) {
        return Some(Alteration::Lose("all rows in the tablespace".to_owned()));
    }
    small(cursor)
}

/// Reads a clause that has nothing in it to look at.
fn small(mut cursor: Cursor<'_>) -> Option<Alteration> {
    // MySQL's `FORCE` makes the table anew; PostgreSQL's is `FORCE ROW LEVEL SECURITY`.
    let is_force = cursor.dialect == Dialect::Mysql && cursor.is(&["force"]);
    if is_force || REMAKES.iter().any(|words| cursor.is(words)) {
        return Some(Alteration::Remake(cursor.all()));
    }
    if cursor.take(&["validate", "constraint"]) {
        return cursor.name().map(Alteration::Validate);
    }
    if cursor.is(&["convert"]) {
        return Some(Alteration::ConvertCharset);
    }
    if cursor.take(&["attach", "partition"]) {
        return cursor.table().map(Alteration::AttachPartition);
    }
    if cursor.take(&["set", "schema"]) {
        return cursor.name().map(Alteration::SetSchema);
    }
    cursor.is_any(&SMALL).then_some(Alteration::Small)
}

fn add(mut cursor: Cursor<'_>) -> Alteration {
    if cursor.dialect == Dialect::Mysql && cursor.is(&["partition"]) {
        return Alteration::Small;
    }
    let is_column = cursor.take(&["column"]);
    let if_not_exists = cursor.take(&["if", "not", "exists"]);
    if is_column || if_not_exists {
        return column(cursor).map_or(Alteration::Unread, |column| Alteration::AddColumn { column, if_not_exists });
    }
    element(cursor, if_not_exists)
}

fn drop(mut cursor: Cursor<'_>) -> Option<Alteration> {
    let mysql = cursor.dialect == Dialect::Mysql;
    let kind = if cursor.take(&["constraint"]) {
        "constraint"
    } else if mysql && cursor.take(&["primary", "key"]) {
        return Some(Alteration::DropConstraint { name: None, kind: "primary key", if_exists: false, cascade: false });
    } else if mysql && cursor.take(&["foreign", "key"]) {
        "foreign key"
    } else if mysql && (cursor.take(&["index"]) || cursor.take(&["key"])) {
        "index"
    } else if mysql && cursor.take(&["check"]) {
        "check"
    } else if mysql && cursor.take(&["partition"]) {
        return Some(Alteration::Lose(format!("partition {} and all its rows", cursor.all())));
    } else if mysql && cursor.take(&["system", "versioning"]) {
        return Some(Alteration::Lose("all former versions of its rows".to_owned()));
    } else {
        cursor.take(&["column"]);
        "column"
    };
    let if_exists = cursor.take(&["if", "exists"]);
    let name = cursor.name()?;
    let cascade = cursor.take(&["cascade"]);
    Some(match kind {
        "column" => Alteration::DropColumn { name, if_exists, cascade },
        kind => Alteration::DropConstraint { name: Some(name), kind, if_exists, cascade },
    })
}

fn alter_column(column: String, mut cursor: Cursor<'_>) -> Option<Alteration> {
    if cursor.take(&["set", "not", "null"]) {
        return Some(Alteration::SetNotNull(column));
    }
    if cursor.take(&["drop", "not", "null"]) {
        return Some(Alteration::DropNotNull(column));
    }
    if cursor.take(&["set", "data", "type"]) || cursor.take(&["type"]) {
        let data_type = data_type(&mut cursor);
        return Some(Alteration::SetType { column, data_type, has_using: cursor.has(&["using"]) });
    }
    if cursor.take(&["add", "generated"]) {
        return Some(Alteration::AddIdentity);
    }
    if cursor.is(&["set", "expression"]) {
        return Some(Alteration::Remake(cursor.all()));
    }
    cursor.is_any(&["set", "drop", "reset", "restart"]).then_some(Alteration::Small)
}

fn rename(mut cursor: Cursor<'_>) -> Option<Alteration> {
    if cursor.take(&["constraint"]) {
        let from = cursor.name()?;
        return cursor
            .take(&["to"])
            .then(|| cursor.name())
            .flatten()
            .map(|to| Alteration::RenameConstraint { from, to });
    }
    if cursor.take_any(&["index", "key"]) {
        cursor.name()?;
        return cursor.take(&["to"]).then(|| cursor.name()).flatten().map(|to| Alteration::RenameIndex { to });
    }
    if cursor.take_any(&["to", "as"]) {
        return Some(Alteration::RenameTable(cursor.table()?));
    }
    cursor.take(&["column"]);
    cursor.take(&["if", "exists"]);
    let from = cursor.name()?;
    if cursor.is_empty() {
        // MySQL lets `TO` out.
        return Some(Alteration::RenameTable(crate::model::TableName::new(from)));
    }
    cursor.take(&["to"]).then(|| cursor.name()).flatten().map(|to| Alteration::RenameColumn { from, to })
}

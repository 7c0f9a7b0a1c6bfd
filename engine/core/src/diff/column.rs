//! Columns of one name on both sides.

use crate::dialect::Dialect;
use crate::model::{Column, Expr, Generated, Sequence, Speaks, Table, TableOptions};

use super::retyped;
use crate::sql::rename_values;

/// Returns the column that the definition wants. It has what the definition says, and the live column's value
/// wherever the definition says nothing or says the same in other words. When nothing differs, it equals the live
/// column except for hints.
pub(super) fn wanted(live: &Column, declared: &Column, tables: (&Table, &Table), dialect: Dialect) -> Column {
    let (live_table, declared_table) = tables;
    let Speaks { defaults, generated, collations, auto_increment, comments, lengths, .. } = declared_table.speaks;

    let options = if declared_table.speaks.options { &declared_table.options } else { &live_table.options };
    let same_type = match (&declared.sql_type, &live.sql_type) {
        (Some(declared), Some(live)) => dialect.same_words(declared, live),
        (Some(_), None) | (None, _) => {
            dialect.same_type(&live.data_type, &declared.data_type, options, lengths)
                || (!lengths && unjudged(declared, dialect, options))
        }
    };
    // A strict table accepts only some words for types, so a column that doesn't change may get another word.
    let respelled = (options.strict && !live_table.options.strict && declared.sql_type.is_none())
        .then(|| dialect.spelling(&declared.data_type, options))
        .flatten()
        .filter(|word| live.sql_type.as_ref().is_none_or(|live| !dialect.same_words(live, word)));
    let (data_type, sql_type) = if same_type && respelled.is_some() {
        (live.data_type.clone(), respelled)
    } else if same_type {
        (live.data_type.clone(), live.sql_type.clone())
    } else {
        (declared.data_type.clone(), declared.sql_type.clone())
    };

    Column {
        name: live.name.clone(),
        data_type,
        sql_type,
        // SQLite lets a key hold NULL unless told otherwise. No definition can state that, so a key that stays isn't
        // judged by it.
        nullable: if in_key(live_table, live) && in_key(declared_table, declared) {
            live.nullable
        } else {
            declared.nullable
        },
        default: match defaults {
            true if same_type => kept(&live.default, &declared.default),
            // The live default's spelling may name the live type.
            true => declared.default.clone(),
            // An expression that no definition judges follows renamed values.
            false => live
                .default
                .as_ref()
                .map(|default| renamed(default, declared, dialect))
                .map(|default| if same_type { default } else { untyped(&default, dialect) }),
        },
        generated: if generated { kept_generated(live, declared, tables, dialect) } else { live.generated.clone() },
        collation: if collations { declared.collation.clone() } else { live.collation.clone() },
        auto_increment: if auto_increment { declared.auto_increment } else { live.auto_increment },
        numbering: match (auto_increment, declared.auto_increment) {
            (false, _) => live.numbering,
            (true, false) => None,
            (true, true) => declared.numbering.or(live.numbering),
        },
        sequence: match (auto_increment, declared.auto_increment) {
            (true, false) => Sequence::default(),
            // Where a definition doesn't state how the column is numbered, the numbering stays as it is.
            (true, true) if declared.sequence != Sequence::default() => declared.sequence,
            (true, true) | (false, _) => live.sequence,
        },
        on_update: if defaults { kept(&live.on_update, &declared.on_update) } else { live.on_update.clone() },
        inherited: live.inherited,
        invisible: if declared_table.speaks.options { declared.invisible } else { live.invisible },
        attributes: live.attributes.clone(),
        comment: if comments && dialect.facts().comments { declared.comment.clone() } else { live.comment.clone() },
        hints: declared.hints.clone(),
    }
}

fn in_key(table: &Table, column: &Column) -> bool {
    table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name))
}

/// Checks whether two columns are the same to the database. Hints don't count.
pub(crate) fn same(a: &Column, b: &Column) -> bool {
    Column { hints: b.hints.clone(), ..a.clone() } == *b
}

/// Checks whether the declared type has no known spelling. A stock definition may name a type of the host's own that
/// the scanner can't resolve, and what a definition can't say, it doesn't judge.
pub(super) fn unjudged(declared: &Column, dialect: Dialect, options: &TableOptions) -> bool {
    declared.sql_type.is_none() && dialect.spelling(&declared.data_type, options).is_none()
}

/// Returns the live expression when both mean the same, so that its spelling survives. Returns the declared one
/// otherwise.
fn kept(live: &Option<Expr>, declared: &Option<Expr>) -> Option<Expr> {
    match (live, declared) {
        (Some(live), Some(declared)) if live.same_as(declared) => Some(live.clone()),
        (_, declared) => declared.clone(),
    }
}

/// Returns the expression with the new names of the column's values.
pub(super) fn renamed(expr: &Expr, declared: &Column, dialect: Dialect) -> Expr {
    let names = declared.hints.renamed_values.as_ref().map(|renamed| renamed.names.as_slice()).unwrap_or_default();
    let spelled = |sql: &String| rename_values(dialect, sql, names);
    Expr { sql: spelled(&expr.sql), canonical: spelled(&expr.canonical) }
}

/// Returns a default without its cast, so that it can stay while its column's type changes.
fn untyped(default: &Expr, dialect: Dialect) -> Expr {
    match dialect.bare_literal(&default.sql) {
        Some(literal) => Expr { sql: literal.to_owned(), canonical: default.canonical.clone() },
        None => default.clone(),
    }
}

fn kept_generated(live: &Column, declared: &Column, tables: (&Table, &Table), dialect: Dialect) -> Option<Generated> {
    let stays = |live: &Generated, declared: &Generated| {
        live.stored == declared.stored
            && live.expr.same_as(&declared.expr)
            && !retyped::keeps_old_type(&live.expr, &declared.expr, tables, dialect)
    };
    match (&live.generated, &declared.generated) {
        (Some(live), Some(declared)) if stays(live, declared) => Some(live.clone()),
        (_, declared) => declared.clone(),
    }
}

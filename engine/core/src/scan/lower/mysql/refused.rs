//! Tables that no MySQL or MariaDB server accepts. The server would say so only when the migration runs, and for some
//! of them hardly why.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic};
use crate::model::{Column, DataType, ForeignKey, Hints, IndexKey, Schema, Table, TableName};
use crate::sql::columns_in;
use crate::sql::mysql::text_of;
use crate::sql::mysql::values;

/// Returns what is wrong with the definitions that state lengths and rules themselves.
pub(in super::super) fn refused(schemas: &BTreeMap<String, Schema>) -> Vec<Diagnostic> {
    let all: BTreeMap<&TableName, &Table> = schemas.values().flat_map(|schema| &schema.tables).collect();
    let mut diagnostics = Vec::new();
    for table in all.values().filter(|table| table.speaks.lengths) {
        diagnostics.extend(table.columns.iter().filter_map(|column| unbounded(table, column)));
        diagnostics
            .extend(table.rules.foreign_keys().filter_map(|key| of_other_type(table, key, *all.get(&key.references)?)));
        diagnostics.extend(
            table.rules.foreign_keys().filter_map(|key| of_other_order(table, key, *all.get(&key.references)?)),
        );
        diagnostics.extend(without_visible_columns(table));
        diagnostics.extend(checks_of_numbers(table));
        diagnostics.extend(table.columns.iter().filter_map(|column| beyond_charset(table, column)));
    }
    diagnostics
}

/// Reports a text or blob of unlimited length in a key or an index, which can only contain a limited number of its
/// bytes.
fn unbounded(table: &Table, column: &Column) -> Option<Diagnostic> {
    let word = Dialect::Mysql.column_type(column, &table.options).to_ascii_lowercase();
    let first = word.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
    let is_unbounded = first.ends_with("text") || first.ends_with("blob") || first == "json";
    let has = |columns: &[String]| columns.contains(&column.name);
    let indexed = table.rules.indexes().filter(|index| index.method.is_none()).flat_map(|index| &index.columns);
    let role = if table.primary_key.as_ref().is_some_and(|key| has(&key.columns)) {
        "the primary key"
    } else if table.rules.uniques().any(|unique| has(&unique.columns)) {
        "a unique rule"
    } else if table.rules.foreign_keys().any(|key| has(&key.columns)) {
        "a foreign key"
    } else if indexed.into_iter().any(|key| key.prefix.is_none() && key.key == IndexKey::Column(column.name.clone())) {
        "an index"
    } else {
        return None;
    };
    is_unbounded.then(|| {
        let message = format!(
            "column `{}.{}` is in {role}, and mysql takes no {first} of any length into one",
            table.name, column.name
        );
        let help = match column.data_type {
            DataType::Binary => "say how long it gets: `#[sql_type(mysql = \"varbinary(255)\")]`",
            _ => "say how long it gets: declare it as `Varchar` with `#[max_length = 255]`",
        };
        at(Diagnostic::error(Code::UnboundedKey, message).help(help), &column.hints, "")
    })
}

/// Reports a table of which `SELECT *` would return no column.
fn without_visible_columns(table: &Table) -> Option<Diagnostic> {
    let first = table.columns.first()?;
    table.columns.iter().all(|column| column.invisible).then(|| {
        let message = format!("all columns of table `{}` are invisible, and mysql wants one that isn't", table.name);
        at(
            Diagnostic::error(Code::NotInDialect, message).help("leave `invisible` out for one of them"),
            &first.hints,
            "",
        )
    })
}

/// Reports a foreign key between numbers of different widths.
fn of_other_type(table: &Table, key: &ForeignKey, parent: &Table) -> Option<Diagnostic> {
    let pairs = key.columns.iter().zip(referenced(key, parent));
    let (column, other) = pairs
        .filter_map(|(name, other)| Some((table.column(name)?, parent.column(other)?)))
        .find(|(column, other)| is_number(column) && is_number(other) && column.data_type != other.data_type)?;
    let message = format!(
        "column `{}.{}` is {}, and references `{}.{}`, which is {}: mysql wants both to be alike",
        table.name, column.name, column.data_type, parent.name, other.name, other.data_type
    );
    let help = format!("declare it as `{}`", other.data_type);
    let diagnostic = at(Diagnostic::error(Code::KeyTypes, message).help(help), &column.hints, "references");
    Some(at(diagnostic, &other.hints, "is referenced"))
}

/// Reports a foreign key between texts with different collations, as far as the definitions state them. What goes
/// unstated depends on the database.
fn of_other_order(table: &Table, key: &ForeignKey, parent: &Table) -> Option<Diagnostic> {
    let collation = |table: &Table, column: &Column| {
        let stated = column.collation.as_ref().or(table.options.collation.as_ref());
        stated.filter(|_| Dialect::Mysql.has_collation(column, &table.options)).cloned()
    };
    let pairs = key.columns.iter().zip(referenced(key, parent));
    let (column, other, own, wanted) = pairs
        .filter_map(|(name, other)| Some((table.column(name)?, parent.column(other)?)))
        .filter_map(|(column, other)| Some((column, other, collation(table, column)?, collation(parent, other)?)))
        .find(|(_, _, own, wanted)| !own.eq_ignore_ascii_case(wanted))?;
    let message = format!(
        "column `{}.{}` is compared by {own}, and references `{}.{}`, which is by {wanted}: mysql wants both to be alike",
        table.name, column.name, parent.name, other.name
    );
    let help = format!("give it `#[collate = \"{wanted}\"]`");
    let diagnostic = at(Diagnostic::error(Code::KeyTypes, message).help(help), &column.hints, "references");
    Some(at(diagnostic, &other.hints, "is referenced"))
}

/// Reports a value or default with letters that the stated character set lacks. A server that isn't strict would
/// write question marks.
fn beyond_charset(table: &Table, column: &Column) -> Option<Diagnostic> {
    let collation = column.collation.as_ref().or(table.options.collation.as_ref())?;
    let set = collation.split('_').next().unwrap_or_default().to_ascii_lowercase();
    let sql_type = Dialect::Mysql.column_type(column, &table.options);
    let listed = values(&sql_type).map(|(_, listed)| listed).unwrap_or_default();
    let default = column.default.as_ref().filter(|_| Dialect::Mysql.has_collation(column, &table.options));
    let text = listed.into_iter().chain(default.and_then(|default| text_of(&default.sql)));
    let text = text.into_iter().find(|text| !text.chars().all(|letter| may_have(&set, letter)))?;
    let message = format!("column `{}.{}` is in {set}, which has no letters for '{text}'", table.name, column.name);
    let help = "give it a collation of a character set that has them, such as `#[collate = \"utf8mb4_unicode_ci\"]`";
    Some(at(Diagnostic::error(Code::LettersNotInCharset, message).help(help), &column.hints, ""))
}

/// Checks whether a character set may have a letter. A server itself checks the sets that aren't known here.
fn may_have(set: &str, letter: char) -> bool {
    /// What MySQL's latin1 has above its first 256 letters: that of Windows.
    const LATIN1: &str = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";
    match set {
        "ascii" => letter.is_ascii(),
        "latin1" => letter <= '\u{ff}' || LATIN1.contains(letter),
        "utf8" | "utf8mb3" | "ucs2" => letter <= '\u{ffff}',
        _other => true,
    }
}

/// Returns the columns that a key references, which are those of the primary key unless it names others.
fn referenced<'a>(key: &'a ForeignKey, parent: &'a Table) -> &'a [String] {
    match &parent.primary_key {
        Some(primary) if key.referenced_columns.is_empty() => &primary.columns,
        Some(_) | None => &key.referenced_columns,
    }
}

fn is_number(column: &Column) -> bool {
    let plain = match &column.data_type {
        DataType::Unsigned(inner) => inner,
        other => other,
    };
    let numbers = [DataType::TinyInt, DataType::SmallInt, DataType::Integer, DataType::BigInt];
    column.sql_type.is_none() && numbers.contains(plain)
}

/// Reports checks over a number that the server has yet to assign.
fn checks_of_numbers(table: &Table) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for check in table.rules.checks() {
        let named = columns_in(Dialect::Mysql, &check.expr);
        let numbered = table.columns.iter().filter(|column| column.auto_increment);
        for column in numbered.filter(|column| named.iter().any(|name| name.eq_ignore_ascii_case(&column.name))) {
            let message = format!(
                "a check of table `{}` names its column `{}`, which mysql numbers by itself and lets no check see",
                table.name, column.name
            );
            let help = "leave the column out of the check, or add `only = postgres` to have it on that database alone";
            diagnostics.push(at(Diagnostic::error(Code::CheckOnNumbered, message).help(help), &check.hints, ""));
        }
    }
    diagnostics
}

fn at(diagnostic: Diagnostic, hints: &Hints, text: &str) -> Diagnostic {
    match &hints.place {
        Some(place) => diagnostic.at(place.clone(), text),
        None => diagnostic,
    }
}

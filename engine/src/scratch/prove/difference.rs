//! What differs between the schema that is and the one that should be, in words.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::Database;
use crate::dialect::sqlite_text::{tokens, unquoted};
use crate::diff::diff;
use crate::error::Result;
use crate::model::{
    BystanderKind, Change, Column, EnumChange, ForeignKey, Index, Pair, Schema, TableName, Unique, UniqueForm,
};
use crate::normalize::comparable;

/// What `is` lacks or has too much to be what `wanted` says, within the tables that count. Parts that
/// `wanted` doesn't speak for don't count.
pub(super) fn lacking(
    is: &Schema,
    wanted: &Schema,
    counts: impl Fn(&TableName) -> bool,
    asked: &mut Database,
) -> Result<Vec<String>> {
    let pair = among(comparable(Pair::new(is.clone(), wanted.clone()), asked)?, counts);
    Ok(diff(&pair, asked.dialect()).iter().map(described).collect())
}

/// Only after they were made comparable: keys into other tables need those.
fn among(pair: Pair<Schema>, counts: impl Fn(&TableName) -> bool) -> Pair<Schema> {
    pair.map(|mut schema| {
        schema.tables.retain(|name, _| counts(name));
        schema.enums.retain(|name, _| counts(name));
        schema
    })
}

/// Everything in which two live schemas differ within the tables that count, names of constraints
/// included.
pub(super) fn unlike(
    is: &Schema,
    wanted: &Schema,
    counts: impl Fn(&TableName) -> bool,
    asked: &mut Database,
) -> Result<Vec<String>> {
    let pair = among(comparable(Pair::new(is.clone(), wanted.clone()), asked)?, counts);
    let mut lines: Vec<String> = diff(&pair, asked.dialect()).iter().map(described).collect();
    // An unnamed constraint takes any name, so the other way round may see more.
    let back = diff(&pair.as_ref().map(Schema::clone).reverse(), asked.dialect());
    for line in back.into_iter().map(|change| described(&change.reverse())) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    for (name, is) in &pair.from.tables {
        let Some(wanted) = pair.to.tables.get(name) else { continue };
        let key = |table: &crate::model::Table| table.primary_key.as_ref().and_then(|key| key.name.clone());
        if key(is) != key(wanted) {
            lines.push(format!(
                "{name}: the primary key's name is {}, not {}",
                or_none(&key(is)),
                or_none(&key(wanted))
            ));
        }
        let is_constraint = |unique: &&Unique| unique.form == UniqueForm::Constraint;
        let constraints = |table: &crate::model::Table| -> BTreeSet<Vec<String>> {
            table.uniques.iter().filter(is_constraint).map(|unique| unique.columns.clone()).collect()
        };
        for columns in constraints(is).symmetric_difference(&constraints(wanted)) {
            lines.push(format!("{name}: unique ({}) is an index here and a constraint there", columns.join(", ")));
        }
        if is.unmodelled != wanted.unmodelled {
            let (is, wanted) = (is.unmodelled.join("; "), wanted.unmodelled.join("; "));
            lines.push(format!("{name}: what isn't modelled differs: is `{is}`, should be `{wanted}`"));
        }
    }
    Ok(lines)
}

/// Views, triggers and virtual tables that differ. Their text compares without quotes, spaces and
/// case, for a rename and its way back leave other quotes; without `texts` only their names do.
pub(super) fn bystanders(
    is: &Schema,
    wanted: &Schema,
    texts: bool,
    counts: impl Fn(BystanderKind, Option<&TableName>) -> bool,
) -> Vec<String> {
    let by_name = |schema: &Schema| -> BTreeMap<(BystanderKind, String), String> {
        let counted = schema.bystanders.iter().filter(|object| counts(object.kind, object.table.as_ref()));
        counted.map(|object| ((object.kind, object.name.clone()), folded(&object.sql))).collect()
    };
    let (is, wanted) = (by_name(is), by_name(wanted));
    let mut lines = Vec::new();
    for ((kind, name), text) in &wanted {
        let kind_word = kind.name();
        match is.get(&(*kind, name.clone())) {
            None => lines.push(format!("{kind_word} {name} is missing")),
            Some(found) if texts && found != text => lines.push(format!("{kind_word} {name} is another one now")),
            Some(_) => {}
        }
    }
    for (kind, name) in is.keys().filter(|key| !wanted.contains_key(*key)) {
        lines.push(format!("{} {name} should not be there", kind.name()));
    }
    lines
}

/// A statement's text without quotes, spaces and case.
pub(in crate::scratch) fn folded(sql: &str) -> String {
    let Some(tokens) = tokens(sql) else { return sql.to_owned() };
    let text = |span: std::ops::Range<usize>| {
        let text = &sql[span];
        if text.starts_with('\'') { text.to_owned() } else { unquoted(text).to_ascii_lowercase() }
    };
    tokens.into_iter().map(|token| text(token.span)).collect::<Vec<_>>().join(" ")
}

/// What is wrong with a schema that this change would mend.
fn described(change: &Change) -> String {
    const MISSING: &str = "is missing";
    const EXTRA: &str = "should not be there";
    match change {
        Change::CreateTable(table) => format!("table {} {MISSING}", table.name),
        Change::DropTable(table) => format!("table {} {EXTRA}", table.name),
        Change::RenameTable(names) => format!("table {} should be called {}", names.from, names.to),
        Change::AlterOptions(table, options) => {
            format!("table {table}: options are {}, should be {}", options.from, options.to)
        }
        Change::CommentTable(table, comments) => {
            format!("table {table}: comment is {}, should be {}", or_none(&comments.from), or_none(&comments.to))
        }
        Change::Enum(change) => described_enum(change),
        Change::AddColumn(table, column) => format!("column {table}.{} {MISSING}", column.name),
        Change::DropColumn(table, column) => format!("column {table}.{} {EXTRA}", column.name),
        Change::RenameColumn(table, names) => format!("column {table}.{} should be called {}", names.from, names.to),
        Change::AlterColumn(table, columns) => {
            let (is, wanted) = (shape(&columns.from), shape(&columns.to));
            let differing: Vec<_> = is
                .into_iter()
                .zip(wanted)
                .filter(|(is, wanted)| is != wanted)
                .map(|((what, is), (_, wanted))| format!("{what} is {is}, should be {wanted}"))
                .collect();
            format!("column {table}.{}: {}", columns.from.name, differing.join("; "))
        }
        Change::AlterPrimaryKey(table, keys) => {
            let columns = keys.as_ref().map(|key| key.as_ref().map_or("none".to_owned(), |key| key.columns.join(", ")));
            format!("{table}: the primary key is ({}), should be ({})", columns.from, columns.to)
        }
        Change::AddUnique(table, unique) => format!("{table}: {} {MISSING}", unique_rule(unique)),
        Change::DropUnique(table, unique) => format!("{table}: {} {EXTRA}", unique_rule(unique)),
        Change::AddIndex(table, index) => format!("{table}: {} {MISSING}", index_name(index)),
        Change::DropIndex(table, index) => format!("{table}: {} {EXTRA}", index_name(index)),
        Change::AddForeignKey(table, key) => format!("{table}: {} {MISSING}", foreign_key(key)),
        Change::DropForeignKey(table, key) => format!("{table}: {} {EXTRA}", foreign_key(key)),
        Change::AddCheck(table, check) => {
            format!("{table}: check{} ({}) {MISSING}", named(&check.name), check.expr.sql)
        }
        Change::DropCheck(table, check) => {
            format!("{table}: check{} ({}) {EXTRA}", named(&check.name), check.expr.sql)
        }
        Change::AddExclusion(table, rule) => format!("{table}: exclusion{} {MISSING}", named(&rule.index.name)),
        Change::DropExclusion(table, rule) => format!("{table}: exclusion{} {EXTRA}", named(&rule.index.name)),
        Change::SettleRule(table, rules) => {
            format!("{table}: {} is held otherwise", rules.to.name().unwrap_or_default())
        }
    }
}

fn described_enum(change: &EnumChange) -> String {
    match change {
        EnumChange::Create(found) => format!("type {} is missing", found.name),
        EnumChange::Drop(found) => format!("type {} should not be there", found.name),
        EnumChange::Rename(names) => format!("type {} should be called {}", names.from, names.to),
        EnumChange::RenameValue(name, values) => {
            format!("type {name}: value '{}' should be called '{}'", values.from, values.to)
        }
        EnumChange::Values(name, values) => {
            format!("type {name}: values are ({}), should be ({})", values.from.join(", "), values.to.join(", "))
        }
        EnumChange::Comment(name, comments) => {
            format!("type {name}: comment is {}, should be {}", or_none(&comments.from), or_none(&comments.to))
        }
    }
}

/// What there is to say about a column, in pairs of what and which.
fn shape(column: &Column) -> Vec<(&'static str, String)> {
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let generated = column
        .generated
        .as_ref()
        .map(|generated| format!("({}) {}", generated.expr.sql, if generated.stored { "stored" } else { "virtual" }));
    vec![
        ("type", column.sql_type.clone().unwrap_or_else(|| column.data_type.to_string())),
        ("nullable", yes(column.nullable)),
        ("default", or_none(&column.default.as_ref().map(|default| default.sql.clone()))),
        ("on update", or_none(&column.on_update.as_ref().map(|moment| moment.sql.clone()))),
        ("expression", or_none(&generated)),
        ("collation", or_none(&column.collation)),
        ("auto_increment", yes(column.auto_increment)),
        ("numbering", or_none(&column.numbering.map(|numbering| numbering.to_string()))),
        ("comment", or_none(&column.comment)),
    ]
}

fn unique_rule(unique: &Unique) -> String {
    format!("unique{} ({})", named(&unique.name), unique.columns.join(", "))
}

fn index_name(index: &Index) -> String {
    format!("index{}", named(&index.name))
}

fn foreign_key(key: &ForeignKey) -> String {
    let mut text = format!("foreign key{} ({}) to {}", named(&key.name), key.columns.join(", "), key.references);
    if !key.referenced_columns.is_empty() {
        text.push_str(&format!(" ({})", key.referenced_columns.join(", ")));
    }
    for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        text.extend(action.map(|action| format!(" on {event} {action}")));
    }
    text
}

fn named(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!(" {name}")).unwrap_or_default()
}

fn or_none(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "none".to_owned())
}

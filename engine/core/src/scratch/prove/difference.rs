//! Describes how a schema differs from the one that it should be.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::Database;
use crate::diff::diff;
use crate::error::Result;
use crate::model::{
    Bystander, BystanderKind, Change, Column, Differing, Edit, Facet, Pair, Rename, Rule, Schema, TableName, Unique,
    UniqueForm, differing, line,
};
use crate::normalize::comparable;
use crate::sql::folded;

/// Returns the lines about what `is` lacks or has in excess of `wanted`, within the tables that count. Parts that
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

/// Keeps the tables and types that count. Call it after both sides were made comparable, because foreign keys need
/// the tables that they reference for that.
fn among(pair: Pair<Schema>, counts: impl Fn(&TableName) -> bool) -> Pair<Schema> {
    pair.map(|mut schema| {
        schema.tables.retain(|name, _| counts(name));
        schema.enums.retain(|name, _| counts(name));
        schema
    })
}

/// Returns everything in which two live schemas differ within the tables that count, including names of constraints.
pub(super) fn unlike(
    is: &Schema,
    wanted: &Schema,
    counts: impl Fn(&TableName) -> bool,
    asked: &mut Database,
) -> Result<Vec<String>> {
    let pair = among(comparable(Pair::new(is.clone(), wanted.clone()), asked)?, counts);
    let mut lines: Vec<String> = diff(&pair, asked.dialect()).iter().map(described).collect();
    // An unnamed constraint matches any name, so comparing in the other direction may find more.
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
            table.rules.uniques().filter(is_constraint).map(|unique| unique.columns.clone()).collect()
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

/// Returns the views, triggers and virtual tables that differ. Their texts are compared without quotes, spaces and
/// case, because a rename and its reversal leave other quotes. Without `texts`, only names are compared.
pub(super) fn bystanders(
    is: &Schema,
    wanted: &Schema,
    texts: bool,
    counts: impl Fn(BystanderKind, Option<&TableName>) -> bool,
) -> Vec<String> {
    // Triggers of several tables may have one name; a table that is renamed has another.
    type Known = (BystanderKind, String, Option<TableName>);
    let by_name = |schema: &Schema| -> BTreeMap<Known, String> {
        let counted = schema.bystanders.iter().filter(|object| counts(object.kind, object.table.as_ref()));
        let known = |object: &Bystander| (object.kind, object.name.clone(), object.table.clone().filter(|_| texts));
        counted.map(|object| (known(object), folded(&object.sql))).collect()
    };
    let (is, wanted) = (by_name(is), by_name(wanted));
    let shown = |(kind, name, _): &Known| format!("{} {name}", kind.name());
    let mut lines = Vec::new();
    for (known, text) in &wanted {
        match is.get(known) {
            None => lines.push(format!("{} is missing", shown(known))),
            Some(found) if texts && found != text => lines.push(format!("{} is another one now", shown(known))),
            Some(_) => {}
        }
    }
    let extra = is.keys().filter(|known| !wanted.contains_key(*known));
    lines.extend(extra.map(|known| format!("{} should not be there", shown(known))));
    lines
}

const MISSING: &str = "is missing";
const EXTRA: &str = "should not be there";

/// Describes what is wrong with a schema that this change would correct.
fn described(change: &Change) -> String {
    match change {
        Change::Rename(Rename::Table(names)) => format!("table {} should be called {}", names.from, names.to),
        Change::Rename(Rename::Column(table, names)) => {
            format!("column {table}.{} should be called {}", names.from, names.to)
        }
        Change::Rename(Rename::Enum(names)) => format!("type {} should be called {}", names.from, names.to),
        Change::Rename(Rename::EnumValue(name, values)) => {
            format!("type {name}: value '{}' should be called '{}'", values.from, values.to)
        }
        Change::Table(Edit::Add(table)) => format!("table {} {MISSING}", table.name),
        Change::Table(Edit::Drop(table)) => format!("table {} {EXTRA}", table.name),
        Change::Table(Edit::Alter(tables)) => {
            let Pair { from, to } = tables.as_ref();
            let options =
                (from.options != to.options).then(|| format!("options are {}, should be {}", from.options, to.options));
            let all: Vec<_> = options.into_iter().chain(comments(&from.comment, &to.comment)).collect();
            format!("table {}: {}", from.name, all.join("; "))
        }
        Change::Column(table, Edit::Add(column)) => format!("column {table}.{} {MISSING}", column.name),
        Change::Column(table, Edit::Drop(column)) => format!("column {table}.{} {EXTRA}", column.name),
        Change::Column(table, Edit::Alter(columns)) => {
            let facets = columns.as_ref().as_ref().map(Column::facets);
            let should_be = |(aspect, is, wanted): Differing<'_>| {
                let shown =
                    |facet: Option<&Facet>| facet.map_or_else(|| aspect.absent(), |facet| &facet.stated).to_owned();
                format!("{} is {}, should be {}", aspect.name(), shown(is), shown(wanted))
            };
            let differing: Vec<_> = differing(&facets.from, &facets.to).into_iter().map(should_be).collect();
            format!("column {table}.{}: {}", columns.from.name, differing.join("; "))
        }
        Change::Rule(table, edit) => format!("{table}: {}", described_rule(edit)),
        Change::Enum(Edit::Add(found)) => format!("type {} {MISSING}", found.name),
        Change::Enum(Edit::Drop(found)) => format!("type {} {EXTRA}", found.name),
        Change::Enum(Edit::Alter(types)) => {
            let Pair { from, to } = types.as_ref();
            let (is, wanted) = (from.names().join(", "), to.names().join(", "));
            let values = (is != wanted).then(|| format!("values are ({is}), should be ({wanted})"));
            let all: Vec<_> = values.into_iter().chain(comments(&from.comment, &to.comment)).collect();
            format!("type {}: {}", from.name, all.join("; "))
        }
    }
}

fn comments(is: &Option<String>, wanted: &Option<String>) -> Option<String> {
    (is != wanted).then(|| format!("comment is {}, should be {}", or_none(is), or_none(wanted)))
}

fn described_rule(edit: &Edit<Rule>) -> String {
    let sides = edit.sides();
    if let Some(Rule::PrimaryKey(_)) = sides.from.or(sides.to) {
        let columns = sides.map(|rule| rule.map_or_else(|| "none".to_owned(), |rule| line(&rule.facets())));
        return format!("the primary key is {}, should be {}", columns.from, columns.to);
    }
    match edit {
        Edit::Add(rule) => format!("{} {MISSING}", rule_in_words(rule)),
        Edit::Drop(rule) => format!("{} {EXTRA}", rule_in_words(rule)),
        Edit::Alter(rules) => {
            let what = if rules.from.comment() == rules.to.comment() { "is held" } else { "is commented on" };
            format!("{} {what} otherwise", rules.to.name().unwrap_or_default())
        }
    }
}

fn rule_in_words(rule: &Rule) -> String {
    let name = rule.name().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{}{name} {}", rule.kind(), line(&rule.facets()))
}

fn or_none(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "none".to_owned())
}

//! Tables with their columns and rules, enumerated types, and the keys between tables.

use std::collections::{BTreeMap, BTreeSet};

use autogen_engine::model::{
    Change, Column, Edit, EnumType, Facet, ForeignKey, Index, Rename, Rule, RuleKind as _, Schema, Table, TableName,
    line,
};

use super::{Arrow, Box, Line, Mark, Picture, Row, Subject};
use crate::printable::one_line;
use crate::report;

/// How many characters of a column's type fit into a box.
const SHORT: usize = 28;

/// Makes a picture of a schema. `changes` lead to it from the schema that it is compared with: what they touch is marked,
/// and what they drop is shown as gone. `owner` says whose a table or type is.
pub fn tables(schema: &Schema, changes: &[Change], owner: impl Fn(&TableName) -> String) -> Picture {
    let marks = Marks::of(changes);
    let mut found: Vec<(String, TableName, Box)> = Vec::new();
    let mut add = |name: &TableName, found_box: Box| found.push((one_line(&owner(name)), name.clone(), found_box));
    for table in schema.tables.values() {
        add(&table.name, of_table(table, marks.of_object(&table.name), &marks));
    }
    for values in schema.enums.values() {
        add(&values.name, of_enum(values, marks.of_object(&values.name)));
    }
    for change in changes {
        match change {
            Change::Table(Edit::Drop(table)) => add(&table.name, of_table(table, Mark::Gone, &marks)),
            Change::Enum(Edit::Drop(values)) => add(&values.name, of_enum(values, Mark::Gone)),
            Change::Table(Edit::Add(_) | Edit::Alter(_))
            | Change::Enum(Edit::Add(_) | Edit::Alter(_))
            | Change::Rename(_)
            | Change::Column(..)
            | Change::Rule(..) => {}
        }
    }
    let groups: BTreeSet<String> = found.iter().map(|(owner, ..)| owner.clone()).collect();
    // The host's own tables come first, as they do everywhere.
    let mut groups: Vec<String> = groups.into_iter().collect();
    groups.sort_by_key(|group| group != "core");
    found.sort_by_key(|(owner, ..)| groups.iter().position(|group| group == owner));
    let positions: BTreeMap<TableName, usize> =
        found.iter().enumerate().map(|(at, (_, name, _))| (name.clone(), at)).collect();
    let arrows = arrows(schema, changes, &positions, &marks);
    let boxes = found.into_iter().map(|(owner, _, found)| Box {
        group: groups.iter().position(|group| *group == owner).unwrap_or_default(),
        ..found
    });
    let boxes = boxes.collect();
    Picture { title: String::new(), subtitle: String::new(), subject: Subject::Tables, groups, boxes, arrows }
}

/// What changes do, by what they do it to. Tables stand under their new names.
#[derive(Default)]
struct Marks<'a> {
    objects: BTreeMap<TableName, Mark>,
    columns: BTreeMap<(TableName, String), (Mark, Option<String>)>,
    dropped_columns: BTreeMap<TableName, Vec<&'a Column>>,
    rules: Vec<(TableName, &'a Edit<Rule>)>,
}

impl<'a> Marks<'a> {
    fn of(changes: &'a [Change]) -> Self {
        let mut marks = Self::default();
        for change in changes {
            marks.add(change);
        }
        marks
    }

    fn add(&mut self, change: &'a Change) {
        let (name, mark) = match change {
            Change::Table(Edit::Add(table)) => (table.name.clone(), Mark::New),
            Change::Table(Edit::Drop(table)) => (table.name.clone(), Mark::Gone),
            Change::Enum(Edit::Add(values)) => (values.name.clone(), Mark::New),
            Change::Enum(Edit::Drop(values)) => (values.name.clone(), Mark::Gone),
            // Renames come first, and everything after them uses new names.
            Change::Rename(Rename::Table(names) | Rename::Enum(names)) => (names.to.clone(), Mark::Changed),
            Change::Rename(Rename::Column(..) | Rename::EnumValue(..))
            | Change::Table(Edit::Alter(_))
            | Change::Enum(Edit::Alter(_))
            | Change::Column(..)
            | Change::Rule(..) => (change.subject().table, Mark::Changed),
        };
        match change {
            Change::Rename(Rename::Column(table, names)) => {
                self.columns.insert((table.clone(), names.to.clone()), (Mark::Changed, Some(names.from.clone())));
            }
            Change::Column(table, edit) => self.add_column(table, edit),
            Change::Rule(table, edit) => self.rules.push((table.clone(), edit)),
            Change::Rename(Rename::Table(_) | Rename::Enum(_) | Rename::EnumValue(..))
            | Change::Table(_)
            | Change::Enum(_) => {}
        }
        self.objects.entry(name).or_insert(mark);
    }

    fn add_column(&mut self, table: &TableName, edit: &'a Edit<Column>) {
        let mark = match edit {
            Edit::Add(_) => (Mark::New, None),
            Edit::Drop(column) => {
                self.dropped_columns.entry(table.clone()).or_default().push(column);
                return;
            }
            Edit::Alter(columns) => (Mark::Changed, Some(report::described(&columns.from))),
        };
        self.columns.insert((table.clone(), edit.first().name.clone()), mark);
    }

    fn of_object(&self, name: &TableName) -> Mark {
        self.objects.get(name).copied().unwrap_or(Mark::Same)
    }

    /// Returns the rules of a table that changes drop or make anew.
    fn rules_of(&self, table: &TableName) -> impl Iterator<Item = &'a Edit<Rule>> {
        self.rules.iter().filter(move |(of, _)| of == table).map(|(_, edit)| *edit)
    }

    fn of_rule(&self, table: &TableName, rule: &Rule) -> (Mark, Option<String>) {
        let edit = self.rules_of(table).find(|edit| edit.sides().to.is_some_and(|to| is_same(to, rule)));
        match edit {
            Some(Edit::Add(_)) => (Mark::New, None),
            Some(Edit::Alter(rules)) => (Mark::Changed, Some(line(&rules.from.facets()))),
            Some(Edit::Drop(_)) | None => (Mark::Same, None),
        }
    }
}

/// Checks whether two rules are one, as far as people see. What only definitions say doesn't count.
fn is_same(a: &Rule, b: &Rule) -> bool {
    a.kind() == b.kind() && a.name() == b.name() && line(&a.facets()) == line(&b.facets())
}

fn of_table(table: &Table, mark: Mark, marks: &Marks<'_>) -> Box {
    let is_key = |column: &Column| table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
    let row = |column: &Column, mark, was: Option<String>| Row {
        name: one_line(&column.name),
        short: short(&column.shown_type(), column.nullable),
        text: one_line(&with_comment(report::described(column), column.comment.as_deref())),
        mark,
        was: was.map(|was| one_line(&was)),
        is_key: is_key(column),
    };
    let mut rows = Vec::new();
    for column in &table.columns {
        let known = marks.columns.get(&(table.name.clone(), column.name.clone())).cloned();
        let (mark, was) = known.unwrap_or((Mark::Same, None));
        rows.push(row(column, mark, was));
    }
    let dropped = marks.dropped_columns.get(&table.name).into_iter().flatten();
    rows.extend(dropped.map(|column| row(column, Mark::Gone, None)));

    let key = table.primary_key.clone().map(Rule::PrimaryKey);
    let mut rules = Vec::new();
    for rule in key.iter().chain(table.rules.iter()) {
        let (mark, was) = marks.of_rule(&table.name, rule);
        rules.push(of_rule(rule, mark, was));
    }
    for edit in marks.rules_of(&table.name) {
        if let Edit::Drop(rule) = edit {
            rules.push(of_rule(rule, Mark::Gone, None));
        }
    }
    let mut notes: Vec<String> = table.comment.iter().map(|comment| one_line(comment)).collect();
    let options: Vec<String> = table.options.facets().iter().filter_map(Facet::words).collect();
    notes.extend((!options.is_empty()).then(|| one_line(&options.join(", "))));
    Box { group: 0, name: one_line(&table.name.to_string()), mark, notes, rows, rules }
}

fn of_rule(rule: &Rule, mark: Mark, was: Option<String>) -> Row {
    let name = rule.name().map(|name| format!(" {name}")).unwrap_or_default();
    let is_unique = Index::of(rule).is_some_and(|index| index.unique);
    let kind = if is_unique { "unique index" } else { rule.kind() };
    let text = with_comment(line(&rule.facets()), rule.comment().map(String::as_str));
    Row {
        name: one_line(&format!("{kind}{name}")),
        short: String::new(),
        text: one_line(&text),
        mark,
        was: was.map(|was| one_line(&was)),
        is_key: false,
    }
}

fn of_enum(values: &EnumType, mark: Mark) -> Box {
    let row = |name: String| Row {
        name: one_line(&name),
        short: String::new(),
        text: String::new(),
        mark: Mark::Same,
        was: None,
        is_key: false,
    };
    Box {
        group: 0,
        name: one_line(&format!("enum {}", values.name)),
        mark,
        notes: values.comment.iter().map(|comment| one_line(comment)).collect(),
        rows: values.names().into_iter().map(row).collect(),
        rules: Vec::new(),
    }
}

fn with_comment(text: String, comment: Option<&str>) -> String {
    comment.map_or_else(|| text.clone(), |comment| format!("{text} -- {comment}"))
}

/// Writes a column's type in a few words; `?` says that it may hold NULL.
fn short(data_type: &str, nullable: bool) -> String {
    let mut text: String = one_line(data_type);
    if text.chars().count() > SHORT {
        text = text.chars().take(SHORT - 1).chain(['…']).collect();
    }
    if nullable { text + "?" } else { text }
}

fn arrows(
    schema: &Schema,
    changes: &[Change],
    positions: &BTreeMap<TableName, usize>,
    marks: &Marks<'_>,
) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    let mut add = |table: &TableName, key: &ForeignKey, mark: Mark| {
        let (Some(from), Some(to)) = (positions.get(table), positions.get(&key.references)) else { return };
        let text = line(&Rule::ForeignKey(key.clone()).facets());
        arrows.push(Arrow { from: *from, to: *to, text: one_line(&text), line: Line::Solid, mark });
    };
    for table in schema.tables.values() {
        for key in table.rules.foreign_keys() {
            let (mark, _) = marks.of_rule(&table.name, &Rule::ForeignKey(key.clone()));
            let is_new = marks.of_object(&table.name) == Mark::New;
            add(&table.name, key, if is_new { Mark::New } else { mark });
        }
    }
    for change in changes {
        match change {
            Change::Table(Edit::Drop(table)) => {
                table.rules.foreign_keys().for_each(|key| add(&table.name, key, Mark::Gone));
            }
            Change::Rule(table, Edit::Drop(Rule::ForeignKey(key))) => add(table, key, Mark::Gone),
            Change::Table(Edit::Add(_) | Edit::Alter(_))
            | Change::Rule(..)
            | Change::Enum(_)
            | Change::Rename(_)
            | Change::Column(..) => {}
        }
    }
    arrows
}

//! Compares what the header of a revision says with what its SQL does.

use std::collections::{BTreeMap, BTreeSet};

use autogen_codegen::printable::one_line;
use autogen_codegen::report;
use autogen_codegen::revision::Header;
use autogen_engine::dialect::Dialect;
use autogen_engine::model::{BystanderKind, Change, EnumValue, Pair, Schema, TableName};
use autogen_engine::plan::HazardKind;
use autogen_engine::sql::{RowCount, row_counts};

/// Risks of losing something. Most of the others depend on what only a definition can state, such as how a column
/// is filled.
const LOSSES: [HazardKind; 3] = [HazardKind::DropTable, HazardKind::DropColumn, HazardKind::DropEnumValue];

/// Describes what a header leaves out and what it makes up, one sentence each. `beside` is what [`beside`] returns.
pub(super) fn lies(
    header: &Header,
    changes: &[Change],
    hazards: &BTreeSet<HazardKind>,
    beside: Vec<String>,
) -> Vec<String> {
    let (said, done) = (by_subject(&header.changes), by_subject(&report::lines(changes)));
    let only = |these: &BTreeMap<String, String>, others: &BTreeMap<String, String>| -> Vec<String> {
        these
            .iter()
            .filter(|(subject, _)| !others.contains_key(*subject))
            .map(|(_, line)| format!("`{line}`"))
            .collect()
    };
    let mut lies = Vec::new();
    let (mut unsaid, undone) = (only(&done, &said), only(&said, &done));
    unsaid.extend(beside);
    if !unsaid.is_empty() {
        lies.push(format!("the header doesn't say what up.sql does: {}", unsaid.join(", ")));
    }
    if !undone.is_empty() {
        lies.push(format!("the header says what up.sql doesn't do: {}", undone.join(", ")));
    }
    let is_said = |kind: &HazardKind| header.at_risk.iter().any(|line| line.starts_with(&format!("{kind}:")));
    let risks = hazards.iter().filter(|kind| LOSSES.contains(kind) && !is_said(kind));
    let risks: Vec<String> = risks.map(ToString::to_string).collect();
    if !risks.is_empty() {
        lies.push(format!("the header doesn't say what is at risk: {}", risks.join(", ")));
    }
    lies
}

/// Describes what a script does that no definition can ask for: objects beside tables that come and go, and rows that
/// come and go.
pub(super) fn beside(header: &Header, schemas: &Pair<Schema>, up: &str, dialect: Dialect) -> Vec<String> {
    let objects = |schema: &Schema| -> BTreeSet<String> {
        let objects = schema.bystanders.iter().filter(|object| is_made_by_hand(object.kind));
        let is_there = |table: &Option<TableName>| {
            let both =
                |name: &TableName| schemas.from.tables.contains_key(name) && schemas.to.tables.contains_key(name);
            table.as_ref().is_none_or(both)
        };
        let objects = objects.filter(|object| is_there(&object.table));
        objects.map(|object| one_line(&format!("{} {}", object.kind.name(), object.name))).collect()
    };
    let objects = schemas.as_ref().map(objects);
    let new = objects.to.difference(&objects.from).map(|object| format!("`+ {object}`"));
    let gone = objects.from.difference(&objects.to).map(|object| format!("`- {object}`"));
    let mut lines: Vec<String> = new.chain(gone).collect();
    let is_allowed = header.at_risk.iter().any(|line| line.starts_with("delete-rows:"));
    let facts = dialect.facts();
    let mut rows = row_counts(dialect, up);
    rows.sort();
    rows.dedup();
    for (count, table) in rows {
        let is_it = |known: &&TableName| facts.same_name(&known.name, &table.name);
        let old = schemas.from.tables.keys().find(is_it).filter(|old| schemas.to.tables.contains_key(old));
        let Some(old) = old.map(|old| one_line(&old.to_string())) else { continue };
        match count {
            RowCount::Grows => lines.push(format!("it adds rows to {old}")),
            RowCount::Shrinks if is_allowed => {}
            RowCount::Shrinks => lines.push(format!("it takes rows from {old}")),
        }
    }
    lines
}

/// Checks whether objects of a kind come and go by nobody's definition.
fn is_made_by_hand(kind: BystanderKind) -> bool {
    match kind {
        BystanderKind::View
        | BystanderKind::Trigger
        | BystanderKind::VirtualTable
        | BystanderKind::MaterializedView
        | BystanderKind::ForeignTable
        | BystanderKind::Function
        | BystanderKind::Rule
        | BystanderKind::Policy => true,
        BystanderKind::Extension
        | BystanderKind::Domain
        | BystanderKind::Type
        | BystanderKind::Sequence
        | BystanderKind::Partition
        | BystanderKind::PartitionPart => false,
    }
}

/// Sorts the lines of a report by their subject, because a definition and a database may describe the same
/// thing in different words. Indexes are left out, because a server makes and drops some by itself.
fn by_subject(lines: &[String]) -> BTreeMap<String, String> {
    let lines = lines.iter().map(|line| one_line(line));
    lines.filter_map(|line| Some((subject(&line)?, line))).collect()
}

fn subject(line: &str) -> Option<String> {
    let (sign, rest) = line.split_once(' ').filter(|(sign, _)| ["+", "-", "~", ">"].contains(sign))?;
    let name = rest.split("  ").next().unwrap_or_default();
    if sign == ">" {
        return renamed(line, rest);
    }
    if name.starts_with("enum ") {
        return Some(name.to_owned());
    }
    // Details are how a rule is held, comments, and values of an enum that the database keeps as texts.
    let details = rest.split_once("  ").map_or("", |(_, details)| details);
    let are_values = !details.is_empty() && details.split("; ").all(|detail| detail.starts_with("value "));
    let is_held = details.contains(": an index -> ") || details.contains(": a constraint -> ");
    let is_held = is_held || details.contains(": for ") || details.ends_with(": comment");
    if sign == "~" && (is_held || are_values || details == "comment") {
        return None;
    }
    for kind in ["unique index", "unique", "foreign key", "check", "exclude", "index"] {
        let Some(rule) = rest.strip_prefix(kind).and_then(|rule| rule.strip_prefix(' ')) else { continue };
        let rule = rule.strip_prefix("on ").or_else(|| Some(rule.split_once(" on ")?.1))?;
        let table = rule.split(" (").next().unwrap_or_default();
        let kind = kind.trim_end_matches(" index");
        return (kind != "index").then(|| format!("{sign} {kind} on {table}"));
    }
    Some(format!("{sign} {name}"))
}

/// Returns the subject of a line about a rename. Returns `None` for a table that changes hands, which is the
/// chains' business, and for a name that differs only in case, which some databases ignore.
fn renamed(line: &str, rest: &str) -> Option<String> {
    if rest.contains(" comes from ") || rest.contains(" goes to ") {
        return None;
    }
    let (from, to) = rest.split_once(" -> ")?;
    if from.starts_with("enum ") {
        return from.split("  ").next().map(str::to_owned);
    }
    let from = if to.contains('.') { from } else { from.rsplit('.').next().unwrap_or(from) };
    (!from.eq_ignore_ascii_case(to)).then(|| line.to_owned())
}

/// The renames that headers state: of tables, of columns in their tables, of enums and of their values.
#[derive(Debug, Default)]
pub(crate) struct Renames {
    tables: Vec<Pair<String>>,
    columns: Vec<(String, Pair<String>)>,
    enums: Vec<Pair<String>>,
    values: Vec<(String, Pair<String>)>,
}

impl Renames {
    /// Adds the renames of one more header, which refers to the names that the earlier headers gave.
    pub(crate) fn add(&mut self, header: &Header, to: &Schema) {
        let stated = header.changes.iter().filter_map(|line| line.strip_prefix("> ")?.split_once(" -> "));
        for (from, new) in stated {
            if let Some(of_enum) = from.strip_prefix("enum ") {
                let new = new.to_owned();
                match of_enum.split_once("  ") {
                    Some((name, from)) => self.values.push((name.to_owned(), Pair::new(from.to_owned(), new))),
                    None => self.enums.push(Pair::new(of_enum.to_owned(), new)),
                }
                continue;
            }
            let column = to.tables.keys().find_map(|table| Some((table, from.strip_prefix(&format!("{table}."))?)));
            let names = |from: &str| Pair::new(from.to_owned(), new.to_owned());
            match column {
                Some((table, from)) => add(&mut self.columns, table.to_string(), names(from)),
                None => {
                    match self.tables.iter_mut().find(|known| known.to == from) {
                        Some(known) => known.to = new.to_owned(),
                        None => self.tables.push(names(from)),
                    }
                    for (table, _) in self.columns.iter_mut().filter(|(table, _)| table == from) {
                        new.clone_into(table);
                    }
                }
            }
        }
    }

    /// Returns `true` if there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.columns.is_empty() && self.enums.is_empty() && self.values.is_empty()
    }

    /// Records in the second of two schemas what things were called in the first.
    pub(crate) fn hint(&self, pair: &mut Pair<Schema>) {
        self.hint_enums(pair);
        let old_name = |table: &TableName| -> TableName {
            let is_it = |known: &&Pair<String>| known.to == table.to_string();
            let old = self.tables.iter().find(is_it).map(|known| known.from.as_str());
            pair.from.tables.keys().find(|name| Some(name.to_string().as_str()) == old).unwrap_or(table).clone()
        };
        let olds: BTreeMap<TableName, TableName> =
            pair.to.tables.keys().map(|table| (table.clone(), old_name(table))).collect();
        for table in pair.to.tables.values_mut() {
            let name = &table.name;
            let old = &olds[name];
            let Some(before) = pair.from.tables.get(old) else { continue };
            if old != name {
                table.hints.renamed_from = Some(old.name.clone());
            }
            for (_, names) in self.columns.iter().filter(|(of, _)| *of == name.to_string()) {
                let is_gone = before.column(&names.from).is_some() && before.column(&names.to).is_none();
                for column in table.columns.iter_mut().filter(|column| is_gone && column.name == names.to) {
                    column.hints.renamed_from = Some(names.from.clone());
                }
            }
        }
    }
}

impl Renames {
    fn hint_enums(&self, pair: &mut Pair<Schema>) {
        for (name, found) in &mut pair.to.enums {
            let name = name.to_string();
            let renamed = self.enums.iter().find(|names| names.to == name);
            let old = renamed.map_or(name.as_str(), |names| names.from.as_str());
            let Some(before) = pair.from.enums.values().find(|before| before.name.to_string() == old) else { continue };
            if renamed.is_some() {
                found.hints.renamed_from = Some(before.name.name.clone());
            }
            let had = before.names();
            for (_, names) in self.values.iter().filter(|(of, _)| *of == name || of == old) {
                let is_it = |value: &&mut EnumValue| value.name == names.to && had.contains(&names.from);
                let value = found.values.iter_mut().find(is_it);
                value.into_iter().for_each(|value| value.renamed_from = Some(names.from.clone()));
            }
        }
    }
}

fn add(all: &mut Vec<(String, Pair<String>)>, table: String, names: Pair<String>) {
    match all.iter_mut().find(|(of, known)| *of == table && known.to == names.from) {
        Some((_, known)) => known.to = names.to,
        None => all.push((table, names)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_about_the_same_whatever_else_they_say() {
        for (line, about) in [
            ("+ table users  (id)", Some("+ table users")),
            ("- users.email  Text default 'a: b'", Some("- users.email")),
            ("~ users.age  Integer -> BigInt", Some("~ users.age")),
            ("~ users.state  value sent -> shipped; value a -> b", None),
            ("~ users.state  value sent -> shipped; null -> not null", Some("~ users.state")),
            ("~ users  ck: for new rows only -> for all rows", None),
            ("~ users  comment", None),
            ("+ unique index ux on users (a) where a > 0", Some("+ unique on users")),
            ("+ unique on users (a)", Some("+ unique on users")),
            ("- index ix on users (a)", None),
            ("+ foreign key fk on posts (a) -> users (id)", Some("+ foreign key on posts")),
            ("+ enum mood  sad, glad", Some("enum mood")),
            ("> enum mood  sad -> blue", Some("enum mood")),
            ("> users.a -> b", Some("> users.a -> b")),
            ("> users.Name -> name", None),
            ("> users comes from core", None),
            ("    id  Integer not null", None),
        ] {
            assert_eq!(subject(line).as_deref(), about, "{line}");
        }
    }
}

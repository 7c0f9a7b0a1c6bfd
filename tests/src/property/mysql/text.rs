//! Models as Rust source. What has lost its ground is left out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::models::{ColumnModel, INTEGER, Keys, Models, Name, PLAIN, Rule, TableModel};

impl Models {
    /// The definitions; with what they say about the start, where that is another one.
    pub(super) fn text(&self, renames: bool) -> String {
        let mut text = String::new();
        for table in &self.tables {
            self.table(table, renames, &mut text);
        }
        text
    }

    fn table(&self, table: &TableModel, renames: bool, text: &mut String) {
        let key = if self.is_paired(table) {
            format!("{}, {}", table.columns[0].name.rust, table.columns[1].name.rust)
        } else {
            table.columns[0].name.rust.clone()
        };
        let _ = write!(text, "autogen::table! {{\n{}{}", doc(table.comment), named(&table.name, renames));
        let mut seen = BTreeSet::new();
        for rule in &table.rules {
            let Some(rule) = self.rule(table, rule) else { continue };
            if seen.insert(rule.clone()) {
                let _ = writeln!(text, "{rule}");
            }
        }
        let _ = writeln!(text, "{} ({key}) {{", table.name.rust);
        for (position, column) in table.columns.iter().enumerate() {
            self.column_text(table, position, column, renames, text);
        }
        text.push_str("}\n}\n");
    }

    /// Whether the second column is a part of the key: nothing points at a table by half its key.
    fn is_paired(&self, table: &TableModel) -> bool {
        let mut columns = self.tables.iter().flat_map(|other| &other.columns);
        let is_target =
            columns.any(|column| column.references.as_ref().is_some_and(|(parent, _)| *parent == table.name.rust));
        let second = table.columns.get(1).is_some_and(|second| whole(second) && second.doubles.is_none());
        table.pair_key && second && !is_target && !table.columns[0].numbered
    }

    #[expect(clippy::too_many_arguments, reason = "a column is written from all that is known of it")]
    fn column_text(&self, table: &TableModel, position: usize, column: &ColumnModel, renames: bool, text: &mut String) {
        let in_key = position == 0 || (position == 1 && self.is_paired(table));
        text.push_str(&doc(column.comment));
        text.push_str(&named(&column.name, renames));
        let plain = &PLAIN[column.kind];
        let mut attributes: Vec<String> = Vec::new();
        let doubled = self.doubled(table, column);
        if let Some((source, stored)) = &doubled {
            let stored = if *stored { "stored" } else { "virtual" };
            attributes.push(format!("generated({}, {stored})", literal(&format!("{} * 2", quoted(&source.sql)))));
        } else if column.numbered {
            attributes.push("auto_increment".to_owned());
        } else if let Some(pick) = column.default {
            attributes.push(format!("default{}", plain.defaults[pick % plain.defaults.len()]));
        }
        if let Some((parent, action)) = &column.references
            && let Some(parent) = self.tables.iter().find(|table| table.name.rust == *parent)
            && parent.columns[0].kind == column.kind
            && doubled.is_none()
        {
            let action = ["", ", on_delete = cascade", ", on_delete = set_null, on_update = cascade"][*action];
            let action = if column.required || in_key { "" } else { action };
            attributes.push(format!("references({}({}){action})", parent.name.rust, parent.columns[0].name.rust));
        }
        // What references a key is compared as that is.
        let is_collated = column.collated && position > 0 && column.references.is_none();
        if is_collated && ["Text", "Varchar"].contains(&plain.word) {
            attributes.push("collate = \"utf8mb4_bin\"".to_owned());
        }
        if !plain.attribute.is_empty() {
            let _ = write!(text, "{} ", plain.attribute);
        }
        for attribute in attributes {
            let _ = write!(text, "#[{attribute}] ");
        }
        let is_required = in_key || column.required && doubled.is_none();
        let word = if is_required { plain.word.to_owned() } else { format!("Nullable<{}>", plain.word) };
        let _ = writeln!(text, "{} -> {word},", column.name.rust);
    }

    /// The column that this one is computed from, and whether that is stored. The server lets nobody number what
    /// another column is computed from.
    pub(super) fn doubled<'a>(&self, table: &'a TableModel, column: &ColumnModel) -> Option<(&'a Name, bool)> {
        let (wanted, stored) = column.doubles.as_ref()?;
        let source = table.columns.iter().find(|other| other.name.rust == *wanted)?;
        let is_plain = source.doubles.is_none() && source.kind == INTEGER && !source.numbered;
        (is_plain && column.kind == INTEGER).then_some((&source.name, *stored))
    }

    fn rule(&self, table: &TableModel, rule: &Rule) -> Option<String> {
        let column = |rust: &String| table.columns.iter().find(|column| column.name.rust == *rust);
        let all = |columns: &[String]| columns.iter().map(column).collect::<Option<Vec<_>>>();
        let is_key = |columns: &[String]| columns[..] == [table.columns[0].name.rust.clone()];
        match rule {
            Rule::Unique(columns) => {
                let fits = all(columns)?.into_iter().all(whole);
                (fits && !is_key(columns)).then(|| format!("#[unique({})]", columns.join(", ")))
            }
            Rule::Index { columns, descending, unique } => {
                let found = all(columns)?;
                if found.iter().any(|column| PLAIN[column.kind].keys == Keys::Nothing)
                    || (*unique && (is_key(columns) || !found.iter().all(|column| whole(column))))
                    // What no row stores has no first letters.
                    || found.iter().any(|column| self.doubled(table, column).is_some_and(|(_, stored)| !stored))
                {
                    return None;
                }
                let key = |(at, column): (usize, &&ColumnModel)| {
                    let name = &column.name.rust;
                    let key = if whole(column) { name.clone() } else { format!("prefix({name}, 10)") };
                    if *descending && at == 0 { format!("desc({key})") } else { key }
                };
                let keys: Vec<String> = found.iter().enumerate().map(key).collect();
                let unique = if *unique { ", unique" } else { "" };
                Some(format!("#[index({}{unique})]", keys.join(", ")))
            }
            Rule::FullText(columns) => {
                let found = all(columns)?;
                let fits = |column: &&ColumnModel| {
                    ["Text", "Varchar"].contains(&PLAIN[column.kind].word)
                        && !PLAIN[column.kind].attribute.contains("enum")
                        && column.collated == found[0].collated
                        // The server takes it for the index that the key needs, and then finds it unfit.
                        && column.references.is_none()
                };
                found.iter().all(fits).then(|| format!("#[index({}, using = fulltext)]", columns.join(", ")))
            }
            Rule::Check(name, pick) => {
                let column = column(name).filter(|column| !column.numbered)?;
                // A key that acts on the column lets no check see it.
                if column.references.is_some() {
                    return None;
                }
                let found = quoted(&column.name.sql);
                let condition = match (PLAIN[column.kind].word, pick) {
                    ("Text" | "Varchar", 0) => format!("{found} <> 'never'"),
                    ("Text" | "Varchar", 1) => format!("{found} NOT IN ('p', 'q')"),
                    ("Text" | "Varchar", _) => format!("length({found}) < 1000 OR {found} LIKE 'x%'"),
                    ("Integer" | "BigInt" | "Numeric" | "SmallInt" | "Double", 0) => format!("{found} > -100"),
                    ("Integer" | "BigInt" | "Numeric" | "SmallInt" | "Double", 1) => {
                        format!("{found} BETWEEN -100 AND 1000")
                    }
                    (_, _) => format!("{found} IS NULL OR {found} IS NOT NULL"),
                };
                Some(format!("#[check({})]", literal(&condition)))
            }
        }
    }
}

/// Whether all of a column goes into an index.
fn whole(column: &ColumnModel) -> bool {
    PLAIN[column.kind].keys == Keys::Whole
}

fn named(name: &Name, renames: bool) -> String {
    let was = name.was.as_ref().filter(|was| renames && **was != name.sql);
    let was = was.map(|was| format!("#[renamed_from({})] ", literal(was))).unwrap_or_default();
    format!("#[sql_name = {}] {was}", literal(&name.sql))
}

fn doc(comment: Option<&str>) -> String {
    comment.map(|comment| format!("#[doc = {}] ", literal(&format!(" {comment}")))).unwrap_or_default()
}

fn literal(text: &str) -> String {
    format!("{text:?}")
}

pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

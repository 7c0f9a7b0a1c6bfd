//! Models as Rust source. What has lost its ground is left out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::models::{BIGINT, ColumnModel, INTEGER, Kind, Models, Name, PLAIN, Rule, TableModel};

impl Models {
    /// The definitions; with what they say about the start, where that is another one.
    pub(super) fn text(&self, renames: bool) -> String {
        let mut text = String::new();
        for found in &self.enums {
            let values: Vec<String> =
                found.values.iter().map(|value| format!("{}{}", named(value, renames), value.rust)).collect();
            let (doc, named, rust) = (doc(found.comment), named(&found.name, renames), &found.name.rust);
            let _ = writeln!(text, "autogen::sql_enum! {{\n{doc}{named}enum {rust} {{ {} }}\n}}", values.join(", "));
        }
        for table in &self.tables {
            self.table(table, renames, &mut text);
        }
        text
    }

    fn table(&self, table: &TableModel, renames: bool, text: &mut String) {
        let key = if table.pair_key && self.may_pair(table) {
            format!("{}, {}", table.columns[0].name.rust, table.columns[1].name.rust)
        } else {
            table.columns[0].name.rust.clone()
        };
        let _ = write!(text, "autogen::table! {{\n{}{}", doc(table.comment), named(&table.name, renames));
        let mut seen = BTreeSet::new();
        for rule in &table.rules {
            let Some(rule) = self.rule(table, rule) else { continue };
            // Two of one shape are one too many.
            let shape = rule.split(", name").next().unwrap_or_default().to_owned();
            if seen.insert(shape) {
                let _ = writeln!(text, "{rule}");
            }
        }
        let _ = writeln!(text, "{} ({key}) {{", table.name.rust);
        for (position, column) in table.columns.iter().enumerate() {
            self.column_text(table, position, column, renames, text);
        }
        text.push_str("}\n}\n");
    }

    /// Whether the second column can be a part of the key: nothing points at a table by half its key.
    pub(super) fn may_pair(&self, table: &TableModel) -> bool {
        let mut columns = self.tables.iter().flat_map(|other| &other.columns);
        let is_target =
            columns.any(|column| column.references.as_ref().is_some_and(|(parent, ..)| *parent == table.name.rust));
        table.columns.get(1).is_some_and(|second| self.sorts(&second.kind) && second.doubles.is_none()) && !is_target
    }

    #[expect(clippy::too_many_arguments, reason = "a column is written from all that is known of it")]
    fn column_text(&self, table: &TableModel, position: usize, column: &ColumnModel, renames: bool, text: &mut String) {
        let in_key = position == 0 || (position == 1 && table.pair_key && self.may_pair(table));
        text.push_str(&doc(column.comment));
        text.push_str(&named(&column.name, renames));
        let mut attributes: Vec<String> = Vec::new();
        let doubled = self.doubled(table, column);
        if let Some(source) = &doubled {
            attributes.push(format!("generated({}, stored)", literal(&format!("{} * 2", quoted(&source.sql)))));
        } else if let Some(numbers) = self.numbers(column) {
            // Only a whole key numbers itself in whatever form.
            let is_key = position == 0 && !(table.pair_key && self.may_pair(table));
            attributes.push(if is_key { numbers } else { numbers.replace("auto_increment", "identity(by_default)") });
        } else if let Some(default) = self.default(column) {
            attributes.push(format!("default{default}"));
        }
        if let Some((parent, action, deferrable)) = &column.references
            && let Some(parent) = self.tables.iter().find(|table| table.name.rust == *parent)
            && parent.columns[0].kind == column.kind
            && doubled.is_none()
        {
            let action = ["", ", on_delete = cascade", ", on_delete = set_null, on_update = cascade"][*action];
            let action = if column.required || in_key { "" } else { action };
            let deferrable = if *deferrable { ", deferrable = initially_deferred" } else { "" };
            attributes
                .push(format!("references({}({}){action}{deferrable})", parent.name.rust, parent.columns[0].name.rust));
        }
        let word = match &column.kind {
            Kind::Plain(at) => {
                if !PLAIN[*at].attribute.is_empty() {
                    let _ = write!(text, "{} ", PLAIN[*at].attribute);
                }
                PLAIN[*at].word.to_owned()
            }
            Kind::Enum(name) => format!("{name}Mapping"),
            Kind::Enums(name) => format!("Array<{name}Mapping>"),
        };
        if column.collated && matches!(&column.kind, Kind::Plain(at) if ["Text", "Varchar"].contains(&PLAIN[*at].word))
        {
            attributes.push("collate = \"C\"".to_owned());
        }
        for attribute in attributes {
            let _ = write!(text, "#[{attribute}] ");
        }
        let is_required = in_key || self.numbers(column).is_some() || column.required && doubled.is_none();
        let word = if is_required { word } else { format!("Nullable<{word}>") };
        let _ = writeln!(text, "{} -> {word},", column.name.rust);
    }

    /// How a column is numbered, if its type can be.
    pub(super) fn numbers(&self, column: &ColumnModel) -> Option<String> {
        let is_whole = [INTEGER, BIGINT].iter().any(|at| column.kind == Kind::Plain(*at));
        column.numbers.filter(|_| is_whole).map(str::to_owned)
    }

    fn default(&self, column: &ColumnModel) -> Option<String> {
        let pick = column.default?;
        match &column.kind {
            Kind::Plain(at) => Some(PLAIN[*at].defaults[pick % PLAIN[*at].defaults.len()].to_owned()),
            Kind::Enum(name) => {
                let values = self.values(name);
                Some(format!(" = {}", literal(values.get(pick % values.len().max(1))?)))
            }
            Kind::Enums(_) => Some("(sql = \"'{}'\")".to_owned()),
        }
    }

    /// The column that this one is computed from.
    pub(super) fn doubled<'a>(&self, table: &'a TableModel, column: &ColumnModel) -> Option<&'a Name> {
        let source = table.columns.iter().find(|other| Some(&other.name.rust) == column.doubles.as_ref())?;
        let is_plain = source.doubles.is_none() && source.kind == Kind::Plain(INTEGER);
        (is_plain && column.kind == Kind::Plain(INTEGER) && self.numbers(column).is_none()).then_some(&source.name)
    }

    /// The values of an enum in the database.
    pub(super) fn values(&self, rust: &str) -> Vec<String> {
        let found = self.enums.iter().find(|found| found.name.rust == rust);
        found.map(|found| found.values.iter().map(|value| value.sql.clone()).collect()).unwrap_or_default()
    }

    pub(super) fn sorts(&self, kind: &Kind) -> bool {
        match kind {
            Kind::Plain(at) => PLAIN[*at].sorts,
            Kind::Enum(_) | Kind::Enums(_) => true,
        }
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each kind of rule")]
    fn rule(&self, table: &TableModel, rule: &Rule) -> Option<String> {
        let column = |rust: &String| table.columns.iter().find(|column| column.name.rust == *rust);
        let word = |rust: &String| match &column(rust)?.kind {
            Kind::Plain(at) => Some(PLAIN[*at].word),
            Kind::Enum(_) | Kind::Enums(_) => Some("enum"),
        };
        let sortable =
            |columns: &[String]| columns.iter().all(|name| column(name).is_some_and(|found| self.sorts(&found.kind)));
        let sql = |rust: &String| Some(quoted(&column(rust)?.name.sql));
        match rule {
            Rule::Unique { columns, nulls, deferrable } => {
                let is_key = columns[..] == [table.columns[0].name.rust.clone()];
                let nulls = if *nulls { ", nulls_not_distinct" } else { "" };
                let deferrable = if *deferrable { ", deferrable = initially_deferred" } else { "" };
                (sortable(columns) && !is_key).then(|| format!("#[unique({}{nulls}{deferrable})]", columns.join(", ")))
            }
            Rule::Index { columns, order, include, condition, unique } => {
                if !sortable(columns) {
                    return None;
                }
                let key = |name: &String| match order {
                    0 => name.clone(),
                    1 => format!("desc({name})"),
                    2 => format!("nulls_first({name})"),
                    _ => format!("nulls_last(desc({name}))"),
                };
                let keys: Vec<String> = columns.iter().map(key).collect();
                let mut text = format!("#[index({}", keys.join(", "));
                if let Some(include) = include.as_ref().filter(|name| !columns.contains(name) && column(name).is_some())
                {
                    let _ = write!(text, ", include({include})");
                }
                if *condition {
                    let _ = write!(text, ", where = {}", literal(&format!("{} IS NOT NULL", sql(&columns[0])?)));
                }
                if *unique && (*order > 0 || *condition) {
                    text.push_str(", unique");
                }
                Some(format!("{text})]"))
            }
            Rule::Hash(name) => sortable(std::slice::from_ref(name)).then(|| format!("#[index({name}, using = hash)]")),
            Rule::Gin(name) => match word(name)? {
                "Jsonb" | "Array<Text>" | "Array<Nullable<Integer>>" => Some(format!("#[index({name}, using = gin)]")),
                _ => None,
            },
            Rule::Expression(name) => match word(name)? {
                "Text" | "Varchar" => Some(format!("#[index(expr({}))]", literal(&format!("lower({})", sql(name)?)))),
                "Integer" | "BigInt" => Some(format!("#[index(expr({}))]", literal(&format!("{} % 7", sql(name)?)))),
                _ => None,
            },
            Rule::Check(name, pick) => {
                let found = sql(name)?;
                let condition = match (word(name)?, pick) {
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
            Rule::Exclude(name) => {
                sortable(std::slice::from_ref(name)).then(|| format!("#[exclude(using = btree, ({name} with \"=\"))]"))
            }
            Rule::Apart(name) => match word(name)? {
                "Range<Integer>" => Some(format!("#[exclude(using = gist, ({name} with \"&&\"))]")),
                _ => None,
            },
        }
    }
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
    format!("\"{}\"", name.replace('"', "\"\""))
}

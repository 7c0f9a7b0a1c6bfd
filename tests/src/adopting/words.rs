//! Random statements out of a dialect's words.
//!
//! In a template `#` stands for a column, `@` for another one, `%` for a new name and `~` for the table.

use std::collections::BTreeSet;

use crate::property::Draw;
use crate::property::names::{some, unlike};

/// What values a column holds, as far as expressions care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Any,
    Number,
    Text,
    Moment,
    /// Stands only where everything does.
    Other,
    /// What a range or a shape can be.
    Range,
    /// What a GIN index takes.
    Many,
}

/// A type: its word, what it holds, what its defaults are, and whether a key can hold it.
pub(super) struct Kind {
    pub(super) sql: &'static str,
    pub(super) class: Class,
    pub(super) defaults: &'static [&'static str],
    pub(super) sorts: bool,
}

pub(super) const fn kind(sql: &'static str, class: Class, defaults: &'static [&'static str]) -> Kind {
    Kind { sql, class, defaults, sorts: true }
}

/// A type that no key can hold.
pub(super) const fn loose(sql: &'static str, class: Class, defaults: &'static [&'static str]) -> Kind {
    Kind { sql, class, defaults, sorts: false }
}

/// How a database is told what something is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comments {
    None,
    Inline,
    Statements,
}

/// A dialect in tables.
pub(super) struct Words {
    pub(super) quote: char,
    /// What stands behind a table, and the types that it may have then.
    pub(super) options: &'static [(&'static str, &'static [Kind])],
    /// Whole definitions of a column that is the key, and the type of columns that point at it.
    pub(super) keys: &'static [(&'static str, &'static str)],
    /// How the key of a table says so, if not at its column.
    pub(super) key_rules: &'static [&'static str],
    /// Whether a key's columns take NULL unasked.
    pub(super) keys_take_null: bool,
    pub(super) collations: &'static [&'static str],
    pub(super) numbered: &'static [&'static str],
    pub(super) generated: &'static [(Class, &'static str, Class)],
    pub(super) column_rules: &'static [(Class, &'static str)],
    pub(super) rules: &'static [(Class, &'static str)],
    pub(super) statements: &'static [(Class, &'static str)],
    /// A reference as a rule, and what may stand behind it.
    pub(super) references: &'static [&'static str],
    pub(super) actions: &'static [&'static str],
    pub(super) comments: Comments,
    /// Schemas that tables are in.
    pub(super) schemas: &'static [&'static str],
}

const COMMENTS: [&str; 5] =
    ["What it is.", "It''s \"so\" of it, 100 percent.", "Größe 😀", "One line.\n\nAnd another.", " padded "];

struct Column {
    name: String,
    class: Class,
    sorts: bool,
    is_generated: bool,
}

struct Table {
    name: String,
    /// Quoted, with types.
    key: Vec<(String, String)>,
}

/// Makes a database's statements.
pub(super) struct Writer<'a, 'b> {
    words: &'a Words,
    draw: &'a mut Draw<'b>,
    taken: BTreeSet<String>,
    tables: Vec<Table>,
    /// Types that the database has been given, as kinds.
    pub(super) enums: Vec<(String, Vec<String>)>,
    pub(super) statements: Vec<String>,
}

impl<'a, 'b> Writer<'a, 'b> {
    pub(super) fn new(words: &'a Words, draw: &'a mut Draw<'b>) -> Self {
        Self { words, draw, taken: BTreeSet::new(), tables: Vec::new(), enums: Vec::new(), statements: Vec::new() }
    }

    fn pick(&mut self) -> u16 {
        u16::try_from(self.draw.below(1000)).unwrap_or_default()
    }

    /// A name that nothing else has, in quotes.
    fn new_name(&mut self, stem: Option<&str>) -> String {
        let pick = self.pick();
        // MySQL takes no name with a blank at its end, PostgreSQL cuts long ones.
        let name: String = stem.unwrap_or_else(|| some(pick)).trim().chars().take(50).collect();
        // MySQL knows only the letters of 16 bits in names, and has one for the key.
        let name = match self.words.quote {
            '`' => name.replace('😀', "smile").replace("primary", "premier"),
            _ => name,
        };
        let name = unlike(&name, &mut self.taken);
        self.quoted(&name)
    }

    fn quoted(&self, name: &str) -> String {
        let quote = self.words.quote;
        format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
    }

    fn comment(&mut self) -> Option<&'static str> {
        if self.words.comments != Comments::None && self.draw.once_in(5) { self.draw.of(&COMMENTS) } else { None }
    }

    /// A type of its own, of which there are such values.
    pub(super) fn add_enum(&mut self) {
        let name = self.place();
        let count = 1 + self.draw.below(4);
        let mut taken = BTreeSet::new();
        let values: Vec<String> = (0..count)
            .map(|_| {
                let pick = self.pick();
                let value: String = some(pick).chars().take(50).collect();
                format!("'{}'", unlike(&value, &mut taken).replace('\'', "''"))
            })
            .collect();
        self.statements.push(format!("CREATE TYPE {name} AS ENUM ({})", values.join(", ")));
        if let Some(comment) = self.comment() {
            self.statements.push(format!("COMMENT ON TYPE {name} IS '{comment}'"));
        }
        self.enums.push((name, values));
    }

    /// A new name, perhaps in a schema.
    fn place(&mut self) -> String {
        let name = self.new_name(None);
        let schemas = self.words.schemas;
        match self.draw.of(schemas).filter(|_| self.draw.once_in(4)) {
            Some(schema) => format!("{schema}.{name}"),
            None => name,
        }
    }

    pub(super) fn add_table(&mut self) {
        let words = self.words;
        let table = self.place();
        let (options, kinds) = self
            .draw
            .of(&(0..words.options.len()).collect::<Vec<_>>())
            .map_or_else(|| (words.options[0].0, words.options[0].1), |at| (words.options[at].0, words.options[at].1));
        let names = self.taken.clone();
        self.taken = BTreeSet::new();
        let mut parts: Vec<String> = Vec::new();
        let mut rules: Vec<String> = Vec::new();
        let mut after: Vec<String> = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        let key = self.key((options, kinds), &mut parts, &mut rules, &mut columns);
        let least = usize::from(columns.is_empty());
        let count = least + if self.draw.once_in(25) { 40 } else { self.draw.below(7) };
        for _ in 0..count {
            self.column(&table, kinds, &mut parts, &mut columns, &mut after);
        }
        for _ in 0..self.draw.below(3) {
            self.reference(&table, kinds, &key, &mut parts, &mut rules, &mut columns);
        }
        self.taken = names;
        for _ in 0..self.draw.below(7) {
            let template = self.draw.below(words.rules.len());
            rules.extend(self.filled(words.rules[template], &table, &columns));
        }
        let mut statements: Vec<String> = Vec::new();
        for _ in 0..self.draw.below(7) {
            let template = self.draw.below(words.statements.len());
            statements.extend(self.filled(words.statements[template], &table, &columns));
        }
        let mut end = options.to_owned();
        if let Some(comment) = self.comment() {
            match words.comments {
                Comments::None => {}
                Comments::Inline => end.push_str(&format!(" COMMENT='{comment}'")),
                Comments::Statements => after.push(format!("COMMENT ON TABLE {table} IS '{comment}'")),
            }
        }
        parts.extend(rules);
        self.statements.push(format!("CREATE TABLE {table} (\n    {}\n){end}", parts.join(",\n    ")));
        self.statements.extend(statements);
        self.statements.extend(after);
        self.tables.push(Table { name: table, key });
    }

    /// The key's columns.
    fn key(
        &mut self,
        (options, kinds): (&str, &'static [Kind]),
        parts: &mut Vec<String>,
        rules: &mut Vec<String>,
        columns: &mut Vec<Column>,
    ) -> Vec<(String, String)> {
        let words = self.words;
        let (keys, key_rules) = (words.keys, words.key_rules);
        let mut key = Vec::new();
        if self.draw.once_in(5) && !options.contains("ROWID") {
            return key;
        }
        let count = if self.draw.once_in(4) { 2 } else { 1 };
        if count == 1 && !self.draw.once_in(4) {
            let stem = if self.draw.once_in(3) { None } else { Some("id") };
            let name = self.new_name(stem);
            let (definition, data_type) = keys[self.draw.below(keys.len())];
            // Only a row's number is given by SQLite.
            let is_refused = definition.ends_with("AUTOINCREMENT") && options.contains("ROWID");
            let definition = if is_refused { definition.trim_end_matches(" AUTOINCREMENT") } else { definition };
            parts.push(format!("{name} {definition}"));
            columns.push(Column { name: name.clone(), class: Class::Other, sorts: true, is_generated: true });
            return vec![(name, data_type.to_owned())];
        }
        let sortable: Vec<&Kind> = kinds.iter().filter(|kind| kind.sorts && kind.class != Class::Range).collect();
        for _ in 0..count {
            let name = self.new_name(None);
            let kind = sortable[self.draw.below(sortable.len())];
            // Keys of ordinary tables take NULL on SQLite unless they are told otherwise.
            let required =
                if words.keys_take_null && options.is_empty() && self.draw.once_in(2) { "" } else { " NOT NULL" };
            parts.push(format!("{name} {}{required}", kind.sql));
            columns.push(Column { name: name.clone(), class: kind.class, sorts: true, is_generated: true });
            key.push((name, kind.sql.to_owned()));
        }
        if self.draw.once_in(2) {
            key.reverse();
        }
        let names: Vec<&str> = key.iter().map(|(name, _)| name.as_str()).collect();
        let rule = key_rules[self.draw.below(key_rules.len())];
        rules.push(rule.replace('#', &names.join(", ")));
        key
    }

    #[expect(clippy::too_many_arguments, reason = "it adds to several lists of one table")]
    fn column(
        &mut self,
        table: &str,
        kinds: &'static [Kind],
        parts: &mut Vec<String>,
        columns: &mut Vec<Column>,
        after: &mut Vec<String>,
    ) {
        let words = self.words;
        let name = self.new_name(None);
        let mut text;
        let mut column = Column { name: name.clone(), class: Class::Other, sorts: true, is_generated: false };
        let enumerated = (0..self.enums.len()).collect::<Vec<_>>();
        if let Some(at) = self.draw.of(&enumerated).filter(|_| self.draw.once_in(4)) {
            let (data_type, values) = self.enums[at].clone();
            let default = self.draw.of(&values).filter(|_| self.draw.once_in(2));
            text = match default {
                _ if self.draw.once_in(4) => format!("{name} {data_type}[]"),
                Some(value) => format!("{name} {data_type} NOT NULL DEFAULT {value}"),
                None => format!("{name} {data_type}"),
            };
        } else if self.draw.once_in(14) && !words.numbered.is_empty() {
            text = format!("{name} {}", words.numbered[self.draw.below(words.numbered.len())]);
        } else if self.draw.once_in(8)
            && let Some((made, class)) = self.generated(columns)
        {
            text = format!("{name} {made}");
            column.class = class;
            column.is_generated = true;
        } else {
            let kind = &kinds[self.draw.below(kinds.len())];
            column.class = kind.class;
            column.sorts = kind.sorts;
            text = format!("{name} {}", kind.sql);
            if kind.class == Class::Text && !words.collations.is_empty() && self.draw.once_in(3) {
                text.push_str(&format!(" COLLATE {}", words.collations[self.draw.below(words.collations.len())]));
            }
            if self.draw.once_in(3) {
                text.push_str(" NOT NULL");
            } else if kind.sql.starts_with("timestamp") && words.quote == '`' {
                text.push_str(" NULL");
            }
            if !kind.defaults.is_empty() && self.draw.once_in(3) {
                text.push_str(&format!(" DEFAULT {}", kind.defaults[self.draw.below(kind.defaults.len())]));
            }
        }
        if self.draw.once_in(6) {
            let template = self.draw.below(words.column_rules.len());
            let own = std::slice::from_ref(&column);
            if let Some(rule) = self.filled(words.column_rules[template], table, own) {
                text.push_str(&format!(" {rule}"));
            }
        }
        if let Some(comment) = self.comment() {
            match words.comments {
                Comments::None => {}
                // A comment stands before a check.
                Comments::Inline if text.contains(" CHECK ") => {}
                Comments::Inline => text.push_str(&format!(" COMMENT '{comment}'")),
                Comments::Statements => after.push(format!("COMMENT ON COLUMN {table}.{name} IS '{comment}'")),
            }
        }
        parts.push(text);
        columns.push(column);
    }

    fn generated(&mut self, columns: &[Column]) -> Option<(String, Class)> {
        let words = self.words;
        let (from, template, class) = words.generated[self.draw.below(words.generated.len())];
        let sources: Vec<&Column> =
            columns.iter().filter(|column| column.class == from && !column.is_generated).collect();
        let source = sources.get(self.draw.below(sources.len()))?;
        Some((template.replace('#', &source.name), class))
    }

    /// New columns that point at a table that is there, or at this one.
    #[expect(clippy::too_many_arguments, reason = "it adds to several lists of one table")]
    fn reference(
        &mut self,
        table: &str,
        kinds: &[Kind],
        key: &[(String, String)],
        parts: &mut Vec<String>,
        rules: &mut Vec<String>,
        columns: &mut Vec<Column>,
    ) {
        let words = self.words;
        let at = self.draw.below(self.tables.len() + 1);
        let (parent, target) = match self.tables.get(at) {
            Some(parent) => (parent.name.clone(), parent.key.clone()),
            None => (table.to_owned(), key.to_vec()),
        };
        // A strict table doesn't know every type.
        if kinds.len() < 10 && target.iter().any(|(_, data_type)| !kinds.iter().any(|kind| kind.sql == data_type)) {
            return;
        }
        if target.is_empty() {
            return;
        }
        let mut own = Vec::new();
        for (_, data_type) in &target {
            let name = self.new_name(None);
            parts.push(format!("{name} {data_type}"));
            columns.push(Column { name: name.clone(), class: Class::Other, sorts: true, is_generated: true });
            own.push(name);
        }
        let template = words.references[self.draw.below(words.references.len())];
        let action = words.actions[self.draw.below(words.actions.len())];
        // Names of keys are unique in a whole MySQL database.
        let named =
            if template.contains('%') { format!("fk_{}_{}", self.tables.len(), rules.len()) } else { String::new() };
        let target: Vec<&str> = target.iter().map(|(name, _)| name.as_str()).collect();
        let rule = template
            .replace('%', &named)
            .replace('#', &own.join(", "))
            .replace('@', &format!("{parent} ({})", target.join(", ")));
        rules.push(format!("{rule}{action}"));
    }

    /// A template with columns that fit it.
    fn filled(&mut self, (class, template): (Class, &str), table: &str, columns: &[Column]) -> Option<String> {
        let sorted = template.contains("UNIQUE") || template.contains("INDEX") || template.contains("EXCLUDE");
        let fits = |column: &&Column| {
            (class == Class::Any || column.class == class) && (column.sorts || !sorted || class != Class::Any)
        };
        let fitting: Vec<&Column> = columns.iter().filter(fits).collect();
        let first = fitting.get(self.draw.below(fitting.len()))?.name.clone();
        let others: Vec<&Column> = columns.iter().filter(|other| other.sorts && other.name != first).collect();
        let mut filled = template.replace('~', "\u{1}");
        if filled.contains('@') {
            let other = others.get(self.draw.below(others.len()))?.name.clone();
            filled = filled.replace('@', "\u{2}").replace('#', "\u{3}");
            filled = filled.replace('%', "\u{4}").replace('\u{2}', &other).replace('\u{3}', &first);
        } else {
            filled = filled.replace('%', "\u{4}").replace('#', &first);
        }
        if filled.contains('\u{4}') {
            let stem = if self.draw.once_in(2) { None } else { Some("rule") };
            let name = self.new_name(stem);
            filled = filled.replace('\u{4}', &name);
        }
        Some(filled.replace('\u{1}', table))
    }
}

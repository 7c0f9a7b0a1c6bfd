//! Tables as a definition for MariaDB has them, in a form that is easily changed.
//!
//! Rust names stay whatever becomes of the names in the database, so that rules can speak of them.

use crate::property::draw::Draw;

/// All definitions.
#[derive(Debug, Clone, Default)]
pub(super) struct Models {
    pub(super) tables: Vec<TableModel>,
    /// Numbers in Rust names that were given.
    given: usize,
}

/// Whatever has a name: the one in Rust, the one in the database, and that of the start.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) rust: String,
    pub(super) sql: String,
    pub(super) was: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct TableModel {
    pub(super) name: Name,
    pub(super) comment: Option<&'static str>,
    /// The first is the primary key; the second is part of it too where this says so.
    pub(super) columns: Vec<ColumnModel>,
    pub(super) pair_key: bool,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
pub(super) struct ColumnModel {
    pub(super) name: Name,
    /// A position in [`PLAIN`].
    pub(super) kind: usize,
    pub(super) required: bool,
    pub(super) default: Option<usize>,
    pub(super) comment: Option<&'static str>,
    pub(super) numbered: bool,
    pub(super) collated: bool,
    /// The table that it points at by its key, and what happens then.
    pub(super) references: Option<(String, usize)>,
    /// The column that it is computed from, and whether that is stored.
    pub(super) doubles: Option<(String, bool)>,
}

/// A type.
pub(super) struct Plain {
    pub(super) word: &'static str,
    pub(super) attribute: &'static str,
    pub(super) defaults: &'static [&'static str],
    /// What it is turned into.
    pub(super) becomes: &'static [usize],
    /// What of it goes into an index.
    pub(super) keys: Keys,
    /// A value, in which `#` stands for the row's number.
    pub(super) value: &'static str,
}

/// What of a type goes into an index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    Whole,
    /// Its first letters.
    Start,
    Nothing,
}

#[expect(clippy::too_many_arguments, reason = "one row of a list")]
const fn plain(
    word: &'static str,
    attribute: &'static str,
    defaults: &'static [&'static str],
    becomes: &'static [usize],
    keys: Keys,
    value: &'static str,
) -> Plain {
    Plain { word, attribute, defaults, becomes, keys, value }
}

pub(super) const INTEGER: usize = 0;
const BIGINT: usize = 2;
const VARCHAR: usize = 4;
const UNSIGNED: usize = 13;

/// Types by their positions.
pub(super) const PLAIN: [Plain; 24] = [
    plain("Integer", "", &["= 3", "(sql = \"1 + 1\")", "= -7"], &[2, 12, 5, 4, 1], Keys::Whole, "#"),
    plain(
        "Text",
        "",
        &["= \"it's\"", "(sql = \"lower('ABC')\")", "= \"\""],
        &[4, 18, 19],
        Keys::Start,
        "'t#''\"é\\\\'",
    ),
    plain("BigInt", "", &["= 0", "= -1"], &[0, 5, 14], Keys::Whole, "#"),
    plain("Bool", "", &["= true", "= false"], &[0, 15], Keys::Whole, "# % 2"),
    plain(
        "Varchar",
        "#[max_length = 20]",
        &["= \"x\"", "= \"NULL\"", "= \"it's \\\\\""],
        &[1, 21, 23],
        Keys::Whole,
        "'v#'",
    ),
    plain("Numeric", "#[precision(10, 2)]", &["= 1.50", "= 0"], &[0, 11, 4], Keys::Whole, "#.25"),
    plain("Timestamp", "", &["(now)", "= \"2024-02-29 12:00:00\""], &[7, 8], Keys::Whole, "'2024-03-0# 10:00:00'"),
    plain("Datetime", "", &["(now)", "= \"2024-02-29 12:00:00\""], &[6, 8], Keys::Whole, "'2024-03-0# 10:00:00'"),
    plain("Date", "", &["= \"2024-02-29\""], &[7, 6], Keys::Whole, "'2024-03-0#'"),
    plain("Json", "", &["(sql = \"'{}'\")"], &[1], Keys::Nothing, "'{\"a\": #}'"),
    plain("Binary", "", &["(sql = \"x'00ff'\")"], &[16], Keys::Start, "x'0#ff'"),
    plain("Double", "", &["= 1.5", "(sql = \"2.0 / 4\")"], &[5, 0], Keys::Whole, "#.5"),
    plain("SmallInt", "", &["= 1"], &[0, 2, 3], Keys::Whole, "#"),
    plain("Unsigned<Integer>", "", &["= 1", "= 0"], &[0, 14], Keys::Whole, "#"),
    plain("Unsigned<BigInt>", "", &["= 1"], &[2, 13], Keys::Whole, "#"),
    plain("TinyInt", "", &["= 1", "= -1"], &[0, 12, 3], Keys::Whole, "#"),
    plain("Binary", "#[sql_type(mysql = \"varbinary(16)\")]", &["(sql = \"x'00'\")"], &[10], Keys::Whole, "x'0#'"),
    plain("Time", "", &["= \"23:59:59\""], &[4], Keys::Whole, "'10:00:0#'"),
    plain("Text", "#[sql_type(mysql = \"mediumtext\")]", &["= \"y\""], &[1, 19], Keys::Start, "'m#'"),
    plain("Text", "#[sql_type(mysql = \"longtext\")]", &["= \"z\""], &[1], Keys::Start, "'l#'"),
    plain(
        "Timestamp",
        "#[sql_type(mysql = \"datetime(3)\")]",
        &["(now)"],
        &[7],
        Keys::Whole,
        "'2024-03-0# 10:00:00.125'",
    ),
    plain("Char", "#[max_length = 8]", &["= \"y\""], &[1, 4], Keys::Whole, "'c#'"),
    plain("Float", "", &["= 0.5"], &[11], Keys::Whole, "#.5"),
    plain(
        "Text",
        "#[sql_type(mysql = \"enum('v1','v2','v3','v4','v5','x','NULL')\")]",
        &["= \"x\""],
        &[4, 1],
        Keys::Whole,
        "'v#'",
    ),
];

/// A rule over columns, which are spoken of by Rust names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    Unique(Vec<String>),
    Index { columns: Vec<String>, descending: bool, unique: bool },
    FullText(Vec<String>),
    Check(String, usize),
}

/// Names that somebody gave something. Reserved, mixed, long.
const NAMES: [&str; 14] = [
    "item",
    "note",
    "Owner",
    "order",
    "select",
    "key",
    "createdAt",
    "a b",
    "it's",
    "say \"hi\"",
    "größe",
    "tick`tock",
    "semi;colon",
    "a_name_that_goes_on_and_on_until_it_is_just_as_long_as_it_may",
];

const COMMENTS: [&str; 3] = ["What it is.", "It's \"so\" \\ 100% `of` it.", "Größe 😀"];

impl Models {
    pub(super) fn random(draw: &mut Draw<'_>) -> Self {
        let mut models = Self::default();
        for _ in 0..=draw.below(4) {
            models.add_table(draw);
        }
        models
    }

    /// A name that nothing else has; it differs in more than case from all others.
    pub(super) fn name(&mut self, rust: &str, draw: &mut Draw<'_>) -> Name {
        self.given += 1;
        let number = self.given;
        let plain = draw.of(&NAMES).unwrap_or_default();
        let sql = format!("{}{number}", plain.chars().take(58).collect::<String>());
        Name { rust: format!("{rust}{number}"), sql, was: None }
    }

    pub(super) fn comment(draw: &mut Draw<'_>) -> Option<&'static str> {
        if draw.once_in(4) { draw.of(&COMMENTS) } else { None }
    }

    pub(super) fn add_table(&mut self, draw: &mut Draw<'_>) {
        let mut table = TableModel {
            name: self.name("t", draw),
            comment: Self::comment(draw),
            columns: Vec::new(),
            pair_key: draw.once_in(5),
            rules: Vec::new(),
        };
        let mut key = self.column(draw);
        key.numbered = draw.once_in(3);
        key.kind = draw.of(&[INTEGER, BIGINT, UNSIGNED, VARCHAR]).filter(|_| !key.numbered).unwrap_or(BIGINT);
        key.required = true;
        key.default = None;
        key.references = None;
        key.doubles = None;
        table.columns.push(key);
        let count = if draw.once_in(20) { 40 } else { draw.below(6) };
        for _ in 0..count {
            table.columns.push(self.column(draw));
        }
        self.tables.push(table);
        for _ in 0..draw.below(4) {
            self.add_rule(self.tables.len() - 1, draw);
        }
    }

    pub(super) fn column(&mut self, draw: &mut Draw<'_>) -> ColumnModel {
        let mut column = ColumnModel {
            name: self.name("c", draw),
            kind: draw.below(PLAIN.len()),
            required: draw.once_in(3),
            default: draw.once_in(3).then(|| draw.below(3)),
            comment: Self::comment(draw),
            numbered: false,
            collated: draw.once_in(6),
            references: None,
            doubles: None,
        };
        let parents: Vec<(String, usize)> =
            self.tables.iter().map(|table| (table.name.rust.clone(), table.columns[0].kind)).collect();
        if let Some((parent, kind)) = draw.of(&parents).filter(|_| draw.once_in(4)) {
            column.kind = kind;
            column.default = None;
            column.required = false;
            column.collated = false;
            column.references = Some((parent, draw.below(3)));
        }
        column
    }

    pub(super) fn add_rule(&mut self, table: usize, draw: &mut Draw<'_>) {
        let Some(table) = self.tables.get_mut(table) else { return };
        let names: Vec<String> = table.columns.iter().map(|column| column.name.rust.clone()).collect();
        let mut one = || draw.of(&names).unwrap_or_default();
        let (first, second) = (one(), one());
        let mut columns = vec![first.clone()];
        if second != first {
            columns.push(second);
        }
        let rule = match draw.below(5) {
            0 | 1 => Rule::Index { columns, descending: draw.once_in(3), unique: draw.once_in(4) },
            2 => Rule::Unique(columns),
            3 => Rule::FullText(columns),
            _ => Rule::Check(first, draw.below(3)),
        };
        if !table.rules.contains(&rule) {
            table.rules.push(rule);
        }
    }
}

//! Tables and types as a definition has them, in a form that is easily changed.
//!
//! Rust names stay whatever becomes of the names in the database, so that rules can speak of them.

use crate::property::Draw;

/// All definitions.
#[derive(Debug, Clone, Default)]
pub(super) struct Models {
    pub(super) enums: Vec<EnumModel>,
    pub(super) tables: Vec<TableModel>,
    /// Numbers in Rust names that were given.
    pub(super) given: usize,
}

/// Whatever has a name: the one in Rust, the one in the database, and that of the start.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) rust: String,
    pub(super) sql: String,
    pub(super) was: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct EnumModel {
    pub(super) name: Name,
    pub(super) comment: Option<&'static str>,
    pub(super) values: Vec<Name>,
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
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) default: Option<usize>,
    pub(super) comment: Option<&'static str>,
    pub(super) numbers: Option<&'static str>,
    pub(super) collated: bool,
    /// The table that it points at by its key, what happens then, and whether it is looked at later.
    pub(super) references: Option<(String, usize, bool)>,
    pub(super) doubles: Option<String>,
}

/// A type, by its Rust name where it is an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Plain(usize),
    Enum(String),
    Enums(String),
}

/// A type that needs no definition.
pub(super) struct Plain {
    pub(super) word: &'static str,
    pub(super) attribute: &'static str,
    pub(super) defaults: &'static [&'static str],
    /// What it is turned into.
    pub(super) becomes: &'static [usize],
    /// Whether it has an order to be indexed by.
    pub(super) sorts: bool,
    /// A value, in which `#` stands for the row's number.
    pub(super) value: &'static str,
}

#[expect(clippy::too_many_arguments, reason = "one row of a list")]
const fn plain(
    word: &'static str,
    attribute: &'static str,
    defaults: &'static [&'static str],
    becomes: &'static [usize],
    sorts: bool,
    value: &'static str,
) -> Plain {
    Plain { word, attribute, defaults, becomes, sorts, value }
}

pub(super) const INTEGER: usize = 0;
pub(super) const TEXT: usize = 1;
pub(super) const BIGINT: usize = 2;
pub(super) const UUID: usize = 10;

/// Types by their positions.
pub(super) const PLAIN: [Plain; 23] = [
    plain("Integer", "", &["= 3", "(sql = \"1 + 1\")", "= -7"], &[2, 14, 5, 13, 1], true, "#"),
    plain("Text", "", &["= \"it's\"", "(sql = \"lower('ABC')\")", "= \"\""], &[4, 12, 0, 11], true, "'t#''\"é'"),
    plain("BigInt", "", &["= 0", "= -1"], &[0, 14, 5], true, "#"),
    plain("Bool", "", &["= true", "= false"], &[0, 1], true, "# % 2 = 0"),
    plain("Varchar", "#[max_length = 20]", &["= \"x\""], &[1, 21], true, "'v#'"),
    plain("Numeric", "#[precision(10, 2)]", &["= 1.50", "= 0"], &[0, 13, 1], true, "#.25"),
    plain("Timestamptz", "", &["(now)", "= \"2024-02-29 12:00:00+00\""], &[7, 8], true, "'2024-03-0# 10:00:00+01'"),
    plain("Timestamp", "", &["(now)", "= \"2024-02-29 12:00:00\""], &[6, 8], true, "'2024-03-0# 10:00:00'"),
    plain("Date", "", &["(sql = \"CURRENT_DATE\")", "= \"2024-02-29\""], &[7, 6], true, "'2024-03-0#'"),
    plain("Jsonb", "", &["(sql = \"'{}'\")", "(sql = \"'[1, 2]'::jsonb\")"], &[15, 1], true, "'{\"a\": #}'"),
    plain("Uuid", "", &["(sql = \"gen_random_uuid()\")"], &[1], true, "'00000000-0000-0000-0000-00000000000#'"),
    plain("Array<Nullable<Integer>>", "", &["(sql = \"'{}'\")", "(sql = \"ARRAY[1, 2]\")"], &[1], true, "'{1,NULL,#}'"),
    plain("Binary", "", &["(sql = \"'\\\\x00ff'\")"], &[1], true, "'\\x0#'"),
    plain("Double", "", &["= 1.5", "(sql = \"2.0 / 3\")"], &[5, 0], true, "#.5"),
    plain("SmallInt", "", &["= 1"], &[0, 2], true, "#"),
    plain("Json", "", &["(sql = \"'{}'\")"], &[9], false, "'{\"a\": #}'"),
    plain("Interval", "", &["(sql = \"'1 day'\")"], &[1], true, "'# days'"),
    plain("Inet", "", &["(sql = \"'127.0.0.1'\")"], &[1], true, "'10.0.0.#'"),
    plain("Range<Integer>", "", &["(sql = \"'[1,2)'\")"], &[1], true, "'[#,1#)'"),
    plain("Array<Text>", "", &["(sql = \"'{a,b}'\")"], &[1], true, "'{a,#}'"),
    plain("Time", "", &["= \"23:59:59\""], &[1], true, "'10:00:0#'"),
    plain("Char", "#[max_length = 8]", &["= \"y\""], &[1, 4], true, "'c#'"),
    plain("Float", "", &["= 0.5"], &[13], true, "#.5"),
];

/// A rule over columns, which are spoken of by Rust names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    Unique { columns: Vec<String>, nulls: bool, deferrable: bool },
    Index { columns: Vec<String>, order: usize, include: Option<String>, condition: bool, unique: bool },
    Hash(String),
    Gin(String),
    Expression(String),
    Check(String, usize),
    Exclude(String),
    Apart(String),
}

/// Names that somebody gave something. Reserved, mixed, long.
const NAMES: [&str; 14] = [
    "item",
    "note",
    "Owner",
    "order",
    "select",
    "user",
    "createdAt",
    "a b",
    "it's",
    "say \"hi\"",
    "größe",
    "1st",
    "semi;colon",
    "a_name_that_goes_on_and_on_until_it_is_just_as_long_as_it_may",
];

const COMMENTS: [&str; 3] = ["What it is.", "It's \"so\" \\ 100% $$ of it.", "Größe 😀"];

impl Models {
    pub(super) fn random(draw: &mut Draw<'_>) -> Self {
        let mut models = Self::default();
        for _ in 0..draw.below(3) {
            models.add_enum(draw);
        }
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

    pub(super) fn add_enum(&mut self, draw: &mut Draw<'_>) {
        let name = self.name("Kind", draw);
        let values = (0..=draw.below(4)).map(|_| self.name("V", draw)).collect();
        self.enums.push(EnumModel { name, comment: Self::comment(draw), values });
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
        key.kind = Kind::Plain(draw.of(&[INTEGER, BIGINT, TEXT, UUID]).unwrap_or_default());
        key.required = true;
        key.default = None;
        key.references = None;
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

    pub(super) fn kind(&self, draw: &mut Draw<'_>) -> Kind {
        let enums: Vec<String> = self.enums.iter().map(|found| found.name.rust.clone()).collect();
        match draw.of(&enums).filter(|_| draw.once_in(3)) {
            Some(name) if draw.once_in(3) => Kind::Enums(name),
            Some(name) => Kind::Enum(name),
            None => Kind::Plain(draw.below(PLAIN.len())),
        }
    }

    pub(super) fn column(&mut self, draw: &mut Draw<'_>) -> ColumnModel {
        let mut column = ColumnModel {
            name: self.name("c", draw),
            kind: self.kind(draw),
            required: draw.once_in(3),
            default: draw.once_in(3).then(|| draw.below(3)),
            comment: Self::comment(draw),
            numbers: None,
            collated: draw.once_in(6),
            references: None,
            doubles: None,
        };
        if draw.once_in(9) {
            column.numbers = draw.of(&["auto_increment", "identity(always)", "identity(by_default)"]);
            column.kind = Kind::Plain(draw.of(&[INTEGER, BIGINT]).unwrap_or_default());
            column.default = None;
            column.required = true;
        }
        let parents: Vec<(String, Kind)> =
            self.tables.iter().map(|table| (table.name.rust.clone(), table.columns[0].kind.clone())).collect();
        if let Some((parent, kind)) = draw.of(&parents).filter(|_| draw.once_in(4)) {
            column.kind = kind;
            column.numbers = None;
            column.default = None;
            column.required = false;
            column.references = Some((parent, draw.below(3), draw.once_in(4)));
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
            columns.push(second.clone());
        }
        let rule = match draw.below(8) {
            0 => Rule::Index {
                columns,
                order: draw.below(4),
                include: draw.of(&names).filter(|_| draw.once_in(3)),
                condition: draw.once_in(3),
                unique: draw.once_in(4),
            },
            1 => Rule::Unique { columns, nulls: draw.once_in(3), deferrable: draw.once_in(4) },
            2 => Rule::Check(first, draw.below(3)),
            3 => Rule::Hash(first),
            4 => Rule::Gin(first),
            5 => Rule::Expression(first),
            6 => Rule::Exclude(first),
            _ => Rule::Apart(first),
        };
        if !table.rules.contains(&rule) {
            table.rules.push(rule);
        }
    }
}

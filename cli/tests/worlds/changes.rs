//! Draws what somebody changes next in the definitions.

use super::draw::Draw;
use super::edits::{Edit, is_word};
use super::models::{Column, Enumeration, Id, Key, Kind, Models, Pair, Parent, Table, Value};

const TABLES: [&str; 10] =
    ["parts", "Orders", "order", "labels", "crates_2", "match", "PriceList", "users", "größen", "group"];
const COLUMNS: [&str; 16] = [
    "size",
    "note",
    "order",
    "Kind",
    "type",
    "label_2",
    "größe",
    "rank",
    "weight",
    "UserName",
    "range",
    "flag",
    "total",
    "key",
    "when_made",
    "tag",
];
const VALUES: [&str; 8] = ["red", "Green", "dark blue", "o'clock", "amber", "teal", "pale-pink", "grün"];
const ACTIONS: [Option<&str>; 4] = [None, Some("cascade"), Some("restrict"), Some("set_null")];

/// Draws edits for a host.
#[derive(Debug, Clone)]
pub struct Author {
    pub owners: usize,
    /// The last number given.
    pub last: Id,
}

impl Author {
    fn id(&mut self) -> Id {
        self.last += 1;
        self.last
    }

    /// The definition of a column that somebody has added by hand.
    pub fn made_by_hand(&mut self, name: &str) -> Column {
        Column {
            id: self.id(),
            name: name.to_owned(),
            old: None,
            kind: Kind::Int,
            nullable: true,
            default: Some("7".to_owned()),
            unique: false,
            index: false,
            check: false,
            parent: None,
            comment: None,
        }
    }

    /// One edit, or several that belong together; none where nothing of the kind drawn can be done.
    pub fn edits(&mut self, models: &Models, draw: &mut Draw) -> Vec<Edit> {
        let owner = draw.below(self.owners);
        if models.tables.is_empty() || (models.tables.len() < 6 && draw.chance(12)) {
            return self.new_table(models, draw, owner);
        }
        let table = draw.pick(&models.tables).expect("there are tables");
        match draw.below(100) {
            0..5 => vec![Edit::DropTable(table.id)],
            5..9 => vec![Edit::RenameTable(table.id, name(draw, &TABLES))],
            9..12 => vec![Edit::CommentTable(table.id, comment(draw))],
            12..30 => {
                let column = self.column(models, draw, table, false);
                vec![Edit::AddColumn(table.id, column)]
            }
            30..37 if table.columns.len() > 1 => Self::two_columns(table, draw),
            37..42 if !models.enums.is_empty() => self.values(models, draw),
            42..46 => self.new_type(models, table, draw),
            _ => self.of_column(models, table, draw),
        }
    }

    /// A table, with a few columns.
    pub fn new_table(&mut self, models: &Models, draw: &mut Draw, owner: usize) -> Vec<Edit> {
        let key = match draw.below(5) {
            0 => Key::Code,
            1 => Key::Number { auto: false },
            _ => Key::Number { auto: true },
        };
        let mut table = Table {
            id: self.id(),
            owner,
            name: name(draw, &TABLES),
            old: None,
            key,
            columns: Vec::new(),
            pairs: Vec::new(),
            comment: comment(draw),
        };
        for _ in 0..1 + draw.below(4) {
            let column = self.column(models, draw, &table, true);
            if !table.columns.iter().any(|other| other.name == column.name) {
                table.columns.push(column);
            }
        }
        vec![Edit::AddTable(table)]
    }

    fn column(&mut self, models: &Models, draw: &mut Draw, table: &Table, new_table: bool) -> Column {
        let mut column = Column {
            id: self.id(),
            name: name(draw, &COLUMNS),
            old: None,
            kind: Kind::Int,
            nullable: draw.chance(60),
            default: None,
            unique: false,
            index: draw.chance(15),
            check: false,
            parent: None,
            comment: comment(draw),
        };
        if draw.chance(20) {
            self.point(models, draw, table, &mut column);
            return column;
        }
        let types: Vec<Id> =
            models.enums.iter().filter(|found| found.owner == table.owner).map(|found| found.id).collect();
        column.kind = match draw.below(11) {
            0 => Kind::Small,
            1 => Kind::Int,
            2 => Kind::Big,
            3 => Kind::Double,
            4 => Kind::Decimal(8, 2),
            5 => Kind::Bool,
            6 => Kind::Text,
            7 => Kind::Stamp,
            8 => draw.pick(&types).map_or(Kind::Varchar(60), |id| Kind::Enum(*id)),
            _ => Kind::Varchar(20),
        };
        column.index &= column.kind.is_bounded();
        column.unique = column.kind.is_bounded() && column.kind != Kind::Bool && column.nullable && draw.chance(12);
        column.check = column.kind.is_number() && is_word(&column.name) && draw.chance(15);
        if draw.chance(40) || (!column.nullable && !new_table) {
            column.default = default(models, draw, column.kind);
        }
        column.nullable |= column.default.is_none() && !new_table && draw.chance(80);
        column
    }

    fn point(&self, models: &Models, draw: &mut Draw, table: &Table, column: &mut Column) {
        let others: Vec<&Table> = models.tables.iter().filter(|other| other.id != table.id).collect();
        let Some(other) = draw.pick(&others) else { return };
        column.kind = other.key.kind();
        column.nullable = true;
        let on_delete = *draw.pick(&ACTIONS).expect("there are actions");
        column.parent = Some(Parent { table: other.id, on_delete });
    }

    fn two_columns(table: &Table, draw: &mut Draw) -> Vec<Edit> {
        if let (Some(pair), true) = (draw.pick(&table.pairs), draw.chance(40)) {
            return vec![Edit::DropPair(table.id, pair.clone())];
        }
        let first = draw.below(table.columns.len());
        let second = (first + 1 + draw.below(table.columns.len() - 1)) % table.columns.len();
        let columns = [table.columns[first].id, table.columns[second].id];
        vec![Edit::AddPair(table.id, Pair { columns, unique: draw.chance(25) })]
    }

    fn new_type(&mut self, models: &Models, table: &Table, draw: &mut Draw) -> Vec<Edit> {
        let mut values: Vec<Value> = Vec::new();
        for _ in 0..3 {
            let value = Value { id: self.id(), name: name(draw, &VALUES), old: None };
            if !values.iter().any(|other| other.name == value.name) {
                values.push(value);
            }
        }
        let found = Enumeration { id: self.id(), owner: table.owner, values };
        let mut column = self.column(models, draw, table, false);
        column.kind = Kind::Enum(found.id);
        (column.parent, column.check, column.unique, column.nullable, column.default) =
            (None, false, false, true, None);
        vec![Edit::AddEnum(found), Edit::AddColumn(table.id, column)]
    }

    fn values(&mut self, models: &Models, draw: &mut Draw) -> Vec<Edit> {
        let found = draw.pick(&models.enums).expect("there are types");
        let value = draw.pick(&found.values).expect("a type has values");
        match draw.below(10) {
            0..4 => {
                let new = Value { id: self.id(), name: name(draw, &VALUES), old: None };
                vec![Edit::AddValue(found.id, draw.below(found.values.len() + 1), new)]
            }
            4..8 => vec![Edit::RenameValue(found.id, value.id, name(draw, &VALUES))],
            8 => vec![Edit::DropEnum(found.id)],
            _ => vec![Edit::DropValue(found.id, value.id)],
        }
    }

    fn of_column(&self, models: &Models, table: &Table, draw: &mut Draw) -> Vec<Edit> {
        let Some(column) = draw.pick(&table.columns) else { return Vec::new() };
        let (table, id) = (table.id, column.id);
        vec![match draw.below(20) {
            0..3 => Edit::DropColumn(table, id),
            3..7 => Edit::RenameColumn(table, id, name(draw, &COLUMNS)),
            7..10 => Edit::Retype(table, id, retyped(draw, column.kind)),
            10..12 => Edit::Nullable(table, id, !column.nullable),
            12..14 => {
                let default = if column.default.is_some() { None } else { default(models, draw, column.kind) };
                Edit::Default(table, id, default)
            }
            14 => Edit::Unique(table, id, !column.unique),
            15..17 => Edit::Index(table, id, !column.index),
            17 => Edit::Check(table, id, !column.check),
            18 if column.parent.is_some() => Edit::Reference(table, id, None),
            _ => Edit::CommentColumn(table, id, comment(draw)),
        }]
    }
}

fn name(draw: &mut Draw, names: &[&str]) -> String {
    (*draw.pick(names).expect("there are names")).to_owned()
}

fn comment(draw: &mut Draw) -> Option<String> {
    let comments = ["What somebody's told us.", "100 % \\ safe; really?", "Größe"];
    if draw.chance(15) { draw.pick(&comments).map(|text| (*text).to_owned()) } else { None }
}

/// A default, as an attribute states it.
fn default(models: &Models, draw: &mut Draw, kind: Kind) -> Option<String> {
    let text = match kind {
        Kind::Small | Kind::Int | Kind::Big => draw.below(30).to_string(),
        Kind::Double | Kind::Decimal(..) => "2.5".to_owned(),
        Kind::Bool => draw.chance(50).to_string(),
        Kind::Text | Kind::Varchar(_) => {
            (*draw.pick(&["\"none\"", "\"it's\"", "\"\"", "\"why?\"", "\"größer\""]).expect("some")).to_owned()
        }
        Kind::Stamp => "now".to_owned(),
        Kind::Enum(id) => {
            let found = models.enumeration(id)?;
            format!("\"{}\"", draw.pick(&found.values)?.name)
        }
    };
    Some(text)
}

/// Another type: mostly a wider one.
fn retyped(draw: &mut Draw, kind: Kind) -> Kind {
    match kind {
        Kind::Small => Kind::Int,
        Kind::Int if draw.chance(70) => Kind::Big,
        Kind::Int => Kind::Decimal(14, 2),
        Kind::Big if draw.chance(50) => Kind::Int,
        Kind::Big => Kind::Decimal(22, 2),
        Kind::Double => Kind::Text,
        Kind::Decimal(precision, scale) => Kind::Decimal(precision + 3, scale + 1),
        Kind::Bool => Kind::Int,
        Kind::Text => Kind::Varchar(200),
        Kind::Varchar(length) if draw.chance(20) => Kind::Varchar((length / 2).max(6)),
        Kind::Varchar(length) if draw.chance(60) => Kind::Varchar(length + 40),
        Kind::Varchar(_) | Kind::Stamp | Kind::Enum(_) => Kind::Text,
    }
}

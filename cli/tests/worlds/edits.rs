//! What people change in definitions. Edits speak of numbers, not of names, so that those of two branches
//! can be applied one after the other where they don't touch the same thing.

use super::models::{Column, Enumeration, Id, Kind, Models, Pair, Parent, Table, Value};

#[derive(Debug, Clone)]
pub enum Edit {
    AddTable(Table),
    DropTable(Id),
    RenameTable(Id, String),
    CommentTable(Id, Option<String>),
    AddColumn(Id, Column),
    DropColumn(Id, Id),
    RenameColumn(Id, Id, String),
    Retype(Id, Id, Kind),
    Nullable(Id, Id, bool),
    Default(Id, Id, Option<String>),
    Unique(Id, Id, bool),
    Index(Id, Id, bool),
    Check(Id, Id, bool),
    Reference(Id, Id, Option<Parent>),
    CommentColumn(Id, Id, Option<String>),
    AddPair(Id, Pair),
    DropPair(Id, Pair),
    AddEnum(Enumeration),
    DropEnum(Id),
    AddValue(Id, usize, Value),
    RenameValue(Id, Id, String),
    DropValue(Id, Id),
}

impl Edit {
    /// What it changes: two branches that change one thing don't go together.
    pub fn touches(&self) -> Vec<Id> {
        match self {
            Self::AddTable(_) | Self::AddColumn(..) | Self::AddEnum(_) => Vec::new(),
            Self::DropTable(id) | Self::RenameTable(id, _) | Self::CommentTable(id, _) | Self::DropEnum(id) => {
                vec![*id]
            }
            Self::DropColumn(_, id)
            | Self::RenameColumn(_, id, _)
            | Self::Retype(_, id, _)
            | Self::Nullable(_, id, _)
            | Self::Default(_, id, _)
            | Self::Unique(_, id, _)
            | Self::Index(_, id, _)
            | Self::Check(_, id, _)
            | Self::Reference(_, id, _)
            | Self::CommentColumn(_, id, _) => vec![*id],
            Self::AddPair(_, pair) | Self::DropPair(_, pair) => pair.columns.to_vec(),
            Self::AddValue(id, ..) | Self::RenameValue(id, ..) | Self::DropValue(id, _) => vec![*id],
        }
    }

    /// Whether it gives a name that a hint says something else was called: nobody could tell the two apart.
    pub fn takes_an_old_name(&self, models: &Models) -> bool {
        let name = match self {
            Self::AddTable(table) => &table.name,
            Self::AddColumn(_, column) => &column.name,
            Self::AddValue(_, _, value) => &value.name,
            Self::RenameTable(_, name) | Self::RenameColumn(_, _, name) | Self::RenameValue(_, _, name) => name,
            _ => return false,
        };
        let tables = models.tables.iter().flat_map(|table| {
            let columns = table.columns.iter().filter_map(|column| column.old.as_ref());
            columns.chain(table.old.as_ref())
        });
        let values = models.enums.iter().flat_map(|found| &found.values).filter_map(|value| value.old.as_ref());
        tables.chain(values).any(|old| is_same(old, name))
    }

    /// Whether a column leaves its enumerated type. Where that is a text, no revision says so, and the world would take the
    /// column's values for the type's.
    pub fn leaves_its_type(&self, models: &Models) -> bool {
        let Self::Retype(_, id, _) = self else { return false };
        columns(models).any(|(_, column)| column.id == *id && matches!(column.kind, Kind::Enum(_)))
    }

    /// The table or type that it is about.
    pub fn subject(&self) -> Id {
        match self {
            Self::AddTable(table) => table.id,
            Self::AddEnum(found) => found.id,
            Self::DropTable(id)
            | Self::RenameTable(id, _)
            | Self::CommentTable(id, _)
            | Self::AddColumn(id, _)
            | Self::DropColumn(id, _)
            | Self::RenameColumn(id, ..)
            | Self::Retype(id, ..)
            | Self::Nullable(id, ..)
            | Self::Default(id, ..)
            | Self::Unique(id, ..)
            | Self::Index(id, ..)
            | Self::Check(id, ..)
            | Self::Reference(id, ..)
            | Self::CommentColumn(id, ..)
            | Self::AddPair(id, _)
            | Self::DropPair(id, _)
            | Self::DropEnum(id)
            | Self::AddValue(id, ..)
            | Self::RenameValue(id, ..)
            | Self::DropValue(id, _) => *id,
        }
    }

    /// Makes the change, and says whether it can be made.
    pub fn apply(&self, models: &mut Models) -> bool {
        match self {
            Self::AddTable(table) => add_table(models, table),
            Self::DropTable(id) => drop_table(models, *id),
            Self::AddEnum(found) => {
                models.enums.push(found.clone());
                true
            }
            Self::DropEnum(id) => {
                let is_used = columns(models).any(|(_, column)| column.kind == Kind::Enum(*id));
                models.enums.retain(|found| is_used || found.id != *id);
                !is_used
            }
            Self::AddValue(id, ..) | Self::RenameValue(id, ..) | Self::DropValue(id, _) => {
                let is_default = |name: &str| {
                    columns(models).any(|(_, column)| {
                        column.kind == Kind::Enum(*id) && column.default.as_deref() == Some(&format!("\"{name}\""))
                    })
                };
                let in_use: Vec<String> = models.enumeration(*id).map_or_else(Vec::new, |found| {
                    found.values.iter().map(|value| value.name.clone()).filter(|name| is_default(name)).collect()
                });
                let found = models.enums.iter_mut().find(|found| found.id == *id);
                found.is_some_and(|found| self.change_values(&mut found.values, &in_use))
            }
            Self::Reference(_, _, Some(parent)) if models.table(parent.table).is_none() => false,
            Self::Retype(_, _, Kind::Enum(id)) if models.enumeration(*id).is_none() => false,
            Self::RenameTable(_, name) if models.tables.iter().any(|table| is_same(&table.name, name)) => false,
            Self::AddColumn(_, column) if !fits(models, column) => false,
            _ => {
                if let Self::RenameTable(_, name) = self {
                    forget_table(models, name);
                }
                let table = models.tables.iter_mut().find(|table| table.id == self.subject());
                table.is_some_and(|table| self.change_table(table))
            }
        }
    }

    fn change_values(&self, values: &mut Vec<Value>, in_use: &[String]) -> bool {
        let is_taken = |name: &str| values.iter().any(|value| is_same(&value.name, name));
        match self {
            Self::AddValue(_, place, value) if !is_taken(&value.name) => {
                values
                    .iter_mut()
                    .filter(|other| other.old.as_ref() == Some(&value.name))
                    .for_each(|other| other.old = None);
                values.insert((*place).min(values.len()), value.clone());
                true
            }
            Self::RenameValue(_, id, name) if !is_taken(name) => {
                values.iter_mut().filter(|other| other.old.as_ref() == Some(name)).for_each(|other| other.old = None);
                let Some(value) = values.iter_mut().find(|value| value.id == *id) else { return false };
                if in_use.contains(&value.name) {
                    return false;
                }
                value.old = value.old.take().or(Some(value.name.clone()));
                value.name.clone_from(name);
                true
            }
            Self::DropValue(_, id) if values.len() > 1 && values.iter().any(|value| value.id == *id) => {
                let is_dropped = |value: &Value| value.id == *id;
                if values.iter().any(|value| is_dropped(value) && in_use.contains(&value.name)) {
                    return false;
                }
                values.retain(|value| !is_dropped(value));
                true
            }
            _ => false,
        }
    }

    fn change_table(&self, table: &mut Table) -> bool {
        match self {
            Self::RenameTable(_, name) => {
                table.old = table.old.take().or(Some(table.name.clone()));
                table.name.clone_from(name);
                true
            }
            Self::CommentTable(_, comment) => {
                table.comment.clone_from(comment);
                true
            }
            Self::AddColumn(_, column) => {
                if is_taken(table, &column.name) {
                    return false;
                }
                forget_column(table, &column.name);
                table.columns.push(column.clone());
                true
            }
            Self::DropColumn(_, id) => {
                let is_there = table.column(*id).is_some();
                table.pairs.retain(|pair| !pair.columns.contains(id));
                table.columns.retain(|column| column.id != *id);
                is_there
            }
            Self::RenameColumn(_, _, name) if is_taken(table, name) => false,
            Self::AddPair(_, pair) => {
                let is_there = pair.columns.iter().all(|id| table.column(*id).is_some_and(|c| c.kind.is_bounded()));
                let is_new = !table.pairs.iter().any(|other| other.columns == pair.columns);
                if is_there && is_new {
                    table.pairs.push(pair.clone());
                }
                is_there && is_new
            }
            Self::DropPair(_, pair) => {
                let before = table.pairs.len();
                table.pairs.retain(|other| other != pair);
                table.pairs.len() < before
            }
            _ => {
                if let Self::RenameColumn(_, _, name) = self {
                    forget_column(table, name);
                }
                let pairs = table.pairs.clone();
                let is_paired = |id: Id| pairs.iter().any(|pair| pair.columns.contains(&id));
                table.columns.iter_mut().any(|column| self.change_column(column, &is_paired))
            }
        }
    }

    fn change_column(&self, column: &mut Column, is_paired: &dyn Fn(Id) -> bool) -> bool {
        match self {
            Self::RenameColumn(_, id, name) if column.id == *id && (!column.check || is_word(name)) => {
                column.old = column.old.take().or(Some(column.name.clone()));
                column.name.clone_from(name);
            }
            Self::Retype(_, id, kind) if column.id == *id => {
                let is_indexed = column.unique || column.index || is_paired(*id);
                if (is_indexed && !kind.is_bounded()) || column.parent.is_some() {
                    return false;
                }
                column.kind = *kind;
                column.default = None;
                column.check &= kind.is_number();
            }
            Self::Nullable(_, id, nullable) if column.id == *id => {
                let sets_null = column.parent.as_ref().is_some_and(|parent| parent.on_delete == Some("set_null"));
                if column.nullable == *nullable || (sets_null && !nullable) {
                    return false;
                }
                column.nullable = *nullable;
            }
            Self::Default(_, id, default) if column.id == *id && column.parent.is_none() => {
                column.default.clone_from(default);
            }
            Self::Unique(_, id, unique) if column.id == *id && column.kind.is_bounded() => column.unique = *unique,
            Self::Index(_, id, index) if column.id == *id && column.kind.is_bounded() => column.index = *index,
            Self::Check(_, id, check) if column.id == *id && column.kind.is_number() && is_word(&column.name) => {
                column.check = *check;
            }
            Self::Reference(_, id, parent) if column.id == *id => column.parent.clone_from(parent),
            Self::CommentColumn(_, id, comment) if column.id == *id => column.comment.clone_from(comment),
            _ => return false,
        }
        true
    }
}

/// Whether every database takes a name without quotes.
pub fn is_word(name: &str) -> bool {
    let is_plain = name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    is_plain && !["order", "type", "match", "group", "key", "range", "rank"].contains(&name)
}

/// Every column and its table.
fn columns(models: &Models) -> impl Iterator<Item = (&Table, &Column)> {
    models.tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)))
}

/// Whether what a column names is there.
fn fits(models: &Models, column: &Column) -> bool {
    let has_type = match column.kind {
        Kind::Enum(id) => models.enumeration(id).is_some(),
        _ => true,
    };
    has_type && column.parent.as_ref().is_none_or(|parent| models.table(parent.table).is_some())
}

fn add_table(models: &mut Models, table: &Table) -> bool {
    let is_free = !models.tables.iter().any(|other| is_same(&other.name, &table.name));
    let is_whole = table
        .columns
        .iter()
        .all(|column| column.parent.as_ref().is_some_and(|parent| parent.table == table.id) || fits(models, column));
    if is_free && is_whole {
        forget_table(models, &table.name);
        models.tables.push(table.clone());
    }
    is_free && is_whole
}

fn drop_table(models: &mut Models, id: Id) -> bool {
    let points = |column: &Column| column.parent.as_ref().is_some_and(|parent| parent.table == id);
    let is_used = columns(models).any(|(table, column)| table.id != id && points(column));
    let is_there = models.table(id).is_some();
    models.tables.retain(|table| is_used || table.id != id);
    is_there && !is_used
}

/// A hint that names what is there again would be about something else.
fn forget_table(models: &mut Models, name: &str) {
    let told = models.tables.iter_mut().filter(|table| table.old.as_deref() == Some(name));
    told.for_each(|table| table.old = None);
}

fn forget_column(table: &mut Table, name: &str) {
    let told = table.columns.iter_mut().filter(|column| column.old.as_deref() == Some(name));
    told.for_each(|column| column.old = None);
}

fn is_taken(table: &Table, name: &str) -> bool {
    is_same(name, table.key.name()) || table.columns.iter().any(|column| is_same(&column.name, name))
}

/// Databases that ignore the case of names are among them.
fn is_same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

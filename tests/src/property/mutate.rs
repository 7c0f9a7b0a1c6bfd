//! Schemas become other schemas, with the hints that say how.

use autogen_engine::dialect::Dialect;
use autogen_engine::diff::apply;
use autogen_engine::model::{
    Change, Column, Expr, ForeignKey, Pair, PrimaryKey, Rename, Schema, Table, TableName, Unique,
};
use autogen_engine::sql::{columns_in, rule_columns};

use super::build::{add_column, add_rule, add_table, column_names, generate, set_key};
use super::expressions::{self, Class, chosen};
use super::names;
use super::recipe::{Alteration, KeyRecipe, Mutation, Pick};

/// Makes one change, if it fits.
pub(super) fn mutate(schema: &mut Schema, mutation: &Mutation) {
    let all: Vec<TableName> = schema.tables.keys().cloned().collect();
    if let Mutation::AddTable(recipe) = mutation {
        return add_table(schema, recipe);
    }
    if all.is_empty() {
        return;
    }
    match mutation {
        Mutation::AddTable(_) => {}
        Mutation::DropTable(table) => {
            schema.tables.remove(&chosen(&all, *table));
        }
        Mutation::RenameTable(table, name) => rename_table(schema, &chosen(&all, *table), *name),
        Mutation::RenameColumn(table, column, name) => rename_column(schema, &chosen(&all, *table), *column, *name),
        Mutation::AddRule(table, recipe) => add_rule(schema, &chosen(&all, *table), recipe),
        Mutation::AddColumn(table, recipe) => within(schema, &all, *table, |table| add_column(table, recipe)),
        Mutation::DropColumn(table, column) => within(schema, &all, *table, |table| drop_column(table, *column)),
        Mutation::AlterColumn(table, column, how) => {
            within(schema, &all, *table, |table| alter_column(table, *column, how));
        }
        Mutation::AlterKey(table, recipe) => within(schema, &all, *table, |table| alter_key(table, recipe)),
        Mutation::DropRule(table, rule) => within(schema, &all, *table, |table| drop_rule(table, *rule)),
        Mutation::ToggleStrict(table) => {
            within(schema, &all, *table, |table| table.options.strict = !table.options.strict);
        }
        Mutation::ToggleRowid(table) => {
            within(schema, &all, *table, |table| table.options.without_rowid = !table.options.without_rowid);
        }
        Mutation::ReverseColumns(table) => within(schema, &all, *table, |table| table.columns.reverse()),
    }
}

fn within(schema: &mut Schema, all: &[TableName], pick: Pick, change: impl FnOnce(&mut Table)) {
    if let Some(table) = schema.tables.get_mut(&chosen(all, pick)) {
        change(table);
    }
}

fn rename_table(schema: &mut Schema, old: &TableName, name: Pick) {
    let mut taken = schema.tables.keys().map(|name| name.name.to_ascii_lowercase()).collect();
    let new = TableName::new(names::free(name, &mut taken));
    apply(schema, &Change::Rename(Rename::Table(Pair::new(old.clone(), new.clone()))), Dialect::Sqlite);
    if let Some(table) = schema.tables.get_mut(&new) {
        // What counts is the name that the start knows.
        table.hints.renamed_from.get_or_insert(old.name.clone());
    }
}

fn rename_column(schema: &mut Schema, table: &TableName, column: Pick, name: Pick) {
    let Some(found) = schema.tables.get(table).filter(|table| !table.columns.is_empty()) else { return };
    let old = chosen(&found.columns, column).name;
    // Without row numbers SQLite loses its way ("no such column") when a UNIQUE names the renamed key too.
    if is_key(found, &old) && found.rules.uniques().any(|unique| unique.columns.contains(&old)) {
        return;
    }
    let new = names::free(name, &mut column_names(found));
    let change = Change::Rename(Rename::Column(table.clone(), Pair::new(old.clone(), new.clone())));
    apply(schema, &change, Dialect::Sqlite);
    let renamed = schema.tables.get_mut(table).and_then(|table| table.columns.iter_mut().find(|c| c.name == new));
    if let Some(column) = renamed {
        column.hints.renamed_from.get_or_insert(old);
    }
}

fn is_key(table: &Table, column: &str) -> bool {
    table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|name| name == column))
}

fn drop_column(table: &mut Table, column: Pick) {
    let name = chosen(&table.columns, column).name;
    if !is_key(table, &name) {
        table.columns.retain(|column| column.name != name);
    }
}

fn alter_column(table: &mut Table, column: Pick, how: &Alteration) {
    let position = usize::from(column) % table.columns.len();
    let mut column = table.columns[position].clone();
    let is_key = is_key(table, &column.name);
    match how {
        Alteration::Type(pick) if column.generated.is_none() && !column.auto_increment => {
            column.data_type = expressions::data_type(*pick);
            column.default = None;
            column.hints.backfill = None;
        }
        Alteration::Required { backfill } if column.generated.is_none() && !is_key => {
            column.nullable = !column.nullable;
            column.hints.backfill = (*backfill && !column.nullable).then(|| expressions::constant(&column.data_type));
        }
        Alteration::Default(pick) if column.generated.is_none() && !column.auto_increment => {
            column.default = pick.map(|pick| Expr::new(expressions::default(pick, &column.data_type)));
        }
        Alteration::Collation(pick) => column.collation = pick.map(expressions::collation),
        Alteration::Generated(generated) if !is_key => {
            column.generated = None;
            if let Some(generated) = generated {
                generate(table, &mut column, *generated);
            }
        }
        Alteration::Type(_) | Alteration::Required { .. } | Alteration::Default(_) | Alteration::Generated(_) => {}
    }
    table.columns[position] = column;
}

/// Gives a table another key, of columns that it has or of new ones.
fn alter_key(table: &mut Table, recipe: &KeyRecipe) {
    for column in table.columns.iter_mut().filter(|column| column.auto_increment) {
        column.auto_increment = false;
        column.sql_type = None;
    }
    let plain: Vec<String> =
        table.columns.iter().filter(|column| column.generated.is_none()).map(|column| column.name.clone()).collect();
    if recipe.name % 2 == 1 || plain.is_empty() {
        return set_key(table, recipe);
    }
    let mut columns = vec![chosen(&plain, recipe.types[0])];
    let second = chosen(&plain, recipe.types[1]);
    if recipe.kind % 2 == 1 && second != columns[0] {
        columns.push(second);
    }
    table.primary_key = Some(PrimaryKey { name: None, columns });
}

fn drop_rule(table: &mut Table, pick: Pick) {
    let all = table.rules.iter().count();
    if all > 0 {
        let picked = table.rules.get(usize::from(pick) % all).cloned();
        table.rules.remove_first(|rule| Some(rule) == picked.as_ref());
    }
}

/// Takes out whatever other changes have pulled the ground from under.
pub(super) fn tidy(schema: &mut Schema) {
    for table in schema.tables.values_mut() {
        tidy_columns(table);
        tidy_rules(table);
    }
    let parents = schema.clone();
    for table in schema.tables.values_mut() {
        // SQLite can't carry an action out on a computed column.
        let own: Vec<String> = table
            .columns
            .iter()
            .filter(|column| column.generated.is_none())
            .map(|column| column.name.clone())
            .collect();
        table.rules.retain_of::<ForeignKey>(|key| {
            key.columns.iter().all(|column| own.contains(column))
                && parents
                    .tables
                    .get(&key.references)
                    .is_some_and(|parent| is_key_of(parent, key.columns.len(), &key.referenced_columns))
        });
    }
}

fn tidy_columns(table: &mut Table) {
    let key = table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
    let plain: Vec<String> =
        table.columns.iter().filter(|column| column.generated.is_none()).map(|column| column.name.clone()).collect();
    let stands = |expr: &Expr| columns_in(Dialect::Sqlite, expr).iter().all(|column| plain.contains(column));
    for column in &mut table.columns {
        column.generated.take_if(|generated| key.contains(&column.name) || !stands(&generated.expr));
        if key.contains(&column.name) {
            column.nullable = false;
        }
        if !matches!(expressions::class(&column.data_type), Class::Text) {
            column.collation = None;
        }
        if column.auto_increment {
            table.options.without_rowid = false;
        }
    }
}

fn tidy_rules(table: &mut Table) {
    let names: Vec<String> = table.columns.iter().map(|column: &Column| column.name.clone()).collect();
    let key = table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
    table.rules.retain(|rule| rule_columns(rule, Dialect::Sqlite).iter().all(|column| names.contains(column)));
    table.rules.retain_of::<Unique>(|unique| unique.columns != key);
}

/// Whether a foreign key may point at these columns of a table; none means its primary key.
fn is_key_of(parent: &Table, count: usize, referenced: &[String]) -> bool {
    let key = parent.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default();
    let is_unique = referenced == key || parent.rules.uniques().any(|unique| unique.columns == referenced);
    if referenced.is_empty() { key.len() == count } else { is_unique && referenced.len() == count }
}

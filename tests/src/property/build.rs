//! Recipes become schemas that SQLite takes.

use std::collections::BTreeSet;

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{
    Action, Check, Column, DataType, Deferrable, Expr, ForeignKey, Generated, Index, IndexColumn, IndexKey, Pair,
    PrimaryKey, Schema, Table, TableName, Unique, UniqueForm,
};
use autogen_engine::sql::columns_in;

use super::expressions::{self, chosen};
use super::mutate;
use super::names;
use super::recipe::{ColumnRecipe, ForeignKeyRecipe, Goal, KeyPick, KeyRecipe, Pick, Recipe, RuleRecipe, TableRecipe};

/// Both schemas of a recipe. Renames stand in the hints of the second.
pub fn pair(recipe: &Recipe) -> Pair<Schema> {
    let mut start = schema(&recipe.start);
    for column in start.tables.values_mut().flat_map(|table| &mut table.columns) {
        column.hints.backfill = None;
    }
    let goal = match &recipe.goal {
        Goal::Mutated(mutations) => {
            let mut goal = start.clone();
            for mutation in mutations {
                mutate::mutate(&mut goal, mutation);
            }
            mutate::tidy(&mut goal);
            goal
        }
        Goal::Independent(tables) => schema(tables),
    };
    Pair::new(start, goal)
}

fn schema(recipes: &[TableRecipe]) -> Schema {
    let mut schema = Schema::default();
    for recipe in recipes {
        add_table(&mut schema, recipe);
    }
    mutate::tidy(&mut schema);
    schema
}

/// Adds a table with all its rules.
pub(super) fn add_table(schema: &mut Schema, recipe: &TableRecipe) {
    let mut taken = schema.tables.keys().map(|name| name.name.to_ascii_lowercase()).collect();
    let mut table = Table::new(TableName::new(names::free(recipe.name, &mut taken)));
    let name = table.name.clone();
    table.options.strict = recipe.strict;
    set_key(&mut table, &recipe.key);
    table.options.without_rowid = recipe.without_rowid && !table.columns.iter().any(|column| column.auto_increment);
    for column in &recipe.columns {
        add_column(&mut table, column);
    }
    schema.insert(table);
    for rule in &recipe.rules {
        add_rule(schema, &name, rule);
    }
}

/// Puts a primary key of new columns before the others.
pub(super) fn set_key(table: &mut Table, recipe: &KeyRecipe) {
    let mut taken = column_names(table);
    let whole = |pick| chosen(&[DataType::Integer, DataType::BigInt], pick);
    let (types, numbered) = match recipe.kind % 8 {
        0..=2 => (vec![whole(recipe.types[0])], false),
        3 => (vec![whole(recipe.types[0])], !table.options.without_rowid),
        4 => (vec![DataType::Varchar(Some(36))], false),
        5 => (vec![expressions::data_type(recipe.types[0])], false),
        _ => (recipe.types.iter().map(|pick| expressions::data_type(*pick)).collect(), false),
    };
    let mut columns = Vec::new();
    for (position, data_type) in types.into_iter().enumerate() {
        let name = match (recipe.name % 3, position) {
            (0 | 1, 0) => names::unlike("id", &mut taken),
            (_, _) => names::free(recipe.name, &mut taken),
        };
        let mut column = Column::new(name, data_type);
        column.nullable = false;
        column.auto_increment = numbered;
        if numbered && column.data_type == DataType::BigInt {
            // What the definition of such a column means on SQLite.
            column.sql_type = Some("INTEGER".to_owned());
        }
        columns.push(column);
    }
    table.primary_key =
        Some(PrimaryKey { name: None, columns: columns.iter().map(|column| column.name.clone()).collect() });
    table.columns.splice(0..0, columns);
}

/// Adds a column.
pub(super) fn add_column(table: &mut Table, recipe: &ColumnRecipe) {
    let mut taken = column_names(table);
    let mut column = Column::new(names::free(recipe.name, &mut taken), expressions::data_type(recipe.data_type));
    column.nullable = !recipe.required;
    column.default = recipe.default.map(|pick| Expr::new(expressions::default(pick, &column.data_type)));
    if matches!(expressions::class(&column.data_type), expressions::Class::Text) {
        column.collation = recipe.collation.map(expressions::collation);
    }
    if let Some(generated) = recipe.generated {
        generate(table, &mut column, generated);
    }
    if recipe.backfill && column.generated.is_none() && !column.nullable {
        column.hints.backfill = Some(expressions::constant(&column.data_type));
    }
    table.columns.push(column);
}

/// Makes a column a generated one, if there is anything to generate it from.
pub(super) fn generate(table: &Table, column: &mut Column, (source, expression, stored): (Pick, Pick, bool)) {
    let plain: Vec<&Column> =
        table.columns.iter().filter(|other| other.generated.is_none() && other.name != column.name).collect();
    if plain.is_empty() {
        return;
    }
    let (data_type, sql) = expressions::generated(expression, chosen(&plain, source));
    column.data_type = data_type;
    column.nullable = true;
    column.default = None;
    column.collation = None;
    column.generated = Some(Generated { expr: Expr::new(sql), stored });
}

/// Adds a rule or an index, unless the table has its like.
pub(super) fn add_rule(schema: &mut Schema, name: &TableName, recipe: &RuleRecipe) {
    if let RuleRecipe::ForeignKey(recipe) = recipe {
        return add_foreign_key(schema, name, recipe);
    }
    let mut taken = object_names(schema);
    let Some(table) = schema.tables.get_mut(name) else { return };
    match recipe {
        RuleRecipe::Unique { columns, as_index, named: wanted } => {
            let columns = different(columns.iter().map(|pick| chosen(&table.columns, *pick).name));
            if is_unique(table, &columns) {
                return;
            }
            let form = if *as_index { UniqueForm::Index } else { UniqueForm::Constraint };
            let name = named(*wanted, "uq", name, &mut taken);
            table.rules.push(Unique { name, form, ..Unique::new(columns) });
        }
        RuleRecipe::Index { keys, unique, predicate, named: wanted } => {
            let mut columns: Vec<IndexColumn> = Vec::new();
            for key in keys.iter().map(|key| index_key(table, key)) {
                if !columns.iter().any(|other| other.key == key.key) {
                    columns.push(key);
                }
            }
            let predicate = predicate
                .map(|(column, pick)| Expr::new(expressions::predicate(pick, &chosen(&table.columns, column))));
            let is_plain = |key: &IndexColumn| {
                matches!(key.key, IndexKey::Column(_)) && !key.descending && key.collation.is_none()
            };
            // That would be a unique rule.
            let unique = *unique && !(predicate.is_none() && columns.iter().all(is_plain));
            let name = named(*wanted, "ix", name, &mut taken);
            table.rules.push(Index { name, unique, predicate, ..Index::new(columns) });
        }
        RuleRecipe::Check { template, columns, named: wanted } => {
            let columns = columns.map(|pick| chosen(&table.columns, pick));
            let expr = Expr::new(expressions::condition(*template, columns.each_ref()));
            if table.rules.checks().any(|check| check.expr == expr) {
                return;
            }
            let inline = columns_in(Dialect::Sqlite, &expr).len() == 1;
            let name = named(*wanted, "ck", name, &mut taken);
            table.rules.push(Check { name, inline, ..Check::new(expr) });
        }
        RuleRecipe::ForeignKey(_) => {}
    }
}

fn named(wanted: bool, prefix: &str, table: &TableName, taken: &mut BTreeSet<String>) -> Option<String> {
    wanted.then(|| names::unlike(&format!("{prefix}_{}", table.name), taken))
}

fn index_key(table: &Table, key: &KeyPick) -> IndexColumn {
    let column = chosen(&table.columns, key.column);
    let collation = key.collation.map(expressions::collation);
    let key_of = match key.expression {
        Some(pick) => IndexKey::Expr(Expr::new(expressions::indexed(pick, &column))),
        None => IndexKey::Column(column.name),
    };
    IndexColumn { descending: key.descending, collation, ..IndexColumn::new(key_of) }
}

fn add_foreign_key(schema: &mut Schema, name: &TableName, recipe: &ForeignKeyRecipe) {
    let parents: Vec<TableName> = schema.tables.keys().cloned().collect();
    let parent_name = chosen(&parents, recipe.parent);
    let mut taken = object_names(schema);
    let (Some(parent), Some(own)) = (schema.tables.get(&parent_name), schema.tables.get(name)) else { return };
    let key: Vec<String> = parent.primary_key.iter().flat_map(|key| key.columns.clone()).collect();
    let uniques: Vec<&Unique> = parent.rules.uniques().collect();
    let (referenced, is_key) = match recipe.to_unique {
        Some(pick) if !uniques.is_empty() => (chosen(&uniques, pick).columns.clone(), false),
        Some(_) | None => (key, true),
    };
    let types: Vec<DataType> =
        referenced.iter().filter_map(|column| parent.column(column).map(|column| column.data_type.clone())).collect();

    let existing = own
        .rules
        .foreign_keys()
        .find(|other| recipe.doubled && other.columns.len() == types.len() && other.references != parent_name);
    let mut columns: Vec<String> = existing.map(|other| other.columns.clone()).unwrap_or_default();
    // Whoever comes first in the alphabet can do without the others: rows can always be planted.
    let required = recipe.required && parent_name < *name;
    let Some(own) = schema.tables.get_mut(name) else { return };
    if columns.is_empty() {
        let mut taken = column_names(own);
        for (column, data_type) in referenced.iter().zip(types) {
            let mut column =
                Column::new(names::unlike(&format!("{}_{column}", parent_name.name), &mut taken), data_type);
            column.nullable = !required;
            columns.push(column.name.clone());
            own.columns.push(column);
        }
    }
    let actions = [Action::NoAction, Action::Cascade, Action::SetNull, Action::Restrict, Action::SetDefault];
    let deferrables = [Deferrable::No, Deferrable::InitiallyDeferred, Deferrable::InitiallyImmediate];
    let key = ForeignKey {
        name: named(recipe.named, "fk", name, &mut taken),
        inline: columns.len() == 1,
        on_delete: Some(chosen(&actions, recipe.on_delete)),
        on_update: Some(chosen(&actions, recipe.on_update)),
        deferrable: chosen(&deferrables, recipe.deferrable),
        ..ForeignKey::new(columns, parent_name, if is_key && recipe.unsaid { Vec::new() } else { referenced })
    };
    own.rules.push(key);
}

/// Whether a rule already keeps these columns unique.
fn is_unique(table: &Table, columns: &[String]) -> bool {
    table.rules.uniques().any(|unique| unique.columns == columns)
        || table.primary_key.as_ref().is_some_and(|key| key.columns == columns)
}

fn different(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

pub(super) fn column_names(table: &Table) -> BTreeSet<String> {
    table.columns.iter().map(|column| column.name.to_ascii_lowercase()).collect()
}

/// Names of tables, indexes and constraints, in lower case.
fn object_names(schema: &Schema) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for table in schema.tables.values() {
        names.insert(table.name.name.clone());
        names.extend(table.rules.uniques().filter_map(|unique| unique.name.clone()));
        names.extend(table.rules.indexes().filter_map(|index| index.name.clone()));
        names.extend(table.rules.checks().filter_map(|check| check.name.clone()));
        names.extend(table.rules.foreign_keys().filter_map(|key| key.name.clone()));
    }
    names.into_iter().map(|name| name.to_ascii_lowercase()).collect()
}

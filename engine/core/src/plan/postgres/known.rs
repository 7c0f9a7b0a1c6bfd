//! What a plan knows of columns and types that are dropped and recreated. Anything else that depends on them would be
//! lost.

use crate::dialect::Dialect;
use crate::model::{Change, Column, Edit, Expr, Pair, Table, TableName};
use crate::plan::{Alteration, ColumnAction, Known, Operation, PostgresOperation, Restored, RestoredObject, Stage};
use crate::sql::rule_columns;

use super::alter::default_goes;
use super::enums::Swaps;
use super::remake::Planned;

/// Returns the operations that verify what these changes recreate.
pub(super) fn expected(planned: &[Planned], stage: &Stage, swaps: &Swaps) -> Vec<Operation> {
    let tables = stage.before.tables.values();
    let columns = tables.filter_map(|table| {
        let remade: Vec<&Column> = table.columns.iter().filter(|column| is_remade(planned, table, column)).collect();
        (!remade.is_empty()).then(|| known(table, &remade))
    });
    let columns: Vec<Known> = columns.collect();
    let types = swaps
        .values(stage)
        .map(|(name, Pair { from, .. })| PostgresOperation::ExpectValues(name.clone(), from.clone()));
    let columns = (!columns.is_empty()).then_some(Operation::ExpectTables(columns));
    let restored = stage.before.tables.values().filter_map(|table| restored(planned, table, swaps));
    columns.into_iter().chain(types.chain(restored).map(Operation::Postgres)).collect()
}

/// Returns what is dropped and restored although nobody asked to change it, or only respelled with the same meaning.
fn restored(all: &[Planned], table: &Table, swaps: &Swaps) -> Option<PostgresOperation> {
    let copy = TableName { schema: table.name.schema.clone(), name: "autogen_known".to_owned() };
    let mut objects = Vec::new();
    for planned in all.iter().filter(|planned| planned.change.subject().table == table.name) {
        let name = format!("autogen_known_{}", objects.len() + 1);
        let object = match &planned.change {
            Change::Column(_, Edit::Alter(columns)) => {
                let stays = columns.from.default.as_ref().zip(columns.to.default.as_ref());
                let stays = stays.is_some_and(|(from, to)| from.same_as(to)) && default_goes(columns, swaps);
                stays.then(|| default(&columns.from, &copy)).flatten()
            }
            change @ (Change::Rename(_)
            | Change::Table(_)
            | Change::Column(..)
            | Change::Rule(..)
            | Change::Enum(_)) => {
                let comes_back = planned.is_restored || is_respelled(change, all);
                comes_back.then(|| dropped(change, &copy, &name)).flatten()
            }
        };
        objects.extend(object);
    }
    (!objects.is_empty())
        .then(|| PostgresOperation::ExpectRestored(Restored { table: table.name.clone(), copy, objects }))
}

/// Checks whether something dropped is added again under its name, in words that mean the same.
fn is_respelled(gone: &Change, all: &[Planned]) -> bool {
    let same = |from: &[&Expr], to: &[&Expr]| {
        !from.is_empty() && from.len() == to.len() && from.iter().zip(to).all(|(from, to)| from.same_as(to))
    };
    let computed = |column: &Column| column.generated.as_ref().map(|generated| generated.expr.clone());
    all.iter().any(|planned| match (gone, &planned.change) {
        (Change::Rule(table, Edit::Drop(rule)), Change::Rule(of, Edit::Add(new))) => {
            let is_it = table == of && rule.kind() == new.kind() && rule.name() == new.name();
            is_it && same(&rule.expressions(), &new.expressions())
        }
        (Change::Column(table, Edit::Drop(column)), Change::Column(of, Edit::Add(new))) => {
            let computed = computed(column).zip(computed(new));
            table == of && column.name == new.name && computed.is_some_and(|(from, to)| from.same_as(&to))
        }
        (Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_), _) => false,
    })
}

/// Returns the statement that makes a dropped rule, index or expression on a copy of its table, under another name.
fn dropped(change: &Change, copy: &TableName, name: &str) -> Option<RestoredObject> {
    match change {
        Change::Rule(_, Edit::Drop(rule)) => {
            let kind = if rule.is_index() { "index" } else { "constraint" };
            let names = Pair::new(rule.name()?.to_owned(), name.to_owned());
            let made = PostgresOperation::AddRule(copy.clone(), rule.clone().named(Some(name.to_owned())));
            Some(RestoredObject { kind, names, made })
        }
        // The catalog keeps a generated column's expression in place of a default.
        Change::Column(_, Edit::Drop(column)) if column.generated.is_some() => {
            let column = Column { name: name.to_owned(), comment: None, ..column.clone() };
            let made = PostgresOperation::AddColumn(copy.clone(), Box::new(column));
            let names = Pair::new(change.subject().column?, name.to_owned());
            Some(RestoredObject { kind: "default", names, made })
        }
        Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => None,
    }
}

/// Returns a default that is dropped while its column changes type, and restored afterwards.
fn default(column: &Column, copy: &TableName) -> Option<RestoredObject> {
    let set = ColumnAction { column: column.name.clone(), alteration: Alteration::SetDefault(column.default.clone()?) };
    let names = Pair::new(column.name.clone(), column.name.clone());
    Some(RestoredObject { kind: "default", names, made: PostgresOperation::AlterColumns(copy.clone(), vec![set]) })
}

fn is_remade(planned: &[Planned], table: &Table, column: &Column) -> bool {
    let is_dropped = |change: &Change| matches!(change, Change::Column(name, Edit::Drop(gone)) if *name == table.name && gone.name == column.name);
    let is_added = |change: &Change| matches!(change, Change::Column(name, Edit::Add(new)) if *name == table.name && new.name == column.name);
    planned.iter().any(|planned| is_dropped(&planned.change)) && planned.iter().any(|planned| is_added(&planned.change))
}

/// Returns the names of everything that uses these columns, and the columns' comments.
fn known(table: &Table, remade: &[&Column]) -> Known {
    let is_one = |name: &String| remade.iter().any(|column| column.name == *name);
    let key = table.primary_key.iter().map(|key| (key.name.as_deref(), key.columns.clone()));
    let rules = table.rules.iter();
    let rules = rules.map(|rule| (rule.name(), rule_columns(rule, Dialect::Postgres).into_iter().collect()));
    let all = key.chain(rules);
    let standing = all.filter(|(_, columns): &(_, Vec<String>)| columns.iter().any(is_one));
    let mut lines: Vec<String> = standing.filter_map(|(name, _)| name.map(str::to_owned)).collect();
    lines.extend(remade.iter().filter_map(|column| Some(format!("comment {}", column.comment.as_ref()?))));
    Known {
        table: table.name.clone(),
        columns: remade.iter().map(|column| column.name.clone()).collect(),
        lines,
        rules: Vec::new(),
    }
}

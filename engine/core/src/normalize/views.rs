//! Views, sequences and partitions that are declared as tables: Diesel has no other way to name one.

use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{Bystander, BystanderKind, ForeignKey, Pair, Schema, Table, TableName};

/// Returns the pair without stock definitions of what the database has as a view or a partition, and without foreign
/// keys into views.
///
/// # Errors
/// Reports every other definition that has the name of a view.
pub(super) fn left_out(mut pair: Pair<Schema>, dialect: Dialect) -> Result<Pair<Schema>> {
    let facts = dialect.facts();
    let views: Vec<&Bystander> =
        pair.from.bystanders.iter().filter(|bystander| is_read_like_a_table(bystander)).collect();
    let view = |name: &TableName| views.iter().find(|view| facts.same_name(&view.name, &name.to_string()));
    let mistakes = pair.to.tables.values().filter(|table| table.speaks.options);
    let mistakes = mistakes.filter_map(|table| view(&table.name).map(|view| in_the_way(table, view)));
    Error::unless_clean(mistakes.collect())?;

    pair.to.tables.retain(|name, _| view(name).is_none());
    for table in pair.to.tables.values_mut() {
        // Diesel's programs print a foreign key to a partitioned table again for each of its partitions.
        let is_key_to_partition =
            |key: &ForeignKey, found: &Bystander| found.kind == BystanderKind::Partition && !key.is_of_join();
        table
            .rules
            .retain_of::<ForeignKey>(|key| view(&key.references).is_none_or(|found| is_key_to_partition(key, found)));
    }
    Ok(pair)
}

fn is_read_like_a_table(bystander: &Bystander) -> bool {
    match bystander.kind {
        BystanderKind::View
        | BystanderKind::MaterializedView
        | BystanderKind::ForeignTable
        | BystanderKind::VirtualTable
        // Its columns are those of the table that it is a part of.
        | BystanderKind::Partition
        // `select last_value from numbers`.
        | BystanderKind::Sequence => true,
        BystanderKind::Trigger
        | BystanderKind::Function
        | BystanderKind::Extension
        | BystanderKind::Domain
        | BystanderKind::Type
        | BystanderKind::Rule
        | BystanderKind::Policy
        | BystanderKind::PartitionPart => false,
    }
}

fn in_the_way(table: &Table, view: &Bystander) -> Diagnostic {
    let kind = view.kind.name();
    let message = format!("`{}` is a {kind} in the database, and `autogen::table!` makes tables", table.name);
    let help =
        format!("declare it by `diesel::table!`, which only says how to read it, or drop the {kind} by hand first");
    let diagnostic = Diagnostic::error(Code::ViewInTheWay, message).help(help);
    match &table.hints.place {
        Some(place) => diagnostic.at(place.clone(), ""),
        None => diagnostic,
    }
}

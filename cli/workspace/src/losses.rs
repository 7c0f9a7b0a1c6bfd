//! What reverting loses, by the names of hazards, with the rows that are at stake.

use autogen_codegen::revision::{Risk, risks};
use autogen_engine::database::Database;
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::history::Revision;
use autogen_engine::introspect::{count_rows, introspect};
use autogen_engine::model::{Change, Column, Edit, Schema, Table, TableName};
use autogen_engine::plan::{Hazard, HazardKind, hazards};
use autogen_engine::sql::losses::{Loss, Losses};

use crate::workspace::Workspace;

impl Workspace {
    /// Lists what is lost if these revisions are reverted in this order, as the text of their `down.sql` tells. What holds
    /// nothing now isn't lost.
    pub(crate) fn losses(&self, revisions: &[&Revision], database: &mut Database) -> Result<Vec<Risk>> {
        let mut losses = Losses::new(self.dialect);
        for down in revisions.iter().filter_map(|revision| revision.down.as_ref()) {
            losses.read(down);
        }
        let found = losses.found();
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let schema = introspect(database)?;
        let mut lost = Vec::new();
        for loss in found {
            for (hazard, is_there) in self.hazards_of(loss, &schema) {
                let rows = hazard.count.as_ref().map(|query| count_rows(database, query));
                let rows = match rows {
                    Some(Ok(rows)) => Some(rows),
                    Some(Err(_)) if !is_there => continue,
                    Some(Err(_)) | None => None,
                };
                if rows != Some(0) {
                    lost.push(Risk { hazard, rows, reason: None });
                }
            }
        }
        Ok(lost)
    }

    /// Returns the hazards of a loss, and whether what is lost is known to be there.
    fn hazards_of(&self, loss: Loss, schema: &Schema) -> Vec<(Hazard, bool)> {
        let dropped = |table: &Table| {
            let change = Change::Table(Edit::Drop(table.clone()));
            hazards(&[&change], table, table, self.dialect)
        };
        let without = |table: &Table, column: &Column| {
            let change = Change::Column(table.name.clone(), Edit::Drop(column.clone()));
            hazards(&[&change], table, table, self.dialect)
        };
        let is = |a: &str, b: &str| self.dialect.facts().same_name(a, b);
        let found: Vec<Hazard> = match loss {
            Loss::Table(name) => match self.table(&name, schema) {
                Some(table) => dropped(table),
                None => return dropped(&Table::new(name)).into_iter().map(|hazard| (hazard, false)).collect(),
            },
            Loss::Schema(name) => {
                let within = schema.tables.values().filter(|table| table.name.schema.as_ref() == Some(&name));
                within.flat_map(dropped).collect()
            }
            Loss::Column(name, column) => {
                let table = self.table(&name, schema);
                let column = table.and_then(|table| table.columns.iter().find(|found| is(&found.name, &column)));
                table.zip(column).into_iter().flat_map(|(table, column)| without(table, column)).collect()
            }
            Loss::ColumnsBut(name, kept) => {
                let table = self.table(&name, schema);
                let columns =
                    table.into_iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
                let gone = columns.filter(|(_, column)| !kept.iter().any(|kept| is(kept, &column.name)));
                gone.flat_map(|(table, column)| without(table, column)).collect()
            }
            Loss::Rows(name, all) => {
                let table = self.table(&name, schema);
                let is_there = table.is_some();
                let name = table.map_or(name, |table| table.name.clone());
                let count = format!("SELECT count(*) FROM {}", self.dialect.facts().quoted_table(&name));
                let how_many = if all { "all rows" } else { "some rows" };
                let detail = format!("{how_many} of {name} are deleted");
                return vec![(Hazard { kind: HazardKind::DeleteRows, detail, count: Some(count) }, is_there)];
            }
        };
        found.into_iter().map(|hazard| (hazard, true)).collect()
    }

    fn table<'s>(&self, name: &TableName, schema: &'s Schema) -> Option<&'s Table> {
        let is = |a: &str, b: &str| self.dialect.facts().same_name(a, b);
        let of = |schema: &Option<String>| schema.clone().filter(|schema| schema != "public" && schema != "main");
        let is_it = |table: &&Table| is(&table.name.name, &name.name) && of(&table.name.schema) == of(&name.schema);
        schema.tables.values().find(is_it)
    }
}

/// Refuses to lose what nobody has allowed to be lost.
pub(crate) fn refuse_losses(lost: &[Risk], allowed: &[HazardKind]) -> Result<()> {
    let unallowed: Vec<Risk> = lost.iter().filter(|risk| !allowed.contains(&risk.hazard.kind)).cloned().collect();
    if unallowed.is_empty() {
        return Ok(());
    }
    let mut kinds: Vec<HazardKind> = lost.iter().map(|risk| risk.hazard.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let mut error = Error::new(Code::HazardNotAllowed, "reverting loses what nobody has allowed to be lost");
    let notes = risks(&unallowed).into_iter().map(|line| Diagnostic::note(Code::HazardNotAllowed, line));
    error.diagnostics.extend(notes);
    Err(error.help(format!("if that is meant, make a backup and add `--allow {}`", names.join(","))))
}

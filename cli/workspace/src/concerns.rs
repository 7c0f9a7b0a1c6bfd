//! The hazards of what would be written next, at the definitions that they come from, and what would mend them there.

use autogen_engine::dialect::Dialect;
use autogen_engine::error::Error;
use autogen_engine::model::{Change, Column, Edit, Place, TableName};
use autogen_engine::plan::{Hazard, HazardKind, hazards};

use crate::dialects::Workspaces;
use crate::draft::{Draft, DraftOptions};
use crate::drafts::drafts;
use crate::finding::place_of;
use crate::models::Models;
use crate::observer::Observer;
use crate::refused::{PossibleRename, Refused};

/// A hazard that nobody has allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// The owner of the table.
    pub owner: String,
    /// The dialects in which it is one; empty if the host has only one.
    pub dialects: Vec<Dialect>,
    /// What is at risk.
    pub hazard: Hazard,
    /// The definition that it comes from: of the column or rule, else of the table. A table that goes has none.
    pub place: Option<Place>,
    /// What would mend it in source.
    pub remedies: Vec<Remedy>,
}

/// Something that can be written into a definition to take a hazard away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// The name that something had before.
    Rename(PossibleRename),
    /// A value for rows that have none.
    Value {
        /// Where the column is defined.
        place: Place,
        /// The column.
        column: Box<Column>,
        /// Whether it is new. A default fills new columns only.
        is_new: bool,
        /// Whether a stock `diesel::table!` defines it.
        is_stock: bool,
    },
    /// Permission.
    Allow {
        /// Where the table or column is defined.
        place: Place,
        /// What is allowed.
        hazard: HazardKind,
        /// Whether a stock `diesel::table!` defines it.
        is_stock: bool,
    },
}

impl Workspaces {
    /// Lists the hazards that nobody has allowed in what the sources of the selected owners want changed, as far as the
    /// changes can be planned, and for each other dialect why they can't. Nothing is proven. `models` are those of
    /// [`Workspaces::models`].
    pub fn concerns(&self, models: &[Models], observer: &dyn Observer) -> (Vec<Concern>, Vec<Error>) {
        let (mut concerns, mut errors) = (Vec::new(), Vec::new());
        for (workspace, models) in self.here.iter().zip(models) {
            let rounds = match drafts(workspace, models, &DraftOptions::default(), observer) {
                Ok(rounds) => rounds,
                Err(error) => {
                    errors.push(workspace.in_its_dialect(error));
                    continue;
                }
            };
            let dialect = Some(workspace.dialect).filter(|_| workspace.host.config.several_dialects());
            for draft in rounds.iter().filter_map(|round| round.draft.as_ref()) {
                let found = draft.concerns(workspace.dialect).into_iter();
                found.for_each(|concern| add(concern, dialect, &mut concerns));
            }
        }
        (concerns, errors)
    }
}

/// Adds a concern, or its dialect to the same one of another dialect.
fn add(concern: Concern, dialect: Option<Dialect>, all: &mut Vec<Concern>) {
    let is_same = |known: &&mut Concern| known.hazard.detail == concern.hazard.detail && known.place == concern.place;
    match all.iter_mut().find(is_same) {
        Some(known) => known.dialects.extend(dialect.filter(|dialect| !known.dialects.contains(dialect))),
        None => all.push(Concern { dialects: dialect.into_iter().collect(), ..concern }),
    }
}

impl Draft {
    fn concerns(&self, dialect: Dialect) -> Vec<Concern> {
        let renames = Refused::of(self, &[]).map(|refused| refused.renames).unwrap_or_default();
        let steps = self.plans.up.steps.iter();
        let tables = steps.flat_map(|step| step.hazards.iter().map(|_| step.operation.table()));
        let risks = self.risks.iter().zip(tables).filter(|(risk, _)| risk.reason.is_none());
        risks.map(|(risk, table)| self.concern(&risk.hazard, table, (&renames, dialect))).collect()
    }

    fn concern(
        &self,
        hazard: &Hazard,
        table: Option<&TableName>,
        (renames, dialect): (&[PossibleRename], Dialect),
    ) -> Concern {
        let change = self.changes.iter().find(|change| self.carries(change, hazard, dialect));
        let rename = change.and_then(|change| renames.iter().find(|rename| is_half_of(change, rename)));
        let of_table = table.and_then(|table| self.models.tables.get(table));
        let table_place = of_table.and_then(|table| table.hints.place.clone());
        let own_place = change.and_then(|change| place_of(change, &self.models)).cloned().or(table_place);
        // Where a name is gone, the new one is where somebody looks.
        let place = rename.and_then(|rename| rename.place.clone()).or(own_place.clone());
        let is_stock = of_table.is_some_and(|table| !table.speaks.lengths);
        let mut remedies: Vec<Remedy> =
            rename.filter(|rename| rename.place.is_some()).cloned().map(Remedy::Rename).into_iter().collect();
        if let (HazardKind::NotNull, Some(Change::Column(_, edit)), Some(place)) = (hazard.kind, change, &own_place) {
            let (column, is_new) = match edit {
                Edit::Add(column) | Edit::Drop(column) => (column, true),
                Edit::Alter(columns) => (&columns.to, false),
            };
            remedies.push(Remedy::Value { place: place.clone(), column: Box::new(column.clone()), is_new, is_stock });
        }
        remedies.extend(own_place.map(|place| Remedy::Allow { place, hazard: hazard.kind, is_stock }));
        Concern { owner: self.owner.clone(), dialects: Vec::new(), hazard: hazard.clone(), place, remedies }
    }

    /// Checks whether a hazard comes of a change.
    fn carries(&self, change: &Change, hazard: &Hazard, dialect: Dialect) -> bool {
        let name = &change.subject().table;
        let (before, after) = match change {
            Change::Table(Edit::Drop(table)) => (Some(table), Some(table)),
            Change::Table(Edit::Add(_) | Edit::Alter(_))
            | Change::Rename(_)
            | Change::Column(..)
            | Change::Rule(..)
            | Change::Enum(_) => (self.start.tables.get(name), self.plans.goal.tables.get(name)),
        };
        let (Some(before), Some(after)) = (before, after) else { return false };
        hazards(&[change], before, after, dialect).iter().any(|found| found.detail == hazard.detail)
    }
}

/// Checks whether a change drops what a rename would rename.
fn is_half_of(change: &Change, rename: &PossibleRename) -> bool {
    let old = &rename.rename.names.from;
    match change {
        Change::Column(table, Edit::Drop(column)) => rename.table() == Some(table) && column.name == *old,
        Change::Table(Edit::Drop(table)) => rename.table().is_none() && table.name.to_string() == *old,
        Change::Enum(Edit::Drop(found)) => rename.table().is_none() && found.name.to_string() == *old,
        Change::Column(..) | Change::Table(_) | Change::Enum(_) | Change::Rename(_) | Change::Rule(..) => false,
    }
}

//! How a host wants things to be named.

use std::ops::Range;

use super::context::Context;
use super::{Level, Named, Remark, RemarkKind, Settings, Way};
use crate::sql::ddl::{Action, Alteration, Constraint, ConstraintKind};

/// Holds the names that a script gives against the host's patterns.
pub(super) fn remarks(context: &Context<'_>, settings: &Settings) -> Vec<Remark> {
    // What leads back gives names that were there before.
    if context.script.way == Way::Down || settings.names.is_empty() {
        return Vec::new();
    }
    let mut remarks = Vec::new();
    for (named, name, span) in given(context) {
        let Some(pattern) = settings.names.get(&named) else { continue };
        if !pattern.is_match(&name) {
            let what = named.word();
            let message = format!("the {what} `{name}` isn't named as `{pattern}` wants");
            let help = format!("give it another name, or change `{what}` under `[lint.names]` in autogen.toml");
            let kind = RemarkKind::Rule("naming".to_owned());
            remarks.push(Remark { kind, level: Level::Deny, ..Remark::new(span, message, help) });
        }
    }
    remarks
}

impl Named {
    /// All that has a name.
    pub const ALL: [Self; 4] = [Self::Table, Self::Column, Self::Index, Self::Constraint];

    /// Returns the key in autogen.toml.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Index => "index",
            Self::Constraint => "constraint",
        }
    }
}

/// Lists the names that a script gives, each with its place.
pub(super) fn given(context: &Context<'_>) -> Vec<(Named, String, Range<usize>)> {
    let mut given = Vec::new();
    let constraint = |constraint: &Constraint| {
        let named = match constraint.kind {
            ConstraintKind::Index { .. } => Named::Index,
            ConstraintKind::PrimaryKey
            | ConstraintKind::Unique
            | ConstraintKind::Check
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::Exclude
            | ConstraintKind::NotNull => Named::Constraint,
        };
        constraint.name.clone().map(|name| (named, name, constraint.span.clone()))
    };
    for step in &context.steps {
        let span = || step.parsed.span.clone();
        match &step.parsed.action {
            Action::CreateTable(table) if !table.is_temporary => {
                given.push((Named::Table, table.name.name.clone(), span()));
                let columns =
                    table.columns.iter().map(|column| (Named::Column, column.name.clone(), column.span.clone()));
                given.extend(columns);
                given.extend(table.constraints.iter().filter_map(constraint));
            }
            Action::CreateIndex(index) => given.extend(index.name.clone().map(|name| (Named::Index, name, span()))),
            Action::RenameIndex { to } => given.push((Named::Index, to.clone(), span())),
            Action::RenameTables(pairs) => {
                given.extend(pairs.iter().map(|(_, new)| (Named::Table, new.name.clone(), span())));
            }
            _ => {}
        }
    }
    for (_, _, span, alteration) in context.alterations() {
        match alteration {
            Alteration::AddColumn { column, .. } => given.push((Named::Column, column.name.clone(), span.clone())),
            Alteration::Redefine { old, column } if *old != column.name => {
                given.push((Named::Column, column.name.clone(), span.clone()));
            }
            Alteration::RenameColumn { to, .. } => given.push((Named::Column, to.clone(), span.clone())),
            Alteration::RenameConstraint { to, .. } => given.push((Named::Constraint, to.clone(), span.clone())),
            Alteration::RenameIndex { to } => given.push((Named::Index, to.clone(), span.clone())),
            Alteration::RenameTable(new) => given.push((Named::Table, new.name.clone(), span.clone())),
            Alteration::AddConstraint(found) => given.extend(constraint(found)),
            _ => {}
        }
    }
    given
}

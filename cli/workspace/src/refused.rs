//! Hazards that nobody has allowed, and the renames that would take some of them away.

use autogen_codegen::revision::{Risk, risks};
use autogen_codegen::source::{renamed_from, with_attribute};
use autogen_engine::diff::{LikelyRename, likely_renames};
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::model::{Place, TableName, whose};
use autogen_engine::plan::HazardKind;

use crate::draft::Draft;
use crate::workspace::Workspace;

/// How the help of a refusal begins, before the names of hazards.
pub(crate) const PERMISSION: &str = "if that is meant, add `--allow ";

/// A draft that isn't made, because it has hazards that nobody has allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The owner of the tables.
    pub owner: String,
    /// The hazards.
    pub risks: Vec<Risk>,
    /// Drops that look like halves of renames.
    pub renames: Vec<PossibleRename>,
}

/// A drop and an add that may be one rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PossibleRename {
    /// The owner of the table.
    pub owner: String,
    /// What seems renamed.
    pub rename: LikelyRename,
    /// Where the new name is defined, if that is known and an attribute there can state the old name.
    pub place: Option<Place>,
    /// Whether a stock `diesel::table!` defines it.
    pub is_stock: bool,
}

impl Refused {
    /// Returns what stands in a draft's way, if anything does.
    pub(crate) fn of(draft: &Draft, allowed: &[HazardKind]) -> Option<Self> {
        let is_open = |risk: &&Risk| risk.reason.is_none() && !allowed.contains(&risk.hazard.kind);
        let risks: Vec<Risk> = draft.risks.iter().filter(is_open).cloned().collect();
        if risks.is_empty() {
            return None;
        }
        let renames = likely_renames(&draft.changes).into_iter().map(|rename| {
            let by_name = || draft.models.tables.values().find(|table| table.name.to_string() == rename.names.to);
            let table = rename.table.as_ref().map_or_else(by_name, |name| draft.models.tables.get(name));
            let hints = table.and_then(|table| match &rename.table {
                Some(_) => table.column(&rename.names.to).map(|column| &column.hints),
                None => Some(&table.hints),
            });
            PossibleRename {
                owner: draft.owner.clone(),
                place: hints.filter(|hints| hints.renamed_from.is_none()).and_then(|hints| hints.place.clone()),
                is_stock: table.is_some_and(|table| !table.speaks.lengths),
                rename,
            }
        });
        Some(Self { owner: draft.owner.clone(), renames: renames.collect(), risks })
    }

    /// Returns the names of the hazards, each once.
    pub fn kinds(&self) -> Vec<HazardKind> {
        let mut kinds: Vec<HazardKind> = self.risks.iter().map(|risk| risk.hazard.kind).collect();
        kinds.sort_unstable_by_key(|kind| kind.name());
        kinds.dedup();
        kinds
    }

    /// Returns the refusal as an error, with what to do next.
    pub(crate) fn error(&self) -> Error {
        let kinds = self.kinds();
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let mut help = format!("{PERMISSION}{}`", names.join(","));
        if kinds.contains(&HazardKind::NotNull) {
            help.push_str("; or give the column a `#[default]` or a `#[backfill(\"...\")]`");
        }
        for possible in &self.renames {
            let LikelyRename { table, names } = &possible.rename;
            let new = table.as_ref().map_or_else(|| names.to.clone(), |table| format!("{table}.{}", names.to));
            let old = &names.from;
            help.push_str(&format!("\nif {new} is {old} under a new name, write `#[renamed_from({old})]` on it"));
        }
        let message = format!("{} change has hazards that nobody has allowed", whose(&self.owner));
        let mut error = Error::new(Code::HazardNotAllowed, message);
        let notes = risks(&self.risks).into_iter().map(|line| Diagnostic::note(Code::HazardNotAllowed, line));
        error.diagnostics.extend(notes);
        error.help(help)
    }
}

impl PossibleRename {
    /// Returns the table, for a column of it.
    pub fn table(&self) -> Option<&TableName> {
        self.rename.table.as_ref()
    }

    /// States the old name by an attribute in the source. Returns that attribute.
    ///
    /// # Errors
    /// `can't-write`, and `can't-read` if the source has changed meanwhile.
    pub fn write(&self, workspace: &Workspace) -> Result<String> {
        let no_place = || Error::new(Code::CantRead, format!("no source defines `{}`", self.rename.names.to));
        let place = self.place.as_ref().ok_or_else(no_place)?;
        let owner = workspace.host.owners.iter().find(|owner| owner.name == self.owner).ok_or_else(no_place)?;
        let path = workspace.host.root.join(&place.file);
        let text = owner.scope.read_source(&path)?.unwrap_or_default();
        // A table's old name has no schema there.
        let old = match &self.rename.table {
            Some(_) => self.rename.names.from.as_str(),
            None => self.rename.names.from.rsplit('.').next().unwrap_or_default(),
        };
        let attribute = renamed_from(old, self.is_stock);
        let written = with_attribute(&text, place, &attribute).ok_or_else(|| {
            Error::new(Code::CantRead, format!("`{}` has changed meanwhile", place.file.display())).help("run it again")
        })?;
        owner.scope.replace(&path, &written).map_err(|cause| {
            Error::new(Code::CantWrite, format!("can't write `{}`: {cause}", path.display())).caused_by(cause)
        })?;
        Ok(attribute)
    }
}

//! Everything that sources say, right or wrong: what commands compare, and what editors show.

use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Diagnostic, Result};
use autogen_engine::scan::{Definitions, Reference, Symbol, read_edited, references_of, symbols};
use tracing::debug_span;

use crate::dialects::Workspaces;
use crate::models::Models;
use crate::options::Options;
use crate::settings::Settings;

/// What the sources of a host say.
#[derive(Debug, Clone)]
pub struct Survey {
    /// What they define, one for each dialect of [`Workspaces::here`], as far as it can be read.
    pub models: Vec<Models>,
    /// Where tables and enums stand.
    pub symbols: Vec<Symbol>,
    /// What the names in them mean.
    pub references: Vec<Reference>,
    /// What is wrong, and what is worth knowing.
    pub diagnostics: Vec<Diagnostic>,
}

impl Workspaces {
    /// Opens a host for reading its sources: in all its dialects, or in the one asked for, whether a server is there
    /// or not.
    ///
    /// # Errors
    /// Fails if configuration or chains can't be read.
    pub fn for_reading(options: &Options) -> Result<Self> {
        Self::opened(&Settings::for_reading(options)?, options, |workspace| {
            Ok(options.dialect.is_none_or(|asked| asked == workspace.dialect))
        })
    }

    /// Scans every owner's source once, and reads it in each dialect of [`Workspaces::here`]. What is wrong with a part
    /// doesn't hide the rest.
    pub fn survey(&self) -> Survey {
        let definitions = self.definitions();
        let (models, diagnostics) = self.lowered(&definitions);
        let dialects: Vec<Dialect> = self.here.iter().map(|workspace| workspace.dialect).collect();
        Survey {
            models,
            symbols: symbols(&definitions),
            references: references_of(&definitions, &dialects),
            diagnostics,
        }
    }

    /// Scans every owner's source.
    pub(crate) fn definitions(&self) -> Vec<Definitions> {
        let _span = debug_span!("scan").entered();
        let host = &self.here[0].host;
        host.owners.iter().map(|owner| read_edited(&owner.name, &owner.sources, &host.root, &self.edits)).collect()
    }

    /// Reads definitions in each dialect of [`Workspaces::here`]. Reports what is wrong with them there, each mistake
    /// once.
    pub(crate) fn lowered(&self, definitions: &[Definitions]) -> (Vec<Models>, Vec<Diagnostic>) {
        let mut diagnostics: Vec<Diagnostic> =
            definitions.iter().flat_map(|found| found.diagnostics.iter().cloned()).collect();
        let mut models = Vec::new();
        // Types can be read without a server too, unless the dialect wasn't selected.
        let others = self.left_out.iter().filter(|_| !self.is_chosen);
        for (position, workspace) in self.here.iter().chain(others).enumerate() {
            let (found, complaints) = debug_span!("lower", dialect = workspace.dialect.name())
                .in_scope(|| Models::lowered(workspace, definitions));
            diagnostics.extend(complaints);
            models.extend(Some(found).filter(|_| position < self.here.len()));
        }
        let mut told: Vec<Diagnostic> = Vec::new();
        for diagnostic in diagnostics {
            // Most mistakes are mistakes in every dialect.
            if !told.contains(&diagnostic) {
                told.push(diagnostic);
            }
        }
        (models, told)
    }
}

//! Takes over a live database: writes definitions and a frozen baseline, and marks the baseline as applied.

mod existing;
mod marks;
mod select;
mod setup;
mod source;

use std::collections::BTreeMap;
use std::path::PathBuf;

use autogen_codegen::source::Form;
use autogen_engine::database::Database;
use autogen_engine::error::{Error, Result};
use autogen_engine::history::NewRevision;
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Schema, Table, TableName};
use autogen_engine::plan::HazardKind;
use autogen_engine::scratch::usual_collation;

pub use self::existing::{Nearest, SiteScript};
pub use self::marks::OwnerMark;
use self::select::{Selection, selections};
pub use self::setup::Setup;
pub use self::source::Edits;
use crate::dialects::Workspaces;
use crate::draft::DraftOptions;
use crate::models::Models;
use crate::next::OwnerNext;
use crate::observer::Observer;
use crate::options::Options;
use crate::workspace::Workspace;

/// Which tables to take over, and how to write them.
#[derive(Debug, Clone, Default)]
pub struct AdoptOptions {
    /// The tables, as names or patterns. If there are none, what the owner pins, defines or has a prefix for.
    pub tables: Vec<String>,
    /// A file that maps owners to patterns, for several at once.
    pub mapping: Option<PathBuf>,
    /// Whether definitions are written as `diesel::table!`, which can't state everything.
    pub stock: bool,
    /// Hazards that the first revisions may have.
    pub allowed_hazards: Vec<HazardKind>,
}

/// What adopting a live database would write.
#[derive(Debug)]
pub struct Adoption {
    /// The changes of the sources.
    pub edits: Edits,
    /// The revision for what adopted tables depend on and no definition makes.
    pub setup: Option<Setup>,
    owners: Vec<String>,
    workspaces: Workspaces,
    models: Vec<Models>,
    /// The index of the live database's workspace.
    here: usize,
    options: AdoptOptions,
}

impl Workspaces {
    /// Determines which definitions and revisions take over what a live database has. Nothing is written.
    /// `workspace` is the host in the database's dialect.
    ///
    /// # Errors
    /// Fails if nothing is selected, or if the sources or the database can't be read.
    pub fn adopt(
        self,
        workspace: &Workspace,
        live: &mut Database,
        options: &AdoptOptions,
        observer: &dyn Observer,
    ) -> Result<Adoption> {
        let is_it = |found: &Workspace| found.dialect == workspace.dialect;
        let here = self.here.iter().position(is_it).unwrap_or_default();
        let models = self.models(observer)?.swap_remove(here);
        let schema = introspect(live)?;
        let form = if options.stock { Form::Stock } else { Form::Autogen };
        // One odd table doesn't stand in the way of the others: where its definition would be refused, it is left alone.
        let mut refused = BTreeMap::new();
        let (selected, edits, mut workspaces, mut models, told) = loop {
            let selected = selections(workspace, options, &schema, &models, &refused)?;
            let edits = source::edits(workspace, &selected, &schema, live, form)?;
            // The chain is compared with the definitions as they will be, before anything is written.
            let owners: Vec<String> = selected.iter().map(|selection| selection.owner.name.clone()).collect();
            let edited = self.clone().edited(edits.texts.clone(), &owners);
            let (models, told) = edited.lowered(&edited.definitions());
            match edits.refused(&told, &workspace.host.root) {
                none if none.is_empty() => break (selected, edits, edited, models, told),
                some => refused.extend(some),
            }
        };
        let owners: Vec<String> = selected.iter().map(|selection| selection.owner.name.clone()).collect();
        let tables: Vec<TableName> = selected.iter().flat_map(|selection| &selection.tables).cloned().collect();
        let setup = setup::revision(workspace, live, &tables)?;
        if let Some(setup) = &setup {
            workspaces.here[here].stand_on(&setup.revision)?;
        }
        observer.diagnostics(&Error::unless_clean(told)?);
        // A fresh database shall also have what definitions leave unsaid.
        let usual = usual_collation(live)?;
        for table in edits.new.iter().filter_map(|table| schema.tables.get(table)) {
            let mut table = table.clone();
            // The usual collation stays unsaid, as it does in later tables that may reference these. There it may
            // be another one.
            table.options.collation.take_if(|own| Some(&*own) == usual.as_ref());
            take(&mut models[here].schema, table);
        }
        // A stock definition names a type and states none of its values.
        let types = edits.types.iter().filter_map(|name| schema.enums.get(name)).filter(|_| options.stock);
        models[here].schema.enums.extend(types.map(|found| (found.name.clone(), found.clone())));
        Ok(Adoption { edits, setup, owners, workspaces, models, here, options: options.clone() })
    }
}

impl Adoption {
    /// Makes the first revisions of what is taken over, and proves them. Nothing is written.
    ///
    /// # Errors
    /// Those of [`Workspaces::drafts`].
    pub fn revisions(&self, observer: &dyn Observer) -> Result<Vec<OwnerNext<'_>>> {
        let allowed_hazards = Some(self.options.allowed_hazards.clone());
        let options = DraftOptions { title: None, allowed_hazards, prove: true };
        let drafts = self.workspaces.drafts(&self.models, &options, observer)?;
        self.workspaces.next(&self.models, drafts, None)
    }

    /// Writes the definitions, and the revision of the host's own that they depend on.
    ///
    /// # Errors
    /// `can't-write`
    pub fn write(&self) -> Result<()> {
        self.edits.write()?;
        let setup: Vec<NewRevision> = self.setup.iter().map(|setup| setup.revision.clone()).collect();
        autogen_engine::history::write(&setup)
    }

    /// Marks the written chains as applied. A chain is only marked if all its tables are in the database as
    /// defined, and everything that it depends on is applied or marked with it.
    ///
    /// # Errors
    /// Fails if the chains or the database can't be read, or if the marks can't be written.
    pub fn mark(&self, options: &Options, live: &mut Database) -> Result<Vec<(String, OwnerMark)>> {
        marks::mark(&Workspace::open(options)?, &self.owners, live, &self.models[self.here])
    }
}

/// Replaces a definition's table with the live one, which keeps the definition's places in source.
fn take(models: &mut Schema, mut live: Table) {
    if let Some(declared) = models.tables.get(&live.name) {
        live.hints.clone_from(&declared.hints);
        for key in live.rules.foreign_keys_mut() {
            let same = declared.rules.foreign_keys().find(|other| other.columns == key.columns);
            key.hints = same.map(|key| key.hints.clone()).unwrap_or_default();
        }
    }
    models.insert(live);
}

//! A host in a folder of its own, and what the program says of one of its owners: the stages are the program's.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::slice;

use autogen_engine::database::Database;
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Diagnostic, Error};
use autogen_engine::history::write;
use autogen_engine::host::{CORE, FILE_NAME};
use autogen_engine::model::Schema;
use autogen_workspace::{
    Comparison, Draft, Makers, Models, Observer, Options, OwnerDrafts, Parts, Workspace, Workspaces,
};

/// What revisions of tests are called.
pub const TITLE: &str = "story";

/// The definitions of an owner, which stand in one file.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// Whose they are.
    pub owner: &'a str,
    /// The name of the file in its folder.
    pub file: &'a str,
    /// What stands in it.
    pub text: String,
}

/// A host as the program opens it.
#[derive(Debug)]
pub struct Host {
    workspaces: Workspaces,
    /// What its sources define.
    pub defined: Defined,
    /// What was said about the definitions.
    pub warnings: Vec<Diagnostic>,
}

/// What a host defines in one dialect.
#[derive(Debug)]
pub struct Defined {
    /// The host in that dialect.
    pub workspace: Workspace,
    /// What all owners define.
    pub models: Models,
}

impl Host {
    /// Writes the files of a host and opens it. Migrations that an earlier one has left in the folder are its chain.
    ///
    /// # Errors
    /// What the program would tell its user.
    pub fn open(options: &Options, sources: &[Source<'_>]) -> Result<Self, Error> {
        files(&options.root, sources).map_err(|cause| Error::new(Code::CantWrite, cause.to_string()))?;
        let warnings = Warnings::default();
        let workspaces = Workspaces::open(options, &warnings)?;
        let models = workspaces.models(&warnings)?.remove(0);
        let defined = Defined { workspace: workspaces.here[0].clone(), models };
        Ok(Self { workspaces, defined, warnings: warnings.0.into_inner() })
    }

    /// Writes a draft as the owner's next revision, and returns the folder of its migrations.
    ///
    /// # Errors
    /// What the program would tell its user.
    pub fn write(&self, draft: &Draft) -> Result<PathBuf, Error> {
        let Defined { workspace, models } = &self.defined;
        let drafts = OwnerDrafts { owner: draft.owner.clone(), drafts: vec![Some(draft.clone())] };
        for (_, next) in self.workspaces.next(slice::from_ref(models), vec![drafts], None)? {
            let Some(next) = next else { continue };
            let parts = next.parts.iter().map(|part| part.revision(&next.name));
            write(&parts.collect::<Result<Vec<_>, _>>()?)?;
        }
        workspace.migrations(&draft.owner)
    }
}

impl Defined {
    /// Reads one source as the core's. `server` is where databases can be made, unless they are SQLite's.
    ///
    /// # Errors
    /// What the program would tell its user, warnings included.
    pub fn by_source(text: &str, server: Option<String>) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let options = Options { no_database: true, database_url: server, ..Options::of(folder.path()) };
        let source = Source { owner: CORE, file: "schema.rs", text: text.to_owned() };
        match Host::open(&options, &[source]) {
            Ok(host) if host.warnings.is_empty() => Ok(host.defined),
            Ok(host) => Err(format!("{:?}", host.warnings)),
            Err(error) => Err(format!("{:?}", error.diagnostics)),
        }
    }

    /// Takes a schema for what the core defines.
    ///
    /// # Errors
    /// When there is no folder for a host.
    pub fn by_schema(wanted: &Schema, dialect: Dialect) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(|cause| Error::new(Code::CantWrite, cause.to_string()))?;
        let workspace = Workspace::open(&Options { dialect: Some(dialect), ..Options::of(folder.path()) })?;
        let schemas = BTreeMap::from([(CORE.to_owned(), wanted.clone())]);
        let (models, _) = Models::of(&workspace.host, schemas, dialect);
        Ok(Self { workspace, models })
    }

    /// Compares a database, in which chains have made what `made` says, with what an owner defines.
    ///
    /// # Errors
    /// When the database can't be read or asked.
    pub fn compare(
        &self,
        owner: &str,
        database: &mut Database,
        made: impl FnOnce(&Schema) -> Makers,
    ) -> Result<Comparison, Error> {
        let both = self.workspace.both(database, &self.models)?;
        let makers = made(&both.from);
        Ok(self.workspace.compare(owner, &Parts::new(&both, &self.models, &makers)))
    }

    /// Plans what the core has to change in a database that is all its own.
    ///
    /// # Errors
    /// When the database can't be read, or no plan can do it.
    pub fn draft(&self, database: &mut Database) -> Result<Draft, Error> {
        let names = |there: &Schema| there.tables.keys().chain(there.enums.keys()).cloned().collect::<Vec<_>>();
        let made = |there: &Schema| names(there).into_iter().map(|name| (name, CORE.to_owned())).collect();
        self.workspace.draft(&self.models, self.compare(CORE, database, made)?, TITLE.to_owned())
    }
}

/// Puts each owner's file into its folder: the core's into the root, and a plugin's into its own.
fn files(root: &Path, sources: &[Source<'_>]) -> io::Result<()> {
    let mut config = String::new();
    for Source { owner, file, text } in sources {
        let (table, folder) = match *owner == CORE {
            true => (format!("[{CORE}]"), root.to_path_buf()),
            false => (format!("[plugin.{owner}]\npath = \"plugins/{owner}\""), root.join("plugins").join(owner)),
        };
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(file), text)?;
        let _ = writeln!(config, "{table}\nsources = [\"{file}\"]");
    }
    fs::write(root.join(FILE_NAME), config)
}

/// Keeps what is said about definitions.
#[derive(Debug, Default)]
struct Warnings(RefCell<Vec<Diagnostic>>);

impl Observer for Warnings {
    fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        self.0.borrow_mut().extend_from_slice(diagnostics);
    }

    fn remark(&self, _: &str) {}

    fn detail(&self, _: &str) {}
}

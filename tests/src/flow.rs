//! What the program does before it touches anything: from definitions and a database to a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use autogen::database::Database;
use autogen::dialect::Dialect;
use autogen::diff::{LikelyRename, diff, likely_renames};
use autogen::error::{Code, Diagnostic, Error};
use autogen::introspect::introspect;
use autogen::model::{Change, Pair, RenamedValues, Schema, TableName};
use autogen::normalize::comparable;
use autogen::plan::{RoundTrip, refuse, refuse_keyless, round_trip};
use autogen::scan::{self, Lowered};

use crate::server::Server;
use crate::story::Story;

/// What was worked out for the asker of a story.
#[derive(Debug)]
pub struct Generated {
    /// Warnings about the definitions.
    pub warnings: Vec<Diagnostic>,
    /// What differs.
    pub changes: Vec<Change>,
    /// Drops and additions that look like renames.
    pub likely_renames: Vec<LikelyRename>,
    /// How it is done and undone.
    pub plans: RoundTrip,
    /// What all owners define.
    pub models: Schema,
    /// Which tables the asker may touch.
    pub owned: Owned,
}

impl Generated {
    /// Values that the definitions say had other names, as a chain notes them once it has a revision.
    pub fn renamed_values(&self) -> Vec<RenamedValues> {
        let columns = self.models.tables.values().flat_map(|table| &table.columns);
        columns.filter_map(|column| column.hints.renamed_values.as_deref().cloned()).collect()
    }
}

/// Works out what a story's asker would have to change in a database. `folder` is where the
/// definitions are put as files, `renamed` what the asker's chain has renamed.
///
/// # Errors
/// What the program would tell its user.
pub fn generate(
    story: &Story,
    (asker, server): (&str, Server),
    database: &mut Database,
    folder: &Path,
    renamed: Vec<RenamedValues>,
) -> Result<Generated, Error> {
    let dialect = server.dialect();
    let lowered = declared(story, server, folder)?;
    let of_asker = lowered.schemas.get(asker).cloned().unwrap_or_default();
    let mut everything = Schema::default();
    let mut owners: BTreeMap<TableName, String> = BTreeMap::new();
    for (owner, schema) in lowered.schemas {
        owners.extend(schema.tables.keys().map(|table| (table.clone(), owner.clone())));
        owners.extend(schema.enums.keys().map(|name| (name.clone(), owner.clone())));
        everything.tables.extend(schema.tables);
        everything.enums.extend(schema.enums);
    }

    let pair = comparable(Pair::new(introspect(database)?, everything.clone()), database)?;
    let owned = Owned::new(story, &of_asker, server);
    let restricted = pair.as_ref().map(|schema| schema.restricted(|table| owned.has(table)));
    let mut restricted = restricted;
    restricted.from.renamed_values = Some(renamed);
    let changes = diff(&restricted, dialect);
    let plans = round_trip(&pair.from, &changes, dialect);
    let owner = |table: &TableName| owners.get(table).cloned();
    refuse(asker, &pair.from, &changes, &plans, &owner)?;
    refuse_keyless(&changes, &plans.goal, dialect)?;
    Ok(Generated {
        warnings: lowered.diagnostics,
        likely_renames: likely_renames(&changes),
        changes,
        plans,
        models: everything,
        owned,
    })
}

/// The owners' schemas, and warnings about their sources.
fn declared(story: &Story, server: Server, folder: &Path) -> Result<Lowered, Error> {
    let mut definitions = Vec::new();
    let mut diagnostics = Vec::new();
    for (section, owner, source) in story.models(server) {
        let file: PathBuf = folder.join(section);
        fs::write(&file, with_line_endings(story, source))
            .map_err(|cause| Error::new(Code::CantWrite, cause.to_string()))?;
        let found = scan::read(owner, &[file], folder);
        diagnostics.extend(found.diagnostics.iter().cloned());
        definitions.push(found);
    }
    let lowered = scan::lower(&definitions, server.dialect());
    diagnostics.extend(lowered.diagnostics.iter().cloned());
    Ok(Lowered { diagnostics: Error::unless_clean(diagnostics)?, ..lowered })
}

fn with_line_endings(story: &Story, text: &str) -> String {
    match story.directives.get("line endings").map(String::as_str) {
        Some("CRLF") => text.replace('\n', "\r\n"),
        Some(_) | None => text.to_owned(),
    }
}

/// Which tables and types of the database the asker may touch: those that it defines or has renamed, and
/// those that its chain made, which a story with one owner takes to be all.
#[derive(Debug)]
pub struct Owned {
    listed: Option<BTreeSet<String>>,
    unowned: BTreeSet<String>,
    dialect: Dialect,
}

impl Owned {
    fn new(story: &Story, defined: &Schema, server: Server) -> Self {
        let mut listed: BTreeSet<String> = story.list("owns").unwrap_or_default().into_iter().collect();
        for table in defined.tables.values() {
            listed.insert(table.name.name.clone());
            listed.extend(table.hints.renamed_from.clone());
        }
        for found in defined.enums.values() {
            listed.insert(found.name.name.clone());
            listed.extend(found.hints.renamed_from.clone());
        }
        let alone = story.models(server).count() == 1 && story.list("owns").is_none();
        let unowned = story.list("unowned").unwrap_or_default().into_iter().collect();
        Self { listed: (!alone).then_some(listed), unowned, dialect: server.dialect() }
    }

    /// Whether the table is among them.
    pub fn has(&self, table: &TableName) -> bool {
        let is_in =
            |names: &BTreeSet<String>| names.iter().any(|name| self.dialect.facts().same_name(name, &table.name));
        !is_in(&self.unowned) && self.listed.as_ref().is_none_or(is_in)
    }
}

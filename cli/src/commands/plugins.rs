//! `autogen plugins`: who there is, and who owns which table.

use autogen_engine::error::Result;
use autogen_engine::history::makers;
use autogen_engine::introspect::introspect;
use autogen_engine::model::{TableName, Tables};
use autogen_workspace::Workspaces;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global};
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let models = &workspaces.models(ui)?[0];
    let workspace = &workspaces.here[0];
    let mut documents = Vec::new();
    for owner in &workspace.host.owners {
        if !workspace.is_selected(&owner.name) {
            continue;
        }
        let tables: Vec<String> = models.ownership.tables_of(&owner.name).map(TableName::to_string).collect();
        let revisions = workspace.history.of(&owner.name).count();
        let (tables_said, revisions_said) = (counted(tables.len(), "table"), counted(revisions, "revision"));
        ui.text(format!(
            "{}  {}  {tables_said}, {revisions_said}",
            owner.name,
            ui.paths.relative(&owner.root).display()
        ));
        for table in &tables {
            ui.text(format!("  {table}"));
        }
        documents.push(json!({
            "plugin": owner.name,
            "folder": ui.paths.relative(&owner.root).display().to_string(),
            "migrations": ui.paths.relative(&owner.migrations).display().to_string(),
            "revisions": revisions,
            "tables": tables,
        }));
    }
    for plugin in &workspace.host.disabled {
        ui.text(format!("{plugin}  disabled"));
    }
    // The chains' texts tell, so that listing plugins runs no statements.
    let makers = makers(workspace.dialect, &workspace.history);
    let there = match &workspace.url {
        Some(_) => introspect(&mut workspace.live(false)?)?.tables,
        None => Tables::default(),
    };
    let is_unowned = |table: &&TableName| models.ownership.owner_of(table).is_none() && !makers.contains_key(*table);
    let unowned: Vec<String> = there.keys().filter(is_unowned).map(TableName::to_string).collect();
    // Tables that a chain has made and that no source defines any more.
    let undefined: Vec<(&TableName, &String)> =
        makers.iter().filter(|(table, _)| models.ownership.owner_of(table).is_none()).collect();
    for (table, maker) in &undefined {
        ui.text(format!("defined by nobody: {table}, made by the chain of {maker}"));
    }
    for table in &unowned {
        ui.text(format!("owned by nobody: {table}"));
    }
    if ui.format == Format::Json {
        let undefined: Vec<Value> =
            undefined.iter().map(|(table, maker)| json!({ "table": table.to_string(), "made_by": maker })).collect();
        ui.json("plugins", json!({ "plugins": documents, "disabled": workspace.host.disabled, "undefined": undefined, "unowned": unowned }));
    }
    Ok(Outcome::Clean)
}

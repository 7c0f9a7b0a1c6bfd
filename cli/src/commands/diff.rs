//! `autogen diff`: what generate would write, and nothing is written.

use autogen_codegen::{report, revision, sql};
use autogen_engine::error::Result;
use autogen_workspace::{DraftOptions, OwnerDrafts, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global};
use crate::document;
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let models = workspaces.models(ui)?;
    workspaces.refuse_empty(&models)?;
    let drafts = workspaces.drafts(&models, &DraftOptions::default(), ui)?;
    let mut outcome = Outcome::Clean;
    let mut documents = Vec::new();
    for OwnerDrafts { owner, drafts } in drafts {
        if drafts.iter().all(Option::is_none) {
            ui.text(format!("{owner}: in sync"));
            documents.push(json!({ "plugin": owner, "in_sync": true }));
            continue;
        }
        outcome = Outcome::Findings;
        for (workspace, draft) in workspaces.here.iter().zip(drafts) {
            let Some(draft) = draft else {
                ui.text(format!("{}: in sync", workspace.named(&owner)));
                documents.push(json!({ "plugin": owner, "dialect": workspace.dialect.name(), "in_sync": true }));
                continue;
            };
            match ui.format {
                Format::Text => {
                    let number = draft.changes.len() + draft.transfers().len();
                    ui.line(format!("{}: {}", workspace.named(&owner), counted(number, "change")));
                    ui.changes(&draft.changes);
                    ui.transfers(&draft);
                    for line in revision::risks(&draft.risks).iter().filter(|_| !draft.changes.is_empty()) {
                        ui.line(format!("  at risk: {line}"));
                    }
                }
                Format::Sql => {
                    ui.sql(sql::script(&sql::statements(&draft.plans.up, workspace.dialect)).trim_end(), workspace);
                }
                Format::Unified => ui.unified(&report::unified(&draft.start, &draft.plans.goal, workspace.dialect)),
                Format::Json => documents.push(document::draft(&draft, workspace)),
            }
        }
    }
    if ui.format == Format::Json {
        ui.json("diff", json!({ "plugins": Value::Array(documents), "left_out": workspaces.left_out() }));
    }
    Ok(outcome)
}

//! `autogen diff`: what generate would write, and nothing is written.

use autogen::error::Result;
use autogen_codegen::{report, revision, sql};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global};
use crate::rounds::every_draft;
use crate::ui::Ui;
use crate::words::counted;
use crate::works::Works;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let works = Works::load(global, ui)?;
    let models = works.models(ui)?;
    works.refuse_empty(&models)?;
    let drafts = every_draft(&works, &models, None, ui, |_, _, _, _| Ok(()))?;
    let mut outcome = Outcome::Clean;
    let mut documents = Vec::new();
    for (owner, drafts) in drafts {
        if drafts.iter().all(Option::is_none) {
            ui.text(format!("{owner}: in sync"));
            documents.push(json!({ "plugin": owner, "in_sync": true }));
            continue;
        }
        outcome = Outcome::Findings;
        for (work, draft) in works.here.iter().zip(drafts) {
            let Some(draft) = draft else {
                ui.text(format!("{}: in sync", work.named(&owner)));
                documents.push(json!({ "plugin": owner, "dialect": work.dialect.name(), "in_sync": true }));
                continue;
            };
            match ui.format {
                Format::Text => {
                    ui.line(format!("{}: {}", work.named(&owner), counted(draft.changes.len(), "change")));
                    ui.changes(&draft.changes);
                    for line in revision::risks(&draft.risks) {
                        ui.line(format!("  at risk: {line}"));
                    }
                }
                Format::Sql => {
                    ui.sql(sql::script(&sql::statements(&draft.plans.up, work.dialect)).trim_end(), work);
                }
                Format::Unified => ui.unified(&report::unified(&draft.start, &draft.plans.goal, work.dialect)),
                Format::Json => documents.push(draft.json(work)),
            }
        }
    }
    if ui.format == Format::Json {
        ui.json("diff", json!({ "plugins": Value::Array(documents), "left_out": works.left_out() }));
    }
    Ok(outcome)
}

//! `autogen diff`: what generate would write, and nothing is written.

use autogen::error::Result;
use autogen_codegen::{report, revision, sql};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global};
use crate::draft::drafts;
use crate::ui::Ui;
use crate::words::counted;
use crate::work::Work;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let drafts = drafts(&work, None, ui, |_, _, _| Ok(()))?;
    let mut outcome = Outcome::Clean;
    let mut documents = Vec::new();
    for (owner, draft) in drafts.owners {
        let Some(draft) = draft else {
            ui.text(format!("{owner}: in sync"));
            documents.push(json!({ "plugin": owner, "in_sync": true }));
            continue;
        };
        outcome = Outcome::Findings;
        match ui.format {
            Format::Text => {
                ui.line(format!("{owner}: {}", counted(draft.changes.len(), "change")));
                ui.changes(&draft.changes);
                for line in revision::risks(&draft.risks) {
                    ui.line(format!("  at risk: {line}"));
                }
            }
            Format::Sql => ui.line(sql::script(&sql::statements(&draft.plans.up, work.dialect)).trim_end()),
            Format::Unified => ui.unified(&report::unified(&draft.start, &draft.plans.goal, work.dialect)),
            Format::Json => documents.push(draft.json(&work)),
        }
    }
    if ui.format == Format::Json {
        ui.json("diff", json!({ "plugins": Value::Array(documents) }));
    }
    Ok(outcome)
}

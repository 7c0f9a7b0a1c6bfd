//! `autogen diff`: what generate would write, and nothing is written.

use autogen::error::Result;
use autogen::introspect::introspect;
use autogen_codegen::{report, revision, sql};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global};
use crate::draft::Draft;
use crate::ui::Ui;
use crate::work::Work;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let models = work.models(ui)?;
    let owners = work.owners(&models);
    let replayed = work.replayed()?;
    let makers = replayed.makers.clone();
    let mut live = work.url.is_some().then(|| work.live(false)).transpose()?;
    let mut database = work.start(&owners, replayed)?;
    work.report_kept(&introspect(&mut database)?, &models, &makers, ui);

    let mut outcome = Outcome::Clean;
    let mut documents = Vec::new();
    for owner in owners {
        let comparison = work.compare(&owner.name, &mut database, &models, &makers)?;
        if comparison.changes.is_empty() {
            ui.text(format!("{}: in sync", owner.name));
            documents.push(json!({ "plugin": owner.name, "in_sync": true }));
            continue;
        }
        outcome = Outcome::Findings;
        let draft = Draft::new(&work, &models, &owner.name, comparison, None, live.as_mut())?;
        match ui.format {
            Format::Text => {
                ui.line(format!("{}: {} changes", owner.name, draft.changes.len()));
                for line in report::lines(&draft.changes) {
                    ui.line(format!("  {line}"));
                }
                for line in revision::risks(&draft.risks) {
                    ui.line(format!("  at risk: {line}"));
                }
            }
            Format::Sql => ui.line(sql::script(&sql::statements(&draft.plans.up, work.dialect)).trim_end()),
            Format::Unified => ui.line(report::unified(&draft.start, &draft.plans.goal, work.dialect).trim_end()),
            Format::Json => documents.push(draft.json()),
        }
        // Owners that come next may point at what this one makes.
        database.execute(&draft.files(&work).up).map_err(|cause| {
            autogen::error::Error::new("proof-failed", format!("{}'s change doesn't run: {cause}", owner.name))
                .caused_by(cause)
        })?;
    }
    if ui.format == Format::Json {
        ui.json("diff", json!({ "plugins": Value::Array(documents) }));
    }
    Ok(outcome)
}

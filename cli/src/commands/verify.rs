//! `autogen verify`: proves revisions on disk, hand-edited ones included.

use autogen::error::Result;
use autogen::history::Revision;
use autogen::scratch::{Script, Trial, prove, replay_before, replay_only};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Verify};
use crate::document;
use crate::ui::Ui;
use crate::work::Work;

pub(crate) fn run(global: &Global, args: &Verify, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let revisions: Vec<&Revision> = match &args.revision {
        Some(revision) => vec![work.history.find(revision)?],
        None => work.history.revisions().iter().filter(|revision| work.is_selected(&revision.owner)).collect(),
    };
    if revisions.is_empty() {
        ui.text("no revisions to prove");
    }
    let mut documents = Vec::new();
    let mut outcome = Outcome::Clean;
    // A revision that doesn't run stands in the way of all that follow: say once why.
    let mut told = Vec::new();
    for revision in revisions {
        let (plugin, name) = (&revision.owner, &revision.name);
        match verify(&work, revision) {
            Ok(sentences) => {
                ui.text(format!("{plugin} {name}: proven"));
                for sentence in &sentences {
                    ui.text(format!("  {sentence}"));
                }
                documents.push(json!({ "plugin": plugin, "revision": name, "proven": sentences }));
            }
            Err(error) => {
                outcome = Outcome::Findings;
                ui.text(format!("{plugin} {name}: not proven"));
                documents.push(json!({ "plugin": plugin, "revision": name, "error": document::error(&error, ui) }));
                if !told.contains(&error.diagnostics) {
                    ui.error(&error);
                    told.push(error.diagnostics);
                }
            }
        }
    }
    if ui.format == Format::Json {
        ui.json("verify", json!({ "revisions": Value::Array(documents) }));
    }
    Ok(outcome)
}

/// Proves one revision on a scratch database in which everything before it was applied.
fn verify(work: &Work, revision: &Revision) -> Result<Vec<String>> {
    let server = work.scratch_server()?;
    let mut start = match replay_before(&work.history, revision, &server) {
        Ok(replayed) => replayed.database,
        // Another chain doesn't run, which is that one's fault; what this one needs may.
        Err(_) => {
            let mut needed = work.history.with_ancestors(&[revision]);
            needed.retain(|found| found.version != revision.version);
            replay_only(&work.history, &needed, &server)?.database
        }
    };
    let script = |sql| Script { sql, run_in_transaction: revision.run_in_transaction };
    let trial = Trial {
        start: &mut start,
        up: script(&revision.up),
        down: revision.down.as_deref().map(script),
        plan: None,
        changes: &[],
        models: None,
        owned: &|_| true,
    };
    Ok(prove(trial)?.sentences())
}

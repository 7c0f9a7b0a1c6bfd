//! `autogen verify`: proves revisions on disk, hand-edited ones included.

use autogen::error::{Error, Result};
use autogen::history::Revision;
use autogen::scratch::{Script, Trial, prove, replay_before};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Verify};
use crate::ui::Ui;
use crate::work::Work;

pub(crate) fn run(global: &Global, args: &Verify, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let revisions: Vec<&Revision> = match &args.revision {
        Some(revision) => vec![work.history.find(revision)?],
        None => work.history.revisions().iter().filter(|revision| work.is_selected(&revision.owner)).collect(),
    };
    let mut documents = Vec::new();
    let mut failures: Vec<(&Revision, Error)> = Vec::new();
    for revision in revisions {
        match verify(&work, revision) {
            Ok(sentences) => {
                ui.text(format!("{} {}: proven", revision.owner, revision.name));
                for sentence in &sentences {
                    ui.text(format!("  {sentence}"));
                }
                documents.push(json!({ "plugin": revision.owner, "revision": revision.name, "proven": sentences }));
            }
            Err(error) => {
                ui.text(format!("{} {}: not proven", revision.owner, revision.name));
                let reason = error.to_string();
                documents.push(json!({ "plugin": revision.owner, "revision": revision.name, "failed": reason }));
                failures.push((revision, error));
            }
        }
    }
    for (_, error) in &failures {
        ui.error(error);
    }
    if ui.format == Format::Json {
        ui.json("verify", json!({ "revisions": Value::Array(documents) }));
    }
    Ok(if failures.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// Proves one revision on a scratch database in which everything before it was applied.
fn verify(work: &Work, revision: &Revision) -> Result<Vec<String>> {
    let mut start = replay_before(&work.history, revision, work.dialect)?.database;
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

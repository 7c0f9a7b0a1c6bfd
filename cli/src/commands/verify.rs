//! `autogen verify`: proves revisions on disk, hand-edited ones included.

use autogen::error::{Error, Result};
use autogen::history::{Revision, trespasses};
use autogen::scratch::{Script, Trial, Undeclared, order_matters, prove, replay_before, replay_only, require_trust};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Verify};
use crate::document;
use crate::plain::plain;
use crate::ui::Ui;
use crate::work::Work;
use crate::works::Works;

pub(crate) fn run(global: &Global, args: &Verify, ui: &Ui) -> Result<Outcome> {
    let works = Works::load(global, ui)?;
    let mut revisions: Vec<(&Work, &Revision)> = Vec::new();
    let mut unknown = None;
    for work in &works.here {
        match args.revision.as_deref().map(|revision| work.revisions_at(revision)) {
            Some(Ok(found)) => revisions.extend(found.into_iter().map(|revision| (work, revision))),
            Some(Err(error)) => unknown = Some(error),
            None => {
                let selected = work.history.revisions().iter().filter(|revision| work.is_selected(&revision.owner));
                revisions.extend(selected.map(|revision| (work, revision)));
            }
        }
    }
    // One that stands in the folder of a single dialect is enough.
    if let Some(error) = unknown.filter(|_| revisions.is_empty()) {
        return Err(error);
    }
    if revisions.is_empty() {
        ui.text("no revisions to prove");
    }
    let mut strays = Vec::new();
    for work in &works.here {
        let found = trespasses(&work.history, work.dialect)?;
        strays.extend(found.into_iter().map(|(revision, found)| ((work.dialect, &revision.version), found)));
    }
    let mut documents = Vec::new();
    let mut outcome = Outcome::Clean;
    // A revision that doesn't run stands in the way of all that follow: say once why.
    let mut told = Vec::new();
    for (work, revision) in revisions {
        let (plugin, name) = (&revision.owner, &revision.name);
        let stray =
            strays.iter().find(|((dialect, version), _)| *dialect == work.dialect && **version == revision.version);
        let proven = match stray {
            // `upgrade` would refuse it, whatever it does to rows.
            Some((_, found)) => Err(Error::from(found.clone())),
            None => verify(work, revision),
        };
        let mut document = json!({ "plugin": plugin, "dialect": work.dialect.name(), "revision": name });
        let named = work.named(plugin);
        match proven {
            Ok(sentences) => {
                ui.text(format!("{named} {name}: proven"));
                for sentence in &sentences {
                    ui.text(format!("  {sentence}"));
                }
                document["proven"] = json!(sentences);
            }
            Err(error) => {
                outcome = Outcome::Findings;
                ui.text(format!("{named} {name}: not proven"));
                document["error"] = document::error(&error, ui);
                if !told.contains(&error.diagnostics) {
                    ui.error(&error);
                    told.push(error.diagnostics);
                }
            }
        }
        documents.push(document);
    }
    let mut orders = Vec::new();
    if args.revision.is_none() && outcome == Outcome::Clean {
        for work in &works.here {
            let Some(Undeclared { first, then, message }) = order_matters(&work.history, &work.scratch_server()?)?
            else {
                continue;
            };
            outcome = Outcome::Findings;
            let what = format!("{then} has to come after {first}, and nothing says so: the other way round, {message}");
            ui.text(format!("{} [undeclared-order]", plain(&what)));
            let metadata = then.dir.join("metadata.toml");
            let version = &first.version;
            let help = plain(&format!("add `{version}` to `depends_on` in `{}`", metadata.display()));
            ui.text(format!("  help: {help}"));
            orders.push(json!({
                "dialect": work.dialect.name(),
                "code": "undeclared-order",
                "first": first.name,
                "then": then.name,
                "message": plain(&what),
                "help": help,
            }));
        }
    }
    if ui.format == Format::Json {
        let orders = Value::Array(orders);
        ui.json(
            "verify",
            json!({ "revisions": Value::Array(documents), "left_out": works.left_out(), "orders": orders }),
        );
    }
    Ok(outcome)
}

/// Proves one revision on a scratch database in which everything before it was applied.
pub(crate) fn verify(work: &Work, revision: &Revision) -> Result<Vec<String>> {
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
    require_trust(&mut start, revision)?;
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

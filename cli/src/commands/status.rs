//! `autogen status`: what is applied and what is pending, plugin by plugin.

use autogen::error::Result;
use autogen::history::status;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global};
use crate::ui::Ui;
use crate::work::Work;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let mut database = work.live(false)?;
    let status = status(&mut database, &work.history)?;
    let owners: Vec<_> = status.owners.iter().filter(|owner| work.is_selected(owner.owner)).collect();
    let width = owners.iter().map(|owner| owner.owner.len()).max().unwrap_or_default();
    for owner in &owners {
        let head = match owner.heads.as_slice() {
            [] => "no revisions".to_owned(),
            [head] => format!("head {}", head.name),
            heads => format!("{} heads", heads.len()),
        };
        let (applied, pending) = (owner.applied.len(), owner.pending.len());
        ui.text(format!("{:width$}  {applied} applied, {pending} pending  {head}", owner.owner));
        for revision in &owner.pending {
            ui.text(format!("{:width$}    pending {}", "", revision.name));
        }
    }
    for version in &status.unknown {
        let owner = version.owner_hint().map(|owner| format!(" (of {owner}?)")).unwrap_or_default();
        ui.text(format!("applied, but in no chain: {}{owner}", version.as_str()));
    }
    if ui.format == Format::Json {
        let owners: Vec<Value> = owners
            .iter()
            .map(|owner| {
                let names = |revisions: &[&autogen::history::Revision]| -> Vec<String> {
                    revisions.iter().map(|revision| revision.name.clone()).collect()
                };
                json!({
                    "plugin": owner.owner,
                    "heads": names(&owner.heads),
                    "applied": names(&owner.applied),
                    "pending": names(&owner.pending),
                })
            })
            .collect();
        let unknown: Vec<&str> = status.unknown.iter().map(|version| version.as_str()).collect();
        ui.json("status", json!({ "plugins": owners, "unknown": unknown }));
    }
    let is_clean = owners.iter().all(|owner| owner.pending.is_empty()) && status.unknown.is_empty();
    Ok(if is_clean { Outcome::Clean } else { Outcome::Findings })
}

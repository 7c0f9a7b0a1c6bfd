//! `autogen verify`: proves revisions on disk, hand-edited ones included.

use autogen::error::{Code, Result};
use autogen::history::{Revision, Standing};
use autogen::scratch::Undeclared;
use autogen_workspace::{Verified, Workspace, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Verify};
use crate::document;
use crate::plain::plain;
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Verify, ui: &Ui) -> Result<Outcome> {
    if args.certificates {
        return certificates(global, args, ui);
    }
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let verified = workspaces.verify(args.revision.as_deref())?;
    let mut is_clean = verified.iter().all(|verified| verified.proof.is_ok());
    let recorded = if args.record { workspaces.record(&verified)? } else { Vec::new() };
    let revisions = proofs(verified, &recorded, ui);
    let mut orders = Vec::new();
    if args.revision.is_none() && is_clean {
        for (workspace, undeclared) in workspaces.undeclared_orders()? {
            is_clean = false;
            orders.push(order(&undeclared, workspace.dialect.name(), ui));
        }
    }
    if ui.format == Format::Json {
        let left_out = workspaces.left_out();
        ui.json("verify", json!({ "revisions": revisions, "left_out": left_out, "orders": orders }));
    }
    Ok(if is_clean { Outcome::Clean } else { Outcome::Findings })
}

/// Says which revisions are proven as they are, by their certificates alone.
fn certificates(global: &Global, args: &Verify, ui: &Ui) -> Result<Outcome> {
    let mut outcome = Outcome::Clean;
    let mut documents = Vec::new();
    for workspace in Workspace::chains(&global.options())? {
        let named = args.revision.as_deref().map(|place| workspace.revisions_at(place)).transpose()?;
        for (revision, standing) in workspace.history.standings() {
            let is_meant = match &named {
                Some(named) => named.contains(&revision),
                None => workspace.is_selected(&revision.owner),
            };
            if !is_meant {
                continue;
            }
            if standing != Standing::Proven {
                outcome = Outcome::Findings;
            }
            let server = revision.certificate.as_ref().map(|found| found.server.as_str());
            let on = server.map(|server| format!(", on {server}")).filter(|_| standing == Standing::Proven);
            let owner = workspace.named(&revision.owner);
            ui.text(format!("{owner} {}: {standing}{}", revision.name, plain(&on.unwrap_or_default())));
            let why = match &standing {
                Standing::Stale(why) => why.iter().map(ToString::to_string).collect(),
                Standing::Proven | Standing::Unproven => Vec::new(),
            };
            documents.push(json!({
                "plugin": revision.owner,
                "dialect": workspace.dialect.name(),
                "revision": revision.name,
                "standing": standing.name(),
                "why": why,
                "server": server,
            }));
        }
    }
    if ui.format == Format::Json {
        ui.json("verify", json!({ "certificates": documents }));
    }
    Ok(outcome)
}

/// Says which revisions are proven, and returns that for programs.
fn proofs(verified: Vec<Verified<'_>>, recorded: &[&Revision], ui: &Ui) -> Vec<Value> {
    if verified.is_empty() {
        ui.text("no revisions to prove");
    }
    let mut documents = Vec::new();
    // A revision that doesn't run stands in the way of all that follow: say once why.
    let mut said = Vec::new();
    for Verified { workspace, revision, proof } in verified {
        let (plugin, name) = (&revision.owner, &revision.name);
        let mut document = json!({ "plugin": plugin, "dialect": workspace.dialect.name(), "revision": name });
        let named = workspace.named(plugin);
        match proof {
            Ok(proof) => {
                let is_recorded = recorded.iter().any(|found| found.dir == revision.dir);
                let anew = if is_recorded { ", and certified" } else { "" };
                ui.text(format!("{named} {name}: proven{anew}"));
                let sentences = proof.sentences();
                for sentence in &sentences {
                    ui.text(format!("  {sentence}"));
                }
                document["proven"] = json!(sentences);
                document["certified"] = is_recorded.into();
            }
            Err(error) => {
                ui.text(format!("{named} {name}: not proven"));
                document["error"] = document::error(&error, ui);
                if !said.contains(&error.diagnostics) {
                    ui.error(&error);
                    said.push(error.diagnostics);
                }
            }
        }
        documents.push(document);
    }
    documents
}

/// Says that two revisions need an order that nothing states, and returns that for programs.
fn order(undeclared: &Undeclared<'_>, dialect: &str, ui: &Ui) -> Value {
    let Undeclared { first, then, message } = undeclared;
    let what = format!("{then} has to come after {first}, but nothing declares it; in the other order, {message}");
    ui.text(format!("{} [{}]", plain(&what), Code::UndeclaredOrder));
    let metadata = then.dir.join("metadata.toml");
    let help = plain(&format!("add `{}` to `depends_on` in `{}`", first.version, metadata.display()));
    ui.text(format!("  help: {help}"));
    json!({
        "dialect": dialect,
        "code": Code::UndeclaredOrder.as_str(),
        "first": first.name,
        "then": then.name,
        "message": plain(&what),
        "help": help,
    })
}

//! `autogen verify`: proves revisions on disk, hand-edited ones included.

use autogen_engine::error::{Code, Result};
use autogen_engine::scratch::Undeclared;
use autogen_workspace::{Verified, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Verify};
use crate::document;
use crate::plain::plain;
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Verify, ui: &Ui) -> Result<Outcome> {
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let verified = workspaces.verify(args.revision.as_deref())?;
    let mut is_clean = verified.iter().all(|verified| verified.proof.is_ok());
    let revisions = proofs(verified, ui);
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

/// Says which revisions are proven, and returns that for programs.
fn proofs(verified: Vec<Verified<'_>>, ui: &Ui) -> Vec<Value> {
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
            Ok(sentences) => {
                ui.text(format!("{named} {name}: proven"));
                for sentence in &sentences {
                    ui.text(format!("  {sentence}"));
                }
                document["proven"] = json!(sentences);
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

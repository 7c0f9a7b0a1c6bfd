//! `autogen check`: for CI. Models against what the chains make, and chains against the live
//! database where there is one.

use autogen::error::Result;
use autogen_workspace::{Finding, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global};
use crate::document;
use crate::plain::plain;
use crate::ui::Ui;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let models = workspaces.models(ui)?;
    workspaces.refuse_empty(&models)?;
    let findings = workspaces.check(&models, ui)?;
    report(&workspaces, &findings, ui);
    Ok(if findings.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

fn report(workspaces: &Workspaces, findings: &[Finding], ui: &Ui) {
    let several = workspaces.here[0].host.config.several_dialects();
    let url = workspaces.here.iter().find_map(|workspace| workspace.url.as_ref());
    show(workspaces, findings, ui);
    if findings.is_empty() {
        let names: Vec<_> = workspaces.here.iter().map(|workspace| workspace.dialect.name()).collect();
        let on = if several { format!(" of {}", names.join(" and ")) } else { String::new() };
        match url {
            Some(url) => ui.text(format!("in sync: models, chains{on} and {url}")),
            None => ui.text(format!("in sync: models and chains{on}")),
        }
    }
    if ui.format == Format::Json {
        let (database, left_out) = (url.map(ToString::to_string), workspaces.left_out());
        let is_empty = findings.is_empty();
        let findings = documents(findings);
        ui.json(
            "check",
            json!({ "in_sync": is_empty, "database": database, "findings": findings, "left_out": left_out }),
        );
    }
}

/// Shows findings to people.
pub(super) fn show(workspaces: &Workspaces, findings: &[Finding], ui: &Ui) {
    let several = workspaces.here[0].host.config.several_dialects();
    for finding in findings {
        let plugin = finding.plugin.as_deref().unwrap_or("nobody");
        let dialect = if several { format!(" ({})", finding.dialect) } else { String::new() };
        ui.text(format!("{plugin}{dialect}: {} [{}]", plain(&finding.message), finding.code));
        ui.changes(&finding.changes);
        ui.text(format!("  help: {}", plain(&finding.help)));
    }
}

/// Findings for programs.
pub(super) fn documents(findings: &[Finding]) -> Value {
    let document = |finding: &Finding| {
        json!({
            "plugin": finding.plugin,
            "dialect": finding.dialect.name(),
            "code": finding.code.as_str(),
            "message": plain(&finding.message),
            "changes": document::changes(&finding.changes),
            "help": plain(&finding.help),
        })
    };
    findings.iter().map(document).collect()
}

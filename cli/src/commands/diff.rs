//! `autogen diff`: what generate would write, and nothing is written.

use autogen_codegen::sql;
use autogen_engine::database::DatabaseUrl;
use autogen_engine::error::Result;
use autogen_workspace::{DraftOptions, OwnerDrafts, Workspace, Workspaces, range_of_places};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Diff, Global};
use crate::document;
use crate::report::{Plan, Report, Subject};
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &Diff, ui: &Ui) -> Result<Outcome> {
    if let Some(places) = &args.places {
        return between(global, places, ui);
    }
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let models = workspaces.models(ui)?;
    workspaces.refuse_empty(&models)?;
    let drafts = workspaces.drafts(&models, &DraftOptions::default(), ui)?;
    let mut subjects = Vec::new();
    let mut documents = Vec::new();
    for OwnerDrafts { owner, drafts } in drafts {
        if drafts.iter().all(Option::is_none) {
            let title = Some(format!("{owner}: in sync"));
            subjects.push(Subject { plugin: Some(owner.clone()), title, ..Subject::default() });
            documents.push(json!({ "plugin": owner, "in_sync": true }));
            continue;
        }
        for (workspace, draft) in workspaces.here.iter().zip(drafts) {
            let mut subject = Subject::of(&owner, workspace);
            let named = workspace.named(&owner);
            match draft {
                None => {
                    subject.title = Some(format!("{named}: in sync"));
                    documents.push(json!({ "plugin": owner, "dialect": workspace.dialect.name(), "in_sync": true }));
                }
                Some(draft) => {
                    let number = draft.changes.len() + draft.transfers().len();
                    subject.title = Some(format!("{named}: {}", counted(number, "change")));
                    subject.plan = Some(Plan::of(&draft, workspace));
                    documents.push(document::draft(&draft, workspace));
                }
            }
            subjects.push(subject);
        }
    }
    let document = json!({ "plugins": Value::Array(documents), "left_out": workspaces.left_out() });
    let mut report = Report::new("diff", document);
    report.subjects = subjects;
    ui.report(&report)?;
    Ok(report.outcome())
}

/// Shows what lies between two places.
fn between(global: &Global, places: &str, ui: &Ui) -> Result<Outcome> {
    let (from, to) = range_of_places(places)?;
    let workspace = Workspace::open(&global.options().at(&[&from, &to]))?;
    let effect = workspace.between(&from, &to)?;
    let [from, to] = [from, to].map(without_password);
    let number = effect.changes.len();
    let title = if number == 0 { "no difference".to_owned() } else { counted(number, "change") };
    let document = json!({
        "from": from,
        "to": to,
        "dialect": workspace.dialect.name(),
        "changes": document::changes(&effect.changes),
        "hazards": document::hazards(&effect.risks),
        "up": sql::script(&sql::statements(&effect.plans.up, workspace.dialect)),
        "down": sql::script(&sql::statements(&effect.plans.down, workspace.dialect)),
    });
    let on = if workspace.host.config.several_dialects() { format!(" ({})", workspace.dialect) } else { String::new() };
    let mut subject = Subject { title: Some(format!("{from} to {to}{on}: {title}")), ..Subject::default() };
    subject.plan = (number > 0).then(|| Plan::between(&effect, &workspace));
    let mut report = Report::new("diff", document);
    report.subjects = vec![subject];
    ui.report(&report)?;
    Ok(if number == 0 { Outcome::Clean } else { Outcome::Findings })
}

/// Returns a place without a password.
fn without_password(place: String) -> String {
    let url = DatabaseUrl::parse(&place).ok().filter(|_| place.contains("://"));
    url.map_or(place, |url| url.to_string())
}

//! `autogen diff`: what generate would write, and nothing is written.

use autogen_engine::error::Result;
use autogen_workspace::{DraftOptions, OwnerDrafts, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::Global;
use crate::document;
use crate::report::{Plan, Report, Subject};
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
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

//! `autogen [generate]`: writes the next revision of each selected owner's chain, in every dialect.

use autogen_codegen::report;
use autogen_engine::error::{Code, Result};
use autogen_engine::history::{NewRevision, write};
use autogen_engine::plan::HazardKind;
use autogen_workspace::{DialectPart, Draft, DraftOptions, NextRevision, OwnerNext, Workspace, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Generate, Global, allowed};
use crate::document;
use crate::prompts::{Answers, Next};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Generate, ui: &Ui) -> Result<Outcome> {
    let mut answers = Answers::default();
    loop {
        let workspaces = Workspaces::open(&global.options(), ui)?;
        match run_once(&workspaces, args, &answers.allowed, ui) {
            Err(error) if error.code() == Code::HazardNotAllowed => {
                let questions = ui.open_questions();
                if questions.is_empty() || answers.ask(&questions, &workspaces, args.dry_run, ui)? == Next::Stop {
                    return Err(error);
                }
            }
            done => return done,
        }
    }
}

fn run_once(workspaces: &Workspaces, args: &Generate, more: &[HazardKind], ui: &Ui) -> Result<Outcome> {
    if let Some(title) = args.message.as_deref().filter(|_| args.empty) {
        return empty(workspaces, title, args.dry_run, ui);
    }
    let models = workspaces.models(ui)?;
    workspaces.refuse_empty(&models)?;
    let options = DraftOptions {
        title: args.message.clone(),
        allowed_hazards: Some([allowed(&args.allow), more.to_vec()].concat()),
        prove: !args.no_verify,
    };
    let drafts = workspaces.drafts(&models, &options, ui)?;
    let revisions = workspaces.next(&models, drafts, args.message.as_deref())?;
    let documents = written(&revisions, args.dry_run, ui)?;
    if ui.format == Format::Json {
        ui.json("generate", json!({ "plugins": documents, "left_out": workspaces.left_out() }));
    }
    Ok(Outcome::Clean)
}

/// Writes a revision for SQL that people write.
fn empty(workspaces: &Workspaces, title: &str, dry_run: bool, ui: &Ui) -> Result<Outcome> {
    let new = workspaces.empty(title)?;
    if !dry_run {
        write(&new)?;
    }
    let mut documents = Vec::new();
    for revision in &new {
        let written = if dry_run {
            show_files(revision, ui);
            None
        } else {
            Some(ui.wrote(revision, false))
        };
        let plugin = revision.files.metadata.autogen.as_ref().map(|autogen| autogen.plugin.clone());
        documents.push(json!({ "plugin": plugin, "revision": revision.name, "written": written }));
    }
    if let (false, Some(first)) = (dry_run, new.first()) {
        ui.text(format!("write its SQL, then prove it by `autogen verify --record {}`", first.name));
    }
    if ui.format == Format::Json {
        ui.json("generate", json!({ "plugins": documents, "left_out": workspaces.left_out() }));
    }
    Ok(Outcome::Clean)
}

/// Writes either all revisions or none, and reports them. Returns the part of the document for programs.
pub(super) fn written(revisions: &[OwnerNext<'_>], dry_run: bool, ui: &Ui) -> Result<Value> {
    // Nothing is written before everything can be. Otherwise a refusal in one chain would leave another one
    // ahead.
    let parts = || {
        let all = revisions.iter().filter_map(|(_, next)| next.as_ref());
        all.flat_map(|next| next.parts.iter().map(move |part| part.revision(&next.name)))
    };
    let new: Vec<NewRevision> = parts().collect::<Result<_>>()?;
    if !dry_run {
        write(&new)?;
    }

    let mut new = new.iter();
    let mut documents = Vec::new();
    for (owner, next) in revisions {
        let Some(NextRevision { name, parts, .. }) = next else {
            ui.text(format!("{owner}: in sync"));
            documents.push(json!({ "plugin": owner, "in_sync": true }));
            continue;
        };
        for (DialectPart { workspace, draft, .. }, new) in parts.iter().zip(new.by_ref()) {
            let mut document = document::draft(draft, workspace);
            document["revision"] = name.clone().into();
            document["written"] = Value::Null;
            show(draft, workspace, ui);
            if dry_run {
                show_files(new, ui);
            } else {
                document["written"] = ui.wrote(new, true).into();
            }
            documents.push(document);
        }
    }
    Ok(Value::Array(documents))
}

/// Prints the files, for a run that writes none.
fn show_files(new: &NewRevision, ui: &Ui) {
    let files = &new.files;
    let metadata = files.metadata.to_toml();
    ui.text(format!("  would write {}", new.name));
    for (file, text) in [("up.sql", &files.up), ("down.sql", &files.down), ("metadata.toml", &metadata)] {
        ui.text(format!("\n----- {file}\n{}", text.trim_end()));
    }
}

fn show(draft: &Draft, workspace: &Workspace, ui: &Ui) {
    match ui.format {
        Format::Text if draft.changes.is_empty() && !draft.transfers().is_empty() => {
            ui.line(format!("{}: {}", workspace.named(&draft.owner), draft.title));
            ui.transfers(draft);
        }
        Format::Text if draft.changes.is_empty() => {
            ui.line(format!(
                "{}: nothing differs; an empty part keeps versions in step",
                workspace.named(&draft.owner)
            ));
        }
        Format::Text => {
            ui.line(format!("{}: {}", workspace.named(&draft.owner), draft.title));
            ui.changes(&draft.changes);
            ui.transfers(draft);
            ui.risks(&draft.risks);
            for line in &draft.proven {
                ui.line(format!("  proven: {line}"));
            }
        }
        Format::Sql => ui.sql(draft.files(workspace).up.trim_end(), workspace),
        Format::Unified => ui.unified(&report::unified(&draft.start, &draft.plans.goal, workspace.dialect)),
        // One document at the end.
        Format::Json => {}
        // The command makes no report and no picture.
        Format::Rust | Format::Sarif | Format::Github | Format::Gitlab | Format::Markdown | Format::Junit => {}
        Format::Mermaid | Format::Dot | Format::Svg | Format::Html => {}
    }
}

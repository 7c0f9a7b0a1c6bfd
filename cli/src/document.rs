//! Results for programs: the parts that documents of several commands share. `docs/json.md` tells
//! their shape to whoever reads them.

use autogen_codegen::report;
use autogen_codegen::revision::Risk;
use autogen_engine::error::{Diagnostic, Error, Severity};
use autogen_engine::history::{History, Version};
use autogen_engine::model::Change;
use autogen_workspace::{Draft, Workspace};
use serde_json::{Map, Value, json};

use crate::plain::{plain, printable_json};
use crate::report::Paths;

/// The version that every document states. It rises when a reader of the old shape would be misled.
pub(crate) const VERSION: u32 = 1;

/// Writes a document's text, which begins with its version and command.
pub(crate) fn text(command: &str, contents: Value) -> String {
    // Without a name, no command was understood.
    let command = Some(command).filter(|command| !command.is_empty());
    let mut document = json!({ "version": VERSION, "command": command });
    if let (Value::Object(document), Value::Object(contents)) = (&mut document, contents) {
        document.extend(contents);
    }
    format!("{}\n", printable_json(&format!("{document:#}")))
}

/// Describes an error in JSON: its main diagnostic, and in `more` those that come with it.
pub(crate) fn error(error: &Error, paths: &Paths) -> Value {
    let mut diagnostics = error.diagnostics.iter().map(|found| diagnostic(found, paths));
    let mut main = diagnostics.next().unwrap_or_default();
    main["more"] = diagnostics.collect();
    main
}

fn diagnostic(diagnostic: &Diagnostic, paths: &Paths) -> Value {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let places: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            json!({
                "file": paths.relative(&label.place.file).display().to_string(),
                "line": label.place.line,
                "column": label.place.column,
                "text": label.text,
            })
        })
        .collect();
    json!({
        "severity": severity,
        "code": diagnostic.code.as_str(),
        "message": plain(&diagnostic.message),
        "places": places,
        "help": diagnostic.help.as_deref().map(plain),
    })
}

/// Describes changes in JSON, each with the line that people see.
pub(crate) fn changes(changes: &[Change]) -> Value {
    let change = |change: &Change| {
        let subject = change.subject();
        json!({
            "kind": change.kind(),
            "table": subject.table.to_string(),
            "column": subject.column,
            "text": report::lines(std::slice::from_ref(change)).join("\n"),
        })
    };
    changes.iter().map(change).collect()
}

/// Describes hazards in JSON, with the rows at stake and the reason for allowing them.
pub(crate) fn hazards(risks: &[Risk]) -> Value {
    let hazard = |risk: &Risk| {
        json!({
            "name": risk.hazard.kind.name(),
            "detail": risk.hazard.detail,
            "rows": risk.rows,
            "allowed": risk.reason,
        })
    };
    risks.iter().map(hazard).collect()
}

/// Describes revisions in JSON, by plugin and folder.
pub(crate) fn revisions(versions: &[Version], history: &History) -> Value {
    let found = versions.iter().filter_map(|version| history.get(version));
    found.map(|revision| json!({ "plugin": revision.owner, "revision": revision.name })).collect()
}

/// Describes in JSON what the next revision does to one owner's tables in one dialect.
pub(crate) fn draft(draft: &Draft, workspace: &Workspace) -> Value {
    let files = draft.files(workspace);
    json!({
        "plugin": draft.owner,
        "dialect": workspace.dialect.name(),
        "in_sync": false,
        "title": draft.title,
        "changes": changes(&draft.changes),
        "takes": draft.takes.iter().map(|taken| &taken.table).collect::<Vec<_>>(),
        "gives": draft.gives.iter().map(|given| (given.table.clone(), given.to.clone().into())).collect::<Map<_, _>>(),
        "hazards": hazards(&draft.risks),
        "proven": draft.proven,
        "up": files.up,
        "down": files.down,
    })
}

//! The document for programs. `docs/json.md` tells its shape, `docs/report.schema.json` checks it.

use autogen_workspace::Finding;
use serde_json::{Value, json};

use super::{Paths, Report, word};
use crate::document;
use crate::plain::plain;

/// Returns the contents of a report's document, besides its version and command.
pub(super) fn contents(report: &Report, warnings: &[Finding], paths: &Paths) -> Value {
    let mut document = report.document.clone();
    if report.is_complete {
        document["findings"] = report.findings().map(|found| finding(found, paths)).collect();
        document["warnings"] = warnings.iter().map(|found| finding(found, paths)).collect();
    }
    document
}

fn finding(finding: &Finding, paths: &Paths) -> Value {
    let place = finding.place();
    let mut document = json!({
        "plugin": finding.plugin,
        "dialect": finding.dialect.map(|dialect| dialect.name()),
        "revision": finding.revision,
        "code": finding.code.as_str(),
        "severity": word(finding.severity),
        "message": plain(&finding.message),
        "notes": finding.notes.iter().map(|note| plain(note)).collect::<Vec<_>>(),
        "file": place.map(|place| plain(&paths.relative(&place.file).display().to_string())),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "changes": document::changes(&finding.changes),
        "help": plain(&finding.help),
    });
    if let Some(rule) = &finding.rule {
        document["rule"] = plain(rule).into();
    }
    document
}

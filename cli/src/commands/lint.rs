//! `autogen lint`: hazards, locks and mistakes in any SQL on disk.

use autogen_engine::error::{Result, Severity};
use autogen_workspace::{Judged, LintOptions};
use serde_json::json;

use crate::Outcome;
use crate::args::{Global, Lint};
use crate::report::{Report, Subject};
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &Lint, ui: &Ui) -> Result<Outcome> {
    let wanted = LintOptions { places: args.places.clone(), base: args.base.clone(), measure: args.measure };
    let mut judged = Judged::of(&global.options(), &wanted)?;
    let findings = judged.iter_mut().flat_map(|judged| &mut judged.findings);
    for finding in findings.filter(|finding| args.deny && finding.severity == Severity::Warning) {
        finding.severity = Severity::Error;
    }
    let scripts: Vec<_> = judged
        .iter()
        .map(|judged| {
            json!({
                "plugin": judged.plugin,
                "dialect": judged.dialect.name(),
                "revision": judged.revision,
                "path": ui.paths.relative(&judged.path).display().to_string(),
                "findings": judged.findings.len(),
            })
        })
        .collect();
    let mut report = Report::new("lint", json!({ "scripts": scripts }));
    let all = || judged.iter().flat_map(|judged| &judged.findings);
    let warnings = all().filter(|finding| finding.severity == Severity::Warning).count();
    let looked_at = match judged.iter().all(|judged| judged.revision.is_some()) {
        true => counted(judged.len(), "revision"),
        false => counted(judged.len(), "script"),
    };
    report.verdict = match warnings {
        0 => format!("{looked_at}: nothing stands against them"),
        warnings => format!("{looked_at}: {}, nothing that is denied", counted(warnings, "warning")),
    };
    if judged.len() == 1 {
        report.verdict = report.verdict.replace("against them", "against it");
    }
    if let Some(guessed) = judged.iter().find(|judged| !judged.is_dialect_stated) {
        report.verdict += &format!(", judged as {}, since nothing states another database", guessed.dialect);
    }
    let several = judged.iter().any(|other| other.dialect != judged[0].dialect);
    report.subjects = judged.into_iter().map(|judged| subject(judged, several)).collect();
    ui.report(&report)?;
    Ok(report.outcome())
}

fn subject(judged: Judged, several: bool) -> Subject {
    let Judged { plugin, dialect, revision, path, findings, is_dialect_stated: _ } = judged;
    let owner = plugin.as_ref().map(|plugin| format!("{plugin} ")).unwrap_or_default();
    let name = revision.clone().unwrap_or_else(|| path.display().to_string());
    let on = if several { format!(" ({dialect})") } else { String::new() };
    // What nothing stands against is worth no line.
    let title =
        Some(format!("{owner}{name}{on}: {}", counted(findings.len(), "finding"))).filter(|_| !findings.is_empty());
    Subject {
        plugin,
        dialect: Some(dialect).filter(|_| several),
        revision: Some(name),
        title,
        findings,
        ..Subject::default()
    }
}

//! What a user would see, as the text of a story's section.

use std::fmt::Write as _;

use autogen::diff::LikelyRename;
use autogen::error::{Diagnostic, Severity};
use autogen::plan::Plan;

/// Diagnostics, one after the other.
pub fn diagnostics(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let _ = writeln!(text, "{severity}[{}]: {}", diagnostic.code, diagnostic.message);
        for label in &diagnostic.labels {
            let _ = writeln!(text, "  at {} {}", label.place, label.text);
        }
        if let Some(help) = &diagnostic.help {
            let _ = writeln!(text, "  help: {help}");
        }
    }
    // A label may have no text.
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Drops and additions that look like renames.
pub fn likely_renames(renames: &[LikelyRename]) -> String {
    renames
        .iter()
        .map(|rename| {
            let table = rename.table.as_ref().map(|table| format!("{table}.")).unwrap_or_default();
            format!("{table}{} -> {}\n", rename.names.from, rename.names.to)
        })
        .collect()
}

/// The hazards of a plan in the order of its steps.
pub fn hazards(plan: &Plan) -> String {
    plan.steps
        .iter()
        .flat_map(|step| &step.hazards)
        .map(|hazard| format!("{}: {}\n", hazard.kind, hazard.detail))
        .collect()
}

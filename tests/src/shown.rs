//! What a user would see, as the text of a story's section.

use std::fmt::Write as _;

use autogen_codegen::sql;
use autogen_engine::dialect::Dialect;
use autogen_engine::diff::LikelyRename;
use autogen_engine::error::{Diagnostic, Severity};
use autogen_engine::plan::Plan;

/// How the names of databases begin that are made for a moment.
const MADE: [&str; 2] = ["autogen_scratch_", "test_"];

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
    text.lines().map(|line| format!("{}\n", without_made_names(line.trim_end()))).collect()
}

/// A plan's script.
pub fn script(plan: &Plan, dialect: Dialect) -> String {
    without_looks(&sql::script(&sql::statements(plan, dialect)))
}

/// A text with scripts in it. The part of a look at tables that is the same in every script stands there as `...`.
pub fn without_looks(text: &str) -> String {
    const ALIKE: [(&str, &str); 4] = [
        ("        WITH indexes AS (", "        )"),
        ("    WITH \"tables\"", ")"),
        ("    \"code\"(\"kind\"", "    )"),
        ("        SELECT CONCAT(", "    ) AS `columns`"),
    ];
    let mut shown = String::new();
    let mut until = None;
    for line in text.split_inclusive('\n') {
        let begins = ALIKE.iter().find(|(first, _)| until.is_none() && line.starts_with(first));
        if let Some((_, last)) = begins {
            until = Some(*last);
            shown.push_str("    ...\n");
        } else if until.is_some_and(|last| line.trim_end() == last) {
            until = None;
        }
        if until.is_none() {
            shown.push_str(line);
        }
    }
    shown
}

/// A message without the names of tables and databases that nobody will see again: `test_12_3`.
pub fn without_made_names(text: &str) -> String {
    let is_made = |word: &str| {
        MADE.iter().any(|start| {
            word.strip_prefix(start)
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b == b'_' || b.is_ascii_digit()))
        })
    };
    let words = text.split_inclusive(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let word = |word: &str| {
        let name = word.trim_end_matches(|letter: char| !letter.is_alphanumeric() && letter != '_');
        if is_made(name) { word.replacen(name, "DATABASE", 1) } else { word.to_owned() }
    };
    // MySQL names the table of a key too.
    words.map(word).collect::<String>().replace("for key 'autogen_guard.PRIMARY'", "for key 'PRIMARY'")
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

//! GitLab's code quality report.

use autogen_engine::error::Severity;
use autogen_workspace::Finding;
use serde_json::{Value, json};

use super::identity::Fingerprints;
use super::{Paths, Report, sentences};
use crate::plain::{plain, printable_json};

/// The file of a finding that has none, because a report must name one.
const ANYWHERE: &str = autogen_engine::host::FILE_NAME;

/// Renders a list of issues.
pub(super) fn render(report: &Report, warnings: &[Finding], paths: &Paths) -> String {
    let mut fingerprints = Fingerprints::default();
    let issue = |finding: &Finding| {
        let (file, line) = match finding.place() {
            Some(place) => (paths.in_repository(&place.file), place.line),
            None => (paths.in_repository(std::path::Path::new(ANYWHERE)), 1),
        };
        let owner = finding.plugin.as_ref().map(|plugin| format!("{plugin}: ")).unwrap_or_default();
        json!({
            "description": format!("{owner}{}", plain(&sentences(finding).join("\n"))),
            "check_name": plain(finding.id()),
            "fingerprint": fingerprints.of(finding),
            "severity": match finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Note => "info",
            },
            "location": { "path": plain(&file), "lines": { "begin": line } },
        })
    };
    let issues: Vec<Value> = report.findings().chain(warnings).map(issue).collect();
    format!("{}\n", printable_json(&format!("{:#}", Value::Array(issues))))
}

//! Workflow commands, which GitHub shows at the lines of a pull request.

use autogen_codegen::printable::printable;
use autogen_workspace::Finding;

use super::{Paths, Report, sentences, word};
use crate::plain::plain;

/// Renders a line for each finding.
pub(super) fn render(report: &Report, warnings: &[Finding], paths: &Paths) -> String {
    report.findings().chain(warnings).map(|finding| line(finding, paths)).collect()
}

fn line(finding: &Finding, paths: &Paths) -> String {
    let kind = match word(finding.severity) {
        "note" => "notice",
        kind => kind,
    };
    let mut properties = Vec::new();
    if let Some(place) = finding.place() {
        properties.push(format!("file={}", property(&paths.in_repository(&place.file))));
        properties.push(format!("line={}", place.line));
        properties.push(format!("col={}", place.column));
    }
    let owner = finding.plugin.as_ref().map(|plugin| format!("{plugin}: ")).unwrap_or_default();
    properties.push(format!("title={}", property(&format!("{owner}{}", finding.id()))));
    let said = sentences(finding).join("\n");
    format!("::{kind} {}::{}\n", properties.join(","), data(&said))
}

/// Escapes a text for the part after the second `::`.
fn data(text: &str) -> String {
    printable(&plain(text)).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

//! JUnit's XML: a suite for each owner, a test for each thing that was looked at, a failure for each finding.

use autogen_engine::error::Severity;
use autogen_workspace::Finding;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Paths, Report, Subject, sentences};
use crate::plain::plain;

/// Renders the file. Neither times nor hosts are in it: the same report gives the same bytes.
pub(super) fn render(report: &Report, paths: &Paths) -> String {
    let mut suites: Vec<(String, TestSuite)> = Vec::new();
    for subject in &report.subjects {
        let dialect = subject.dialect.map(|dialect| format!(" ({dialect})")).unwrap_or_default();
        let name = plain(&format!("{}{dialect}", subject.plugin.as_deref().unwrap_or("host")));
        let at = suites.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            suites.push((name.clone(), TestSuite::new(name)));
            suites.len() - 1
        });
        suites[at].1.add_test_cases(cases(subject, report, paths));
    }
    let mut document = quick_junit::Report::new(report.name());
    document.add_test_suites(suites.into_iter().map(|(_, suite)| suite));
    // Writing into memory doesn't fail.
    document.to_string().unwrap_or_default()
}

fn cases(subject: &Subject, report: &Report, paths: &Paths) -> Vec<TestCase> {
    let name = plain(subject.revision.as_deref().unwrap_or(report.command));
    let failed = |finding: &Finding| {
        let kind = if report.is_complete { NonSuccessKind::Failure } else { NonSuccessKind::Error };
        let mut status = TestCaseStatus::non_success(kind);
        let place = finding.place().map(|place| format!("at {}", paths.place(place)));
        let said: Vec<String> = sentences(finding).into_iter().chain(place).collect();
        status
            .set_type(plain(finding.id()))
            .set_message(plain(&finding.message))
            .set_description(plain(&said.join("\n")));
        TestCase::new(format!("{name}: {}", plain(finding.id())), status)
    };
    let counts = subject.all_findings().filter(|finding| finding.severity == Severity::Error);
    let failed: Vec<TestCase> = counts.map(failed).collect();
    if failed.is_empty() { vec![TestCase::new(name, TestCaseStatus::success())] } else { failed }
}

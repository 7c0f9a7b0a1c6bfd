//! What people read: findings with what would mend them and with the source that they are about.

use anstyle::AnsiColor;
use autogen_codegen::printable::printable;
use autogen_codegen::report;
use autogen_codegen::revision::{self, Risk};
use autogen_engine::model::{Change, Edit, Rule};
use autogen_workspace::Finding;

use super::{Plan, Report, Subject};
use crate::Outcome;
use crate::color::{Tone, painted, toned};
use crate::excerpt::Excerpts;
use crate::plain::plain;

/// Renders a report for people.
pub(super) fn render(report: &Report, excerpts: &Excerpts<'_>) -> String {
    let mut lines = Vec::new();
    // A revision that doesn't run stands in the way of all that follow: its error is said once.
    let mut said: Vec<&Finding> = Vec::new();
    for subject in &report.subjects {
        lines.extend(subject.title.as_ref().map(|title| plain(title)));
        lines.extend(subject.notes.iter().map(|note| format!("  {}", plain(note))));
        lines.extend(subject.plan.iter().flat_map(|plan| planned(plan, excerpts.colored)));
        for finding in &subject.findings {
            if subject.title.is_none() {
                lines.extend(found(finding, subject, excerpts));
            } else if !said.iter().any(|known| says_the_same(known, finding)) {
                lines.push(excerpts.finding(finding));
                said.push(finding);
            }
        }
    }
    if lines.is_empty() || report.outcome() == Outcome::Clean {
        lines.extend(Some(plain(&report.verdict)).filter(|verdict| !verdict.is_empty()));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn says_the_same(one: &Finding, other: &Finding) -> bool {
    // A rule says the same of many places, each of which is worth a line.
    let is_elsewhere = one.rule.is_some() && one.labels != other.labels;
    !is_elsewhere
        && (one.code, &one.message, &one.notes, &one.help) == (other.code, &other.message, &other.notes, &other.help)
}

fn found(finding: &Finding, subject: &Subject, excerpts: &Excerpts<'_>) -> Vec<String> {
    let plugin = finding.plugin.as_deref().unwrap_or("nobody");
    let dialect = subject.dialect.map(|dialect| format!(" ({dialect})")).unwrap_or_default();
    let mut lines = vec![format!("{plugin}{dialect}: {} [{}]", plain(&finding.message), finding.code)];
    lines.extend(finding.notes.iter().map(|note| format!("  {}", plain(note))));
    lines.extend(change_lines(&finding.changes, excerpts.colored));
    lines.extend(excerpts.places(&finding.labels));
    lines.extend(Some(&finding.help).filter(|help| !help.is_empty()).map(|help| format!("  help: {}", plain(help))));
    lines
}

fn planned(plan: &Plan, colored: bool) -> Vec<String> {
    let mut lines = change_lines(&plan.changes, colored);
    lines.extend(plan.transfers.iter().map(|line| format!("  {}", by_sign(line, colored))));
    if !plan.changes.is_empty() {
        lines.extend(risk_lines(&plan.risks, colored));
    }
    for (title, sql) in plan.ways.iter().filter(|_| plan.shows_ways) {
        lines.push(format!("  {title}:"));
        lines.extend(sql.lines().map(|line| format!("    {}", printable(line))));
    }
    let help = plan.finding.iter().filter(|_| plan.shows_ways).map(|finding| &finding.help);
    lines.extend(help.map(|help| format!("  help: {}", plain(help))));
    lines
}

/// Describes risks, one line each. Those that nobody has allowed are coloured by how severe they are.
pub(crate) fn risk_lines(risks: &[Risk], colored: bool) -> Vec<String> {
    let texts = revision::risks(risks);
    let tones = texts.iter().enumerate().map(|(position, text)| {
        let line = format!("  at risk: {}", printable(text));
        let open = risks.get(position).filter(|risk| risk.reason.is_none());
        open.map_or(line.clone(), |risk| toned(&line, Tone::of(risk.hazard.kind), colored))
    });
    tones.collect()
}

/// Lists changes, one line each. A key that only a `joinable!` asks for is marked as such, because nobody may
/// have meant a key.
pub(crate) fn change_lines(changes: &[Change], colored: bool) -> Vec<String> {
    let joins = |change: &Change| {
        let Change::Rule(_, Edit::Add(Rule::ForeignKey(key))) = change else { return None };
        key.is_of_join().then(|| key.hints.place.clone()).flatten()
    };
    let mut lines = Vec::new();
    for change in changes {
        let by = joins(change).map(|place| format!("  by joinable! at {place}")).unwrap_or_default();
        for line in report::lines(std::slice::from_ref(change)) {
            lines.push(format!("  {}{}", by_sign(&line, colored), printable(&by)));
        }
    }
    if changes.iter().any(|change| joins(change).is_some()) {
        lines.push("  if a joinable! needs no key, put #[cfg_attr(any(), autogen(no_key))] above it".to_owned());
    }
    lines
}

/// Makes a line printable, in the colour of its first character: `+` new, `-` gone, `~` different, `>`
/// renamed.
pub(crate) fn by_sign(line: &str, colored: bool) -> String {
    let line = printable(line);
    let color = match line.chars().next() {
        Some('+') => AnsiColor::Green,
        Some('-') => AnsiColor::Red,
        Some('~') => AnsiColor::Yellow,
        Some('>' | '@') => AnsiColor::Cyan,
        Some(_) | None => return line.into_owned(),
    };
    if colored { painted(&line, color) } else { line.into_owned() }
}

//! What a command found, as one document, and a file for each form that it can take. Commands make a [`Report`].
//! Nothing here knows what they do.
//!
//! Texts come from authors, databases and servers. Every form passes them through [`plain`](crate::plain::plain),
//! and then escapes the characters with a meaning in the form itself.

mod github;
mod gitlab;
mod identity;
mod json;
mod junit;
mod markdown;
mod output;
mod paths;
mod sarif;
mod text;

use autogen_codegen::revision::Risk;
use autogen_codegen::{picture, report, sql};
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Diagnostic, Error, Severity};
use autogen_engine::model::Change;
use autogen_workspace::{Draft, Drifted, Effect, Finding, Workspace};
use serde_json::{Value, json};

pub(crate) use output::{Format, Outputs, OutputsParser};
pub(crate) use paths::{Paths, straightened};
pub(crate) use text::{by_sign, change_lines, risk_lines};

use crate::excerpt::Excerpts;
use crate::{Outcome, document};

/// Renders a report in a form. `warnings` are those that came up during the run.
pub(crate) fn render(report: &Report, warnings: &[Finding], format: Format, excerpts: &Excerpts<'_>) -> String {
    let paths = excerpts.paths;
    let plans = || report.subjects.iter().filter_map(|subject| Some((subject.dialect, subject.plan.as_ref()?)));
    match format {
        Format::Text => text::render(report, excerpts),
        Format::Json => document::text(report.command, json::contents(report, warnings, paths)),
        // Only `dump` has it, which makes no report.
        Format::Rust => String::new(),
        Format::Sql => {
            let above =
                |dialect: Option<Dialect>| dialect.map(|dialect| format!("-- for {dialect}\n")).unwrap_or_default();
            let script = |plan: &Plan| plan.ways.first().map(|(_, sql)| sql.clone()).unwrap_or_default();
            plans().map(|(dialect, plan)| above(dialect) + &script(plan)).collect()
        }
        Format::Unified => {
            let lines = plans().flat_map(|(_, plan)| plan.unified.lines());
            lines.map(|line| by_sign(line, excerpts.colored) + "\n").collect()
        }
        Format::Sarif => sarif::render(report, warnings, paths),
        Format::Github => github::render(report, warnings, paths),
        Format::Gitlab => gitlab::render(report, warnings, paths),
        Format::Markdown => markdown::render(report, warnings, paths),
        Format::Junit => junit::render(report, paths),
        // Reports aren't pictures; the command line refuses these.
        Format::Mermaid | Format::Dot | Format::Svg | Format::Html => String::new(),
    }
}

/// What a command found.
#[derive(Debug)]
pub(crate) struct Report {
    /// The command's name; empty if the command line can't be understood.
    pub(crate) command: &'static str,
    /// The subjects that it looked at, with what it found.
    pub(crate) subjects: Vec<Subject>,
    /// The verdict if nothing was found.
    pub(crate) verdict: String,
    /// The contents of the JSON document besides findings and warnings: an object.
    pub(crate) document: Value,
    /// Whether the command completed.
    is_complete: bool,
}

/// Something that a command looked at.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    /// The owner.
    pub(crate) plugin: Option<String>,
    /// The dialect, if the host has several.
    pub(crate) dialect: Option<Dialect>,
    /// The revision's name, if it is one.
    pub(crate) revision: Option<String>,
    /// The line that people see. `None` if only findings are worth one.
    pub(crate) title: Option<String>,
    /// Sentences under it.
    pub(crate) notes: Vec<String>,
    /// What is planned.
    pub(crate) plan: Option<Plan>,
    /// What is wrong with it.
    pub(crate) findings: Vec<Finding>,
}

/// A change of one owner's tables: what it does, its risks and locks, and how it is done.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What differs.
    pub(crate) changes: Vec<Change>,
    /// A line for each table that changes hands.
    pub(crate) transfers: Vec<String>,
    /// What is at risk.
    pub(crate) risks: Vec<Risk>,
    /// Who waits for whom.
    pub(crate) locks: Vec<String>,
    /// The scripts, one for each direction that is shown, with their titles. The first one is the one that is meant.
    pub(crate) ways: Vec<(&'static str, String)>,
    /// Whether people see the scripts too.
    shows_ways: bool,
    /// The tables before and after, as a unified diff.
    pub(crate) unified: String,
    /// The tables that it touches, as a Mermaid diagram.
    pub(crate) picture: String,
    /// The same as a finding, unless it needs no action.
    pub(crate) finding: Option<Finding>,
}

impl Report {
    /// Creates an empty report. `document` is what its JSON has besides findings and warnings.
    pub(crate) fn new(command: &'static str, document: Value) -> Self {
        Self { command, subjects: Vec::new(), verdict: String::new(), document, is_complete: true }
    }

    /// Makes a report of why a command stopped.
    pub(crate) fn of_error(command: &'static str, error: &Error, paths: &Paths) -> Self {
        let subject = Subject { findings: Finding::of_error(error), ..Subject::default() };
        let document = json!({ "error": document::error(error, paths) });
        Self { subjects: vec![subject], is_complete: false, ..Self::new(command, document) }
    }

    /// Returns the program with its command: `autogen check`.
    fn name(&self) -> String {
        format!("autogen {}", self.command).trim_end().to_owned()
    }

    /// Sets how the command ends.
    pub(crate) fn outcome(&self) -> Outcome {
        let mut counting = self.findings().filter(|finding| finding.severity == Severity::Error);
        if counting.next().is_none() { Outcome::Clean } else { Outcome::Findings }
    }

    /// Returns all findings, including plans.
    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.subjects.iter().flat_map(Subject::all_findings)
    }

    /// Adds findings, each to its subject.
    pub(crate) fn sort_in(&mut self, findings: Vec<Finding>) {
        let several = self.subjects.iter().any(|subject| subject.dialect.is_some());
        for finding in findings {
            let is_about = |subject: &&mut Subject| {
                subject.plugin == finding.plugin && (subject.dialect.is_none() || subject.dialect == finding.dialect)
            };
            match self.subjects.iter_mut().find(is_about) {
                Some(subject) => subject.findings.push(finding),
                None => {
                    let (plugin, dialect) = (finding.plugin.clone(), finding.dialect.filter(|_| several));
                    self.subjects.push(Subject { plugin, dialect, findings: vec![finding], ..Subject::default() });
                }
            }
        }
    }
}

impl Subject {
    /// Creates the subject for an owner's tables in a dialect.
    pub(crate) fn of(plugin: &str, workspace: &Workspace) -> Self {
        let dialect = workspace.host.config.several_dialects().then_some(workspace.dialect);
        Self { plugin: Some(plugin.to_owned()), dialect, ..Self::default() }
    }

    /// Names the subject in a few words: `usb (postgres) 2026-11-21-071100-usb_add_serial`.
    fn name(&self) -> String {
        let plugin = self.plugin.as_deref().unwrap_or("host");
        let dialect = self.dialect.map(|dialect| format!(" ({dialect})")).unwrap_or_default();
        let revision = self.revision.as_ref().map(|revision| format!(" {revision}")).unwrap_or_default();
        format!("{plugin}{dialect}{revision}")
    }

    /// Returns the subject's findings, with its plan as one of them.
    fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.plan.iter().filter_map(|plan| plan.finding.as_ref()).chain(&self.findings)
    }
}

impl Plan {
    /// Creates the plan of a draft.
    pub(crate) fn of(draft: &Draft, workspace: &Workspace) -> Self {
        let dialect = workspace.dialect;
        let mut finding = workspace.models_ahead(&draft.owner, draft.changes.clone(), &draft.models);
        finding.notes = draft.transfers();
        let goal = &draft.plans.goal;
        Self {
            changes: draft.changes.clone(),
            transfers: draft.transfers(),
            risks: draft.risks.clone(),
            locks: sql::lock_lines(&draft.plans.up, &draft.measured.from, dialect),
            ways: vec![("SQL", sql::script(&sql::statements(&draft.plans.up, dialect)))],
            shows_ways: false,
            unified: report::unified(&draft.start, goal, dialect),
            picture: picture::touched(&draft.changes, &draft.start, goal),
            finding: Some(finding),
        }
    }

    /// Creates the plan that reverts what somebody has done by hand.
    pub(crate) fn of_drift(drift: &Drifted, workspace: &Workspace) -> Self {
        let dialect = workspace.dialect;
        let Drifted { changes, plans, risks, finding, start, .. } = drift;
        let script = |plan| sql::script(&sql::statements(plan, dialect));
        Self {
            changes: changes.clone(),
            transfers: Vec::new(),
            risks: risks.clone(),
            locks: sql::lock_lines(&plans.up, &[], dialect),
            ways: vec![("SQL that takes it back", script(&plans.up)), ("SQL that does it", script(&plans.down))],
            shows_ways: true,
            unified: report::unified(start, &plans.goal, dialect),
            picture: picture::touched(changes, start, &plans.goal),
            finding: Some(finding.clone()),
        }
    }

    /// Creates the plan of what lies between two places, which needs no action.
    pub(crate) fn between(effect: &Effect, workspace: &Workspace) -> Self {
        let script = sql::script(&sql::statements(&effect.plans.up, workspace.dialect));
        Self { shows_ways: true, ..Self::of_effect(effect, workspace, script) }
    }

    /// Creates the plan of what revisions do in total, which needs no action.
    pub(crate) fn of_effect(effect: &Effect, workspace: &Workspace, ups: String) -> Self {
        let Effect { changes, risks, start, plans } = effect;
        Self {
            changes: changes.clone(),
            transfers: Vec::new(),
            risks: risks.clone(),
            locks: sql::lock_lines(&plans.up, &[], workspace.dialect),
            ways: vec![("SQL", ups)],
            shows_ways: false,
            unified: report::unified(start, &plans.goal, workspace.dialect),
            picture: picture::touched(changes, start, &plans.goal),
            finding: None,
        }
    }
}

/// Converts the diagnostics of the run to findings, except for notes.
pub(crate) fn warnings(said: &[Diagnostic]) -> Vec<Finding> {
    let findings = Finding::of_diagnostics(said).into_iter();
    findings.filter(|finding| finding.severity != Severity::Note).collect()
}

/// Returns the sentences of a finding: what it is, the details, what would mend it, and what to do.
fn sentences(finding: &Finding) -> Vec<String> {
    let changes = report::lines(&finding.changes);
    let help = Some(&finding.help).filter(|help| !help.is_empty()).map(|help| format!("help: {help}"));
    std::iter::once(finding.message.clone()).chain(finding.notes.clone()).chain(changes).chain(help).collect()
}

/// Returns the word for a severity.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

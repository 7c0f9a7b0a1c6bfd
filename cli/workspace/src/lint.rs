//! What the rules of `autogen_engine::lint` find in SQL on disk: in revisions, and in files that belong to no chain.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use autogen_codegen::revision::{Header, header};
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Error, Result, Severity};
use autogen_engine::history::{History, Loose, Revision, Standing, Version, loose};
use autogen_engine::lint::{EarlierScripts, Level, Remark, RemarkKind, Script, Way, lint};
use autogen_engine::model::Place;
use autogen_engine::plan::HazardKind;

use crate::finding::Finding;
use crate::options::Options;
use crate::review::new_revisions;
use crate::settings::Settings;
use crate::workspace::Workspace;

/// Rules about locks that the header of a generated revision states.
const LOCKS: [&str; 4] = ["index-not-concurrent", "blocks-reading", "several-locks", "long-transaction"];

/// What is judged.
#[derive(Debug, Clone, Default)]
pub struct LintOptions {
    /// Revisions by name, and files and folders; all revisions if there are none.
    pub places: Vec<String>,
    /// Only revisions that are new against this commit.
    pub base: Option<String>,
    /// Runs revisions on a scratch database, which says what they rewrite.
    pub measure: bool,
}

/// SQL that was judged.
#[derive(Debug)]
pub struct Judged {
    /// Whose it is; nobody's where it belongs to no chain.
    pub plugin: Option<String>,
    /// The database that it is for.
    pub dialect: Dialect,
    /// Whether anybody says that it is for that database.
    pub is_dialect_stated: bool,
    /// The revision's name, where it is one.
    pub revision: Option<String>,
    /// Its folder or file.
    pub path: PathBuf,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// What a database measured revisions to do, by table.
type Measurements = BTreeMap<Version, BTreeMap<String, String>>;

impl Judged {
    /// Judges what `options` and `wanted` name, in every dialect in question.
    ///
    /// # Errors
    /// `no-dialect`, `bad-target`, `can't-read`; when the host, its chains or the commit can't be read.
    pub fn of(options: &Options, wanted: &LintOptions) -> Result<Vec<Self>> {
        let (workspaces, is_stated) = Workspace::for_lint(options)?;
        let new = match &wanted.base {
            Some(base) => Some(new_revisions(&workspaces, base)?),
            None => None,
        };
        let mut judged = Vec::new();
        let mut loose_paths: Vec<&String> = wanted.places.iter().collect();
        let mut unknown = None;
        for (position, workspace) in workspaces.iter().enumerate() {
            let mut named: Vec<Version> = Vec::new();
            for place in &wanted.places {
                let found: Vec<&Revision> = if Path::new(place).exists() {
                    workspace
                        .history
                        .revisions()
                        .iter()
                        .filter(|revision| lies_at(revision, Path::new(place)))
                        .collect()
                } else if place.ends_with(".sql") {
                    Vec::new()
                } else {
                    workspace.revisions_at(place).unwrap_or_else(|error| {
                        unknown = Some(error);
                        Vec::new()
                    })
                };
                if !found.is_empty() {
                    loose_paths.retain(|path| *path != place);
                }
                named.extend(found.into_iter().map(|revision| revision.version.clone()));
            }
            let is_meant = |revision: &Revision| {
                let is_named = match wanted.places.is_empty() {
                    true => workspace.is_judged(revision),
                    false => named.contains(&revision.version),
                };
                is_named && new.as_ref().is_none_or(|new| new[position].contains(&revision.version))
            };
            judged.extend(workspace.lint(&is_meant, wanted.measure));
        }
        if let (Some(error), Some(_)) =
            (unknown, loose_paths.iter().find(|path| !path.ends_with(".sql") && !Path::new(path).exists()))
        {
            return Err(error);
        }
        if !loose_paths.is_empty() && !is_stated {
            return Err(no_dialect());
        }
        for path in loose_paths {
            judged.extend(workspaces[0].lint_path(Path::new(path))?);
        }
        judged.iter_mut().for_each(|judged| judged.is_dialect_stated = is_stated);
        Ok(judged)
    }
}

impl Workspace {
    /// Opens a host in every dialect in question, for a look at its files. No server is needed unless something is to be
    /// measured. Returns as well whether anybody states the dialect; a host's is SQLite otherwise, as for the other commands.
    fn for_lint(options: &Options) -> Result<(Vec<Self>, bool)> {
        let options = Options { no_database: true, ..options.clone() };
        let settings = Settings::read(&options)?;
        let is_stated =
            options.dialect.is_some() || settings.url.is_some() || !settings.host.config.stated_dialects.is_empty();
        if !is_stated && settings.host.is_bare() {
            return Err(no_dialect());
        }
        let asked = settings.dialects.iter().filter(|dialect| options.dialect.is_none_or(|asked| asked == **dialect));
        let workspaces: Result<Vec<Self>> = asked.map(|dialect| settings.workspace(*dialect)).collect();
        Ok((workspaces?, is_stated))
    }

    /// Returns `true` if a revision is judged unasked: its owner is in question, and it isn't older than autogen.toml
    /// says.
    fn is_judged(&self, revision: &Revision) -> bool {
        let since = self.host.config.lint.since.as_deref();
        self.is_selected(&revision.owner) && since.is_none_or(|since| revision.version.as_str() >= since)
    }

    /// Judges revisions of all chains.
    pub(crate) fn lint(&self, is_meant: &dyn Fn(&Revision) -> bool, measure: bool) -> Vec<Judged> {
        let proven = certified(&self.history);
        let mut known: BTreeMap<&str, EarlierScripts> = BTreeMap::new();
        let mut judged = Vec::new();
        for revision in self.history.revisions() {
            // A plugin's rows are its own, and so are what hangs on its tables.
            let known = known.entry(revision.owner.as_str()).or_default();
            if is_meant(revision) {
                let (measured, unmeasured) = match measure {
                    true => self.measured(revision),
                    false => (proven.get(&revision.version).cloned(), None),
                };
                let mut found = self.judge(revision, &revision.owner, known, measured.as_ref());
                found.findings.extend(unmeasured);
                judged.push(found);
            }
            known.learn(self.dialect, &revision.up);
        }
        judged
    }

    /// Judges a file, or all scripts of a folder, which run in its order.
    fn lint_path(&self, path: &Path) -> Result<Vec<Judged>> {
        let mut known = EarlierScripts::default();
        let mut judged = Vec::new();
        for found in loose(path)? {
            judged.push(self.lint_loose(&found, &known));
            known.learn(self.dialect, found.sql());
        }
        Ok(judged)
    }

    fn lint_loose(&self, found: &Loose, known: &EarlierScripts) -> Judged {
        match found {
            Loose::Revision(revision) => self.judge(revision, "", known, None),
            Loose::Script { file, sql } => {
                let dialect = self.dialect;
                let way = Way::Alone;
                let script =
                    Script { dialect, sql, way, run_in_transaction: false, other: None, known, measured: None };
                let remarks = lint(&script, &self.host.config.lint.settings, "");
                let findings = remarks.into_iter().map(|remark| finding(remark, file, sql)).collect();
                Judged { plugin: None, dialect, is_dialect_stated: true, revision: None, path: file.clone(), findings }
            }
        }
    }

    fn judge(
        &self,
        revision: &Revision,
        owner: &str,
        known: &EarlierScripts,
        measured: Option<&BTreeMap<String, String>>,
    ) -> Judged {
        let settings = &self.host.config.lint.settings;
        let said = header(owner, &revision.up).filter(|_| revision.by_autogen);
        let mut findings = Vec::new();
        let down = revision.down.as_deref();
        let up = Some(revision.up.as_str());
        for (way, sql, other) in [(Way::Up, up, down), (Way::Down, down, up)] {
            let Some(sql) = sql else { continue };
            let script = Script {
                dialect: self.dialect,
                sql,
                way,
                run_in_transaction: revision.run_in_transaction,
                other,
                known,
                measured: measured.filter(|_| way == Way::Up),
            };
            let file = revision.dir.join(if way == Way::Up { "up.sql" } else { "down.sql" });
            let remarks = lint(&script, settings, owner).into_iter();
            let remarks = remarks.filter(|remark| !said.as_ref().is_some_and(|header| is_said(remark, header, way)));
            findings.extend(remarks.map(|remark| finding(remark, &file, sql)));
        }
        let plugin = Some(owner.to_owned()).filter(|owner| !owner.is_empty());
        for finding in &mut findings {
            finding.plugin.clone_from(&plugin);
            finding.dialect = plugin.as_ref().map(|_| self.dialect);
            finding.revision = Some(revision.name.clone());
        }
        Judged {
            plugin,
            dialect: self.dialect,
            is_dialect_stated: true,
            revision: Some(revision.name.clone()),
            path: revision.dir.clone(),
            findings,
        }
    }

    /// Returns what a scratch database measures a revision to do, or says that it can't.
    fn measured(&self, revision: &Revision) -> (Option<BTreeMap<String, String>>, Option<Finding>) {
        match self.verify(revision) {
            Ok(proof) => {
                let tables = proof.measured.from.iter().map(|found| (found.table.to_string(), found.to_string()));
                (Some(tables.collect()), None)
            }
            Err(error) => {
                let message = format!("what this rewrites isn't measured: {error}");
                let finding = Finding::new(Code::NotMeasured, message).of(&revision.owner, self.dialect);
                let finding = finding.in_revision(revision).help("run `autogen verify`, which says more");
                (None, Some(Finding { severity: Severity::Note, ..finding }))
            }
        }
    }
}

fn no_dialect() -> Error {
    Error::new(Code::NoDialect, "nothing says which database the SQL is for").help(
        "give `--dialect sqlite`, `postgres` or `mysql`, or `--database-url`, or state `dialects` in autogen.toml",
    )
}

/// Returns what was measured of revisions whose certificates hold.
fn certified(history: &History) -> Measurements {
    let standings = history.standings();
    let proven = standings.into_iter().filter(|(_, standing)| *standing == Standing::Proven);
    proven
        .filter_map(|(revision, _)| Some((revision.version.clone(), revision.measured.values().next()?.clone())))
        .collect()
}

/// Returns `true` if a revision's folder is a path, lies in it, or holds it.
fn lies_at(revision: &Revision, path: &Path) -> bool {
    let (Ok(dir), Ok(path)) = (revision.dir.canonicalize(), path.canonicalize()) else { return false };
    dir.starts_with(&path) || path.parent() == Some(&dir)
}

/// Returns `true` if the header of a generated revision says what a remark does: whoever wrote it has allowed that by
/// name, or knows the locks.
fn is_said(remark: &Remark, header: &Header, way: Way) -> bool {
    let rule = match &remark.kind {
        RemarkKind::Rule(rule) => rule,
        // What it runs as a text, it has made itself.
        RemarkKind::Unread => return true,
        RemarkKind::UnusedAllowance | RemarkKind::BadAllowance => return false,
    };
    let table = remark.table.as_ref().map(ToString::to_string);
    if LOCKS.contains(&rule.as_str()) {
        let is_it = |line: &String| table.as_ref().is_none_or(|table| line.starts_with(&format!("{table}: ")));
        return way == Way::Up && header.locks.iter().any(is_it);
    }
    if rule.starts_with("rename-") {
        return header.changes.iter().any(|line| line.starts_with("> "));
    }
    // The lines about a table's columns.
    let of_columns = || {
        let start = table.as_ref().map(|table| format!("{table}."));
        let is_it = move |line: &&String| {
            let name = line.get(2..).unwrap_or_default();
            start.as_ref().is_some_and(|start| name.starts_with(start.as_str()))
        };
        header.changes.iter().filter(is_it)
    };
    // It tells by its locks whether a column's new definition copies the table.
    let is_locked =
        || header.locks.iter().any(|line| table.as_ref().is_some_and(|table| line.starts_with(&format!("{table}: "))));
    if rule == "rebuild" && way == Way::Up && is_locked() && of_columns().any(|line| line.starts_with("~ ")) {
        return true;
    }
    if rule == "drop-not-null" {
        return of_columns().any(|line| line.contains("not null -> null"));
    }
    // Rows have in these columns what the definitions say.
    if remark.is_of_own_columns && of_columns().next().is_some() {
        return true;
    }
    let is_hazard = rule.parse::<HazardKind>().is_ok();
    // The way down of a generated revision is the plan of the reversed changes.
    is_hazard && (way == Way::Down || header.at_risk.iter().any(|line| line.starts_with(&format!("{rule}:"))))
}

/// Makes a finding of a remark, shown at the first line of what it is about.
fn finding(remark: Remark, file: &Path, sql: &str) -> Finding {
    let Remark { kind, level, span, message, help, .. } = remark;
    let (code, rule) = match kind {
        RemarkKind::Rule(name) => (Code::Lint, Some(name)),
        RemarkKind::Unread => (Code::UnreadSql, None),
        RemarkKind::UnusedAllowance => (Code::UnusedAllowance, None),
        RemarkKind::BadAllowance => (Code::BadAllowance, None),
    };
    let severity = match level {
        Level::Deny => Severity::Error,
        Level::Warn => Severity::Warning,
        Level::Note | Level::Off => Severity::Note,
    };
    let line = sql[span.clone()].find('\n').map_or(span.end, |end| span.start + end);
    let end = span.start + sql[span.start..line].trim_end().len();
    let message = rule.as_ref().map_or(message.clone(), |rule| format!("{rule}: {message}"));
    let finding = Finding::new(code, message).at(Place::in_text(file, sql, span.start..end)).help(help);
    Finding { rule, severity, ..finding }
}

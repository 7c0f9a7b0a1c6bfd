//! Hazards, locks and mistakes in any SQL that migrates a database, whoever wrote it.
//!
//! A script is read statement by statement (`sql::ddl`); what a [`Rule`] finds in it is a [`Remark`] with
//! its place. Hazards have the names that plans give them. No database is asked: what one measured can be handed in.
//!
//! Each rule is one file in `rules`. `docs/lint.md` shows the same rows; a test compares them.

mod allowances;
mod context;
mod known;
mod naming;
mod own;
mod rules;
mod settings;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::ddl::{Action, key};

pub use known::EarlierScripts;
pub use rules::RULES;
pub use settings::{Custom, Level, Named, Settings};

use context::Context;

/// A script to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    /// The database that it is for.
    pub dialect: Dialect,
    /// Its text.
    pub sql: &'a str,
    /// Which way it leads.
    pub way: Way,
    /// Whether the runner opens a transaction around it.
    pub run_in_transaction: bool,
    /// The script that leads the other way, where there is one.
    pub other: Option<&'a str>,
    /// What the scripts before it have made.
    pub known: &'a EarlierScripts,
    /// What a database measured the script to do, by table, as `metadata.toml` has it.
    pub measured: Option<&'a BTreeMap<String, String>>,
}

/// Which way a script leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the next revision: `up.sql`.
    Up,
    /// Back: `down.sql`.
    Down,
    /// Nobody says: a file of its own, which nothing leads back from.
    Alone,
}

/// Something to look for in scripts.
pub struct Rule {
    /// Its dashed name; that of a hazard where it is one.
    pub name: &'static str,
    /// What becomes of it if the host says nothing.
    pub level: Level,
    /// The databases that it is about.
    pub dialects: &'static [Dialect],
    /// What it does about `down.sql`.
    pub down: Down,
    /// What it finds, in a sentence.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// A script in which it finds something, for the first of its databases.
    pub bad: &'static str,
    /// A script for the same purpose in which it finds nothing.
    pub good: &'static str,
    check: fn(&Context<'_>) -> Vec<Remark>,
}

/// What a rule does about `down.sql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// Doesn't look at it.
    Ignored,
    /// Warns at most: what goes there has mostly come by `up.sql`.
    Warned,
    /// Judges it as it does `up.sql`.
    Judged,
}

/// Something found in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What kind of remark it is.
    pub kind: RemarkKind,
    /// How much it counts.
    pub level: Level,
    /// The part of the script.
    pub span: Range<usize>,
    /// The table concerned, where it is one.
    pub table: Option<TableName>,
    /// Whether it is about columns that the script itself adds or fills.
    pub is_of_own_columns: bool,
    /// What is the matter.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Kinds of remarks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemarkKind {
    /// A rule of this name, built in or the host's own, has found something.
    Rule(String),
    /// Nothing is known of a statement.
    Unread,
    /// A comment allows what nothing here does.
    UnusedAllowance,
    /// A comment that can't be understood.
    BadAllowance,
}

impl Remark {
    /// Begins a remark; the rule's name and level are filled in by whoever runs the rule.
    fn new(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        let (message, help) = (message.into(), help.into());
        Self {
            kind: RemarkKind::Unread,
            level: Level::Warn,
            span,
            table: None,
            is_of_own_columns: false,
            message,
            help,
        }
    }

    /// States which table it is about.
    fn on(mut self, table: &TableName) -> Self {
        self.table = Some(table.clone());
        self
    }

    /// States whether it is about columns that the script itself adds or fills.
    fn of_own_columns(self, is_of_own_columns: bool) -> Self {
        Self { is_of_own_columns, ..self }
    }
}

/// Judges a script of an owner: what the rules find, what can't be read, and allowances that are wrong; in the order of the
/// script.
pub fn lint(script: &Script<'_>, settings: &Settings, owner: &str) -> Vec<Remark> {
    let context = Context::of(script);
    let mut found = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.looks_at(script)) {
        let level = settings.level(owner, rule);
        let is_mild = script.way == Way::Down && rule.down == Down::Warned;
        let level = if is_mild { level.min(Level::Warn) } else { level };
        if level != Level::Off {
            let name = RemarkKind::Rule(rule.name.to_owned());
            found.extend((rule.check)(&context).into_iter().map(|remark| Remark {
                kind: name.clone(),
                level,
                ..remark
            }));
        }
    }
    found.extend(naming::remarks(&context, settings));
    found.extend(settings.custom.iter().flat_map(|custom| custom.remarks(&context)));
    retain_measured(&mut found, script);
    if let Some(rule) = RULES.iter().find(|rule| rule.name == "table-rewrite") {
        found.extend(unseen(&found, script, &context, settings.level(owner, rule)));
    }
    let mut found = allowances::applied(script, &context, found, settings, owner);
    found.extend(
        context.steps.iter().filter_map(|step| unread(step.parsed.action == Action::Unread, &step.parsed.span)),
    );
    found.extend(context.unread_clauses().filter_map(|span| unread(true, &span)));
    found.sort_by_key(|remark| (remark.span.start, remark.level != Level::Deny));
    found.dedup();
    found
}

impl Rule {
    fn looks_at(&self, script: &Script<'_>) -> bool {
        self.dialects.contains(&script.dialect) && (script.way != Way::Down || self.down != Down::Ignored)
    }
}

fn unread(is_unread: bool, span: &Range<usize>) -> Option<Remark> {
    let help = "read it yourself: no rule has looked at it";
    let remark = Remark::new(span.clone(), "nothing is known of this statement", help);
    is_unread.then_some(Remark { kind: RemarkKind::Unread, level: Level::Note, ..remark })
}

/// Takes a database's word against a rule's guess about rewriting.
fn retain_measured(found: &mut Vec<Remark>, script: &Script<'_>) {
    let Some(measured) = script.measured else { return };
    found.retain(|remark| {
        let is_guess = remark.kind == RemarkKind::Rule("table-rewrite".to_owned());
        let Some(table) = remark.table.as_ref().filter(|_| is_guess) else { return true };
        let told = measured.iter().find(|(name, _)| key(&TableName::new(name.as_str())) == key(table));
        told.is_none_or(|(_, text)| text.contains("all rows"))
    });
}

/// Adds what a database measured and no rule has seen: tables that a script writes anew.
fn unseen(found: &[Remark], script: &Script<'_>, context: &Context<'_>, level: Level) -> Vec<Remark> {
    let written = script.measured.into_iter().flatten().filter(|(_, text)| text.contains("all rows written"));
    let is_seen = |name: &str| {
        found.iter().any(|remark| {
            let is_it = remark.table.as_ref().is_some_and(|table| key(table) == name.to_lowercase());
            is_it && matches!(&remark.kind, RemarkKind::Rule(rule) if rule == "table-rewrite" || rule == "rebuild")
        })
    };
    let mut remarks = Vec::new();
    for (name, text) in written.filter(|(name, _)| level != Level::Off && !is_seen(name)) {
        let bare = name.rsplit('.').next().unwrap_or(name).to_lowercase();
        let Some(step) = context.steps.iter().find(|step| step.parsed.text.contains(&bare)) else { continue };
        let message = format!("measured on a scratch database: {name}: {text}");
        let help = "split the change, see docs/how-to/large-tables.md";
        let kind = RemarkKind::Rule("table-rewrite".to_owned());
        remarks.push(Remark { kind, level, ..Remark::new(step.parsed.span.clone(), message, help) });
    }
    remarks
}

#[cfg(test)]
mod tests;

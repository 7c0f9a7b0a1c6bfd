//! Comments in a script that allow what a rule finds: `-- autogen-lint: allow drop-column: nobody reads it any more`.
//!
//! One above a statement, within it or behind it on the same line is about that statement; `allow-file` is about all.

use std::ops::Range;

use super::context::Context;
use super::{Level, RULES, Remark, RemarkKind, Rule, Script, Settings};
use crate::sql::ddl::comments;

/// What such a comment begins with.
const MARK: &str = "autogen-lint:";

struct Allowance {
    span: Range<usize>,
    rule: String,
    /// The statement; all for none.
    statement: Option<Range<usize>>,
    is_used: bool,
}

/// Takes out what comments allow, and adds what is wrong with these.
pub(super) fn applied(
    script: &Script<'_>,
    context: &Context<'_>,
    mut found: Vec<Remark>,
    settings: &Settings,
    owner: &str,
) -> Vec<Remark> {
    let mut allowances = Vec::new();
    let mut remarks = Vec::new();
    for comment in comments(script.dialect, script.sql) {
        let Some(text) = instruction(&script.sql[comment.clone()]) else { continue };
        match read(text, comment.clone(), script.sql, context, settings) {
            Ok(read) => allowances.push(read),
            Err(message) => {
                let help = "write `-- autogen-lint: allow RULE: reason`; docs/lint.md lists the rules";
                let remark = Remark::new(comment, message, help);
                remarks.push(Remark { kind: RemarkKind::BadAllowance, level: Level::Deny, ..remark });
            }
        }
    }
    found.retain(|remark| {
        let RemarkKind::Rule(rule) = &remark.kind else { return true };
        let is_about = |allowance: &Allowance| {
            let within = |statement: &Range<usize>| statement.contains(&remark.span.start);
            allowance.rule == *rule && allowance.statement.as_ref().is_none_or(within)
        };
        let mut is_allowed = false;
        for allowance in allowances.iter_mut().filter(|allowance| is_about(allowance)) {
            allowance.is_used = true;
            is_allowed = true;
        }
        !is_allowed
    });
    let looks = |name: &str| {
        RULES.iter().find(|rule| rule.name == name).is_none_or(|rule: &Rule| settings.level(owner, rule) != Level::Off)
    };
    let unused = allowances.into_iter().filter(|allowance| !allowance.is_used && looks(&allowance.rule));
    remarks.extend(unused.map(|allowance| {
        let message = format!("nothing here needs `allow {}`", allowance.rule);
        let remark =
            Remark::new(allowance.span, message, "take the comment out: it would let the next such thing pass unseen");
        Remark { kind: RemarkKind::UnusedAllowance, ..remark }
    }));
    found.extend(remarks);
    found
}

/// Returns what a comment tells this program.
fn instruction(comment: &str) -> Option<&str> {
    let text = comment.trim_start_matches(['-', '/', '*', '#']).trim_end_matches("*/").trim();
    text.strip_prefix(MARK).map(str::trim)
}

fn read(
    text: &str,
    comment: Range<usize>,
    sql: &str,
    context: &Context<'_>,
    settings: &Settings,
) -> Result<Allowance, String> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let is_of_file = match word {
        "allow" => false,
        "allow-file" => true,
        other => return Err(format!("`{other}` is no instruction")),
    };
    let (rule, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let rule = rule.trim().to_owned();
    let is_known = rule == "naming"
        || RULES.iter().any(|known| known.name == rule)
        || settings.custom.iter().any(|custom| custom.name == rule);
    if !is_known {
        return Err(format!("there is no rule `{rule}`"));
    }
    if reason.trim().is_empty() {
        return Err(format!("`allow {rule}` gives no reason"));
    }
    let statement = if is_of_file { None } else { Some(about(&comment, sql, context)) };
    Ok(Allowance { span: comment, rule, statement, is_used: false })
}

/// Returns the statement that a comment is about.
fn about(comment: &Range<usize>, sql: &str, context: &Context<'_>) -> Range<usize> {
    let spans = || context.steps.iter().filter(|step| !step.parsed.is_in_block).map(|step| &step.parsed.span);
    let line = sql[..comment.start].rfind('\n').map_or(0, |newline| newline + 1);
    // Behind a statement that begins or ends on the same line.
    let behind = spans().rfind(|span| span.end <= comment.start && span.end > line);
    let within = || spans().find(|span| span.start <= comment.start && comment.start < span.end);
    let next = || spans().find(|span| span.start >= comment.end);
    behind.or_else(within).or_else(next).cloned().unwrap_or(comment.clone())
}

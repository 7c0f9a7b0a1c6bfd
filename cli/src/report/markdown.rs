//! A comment for a pull request. Its first line is invisible and names the command, so that a later run finds the comment
//! and replaces it.

use autogen_codegen::printable::printable;
use autogen_codegen::{report, revision};
use autogen_workspace::Finding;

use super::{Paths, Plan, Report, Subject, word};
use crate::plain::plain;
use crate::words::counted;

/// The number of lines of a folded text that are shown, because forges cut long comments.
const LINES: usize = 300;

/// Returns what a report without findings and verdict shows: changes, if anything.
fn changes(report: &Report) -> String {
    let changed: Vec<&Subject> = report.subjects.iter().filter(|subject| subject.plan.is_some()).collect();
    match changed.as_slice() {
        [] => "nothing to report".to_owned(),
        [only] => only.title.clone().unwrap_or_else(|| only.name()),
        several => format!("{} differ", counted(several.len(), "chain")),
    }
}

/// Renders a comment.
pub(super) fn render(report: &Report, warnings: &[Finding], paths: &Paths) -> String {
    let number = report.findings().count();
    let verdict = match number {
        0 if report.verdict.is_empty() => changes(report),
        0 => report.verdict.clone(),
        number => counted(number, "finding"),
    };
    let name = report.name();
    let mut text = format!("<!-- {name} -->\n### {name}: {}\n", inline(&verdict));
    if report.is_complete && !report.subjects.is_empty() {
        text.push_str("\n| what | result |\n|---|---|\n");
        for subject in &report.subjects {
            text.push_str(&format!("| {} | {} |\n", inline(&subject.name()), inline(&result(subject, report.command))));
        }
    }
    let is_told = |subject: &&Subject| subject.plan.is_some() || subject.all_findings().next().is_some();
    for subject in report.subjects.iter().filter(is_told) {
        if report.is_complete {
            text.push_str(&format!("\n#### {}\n", inline(&subject.name())));
        }
        text.push_str(&subject.plan.as_ref().map(plan).unwrap_or_default());
        text.extend(subject.findings.iter().map(|found| finding(found, paths)));
    }
    if !warnings.is_empty() {
        text.push_str("\n#### warnings\n");
        text.extend(warnings.iter().map(|found| finding(found, paths)));
    }
    text
}

/// Summarises the result for a subject in a few words.
fn result(subject: &Subject, command: &str) -> String {
    let mut codes: Vec<&str> = subject.findings.iter().map(Finding::id).collect();
    // A rule may have found something in many places.
    codes.dedup();
    if let Some(plan) = &subject.plan {
        let changes = counted(plan.changes.len() + plan.transfers.len(), "change");
        let open = plan.risks.iter().filter(|risk| risk.reason.is_none()).count();
        let hazards = Some(counted(open, "hazard")).filter(|_| open > 0);
        let words: Vec<&str> = std::iter::once(changes.as_str()).chain(hazards.as_deref()).chain(codes).collect();
        return words.join(", ");
    }
    match codes.as_slice() {
        [] if command == "lint" => "nothing found".to_owned(),
        [] if subject.revision.is_some() => "proven".to_owned(),
        [] => "in sync".to_owned(),
        codes => codes.join(", "),
    }
}

fn finding(finding: &Finding, paths: &Paths) -> String {
    let place = finding.place().map(|place| format!(" in {}", code(&paths.place(place)))).unwrap_or_default();
    let mut text =
        format!("\n**{}** {}{place}: {}\n", word(finding.severity), code(finding.id()), inline(&finding.message));
    if !finding.notes.is_empty() {
        text.push('\n');
        text.extend(finding.notes.iter().map(|note| format!("* {}\n", inline(note))));
    }
    if !finding.changes.is_empty() {
        text.push_str(&block("diff", &report::lines(&finding.changes).join("\n")));
    }
    if !finding.help.is_empty() {
        text.push_str(&format!("\nNext: {}\n", inline(&finding.help)));
    }
    text
}

fn plan(plan: &Plan) -> String {
    let lines = [report::lines(&plan.changes), plan.transfers.clone()].concat();
    let mut text = block("diff", &lines.join("\n"));
    if !plan.risks.is_empty() {
        text.push_str("\n| hazard | rows | what | allowed |\n|---|---|---|---|\n");
        for revision::Risk { hazard, rows, reason } in &plan.risks {
            text.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                code(hazard.kind.name()),
                rows.map_or("?".to_owned(), |rows| rows.to_string()),
                inline(&hazard.detail),
                reason.as_deref().map_or("**no**".to_owned(), inline),
            ));
        }
    }
    if !plan.locks.is_empty() {
        text.push_str("\nLocks:\n\n");
        text.extend(plan.locks.iter().map(|lock| format!("* {}\n", inline(lock))));
    }
    text.push_str(&block("mermaid", &plan.picture));
    text.push_str(&folded("Tables before and after", "diff", &plan.unified));
    text.extend(plan.ways.iter().map(|(title, sql)| folded(title, "sql", sql)));
    text
}

fn folded(title: &str, language: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("\n<details><summary>{title}</summary>\n{}\n</details>\n", block(language, text))
}

/// Puts a text into a fence that nothing in it can close.
fn block(language: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = printable(text.trim_end()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let rest = lines.len().saturating_sub(LINES);
    let more = if rest > 0 { format!("\n... {}", counted(rest, "more line")) } else { String::new() };
    let shown = lines[..lines.len().min(LINES)].join("\n");
    let fence = "`".repeat(longest_run(&shown).max(2) + 1);
    format!("\n{fence}{language}\n{shown}{more}\n{fence}\n")
}

/// Writes a sentence in one line that fits into a table. Only what is between backticks is marked up.
fn inline(sentence: &str) -> String {
    let text = plain(sentence).replace(['\n', '\r'], " ");
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without a partner is an ordinary character.
    if parts.len().is_multiple_of(2) {
        return code(&text);
    }
    let part = |(position, part): (usize, &&str)| match (position.is_multiple_of(2), part.is_empty()) {
        (_, true) => String::new(),
        (true, false) => escaped(part),
        (false, false) => code(part),
    };
    parts.iter().enumerate().map(part).collect()
}

/// Writes a text as inline code, which is shown as it is.
fn code(text: &str) -> String {
    let text = printable(text).replace(['\n', '\r'], " ").replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    let margin = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{margin}{text}{margin}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default()
}

/// Escapes a text so that it has no mark-up: nobody is mentioned, nothing is linked, no picture is fetched.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        match letter {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '@' => shown.push_str("`@`"),
            ':' if shown.ends_with("http") || shown.ends_with("https") => shown.push_str("&#58;"),
            '\\' | '*' | '_' | '[' | ']' | '#' | '|' | '!' | '~' | '$' => shown.extend(['\\', letter]),
            letter => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_authors_write_is_no_mark_up() {
        assert_eq!(inline("`usb_x` has *no* <img> @all"), "`usb_x` has \\*no\\* &lt;img&gt; `@`all");
        assert_eq!(inline("a ` b | c\nd"), "`` a ` b \\| c d ``".replace("`` ", "``").replace(" ``", "``"));
        assert_eq!(inline("![x](https://h/y)"), "\\!\\[x\\](https&#58;//h/y)");
        assert_eq!(code("``"), "``` `` ```");
        assert_eq!(block("sql", "a\n````\nb\n"), "\n`````sql\na\n````\nb\n`````\n");
    }

    #[test]
    fn long_texts_are_cut() {
        let text = "x\n".repeat(LINES + 2);
        assert!(block("sql", &text).ends_with("x\n... 2 more lines\n```\n"));
    }
}

//! Reads the body of a trigger as a series of simple statements.

use super::reader::{Read, Reader, beyond};
use super::settings::settings;

/// Words that lead through a body. A variable of such a name would end a condition early.
const WORDS: [&str; 13] =
    ["begin", "case", "do", "else", "elseif", "end", "if", "loop", "repeat", "then", "until", "when", "while"];

/// Reads a body to its end. Words that only lead through it are skipped: after each of them a statement begins,
/// because a condition is an expression and ends at the first word that can end it. `rows` reads statements about
/// rows.
pub(super) fn body(reader: &mut Reader<'_>, rows: &dyn Fn(Reader<'_>) -> Read<()>) -> Read<()> {
    let mut variables: Vec<String> = Vec::new();
    while !reader.is_at_end() {
        if reader.take_mark(";") || reader.take(&["begin", "else", "loop", "repeat"]) {
            continue;
        }
        if reader.take(&["end"]) {
            reader.take(&["if", "case", "loop", "while", "repeat"]);
            if !(reader.is_at_end() || reader.here_mark(";")) {
                reader.identifier()?;
            }
            continue;
        }
        if reader.take(&["if", "elseif", "when", "while", "until", "case"]) {
            let ends: &[&str] = match reader.last().as_deref() {
                Some("while") => &["do"],
                Some("until") => &["end"],
                Some("case") => &["when"],
                Some(_) | None => &["then"],
            };
            condition(reader, ends)?;
            continue;
        }
        if reader.take(&["declare"]) {
            declaration(reader, &mut variables)?;
            continue;
        }
        if is_label(reader) {
            reader.identifier()?;
            reader.take_mark(":");
            continue;
        }
        let statement = simple(reader)?;
        simple_statement(statement, &variables, rows)?;
    }
    Ok(())
}

/// Skips a condition and the word that ends it, except an `END`.
fn condition(reader: &mut Reader<'_>, ends: &[&str]) -> Read<()> {
    // `CASE` in an expression has words of its own that would end the condition.
    let mut cases = 0_usize;
    while !reader.is_at_end() {
        if reader.here(&["case"]) {
            cases += 1;
        } else if cases > 0 && reader.here(&["end"]) {
            cases -= 1;
            reader.value()?;
            continue;
        }
        if cases == 0 && reader.here(ends) {
            // `END` and `WHEN` are left for the caller to read.
            if !reader.here(&["end", "when"]) {
                reader.take(ends);
            }
            return Ok(());
        }
        if reader.here_mark("(") {
            reader.brackets()?;
        } else {
            reader.value()?;
        }
    }
    Err(beyond("a condition in it never ends"))
}

/// Reads a declaration: `DECLARE a, b INT`, a cursor's query, or a handler up to where its statement begins.
fn declaration(reader: &mut Reader<'_>, variables: &mut Vec<String>) -> Read<()> {
    if reader.take(&["continue", "exit", "undo"]) {
        if !(reader.take(&["handler"]) && reader.take(&["for"])) {
            return Err(beyond("it declares a handler in a form that isn't known"));
        }
        loop {
            if reader.take(&["not"]) {
                reader.take(&["found"]);
            } else if reader.take(&["sqlstate"]) {
                reader.take(&["value"]);
                reader.skip()?;
            } else {
                reader.skip()?;
            }
            if !reader.take_mark(",") {
                return Ok(());
            }
        }
    }
    loop {
        let name = reader.identifier()?;
        if WORDS.iter().any(|word| name.eq_ignore_ascii_case(word)) {
            return Err(beyond("it calls a variable by a word that leads through a body"));
        }
        variables.push(name);
        if !reader.take_mark(",") {
            break;
        }
    }
    while !(reader.is_at_end() || reader.here_mark(";")) {
        reader.value()?;
    }
    Ok(())
}

fn is_label(reader: &Reader<'_>) -> bool {
    let mut ahead = reader.clone();
    ahead.identifier().is_ok() && ahead.here_mark(":")
}

/// Reads everything up to the next `;`.
fn simple<'a>(reader: &mut Reader<'a>) -> Read<Reader<'a>> {
    let start = reader.clone();
    while !(reader.is_at_end() || reader.here_mark(";")) {
        reader.skip()?;
    }
    Ok(start.up_to(reader))
}

fn simple_statement(
    mut statement: Reader<'_>,
    variables: &[String],
    rows: &dyn Fn(Reader<'_>) -> Read<()>,
) -> Read<()> {
    if statement.take(&["set"]) {
        return settings(statement, variables);
    }
    if statement.take(&["signal", "resignal", "leave", "iterate", "open", "fetch", "close"]) {
        return statement.rest();
    }
    rows(statement)
}

//! Random pairs of definitions for PostgreSQL, each told as a story: made, filled with rows, taken there
//! and back and there again, and judged by `pg_dump`.
//!
//! What a pair is comes out of two rows of numbers, so that proptest can shrink it: where a row ends,
//! everything is as plain as can be.

mod models;
mod mutate;
mod rows;
mod text;

use std::collections::BTreeMap;

use autogen::dialect::Dialect;

use super::trial::{Failure, Outcome};
use crate::property::Draw;
use crate::run::{outline, tell};
use crate::story::Story;
use models::Models;

/// Takes the pair that the numbers stand for through everything.
///
/// # Errors
/// The first thing that isn't as it should be, and the story of it.
pub fn run(start: &[u16], goal: &[u16]) -> Result<Outcome, Failure> {
    let start = Models::random(&mut Draw::new(start));
    let goal = mutate::mutated(&start, &mut Draw::new(goal));
    let models = goal.text(true);
    let without =
        |live: &str| format!("# Found by the property test.\n-- live.sql --\n{live}-- models.rs --\n{models}");
    let failed = |story: &str| {
        let story = story.to_owned();
        move |message: String| Failure { message, story }
    };

    let first = format!("# The start.\n-- models.rs --\n{}", start.text(false));
    let made = parsed(&first).and_then(|story| outline(&story, Dialect::Postgres)).map_err(failed(&first))?;
    let Some(live) = made.sections.get("up.sql") else {
        return Err(failed(&first)(format!("the start isn't planned: {:?}", made.sections)));
    };
    let rows = rows::planted(&start);
    let story = without(live).replace("-- models.rs --", &format!("-- rows.sql --\n{rows}-- models.rs --"));
    let told = told(&story).map_err(failed(&story))?;
    let mut outcome = Outcome { rows: rows.lines().count(), changes: told.changes, ..Outcome::default() };
    if let Some(said) = told.stopped {
        // Rows were in the way: once more without.
        let story = without(live);
        let again = self::told(&story).map_err(failed(&story))?;
        if let Some(said) = again.stopped {
            return Err(failed(&story)(format!("it stops without rows: {said}")));
        }
        outcome.stopped = Some(said);
    }
    Ok(outcome)
}

/// What came of a story in which nothing is wrong.
struct Told {
    changes: BTreeMap<&'static str, usize>,
    stopped: Option<String>,
}

fn parsed(text: &str) -> Result<Story, String> {
    Story::parse(text)
}

fn told(text: &str) -> Result<Told, String> {
    let outcome = tell(&parsed(text)?, Dialect::Postgres)?;
    if !outcome.wrong.is_empty() {
        return Err(outcome.wrong.join("\n"));
    }
    for section in ["diagnostics", "proof fails"] {
        if let Some(said) = outcome.sections.get(section) {
            return Err(format!("{section}: {said}"));
        }
    }
    let mut stopped = None;
    for section in ["up fails", "down fails"] {
        let Some(said) = outcome.sections.get(section) else { continue };
        // A guard has counted rows, or a text is none of what the new type reads.
        if !["stopped: ", "invalid input", "malformed", "out of range", "exclusion constraint"]
            .iter()
            .any(|words| said.contains(words))
        {
            return Err(format!("{section}: {said}"));
        }
        stopped = Some(said.clone());
    }
    let mut changes = BTreeMap::new();
    for change in &outcome.changes {
        *changes.entry(change.kind()).or_default() += 1;
    }
    Ok(Told { changes, stopped })
}

//! A random pair of definitions, told as a story.

use std::collections::BTreeMap;

use super::trial::{Failure, Outcome};
use crate::run::{outline, tell};
use crate::server::Server;
use crate::story::Story;

/// What a story is made of.
pub(super) struct Tale<'a> {
    /// On which database it is told.
    pub(super) server: Server,
    /// The definitions that the live database is made of.
    pub(super) start: String,
    /// The definitions that it is to have.
    pub(super) goal: String,
    /// Statements that fill it, one a line.
    pub(super) rows: String,
    /// What the database says when rows are in the way of a change.
    pub(super) in_the_way: &'a [&'a str],
}

/// What came of a story in which nothing is wrong.
struct Told {
    changes: BTreeMap<&'static str, usize>,
    stopped: Option<String>,
}

impl Tale<'_> {
    /// Takes the pair there and back and there again, with rows, and without where those are in the way.
    ///
    /// # Errors
    /// The first thing that isn't as it should be, and the story of it.
    pub(super) fn tell(&self) -> Result<Outcome, Failure> {
        let without =
            |live: &str| format!("# Found by the property test.\n-- live.sql --\n{live}-- models.rs --\n{}", self.goal);
        let failed = |story: &str| {
            let story = story.to_owned();
            move |message: String| Failure { message, story }
        };
        let first = format!("# The start.\n-- models.rs --\n{}", self.start);
        let made = Story::parse(&first).and_then(|story| outline(&story, self.server)).map_err(failed(&first))?;
        let Some(live) = made.sections.get("up.sql") else {
            return Err(failed(&first)(format!("the start isn't planned: {:?}", made.sections)));
        };
        let rows = &self.rows;
        let story = without(live).replace("-- models.rs --", &format!("-- rows.sql --\n{rows}-- models.rs --"));
        let told = self.told(&story).map_err(failed(&story))?;
        let mut outcome = Outcome { rows: rows.lines().count(), changes: told.changes, ..Outcome::default() };
        if let Some(said) = told.stopped {
            // Rows were in the way: once more without.
            let story = without(live);
            let again = self.told(&story).map_err(failed(&story))?;
            if let Some(said) = again.stopped {
                return Err(failed(&story)(format!("it stops without rows: {said}")));
            }
            outcome.stopped = Some(said);
        }
        Ok(outcome)
    }

    fn told(&self, text: &str) -> Result<Told, String> {
        let outcome = tell(&Story::parse(text)?, self.server)?;
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
            if !self.in_the_way.iter().any(|words| said.contains(words)) {
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
}

//! Schemas of places: what revisions make, and what databases have. No definition is read for them.

use std::path::Path;

use autogen_codegen::revision::Risk;
use autogen_engine::database::{Database, DatabaseUrl};
use autogen_engine::diff::diff;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::{Point, Revision, point};
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Pair, Schema};
use autogen_engine::plan::{RoundTrip, round_trip};
use autogen_engine::scratch::{beside, replay_only, usual_collation};

use crate::options::Options;
use crate::review::Effect;
use crate::urls::completed;
use crate::workspace::Workspace;

/// A schema, and how a database comes to have it.
#[derive(Debug)]
pub struct Dump {
    /// What is there.
    pub schema: Schema,
    /// From nothing to it, and back.
    pub plans: RoundTrip,
}

/// Checks whether a text names a database, by a URL or by the path of a file that exists.
fn is_database(text: &str) -> bool {
    text.contains("://") || text.starts_with("sqlite:") || Path::new(text).is_file()
}

/// Cuts `FROM..TO` at the dots between two places. Either may be left out: before everything, and the heads. The dots of a
/// path that goes up are none.
///
/// # Errors
/// `bad-target`
pub fn range_of_places(text: &str) -> Result<(String, String)> {
    let cuts = text.match_indices("..").map(|(at, _)| (&text[..at], &text[at + 2..]));
    let is_between = |(from, to): &(&str, &str)| !from.ends_with(['.', ':', '/']) && !to.starts_with('/');
    let inside = |(from, to): &(&str, &str)| !from.is_empty() && !to.is_empty();
    let cuts: Vec<(&str, &str)> = cuts.filter(is_between).collect();
    let Some((from, to)) = cuts.iter().find(|cut| inside(cut)).or(cuts.first()) else {
        return Err(Error::new(Code::BadTarget, format!("`{text}` names one place, and a comparison has two"))
            .help("write FROM..TO; a place is a revision, `base`, `head`, `usb@head-1`, or a database's URL"));
    };
    let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
    Ok((or(from, "base"), or(to, "head")))
}

impl Options {
    /// Makes the first database among some places the live one, whose dialect counts.
    #[must_use]
    pub fn at(mut self, places: &[&str]) -> Self {
        if let Some(url) = places.iter().find(|place| is_database(place)) {
            (self.database_url, self.no_database) = (Some((*url).to_owned()), false);
        }
        self
    }
}

impl Workspace {
    /// Says what leads from one place to another: in changes, and how it would be done at once.
    ///
    /// # Errors
    /// Fails if there is no such place, or if its schema can't be read.
    pub fn between(&self, from: &str, to: &str) -> Result<Effect> {
        let sides = Pair::new(self.schema_at(from)?, self.schema_at(to)?);
        let mut scratch = replay_only(&self.history, &[], &self.scratch_server()?)?.database;
        // A live schema stands first, for what a scratch database leaves unsaid.
        let pair = match is_database(to) && !is_database(from) {
            true => beside(sides.to, sides.from, &mut scratch)?.reverse(),
            false => beside(sides.from, sides.to, &mut scratch)?,
        };
        let changes = diff(&pair, self.dialect);
        let plans = round_trip(&pair.from, &changes, self.dialect);
        let hazards = plans.up.steps.iter().flat_map(|step| step.hazards.clone());
        let risks = hazards.map(|hazard| Risk { hazard, rows: None, reason: None }).collect();
        Ok(Effect { changes, risks, start: pair.from, plans })
    }

    /// Reads the schema of a place: without one, that of the live database, or where there is none, what the chains make.
    ///
    /// # Errors
    /// Fails if there is no such place, or if its schema can't be read.
    pub fn dump(&self, place: Option<&str>) -> Result<Dump> {
        let mut schema = match place {
            Some(place) => self.schema_at(place)?,
            None if self.url.is_some() => introspect(&mut self.live(false)?)?,
            None => self.schema_at("head")?,
        };
        let mut scratch = replay_only(&self.history, &[], &self.scratch_server()?)?.database;
        if let Some(usual) = usual_collation(&mut scratch)? {
            schema.tables.values_mut().for_each(|table| drop(table.options.collation.take_if(|own| *own == usual)));
        }
        let changes = diff(&Pair::new(Schema::default(), schema.clone()), self.dialect);
        let plans = round_trip(&Schema::default(), &changes, self.dialect);
        Ok(Dump { schema, plans })
    }

    /// Reads the schema of a place in the chains, or of a database.
    fn schema_at(&self, place: &str) -> Result<Schema> {
        if is_database(place) {
            let url = completed(DatabaseUrl::parse(place)?, &self.options)?;
            if url.dialect() != self.dialect {
                let message = format!("`{url}` speaks {}, and the other place {}", url.dialect(), self.dialect);
                return Err(Error::new(Code::WrongDialect, message).help("compare two places of one dialect"));
            }
            return introspect(&mut Database::open_within(&url, false, self.host.config.limits)?);
        }
        let found: Vec<&Revision> = match point(&self.history, self.only(), place)? {
            Point::Base(_) => Vec::new(),
            Point::At(found) => found,
        };
        let all = self.history.with_ancestors(&found);
        introspect(&mut replay_only(&self.history, &all, &self.scratch_server()?)?.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_places_are_told_apart() {
        for (text, from, to) in [
            ("usb@head-1..usb@head", "usb@head-1", "usb@head"),
            ("2026..", "2026", "head"),
            ("..2026", "base", "2026"),
            ("..", "base", "head"),
            ("a.db..b.db", "a.db", "b.db"),
            ("sqlite:../a.db..sqlite:../b.db", "sqlite:../a.db", "sqlite:../b.db"),
            ("postgres://u@h/a..postgres://u@h/b", "postgres://u@h/a", "postgres://u@h/b"),
        ] {
            assert_eq!(range_of_places(text).expect("two places"), (from.to_owned(), to.to_owned()), "{text}");
        }
        assert_eq!(range_of_places("head").expect_err("one place").code(), Code::BadTarget);
    }
}

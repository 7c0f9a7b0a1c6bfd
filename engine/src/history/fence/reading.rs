//! Reads the statements of a plugin's revision before anything runs, as far as their text tells.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Reason;
use super::owners::{Owners, folded, named};
use super::postgres;
use crate::dialect::Dialect;
use crate::history::Revision;
use crate::model::TableName;
use crate::sql::effects::{Touch, names, tells_all, touches};

impl Owners {
    /// Returns the first statement of a file that changes what belongs to another. If the file will run in a
    /// transaction, what it alters is compared then instead.
    pub(super) fn refused(&self, revision: &Revision, sql: &str) -> Option<(Range<usize>, Reason)> {
        if self.is_free(revision) {
            return None;
        }
        let strange = self.strange(revision);
        let known = self.known_to(revision, sql);
        let watched = self.dialect == Dialect::Postgres;
        let counts = |touch: Touch, table: &TableName| {
            let is_strange = strange.contains_key(named(self.dialect, table).as_str());
            match (touch, is_strange) {
                (Touch::Alters, true) => !watched,
                (Touch::Drops | Touch::Writes, true) => true,
                (_, false) => known.as_ref().is_some_and(|known| !known.contains(&folded(self.dialect, &table.name))),
            }
        };
        self.dialect.statements(sql).into_iter().find_map(|statement| {
            let far = match self.dialect {
                Dialect::Postgres => postgres::beyond(&sql[statement.span.clone()], revision.run_in_transaction),
                Dialect::Sqlite | Dialect::Mysql => None,
            };
            if let Some(what) = far {
                return Some((statement.span, Reason::Beyond(what)));
            }
            let mut touched = touches(self.dialect, &sql[statement.span.clone()]);
            touched.retain(|(touch, table)| {
                !is_the_databases(self.dialect, table) && counts(*touch, table) && !self.puts_back(sql, table)
            });
            touched.into_iter().next().map(|(_, table)| (statement.span, Reason::Table(table)))
        })
    }

    /// Returns the names of everything that a chain has made or that a revision's file names, without their
    /// schemas. Whatever else the file touches belongs to nobody. Returns `None` if code inside the database
    /// may have made it.
    fn known_to(&self, revision: &Revision, sql: &str) -> Option<BTreeSet<String>> {
        if self.untold.contains(&revision.owner) || !tells_all(self.dialect, sql) {
            return None;
        }
        let may_alter = self.may_alter(&revision.owner);
        let stated = self.made().chain(&revision.takes).chain(&may_alter);
        let mut known: BTreeSet<String> = stated.map(|table| folded(self.dialect, table)).collect();
        let bare: Vec<_> =
            known.iter().filter_map(|table| table.rsplit_once('.')).map(|(_, name)| name.to_owned()).collect();
        known.extend(bare);
        known.extend(names(self.dialect, sql).into_iter().map(|table| folded(self.dialect, &table.name)));
        Some(known)
    }

    /// Checks whether a script only drops a table's foreign keys and adds them again. Another's key has to
    /// make way for a change of what it references.
    fn puts_back(&self, sql: &str, table: &TableName) -> bool {
        let (mut dropped, mut added, mut verbs) = (BTreeSet::new(), BTreeSet::new(), 0);
        for statement in self.dialect.statements(sql) {
            let text = &sql[statement.span];
            if !touches(self.dialect, text).iter().any(|(_, touched)| touched == table) {
                continue;
            }
            let words = self.dialect.unquoted_words(text);
            let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word));
            let begins = ["add", "drop", "modify", "change", "alter", "rename", "create", "truncate"];
            for at in 0..words.len() {
                verbs += usize::from(begins.iter().any(|verb| at > 0 && is(at, verb)));
                if is(at, "drop") && is(at + 1, "foreign") && is(at + 2, "key") {
                    dropped.extend(words.get(at + 3).cloned());
                } else if is(at, "add") && is(at + 1, "constraint") && is(at + 3, "foreign") {
                    added.extend(words.get(at + 2).cloned());
                }
            }
        }
        !dropped.is_empty() && dropped == added && verbs == dropped.len() + added.len()
    }
}

/// Checks whether a table belongs to the database itself, which keeps numbering, settings and temporary
/// tables in it.
fn is_the_databases(dialect: Dialect, table: &TableName) -> bool {
    let facts = dialect.facts();
    let schema = table.schema.as_deref().unwrap_or_default().to_ascii_lowercase();
    facts.own_schemas.contains(&schema.as_str())
        || facts.own_prefix.is_some_and(|prefix| table.name.to_ascii_lowercase().starts_with(prefix))
}

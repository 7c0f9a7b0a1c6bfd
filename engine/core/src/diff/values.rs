//! Renamed values of enumerated types: which of the renames are still to be done.

use crate::dialect::Dialect;
use crate::model::{Column, Pair, RenamedValues, Schema};
use crate::sql::mysql;

/// Returns the renames among `hints` that are still to be done to turn the `live` values into the `wanted` ones. All
/// renames happen at once: where `a` becomes `b` and `b` becomes `c`, `a` doesn't become `c`.
///
/// A hint is inert once no value has the old name, or some value has the new one. Values that swap names exist before
/// and after the rename; there the order of the values decides.
pub(super) fn due(hints: &[Pair<String>], live: &[String], wanted: &[String]) -> Vec<Pair<String>> {
    let mut due: Vec<Pair<String>> = hints.to_vec();
    due.retain(|names| names.from != names.to && live.contains(&names.from) && wanted.contains(&names.to));
    loop {
        let all = due.clone();
        let is_renamed = |value: &String| all.iter().any(|names| names.from == *value);
        let is_given = |value: &String| all.iter().any(|names| names.to == *value);
        due.retain(|names| {
            (!live.contains(&names.to) || is_renamed(&names.to))
                && (!wanted.contains(&names.from) || is_given(&names.from))
        });
        if due.len() == all.len() {
            break;
        }
    }
    let turning: Vec<Pair<String>> = due.iter().filter(|names| turns(names, &due)).cloned().collect();
    let new_name = |value: &String| turning.iter().find(|names| names.from == *value).map(|names| &names.to);
    let after: Vec<&String> = live.iter().filter_map(new_name).collect();
    let places: Vec<&String> = wanted.iter().filter(|value| new_name(value).is_some()).collect();
    if after != places {
        due.retain(|names| !turning.contains(names));
    }
    due
}

/// Checks whether a rename is part of a cycle: following the names from one rename to the next leads back to the
/// start.
fn turns(start: &Pair<String>, all: &[Pair<String>]) -> bool {
    let mut at = start;
    for _ in all {
        let Some(next) = all.iter().find(|names| names.from == at.to) else { return false };
        if next == start {
            return true;
        }
        at = next;
    }
    false
}

/// Returns the renames in an order in which no value ever has another one's name.
pub(super) fn in_turn(due: &[Pair<String>], live: &[String]) -> Vec<Pair<String>> {
    let mut left = due.to_vec();
    let mut there = live.to_vec();
    let mut turns = Vec::new();
    while let Some(first) = left.first() {
        let free = left.iter().position(|names| !there.contains(&names.to));
        let next = match free {
            Some(at) => left.remove(at),
            None => {
                // One of the values that swap names gets a temporary name.
                let aside = (1..).map(|number| format!("autogen_value_{number}")).find(|name| !there.contains(name));
                let step = Pair::new(first.from.clone(), aside.unwrap_or_default());
                left[0].from.clone_from(&step.to);
                step
            }
        };
        there.iter_mut().filter(|value| **value == next.from).for_each(|value| value.clone_from(&next.to));
        turns.push(next);
    }
    turns
}

/// Returns the renames that are still to be done in a column, where the database has no type that carries the names.
pub(super) fn of_column(live: &Column, declared: &Column, from: &Schema, dialect: Dialect) -> Option<RenamedValues> {
    let hints = declared.hints.renamed_values.as_ref()?;
    let names = match dialect {
        Dialect::Postgres => return None,
        Dialect::Sqlite => {
            let done = from.renamed_values.as_ref()?;
            let is_due =
                |names: &&Pair<String>| names.from != names.to && !RenamedValues::are_done(done, &hints.of, names);
            hints.names.iter().filter(is_due).cloned().collect()
        }
        Dialect::Mysql => {
            let listed = |column: &Column| Some(mysql::values(column.sql_type.as_ref()?)?.1);
            due(&hints.names, &listed(live)?, &listed(declared)?)
        }
    };
    (!names.is_empty()).then(|| RenamedValues { of: hints.of.clone(), names })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn pairs(names: &[(&str, &str)]) -> Vec<Pair<String>> {
        names.iter().map(|(from, to)| Pair::new((*from).to_owned(), (*to).to_owned())).collect()
    }

    #[test]
    fn a_rename_is_due_once() {
        let hints = pairs(&[("sent", "shipped")]);
        assert_eq!(due(&hints, &list(&["new", "sent"]), &list(&["new", "shipped"])), hints);
        assert_eq!(due(&hints, &list(&["new", "shipped"]), &list(&["new", "shipped"])), []);
        assert_eq!(due(&hints, &list(&["new", "sent"]), &list(&["sent", "shipped"])), [], "the old one stays");
        let chain = pairs(&[("a", "b"), ("b", "c")]);
        assert_eq!(due(&chain, &list(&["a", "b"]), &list(&["b", "c"])), chain);
        assert_eq!(due(&chain, &list(&["b", "c"]), &list(&["b", "c"])), []);
    }

    #[test]
    fn values_change_places_once() {
        let hints = pairs(&[("a", "b"), ("b", "a")]);
        assert_eq!(due(&hints, &list(&["a", "b", "c"]), &list(&["new", "b", "a", "c"])), hints);
        assert_eq!(due(&hints, &list(&["b", "a"]), &list(&["b", "a"])), []);
    }

    #[test]
    fn no_value_ever_has_the_name_of_another() {
        let chain = pairs(&[("a", "b"), ("b", "c")]);
        assert_eq!(in_turn(&chain, &list(&["a", "b"])), pairs(&[("b", "c"), ("a", "b")]));
        let places = pairs(&[("a", "b"), ("b", "a")]);
        let turns = pairs(&[("a", "autogen_value_1"), ("b", "a"), ("autogen_value_1", "b")]);
        assert_eq!(in_turn(&places, &list(&["a", "b"])), turns);
    }
}

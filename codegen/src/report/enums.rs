//! Changes of enumerated types, for people.

use autogen::model::{EnumChange, Pair, TableName};

/// A few words for a revision that begins with this.
pub(super) fn words(change: &EnumChange) -> String {
    match change {
        EnumChange::Create(found) => format!("create {}", found.name),
        EnumChange::Drop(found) => format!("drop {}", found.name),
        EnumChange::Rename(names) => format!("rename {} to {}", names.from, names.to),
        EnumChange::RenameValue(name, values) => format!("rename {} of {name} to {}", values.from, values.to),
        EnumChange::Values(name, values) => match (new(values).as_slice(), gone(values).as_slice()) {
            ([only], []) => format!("add {only} to {name}"),
            ([], [only]) => format!("take {only} from {name}"),
            (_, _) => format!("change the values of {name}"),
        },
        EnumChange::Comment(name, _) => format!("say what {name} is for"),
    }
}

pub(super) fn lines(change: &EnumChange) -> Vec<String> {
    match change {
        EnumChange::Create(found) => vec![format!("+ enum {}  {}", found.name, found.names().join(", "))],
        EnumChange::Drop(found) => vec![format!("- enum {}  {}", found.name, found.names().join(", "))],
        EnumChange::Rename(names) => vec![format!("> enum {} -> {}", names.from, names.to)],
        EnumChange::RenameValue(name, values) => vec![format!("> enum {name}  {} -> {}", values.from, values.to)],
        EnumChange::Values(name, values) => changed(name, values),
        EnumChange::Comment(name, _) => vec![format!("~ enum {name}  comment")],
    }
}

/// New values with their places, gone ones, and the whole order where those that stay change theirs.
fn changed(name: &TableName, values: &Pair<Vec<String>>) -> Vec<String> {
    let place = |value: &String| {
        let at = values.to.iter().position(|other| other == value).unwrap_or_default();
        match at.checked_sub(1).map(|before| &values.to[before]) {
            Some(previous) => format!("after {previous}"),
            None => "first".to_owned(),
        }
    };
    let new = new(values).into_iter().map(|value| format!("+ enum {name}  {value} ({})", place(value)));
    let gone = gone(values).into_iter().map(|value| format!("- enum {name}  {value}"));
    let stays = |list: &[String], other: &[String]| {
        list.iter().filter(|value| other.contains(value)).cloned().collect::<Vec<_>>()
    };
    let is_reordered = stays(&values.from, &values.to) != stays(&values.to, &values.from);
    let order =
        is_reordered.then(|| format!("~ enum {name}  order {} -> {}", values.from.join(", "), values.to.join(", ")));
    gone.chain(new).chain(order).collect()
}

fn new(values: &Pair<Vec<String>>) -> Vec<&String> {
    values.to.iter().filter(|value| !values.from.contains(value)).collect()
}

fn gone(values: &Pair<Vec<String>>) -> Vec<&String> {
    values.from.iter().filter(|value| !values.to.contains(value)).collect()
}

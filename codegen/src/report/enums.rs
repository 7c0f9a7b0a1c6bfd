//! Changes of enumerated types, for people.

use autogen_engine::model::{Edit, EnumType, Pair, TableName};

/// Returns a few words to title a revision that begins with this change.
pub(super) fn words(edit: &Edit<EnumType>) -> String {
    match edit {
        Edit::Add(found) => format!("create {}", found.name),
        Edit::Drop(found) => format!("drop {}", found.name),
        Edit::Alter(types) => {
            let (name, values) = (&types.from.name, types.names());
            if !values.differs() {
                return format!("say what {name} is for");
            }
            match (new(&values).as_slice(), gone(&values).as_slice()) {
                ([only], []) => format!("add {only} to {name}"),
                ([], [only]) => format!("take {only} from {name}"),
                ([..], [..]) => format!("change the values of {name}"),
            }
        }
    }
}

pub(super) fn lines(edit: &Edit<EnumType>) -> Vec<String> {
    match edit {
        Edit::Add(found) => vec![format!("+ enum {}  {}", found.name, found.names().join(", "))],
        Edit::Drop(found) => vec![format!("- enum {}  {}", found.name, found.names().join(", "))],
        Edit::Alter(types) => {
            let (name, values) = (&types.from.name, types.names());
            let of_values = if values.differs() { changed(name, &values) } else { Vec::new() };
            let of_comment = (types.from.comment != types.to.comment).then(|| format!("~ enum {name}  comment"));
            of_values.into_iter().chain(of_comment).collect()
        }
    }
}

/// Lists new values with their places, gone values, and the whole order if the remaining ones change theirs.
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

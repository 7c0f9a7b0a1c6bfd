//! Explains how a table, a column or a rule is declared, how the database has it, and why the two count as equal
//! or different.

mod column;
mod rules;

use std::collections::BTreeSet;

use autogen_engine::error::{Code, Error, Result};
use autogen_engine::host::nearest;
use autogen_engine::introspect::{introspect, introspect_part, outline};
use autogen_engine::model::{Change, EnumType, Pair, Place, Schema, Table, TableName, whose};

use crate::models::{Models, Parts};
use crate::scope::Scope;
use crate::workspace::Workspace;

/// The result of comparing one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The two sides mean the same to the database.
    Equal,
    /// The two sides differ.
    Different,
    /// The definition doesn't state it.
    NotJudged,
}

impl Verdict {
    /// Returns the verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Different => "different",
            Self::NotJudged => "not judged",
        }
    }
}

/// One part of what is explained: both sides as stated, both in the form that is compared, and the result. The
/// first side is the database's or the chain's, the second the definition's.
#[derive(Debug)]
pub struct Explained {
    /// What it is: `type`, `column serial`.
    pub name: String,
    /// Where it is declared.
    pub place: Option<Place>,
    /// As it is stated.
    pub stated: Pair<Option<String>>,
    /// As it is compared.
    pub canonical: Pair<Option<String>>,
    /// The result of comparing it.
    pub verdict: Verdict,
    /// Why.
    pub why: String,
}

/// A table on both sides, as stated and as compared, and what differs.
struct Sides<'a> {
    workspace: &'a Workspace,
    /// Under the name that the comparison uses.
    name: TableName,
    stated: Pair<Option<&'a Table>>,
    compared: Pair<Option<&'a Table>>,
    changes: Vec<&'a Change>,
}

impl Workspace {
    /// Explains `PLUGIN.TABLE` or `PLUGIN.TABLE.OBJECT`, part by part.
    ///
    /// # Errors
    /// `bad-subject` and `no-such-object`. Fails too if the chains or the database can't be read.
    pub fn explain(&self, models: &Models, subject: &str) -> Result<Vec<Explained>> {
        let (owner, rest) = match (self.defining(models, subject), subject.split_once('.')) {
            (Some(owner), _) => (owner, subject),
            (None, Some((owner, rest))) => (self.host.owner(owner)?.name.as_str(), rest),
            (None, None) => {
                return Err(Error::new(Code::BadSubject, format!("`{subject}` names no table")).help(
                    "write TABLE.OBJECT, or PLUGIN.TABLE.OBJECT, as in `usb.usbdevices.serial`; the host's own are `core`'s",
                ));
            }
        };
        // The part shows what an owner has. For anything else the whole is read.
        explained(self, models, owner, rest, true).or_else(|_| explained(self, models, owner, rest, false))
    }

    /// Returns the owner that defines the table with whose name a subject begins, unless it begins with an owner's.
    fn defining<'m>(&self, models: &'m Models, subject: &str) -> Option<&'m str> {
        let first = subject.split('.').next()?;
        if self.host.owners.iter().any(|owner| owner.name == first) {
            return None;
        }
        let begins = |name: &&TableName| object(subject, &name.to_string()).is_some();
        models.schema.tables.keys().find(begins).and_then(|name| models.ownership.owner_of(name))
    }
}

/// Explains the parts of what is meant. They are read from all chains and the whole database, or, with
/// `is_part`, from what the owner needs of them.
fn explained(workspace: &Workspace, models: &Models, owner: &str, rest: &str, is_part: bool) -> Result<Vec<Explained>> {
    let owners = [owner];
    let subset = if is_part { workspace.replay_subset(&owners, models, workspace.url.is_none()) } else { None };
    let mut replayed = workspace.replayed_as(subset.as_ref())?;
    let scope = Scope::of(&owners, models, &replayed.makers);
    let mut database = if workspace.url.is_some() { Some(workspace.live(false)?) } else { None };
    let live = match &mut database {
        Some(database) if is_part => {
            let part = scope.part(&outline(database)?);
            introspect_part(database, &part)?
        }
        Some(database) => introspect(database)?,
        None => {
            let mut made = introspect(&mut replayed.database)?;
            if let Some(subset) = &subset {
                made.note_unread(&subset.unread);
            }
            made
        }
    };
    if let Some(table) = scope.unread(&live) {
        return Err(Error::new(Code::CantIntrospect, format!("{table} wasn't read")));
    }
    let database = database.as_mut().unwrap_or(&mut replayed.database);
    let both = workspace.both_of(live.clone(), database, models)?;
    let changes = workspace.compare(owner, &Parts::new(&both, models, &replayed.makers)).changes;
    let stated = Pair::new(&live, &models.schema);

    let owns = |name: &TableName| models.owner_of(name, &replayed.makers) == Some(owner);
    let tables = both.from.tables.keys().chain(both.to.tables.keys()).filter(|name| owns(name));
    // `public` names the schema of a table that is named without one.
    let called = |name: &TableName| {
        let shown = name.to_string();
        let stated = name.schema.is_none().then(|| format!("public.{shown}"));
        object(rest, &shown).or_else(|| object(rest, &stated?))
    };
    let meant = tables.filter_map(|name| called(name).map(|object| (name, object)));
    match meant.max_by_key(|(name, _)| name.to_string().len()) {
        Some((name, object)) => {
            let sides = Sides::of(workspace, name, stated, &both, &changes);
            of_table(&sides, object).ok_or_else(|| no_object(owner, &sides, object.unwrap_or_default()))
        }
        None => match of_enum(rest, &both, &changes, &owns) {
            Some(part) => Ok(vec![part]),
            None => Err(no_table(owner, rest, &both, models)),
        },
    }
}

/// Splits off what is meant of a table: the table itself, or something in it. Returns `None` if the text
/// doesn't mean the table.
fn object<'a>(rest: &'a str, table: &str) -> Option<Option<&'a str>> {
    match rest.strip_prefix(table)? {
        "" => Some(None),
        object => object.strip_prefix('.').map(Some),
    }
}

impl<'a> Sides<'a> {
    fn of(
        workspace: &'a Workspace,
        name: &TableName,
        stated: Pair<&'a Schema>,
        both: &'a Pair<Schema>,
        changes: &'a [Change],
    ) -> Self {
        let facts = workspace.dialect.facts();
        let is_it = |other: &TableName| other.schema == name.schema && facts.same_name(&other.name, &name.name);
        let find = |schema: &'a Schema| schema.tables.values().find(|table| is_it(&table.name));
        Self {
            workspace,
            name: name.clone(),
            stated: Pair::new(find(stated.from), find(stated.to)),
            compared: Pair::new(find(&both.from), find(&both.to)),
            changes: changes.iter().filter(|change| change.subject().table == *name).collect(),
        }
    }
}

/// Explains a table, one of its columns or one of its rules. Returns `None` if it has no such column or rule.
fn of_table(sides: &Sides<'_>, object: Option<&str>) -> Option<Vec<Explained>> {
    let Some(object) = object else {
        let mut parts = vec![rules::table(sides)];
        parts.extend(column::names(sides).iter().map(|name| column::whole(sides, name)));
        parts.extend(rules::all(sides).into_iter().map(|rule| rule.part));
        return Some(parts);
    };
    let rules = rules::all(sides);
    if let Some(name) = column::names(sides).into_iter().find(|name| name == object) {
        let mut parts = column::parts(sides, &name);
        parts.extend(rules.into_iter().filter(|rule| rule.columns.contains(&name)).map(|rule| rule.part));
        return Some(parts);
    }
    let named: Vec<Explained> =
        rules.into_iter().filter(|rule| rule.names.iter().any(|name| name == object)).map(|rule| rule.part).collect();
    (!named.is_empty()).then_some(named)
}

/// Explains an enumerated type by its name.
fn of_enum(
    rest: &str,
    both: &Pair<Schema>,
    changes: &[Change],
    owns: &impl Fn(&TableName) -> bool,
) -> Option<Explained> {
    let find = |schema: &'_ Schema| -> Option<EnumType> {
        schema.enums.values().find(|found| found.name.to_string() == rest && owns(&found.name)).cloned()
    };
    let found = Pair::new(find(&both.from), find(&both.to));
    let name = found.to.as_ref().or(found.from.as_ref()).map(|found| found.name.clone())?;
    let values = |found: &EnumType| found.names().join(", ");
    let stated = found.as_ref().map(|found| found.as_ref().map(values));
    let is_silent = found.to.as_ref().is_some_and(|found| !found.speaks.values);
    let differs = changes.iter().any(|change| change.subject().table == name);
    let (verdict, why) = if is_silent {
        (Verdict::NotJudged, "the definition names the type and says nothing of its values")
    } else if differs {
        (Verdict::Different, "the values, their order or the comment differ")
    } else {
        (Verdict::Equal, "the same values in the same order")
    };
    let place = found.to.and_then(|found| found.hints.place);
    let canonical = stated.clone();
    Some(Explained { name: format!("type {name}"), place, stated, canonical, verdict, why: why.to_owned() })
}

fn no_table(owner: &str, wanted: &str, both: &Pair<Schema>, models: &Models) -> Error {
    let all: BTreeSet<String> =
        both.from.tables.keys().chain(both.to.tables.keys()).map(TableName::to_string).collect();
    let another =
        both.to.tables.keys().chain(both.from.tables.keys()).find(|name| object(wanted, &name.to_string()).is_some());
    let error = Error::new(Code::NoSuchObject, format!("{owner} has no table `{wanted}`"));
    match another.and_then(|name| Some((name, models.ownership.owner_of(name)?))) {
        Some((name, other)) => error.help(format!("it is {}: `autogen explain {other}.{name}`", whose(other))),
        None => error.help(near(wanted, all.iter(), "`autogen plugins` lists who has which tables")),
    }
}

fn no_object(owner: &str, sides: &Sides<'_>, wanted: &str) -> Error {
    let mut known: BTreeSet<String> = column::names(sides).into_iter().collect();
    known.extend(rules::all(sides).into_iter().flat_map(|rule| rule.names));
    let table = &sides.name;
    Error::new(Code::NoSuchObject, format!("{} table {table} has no column and no rule `{wanted}`", whose(owner)))
        .help(near(wanted, known.iter(), &format!("`autogen explain {owner}.{table}` lists what it has")))
}

fn near<'a>(wanted: &str, known: impl Iterator<Item = &'a String>, otherwise: &str) -> String {
    match nearest(wanted, known.map(String::as_str)) {
        near if near.is_empty() => otherwise.to_owned(),
        near => format!("did you mean `{}`?", near.join("` or `")),
    }
}

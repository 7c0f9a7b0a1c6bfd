//! `autogen explain`: how a table, a column or a rule is declared and how the database has it, and why the
//! two are one or aren't.

mod column;
mod rules;

use std::collections::BTreeSet;

use autogen::error::{Error, Result};
use autogen::host::nearest;
use autogen::introspect::{introspect, introspect_part, outline};
use autogen::model::{Change, EnumType, Pair, Place, Schema, Table, TableName};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Explain, Format, Global};
use crate::concern::Concern;
use crate::ui::Ui;
use crate::work::{Models, Work};
use crate::works::Works;

/// What came of comparing one part of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Equal,
    Different,
    NotJudged,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Different => "different",
            Self::NotJudged => "not judged",
        }
    }
}

/// One part of what is explained: both sides as they stand, both in the form that is compared, and what
/// came of it.
#[derive(Debug)]
struct Part {
    name: String,
    place: Option<Place>,
    stated: Pair<Option<String>>,
    canonical: Pair<Option<String>>,
    verdict: Verdict,
    why: String,
}

/// A table on both sides, as it stands and as it is compared, and what differs.
struct Sides<'a> {
    work: &'a Work,
    /// Under the name that the comparison uses.
    name: TableName,
    stated: Pair<Option<&'a Table>>,
    compared: Pair<Option<&'a Table>>,
    changes: Vec<&'a Change>,
}

pub(crate) fn run(global: &Global, args: &Explain, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let works = Works::load(global, ui)?;
    let here = works.here.iter().position(|found| found.dialect == work.dialect).unwrap_or_default();
    let models = works.models(ui)?.swap_remove(here);
    let (owner, rest) = args.subject.split_once('.').ok_or_else(|| {
        Error::new("bad-subject", format!("`{}` names no table of a plugin", args.subject)).help(
            "write PLUGIN.TABLE or PLUGIN.TABLE.OBJECT, as in `usb.usbdevices.serial`; the host's own are `core`'s",
        )
    })?;
    let owner = work.host.owner(owner)?.name.clone();
    // A part shows what there is of an owner's; what it doesn't show, the whole is asked for.
    let parts = match explained(&work, &models, &owner, rest, true) {
        Ok(parts) => parts,
        Err(_) => explained(&work, &models, &owner, rest, false)?,
    };
    show(&args.subject, &work, &parts, ui);
    let differs = parts.iter().any(|part| part.verdict == Verdict::Different);
    Ok(if differs { Outcome::Findings } else { Outcome::Clean })
}

/// The parts of what is meant, from all chains and the whole database or from what of them the owner is about.
fn explained(work: &Work, models: &Models, owner: &str, rest: &str, is_part: bool) -> Result<Vec<Part>> {
    let owners = [owner];
    let told = if is_part { work.told(&owners, models, work.url.is_none()) } else { None };
    let mut replayed = work.replayed_as(told.as_ref())?;
    let concern = Concern::of(&owners, models, &replayed.makers);
    let mut database = if work.url.is_some() { Some(work.live(false)?) } else { None };
    let live = match &mut database {
        Some(database) if is_part => {
            let part = concern.part(&outline(database)?);
            introspect_part(database, &part)?
        }
        Some(database) => introspect(database)?,
        None => {
            let mut made = introspect(&mut replayed.database)?;
            if let Some(told) = &told {
                made.note_unread(&told.unread);
            }
            made
        }
    };
    if let Some(table) = concern.unread(&live) {
        return Err(Error::new("can't-introspect", format!("{table} wasn't read")));
    }
    let database = database.as_mut().unwrap_or(&mut replayed.database);
    let both = work.both_of(live.clone(), database, models)?;
    let changes = work.compare(owner, &both, models, &replayed.makers).changes;
    let stated = Pair::new(&live, &models.schema);

    let owns = |name: &TableName| {
        models.ownership.owner_of(name).or(replayed.makers.get(name).map(String::as_str)) == Some(owner)
    };
    let tables = both.from.tables.keys().chain(both.to.tables.keys()).filter(|name| owns(name));
    // `public` says in words where a table is that is named without a schema.
    let called = |name: &TableName| {
        let shown = name.to_string();
        let stated = name.schema.is_none().then(|| format!("public.{shown}"));
        object(rest, &shown).or_else(|| object(rest, &stated?))
    };
    let meant = tables.filter_map(|name| called(name).map(|object| (name, object)));
    match meant.max_by_key(|(name, _)| name.to_string().len()) {
        Some((name, object)) => {
            let sides = Sides::of(work, name, stated, &both, &changes);
            of_table(&sides, object).ok_or_else(|| no_object(owner, &sides, object.unwrap_or_default()))
        }
        None => match of_enum(rest, &both, &changes, &owns) {
            Some(part) => Ok(vec![part]),
            None => Err(no_table(owner, rest, &both, models)),
        },
    }
}

/// What of a table is meant: nothing else than itself, or something of it.
fn object<'a>(rest: &'a str, table: &str) -> Option<Option<&'a str>> {
    match rest.strip_prefix(table)? {
        "" => Some(None),
        object => object.strip_prefix('.').map(Some),
    }
}

impl<'a> Sides<'a> {
    fn of(
        work: &'a Work,
        name: &TableName,
        stated: Pair<&'a Schema>,
        both: &'a Pair<Schema>,
        changes: &'a [Change],
    ) -> Self {
        let facts = work.dialect.facts();
        let is_it = |other: &TableName| other.schema == name.schema && facts.same_name(&other.name, &name.name);
        let find = |schema: &'a Schema| schema.tables.values().find(|table| is_it(&table.name));
        Self {
            work,
            name: name.clone(),
            stated: Pair::new(find(stated.from), find(stated.to)),
            compared: Pair::new(find(&both.from), find(&both.to)),
            changes: changes.iter().filter(|change| change.subject().table == *name).collect(),
        }
    }
}

/// The parts of a table, of one of its columns or of one of its rules; `None` where it has no such thing.
fn of_table(sides: &Sides<'_>, object: Option<&str>) -> Option<Vec<Part>> {
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
    let named: Vec<Part> =
        rules.into_iter().filter(|rule| rule.names.iter().any(|name| name == object)).map(|rule| rule.part).collect();
    (!named.is_empty()).then_some(named)
}

/// An enumerated type by its name.
fn of_enum(rest: &str, both: &Pair<Schema>, changes: &[Change], owns: &impl Fn(&TableName) -> bool) -> Option<Part> {
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
        (Verdict::Different, "the values, their order or the comment are others")
    } else {
        (Verdict::Equal, "the same values in the same order")
    };
    let place = found.to.and_then(|found| found.hints.place);
    let canonical = stated.clone();
    Some(Part { name: format!("type {name}"), place, stated, canonical, verdict, why: why.to_owned() })
}

fn no_table(owner: &str, wanted: &str, both: &Pair<Schema>, models: &Models) -> Error {
    let all: BTreeSet<String> =
        both.from.tables.keys().chain(both.to.tables.keys()).map(TableName::to_string).collect();
    let another =
        both.to.tables.keys().chain(both.from.tables.keys()).find(|name| object(wanted, &name.to_string()).is_some());
    let error = Error::new("no-such-object", format!("{owner} has no table `{wanted}`"));
    match another.and_then(|name| Some((name, models.ownership.owner_of(name)?))) {
        Some((name, other)) => error.help(format!("it is {other}'s: `autogen explain {other}.{name}`")),
        None => error.help(near(wanted, all.iter(), "`autogen plugins` lists who has which tables")),
    }
}

fn no_object(owner: &str, sides: &Sides<'_>, wanted: &str) -> Error {
    let mut known: BTreeSet<String> = column::names(sides).into_iter().collect();
    known.extend(rules::all(sides).into_iter().flat_map(|rule| rule.names));
    let table = &sides.name;
    Error::new("no-such-object", format!("{owner}'s table {table} has no column and no rule `{wanted}`")).help(near(
        wanted,
        known.iter(),
        &format!("`autogen explain {owner}.{table}` lists what it has"),
    ))
}

fn near<'a>(wanted: &str, known: impl Iterator<Item = &'a String>, otherwise: &str) -> String {
    match nearest(wanted, known.map(String::as_str)) {
        near if near.is_empty() => otherwise.to_owned(),
        near => format!("did you mean `{}`?", near.join("` or `")),
    }
}

fn show(subject: &str, work: &Work, parts: &[Part], ui: &Ui) {
    let other = if work.url.is_some() { "live" } else { "chain" };
    let place = |place: &Place| format!("{}:{}:{}", ui.path(&place.file).display(), place.line, place.column);
    ui.text(subject);
    for part in parts {
        let at = part.place.as_ref().map(|at| format!("  ({})", place(at))).unwrap_or_default();
        ui.text(format!("  {}{at}", part.name));
        for (side, stated, canonical) in
            [("declared", &part.stated.to, &part.canonical.to), (other, &part.stated.from, &part.canonical.from)]
        {
            ui.text(format!("    {side:<9} {}", stated.as_deref().unwrap_or("none")));
            if let Some(canonical) = canonical.as_ref().filter(|canonical| Some(*canonical) != stated.as_ref()) {
                ui.text(format!("    {:<9} {canonical}", "  as"));
            }
        }
        ui.text(format!("    {}: {}", part.verdict.name(), part.why));
    }
    if ui.format == Format::Json {
        let parts: Vec<Value> = parts
            .iter()
            .map(|part| {
                let place = part.place.as_ref().map(|place| {
                    json!({ "file": ui.path(&place.file).display().to_string(), "line": place.line, "column": place.column })
                });
                json!({
                    "part": part.name,
                    "place": place,
                    "declared": { "stated": part.stated.to, "compared": part.canonical.to },
                    other: { "stated": part.stated.from, "compared": part.canonical.from },
                    "verdict": part.verdict.name(),
                    "why": part.why,
                })
            })
            .collect();
        ui.json("explain", json!({ "subject": subject, "dialect": work.dialect.name(), "parts": parts }));
    }
}

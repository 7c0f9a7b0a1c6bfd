//! Explains columns: each of their parts on both sides.

use autogen_engine::model::{Aspect, Change, Column, Facet, Pair, Rename, Speaks, Table};
use autogen_engine::sql::canonical;

use super::{Explained, Sides, Verdict};

/// Returns the names of the table's columns on both sides, the declared ones first.
pub(super) fn names(sides: &Sides<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for table in [sides.compared.to, sides.compared.from].into_iter().flatten() {
        for column in &table.columns {
            if !names.contains(&column.name) {
                names.push(column.name.clone());
            }
        }
    }
    names
}

/// Explains a column as a single part: as a line of its table.
pub(super) fn whole(sides: &Sides<'_>, name: &str) -> Explained {
    let parts = parts(sides, name);
    let line = |side: fn(&Explained) -> &Option<String>| {
        let words: Vec<String> = parts
            .iter()
            .filter_map(|part| {
                let text = side(part).as_ref()?;
                Some(if ["type", "nullability", "column"].contains(&part.name.as_str()) {
                    text.clone()
                } else {
                    format!("{} {text}", part.name)
                })
            })
            .collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    let verdict = [Verdict::Different, Verdict::Equal]
        .into_iter()
        .find(|verdict| parts.iter().any(|part| part.verdict == *verdict));
    let verdict = verdict.unwrap_or(Verdict::NotJudged);
    let why = match verdict {
        Verdict::Equal => {
            let left: Vec<&str> =
                parts.iter().filter(|part| part.verdict == Verdict::NotJudged).map(|part| part.name.as_str()).collect();
            if left.is_empty() {
                "in every part".to_owned()
            } else {
                format!("in every part that is judged; not judged: {}", left.join(", "))
            }
        }
        Verdict::Different | Verdict::NotJudged => {
            let first = parts.iter().filter(|part| part.verdict == verdict);
            first.map(|part| format!("{}: {}", part.name, part.why)).collect::<Vec<_>>().join("; ")
        }
    };
    Explained {
        name: format!("column {name}"),
        place: parts.first().and_then(|part| part.place.clone()),
        stated: Pair::new(line(|part| &part.stated.from), line(|part| &part.stated.to)),
        canonical: Pair::new(line(|part| &part.canonical.from), line(|part| &part.canonical.to)),
        verdict,
        why,
    }
}

fn is_expression(aspect: Aspect) -> bool {
    [Aspect::Default, Aspect::OnUpdate, Aspect::Generated].contains(&aspect)
}

/// Returns the aspects of both sides, in order.
fn aspects(columns: &Pair<Column>) -> Vec<Aspect> {
    let mut aspects: Vec<Aspect> = vec![Aspect::Type, Aspect::Null];
    for facet in columns.from.facets().into_iter().chain(columns.to.facets()) {
        if !aspects.contains(&facet.aspect) {
            aspects.push(facet.aspect);
        }
    }
    aspects
}

/// Returns a facet of a column. If the column has no facet for nullability, one that says so is returned.
fn facet(column: &Column, aspect: Aspect) -> Option<Facet> {
    let absent = || Facet { aspect, stated: aspect.absent().to_owned(), canonical: aspect.absent().to_owned() };
    let found = column.facets().into_iter().find(|facet| facet.aspect == aspect);
    found.or_else(|| (aspect == Aspect::Null).then(absent))
}

/// Explains the parts of a column.
pub(super) fn parts(sides: &Sides<'_>, name: &str) -> Vec<Explained> {
    let facts = sides.workspace.dialect.facts();
    let find = |table: Option<&Table>| {
        table.and_then(|table| table.columns.iter().find(|column| facts.same_name(&column.name, name))).cloned()
    };
    let stated = Pair::new(find(sides.stated.from), find(sides.stated.to));
    let compared = Pair::new(find(sides.compared.from), find(sides.compared.to));
    let place = stated.to.as_ref().and_then(|column| column.hints.place.clone());
    let mut altered = sides.changes.iter().filter_map(|change| change.altered_column());
    let altered = altered.find_map(|(_, columns)| (columns.to.name == name).then_some(columns));
    let speaks = sides.stated.to.map_or(Speaks::EVERYTHING, |table| table.speaks);
    let mut parts = Vec::new();
    let both = Pair::new(stated.from.clone(), stated.to.clone());
    let Pair { from: Some(from), to: Some(to) } = both else { return vec![one_sided(sides, name, &stated)] };
    for aspect in aspects(&Pair::new(from, to)) {
        let of = |pair: &Pair<Option<Column>>, text: fn(Facet) -> String| {
            pair.as_ref().map(|column| column.as_ref().and_then(|column| facet(column, aspect)).map(text))
        };
        let (said, canonical) = (of(&stated, |facet| facet.stated), of(&compared, |facet| facet.canonical));
        let compared = |column: &Column| facet(column, aspect).map(|facet| facet.canonical);
        let differs = altered.is_some_and(|columns| compared(&columns.from) != compared(&columns.to));
        let (verdict, why) = if !aspect.is_spoken(speaks) {
            (Verdict::NotJudged, format!("a definition of this kind doesn't say its {}", aspect.name()))
        } else if let Some(unseen) = unseen(sides, aspect, stated.to.as_ref()) {
            (Verdict::NotJudged, unseen)
        } else if differs {
            (Verdict::Different, format!("not one {} to {}", aspect.name(), sides.workspace.dialect))
        } else {
            (Verdict::Equal, rule(sides, aspect, &said, &canonical, speaks))
        };
        parts.push(Explained {
            name: aspect.name().to_owned(),
            place: place.clone(),
            stated: said,
            canonical,
            verdict,
            why,
        });
    }
    parts
}

/// Explains why a column's type isn't compared, if no definition in sight says what it is in the database.
fn unseen(sides: &Sides<'_>, aspect: Aspect, declared: Option<&Column>) -> Option<String> {
    let declared = declared.filter(|column| aspect == Aspect::Type && column.sql_type.is_none())?;
    let options = sides.stated.to.map(|table| &table.options)?;
    if sides.workspace.dialect.spelling(&declared.data_type, options).is_some() {
        return None;
    }
    Some(format!("no source in sight says what `{}` is to {}", declared.data_type, sides.workspace.dialect))
}

/// Explains why two forms that don't differ count as the same.
fn rule(
    sides: &Sides<'_>,
    aspect: Aspect,
    said: &Pair<Option<String>>,
    compared: &Pair<Option<String>>,
    speaks: Speaks,
) -> String {
    let dialect = sides.workspace.dialect;
    match (&said.from, &said.to) {
        (from, to) if from == to => "the same words".to_owned(),
        (Some(from), Some(to)) if is_expression(aspect) => {
            if canonical(dialect, from) == canonical(dialect, to) {
                "the same expression but for brackets, quotes, spaces and letter case".to_owned()
            } else if compared.from == compared.to {
                format!("{dialect} prints both alike")
            } else {
                "autogen's rules make both alike".to_owned()
            }
        }
        (Some(_), None) => "the definition leaves it to the database".to_owned(),
        (_, _) if aspect == Aspect::Type && !speaks.lengths => {
            "names of one type; a length that the definition doesn't state isn't judged".to_owned()
        }
        (_, _) if aspect == Aspect::Type => "names of one type".to_owned(),
        (_, _) if aspect == Aspect::Null => "a key column is never NULL, stated or not".to_owned(),
        (_, _) => format!("the same to {dialect}"),
    }
}

/// Explains a column that only one side has.
fn one_sided(sides: &Sides<'_>, name: &str, stated: &Pair<Option<Column>>) -> Explained {
    let line = |column: &Option<Column>| {
        column.as_ref().map(|column| {
            [Aspect::Type, Aspect::Null]
                .into_iter()
                .filter_map(|aspect| facet(column, aspect))
                .map(|facet| facet.stated)
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    let is_changed = sides.changes.iter().any(|change| {
        let of_column = change.subject().column.as_deref() == Some(name);
        let of_whole = change.added_table().or_else(|| change.dropped_table()).is_some();
        of_column || of_whole || matches!(change, Change::Rename(Rename::Column(..)))
    });
    let (verdict, why) = match (&stated.to, is_changed) {
        (_, false) => (Verdict::NotJudged, "autogen.toml says to leave it alone"),
        (Some(_), true) => (Verdict::Different, "the database has no such column"),
        (None, true) => (Verdict::Different, "no definition has such a column"),
    };
    let forms = Pair::new(line(&stated.from), line(&stated.to));
    Explained {
        name: "column".to_owned(),
        place: stated.to.as_ref().and_then(|column| column.hints.place.clone()),
        canonical: forms.clone(),
        stated: forms,
        verdict,
        why: why.to_owned(),
    }
}

//! Columns: each of their parts on both sides.

use autogen_engine::model::{Change, Column, Edit, Generated, Pair, Rename, Speaks, Table};
use autogen_engine::sql::canonical;

use super::{Explained, Sides, Verdict};

/// The names of the table's columns on both sides, those that are declared first.
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

/// A column in one part: as a line of its table.
pub(super) fn whole(sides: &Sides<'_>, name: &str) -> Explained {
    let parts = parts(sides, name);
    let line = |side: fn(&Explained) -> &Option<String>| {
        let words: Vec<String> = parts
            .iter()
            .filter_map(|part| {
                let text = side(part).as_ref()?;
                Some(if ["type", "null", "column"].contains(&part.name.as_str()) {
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

/// Something of a column: what it is called, whether a definition speaks for it, and how it reads as it
/// stands and as it is compared.
struct Aspect {
    name: &'static str,
    speaks: fn(Speaks) -> bool,
    stated: fn(&Column) -> Option<String>,
    compared: fn(&Column) -> Option<String>,
    is_expression: bool,
}

const ASPECTS: [Aspect; 8] = [
    Aspect { name: "type", speaks: |_| true, stated: sql_type, compared: sql_type, is_expression: false },
    Aspect { name: "null", speaks: |_| true, stated: null, compared: null, is_expression: false },
    Aspect {
        name: "default",
        speaks: |speaks| speaks.defaults,
        stated: |column| column.default.as_ref().map(|expr| expr.sql.clone()),
        compared: |column| column.default.as_ref().map(|expr| expr.canonical.clone()),
        is_expression: true,
    },
    Aspect {
        name: "on update",
        speaks: |speaks| speaks.defaults,
        stated: |column| column.on_update.as_ref().map(|expr| expr.sql.clone()),
        compared: |column| column.on_update.as_ref().map(|expr| expr.canonical.clone()),
        is_expression: true,
    },
    Aspect {
        name: "generated",
        speaks: |speaks| speaks.generated,
        stated: |column| column.generated.as_ref().map(|found| generated(found, &found.expr.sql)),
        compared: |column| column.generated.as_ref().map(|found| generated(found, &found.expr.canonical)),
        is_expression: true,
    },
    Aspect {
        name: "collation",
        speaks: |speaks| speaks.collations,
        stated: |column| column.collation.clone(),
        compared: |column| column.collation.clone(),
        is_expression: false,
    },
    Aspect {
        name: "numbering",
        speaks: |speaks| speaks.auto_increment,
        stated: numbering,
        compared: numbering,
        is_expression: false,
    },
    Aspect {
        name: "comment",
        speaks: |speaks| speaks.comments,
        stated: |column| column.comment.clone(),
        compared: |column| column.comment.clone(),
        is_expression: false,
    },
];

/// What a column consists of.
pub(super) fn parts(sides: &Sides<'_>, name: &str) -> Vec<Explained> {
    let facts = sides.workspace.dialect.facts();
    let find = |table: Option<&Table>| {
        table.and_then(|table| table.columns.iter().find(|column| facts.same_name(&column.name, name))).cloned()
    };
    let stated = Pair::new(find(sides.stated.from), find(sides.stated.to));
    let compared = Pair::new(find(sides.compared.from), find(sides.compared.to));
    let place = stated.to.as_ref().and_then(|column| column.hints.place.clone());
    if stated.from.is_none() || stated.to.is_none() {
        return vec![one_sided(sides, name, &stated)];
    }
    let altered = sides.changes.iter().find_map(|change| match change {
        Change::Column(_, Edit::Alter(columns)) if columns.to.name == name => Some(columns),
        _ => None,
    });
    let speaks = sides.stated.to.map_or(Speaks::EVERYTHING, |table| table.speaks);
    let mut parts = Vec::new();
    for aspect in &ASPECTS {
        let of = |pair: &Pair<Option<Column>>, read: fn(&Column) -> Option<String>| {
            pair.as_ref().map(|column| column.as_ref().and_then(read))
        };
        let (said, canonical) = (of(&stated, aspect.stated), of(&compared, aspect.compared));
        if said.from.is_none() && said.to.is_none() {
            continue;
        }
        let differs = altered.is_some_and(|columns| (aspect.compared)(&columns.from) != (aspect.compared)(&columns.to));
        let (verdict, why) = if !(aspect.speaks)(speaks) {
            (Verdict::NotJudged, format!("a definition of this kind doesn't say its {}", aspect.name))
        } else if let Some(unseen) = unseen(sides, aspect, stated.to.as_ref()) {
            (Verdict::NotJudged, unseen)
        } else if differs {
            (Verdict::Different, format!("not one {} to {}", aspect.name, sides.workspace.dialect))
        } else {
            (Verdict::Equal, rule(sides, aspect, &said, &canonical, speaks))
        };
        parts.push(Explained {
            name: aspect.name.to_owned(),
            place: place.clone(),
            stated: said,
            canonical,
            verdict,
            why,
        });
    }
    parts
}

/// Why a column's type isn't judged, where no definition in sight says what it is in the database.
fn unseen(sides: &Sides<'_>, aspect: &Aspect, declared: Option<&Column>) -> Option<String> {
    let declared = declared.filter(|column| aspect.name == "type" && column.sql_type.is_none())?;
    let options = sides.stated.to.map(|table| &table.options)?;
    if sides.workspace.dialect.spelling(&declared.data_type, options).is_some() {
        return None;
    }
    Some(format!("no source in sight says what `{}` is to {}", declared.data_type, sides.workspace.dialect))
}

/// Why two forms that don't differ are one.
fn rule(
    sides: &Sides<'_>,
    aspect: &Aspect,
    said: &Pair<Option<String>>,
    compared: &Pair<Option<String>>,
    speaks: Speaks,
) -> String {
    let dialect = sides.workspace.dialect;
    match (&said.from, &said.to) {
        (from, to) if from == to => "the same words".to_owned(),
        (Some(from), Some(to)) if aspect.is_expression => {
            if canonical(dialect, from) == canonical(dialect, to) {
                "the same expression but for brackets, quotes, spaces and letter case".to_owned()
            } else if compared.from == compared.to {
                format!("{dialect} prints both alike")
            } else {
                "autogen's rules make both alike".to_owned()
            }
        }
        (Some(_), None) => "the definition leaves it to the database".to_owned(),
        (_, _) if aspect.name == "type" && !speaks.lengths => {
            "names of one type; a length that the definition doesn't state isn't judged".to_owned()
        }
        (_, _) if aspect.name == "type" => "names of one type".to_owned(),
        (_, _) if aspect.name == "null" => "a key column is never NULL, stated or not".to_owned(),
        (_, _) => format!("the same to {dialect}"),
    }
}

/// A column that only one side has.
fn one_sided(sides: &Sides<'_>, name: &str, stated: &Pair<Option<Column>>) -> Explained {
    let line = |column: &Option<Column>| {
        column
            .as_ref()
            .map(|column| [sql_type(column), null(column)].into_iter().flatten().collect::<Vec<_>>().join(" "))
    };
    let is_changed = sides.changes.iter().any(|change| {
        let of_column = change.subject().column.as_deref() == Some(name);
        of_column
            || matches!(
                change,
                Change::Table(Edit::Add(_)) | Change::Table(Edit::Drop(_)) | Change::Rename(Rename::Column(..))
            )
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

fn sql_type(column: &Column) -> Option<String> {
    Some(column.sql_type.clone().unwrap_or_else(|| column.data_type.to_string()))
}

fn null(column: &Column) -> Option<String> {
    Some(if column.nullable { "null" } else { "not null" }.to_owned())
}

fn generated(found: &Generated, expr: &str) -> String {
    format!("{expr} {}", if found.stored { "stored" } else { "virtual" })
}

fn numbering(column: &Column) -> Option<String> {
    column.auto_increment.then(|| column.numbering.map_or_else(|| "auto increment".to_owned(), |form| form.to_string()))
}

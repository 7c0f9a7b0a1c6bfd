//! Expressions of the models that the database refuses: shows its message at their definition.

use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error};
use crate::model::{Column, Expr, Hints, Schema, Table};
use crate::sql::names_within;

use super::Trial;
use super::failure::{Failure, Fault, Stage};

/// What MariaDB and MySQL say of a key, whatever expressions the same statement states.
const OF_KEYS: [&str; 2] = ["key specification", "key was too long"];

/// An expression of a definition.
struct Stated<'a> {
    /// What it is, and of which table.
    what: String,
    expr: &'a Expr,
    hints: &'a Hints,
    /// The column whose default it is.
    default_of: Option<&'a str>,
}

/// Returns the error to show if the statement at which the up migration failed contains expressions of the models, or
/// `None` if it contains none. Rows can't be the reason, because tables whose rows could be are already empty.
pub(super) fn error(failure: &Failure, trial: &Trial<'_>) -> Option<Error> {
    let statement = failure.statement.as_ref()?;
    let said = failure.lines.join("; ");
    let is_on_purpose = failure.is_violation || said.contains("stopped: ");
    let is_of_key = OF_KEYS.iter().any(|words| said.contains(words));
    if failure.stage != Stage::Up || failure.fault != Fault::Stops || is_on_purpose || is_of_key {
        return None;
    }
    let dialect = trial.start.dialect();
    let refused_default = refused_default(&said);
    let mut stated = stated(trial.models?, &statement.sql, refused_default, dialect);
    if refused_default.is_some() {
        stated.retain(|stated| stated.default_of == refused_default);
    }
    // Where the message names an expression, only that one counts.
    let about = names_within(dialect, &said);
    let is_named =
        |stated: &Stated<'_>| names_within(dialect, &stated.expr.sql).iter().any(|name| about.contains(name));
    if stated.iter().any(is_named) {
        stated.retain(is_named);
    }
    let help = match stated.as_slice() {
        [] => return None,
        [only] if refused_default.is_some() => {
            format!("correct `{}`, or the type or collation of its column", only.expr.sql)
        }
        [only] => format!("correct `{}` for the types of the columns that it names", only.expr.sql),
        _ => "correct the one that it is about".to_owned(),
    };
    let mut all: Vec<&str> = stated.iter().map(|stated| stated.what.as_str()).collect();
    all.dedup();
    let message = format!("{} refuses {}: {said}", dialect.name(), all.join(" or "));
    let place = |stated: &Stated<'_>| stated.hints.place.clone();
    let mut diagnostic = Diagnostic::error(Code::ExpressionRefused, message).help(help);
    let mut places: Vec<_> = stated.iter().filter_map(place).collect();
    places.dedup();
    for place in places {
        diagnostic = diagnostic.at(place, "");
    }
    Some(Error::from(diagnostic))
}

/// Returns the column whose default MariaDB or MySQL refuses, such as a letter that its character set lacks or a text
/// for a number.
fn refused_default(said: &str) -> Option<&str> {
    let (_, behind) = said.split_once("Invalid default value for '")?;
    behind.split_once('\'').map(|(column, _)| column)
}

/// Returns the expressions in a statement that belong to tables which it names. Leaves out literals except for the
/// default that is refused by name: where another literal is refused, the column's type is the reason.
fn stated<'a>(models: &'a Schema, sql: &str, refused_default: Option<&str>, dialect: Dialect) -> Vec<Stated<'a>> {
    let names = names_within(dialect, sql);
    // On SQLite a table is made anew under another name.
    let is_named = |table: &&Table| {
        let name = table.name.name.to_lowercase();
        names.contains(&format!("autogen_new_{name}")) || names.contains(&name)
    };
    let tables = models.tables.values().filter(is_named);
    let mut found: Vec<Stated<'a>> = tables.flat_map(of_table).collect();
    let is_refused = |stated: &Stated<'_>| stated.default_of.is_some() && stated.default_of == refused_default;
    found.retain(|stated| {
        sql.contains(&stated.expr.sql) && (is_refused(stated) || !dialect.is_literal(&stated.expr.sql))
    });
    found
}

fn of_table(table: &Table) -> Vec<Stated<'_>> {
    let name = &table.name;
    let mut found: Vec<Stated<'_>> = table.columns.iter().flat_map(|column| of_column(table, column)).collect();
    for (rule, hints) in table.rules.iter().filter_map(|rule| Some((rule, rule.hints()?))) {
        let article = if rule.kind().starts_with(['e', 'i']) { "an" } else { "a" };
        let what = format!("{article} {} of `{name}`", rule.kind());
        let of_rule = |expr| Stated { what: what.clone(), expr, hints, default_of: None };
        found.extend(rule.expressions().into_iter().map(of_rule));
    }
    found
}

fn of_column<'a>(table: &Table, column: &'a Column) -> Vec<Stated<'a>> {
    let name = format!("`{}.{}`", table.name, column.name);
    let hints = &column.hints;
    let default = column.default.iter().map(|expr| Stated {
        what: format!("the default of {name}"),
        expr,
        hints,
        default_of: Some(&column.name),
    });
    let generated = column.generated.iter().map(|generated| Stated {
        what: format!("the expression of {name}"),
        expr: &generated.expr,
        hints,
        default_of: None,
    });
    default.chain(generated).collect()
}

//! What ALTER TABLE does to columns and constraints that are there.

use autogen::dialect::Dialect;
use autogen::model::{Column, Numbering, Pair, TableName, TableOptions, UniqueForm};
use autogen::plan::{Alteration, ColumnAction, Commented, Constraint, FirstNumber};

use super::{block, facts, literal, name, parts, quoted, table};

/// One statement for all columns, after one for those that are computed no longer, which PostgreSQL
/// wouldn't convert before; and one for each sequence whose numbers get another type.
pub(super) fn columns(table: &TableName, actions: &[ColumnAction]) -> Vec<String> {
    let is_first = |action: &&ColumnAction| matches!(action.alteration, Alteration::DropExpression);
    let (first, rest): (Vec<&ColumnAction>, Vec<&ColumnAction>) = actions.iter().partition(is_first);
    let alterations = [first, rest].into_iter().filter(|actions| !actions.is_empty());
    let mut statements: Vec<String> =
        alterations.map(|actions| alter(table, &actions.into_iter().map(clause).collect::<Vec<_>>())).collect();
    for action in actions {
        if let Alteration::Type { to, is_numbered: true, .. } = &action.alteration {
            // The sequence of an old `serial` keeps its own type otherwise, and ends where that ends.
            let after = format!(" AS {}", spelled(to));
            statements.push(block::sequence(table, &action.column, "ALTER SEQUENCE ", &after));
        }
    }
    statements
}

/// Numbers come from the database from now on, in another form than before or for the first time.
pub(super) fn start_numbering(table: &TableName, found: &Column, first: FirstNumber) -> Vec<String> {
    let (column, quoted) = (&found.name, quoted(&found.name));
    let mut statements = match found.numbering {
        Some(Numbering::Serial) => {
            let made = TableName { schema: table.schema.clone(), name: format!("{}_{column}_seq", table.name) };
            let made = name(&made);
            vec![
                format!("CREATE SEQUENCE {made} AS {} OWNED BY {}.{quoted}", spelled(found), name(table)),
                alter(table, &[format!("ALTER COLUMN {quoted} SET DEFAULT nextval({})", literal(&made))]),
            ]
        }
        Some(Numbering::ByDefault | Numbering::Always) | None => {
            vec![alter(table, &[format!("ALTER COLUMN {quoted} ADD {}", table::identity(found))])]
        }
    };
    match first {
        FirstNumber::AfterRows => {
            let sequence = format!("pg_get_serial_sequence({}, {})", literal(&name(table)), literal(column));
            let next = after_rows(found, &quoted);
            statements.push(format!("SELECT setval({sequence}, {next}, false) FROM {}", name(table)));
            statements
        }
        FirstNumber::AfterLast => vec![block::renumbered(table, column, &stopped(table, &quoted), &statements)],
    }
}

/// The first number that no row has, for a sequence as it is stated.
fn after_rows(found: &Column, quoted: &str) -> String {
    let first = found.sequence.first();
    match (found.sequence.descends(), found.sequence.increment, first) {
        (false, None, 1) => format!("greatest(coalesce(max({quoted}), 0), 0) + 1"),
        (false, increment, _) => {
            format!("greatest(coalesce(max({quoted}) + {}, {first}), {first})", increment.unwrap_or(1))
        }
        (true, increment, _) => {
            format!("least(coalesce(min({quoted}) - {}, {first}), {first})", increment.unwrap_or(-1).unsigned_abs())
        }
    }
}

/// Numbers come from nowhere from now on: neither from an identity nor from an old `serial`.
pub(super) fn stop_numbering(table: &TableName, column: &str) -> Vec<String> {
    vec![stopped(table, &quoted(column)), block::sequence(table, column, "DROP SEQUENCE ", "")]
}

/// An old `serial` leaves its sequence behind.
fn stopped(table: &TableName, quoted: &str) -> String {
    alter(
        table,
        &[format!("ALTER COLUMN {quoted} DROP IDENTITY IF EXISTS"), format!("ALTER COLUMN {quoted} DROP DEFAULT")],
    )
}

pub(super) fn add_constraint(table: &TableName, constraint: &Constraint) -> String {
    alter(table, &[format!("ADD {}", definition(constraint))])
}

fn definition(constraint: &Constraint) -> String {
    let named = parts::constraint(constraint.name(), facts());
    match constraint {
        Constraint::PrimaryKey(key) => format!("{named}PRIMARY KEY ({})", parts::list(&key.columns, facts())),
        Constraint::Unique(unique) => parts::unique(unique, facts()),
        Constraint::ForeignKey(key) => parts::foreign_key(key, &name(&key.references), facts()),
        Constraint::Check(check) => parts::checked(check, facts()),
        Constraint::Exclusion(exclusion) => parts::exclusion(exclusion, facts()),
    }
}

/// Has a rule that is there held otherwise. An index that became a constraint can't become one again,
/// so it is made anew.
pub(super) fn settle_constraint(table: &TableName, rules: &Pair<Constraint>) -> Vec<String> {
    let constraint = quoted(rules.to.name().unwrap_or_default());
    if rules.from.comment() != rules.to.comment() {
        let name = rules.to.name().unwrap_or_default().to_owned();
        let of = match &rules.to {
            Constraint::Unique(unique) if unique.form == UniqueForm::Index => Commented::Index(table.clone(), name),
            Constraint::PrimaryKey(_)
            | Constraint::Unique(_)
            | Constraint::ForeignKey(_)
            | Constraint::Check(_)
            | Constraint::Exclusion(_) => Commented::Constraint(table.clone(), name),
        };
        return vec![table::comment(&of, rules.to.comment().map(String::as_str))];
    }
    let becomes_valid = |from: bool, to: bool| (from != to).then_some(to);
    let validates = match (&rules.from, &rules.to) {
        (Constraint::ForeignKey(from), Constraint::ForeignKey(to)) => becomes_valid(from.validated, to.validated),
        (Constraint::Check(from), Constraint::Check(to)) => becomes_valid(from.validated, to.validated),
        (Constraint::Unique(from), Constraint::Unique(to)) => {
            return match (from.form, to.form) {
                (UniqueForm::Index, UniqueForm::Constraint) => {
                    let when = parts::deferrable(to.deferrable);
                    vec![alter(table, &[format!("ADD CONSTRAINT {constraint} UNIQUE USING INDEX {constraint}{when}")])]
                }
                (UniqueForm::Constraint, UniqueForm::Index) => {
                    vec![drop_constraint(table, &rules.from), parts::unique_index(&name(table), to, facts())]
                }
                (UniqueForm::Index, UniqueForm::Index) | (UniqueForm::Constraint, UniqueForm::Constraint) => Vec::new(),
            };
        }
        (Constraint::ForeignKey(_) | Constraint::Check(_) | Constraint::Unique(_), _)
        | (Constraint::PrimaryKey(_) | Constraint::Exclusion(_), _) => None,
    };
    match validates {
        Some(true) => vec![alter(table, &[format!("VALIDATE CONSTRAINT {constraint}")])],
        Some(false) => {
            let again = format!("ADD {}", definition(&rules.to));
            vec![alter(table, &[format!("DROP CONSTRAINT {constraint}"), again])]
        }
        None => Vec::new(),
    }
}

pub(super) fn drop_constraint(table: &TableName, constraint: &Constraint) -> String {
    alter(table, &[format!("DROP CONSTRAINT {}", quoted(constraint.name().unwrap_or_default()))])
}

fn alter(table: &TableName, clauses: &[String]) -> String {
    let head = format!("ALTER TABLE {}", name(table));
    match clauses {
        [only] => format!("{head} {only}"),
        clauses => format!("{head}\n    {}", clauses.join(",\n    ")),
    }
}

fn clause(action: &ColumnAction) -> String {
    let column = format!("ALTER COLUMN {}", quoted(&action.column));
    match &action.alteration {
        Alteration::Type { to, using, is_numbered: _ } => {
            let collation = to.collation.as_ref().map(|name| format!(" COLLATE {}", quoted(name))).unwrap_or_default();
            let using = using.as_ref().map(|expr| format!(" USING {expr}")).unwrap_or_default();
            format!("{column} TYPE {}{collation}{using}", spelled(to))
        }
        Alteration::SetNotNull => format!("{column} SET NOT NULL"),
        Alteration::DropNotNull => format!("{column} DROP NOT NULL"),
        Alteration::SetDefault(default) => format!("{column} SET DEFAULT {}", table::bracketed(&default.sql)),
        Alteration::DropDefault => format!("{column} DROP DEFAULT"),
        Alteration::SetNumbering(numbering) => {
            let word = if *numbering == Numbering::Always { "ALWAYS" } else { "BY DEFAULT" };
            format!("{column} SET GENERATED {word}")
        }
        Alteration::SetSequence(sequence) => {
            let words: Vec<String> =
                table::counting(sequence, true).into_iter().map(|words| format!("SET {words}")).collect();
            format!("{column} {}", words.join(" "))
        }
        Alteration::DropExpression => format!("{column} DROP EXPRESSION"),
    }
}

fn spelled(column: &Column) -> String {
    Dialect::Postgres.column_type(column, &TableOptions::default())
}

//! Writes ALTER TABLE for existing columns and constraints.

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{Column, DataType, Numbering, Pair, Rule, Sequence, TableName, TableOptions, UniqueForm};
use autogen_engine::plan::{Alteration, ColumnAction, FirstNumber};

use super::{block, facts, literal, name, parts, quoted, table};

/// Writes one statement for all columns. A statement before it handles columns that stop being computed,
/// which PostgreSQL wouldn't convert otherwise. Statements after it change the sequences that need one of
/// their own.
pub(super) fn columns(table: &TableName, actions: &[ColumnAction]) -> Vec<String> {
    let is_first = |action: &&ColumnAction| matches!(action.alteration, Alteration::DropExpression);
    let (first, rest): (Vec<&ColumnAction>, Vec<&ColumnAction>) = actions.iter().partition(is_first);
    let clauses = [first, rest].map(|actions| actions.into_iter().filter_map(clause).collect::<Vec<_>>());
    let clauses = clauses.iter().filter(|clauses| !clauses.is_empty());
    let mut statements: Vec<String> = clauses.map(|clauses| alter(table, clauses)).collect();
    for action in actions {
        let is_told = |other: &ColumnAction| {
            other.column == action.column && matches!(other.alteration, Alteration::SetSequence { .. })
        };
        match &action.alteration {
            Alteration::Type { to, is_numbered: true, .. } if !actions.iter().any(is_told) => {
                // Otherwise the sequence of an old `serial` keeps its own type, and ends where that type ends.
                let after = format!(" AS {}", spelled(to));
                statements.push(block::sequence(table, &action.column, "ALTER SEQUENCE ", &after));
            }
            Alteration::SetSequence { from, to } if has_own_statement(from, to) => {
                statements.push(recounted(table, from, to));
            }
            Alteration::Type { .. }
            | Alteration::SetSequence { .. }
            | Alteration::SetNotNull
            | Alteration::DropNotNull
            | Alteration::SetDefault(_)
            | Alteration::DropDefault
            | Alteration::SetNumbering(_)
            | Alteration::DropExpression => {}
        }
    }
    statements
}

/// Checks whether a sequence needs a statement of its own to change how it counts: that of a serial, and one
/// whose last number may lie outside the new bounds, which PostgreSQL refuses.
fn has_own_statement(from: &Sequence, to: &Column) -> bool {
    to.numbering == Some(Numbering::Serial) || !to.sequence.covers(from)
}

/// Writes the statement that changes how a sequence counts. Numbers continue after the last one if they can. They
/// continue after those of the rows if the last one lies before the new bounds, or on the way back. A sequence
/// that has passed its last bound is at its end.
fn recounted(table: &TableName, from: &Sequence, to: &Column) -> String {
    let (column, counting) = (&to.name, &to.sequence);
    // The sequence of a serial may have another type than the column.
    let own_type = (to.numbering == Some(Numbering::Serial)).then(|| format!("AS {}", spelled(to)));
    let options: Vec<String> = own_type.into_iter().chain(table::counting(counting, true)).collect();
    let options = options.join(" ");
    if counting.covers(from) {
        return block::sequence(table, column, "ALTER SEQUENCE ", &format!(" {options}"));
    }
    let (least, most) = counting.bounds();
    let least = least.map(|least| format!("autogen_last < {least}")).zip(least);
    let most = most.map(|most| format!("autogen_last > {most}")).zip(most);
    let (begin, end) = if counting.descends() { (most, least) } else { (least, most) };
    let begin = if counting.descends() == from.descends() {
        begin.map(|(is_before, _)| is_before)
    } else {
        Some("true".to_owned())
    };
    let mut restarts = String::new();
    if let Some(is_before) = begin {
        let next = format!("(SELECT {} FROM {})", within(to, &quoted(column)), name(table));
        restarts.push_str(&format!(" WHEN {is_before} THEN ' RESTART WITH ' || {next}"));
    }
    if let Some((is_beyond, end)) = &end {
        restarts.push_str(&format!(" WHEN {is_beyond} THEN ' RESTART WITH {end}'"));
    }
    block::recounted(table, column, &format!("' {options}' || CASE{restarts} ELSE '' END"), end)
}

/// Writes the statements by which the database numbers a column from now on, in another form than before or for
/// the first time.
pub(super) fn start_numbering(table: &TableName, found: &Column, first: FirstNumber) -> Vec<String> {
    let (column, quoted) = (&found.name, quoted(&found.name));
    let mut statements = match found.numbering {
        Some(Numbering::Serial) => {
            let made = table::sequence_name(table, column);
            vec![
                format!("{} OWNED BY {}.{quoted}", table::create_sequence(&made, found), name(table)),
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

/// Writes the number after those of the rows, limited to numbers that the sequence can give.
fn within(found: &Column, quoted: &str) -> String {
    let sequence = &found.sequence;
    let (least, most) = if found.data_type == DataType::SmallInt {
        (i64::from(i16::MIN), i64::from(i16::MAX))
    } else if found.data_type == DataType::BigInt {
        (i64::MIN, i64::MAX)
    } else {
        (i64::from(i32::MIN), i64::from(i32::MAX))
    };
    let (first, increment, bounds) = (sequence.first(), sequence.increment.unwrap_or(1), sequence.bounds());
    if sequence.descends() {
        let end = bounds.0.unwrap_or(least);
        format!("greatest(least(min({quoted})::numeric + {increment}, {first}), {end})")
    } else {
        let end = bounds.1.unwrap_or(most);
        format!("least(greatest(max({quoted})::numeric + {increment}, {first}), {end})")
    }
}

/// Writes the first number that no row has, for a sequence as it is stated.
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

/// Writes the statements after which nothing numbers a column: neither an identity nor an old `serial`.
pub(super) fn stop_numbering(table: &TableName, column: &str) -> Vec<String> {
    vec![stopped(table, &quoted(column)), block::sequence(table, column, "DROP SEQUENCE ", "")]
}

/// Writes the statement that ends a column's numbering. An old `serial` leaves its sequence behind.
fn stopped(table: &TableName, quoted: &str) -> String {
    alter(
        table,
        &[format!("ALTER COLUMN {quoted} DROP IDENTITY IF EXISTS"), format!("ALTER COLUMN {quoted} DROP DEFAULT")],
    )
}

/// Writes the statements that add a rule and its comment.
pub(super) fn add_rule(table: &TableName, rule: &Rule) -> Vec<String> {
    let index = parts::separate_index(&name(table), rule, facts());
    let made = index.unwrap_or_else(|| alter(table, &added(rule).into_iter().collect::<Vec<_>>()));
    std::iter::once(made).chain(table::comment_on_rule(table, rule)).collect()
}

/// Returns the clause that adds a constraint.
fn added(rule: &Rule) -> Option<String> {
    table::constraint(rule).map(|constraint| format!("ADD {constraint}"))
}

/// Writes the statements that change how the database holds a rule. A constraint that was an index can't
/// become one again, so the index is made anew.
pub(super) fn alter_rule(table: &TableName, rules: &Pair<Rule>) -> Vec<String> {
    let constraint = quoted(rules.to.name().unwrap_or_default());
    if rules.from.comment() != rules.to.comment() {
        return vec![table::comment(&table::commented(table, &rules.to), rules.to.comment().map(String::as_str))];
    }
    let becomes_valid = |from: bool, to: bool| (from != to).then_some(to);
    let validates = match (&rules.from, &rules.to) {
        (Rule::ForeignKey(from), Rule::ForeignKey(to)) => becomes_valid(from.validated, to.validated),
        (Rule::Check(from), Rule::Check(to)) => becomes_valid(from.validated, to.validated),
        (Rule::Unique(from), Rule::Unique(to)) => {
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
        (Rule::ForeignKey(_) | Rule::Check(_) | Rule::Unique(_), _)
        | (Rule::PrimaryKey(_) | Rule::Index(_) | Rule::Exclusion(_), _) => None,
    };
    match validates {
        Some(true) => vec![alter(table, &[format!("VALIDATE CONSTRAINT {constraint}")])],
        Some(false) => {
            let again = added(&rules.to);
            let clauses: Vec<_> = std::iter::once(format!("DROP CONSTRAINT {constraint}")).chain(again).collect();
            vec![alter(table, &clauses)]
        }
        None => Vec::new(),
    }
}

pub(super) fn drop_constraint(table: &TableName, constraint: &Rule) -> String {
    alter(table, &[format!("DROP CONSTRAINT {}", quoted(constraint.name().unwrap_or_default()))])
}

fn alter(table: &TableName, clauses: &[String]) -> String {
    let head = format!("ALTER TABLE {}", name(table));
    match clauses {
        [only] => format!("{head} {only}"),
        clauses => format!("{head}\n    {}", clauses.join(",\n    ")),
    }
}

/// Writes what an ALTER TABLE says of a column, unless its sequence needs a statement of its own.
fn clause(action: &ColumnAction) -> Option<String> {
    let column = format!("ALTER COLUMN {}", quoted(&action.column));
    Some(match &action.alteration {
        Alteration::Type { to, using, is_numbered: _ } => {
            let collation = to
                .collation
                .as_ref()
                .map(|name| format!(" COLLATE {}", facts().quoted_collation(name)))
                .unwrap_or_default();
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
        Alteration::SetSequence { from, to } => {
            if has_own_statement(from, to) {
                return None;
            }
            let words = table::counting(&to.sequence, true).into_iter().map(|words| format!("SET {words}"));
            let words: Vec<String> = words.collect();
            format!("{column} {}", words.join(" "))
        }
        Alteration::DropExpression => format!("{column} DROP EXPRESSION"),
    })
}

fn spelled(column: &Column) -> String {
    Dialect::Postgres.column_type(column, &TableOptions::default())
}

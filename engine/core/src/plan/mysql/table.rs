//! Altering an existing table: what is added and filled first, and the one alteration that does the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::model::{Change, Check, Column, Edit, Pair, Rule, Table};
use crate::plan::stricter::column::{Gap, gap};
use crate::plan::stricter::{self, Tables};
use crate::plan::value::{NewValue, held, value_of_new};
use crate::plan::{
    Clause, Direction, FilledRows, Guard, Hazard, Operation, Position, Stage, Step, alike, guard, renamed, risk,
};
use crate::sql::columns_in;

use super::algorithm::alteration;
use super::keys::{self, Keys, Taken};
use super::{changes_type, convert, facts, generated, plain};

/// A table that is there before and after.
pub(super) struct Altered<'a> {
    pub(super) before: &'a Table,
    pub(super) after: &'a Table,
    pub(super) changes: &'a [&'a Change],
    pub(super) stage: &'a Stage,
    pub(super) keys: &'a Keys,
}

/// What is done to a table.
#[derive(Default)]
struct Work {
    /// Columns that become texts, become plain, or are filled, before they get their final form.
    through: Vec<Clause>,
    /// Columns that are added before rows are filled.
    columns: Vec<Clause>,
    /// How rows are filled.
    fills: Vec<Operation>,
    /// What is dropped, columns last.
    gone: Vec<Clause>,
    /// What is added or changed.
    new: Vec<Clause>,
    early_hazards: Vec<Hazard>,
    hazards: Vec<Hazard>,
    /// Columns that were computed on reading, in the form that they have once they aren't.
    plain: BTreeMap<String, Column>,
    /// Columns that are recreated in their final form.
    remade: BTreeSet<String>,
}

impl Altered<'_> {
    /// Returns the steps, including those for the foreign keys that are dropped and added with them.
    pub(super) fn steps(&self, keys: Taken, guards: &mut Vec<Guard>) -> Vec<Step> {
        guards.extend(risk::guards(self.changes, &self.stage.before, self.before, self.after, Dialect::Mysql));
        let moves = generated::moves(self.before, self.after, self.changes, self.stage.direction);
        let mut work = Work { through: moves.early, gone: moves.gone, new: moves.new, ..Work::default() };
        // In the order of columns, in which they are computed too.
        for column in self.before.columns.iter().filter(|column| moves.plain.contains_key(&column.name)) {
            self.computed_no_longer(column, &mut work, guards);
        }
        (work.plain, work.remade) = (moves.plain, moves.remade);
        for change in self.changes {
            let hazards = risk::hazards_of(change, self.before, self.after, Dialect::Mysql);
            let early = work.columns.len();
            self.change(change, &mut work, guards);
            if work.columns.len() > early {
                work.early_hazards.extend(hazards);
            } else if !matches!(change, Change::Rule(_, Edit::Add(Rule::ForeignKey(_)))) {
                work.hazards.extend(hazards);
            }
        }
        // Only values that can be converted at all can be compared.
        guards.extend(alike::guards(self.before, self.after, Dialect::Mysql, |column| self.value(column)));
        guards.extend(self.changes.iter().filter_map(|change| self.converted_check(change)));
        self.own_indexes(&mut work);
        self.widen_indexes(&mut work);

        self.place(&mut work);

        let (mut clauses, hazards): (Vec<_>, Vec<_>) =
            keys.from.into_iter().map(|(key, hazards)| (keys::drop(&key), hazards)).unzip();
        let mut hazards = hazards.concat();
        let mut steps = Vec::new();
        // No foreign key may use a column that changes, and rows may be filled with values that the key doesn't allow.
        let is_first = !work.through.is_empty() || !work.fills.is_empty();
        let is_early = |clause: &Clause| goes_early(self.before, clause, &work.through);
        let (early, late): (Vec<_>, Vec<_>) = work.gone.into_iter().partition(is_early);
        clauses.extend(early);
        clauses.extend(work.through);
        if !work.fills.is_empty() {
            clauses.append(&mut work.columns);
            hazards.append(&mut work.early_hazards);
        }
        let between = said(self.before, &clauses);
        if is_first && !clauses.is_empty() {
            let (clauses, hazards) = (std::mem::take(&mut clauses), std::mem::take(&mut hazards));
            steps.push(alteration(self.stage.before.server, self.before, clauses, hazards));
        }
        steps.extend(work.fills.into_iter().map(plain));
        for later in [late, work.columns, work.new] {
            clauses.extend(later);
        }
        hazards.extend(work.hazards.into_iter().chain(work.early_hazards));
        for (key, of_key) in keys.to {
            clauses.push(keys::add(&key));
            hazards.extend(of_key);
        }
        if !clauses.is_empty() {
            steps.push(alteration(self.stage.before.server, &between, clauses, hazards));
        }
        steps
    }

    fn change(&self, change: &Change, work: &mut Work, guards: &mut Vec<Guard>) {
        match change {
            Change::Column(_, Edit::Add(column)) => self.added(column, work, guards),
            Change::Column(_, Edit::Drop(column)) => work.gone.push(Clause::DropColumn(column.name.clone())),
            Change::Column(_, Edit::Alter(columns)) => self.altered(columns, work, guards),
            Change::Rule(_, Edit::Add(rule @ (Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::Index(_)))) => {
                work.new.push(Clause::Add(rule.clone()));
            }
            Change::Rule(_, Edit::Drop(rule @ Rule::PrimaryKey(_))) => work.gone.push(Clause::Drop(rule.clone())),
            Change::Rule(_, Edit::Alter(rules)) if rules.from.hidden() != rules.to.hidden() => {
                let name = rules.from.name().unwrap_or_default().to_owned();
                // Dropped and added with the same keys, an index stays as it is.
                work.new.push(Clause::HideIndex(name, Pair::new(rules.from.hidden(), rules.to.hidden())));
            }
            Change::Rule(_, Edit::Alter(rules)) => {
                work.gone.push(Clause::Drop(rules.from.clone()));
                work.new.push(Clause::Add(rules.to.clone()));
            }
            Change::Rule(_, Edit::Drop(rule @ Rule::Unique(_))) => work.gone.insert(0, Clause::Drop(rule.clone())),
            Change::Rule(_, Edit::Drop(Rule::Index(index))) => {
                work.gone.insert(0, Clause::DropIndex(index.name.clone().unwrap_or_default()));
            }
            Change::Rule(_, Edit::Add(Rule::Check(check))) => match column_of(check, self.after) {
                Some(column) => self.say_anew(column, work),
                None => work.new.push(Clause::Add(Rule::Check(check.clone()))),
            },
            Change::Rule(_, Edit::Drop(Rule::Check(check))) => match column_of(check, self.before) {
                Some(column) => self.after.column(&column.name).into_iter().for_each(|kept| self.say_anew(kept, work)),
                None => work.gone.insert(0, Clause::Drop(Rule::Check(check.clone()))),
            },
            Change::Table(Edit::Alter(tables)) => {
                let options = tables.as_ref().as_ref().map(|table| table.options.clone());
                work.new.extend(options.differs().then_some(Clause::Options(options)));
                let differs = tables.from.comment != tables.to.comment;
                work.new.extend(differs.then(|| Clause::Comment(tables.to.comment.clone())));
            }
            // Keys are planned for all tables together, and so are whole tables; renames come before.
            Change::Rule(_, Edit::Add(Rule::ForeignKey(_)) | Edit::Drop(Rule::ForeignKey(_)))
            | Change::Table(Edit::Add(_) | Edit::Drop(_))
            | Change::Rename(_) => {}
            // MySQL has neither; a definition that asks for one is refused.
            Change::Rule(_, Edit::Add(Rule::Exclusion(_)) | Edit::Drop(Rule::Exclusion(_))) | Change::Enum(_) => {}
        }
    }

    /// Places new columns in their final order, each after the one that it follows there. A table that only gets
    /// columns at its end needs no places.
    fn place(&self, work: &mut Work) {
        let rank = |clause: &Clause| {
            let Clause::AddColumn(new, ..) = clause else { return None };
            self.after.columns.iter().position(|column| column.name == new.name)
        };
        work.columns.sort_by_key(rank);
        let gone: Vec<String> = (work.gone.iter())
            .filter_map(|clause| if let Clause::DropColumn(name) = clause { Some(name.clone()) } else { None })
            .collect();
        let mut there: Vec<String> = self.before.columns.iter().map(|column| column.name.clone()).collect();
        there.retain(|name| !gone.contains(name));
        // A column to be filled is added by a statement of its own, while other columns still exist.
        for clause in work.columns.iter_mut().chain(&mut work.new) {
            let Some(rank) = rank(clause) else { continue };
            let Clause::AddColumn(new, _, position) = clause else { continue };
            let earlier = &self.after.columns[..rank];
            let is_last = there.iter().all(|name| earlier.iter().any(|column| column.name == *name));
            *position = match earlier.iter().rev().find(|column| there.contains(&column.name)) {
                Some(_) | None if is_last => Position::Last,
                Some(previous) => Position::After(previous.name.clone()),
                None => Position::First,
            };
            there.push(new.name.clone());
        }
    }

    /// Restates a column, which drops or adds the check in its definition.
    fn say_anew(&self, column: &Column, work: &mut Work) {
        let is_said_anyway = self.changes.iter().any(|change| match change {
            Change::Column(_, edit) => edit.sides().to.is_some_and(|new| new.name == column.name),
            Change::Rename(_) | Change::Table(_) | Change::Rule(..) | Change::Enum(_) => false,
        });
        let clause = self.modified(column);
        if work.remade.contains(&column.name) {
            return;
        }
        if !is_said_anyway && !work.new.contains(&clause) {
            work.new.push(clause);
        }
    }

    /// Returns the clause that restates a column, with the checks in its definition.
    fn modified(&self, column: &Column) -> Clause {
        Clause::ModifyColumn(column.clone(), inline_checks(self.after, column))
    }

    fn added(&self, column: &Column, work: &mut Work, guards: &mut Vec<Guard>) {
        let mut new = column.clone();
        match value_of_new(column, self.after, self.stage.direction, Dialect::Mysql) {
            NewValue::Omitted => {}
            NewValue::Nobody => guards.push(guard::rows(&self.before.name, &column.name, facts())),
            NewValue::Expr(expr) => {
                work.fills.push(self.fill(&column.name, expr, FilledRows::All));
                // Existing rows have no value until they are filled.
                if !column.nullable && column.default.is_none() {
                    new.nullable = true;
                    work.new.push(self.modified(column));
                }
            }
        }
        // A numbered column needs its key in the same statement.
        let clause = Clause::AddColumn(new, inline_checks(self.after, column), Position::Last);
        if column.auto_increment {
            work.new.insert(0, clause);
        } else {
            work.columns.push(clause);
        }
    }

    /// Plans the values of a column that was computed and becomes plain.
    fn computed_no_longer(&self, column: &Column, work: &mut Work, guards: &mut Vec<Guard>) {
        let (Some(generated), Some(to)) = (&column.generated, self.after.column(&column.name)) else { return };
        let value = match self.stage.direction {
            Direction::Up => {
                guards.extend(convert::not_held(&self.before.name, column, &generated.expr.sql));
                NewValue::Expr(generated.expr.sql.clone())
            }
            Direction::Down => value_of_new(to, self.after, self.stage.direction, Dialect::Mysql),
        };
        match value {
            NewValue::Expr(expr) => work.fills.push(self.fill(&column.name, expr, FilledRows::All)),
            NewValue::Nobody => guards.push(guard::rows(&self.before.name, &column.name, facts())),
            NewValue::Omitted => {}
        }
    }

    fn altered(&self, columns: &Pair<Column>, work: &mut Work, guards: &mut Vec<Guard>) {
        let Pair { from, to } = columns;
        if work.remade.contains(&to.name) {
            return;
        }
        if to.generated.is_some() {
            // Its values are computed again.
            work.new.push(self.modified(to));
            return;
        }
        let plain = work.plain.get(&to.name).cloned();
        let from = plain.as_ref().unwrap_or(from);
        if plain.is_some() && (Column { hints: to.hints.clone(), ..from.clone() }) == *to {
            return;
        }
        if plain.is_some() && self.stage.direction == Direction::Down {
            // It holds what it can.
            work.new.push(self.modified(to));
            return;
        }
        let gap = gap(from, to, self.before);
        match gap {
            Gap::None => {}
            Gap::Filled(expr) => {
                if from.generated.as_ref().is_some_and(|generated| generated.stored) {
                    // Nothing is written to a column that is computed.
                    let plain = Column { generated: None, ..from.clone() };
                    work.through.push(Clause::ModifyColumn(plain, inline_checks(self.before, from)));
                }
                work.fills.push(self.fill(&to.name, expr.clone(), FilledRows::Missing));
            }
            Gap::Open => guards.push(guard::nulls(&self.before.name, &from.name, facts())),
        }
        if changes_type(&Pair::new(from.clone(), to.clone())) {
            let renamed = renamed::expr(&facts().quoted(&to.name), columns, Dialect::Mysql);
            let text =
                convert::through_text(from, to).or_else(|| renamed.is_some().then(|| convert::as_text(from, to)));
            work.fills.extend(renamed.map(|expr| self.fill(&to.name, expr, FilledRows::All)));
            let is_filled = matches!(gap, Gap::Filled(_));
            // Rows are filled with values of the new type.
            let filled = || Column { nullable: true, default: None, ..to.clone() };
            let between = text.or_else(|| (is_filled && convert::is_other_kind(from, to)).then(filled));
            work.through.extend(between.map(|column| Clause::ModifyColumn(column, Vec::new())));
            let columns = Pair::new(from.clone(), to.clone());
            guards.extend(convert::in_the_way(&columns, Pair::new(self.before, self.after)));
        }
        work.new.push(self.modified(to));
    }

    /// Returns the operation that gives rows a value and leaves the time of their last change as it is.
    fn fill(&self, column: &str, expr: String, rows: FilledRows) -> Operation {
        let moments = self.before.columns.iter().filter(|other| other.name != column && other.on_update.is_some());
        let kept = moments.map(|other| (other.name.clone(), facts().quoted(&other.name)));
        let values = std::iter::once((column.to_owned(), expr)).chain(kept).collect();
        Operation::Backfill { table: self.before.name.clone(), values, rows }
    }

    /// Returns what existing rows will hold in a column.
    fn value(&self, column: &Column) -> alike::Value {
        let Some(before) = self.before.column(&column.name) else {
            let value = value_of_new(column, self.after, self.stage.direction, Dialect::Mysql);
            return held(&value, column, self.after, Dialect::Mysql);
        };
        match gap(before, column, self.before) {
            Gap::Filled(fill) => alike::Value::Expr(format!("coalesce({}, {fill})", facts().quoted(&column.name))),
            Gap::None | Gap::Open => alike::Value::Same,
        }
    }

    /// Returns the guard against rows that would violate a new check once its columns are converted.
    fn converted_check(&self, change: &Change) -> Option<Guard> {
        let Change::Rule(_, Edit::Add(Rule::Check(check))) = change else { return None };
        let tables = Tables { before: self.before, after: self.after, schema: None, dialect: Dialect::Mysql };
        if stricter::of(change, &tables).is_empty() {
            return None;
        }
        let mut is_converted = false;
        let mut values = Vec::new();
        for name in columns_in(Dialect::Mysql, &check.expr) {
            let (from, to) = (self.before.column(&name)?, self.after.column(&name)?);
            is_converted |= from.data_type != to.data_type;
            if to.hints.backfill.is_some() || from.generated.is_some() || to.generated.is_some() {
                return None;
            }
            let columns = Pair::new(from.clone(), to.clone());
            let renamed = renamed::expr(&facts().quoted(&name), &columns, Dialect::Mysql);
            values.push((name, renamed.or_else(|| convert::converted(from, to))?));
        }
        if values.iter().all(|(name, value)| *value == facts().quoted(name)) {
            return is_converted.then(|| guard::violations(&self.before.name, check, facts()));
        }
        let values: Vec<_> =
            values.iter().map(|(name, value)| format!("{value} AS {}", facts().quoted(name))).collect();
        let table = facts().quoted_table(&self.before.name);
        let rows = format!("(SELECT {} FROM {table}) AS {table}", values.join(", "));
        is_converted.then(|| guard::violations_among(&rows, &self.before.name, check))
    }

    /// Recreates the indexes over expressions that read a column whose type changes. MySQL holds such values in a hidden
    /// column, which keeps its type: a longer value would then be refused.
    fn widen_indexes(&self, work: &mut Work) {
        let retyped = |name: &String| {
            let columns = self.before.column(name).zip(self.after.column(name));
            columns.is_some_and(|(from, to)| changes_type(&Pair::new(from.clone(), to.clone())))
        };
        for index in self.after.rules.indexes() {
            let old = self.before.rules.indexes().find(|old| old.name == index.name);
            let reads = index.expressions().any(|expr| columns_in(Dialect::Mysql, expr).iter().any(retyped));
            let gone = Clause::DropIndex(index.name.clone().unwrap_or_default());
            if old.is_none() || !reads || work.gone.contains(&gone) {
                continue;
            }
            work.new.retain(
                |clause| !matches!(clause, Clause::HideIndex(name, _) if gone == Clause::DropIndex(name.clone())),
            );
            work.gone.insert(0, gone);
            work.new.push(Clause::Add(Rule::Index(index.clone())));
        }
    }

    /// Drops and adds the indexes that MySQL creates for foreign keys by itself. They stay when the keys are dropped,
    /// and MySQL refuses to drop the last index that serves a key.
    fn own_indexes(&self, work: &mut Work) {
        let before = Keys::own_indexes(self.before, self.stage.before.server);
        let after = Keys::own_indexes(self.after, self.stage.before.server);
        for (name, _) in before.iter().filter(|own| !after.contains(own)) {
            work.gone.insert(0, Clause::DropIndex(name.clone()));
        }
        for (name, columns) in after.iter().filter(|own| !before.contains(own)) {
            // With a new key comes its index.
            if self.keys.stays(self.before, self.after, name) {
                let index = crate::model::Index { name: Some(name.clone()), ..crate::model::Index::over(columns) };
                work.new.push(Clause::Add(Rule::Index(index)));
            }
        }
    }
}

/// Returns the column whose definition contains a check. The check has that column's name.
fn column_of<'a>(check: &Check, table: &'a Table) -> Option<&'a Column> {
    check.name.as_deref().filter(|_| check.inline).and_then(|name| table.column(name))
}

/// Checks whether a dropped rule would block columns that change before the rest.
fn goes_early(before: &Table, clause: &Clause, through: &[Clause]) -> bool {
    let names = match clause {
        Clause::Drop(Rule::Check(check)) => columns_in(Dialect::Mysql, &check.expr),
        Clause::DropIndex(name) => {
            let index = before.rules.indexes().find(|index| index.name.as_ref() == Some(name));
            index
                .map(|index| crate::sql::index_columns(index, Dialect::Mysql).into_iter().collect())
                .unwrap_or_default()
        }
        Clause::AddColumn(..)
        | Clause::DropColumn(_)
        | Clause::ModifyColumn(..)
        | Clause::Add(_)
        | Clause::Drop(_)
        | Clause::HideIndex(..)
        | Clause::Options(_)
        | Clause::Comment(_) => return false,
    };
    through.iter().any(|clause| matches!(clause, Clause::ModifyColumn(column, _) if names.contains(&column.name)))
}

/// Returns a table with the columns as the clauses restate them.
fn said(before: &Table, clauses: &[Clause]) -> Table {
    let mut table = before.clone();
    for clause in clauses {
        if let Clause::AddColumn(new, ..) | Clause::ModifyColumn(new, _) = clause {
            table.columns.iter_mut().filter(|column| column.name == new.name).for_each(|column| *column = new.clone());
        }
    }
    table
}

/// Returns the checks in a column's definition.
pub(super) fn inline_checks(table: &Table, column: &Column) -> Vec<Check> {
    let own = |check: &&Check| check.inline && check.name.as_deref() == Some(column.name.as_str());
    table.rules.checks().filter(own).cloned().collect()
}

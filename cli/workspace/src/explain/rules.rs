//! Explains a table, and its keys, uniques, indexes, checks and exclusions.

use std::collections::BTreeSet;

use autogen_codegen::report;
use autogen_engine::dialect::Dialect;
use autogen_engine::model::{self, Change, Edit, Hints, Pair, Rename, Speaks, Table, line};
use autogen_engine::sql::rule_columns;

use super::{Explained, Sides, Verdict};

/// A rule on one side or on both.
pub(super) struct ExplainedRule {
    pub(super) part: Explained,
    /// Its names on both sides.
    pub(super) names: Vec<String>,
    /// The columns that it concerns.
    pub(super) columns: Vec<String>,
}

/// Explains the table itself: whether it exists, its key and its options.
pub(super) fn table(sides: &Sides<'_>) -> Explained {
    let line = |table: Option<&Table>| table.map(of_table);
    let stated = sides.stated.map(line);
    let canonical = sides.compared.map(line);
    let own = |change: &&&Change| match change {
        Change::Table(_) | Change::Rename(Rename::Table(_)) => true,
        Change::Rule(_, edit) => matches!(edit.first(), model::Rule::PrimaryKey(_)),
        Change::Rename(_) | Change::Column(..) | Change::Enum(_) => false,
    };
    let changed = sides.changes.iter().find(own);
    let (verdict, why) = match (changed, sides.stated.to, sides.stated.from) {
        (Some(change), ..) => (Verdict::Different, format!("to make it so: {}", change.kind())),
        (None, Some(_), Some(_)) => (Verdict::Equal, "the same key and options".to_owned()),
        (None, ..) => (Verdict::NotJudged, "autogen.toml says to leave it alone".to_owned()),
    };
    let place = sides.stated.to.and_then(|table| table.hints.place.clone());
    Explained { name: format!("table {}", sides.name), place, stated, canonical, verdict, why }
}

fn of_table(table: &Table) -> String {
    let key =
        table.primary_key.as_ref().map_or_else(|| "no key".to_owned(), |key| format!("({})", key.columns.join(", ")));
    let options = line(&table.options.facets());
    [table.name.to_string(), key, options].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ")
}

/// One side's rule, and the change that would add it.
struct Found {
    kind: &'static str,
    name: Option<String>,
    columns: Vec<String>,
    /// The shape that tells rules without a name apart.
    shape: String,
    hints: Hints,
    add: Change,
    drop: Change,
}

impl Found {
    /// Returns the rule's line in a report, without the sign for adding.
    fn line(&self) -> String {
        report::lines(std::slice::from_ref(&self.add)).join("; ").trim_start_matches("+ ").trim().to_owned()
    }
}

/// Explains all rules of the table.
pub(super) fn all(sides: &Sides<'_>) -> Vec<ExplainedRule> {
    let speaks = sides.compared.to.map_or(Speaks::EVERYTHING, |table| table.speaks);
    let is_changed = |change: &Change| {
        let whole = |found: &&Change| matches!(found, Change::Table(Edit::Add(_) | Edit::Drop(_)));
        sides.changes.iter().any(|found| **found == *change || whole(found))
    };
    let found =
        sides.compared.map(|table| table.map(|table| found(table, sides.workspace.dialect)).unwrap_or_default());
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut rules = Vec::new();
    for declared in &found.to {
        // A rule that is to be added has no counterpart.
        let is_new = is_changed(&declared.add)
            || sides.changes.iter().any(|change| change.kind() == declared.add.kind() && same_name(change, declared));
        let of_kind =
            |(at, live): &(usize, &Found)| !taken.contains(at) && live.kind == declared.kind && !is_changed(&live.drop);
        let by_name = found
            .from
            .iter()
            .enumerate()
            .filter(of_kind)
            .find(|(_, live)| live.name.is_some() && live.name == declared.name);
        let by_shape = || found.from.iter().enumerate().filter(of_kind).find(|(_, live)| live.shape == declared.shape);
        let partner = if is_new { None } else { by_name.or_else(by_shape) };
        taken.extend(partner.map(|(at, _)| at));
        rules.push(rule(sides, partner.map(|(_, live)| live), Some(declared), speaks));
    }
    let left = found.from.iter().enumerate().filter(|(at, _)| !taken.contains(at));
    rules.extend(left.map(|(_, live)| rule(sides, Some(live), None, speaks)));
    rules
}

/// Checks whether a change adds a rule of this name. The rule may have got its name on the way.
fn same_name(change: &Change, declared: &Found) -> bool {
    let line = report::lines(std::slice::from_ref(change)).join("; ");
    declared.name.as_ref().is_some_and(|name| line.split_whitespace().any(|word| word == name))
}

fn rule(sides: &Sides<'_>, live: Option<&Found>, declared: Option<&Found>, speaks: Speaks) -> ExplainedRule {
    let one = declared.or(live).expect("a rule is on one side at least");
    let spoken = match one.kind {
        "foreign key" => speaks.foreign_keys,
        "check" => speaks.checks,
        _ => speaks.indexes,
    };
    let canonical = Pair::new(live.map(Found::line), declared.map(Found::line));
    let alters = |live: &Found| {
        let is_it = |change: &Change| matches!(change, Change::Rule(_, Edit::Alter(rules)) if rules.from.name() == live.name.as_deref());
        sides.changes.iter().any(|change| is_it(change))
    };
    let (verdict, why) = match (live, declared) {
        (Some(live), Some(_)) if alters(live) => {
            (Verdict::Different, "the same rule, which the definition states otherwise".to_owned())
        }
        (Some(_), Some(_)) if canonical.from == canonical.to => (Verdict::Equal, "the same rule".to_owned()),
        (Some(_), Some(declared)) if declared.kind == "check" => {
            (Verdict::Equal, format!("both are {} in one spelling", declared.shape))
        }
        (Some(_), Some(_)) => (
            Verdict::Equal,
            format!("one rule to {}: what a definition leaves out isn't judged", sides.workspace.dialect),
        ),
        (None, Some(_)) => (Verdict::Different, "the database has no such rule".to_owned()),
        (_, None) if !spoken => (
            Verdict::NotJudged,
            format!("a definition of this kind says nothing of other {}s", one.kind).replace("indexs", "indexes"),
        ),
        (_, None) => (Verdict::Different, "no definition has such a rule".to_owned()),
    };
    let both = [live, declared].into_iter().flatten();
    ExplainedRule {
        names: both.clone().filter_map(|found| found.name.clone()).collect(),
        columns: one.columns.clone(),
        part: Explained {
            name: one.kind.to_owned(),
            place: declared.and_then(|found| found.hints.place.clone()),
            stated: canonical.clone(),
            canonical,
            verdict,
            why,
        },
    }
}

fn found(table: &Table, dialect: Dialect) -> Vec<Found> {
    let one = |rule: &model::Rule| {
        let columns: Vec<String> = rule_columns(rule, dialect).into_iter().collect();
        let expressions = rule.expressions().into_iter().map(|expr| &expr.canonical);
        let shape = rule.columns().into_iter().chain(expressions).cloned().collect::<Vec<_>>().join(", ");
        let (name, hints) = (rule.name().map(str::to_owned), rule.hints().cloned().unwrap_or_default());
        let kind = rule.kind();
        let drop = Change::Rule(table.name.clone(), Edit::Drop(rule.clone()));
        let add = Change::Rule(table.name.clone(), Edit::Add(rule.clone()));
        Found { kind, name, columns, shape, hints, add, drop }
    };
    table.rules.iter().map(one).collect()
}

//! Differences in spelling between a live table and its definition, put as questions to the database.
//!
//! Both sides are asked about. The live one may come from a server of another version, or from a dump. Databases
//! don't always print again what they have printed (PostgreSQL: `IN` lists of varchar columns), so the answers are
//! asked about in turn, until they no longer change.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::{
    Check, Column, Exclusion, Expr, Index, IndexColumn, IndexKey, Pair, Rule, RuleKind, Schema, Table, TableName,
};
use crate::spelling::{Answer, Question, TablePart};

use crate::sql::{columns_in, index_columns};

/// How a dialect spells expressions and types.
pub(super) struct Spellings {
    pub(super) dialect: Dialect,
    pub(super) canonical: fn(&str) -> String,
    /// A default in one spelling; `None` for NULL.
    pub(super) canonical_default: fn(&str, &Column) -> Option<String>,
    pub(super) rename_in: fn(&str, &BTreeMap<String, String>) -> String,
    /// Whether an expression's own collation is one of its columns'.
    pub(super) inherits_collations: bool,
}

impl Spellings {
    /// Returns a column's type and its collation, which an index over the column inherits.
    fn described(&self, column: &Column, table: &Table) -> Option<String> {
        let sql_type = self.sql_type(column, table)?;
        let collation = column.collation.as_ref().filter(|_| self.inherits_collations);
        let collation = collation.map(|name| format!(" COLLATE {}", self.dialect.facts().quoted_collation(name)));
        Some(sql_type + &collation.unwrap_or_default())
    }

    /// Returns a column's type in the database's words.
    fn sql_type(&self, column: &Column, table: &Table) -> Option<String> {
        column.sql_type.clone().or_else(|| self.dialect.spelling(&column.data_type, &table.options))
    }
}

/// The number of rounds after which a remaining difference counts. What is printed settles at the second printing.
const ROUNDS: usize = 3;

/// Asks until both sides agree or nothing changes any more, at most [`ROUNDS`] times.
pub(super) fn settle(
    pair: &mut Pair<Schema>,
    spellings: &Spellings,
    mut ask: impl FnMut(&[Question]) -> Result<Vec<Answer>>,
) -> Result<()> {
    for _ in 0..ROUNDS {
        let (open_questions, questions): (Vec<OpenQuestion>, Vec<Question>) =
            open_questions(pair, spellings).into_iter().unzip();
        if questions.is_empty() {
            return Ok(());
        }
        let answers = ask(&questions)?;
        let mut settled = true;
        for (open_question, answer) in open_questions.iter().zip(answers) {
            let schema = if open_question.is_live { &mut pair.from } else { &mut pair.to };
            let Some(table) = schema.tables.get_mut(&open_question.table) else { continue };
            for (place, part) in open_question.places.iter().zip(answer) {
                settled &= !part.is_some_and(|part| take(table, *place, part, spellings));
            }
        }
        if settled {
            return Ok(());
        }
    }
    Ok(())
}

/// Where the parts of a question stand.
struct OpenQuestion {
    is_live: bool,
    table: TableName,
    places: Vec<Place>,
}

/// A part of a table, by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Type(usize),
    Default(usize),
    Generated(usize),
    /// A check, an index, or what holds an exclusion.
    Rule(usize),
}

fn open_questions(pair: &Pair<Schema>, spellings: &Spellings) -> Vec<(OpenQuestion, Question)> {
    let mut found = Vec::new();
    for declared in pair.to.tables.values() {
        let Some(live) = live_counterpart(declared, &pair.from) else { continue };
        let compared = ComparedTables::new(live, declared, spellings);
        let open = compared.open();
        // An expression means the same on both sides only over the same types.
        let live_columns =
            live.columns.iter().filter_map(|column| Some((&column.name, spellings.described(column, live)?)));
        let declared_columns = declared.columns.iter().filter_map(|column| {
            let sql_type = match compared.live_column(column) {
                Some(live_column) => spellings.described(live_column, live),
                None => spellings.described(column, declared),
            };
            Some((&column.name, sql_type?))
        });
        found.extend(open_question(true, live, open.from, live_columns, spellings));
        found.extend(open_question(false, declared, open.to, declared_columns, spellings));
    }
    found
}

/// Returns the live table that a definition is compared with: the one with its name, or the one with its old name.
fn live_counterpart<'a>(declared: &Table, live: &'a Schema) -> Option<&'a Table> {
    let old_name = || {
        let name = declared.hints.renamed_from.clone()?;
        Some(TableName { schema: declared.name.schema.clone(), name })
    };
    live.tables.get(&declared.name).or_else(|| live.tables.get(&old_name()?))
}

fn open_question<'a>(
    is_live: bool,
    table: &Table,
    places: Vec<Place>,
    columns: impl Iterator<Item = (&'a String, String)>,
    spellings: &Spellings,
) -> Option<(OpenQuestion, Question)> {
    let (places, parts): (Vec<Place>, Vec<TablePart>) =
        places.into_iter().filter_map(|place| Some((place, part(table, place, spellings)?))).unzip();
    if parts.is_empty() {
        return None;
    }
    let used: BTreeSet<String> = parts.iter().flat_map(|part| columns_of(part, spellings.dialect)).collect();
    // Where case says nothing, canonical expressions have names in lower case.
    let ignores_case = spellings.dialect.facts().names_ignore_case;
    let is_used = |name: &String| used.contains(name) || ignores_case && used.contains(&name.to_lowercase());
    let columns = columns.filter(|(name, _)| is_used(name));
    let question = Question {
        table: table.name.name.clone(),
        columns: columns.map(|(name, sql_type)| (name.clone(), sql_type)).collect(),
        parts,
    };
    Some((OpenQuestion { is_live, table: table.name.clone(), places }, question))
}

fn part(table: &Table, place: Place, spellings: &Spellings) -> Option<TablePart> {
    match place {
        Place::Type(at) => table.columns[at].sql_type.clone().map(TablePart::Type),
        Place::Default(at) => {
            let column = &table.columns[at];
            let sql = column.default.as_ref()?.canonical.clone();
            Some(TablePart::Default { sql_type: spellings.sql_type(column, table)?, sql })
        }
        Place::Generated(at) => {
            let column = &table.columns[at];
            let sql = column.generated.as_ref()?.expr.canonical.clone();
            Some(TablePart::Generated { sql_type: spellings.sql_type(column, table)?, sql })
        }
        Place::Rule(at) => match table.rules.get(at)? {
            Rule::Check(check) => Some(TablePart::Check(check.expr.canonical.clone())),
            Rule::Index(index) => Some(TablePart::Index(Box::new(index.clone()))),
            Rule::Exclusion(exclusion) => Some(TablePart::Index(Box::new(exclusion.index.clone()))),
            Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::ForeignKey(_) => None,
        },
    }
}

fn columns_of(part: &TablePart, dialect: Dialect) -> BTreeSet<String> {
    match part {
        TablePart::Type(_) | TablePart::Default { .. } => BTreeSet::new(),
        TablePart::Generated { sql, .. } | TablePart::Check(sql) => columns_in(dialect, &Expr::new(sql.clone())),
        TablePart::Index(index) => index_columns(index, dialect),
    }
}

/// Applies an answer, and returns whether it changed anything.
fn take(table: &mut Table, place: Place, part: TablePart, spellings: &Spellings) -> bool {
    match (place, part) {
        (Place::Type(at), TablePart::Type(spelled)) => {
            let sql_type = &mut table.columns[at].sql_type;
            sql_type.replace(spelled.clone()) != Some(spelled)
        }
        (Place::Default(at), TablePart::Default { sql, .. }) => {
            let canonical = (spellings.canonical_default)(&sql, &table.columns[at]);
            let (Some(default), Some(canonical)) = (&mut table.columns[at].default, canonical) else {
                return table.columns[at].default.take().is_some();
            };
            std::mem::replace(&mut default.canonical, canonical) != default.canonical
        }
        (Place::Generated(at), TablePart::Generated { sql, .. }) => {
            table.columns[at].generated.as_mut().is_some_and(|generated| respell(&mut generated.expr, &sql, spellings))
        }
        (Place::Rule(at), part) => table.rules.get_mut(at).is_some_and(|rule| take_rule(rule, part, spellings)),
        // The database answers in kind.
        (
            Place::Type(_) | Place::Default(_) | Place::Generated(_),
            TablePart::Type(_)
            | TablePart::Default { .. }
            | TablePart::Generated { .. }
            | TablePart::Check(_)
            | TablePart::Index(_),
        ) => false,
    }
}

fn take_rule(rule: &mut Rule, part: TablePart, spellings: &Spellings) -> bool {
    match (rule, part) {
        (Rule::Check(check), TablePart::Check(sql)) => respell(&mut check.expr, &sql, spellings),
        (Rule::Index(index) | Rule::Exclusion(Exclusion { index, .. }), TablePart::Index(spelled)) => {
            take_index(index, *spelled, spellings)
        }
        // The database answers in kind.
        (
            Rule::PrimaryKey(_)
            | Rule::Unique(_)
            | Rule::Index(_)
            | Rule::ForeignKey(_)
            | Rule::Check(_)
            | Rule::Exclusion(_),
            TablePart::Type(_)
            | TablePart::Default { .. }
            | TablePart::Generated { .. }
            | TablePart::Check(_)
            | TablePart::Index(_),
        ) => false,
    }
}

fn respell(expr: &mut Expr, sql: &str, spellings: &Spellings) -> bool {
    let canonical = (spellings.canonical)(sql);
    std::mem::replace(&mut expr.canonical, canonical) != expr.canonical
}

fn take_index(index: &mut Index, spelled: Index, spellings: &Spellings) -> bool {
    let before = index.clone();
    if let (Some(predicate), Some(spelled)) = (&mut index.predicate, &spelled.predicate) {
        respell(predicate, &spelled.sql, spellings);
    }
    for (key, spelled) in index.columns.iter_mut().zip(spelled.columns) {
        if let (IndexKey::Expr(expr), IndexKey::Expr(spelled)) = (&mut key.key, &spelled.key) {
            respell(expr, &spelled.sql, spellings);
        }
        // Defaults are left out: a key's own collation, its type's operator class.
        key.collation = spelled.collation;
        key.opclass = key.opclass.take().and(spelled.opclass);
        key.nulls = key.nulls.take().and(spelled.nulls);
    }
    *index != before
}

/// A live table and its definition.
struct ComparedTables<'a> {
    live: &'a Table,
    declared: &'a Table,
    spellings: &'a Spellings,
    /// Live columns' names as they are going to be.
    renames: BTreeMap<String, String>,
}

impl<'a> ComparedTables<'a> {
    fn new(live: &'a Table, declared: &'a Table, spellings: &'a Spellings) -> Self {
        let renames = declared.columns.iter().filter_map(|column| {
            let old = column.hints.renamed_from.as_ref()?;
            let is_pending = live.column(&column.name).is_none() && live.column(old).is_some();
            is_pending.then(|| (old.clone(), column.name.clone()))
        });
        Self { live, declared, spellings, renames: renames.collect() }
    }

    /// Returns the live column that a declared column is compared with.
    fn live_column(&self, declared: &Column) -> Option<&'a Column> {
        self.live_position(declared).map(|at| &self.live.columns[at])
    }

    fn live_position(&self, declared: &Column) -> Option<usize> {
        let becomes = |live: &Column| self.renames.get(&live.name).unwrap_or(&live.name) == &declared.name;
        self.live.columns.iter().position(becomes)
    }

    /// Returns a live expression with the names that its tables and columns are about to get.
    fn renamed(&self, expr: &Expr) -> String {
        if self.renames.is_empty() {
            expr.canonical.clone()
        } else {
            (self.spellings.rename_in)(&expr.canonical, &self.renames)
        }
    }

    /// Returns the places on both sides whose spelling differs. Leaves out a place that has no possible counterpart
    /// on the other side.
    fn open(&self) -> Pair<Vec<Place>> {
        let mut open = Pair::new(Vec::new(), Vec::new());
        for (at, column) in self.declared.columns.iter().enumerate() {
            if let Some(live_at) = self.live_position(column) {
                self.columns(live_at, at, &mut open);
            }
        }
        let speaks = self.declared.speaks;
        if speaks.checks {
            let same = |live: &Check, declared: &Check| self.renamed(&live.expr) == declared.expr.canonical;
            self.rules(|rule| Check::of(rule), same, &mut open);
        }
        if speaks.indexes {
            let same = |live: &Index, declared: &Index| self.same_index(live, declared);
            self.rules(|rule| Index::of(rule).filter(|index| is_open(index)), same, &mut open);
            let held = |rule: &'a Rule| Exclusion::of(rule).map(|rule| &rule.index).filter(|index| is_open(index));
            self.rules(held, same, &mut open);
        }
        open
    }

    fn columns(&self, live_at: usize, at: usize, open: &mut Pair<Vec<Place>>) {
        let (live, declared) = (&self.live.columns[live_at], &self.declared.columns[at]);
        let speaks = self.declared.speaks;
        // A live type is spelled as the database does already.
        if declared.sql_type.as_ref().is_some_and(|stated| live.sql_type.as_ref() != Some(stated)) {
            open.to.push(Place::Type(at));
        }
        if let (true, Some(a), Some(b)) = (speaks.defaults, &live.default, &declared.default)
            && !a.same_as(b)
        {
            open.from.push(Place::Default(live_at));
            open.to.push(Place::Default(at));
        }
        if let (true, Some(a), Some(b)) = (speaks.generated, &live.generated, &declared.generated)
            && self.renamed(&a.expr) != b.expr.canonical
        {
            open.from.push(Place::Generated(live_at));
            open.to.push(Place::Generated(at));
        }
    }

    /// Notes the rules of one kind that have no equal on the other side, where both sides have such rules.
    fn rules<T: 'a>(
        &self,
        of_kind: impl Fn(&'a Rule) -> Option<&'a T>,
        same: impl Fn(&T, &T) -> bool,
        open: &mut Pair<Vec<Place>>,
    ) {
        let all = |table: &'a Table| {
            let rules = table.rules.iter().enumerate();
            rules.filter_map(|(at, rule)| Some((at, of_kind(rule)?))).collect::<Vec<_>>()
        };
        let (live, declared) = unmatched(all(self.live), all(self.declared), same);
        if !live.is_empty() && !declared.is_empty() {
            open.from.extend(live.into_iter().map(Place::Rule));
            open.to.extend(declared.into_iter().map(Place::Rule));
        }
    }

    fn same_index(&self, live: &Index, declared: &Index) -> bool {
        let same_key = |a: &IndexColumn, b: &IndexColumn| {
            let same = match (&a.key, &b.key) {
                (IndexKey::Column(a), IndexKey::Column(b)) => self.renames.get(a).unwrap_or(a) == b,
                (IndexKey::Expr(a), IndexKey::Expr(b)) => self.renamed(a) == b.canonical,
                (IndexKey::Column(_), IndexKey::Expr(_)) | (IndexKey::Expr(_), IndexKey::Column(_)) => false,
            };
            same && a.collation == b.collation && a.opclass == b.opclass && a.nulls == b.nulls
        };
        let predicate = |index: &Index, spelled: &dyn Fn(&Expr) -> String| index.predicate.as_ref().map(spelled);
        predicate(live, &|expr| self.renamed(expr)) == predicate(declared, &|expr| expr.canonical.clone())
            && live.columns.len() == declared.columns.len()
            && live.columns.iter().zip(&declared.columns).all(|(a, b)| same_key(a, b))
    }
}

/// Checks whether an index contains anything that can be spelled in two ways.
fn is_open(index: &Index) -> bool {
    let is_open = |column: &IndexColumn| {
        matches!(column.key, IndexKey::Expr(_))
            || column.collation.is_some()
            || column.opclass.is_some()
            || column.nulls.is_some()
    };
    index.predicate.is_some() || index.columns.iter().any(is_open)
}

/// Returns the positions of the objects that have no equal on the other side: live ones first, then declared ones.
fn unmatched<T>(
    live: Vec<(usize, &T)>,
    declared: Vec<(usize, &T)>,
    same: impl Fn(&T, &T) -> bool,
) -> (Vec<usize>, Vec<usize>) {
    let mut gone = live;
    let mut new = Vec::new();
    for (at, wanted) in declared {
        match gone.iter().position(|(_, live)| same(live, wanted)) {
            Some(found) => {
                gone.remove(found);
            }
            None => new.push(at),
        }
    }
    (gone.into_iter().map(|(at, _)| at).collect(), new)
}

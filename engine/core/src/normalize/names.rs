//! One spelling for every name, where the database ignores case, and columns for foreign keys that
//! leave them unsaid.

use std::collections::{HashMap, HashSet};

use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{ForeignKey, Hints, Pair, Rule, RuleKind as _, Schema, Table, TableName, Tables};

use crate::sql::{expressions_over_rows, rename_columns};

/// Returns the pair with names spelled alike on both sides. The live spelling wins where there is one.
pub(super) fn aligned(mut pair: Pair<Schema>, dialect: Dialect) -> Result<Pair<Schema>> {
    if dialect.facts().names_ignore_case {
        // Two tables that no source defines may differ only in case, where file names may.
        let defined = pair.to.tables.values().filter(|table| table.hints.place.is_some());
        let declared: HashSet<_> = defined.map(|table| folded(&table.name)).collect();
        let counts = |name: &TableName| !dialect.facts().table_names_are_files || declared.contains(&folded(name));
        unambiguous(&pair.from, dialect, counts)?;
        unambiguous(&pair.to, dialect, counts)?;
        pair.to = spelled_as(pair.to, &pair.from);
    }
    // References look at their own side first: it is the one that they were written for.
    let known = pair.as_ref().map(KnownTables::of);
    for (schema, first, second) in [(&mut pair.from, &known.from, &known.to), (&mut pair.to, &known.to, &known.from)] {
        let find = |name: &TableName| first.find(name).or_else(|| second.find(name));
        let is_open = |table: &&Table| leaves_columns_out(table, find) || may_be_respelled(table, dialect, find);
        let open: Vec<TableName> = schema.tables.values().filter(is_open).map(|table| table.name.clone()).collect();
        for name in &open {
            let Some(table) = schema.tables.get_mut(name) else { continue };
            if dialect.facts().names_ignore_case {
                respell_references(table, dialect, find);
            }
            for key in table.rules.foreign_keys_mut().filter(|key| key.referenced_columns.is_empty()) {
                if let Some(known) = find(&key.references) {
                    let columns = known.primary_key.iter().flat_map(|key| &key.columns);
                    key.referenced_columns = columns.map(|name| spelled(name, known).to_owned()).collect();
                }
            }
        }
    }
    Ok(pair)
}

/// Refuses two names that are the same to the database, if one of them `counts`.
fn unambiguous(schema: &Schema, dialect: Dialect, counts: impl Fn(&TableName) -> bool) -> Result<()> {
    let mut diagnostics = Vec::new();
    let tables = schema.tables.values().filter(|table| counts(&table.name));
    let tables = tables.map(|table| (folded(&table.name), table.name.to_string(), &table.hints));
    let is_file = dialect.facts().table_names_are_files;
    let who = if is_file { "a server on a system that ignores case" } else { IGNORES_CASE };
    clashes(tables, ("table", who), &mut diagnostics);
    let is_like_another = |table: &&Table| {
        let mut columns = table.columns.iter().enumerate();
        columns
            .any(|(at, column)| table.columns[..at].iter().any(|other| other.name.eq_ignore_ascii_case(&column.name)))
    };
    for table in schema.tables.values().filter(is_like_another) {
        let columns = table.columns.iter();
        let columns =
            columns.map(|column| (fold(&column.name), format!("{}.{}", table.name, column.name), &column.hints));
        clashes(columns, ("column", IGNORES_CASE), &mut diagnostics);
    }
    Error::unless_clean(diagnostics).map(|_| ())
}

/// Whom two names are one for.
const IGNORES_CASE: &str = "the database, which ignores case";

fn clashes<'a, K: std::hash::Hash + Eq>(
    names: impl Iterator<Item = (K, String, &'a Hints)>,
    (what, who): (&str, &str),
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut seen: HashMap<K, (String, &Hints)> = HashMap::new();
    for (key, name, hints) in names {
        let Some((first, first_hints)) = seen.get(&key) else {
            seen.insert(key, (name, hints));
            continue;
        };
        let message = format!("`{first}` and `{name}` are one {what} to {who}");
        let mut diagnostic = Diagnostic::error(Code::NameDefinedTwice, message)
            .help(format!("give one of the two {what}s another name"));
        for (hints, text) in [(hints, "this name"), (*first_hints, "is also this one")] {
            if let Some(place) = &hints.place {
                diagnostic = diagnostic.at(place.clone(), text);
            }
        }
        diagnostics.push(diagnostic);
    }
}

/// Returns the declared schema with the live spelling of tables, columns and constraints. Tables that are spelled so
/// already stay shared.
fn spelled_as(mut declared: Schema, live: &Schema) -> Schema {
    let live_tables: HashMap<_, _> = live.tables.values().map(|table| (folded(&table.name), table)).collect();
    // A name as it is written comes before one that is spelled otherwise.
    let find = |name: &TableName| live.tables.get(name).or_else(|| live_tables.get(&folded(name)).copied());
    let is_open = |table: &&Table| !is_spelled_as(table, find(&table.name));
    let open: Vec<TableName> = declared.tables.values().filter(is_open).map(|table| table.name.clone()).collect();
    for name in &open {
        let Some(mut table) = declared.tables.remove(name) else { continue };
        let mut same = find(&table.name);
        if let Some(live) = same {
            table.name = live.name.clone();
        }
        if let Some(old_name) = &mut table.hints.renamed_from {
            let old = TableName { schema: table.name.schema.clone(), name: old_name.clone() };
            if let Some(live) = find(&old) {
                old_name.clone_from(&live.name.name);
                // A table that is about to be renamed is compared with the live one with its old name.
                same = same.or(Some(live));
            }
        }
        if let Some(live) = same {
            spell_members(&mut table, live);
        }
        declared.insert(table);
    }
    declared
}

/// Returns whether a definition spells all names as the live table does, and states no old name.
fn is_spelled_as(table: &Table, live: Option<&Table>) -> bool {
    let mut hints = table.columns.iter().map(|column| &column.hints).chain([&table.hints]);
    if hints.any(|hints| hints.renamed_from.is_some()) {
        return false;
    }
    let Some(live) = live else { return true };
    let there: Vec<&str> = constraint_names(live).collect();
    let is_said = |name: &str| there.contains(&name) || !there.iter().any(|known| known.eq_ignore_ascii_case(name));
    table.name == live.name
        && table.columns.iter().all(|column| spelled(&column.name, live) == column.name)
        && constraint_names(table).all(is_said)
}

fn constraint_names(table: &Table) -> impl Iterator<Item = &str> {
    table.primary_key.iter().filter_map(|key| key.name.as_deref()).chain(table.rules.iter().filter_map(Rule::name))
}

fn spell_members(table: &mut Table, live: &Table) {
    let columns = Spelling::of(live.columns.iter().map(|column| column.name.as_str()));
    for column in &mut table.columns {
        // A rename that only changes case is still to be done as long as the live column has the old spelling.
        let is_spelling = column.hints.renamed_from.as_ref().is_some_and(|old| fold(old) == fold(&column.name));
        let is_open =
            is_spelling && live.columns.iter().any(|live| Some(&live.name) == column.hints.renamed_from.as_ref());
        if !is_open {
            columns.apply(&mut column.name);
        }
        column.hints.renamed_from.iter_mut().for_each(|name| columns.apply(name));
    }
    let constraints = Spelling::of(constraint_names(live));
    (table.primary_key.iter_mut().filter_map(|key| key.name.as_mut()))
        .chain(table.rules.iter_mut().filter_map(|rule| rule.name_mut().as_mut()))
        .for_each(|name| constraints.apply(name));
}

/// Returns whether a foreign key names no columns of a table that is known.
fn leaves_columns_out<'a>(table: &Table, find: impl Fn(&TableName) -> Option<&'a Table>) -> bool {
    let mut unsaid = table.rules.foreign_keys().filter(|key| key.referenced_columns.is_empty());
    unsaid.any(|key| find(&key.references).is_some())
}

/// Returns whether a table may spell a reference differently from what it refers to. Most tables don't, and looking
/// costs less than copying.
fn may_be_respelled<'a>(table: &Table, dialect: Dialect, find: impl Fn(&TableName) -> Option<&'a Table>) -> bool {
    if !dialect.facts().names_ignore_case {
        return false;
    }
    let is_parent_spelled = |key: &ForeignKey| {
        let is_known = |known: &Table| {
            let mut columns = key.referenced_columns.iter();
            known.name == key.references && columns.all(|name| known.column(name).is_some())
        };
        find(&key.references).is_none_or(is_known)
    };
    // Expressions hold names too.
    let is_spelled = |rule: &Rule| {
        rule.expressions().is_empty()
            && rule.columns().into_iter().all(|name| table.column(name).is_some())
            && ForeignKey::of(rule).is_none_or(is_parent_spelled)
    };
    let is_own = |name: &String| table.column(name).is_some();
    let is_key_spelled = table.primary_key.as_ref().is_none_or(|key| key.columns.iter().all(is_own));
    let is_computed = table.columns.iter().any(|column| column.generated.is_some());
    is_computed || !is_key_spelled || !table.rules.iter().all(is_spelled)
}

/// Spells a table's references like the things that they refer to: its own columns, in expressions too, and other
/// tables with their columns.
fn respell_references<'a>(table: &mut Table, dialect: Dialect, find: impl Fn(&TableName) -> Option<&'a Table>) {
    let columns = Spelling::of(table.columns.iter().map(|column| column.name.as_str()));
    if let Some(key) = &mut table.primary_key {
        columns.apply_all(&mut key.columns);
    }
    table.rules.iter_mut().flat_map(Rule::columns_mut).for_each(|name| columns.apply(name));
    for key in table.rules.foreign_keys_mut() {
        if let Some(known) = find(&key.references) {
            key.references = known.name.clone();
            for name in &mut key.referenced_columns {
                *name = spelled(name, known).to_owned();
            }
        }
    }
    // A rename to itself is a respelling.
    let renames = table.columns.iter().map(|column| (column.name.clone(), column.name.clone())).collect();
    for expr in expressions_over_rows(table) {
        *expr = rename_columns(dialect, expr, &renames);
    }
}

/// Returns a column's name as its table spells it, or unchanged if the table has no such column.
fn spelled<'a>(name: &'a str, table: &'a Table) -> &'a str {
    let mut alike = table.columns.iter().filter(|column| column.name.eq_ignore_ascii_case(name));
    let column = table.column(name).or_else(|| alike.next());
    column.map_or(name, |column| &column.name)
}

/// The tables of a schema by their names.
struct KnownTables {
    tables: Tables,
    /// By their names in small letters.
    folded: HashMap<(Option<String>, String), TableName>,
}

impl KnownTables {
    fn of(schema: &Schema) -> Self {
        let folded = schema.tables.keys().map(|name| (folded(name), name.clone())).collect();
        Self { tables: schema.tables.clone(), folded }
    }

    /// Returns the table of this name. A name as it is written comes before one that is spelled otherwise.
    fn find(&self, name: &TableName) -> Option<&Table> {
        self.tables.get(name).or_else(|| self.tables.get(self.folded.get(&folded(name))?))
    }
}

/// Names by their folded form.
struct Spelling(HashMap<String, String>);

impl Spelling {
    fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self(names.map(|name| (fold(name), name.to_owned())).collect())
    }

    fn apply(&self, name: &mut String) {
        if let Some(spelled) = self.0.get(&fold(name)) {
            name.clone_from(spelled);
        }
    }

    fn apply_all(&self, names: &mut [String]) {
        names.iter_mut().for_each(|name| self.apply(name));
    }
}

/// Returns the name as SQLite folds it. SQLite folds ASCII letters only: `É` and `é` are two names.
fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn folded(name: &TableName) -> (Option<String>, String) {
    (name.schema.as_deref().map(fold), fold(&name.name))
}

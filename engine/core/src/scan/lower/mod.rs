//! From definitions to schemas of one dialect: names resolved, types mapped, literals spelled.
//!
//! Nothing here reads files or asks a database, so an expression stays the text that the author wrote.

mod enums;
mod mysql;
mod names;
mod postgres;
pub(super) mod references;
mod renames;
mod rules;
mod sqlite;
mod table;
mod types;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cfg;
use super::{Definition, Definitions, Join};
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic};
use crate::gate;
use crate::model::{Deferrable, ForeignKey, Hints, STATE_TABLES, Schema, Table, TableName};
use names::{Names, OwnedDefinition, Scope};

/// Schemas of all owners, as their sources want them.
#[derive(Debug, Clone, Default)]
pub struct Lowered {
    /// What each owner wants; an owner without tables has an empty schema.
    pub schemas: BTreeMap<String, Schema>,
    /// What is wrong with the sources.
    pub diagnostics: Vec<Diagnostic>,
}

/// Lowers the definitions of all owners at once, for references cross from one to the other.
///
/// What a condition reserves for another database (`#[cfg(feature = "postgres")]`) is left out; of
/// several definitions of one table, the one that is reserved for this dialect counts.
/// A table that is referenced but defined nowhere keeps the name by which it is referenced. Tables that
/// belong to the database, to Diesel or to this program are not an owner's, though they may be read by one.
///
/// Permissions (`#[allow]`) of a table hold for its columns and rules too, and those of a column for
/// its rules.
///
/// # Diagnostics
/// * `table-defined-twice`, `column-defined-twice`: two definitions of one thing
/// * `enum-defined-twice`: two definitions of one enumerated type
/// * `enum-type-not-found` (warning): an enum holds its values in a type that can't be seen
/// * `rename-circle`: names that are taken from one another
/// * `type-not-in-dialect`: a column of an `autogen::table!` has a type that the dialect lacks
/// * `type-not-seen` (note): stock columns have types that no source in sight defines
/// * `unknown-column`, `ambiguous-table`: a reference points at nothing, or at several tables
/// * `unbounded-key`, `key-types`, `check-on-numbered`: MySQL takes no such table
/// * `unknown-hazard`: `#[allow]` names a hazard that doesn't exist
/// * `not-an-expression`, `not-a-type`, `not-a-name`: a text may not become part of a SQL statement
/// * `joinable-of-another`, `joinable-unknown-table` (warnings), `joinable-to-several` (note): a `joinable!` that
///   makes no foreign key
pub fn lower(definitions: &[Definitions], dialect: Dialect) -> Lowered {
    let mut lowered = Lowered::default();
    let known = choose(definitions, dialect, &mut lowered.diagnostics);
    let names = Names::new(&known);
    let enums = enums::by_type(definitions, dialect);
    let sql_types = definitions.iter().flat_map(|definitions| &definitions.sql_types).collect();
    let mut by_owner: HashMap<&str, Vec<&OwnedDefinition<'_>>> = HashMap::new();
    known.iter().for_each(|known| by_owner.entry(known.owner).or_default().push(known));
    for own in definitions {
        let (names, sql_types, enums, diagnostics) = (&names, &sql_types, &enums, &mut lowered.diagnostics);
        let mut context = table::Context { dialect, names, own, sql_types, enums, diagnostics };
        let schema = lowered.schemas.entry(own.owner.clone()).or_default();
        for known in by_owner.remove(own.owner.as_str()).into_iter().flatten() {
            let table = table::lower(known, &mut context);
            renames::check_columns(&table, &mut context);
            schema.insert(table);
        }
        renames::check_tables(schema, &mut context);
        for join in own.joins.iter().filter(|join| cfg::under(&join.cfgs, dialect) != Some(false)) {
            add_join(join, &own.owner, schema, &mut context);
        }
        schema.tables.values_mut().for_each(|table| leave_out_unclear_joins(table, &mut lowered.diagnostics));
        enums::note_unseen(&own.owner, schema, dialect, &mut lowered.diagnostics);
    }
    enums::add(definitions, dialect, &mut lowered);
    match dialect {
        // Anything else that they refuse depends on rows, or on the live database.
        Dialect::Sqlite | Dialect::Postgres => {}
        Dialect::Mysql => {
            let refused = mysql::refused(&lowered.schemas);
            lowered.diagnostics.extend(refused);
        }
    }
    let unfit = lowered.schemas.values().flat_map(|schema| gate::check(schema, dialect));
    lowered.diagnostics.extend(unfit.collect::<Vec<_>>());
    lowered
}

/// Chooses one definition per table, and reports others.
fn choose<'d>(all: &'d [Definitions], dialect: Dialect, diagnostics: &mut Vec<Diagnostic>) -> Vec<OwnedDefinition<'d>> {
    let folded = |name: TableName| {
        let fold = |text: String| if dialect.facts().names_ignore_case { text.to_ascii_lowercase() } else { text };
        TableName { schema: name.schema.map(fold), name: fold(name.name) }
    };
    // In the order of owners, files and lines.
    let mut order = Vec::new();
    let mut groups: BTreeMap<TableName, Vec<OwnedDefinition<'d>>> = BTreeMap::new();
    for definitions in all {
        for definition in &definitions.tables {
            let name = folded(definition.name());
            if cfg::under(&definition.cfgs, dialect) == Some(false) || is_housekeeping(&name, dialect) {
                continue;
            }
            let group = groups.entry(name.clone()).or_default();
            if group.is_empty() {
                order.push(name);
            }
            group.push(OwnedDefinition { owner: &definitions.owner, definition });
        }
    }
    let mut chosen = Vec::new();
    for name in order {
        let group = only_the_dialects_own(groups.remove(&name).unwrap_or_default(), dialect);
        let [first, others @ ..] = group.as_slice() else { continue };
        let is_same = |other: &&OwnedDefinition<'_>| {
            other.owner == first.owner && first.definition.is_same_elsewhere(other.definition)
        };
        if !others.iter().all(|other| is_same(&other)) {
            diagnostics.push(defined_twice(first, others));
        }
        chosen.push(*first);
    }
    chosen
}

/// Checks whether a table is the database's own, Diesel's or this program's.
fn is_housekeeping(name: &TableName, dialect: Dialect) -> bool {
    let databases = match dialect {
        Dialect::Sqlite => name.name.starts_with("sqlite_"),
        // Without a schema, such a name refers to the catalog first.
        Dialect::Postgres => name.schema.as_deref().unwrap_or(&name.name).starts_with("pg_"),
        Dialect::Mysql => matches!(name.schema.as_deref(), Some("mysql" | "performance_schema" | "sys")),
    };
    let catalogs = matches!(name.schema.as_deref(), Some("pg_catalog" | "information_schema"));
    databases || catalogs || STATE_TABLES.contains(&name.name.as_str())
}

/// Keeps an owner's definition under a condition for this dialect, where there is exactly one. Drops that owner's
/// others.
fn only_the_dialects_own<'d>(group: Vec<OwnedDefinition<'d>>, dialect: Dialect) -> Vec<OwnedDefinition<'d>> {
    // Without any condition a definition is for every dialect, which doesn't make it this one's own.
    let reserved = |known: &OwnedDefinition<'d>| {
        let cfgs = &known.definition.cfgs;
        !cfgs.is_empty() && cfg::under(cfgs, dialect) == Some(true)
    };
    let count = |owner| group.iter().filter(|known| known.owner == owner && reserved(known)).count();
    group.iter().filter(|known| count(known.owner) != 1 || reserved(known)).copied().collect()
}

fn defined_twice(first: &OwnedDefinition<'_>, others: &[OwnedDefinition<'_>]) -> Diagnostic {
    let name = first.definition.name();
    let one_owner = others.iter().all(|other| other.owner == first.owner);
    let (message, help) = if one_owner {
        (
            format!("table `{name}` is defined twice in {}", first.owner),
            "remove one, tell them apart by conditions such as `#[cfg(feature = \"sqlite\")]`, or state in `sources` \
             which files define tables"
                .to_owned(),
        )
    } else {
        let other = others.iter().find(|other| other.owner != first.owner).map_or(first.owner, |other| other.owner);
        (
            format!("table `{name}` is defined by {} and by {other}", first.owner),
            "a table has one owner: keep one definition, and import it where the other one is".to_owned(),
        )
    };
    let mut diagnostic = Diagnostic::error(Code::TableDefinedTwice, message)
        .at(first.definition.place(), format!("first, in {}", first.owner))
        .help(help);
    for other in others {
        diagnostic = diagnostic.at(other.definition.place(), format!("again, in {}", other.owner));
    }
    diagnostic
}

/// Leaves out joins of one column to several tables, such as an owner that is a user or a team. Such a column doesn't
/// certainly reference any of them, so these joins say nothing about foreign keys.
fn leave_out_unclear_joins(table: &mut Table, diagnostics: &mut Vec<Diagnostic>) {
    let rivals = |key: &ForeignKey| {
        let others = table.rules.foreign_keys();
        others.filter(|other| other.columns == key.columns && other.references != key.references).count()
    };
    let unclear: Vec<ForeignKey> =
        table.rules.foreign_keys().filter(|key| key.is_of_join() && rivals(key) > 0).cloned().collect();
    table.rules.retain_of::<ForeignKey>(|key| !unclear.contains(key));
    let columns: BTreeSet<&String> = unclear.iter().flat_map(|key| &key.columns).collect();
    for column in columns {
        let joins = || unclear.iter().filter(|key| key.columns.contains(column));
        let parents: Vec<String> = joins().map(|key| format!("`{}`", key.references)).collect();
        let message = format!(
            "`joinable!` joins `{}.{column}` to {}: no foreign key is taken from that",
            table.name,
            parents.join(" and ")
        );
        let place = joins().find_map(|key| key.hints.place.clone());
        let mut diagnostic = Diagnostic::note(Code::JoinableToSeveral, message)
            .help("a key that exists stays as it is; state one by `#[references(...)]` to have it compared");
        if let Some(place) = place {
            diagnostic = diagnostic.at(place, "");
        }
        diagnostics.push(diagnostic);
    }
}

/// Adds the foreign key that a `joinable!` implies, unless the table states it itself.
fn add_join(join: &Join, owner: &str, schema: &mut Schema, context: &mut table::Context<'_, '_>) {
    let place = |span| join.file.place(span);
    let (child, parent, column) = (&join.join.child, &join.join.parent, &join.join.column);
    let scope = Scope { file: &join.file, modules: &join.modules };
    let resolved = match context.names.resolve(child, owner, &scope) {
        names::Resolved::One(known) => known,
        names::Resolved::None(name) if is_housekeeping(&name, context.dialect) => return,
        names::Resolved::None(_) => {
            let message = format!("`joinable!` is about the table `{}`, whose definition can't be seen", child.name());
            let help = "the foreign key isn't compared; write the `table!` out where the scanner can read it";
            context.diagnostics.push(
                Diagnostic::warning(Code::JoinableUnknownTable, message).at(place(child.name().span()), "").help(help),
            );
            return;
        }
        names::Resolved::Several(several) => {
            context.diagnostics.push(names::ambiguous(child, &several, &join.file));
            return;
        }
    };
    if resolved.owner != owner {
        let message = format!(
            "this `joinable!` makes no foreign key: the table `{}` belongs to {}",
            child.name(),
            resolved.owner
        );
        context.diagnostics.push(
            Diagnostic::warning(Code::JoinableOfAnother, message)
                .at(place(child.name().span()), "")
                .help(format!("state the foreign key in {}, which owns the referencing column", resolved.owner)),
        );
        return;
    }
    let Some(own) = resolved.definition.table.column(column) else {
        context.diagnostics.push(names::unknown_column(resolved.definition, column, &join.file));
        return;
    };
    let columns = vec![own.database_name()];
    let references = context.referenced(parent, owner, &scope).0;
    let Some(table) = schema.tables.get_mut(&resolved.definition.name()) else { return };
    let facts = context.dialect.facts();
    let states_it = table.rules.foreign_keys().any(|key| {
        key.columns == columns
            && key.references.schema == references.schema
            && facts.same_name(&key.references.name, &references.name)
    });
    if states_it || table.column(&columns[0]).is_none() {
        return;
    }
    table.rules.push(ForeignKey {
        name: None,
        columns,
        references,
        referenced_columns: Vec::new(),
        on_delete: None,
        on_update: None,
        deferrable: Deferrable::No,
        match_full: false,
        dangling: false,
        validated: true,
        inline: true,
        comment: None,
        hints: Hints { place: Some(place(column.span())), allow: table.hints.allow.clone(), ..Hints::default() },
    });
}

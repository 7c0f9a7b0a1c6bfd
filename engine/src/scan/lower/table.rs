//! One definition becomes one table of the model.

use std::collections::{BTreeMap, BTreeSet};

use autogen_syntax as syntax;
use autogen_syntax::{DefaultValue, TableRef};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

use super::names::{Known, Names, Resolved, ambiguous};
use super::rules::{add_rules, lacks, too_long};
use super::{Definition, Diagnostic, enums, mysql, postgres, sqlite, types};
use crate::dialect::{Dialect, Feature, NamedType};
use crate::model::{
    Allow, Column, DataType, Expr, Generated, Hints, Numbering, PrimaryKey, RenamedValues, Speaks, Table, TableName,
    TableOptions,
};
use crate::plan::HazardKind;
use crate::scan::{Cfg, Macro, SourceFile, cfg};

/// What lowering needs to know beside the definition itself.
pub(super) struct Context<'a, 'd> {
    pub(super) dialect: Dialect,
    pub(super) names: &'a Names<'d>,
    /// The hosts' own SQL types: Rust name -> dialect -> name there.
    pub(super) sql_types: BTreeMap<&'d String, &'d BTreeMap<&'static str, TableName>>,
    /// The same by the file that a table stands in: its own types are meant first.
    pub(super) types_of_files: BTreeMap<&'d (SourceFile, String), &'d BTreeMap<&'static str, TableName>>,
    /// Enums by the Rust names of the types that hold their values.
    pub(super) enums: &'a BTreeMap<String, &'d autogen_syntax::SqlEnum>,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'d> Context<'_, 'd> {
    /// The database's name of a referenced table, and its definition where there is one.
    pub(super) fn referenced(
        &mut self,
        reference: &TableRef,
        owner: &str,
        file: &SourceFile,
    ) -> (TableName, Option<&'d Definition>) {
        match self.names.resolve(reference, owner, file) {
            Resolved::One(known) => (known.definition.name(), Some(known.definition)),
            Resolved::None(name) => (name, None),
            Resolved::Several(several) => {
                self.diagnostics.push(ambiguous(reference, &several, file));
                (several[0].definition.name(), Some(several[0].definition))
            }
        }
    }
}

/// A doc comment as the database keeps it; some keep only so many characters.
fn comment(doc: &Option<String>, speaks: Speaks, most: usize, dialect: Dialect) -> Option<String> {
    let doc = doc.as_ref().filter(|_| speaks.comments)?;
    Some(match dialect {
        Dialect::Sqlite | Dialect::Postgres => doc.clone(),
        Dialect::Mysql => super::mysql::comment(doc, most),
    })
}

/// Lowers one definition.
pub(super) fn lower(known: &Known<'_>, context: &mut Context<'_, '_>) -> Table {
    let definition = known.definition;
    let (source, file) = (&definition.table, &definition.file);
    let mut table = Table::new(definition.name());
    table.speaks = speaks(definition);
    table.comment = comment(&source.doc, table.speaks, 2048, context.dialect);
    table.options = match context.dialect {
        Dialect::Sqlite => TableOptions {
            strict: source.strict.is_some(),
            without_rowid: source.without_rowid.is_some(),
            ..TableOptions::default()
        },
        // A definition for several databases states them for the one that has them.
        Dialect::Postgres => TableOptions::default(),
        Dialect::Mysql => TableOptions {
            engine: source.engine.as_ref().map(LitStr::value),
            collation: source.collate.as_ref().map(LitStr::value),
            ..TableOptions::default()
        },
    };
    table.hints = Hints {
        renamed_from: source.renamed_from.as_ref().map(|old| old.name.clone()),
        moved_from: source.moved_from.as_ref().map(|owner| owner.name.clone()),
        allow: allow(&source.allow, file, context.diagnostics),
        ..at(file, source.name.span())
    };

    let mut columns: Vec<&syntax::Column> = Vec::new();
    for column in source.columns.iter().filter(|column| is_compiled(column, context)) {
        if definition.whose == Macro::Autogen || !columns.iter().any(|earlier| other_name(earlier, column)) {
            columns.push(column);
        }
    }
    table.columns = columns.iter().map(|column| lower_column(column, &table, definition, context)).collect();
    no_column_twice(&table, context);

    let mut key: Vec<String> = match &source.primary_key {
        Some(key) => {
            key.iter().map(|name| column_name(source, name)).filter(|name| table.column(name).is_some()).collect()
        }
        None => {
            columns.iter().filter(|column| column.name.unraw() == "id").map(|c| c.database_name()).take(1).collect()
        }
    };
    let mut seen = BTreeSet::new();
    key.retain(|column| source.no_primary_key.is_none() && seen.insert(column.clone()));
    for column in &mut table.columns {
        // Diesel refuses NULL in keys, whatever SQLite may tolerate.
        column.nullable &= !key.contains(&column.name);
        // A stock table may say so of other columns too, for databases that can.
        let numbers_any = match context.dialect {
            Dialect::Sqlite | Dialect::Postgres => false,
            Dialect::Mysql => true,
        };
        column.auto_increment &= numbers_any || column.numbering.is_some() || key.len() == 1 && key[0] == column.name;
    }
    table.primary_key = source.no_primary_key.is_none().then_some(PrimaryKey { name: None, columns: key });

    let allowed = table.hints.allow.clone();
    add_rules(&source.rules, false, &allowed, &mut table, known, context);
    for (position, column) in columns.iter().enumerate() {
        let allowed = table.columns[position].hints.allow.clone();
        add_rules(&column.rules, true, &allowed, &mut table, known, context);
    }
    too_long(&table, context);
    table
}

fn is_compiled(column: &syntax::Column, context: &Context<'_, '_>) -> bool {
    let cfgs = Cfg::of(&column.attributes);
    !cfg::never(&cfgs) && cfg::under(&cfgs, context.dialect) != Some(false)
}

/// Whether two columns of a stock table are two names of one.
fn other_name(column: &syntax::Column, other: &syntax::Column) -> bool {
    column.name.unraw() != other.name.unraw() && column.database_name() == other.database_name()
}

fn no_column_twice(table: &Table, context: &mut Context<'_, '_>) {
    let facts = context.dialect.facts();
    for (position, column) in table.columns.iter().enumerate() {
        let Some(first) = table.columns[..position].iter().find(|earlier| facts.same_name(&earlier.name, &column.name))
        else {
            continue;
        };
        let message = format!("table `{}` has two columns called `{}`", table.name, first.name);
        let mut diagnostic = Diagnostic::error("column-defined-twice", message)
            .help("give one another name, or tell them apart by conditions such as `#[cfg(feature = \"sqlite\")]`");
        for (place, text) in [(&first.hints.place, "first"), (&column.hints.place, "again")] {
            if let Some(place) = place {
                diagnostic = diagnostic.at(place.clone(), text);
            }
        }
        context.diagnostics.push(diagnostic);
    }
}

/// A stock table speaks for a part once one of autogen's attributes is about it.
fn speaks(definition: &Definition) -> Speaks {
    let table = &definition.table;
    match definition.whose {
        Macro::Autogen => Speaks::EVERYTHING,
        Macro::Diesel => {
            let columns = &table.columns;
            let rules = || std::iter::once(&table.rules).chain(columns.iter().map(|column| &column.rules));
            Speaks {
                defaults: columns.iter().any(|column| column.default.is_some() || column.on_update.is_some()),
                generated: columns.iter().any(|column| column.generated.is_some()),
                collations: columns.iter().any(|column| column.collate.is_some()),
                auto_increment: columns
                    .iter()
                    .any(|column| column.auto_increment.is_some() || column.identity.is_some()),
                indexes: rules().any(|rules| {
                    !rules.uniques.is_empty() || !rules.indexes.is_empty() || !rules.exclusions.is_empty()
                }),
                foreign_keys: rules().any(|rules| !rules.foreign_keys.is_empty()),
                checks: rules().any(|rules| !rules.checks.is_empty()),
                options: [table.strict, table.without_rowid, table.no_primary_key].iter().any(Option::is_some)
                    || [&table.engine, &table.collate].into_iter().any(Option::is_some),
                ..Speaks::STOCK
            }
        }
    }
}

/// Whether a part is of this database too.
pub(super) fn is_for(only: &Option<Ident>, dialect: Dialect) -> bool {
    only.as_ref().is_none_or(|only| only == dialect.name())
}

fn lower_column(
    source: &syntax::Column,
    table: &Table,
    definition: &Definition,
    context: &mut Context<'_, '_>,
) -> Column {
    let file = &definition.file;
    let (data_type, nullable) = types::data_type(source, &definition.table);
    let mut column = Column::new(source.database_name(), data_type);
    column.nullable = nullable;
    column.sql_type = sql_type(source, &column.data_type, file, context);
    column.default = source.default.as_ref().map(|default| match context.dialect {
        Dialect::Sqlite => Expr::new(sqlite::default(&default.value, &column.data_type)),
        Dialect::Postgres => Expr::new(postgres::default(&default.value, &column.data_type)),
        Dialect::Mysql => Expr::new(mysql::default(&default.value, &column.data_type, column.sql_type.as_deref())),
    });
    if let Some(on_update) = source.on_update.as_ref().filter(|on_update| is_for(&on_update.only, context.dialect)) {
        lacks(Feature::OnUpdate, context, file.place(on_update.span));
        let moment = mysql::default(&DefaultValue::Now, &column.data_type, column.sql_type.as_deref());
        column.on_update = Some(Expr::new(moment));
    }
    column.generated = source
        .generated
        .as_ref()
        .map(|generated| Generated { expr: Expr::new(generated.expr.value()), stored: generated.stored });
    column.collation = source.collate.as_ref().map(LitStr::value);
    column.auto_increment = source.auto_increment.is_some();
    if let Some(identity) = source.identity.as_ref().filter(|identity| is_for(&identity.only, context.dialect)) {
        lacks(Feature::Identity, context, file.place(identity.span));
        column.auto_increment = true;
        column.numbering = Some(if identity.always { Numbering::Always } else { Numbering::ByDefault });
    }
    column.comment = comment(&source.doc, table.speaks, 1024, context.dialect);
    column.hints = Hints {
        renamed_from: source.renamed_from.as_ref().map(|old| old.name.clone()),
        renamed_values: renamed_values(&column.data_type, context),
        backfill: source.backfill.as_ref().map(LitStr::value),
        allow: together(&allow(&source.allow, file, context.diagnostics), &table.hints.allow),
        ..at(file, source.name.span())
    };
    let spelled = column.sql_type.is_some() || context.dialect.spelling(&column.data_type, &table.options).is_some();
    if !spelled && definition.whose == Macro::Autogen {
        let (dialect, data_type) = (context.dialect, &column.data_type);
        let message = format!("{dialect} has no type `{data_type}`, which column `{}.{}` has", table.name, column.name);
        let span = source.ty.path.segments.last().map_or(source.name.span(), |last| last.ident.span());
        context.diagnostics.push(Diagnostic::error("type-not-in-dialect", message).at(file.place(span), "").help(
            match data_type {
                DataType::Varchar(None) | DataType::Char(None) => {
                    "say how long it may get: `#[max_length = 255]`; or declare it as `Text`".to_owned()
                }
                DataType::Numeric(None) => "say how many digits it has: `#[precision(10, 2)]`".to_owned(),
                _ => format!("say what to store it as: `#[sql_type({dialect} = \"TEXT\")]`"),
            },
        ));
    }
    column
}

/// Values that had other names, where the database has no type that could be told of it.
fn renamed_values(data_type: &DataType, context: &Context<'_, '_>) -> Option<Box<RenamedValues>> {
    let DataType::Other(rust) = data_type else { return None };
    enums::renamed_values(rust, context.enums).filter(|_| !context.dialect.facts().enum_types).map(Box::new)
}

/// The type in the database's words, where the definition or the host's own SQL type states it.
fn sql_type(
    source: &syntax::Column,
    data_type: &DataType,
    file: &SourceFile,
    context: &Context<'_, '_>,
) -> Option<String> {
    let stated = source.sql_types.as_ref().and_then(|types| {
        let own = match context.dialect {
            Dialect::Sqlite => &types.sqlite,
            Dialect::Postgres => &types.postgres,
            Dialect::Mysql => &types.mysql,
        };
        own.as_ref().or(types.any.as_ref()).map(LitStr::value)
    });
    let derived = || {
        let (element, is_array) = match data_type {
            DataType::Array(element, _) => (element.as_ref(), true),
            element => (element, false),
        };
        let DataType::Other(rust) = element else { return None };
        let beside = context.types_of_files.get(&(file.clone(), rust.clone())).copied();
        let name = beside.or_else(|| context.sql_types.get(rust).copied())?.get(context.dialect.name())?;
        match context.dialect {
            Dialect::Sqlite | Dialect::Mysql if is_array => None,
            Dialect::Sqlite => Some(sqlite::declared_type(&name.name)),
            Dialect::Postgres => Some(NamedType { name: name.clone(), is_array }.words()),
            Dialect::Mysql => enums::inline(rust, context.enums).or_else(|| Some(mysql::declared_type(&name.name))),
        }
    };
    let numbered = || match context.dialect {
        Dialect::Sqlite if source.auto_increment.is_some() && *data_type != DataType::Integer => {
            Some(sqlite::AUTO_INCREMENT_TYPE.to_owned())
        }
        Dialect::Sqlite | Dialect::Postgres => None,
        Dialect::Mysql => mysql::sized_type(source),
    };
    stated.or_else(derived).or_else(numbered)
}

pub(super) fn column_name(table: &syntax::Table, name: &Ident) -> String {
    table.column(name).map_or_else(|| name.unraw().to_string(), syntax::Column::database_name)
}

pub(super) fn allow(allowed: &[syntax::Allow], file: &SourceFile, diagnostics: &mut Vec<Diagnostic>) -> Vec<Allow> {
    let mut result = Vec::new();
    for each in allowed {
        match each.hazard.to_string().parse::<HazardKind>() {
            Ok(kind) => {
                let reason = each.reason.as_ref().map(LitStr::value);
                result.push(Allow { hazard: kind.name().to_owned(), reason });
            }
            Err(message) => diagnostics.push(
                Diagnostic::error("unknown-hazard", message)
                    .at(file.place(each.hazard.span()), "")
                    .help("name one of these"),
            ),
        }
    }
    result
}

/// Permissions of an inner object and of what is around it, each hazard once; the inner reason wins.
fn together(inner: &[Allow], outer: &[Allow]) -> Vec<Allow> {
    let named: BTreeSet<&str> = inner.iter().map(|allow| allow.hazard.as_str()).collect();
    let added = outer.iter().filter(|allow| !named.contains(allow.hazard.as_str()));
    inner.iter().chain(added).cloned().collect()
}

pub(super) fn at(file: &SourceFile, span: Span) -> Hints {
    Hints { place: Some(file.place(span)), ..Hints::default() }
}

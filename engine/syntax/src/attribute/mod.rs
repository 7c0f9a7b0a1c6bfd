//! Attributes of tables and columns: which are autogen's, where each may be, and what it sets.
//!
//! `rules` reads the contents of attributes for unique rules, checks and foreign keys, `index` those of indexes
//! and exclusions, `values` all others. `check` decides whether they fit the table.

mod index;
mod options;
mod rules;
mod sort;
mod values;

use syn::{Attribute, LitStr, Meta};

use crate::Macro;
use crate::errors::Errors;
use crate::table::{Allow, Column, OldName, Table};

/// The hazards that `#[allow(...)]` knows, in snake case. Any other word there is a lint.
pub const HAZARDS: &[&str] = &[
    "drop_table",
    "drop_column",
    "delete_rows",
    "drop_enum_value",
    "narrow_type",
    "not_null",
    "new_unique",
    "new_check",
    "new_foreign_key",
    "rebuild",
    "table_rewrite",
    "irreversible",
];

/// The attributes of tables that autogen reads.
pub const TABLE_ATTRIBUTES: &[&str] = &[
    "unique",
    "index",
    "check",
    "foreign_key",
    "exclude",
    "strict",
    "without_rowid",
    "unlogged",
    "system_versioned",
    "engine",
    "collate",
    "row_format",
    "key_block_size",
    "no_primary_key",
    "comment",
    "renamed_from",
    "moved_from",
    "allow",
];

/// The attributes of columns that autogen reads.
pub const COLUMN_ATTRIBUTES: &[&str] = &[
    "unique",
    "index",
    "check",
    "references",
    "default",
    "on_update",
    "generated",
    "auto_increment",
    "identity",
    "precision",
    "collate",
    "invisible",
    "sql_type",
    "comment",
    "backfill",
    "renamed_from",
    "allow",
];

/// The attributes of an enum and of its variants that autogen reads.
const ON_ENUMS: &[&str] = &["sql_name", "sql_schema", "rename_all", "renamed_from", "allow"];

/// The words for a `joinable!` that autogen reads.
const ON_JOINS: &[&str] = &["no_key"];

/// Checks whether a `joinable!` with these attributes only says how to join and states no foreign key:
/// `#[cfg_attr(any(), autogen(no_key))]`.
///
/// ```
/// let attributes = |of: &str| syn::parse_str::<syn::ItemMacro>(&format!("{of} joinable!(a -> b (c));")).unwrap().attrs;
/// assert!(autogen_syntax::joins_without_key(&attributes("#[cfg_attr(any(), autogen(no_key))]")).unwrap());
/// assert!(!autogen_syntax::joins_without_key(&attributes("#[cfg(unix)]")).unwrap());
/// assert!(autogen_syntax::joins_without_key(&attributes("#[cfg_attr(any(), autogen(nokey))]")).is_err());
/// ```
///
/// # Errors
/// Anything else under `autogen(...)`, and `autogen(...)` under a condition that may hold.
pub fn joins_without_key(attributes: &[Attribute]) -> syn::Result<bool> {
    sort::joins_without_key(attributes)
}

/// The contents of the attributes of an enum, or of one of its variants.
#[derive(Default)]
pub(crate) struct OfEnum {
    pub(crate) kept: Vec<Attribute>,
    pub(crate) sql_name: Option<LitStr>,
    pub(crate) sql_schema: Option<LitStr>,
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) renamed_from: Option<OldName>,
    pub(crate) allow: Vec<Allow>,
}

/// Reads attributes of an enum. `is_open` says whether autogen's may be used without a `cfg_attr`.
pub(crate) fn of_enum(attributes: Vec<Attribute>, is_open: bool, errors: &mut Errors) -> OfEnum {
    let sorted = sort::sort_of_enum(attributes, is_open, ON_ENUMS, errors);
    let mut read = OfEnum { kept: sorted.kept, ..OfEnum::default() };
    for meta in sorted.ours {
        let set = match name_of(&meta).as_str() {
            "sql_name" => values::text_literal(&meta).and_then(|text| once(&mut read.sql_name, text, &meta)),
            "sql_schema" => values::text_literal(&meta).and_then(|text| once(&mut read.sql_schema, text, &meta)),
            "rename_all" => values::text_literal(&meta).and_then(|text| once(&mut read.rename_all, text, &meta)),
            other => set_on_either(other, &meta, &mut read.renamed_from, &mut read.allow),
        };
        errors.take(set);
    }
    read
}

pub(crate) fn apply_to_table(attributes: Vec<Attribute>, whose: Macro, table: &mut Table, errors: &mut Errors) {
    let sorted = sort::sort(attributes, whose, "table", TABLE_ATTRIBUTES, errors);
    table.attributes = sorted.kept;
    table.unread.extend(sorted.unread);
    for meta in sorted.ours {
        let applied = set_on_table(&meta, table);
        errors.take(applied);
    }
    for column in &mut table.columns {
        // The table lists them all, because the warning is about the macro that was chosen for it.
        table.unread.append(&mut column.unread);
    }
}

pub(crate) fn apply_to_column(attributes: Vec<Attribute>, whose: Macro, column: &mut Column, errors: &mut Errors) {
    let sorted = sort::sort(attributes, whose, "column", COLUMN_ATTRIBUTES, errors);
    column.attributes = sorted.kept;
    column.unread = sorted.unread;
    for meta in sorted.ours {
        let applied = set_on_column(&meta, column);
        errors.take(applied);
    }
}

fn set_on_table(meta: &Meta, table: &mut Table) -> syn::Result<()> {
    match name_of(meta).as_str() {
        "unique" => table.rules.uniques.push(rules::unique(meta)?),
        "index" => table.rules.indexes.push(index::index(meta)?),
        "check" => table.rules.checks.push(rules::check(meta)?),
        "foreign_key" => table.rules.foreign_keys.push(rules::foreign_key(meta)?),
        "exclude" => table.rules.exclusions.push(index::exclude(meta)?),
        "strict" => once(&mut table.options.strict, values::word(meta)?, meta)?,
        "without_rowid" => once(&mut table.options.without_rowid, values::word(meta)?, meta)?,
        "unlogged" => once(&mut table.options.unlogged, values::word(meta)?, meta)?,
        "system_versioned" => once(&mut table.options.system_versioned, values::word(meta)?, meta)?,
        "engine" => once(&mut table.options.engine, values::engine(meta)?, meta)?,
        "collate" => once(&mut table.options.collate, values::collate(meta)?, meta)?,
        "row_format" => once(&mut table.options.row_format, values::engine(meta)?, meta)?,
        "key_block_size" => once(&mut table.options.key_block_size, values::key_block_size(meta)?, meta)?,
        "no_primary_key" => once(&mut table.no_primary_key, values::word(meta)?, meta)?,
        "comment" => once(&mut table.comment, values::comment(meta)?, meta)?,
        "moved_from" => once(&mut table.moved_from, values::moved_from(meta)?, meta)?,
        other => return set_on_either(other, meta, &mut table.renamed_from, &mut table.allow),
    }
    Ok(())
}

fn set_on_column(meta: &Meta, column: &mut Column) -> syn::Result<()> {
    match name_of(meta).as_str() {
        "unique" => column.rules.uniques.push(rules::column_unique(meta, &column.name)?),
        "index" => column.rules.indexes.push(index::column_index(meta, &column.name)?),
        "check" => column.rules.checks.push(rules::check(meta)?),
        "references" => column.rules.foreign_keys.push(rules::references(meta, &column.name)?),
        "default" => once(&mut column.default, values::default(meta)?, meta)?,
        "on_update" => once(&mut column.on_update, Box::new(values::on_update(meta)?), meta)?,
        "generated" => once(&mut column.generated, values::generated(meta)?, meta)?,
        "auto_increment" => once(&mut column.auto_increment, Box::new(values::auto_increment(meta)?), meta)?,
        "identity" => once(&mut column.identity, Box::new(values::identity(meta)?), meta)?,
        "precision" => once(&mut column.precision, values::precision(meta)?, meta)?,
        "collate" => once(&mut column.collate, values::collate(meta)?, meta)?,
        "invisible" => once(&mut column.invisible, Box::new(values::invisible(meta)?), meta)?,
        "sql_type" => once(&mut column.sql_types, Box::new(values::sql_types(meta)?), meta)?,
        "comment" => once(&mut column.comment, values::comment(meta)?, meta)?,
        "backfill" => once(&mut column.backfill, values::backfill(meta)?, meta)?,
        other => return set_on_either(other, meta, &mut column.renamed_from, &mut column.allow),
    }
    Ok(())
}

fn set_on_either(
    name: &str,
    meta: &Meta,
    renamed_from: &mut Option<OldName>,
    allow: &mut Vec<Allow>,
) -> syn::Result<()> {
    match name {
        "renamed_from" => once(renamed_from, values::renamed_from(meta)?, meta),
        "allow" => {
            allow.extend(values::allow(meta)?);
            Ok(())
        }
        // `sort` lets nothing else through.
        other => Err(syn::Error::new_spanned(meta, format!("`{other}` isn't read here"))),
    }
}

fn once<T>(slot: &mut Option<T>, value: T, meta: &Meta) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(syn::Error::new_spanned(meta, format!("`{}` is given twice", name_of(meta)))),
    }
}

fn name_of(meta: &Meta) -> String {
    meta.path().get_ident().map(ToString::to_string).unwrap_or_default()
}

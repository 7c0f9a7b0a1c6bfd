//! Enums become types of the model, on databases that have such types.

use std::collections::{BTreeMap, BTreeSet};

use autogen_syntax::{EnumMacro, SqlEnum, SqlEnumType};

use super::{Definitions, Diagnostic, Dialect, Lowered, table};
use crate::error::Code;
use crate::model::{
    Column, DataType, EnumSpeaks, EnumType, EnumValue, Hints, Pair, RenamedValues, Schema, TableName, whose,
};
use crate::scan::{EnumDefinition, cfg};
use crate::sql::NamedType;

/// Adds the enumerated types of all owners to their schemas.
///
/// A type whose values are defined is judged. Of a type that is only named, by a stock `#[derive(SqlType)]`, it isn't
/// known whether it is enumerated at all. It is noted, so that it isn't taken for a type that nothing defines.
pub(super) fn add(definitions: &[Definitions], dialect: Dialect, lowered: &mut Lowered) {
    if !dialect.facts().enum_types {
        return;
    }
    let mut known: BTreeMap<TableName, (&str, &EnumDefinition)> = BTreeMap::new();
    for own in definitions {
        let is_meant = |found: &&EnumDefinition| cfg::under(&found.cfgs, dialect) != Some(false);
        for found in own.enums.iter().filter(is_meant) {
            for name in names(found, own, definitions, dialect, &mut lowered.diagnostics) {
                let lower = lower(found, name.clone(), &mut lowered.diagnostics);
                if let Some((owner, first)) = known.get(&name) {
                    let same_values = lowered.schemas[*owner].enums[&name].values == lower.values;
                    if *owner != own.owner || !same_values {
                        lowered.diagnostics.push(defined_twice(&name, (owner, first), (&own.owner, found)));
                    }
                    continue;
                }
                known.insert(name.clone(), (&own.owner, found));
                lowered.schemas.entry(own.owner.clone()).or_default().enums.insert(name, lower);
            }
        }
    }
    let defined: BTreeSet<TableName> = known.into_keys().collect();
    for own in definitions {
        let types = own.sql_types.values().chain(own.types_of_files.values());
        let named = types.filter_map(|names| names.get(dialect.name()));
        for name in named.filter(|name| !defined.contains(name) && !is_built_in(name, dialect)) {
            let speaks = EnumSpeaks { values: false, order: false, comment: false };
            let noted = EnumType { speaks, ..EnumType::new(name.clone(), Vec::<String>::new()) };
            lowered.schemas.entry(own.owner.clone()).or_default().enums.insert(name.clone(), noted);
        }
    }
}

/// Notes the types of stock columns that no source in sight defines, because a macro's output can't be seen. An
/// `autogen::table!` with such a type is refused.
pub(super) fn note_unseen(owner: &str, schema: &Schema, dialect: Dialect, diagnostics: &mut Vec<Diagnostic>) {
    let tables = schema.tables.values().filter(|table| !table.speaks.lengths);
    let columns = tables.flat_map(|table| table.columns.iter().map(move |column| (column, &table.options)));
    let mut unseen: BTreeMap<&str, &Column> = BTreeMap::new();
    for (column, options) in columns.filter(|(column, _)| column.sql_type.is_none()) {
        let element = match &column.data_type {
            DataType::Array(element, _) => element.as_ref(),
            element => element,
        };
        // A record is Diesel's own, and refused where it matters.
        if let DataType::Other(name) = element
            && name != "Record"
            && dialect.spelling(element, options).is_none()
        {
            unseen.entry(name).or_insert(column);
        }
    }
    let Some((name, column)) = unseen.first_key_value() else { return };
    let others = match unseen.len() - 1 {
        0 => String::new(),
        1 => " and one other".to_owned(),
        others => format!(" and {others} others"),
    };
    let message = format!(
        "{} columns have types that nothing in sight defines, and that aren't compared: `{name}`{others}",
        whose(owner)
    );
    let help = "derive `SqlType` where no macro hides it, or name the column's type: \
                `#[cfg_attr(any(), autogen(sql_type = \"...\"))]`";
    let note = Diagnostic::note(Code::TypeNotSeen, message).help(help);
    diagnostics.push(match &column.hints.place {
        Some(place) => note.at(place.clone(), ""),
        None => note,
    });
}

/// Returns enums by the Rust names of the types that hold their values.
pub(super) fn by_type(all: &[Definitions], dialect: Dialect) -> BTreeMap<String, &SqlEnum> {
    let enums = all.iter().flat_map(|own| &own.enums);
    let meant = enums.filter(|found| cfg::under(&found.cfgs, dialect) != Some(false));
    meant.flat_map(|found| rust_names(&found.item).into_iter().map(|name| (name, &found.item))).collect()
}

/// Returns the type of a column that lists its values itself, as MariaDB's and MySQL's do.
pub(super) fn inline(rust_name: &str, enums: &BTreeMap<String, &SqlEnum>) -> Option<String> {
    let values = &enums.get(rust_name)?.values;
    let values: Vec<_> = values.iter().map(|value| format!("'{}'", value.value.replace('\'', "''"))).collect();
    Some(format!("enum({})", values.join(",")))
}

/// Returns the values of an enum that had other names before.
pub(super) fn renamed_values(rust_name: &str, enums: &BTreeMap<String, &SqlEnum>) -> Option<RenamedValues> {
    let found = enums.get(rust_name)?;
    let renamed = |value: &autogen_syntax::SqlEnumValue| {
        Some(Pair::new(value.renamed_from.as_ref()?.name.clone(), value.value.clone()))
    };
    let names: Vec<_> = found.values.iter().filter_map(renamed).collect();
    (!names.is_empty()).then(|| RenamedValues { of: found.name.to_string(), names })
}

fn rust_names(item: &SqlEnum) -> Vec<String> {
    match &item.sql_type {
        SqlEnumType::Own { rust, .. } => vec![rust.clone()],
        SqlEnumType::Elsewhere(names) => names.iter().map(ToString::to_string).collect(),
    }
}

/// Returns the database types that hold an enum's values.
fn names(
    found: &EnumDefinition,
    own: &Definitions,
    all: &[Definitions],
    dialect: Dialect,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<TableName> {
    let mut names = Vec::new();
    for rust_name in rust_names(&found.item) {
        let owners = std::iter::once(own).chain(all);
        let name =
            owners.filter_map(|owner| owner.sql_types.get(&rust_name)).find_map(|names| names.get(dialect.name()));
        if name.is_some_and(|name| is_built_in(name, dialect)) {
            continue;
        }
        let all_names = several(&rust_name, own, all, dialect);
        if all_names > 1 {
            let message =
                format!("`{}` holds its values in `{rust_name}`, of which there are {all_names}", found.item.name);
            diagnostics.push(
                Diagnostic::warning(Code::EnumTypeNotFound, message)
                    .at(found.place(), "")
                    .help("its values aren't compared; give each of these types a name of its own"),
            );
            continue;
        }
        names.extend(name.cloned());
        // A Diesel enum may also hold its values in a text or a number.
        if name.is_none() && found.whose == EnumMacro::DbEnum {
            let message =
                format!("`{}` holds its values in `{rust_name}`, whose definition can't be seen", found.item.name);
            diagnostics.push(
                Diagnostic::warning(Code::EnumTypeNotFound, message)
                    .at(found.place(), "")
                    .help("its values aren't compared; put the file that derives `SqlType` for it among the sources"),
            );
        }
    }
    names
}

/// Checks whether the database itself provides this type: `#[PgType = "text"]` holds its values in a text.
fn is_built_in(name: &TableName, dialect: Dialect) -> bool {
    let words = NamedType { name: name.clone(), is_array: false }.words();
    !matches!(dialect.data_type(&words), DataType::Other(_))
}

/// Counts the database types that have this name in Rust, in one file or another.
fn several(rust_name: &str, own: &Definitions, all: &[Definitions], dialect: Dialect) -> usize {
    let types = std::iter::once(own).chain(all).flat_map(|definitions| &definitions.types_of_files);
    let meant = types.filter(|((_, rust), _)| rust == rust_name);
    meant.filter_map(|(_, names)| names.get(dialect.name())).collect::<BTreeSet<_>>().len()
}

fn lower(found: &EnumDefinition, name: TableName, diagnostics: &mut Vec<Diagnostic>) -> EnumType {
    let item = &found.item;
    let is_ours = found.whose == EnumMacro::Autogen;
    let value = |value: &autogen_syntax::SqlEnumValue| EnumValue {
        name: value.value.clone(),
        renamed_from: value.renamed_from.as_ref().map(|old| old.name.clone()),
    };
    EnumType {
        name,
        values: item.values.iter().map(value).collect(),
        comment: item.doc.clone().filter(|_| is_ours),
        speaks: EnumSpeaks { values: true, order: is_ours, comment: is_ours },
        users: Vec::new(),
        hints: Hints {
            place: Some(found.place()),
            renamed_from: item.renamed_from.as_ref().map(|old| old.name.clone()),
            moved_from: None,
            renamed_values: None,
            backfill: None,
            allow: table::allow(&item.allow, &found.file, diagnostics),
        },
    }
}

fn defined_twice(name: &TableName, first: (&str, &EnumDefinition), second: (&str, &EnumDefinition)) -> Diagnostic {
    let (message, help) = if first.0 == second.0 {
        (format!("type `{name}` has two lists of values in {}", first.0), "remove one, or give both the same values")
    } else {
        (
            format!("type `{name}` is defined by {} and by {}", first.0, second.0),
            "a type has one owner: keep one definition, and import it where the other one is",
        )
    };
    Diagnostic::error(Code::EnumDefinedTwice, message)
        .at(first.1.place(), format!("first, in {}", first.0))
        .at(second.1.place(), format!("again, in {}", second.0))
        .help(help)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::scan::{lower, read};

    /// Shows each enum as `owner name: values`, then the types of columns, then the codes of diagnostics.
    fn lowered(sources: &[(&str, &str)], dialect: Dialect) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let read_source = |(owner, source): &(&str, &str)| {
            let file = folder.path().join(format!("{owner}.rs"));
            fs::write(&file, source).expect("a file in a temporary folder");
            read(owner, &[file], folder.path())
        };
        let definitions: Vec<Definitions> = sources.iter().map(read_source).collect();
        let lowered = lower(&definitions, dialect);
        let mut lines = Vec::new();
        for (owner, schema) in &lowered.schemas {
            let values = |found: &EnumType| {
                let value = |value: &EnumValue| match &value.renamed_from {
                    Some(old) => format!("{} (was {old})", value.name),
                    None => value.name.clone(),
                };
                if !found.speaks.values {
                    return "unknown".to_owned();
                }
                found.values.iter().map(value).collect::<Vec<_>>().join(", ")
            };
            lines.extend(schema.enums.values().map(|found| format!("{owner} {}: {}", found.name, values(found))));
            let columns = schema.tables.values().flat_map(|table| &table.columns);
            let typed = columns.filter_map(|column| Some((column, column.sql_type.as_ref()?)));
            lines.extend(typed.map(|(column, words)| format!("{} is {words}", column.name)));
        }
        let found = definitions.iter().flat_map(|own| &own.diagnostics).chain(&lowered.diagnostics);
        lines.extend(found.map(|diagnostic| diagnostic.code.to_string()));
        lines
    }

    const STOCK: &str = r#"
        pub mod sql_types {
            #[derive(diesel::sql_types::SqlType)]
            #[diesel(postgres_type(name = "actor_type", schema = "other"))]
            pub struct ActorType;
            #[derive(diesel::sql_types::SqlType)]
            #[diesel(postgres_type(name = "Color"))]
            pub struct Color;
            #[derive(diesel::sql_types::SqlType)]
            #[diesel(postgres_type(name = "ltree"))]
            pub struct Ltree;
        }
        #[cfg_attr(feature = "full", derive(DbEnum))]
        #[cfg_attr(feature = "full", ExistingTypePath = "crate::schema::sql_types::ActorType")]
        #[cfg_attr(feature = "full", DbValueStyle = "verbatim")]
        pub enum ActorKind { Site, #[cfg_attr(any(), autogen(renamed_from("Group")))] Community, #[db_rename = "a person"] Person }
        #[derive(Debug, diesel_derive_enum::DbEnum)]
        enum MyMood { VerySad, HTTPOk }
        #[derive(DbEnum)]
        #[db_enum(pg_type = "size", diesel_type = "SizeSql", value_style = "SCREAMING_SNAKE_CASE")]
        enum Size { XxLarge, #[db_enum(rename = "s")] Small }
        #[derive(diesel::types::Enum)]
        #[diesel(sql_type = sql_types::Color, rename_all = "snake_case")]
        enum Paint { DarkRed, RGBBlue }
        #[derive(Enum)]
        #[diesel(sql_type = diesel::sql_types::Integer)]
        enum Number { One = 1 }
        diesel::table! {
            t (id) { id -> Integer, actor -> sql_types::ActorType, mood -> Nullable<MyMoodMapping>, sizes -> Array<Nullable<SizeSql>>, color -> Color, path -> Ltree }
        }"#;

    #[test]
    fn every_derive_calls_values_its_own_way() {
        assert_eq!(
            lowered(&[("core", STOCK)], Dialect::Postgres),
            [
                "core Color: dark_red, r_g_b_blue",
                "core ltree: unknown",
                "core my_mood: very_sad, http_ok",
                "core size: XX_LARGE, s",
                "core other.actor_type: Site, Community (was Group), a person",
                "actor is other.actor_type",
                "mood is my_mood",
                "sizes is size[]",
                "color is \"Color\"",
                "path is ltree",
            ]
        );
    }

    #[test]
    fn values_stand_in_a_text_or_in_the_column_where_there_are_no_such_types() {
        let source = "autogen::sql_enum! { #[rename_all = \"kebab-case\"] enum Mood { Sad, ItsOk } }
            autogen::table! { t { id -> Integer, mood -> MoodMapping } }";
        assert_eq!(lowered(&[("core", source)], Dialect::Postgres), ["core mood: sad, its-ok", "mood is mood"]);
        assert_eq!(lowered(&[("core", source)], Dialect::Sqlite), ["mood is TEXT"]);
        assert_eq!(lowered(&[("core", source)], Dialect::Mysql), ["mood is enum('sad','its-ok')"]);
    }

    #[test]
    fn a_file_means_its_own_types_and_a_built_in_type_is_no_enum() {
        let of = |schema: &str| {
            format!(
                "mod sql_types {{ #[derive(SqlType)] #[diesel(postgres_type(name = \"kind\", schema = \"{schema}\"))] pub struct Kind; }}
                diesel::table! {{ {schema}.t (id) {{ id -> Integer, kind -> Kind }} }}"
            )
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = ["a", "b"].map(|name| folder.path().join(format!("{name}.rs")));
        files.iter().zip(["a", "b"]).for_each(|(file, name)| fs::write(file, of(name)).expect("a file"));
        let lowered = lower(&[read("core", &files, folder.path())], Dialect::Postgres);
        let tables = lowered.schemas["core"].tables.values();
        let kinds: Vec<_> = tables.filter_map(|table| table.column("kind")?.sql_type.clone()).collect();
        assert_eq!(kinds, ["a.kind", "b.kind"]);
        assert_eq!(lowered.schemas["core"].enums.len(), 2);

        let text = "#[derive(DbEnum)] #[PgType = \"text\"] enum Health { Good, Bad }
            diesel::table! { t (id) { id -> Integer, health -> HealthMapping } }";
        assert_eq!(self::lowered(&[("core", text)], Dialect::Postgres), ["health is text"]);
    }

    #[test]
    fn a_type_has_one_owner_and_whoever_only_names_it_is_not_one() {
        let core = "autogen::sql_enum! { enum Mood { Sad } }";
        let named = "#[derive(SqlType)] #[diesel(postgres_type(name = \"mood\"))] struct M;";
        let both = lowered(&[("core", core), ("usb", named)], Dialect::Postgres);
        assert_eq!(both, ["core mood: sad"]);
        let twice = lowered(&[("core", core), ("usb", core)], Dialect::Postgres);
        assert_eq!(twice, ["core mood: sad", "enum-defined-twice"]);
        let unseen = "#[derive(DbEnum)] #[ExistingTypePath = \"elsewhere::Mood\"] enum Mood { Sad }";
        assert_eq!(lowered(&[("core", unseen)], Dialect::Postgres), ["enum-type-not-found"]);
    }
}

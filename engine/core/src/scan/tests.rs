//! Reading and lowering whole sources.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::dialect::Dialect;
use crate::model::{Action, DataType, Schema, Speaks, Table, UniqueForm};
use crate::plan::HazardKind;

/// Sources of one or more owners: each folder at the top is one.
struct Sources(TempDir);

impl Sources {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = TempDir::new().expect("a temporary folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(root)
    }

    fn read(&self, owner: &str) -> Definitions {
        read(owner, &[self.0.path().join(owner)], self.0.path())
    }

    fn lower(&self, owners: &[&str]) -> (Lowered, Vec<String>) {
        let definitions: Vec<_> = owners.iter().map(|owner| self.read(owner)).collect();
        let mut lowered = lower(&definitions, Dialect::Sqlite);
        let mut diagnostics: Vec<_> = definitions.into_iter().flat_map(|read| read.diagnostics).collect();
        diagnostics.append(&mut lowered.diagnostics);
        (lowered, diagnostics.iter().map(shown).collect())
    }
}

/// Shows a diagnostic as `code places: message`.
fn shown(diagnostic: &Diagnostic) -> String {
    assert!(diagnostic.help.is_some(), "{} states no next step", diagnostic.code);
    let places: Vec<_> = diagnostic.labels.iter().map(|label| label.place.to_string().replace('\\', "/")).collect();
    format!("{} {}: {}", diagnostic.code, places.join(" "), diagnostic.message)
}

/// Lowers one file of the owner `usb`.
fn usb(text: &str) -> (Schema, Vec<String>) {
    let (mut lowered, diagnostics) = Sources::new(&[("usb/lib.rs", text)]).lower(&["usb"]);
    (lowered.schemas.remove("usb").expect("the owner"), diagnostics)
}

fn clean(text: &str) -> Schema {
    let (schema, diagnostics) = usb(text);
    assert_eq!(diagnostics, [""; 0]);
    schema
}

fn names(schema: &Schema) -> Vec<String> {
    schema.tables.keys().map(ToString::to_string).collect()
}

fn only(schema: &Schema) -> &Table {
    assert_eq!(schema.tables.len(), 1);
    schema.tables.values().next().expect("one table")
}

#[test]
fn the_hazards_of_the_grammar_are_those_of_plans() {
    let kinds: Vec<_> = HazardKind::ALL.iter().map(|kind| kind.name().replace('-', "_")).collect();
    assert_eq!(autogen_syntax::HAZARDS, kinds);
}

#[test]
fn tables_are_found_wherever_they_are() {
    let schema = clean(
        "#!/usr/bin/env run-cargo-script
        use diesel::table as t;
        table! { a { id -> Integer } }
        ::diesel::table!(b (x) { x -> Integer });
        t![c { id -> Integer }];
        mod outer { mod inner { diesel::table! { d { id -> Integer } } } }
        fn f() { let _ = { table! { e { id -> Integer } } 1 }; }
        impl S { fn g() { table! { f { id -> Integer } } } }
        macro_rules! mine { ($($t:tt)*) => { diesel::table! { $($t)* } } }
        mine! { g { id -> Integer } }
        prettytable::table!([1, 2], [3, 4]);
        diesel::table! { other.h { id -> Integer } }
        diesel::table! { public.i { id -> Integer } }",
    );
    assert_eq!(names(&schema), ["a", "b", "c", "d", "e", "f", "g", "i", "other.h"]);
}

#[test]
fn what_only_tests_compile_is_left_out() {
    let sources = Sources::new(&[
        (
            "usb/lib.rs",
            "#[cfg(test)] mod fixtures;
            #[cfg(all(test, unix))] mod tests { table! { a { id -> Integer } } }
            #[cfg(test)] table! { b { id -> Integer } }
            #[test] fn t() { table! { c { id -> Integer } } }
            #[cfg(not(test))] mod kept { table! { d { id -> Integer, #[cfg(test)] x -> Text } } }
            #[cfg(feature = \"extra\")] table! { e { id -> Integer } }
            #[cfg(test)] macro_rules! hidden { () => { table! { f { id -> Integer } } } }
            fn g() { #[cfg(test)] table! { g { id -> Integer } } }",
        ),
        ("usb/fixtures.rs", "mod deep; table! { h { id -> Integer } }"),
        ("usb/fixtures/deep.rs", "table! { i { id -> Integer } }"),
        ("usb/only_tests.rs", "#![cfg(test)]\ntable! { j { id -> Integer } }"),
    ]);
    let (lowered, diagnostics) = sources.lower(&["usb"]);
    assert_eq!(diagnostics, [""; 0]);
    assert_eq!(names(&lowered.schemas["usb"]), ["d", "e"]);
    assert_eq!(lowered.schemas["usb"].tables[&TableName::new("d")].columns.len(), 1);
}

#[test]
fn a_mistake_in_one_file_hides_nothing_in_others() {
    let sources = Sources::new(&[
        ("usb/a.rs", "fn broken( { table!"),
        (
            "usb/b.rs",
            "table! { ok { id -> Integer } }\r\n\r\nautogen::table! {\r\n    #[unique(näme)]\r\n    b {\r\n        id -> Integer, #[uniqe] x -> Text }\r\n}",
        ),
        ("usb/c.rs", "this file is not Rust, and nobody minds"),
        ("usb/d.rs", "diesel::table! { c { id > Integer } } joinable!(a -> b);"),
    ]);
    let read = sources.read("usb");
    let found: Vec<_> = read.diagnostics.iter().map(shown).collect();
    assert_eq!(read.tables.len(), 1);
    assert!(found[0].starts_with("rust-syntax usb/a.rs:1:"), "{}", found[0]);
    assert_eq!(found[1], "table-syntax usb/b.rs:4:14: table `b` has no column `näme`; it has: id, x");
    assert!(found[2].starts_with("table-syntax usb/b.rs:6:26: unknown attribute `uniqe` on a column; known: `unique`"));
    assert_eq!(found[3], "table-syntax usb/d.rs:1:25: expected `->`");
    assert!(found[4].starts_with("table-syntax usb/d.rs:1:"), "{}", found[4]);
    assert_eq!(found.len(), 5);
}

#[test]
fn places_cover_the_right_bytes() {
    for text in
        ["// 🦀 é\r\n table! {\r\n  users { id -> Integer } }", "\u{feff}// 🦀\n\n  table! { users { id -> Integer } }"]
    {
        let sources = Sources::new(&[("usb/lib.rs", text)]);
        let place = sources.read("usb").tables[0].place();
        assert_eq!(&text[place.span.clone()], "users", "{text:?}");
        assert_eq!(place.line, 3);
    }
}

#[test]
fn a_missing_source_is_reported() {
    let read = read("usb", &[PathBuf::from("/nowhere/at/all")], std::path::Path::new("/nowhere"));
    assert!(shown(&read.diagnostics[0]).starts_with("no-such-source : can't read the source `at/all`"));
}

#[test]
fn stock_tables_speak_for_little_and_ours_for_all() {
    let stock = clean("diesel::table! { users { id -> Integer, #[max_length = 9] name -> Nullable<Varchar> } }");
    assert_eq!(only(&stock).speaks, Speaks::STOCK);
    assert_eq!(only(&stock).columns[1].data_type, DataType::Varchar(Some(9)));
    assert!(only(&stock).columns[1].nullable);

    let some = clean(
        "diesel::table! { users { id -> Integer, #[cfg_attr(any(), autogen(default = \"it's\", index))] name -> Text } }",
    );
    assert_eq!(only(&some).speaks, Speaks { defaults: true, indexes: true, ..Speaks::STOCK });
    assert_eq!(only(&some).columns[1].default.as_ref().map(|default| default.sql.as_str()), Some("'it''s'"));

    for ours in [
        "autogen::table! {",
        "use autogen::table; table! {",
        "use autogen::*; table! {",
        "use autogen::table as t; t! {",
    ] {
        let schema = clean(&format!("{ours} /// People.\n users {{ id -> Integer }} }}"));
        assert_eq!(only(&schema).speaks, Speaks::EVERYTHING, "{ours}");
        assert_eq!(only(&schema).comment.as_deref(), Some("People."));
    }
}

#[test]
fn attributes_in_the_wrong_macro_are_pointed_out() {
    let (_, found) = usb("table! { users { id -> Integer, #[unique] name -> Text } }");
    assert_eq!(
        found,
        ["attribute-not-read usb/lib.rs:1:35: `#[unique]` isn't read here: this `table!` is taken for Diesel's"]
    );
}

#[test]
fn rules_are_lowered_by_their_database_names() {
    let schema = clean(
        r#"autogen::table! {
            #[unique(a, kind, name = "uq")]
            #[index(a, desc(collate(kind, "nocase")), expr("lower(a)"), where = "a > 0")]
            #[index(a, unique)]
            #[check("a > 0", name = "positive")]
            #[allow(new_unique, reason = "empty table")]
            t (a, kind) {
                a -> Nullable<Integer>,
                #[sql_name = "type 🦀"] #[allow(not_null)] kind -> Text,
                #[unique] #[default(now)] on -> Date,
                #[generated("a + 1", virtual)] r#next -> BigInt,
            }
        }"#,
    );
    let table = only(&schema);
    let key = table.primary_key.as_ref().expect("a key");
    assert_eq!(key.columns, ["a", "type 🦀"]);
    // A key of several columns takes NULL on SQLite.
    assert!(table.columns[0].nullable);
    assert_eq!(table.columns[2].default.as_ref().expect("a default").sql, "CURRENT_DATE");
    assert_eq!(table.columns[3].name, "next");
    let uniques: Vec<_> = table.rules.uniques().map(|u| (u.name.as_deref(), u.columns.join("+"), u.form)).collect();
    assert_eq!(
        uniques,
        [
            (Some("uq"), "a+type 🦀".to_owned(), UniqueForm::Constraint),
            (None, "a".to_owned(), UniqueForm::Index),
            (None, "on".to_owned(), UniqueForm::Constraint),
        ]
    );
    assert_eq!(table.rules.indexes().count(), 1);
    assert_eq!(table.rules.indexes().next().unwrap().columns[1].collation.as_deref(), Some("nocase"));
    assert!(table.rules.indexes().next().unwrap().columns[1].descending);
    assert_eq!(table.rules.checks().next().unwrap().name.as_deref(), Some("positive"));
    let allowed = |hints: &crate::model::Hints| hints.allow.iter().map(|a| a.hazard.clone()).collect::<Vec<_>>();
    assert_eq!(allowed(&table.columns[1].hints), ["not-null", "new-unique"]);
    assert_eq!(allowed(&table.rules.uniques().next().unwrap().hints), ["new-unique"]);
}

#[test]
fn references_cross_owners_and_joins_add_what_is_not_stated() {
    let sources = Sources::new(&[
        (
            "core/schema.rs",
            "diesel::table! { #[sql_name = \"Users\"] users (key) { #[sql_name = \"Key\"] key -> Integer } }",
        ),
        (
            "usb/lib.rs",
            "autogen::table! { devices {
                id -> Integer,
                #[references(core::schema::users(key), on_delete = set_null)] user_id -> Nullable<Integer>,
                #[references(elsewhere)] type_id -> Integer,
                #[sql_name = \"parent\"] parent_id -> Nullable<Integer>,
            } }
            diesel::joinable!(crate::devices -> core::users (user_id));
            diesel::joinable!(devices -> super::devices (parent_id));
            joinable!(gone -> devices (id));
            joinable!(users -> devices (key));
            joinable!(devices -> users (nothing));",
        ),
    ]);
    let (lowered, found) = sources.lower(&["core", "usb"]);
    let keys = only(&lowered.schemas["usb"]).rules.foreign_keys();
    let shapes: Vec<_> = keys
        .clone()
        .map(|key| {
            let (ours, theirs) = (key.columns.join("+"), key.referenced_columns.join("+"));
            format!("{ours} -> {}({theirs}) {:?}", key.references, key.on_delete)
        })
        .collect();
    assert_eq!(
        shapes,
        ["user_id -> Users(Key) Some(SetNull)", "type_id -> elsewhere() Some(NoAction)", "parent -> devices() None"]
    );
    assert!(keys.clone().next().is_some_and(|key| key.on_update == Some(Action::NoAction)));
    let codes: Vec<_> = found.iter().filter_map(|text| text.split(' ').next()).collect();
    assert_eq!(codes, ["joinable-unknown-table", "joinable-of-another", "unknown-column"]);
}

#[test]
fn a_table_defined_twice_shows_both_places() {
    let sources = Sources::new(&[
        ("core/a.rs", "table! { users { id -> Integer } }"),
        ("usb/lib.rs", "table! { #[sql_name = \"USERS\"] people { id -> Integer } }\ntable! { x { id -> Integer } }"),
        ("usb/more.rs", "autogen::table! { x { id -> Integer } }"),
    ]);
    let (_, found) = sources.lower(&["core", "usb"]);
    assert_eq!(
        found,
        [
            "table-defined-twice core/a.rs:1:10 usb/lib.rs:1:32: table `users` is defined by core and by usb",
            "table-defined-twice usb/lib.rs:2:10 usb/more.rs:1:19: table `x` is defined twice in usb",
        ]
    );
}

#[test]
fn of_several_definitions_the_dialects_own_counts() {
    let sources = Sources::new(&[
        (
            "usb/lib.rs",
            "#[cfg(feature = \"sqlite\")] #[path = \"schemas/sqlite.rs\"] pub mod schema;
            #[cfg(feature = \"postgres\")] #[path = \"schemas/postgres.rs\"] pub mod schema;
            #[cfg_attr(feature = \"mysql\", path = \"schemas/mysql.rs\")] mod other;",
        ),
        ("usb/schemas/sqlite.rs", "table! { users { id -> Integer, name -> Text } }"),
        ("usb/schemas/postgres.rs", "table! { users { id -> Int4 } } table! { only_there { id -> Uuid } }"),
        ("usb/schemas/mysql.rs", "table! { users { id -> Unsigned<Integer> } }"),
    ]);
    let (lowered, found) = sources.lower(&["usb"]);
    assert_eq!(found, [""; 0]);
    assert_eq!(only(&lowered.schemas["usb"]).columns.len(), 2);
}

#[test]
fn a_module_is_compiled_as_soon_as_one_declaration_is() {
    let sources = Sources::new(&[
        (
            "usb/lib.rs",
            "mod schema; #[cfg(test)] #[path = \"schema.rs\"] mod again;
            #[cfg(test)] mod tests { mod inner; } #[cfg(any())] #[path = \"old/mod.rs\"] mod older;",
        ),
        ("usb/schema.rs", "table! { a { id -> Integer } }"),
        ("usb/tests/inner.rs", "table! { b { id -> Integer } }"),
        ("usb/old/deep.rs", "table! { c { id -> Integer } }"),
        ("usb/target/mod.rs", "table! { d { id -> Integer } }"),
        ("usb/deep/target/CACHEDIR.TAG", ""),
        ("usb/deep/target/x.rs", "table! { e { id -> Integer } }"),
        ("usb/.hidden/x.rs", "table! { f { id -> Integer } }"),
    ]);
    let (lowered, found) = sources.lower(&["usb"]);
    assert_eq!(found, [""; 0]);
    assert_eq!(names(&lowered.schemas["usb"]), ["a", "d"]);
}

#[test]
fn columns_of_other_databases_take_their_rules_along() {
    let schema = clean(
        "autogen::table! {
            #[unique(id, b)] #[index(b)] #[foreign_key(b => o)]
            t { id -> Integer, #[cfg(feature = \"postgres\")] #[unique] b -> Inet, c -> Text }
        }
        table! { __diesel_schema_migrations (version) { version -> Text } }
        table! { sqlite_schema (name) { name -> Text } }
        table! { pg_catalog.pg_class (oid) { oid -> Oid } }",
    );
    let table = only(&schema);
    assert_eq!(table.columns.len(), 2);
    assert!(
        table.rules.uniques().next().is_none()
            && table.rules.indexes().next().is_none()
            && table.rules.foreign_keys().next().is_none()
    );
}

#[test]
fn types_are_known_by_all_their_names() {
    let schema = clean(
        r#"
        #[derive(diesel::sql_types::SqlType)] #[diesel(sqlite_type(name = "Text"))] pub struct Mood;
        autogen::table! {
            use diesel::sql_types::{Integer as Int, *};
            t {
                id -> diesel::sql_types::Int8,
                a -> Int, b -> Nullable<Decimal>, #[precision(10, 2)] c -> Numeric, #[max_length = 3] d -> Bpchar,
                e -> TimestamptzSqlite, f -> Mood, #[sql_type(sqlite = "JSONB")] g -> Uuid, h -> Bytea,
                #[sql_type = "citext"] i -> Citext,
            }
        }"#,
    );
    let shown: Vec<_> = only(&schema)
        .columns
        .iter()
        .map(|column| {
            format!("{}{}", column.data_type, column.sql_type.as_ref().map(|t| format!("={t}")).unwrap_or_default())
        })
        .collect();
    let expected = "BigInt Integer Numeric Numeric(10,2) Char(3) Timestamptz Mood=TEXT Uuid=JSONB Binary Citext=citext";
    assert_eq!(shown.iter().map(|s| s.replace(' ', "")).collect::<Vec<_>>().join(" "), expected);

    // Diesel reads a numbered key in any size; SQLite numbers INTEGER alone.
    let schema = clean("autogen::table! { t { #[auto_increment] id -> BigInt } }");
    assert_eq!(only(&schema).columns[0].sql_type.as_deref(), Some("INTEGER"));
}

#[test]
fn a_type_that_the_dialect_lacks_is_an_error_only_where_a_table_is_to_be_made() {
    clean("diesel::table! { t { id -> Integer, a -> Uuid, b -> Array<Nullable<Text>> } }");
    let (_, found) = usb("autogen::table! { t { id -> Integer, a -> Nullable<Uuid> } }");
    assert_eq!(found, ["type-not-in-dialect usb/lib.rs:1:43: sqlite has no type `Uuid`, which column `t.a` has"]);
}

#[test]
fn macros_that_hide_tables_are_named() {
    let (schema, found) =
        usb("macro_rules! log_table { ($name:ident) => { diesel::table! { $name { id -> Integer } } } }
        log_table!(a);");
    assert!(schema.tables.is_empty());
    assert_eq!(found, ["wrapped-table usb/lib.rs:1:14: the tables that the macro `log_table!` makes can't be seen"]);
}

#[test]
fn a_shadowed_table_macro_is_seen_where_its_calls_are_tables() {
    let (schema, found) = usb("macro_rules! table {
            ($name:ident { $($column:ident -> $ty:ty),* }) => { diesel::table! { $name { $($column -> $ty,)* } } };
            ($name:ident) => { diesel::table! { $name { id -> Integer } } };
        }
        table! { a { id -> Integer } }
        table!(b);");
    assert_eq!(names(&schema), ["a"]);
    assert_eq!(found, ["wrapped-table usb/lib.rs:6:9: the tables that the macro `table!` makes can't be seen"]);
}

#[test]
fn forty_columns_and_columns_that_differ_in_case_only() {
    let columns: String = (0..40).map(|n| format!("c{n} -> Nullable<Text>, ")).collect();
    let schema = clean(&format!("table! {{ wide (c0) {{ {columns} }} }}"));
    assert_eq!(only(&schema).columns.len(), 40);
    let (_, found) = usb("table! { t { id -> Integer, name -> Text, #[sql_name = \"NAME\"] b -> Text } }");
    assert_eq!(
        found,
        ["column-defined-twice usb/lib.rs:1:29 usb/lib.rs:1:64: table `t` has two columns called `name`"]
    );
}

//! PostgreSQL's plans, executed on a server: up gives what the definitions would give an empty
//! database, down gives back what was there, and up works again. Judged by PostgreSQL's own catalog.

#[path = "postgres_plans/cases.rs"]
mod cases;
#[path = "postgres_plans/enums.rs"]
mod enums;
#[path = "postgres_plans/rules.rs"]
mod rules;
#[path = "postgres_plans/server.rs"]
mod server;

use std::fs;

use autogen_codegen::sql::{script, statements};
use autogen_engine::dialect::Dialect;
use autogen_engine::diff::diff;
use autogen_engine::model::{Pair, PrimaryKey, Schema, UniqueForm};
use autogen_engine::plan::{HazardKind, RoundTrip, round_trip};
use autogen_engine::scan;

use cases::Case;
use server::Server;

#[test]
fn every_plan_leads_there_and_back() {
    let mut failures = Vec::new();
    for case in cases::ALL.iter().chain(enums::ALL).chain(rules::ALL) {
        if let Err(said) = there_and_back(case) {
            failures.push(format!("{}:\n{said}", case.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn rows_in_the_way_stop_a_plan_before_anything_changes() {
    for case in cases::STOPPED.iter().chain(enums::STOPPED) {
        let (start, plans) = planned(case);
        let server = Server::with(&creating(&start), case.rows);
        let before = server.state(true);
        let said = server.run(&sql(&plans.up)).expect_err("rows are in the way");
        assert_eq!(said, case.stops.unwrap_or_default(), "{}", case.name);
        assert_eq!(server.state(true), before, "{}", case.name);
    }
}

#[test]
fn what_passes_over_all_rows_is_a_hazard() {
    let rewrites = |from: &str, to: &str| {
        let column = |column: &str| format!("autogen::table! {{ t {{ #[auto_increment] id -> Integer, {column} }} }}");
        let (before, after) = (column(from), column(to));
        let case = Case { before: &before, after: &after, ..cases::EMPTY };
        let (_, plans) = planned(&case);
        let mut hazards = plans.up.steps.iter().flat_map(|step| &step.hazards);
        hazards.any(|hazard| hazard.kind == HazardKind::TableRewrite)
    };
    assert!(!rewrites("", "a -> Nullable<Text>,"), "a column without values");
    assert!(!rewrites("", "#[default(now)] a -> Timestamp,"), "one value for all rows");
    assert!(rewrites("", "#[default(sql = \"gen_random_uuid()\")] a -> Uuid,"), "a value per row");
    assert!(!rewrites("#[max_length = 9] a -> Varchar,", "a -> Text,"), "the same bytes");
    assert!(rewrites("a -> Integer,", "a -> BigInt,"), "other bytes");
    assert!(rewrites("a -> Nullable<Text>,", "#[default = \"\"] a -> Text,"), "rows are filled");
    assert!(rewrites("a -> Integer,", "#[check(\"a > 0\")] a -> Integer,"), "rows are checked");
    assert!(!rewrites("a -> Integer,", "#[index] a -> Integer,"), "others can read meanwhile");
}

#[test]
fn what_stands_on_a_type_and_on_no_table_is_named() {
    let case = Case {
        before: "autogen::sql_enum! { enum Kind { A, B } } autogen::table! { t { id -> Integer, kind -> KindMapping } }",
        after: "autogen::sql_enum! { enum Kind { A } } autogen::table! { t { id -> Integer, kind -> KindMapping } }",
        ..cases::EMPTY
    };
    let (start, _) = planned(&case);
    let server = Server::with(&creating(&start), "CREATE VIEW v AS SELECT id FROM t WHERE kind = 'a';");
    let mut database = autogen_engine::database::Database::open(&server.url(), false).expect("opens");
    let start = autogen_engine::introspect::introspect(&mut database).expect("is read");
    let changes = diff(&Pair::new(start.clone(), schema(case.after)), Dialect::Postgres);
    let plans = round_trip(&start, &changes, Dialect::Postgres);
    let error = autogen_engine::plan::refuse("core", &start, &changes, &plans, &|_| None).expect_err("is refused");
    assert_eq!(error.code(), autogen_engine::error::Code::EnumInUse);
    assert_eq!(error.to_string(), "kind would have to be made anew, and these stand on it: view v");
}

#[test]
fn an_old_serial_keeps_its_form() {
    let wider = Case {
        before: "autogen::table! { t { #[auto_increment] id -> Integer } }",
        after: "autogen::table! { t { #[auto_increment] id -> BigInt } }",
        rows: "ALTER TABLE t ALTER id DROP IDENTITY; CREATE SEQUENCE own AS integer OWNED BY t.id;
               ALTER TABLE t ALTER id SET DEFAULT nextval('own'); INSERT INTO t DEFAULT VALUES",
        ..cases::EMPTY
    };
    let plain = Case { after: "autogen::table! { t { id -> Integer } }", ..wider };
    let state = |case: &Case<'_>| {
        let (start, plans) = planned(case);
        let server = Server::with(&creating(&start), case.rows);
        server.run(&sql(&plans.up)).unwrap_or_else(|said| panic!("{said}"));
        server.state(true)
    };
    let constraint = "constraint t t_pkey PRIMARY KEY (id)";
    let wide = "column t.id bigint not null nextval('own'::regclass)\n";
    assert_eq!(state(&wider), format!("{wide}{constraint}\nsequence own bigint\ntable t -- \n"));
    // An identity and back again is a serial of before.
    let identity = Case { after: "autogen::table! { t { #[identity(always)] id -> Integer } }", ..wider };
    assert_eq!(
        state(&identity),
        format!("column t.id integer not null identity a\n{constraint}\nsequence t_id_seq integer\ntable t -- \n")
    );
    assert_eq!(state(&plain), format!("column t.id integer not null\n{constraint}\ntable t -- \n"));
}

#[test]
fn tables_of_other_schemas_are_altered_there() {
    let case = Case {
        before: "autogen::table! { audit.log (id) { id -> Integer, #[index(name = \"words\")] word -> Nullable<Text> } }",
        after: "
            autogen::table! { audit.log (id) { #[auto_increment] id -> BigInt, #[default = \"\"] #[unique] word -> Text,
                                               #[references(audit.log(id))] up -> Nullable<BigInt> } }",
        ..cases::EMPTY
    };
    let (start, plans) = planned(&case);
    let server = Server::with(&format!("CREATE SCHEMA audit;\n{}", creating(&start)), case.rows);
    for plan in [&plans.up, &plans.down, &plans.up] {
        server.run(&sql(plan)).unwrap_or_else(|said| panic!("{said}\n{}", sql(plan)));
    }
}

#[test]
fn statements_read_like_written_by_hand() {
    let case = Case {
        before: "
            autogen::table! { kinds { id -> Integer } }
            autogen::table! { things { #[auto_increment] id -> Integer, #[references(kinds(id))] kind -> Integer,
                                       note -> Nullable<Text> } }",
        after: "
            autogen::table! { kinds { id -> BigInt } }
            autogen::table! { things { #[auto_increment] id -> Integer, #[references(kinds(id))] kind -> BigInt,
                                       #[default = \"\"] note -> Text } }
            autogen::table! { notes { id -> Integer, #[references(things(id))] thing -> Integer } }",
        ..cases::EMPTY
    };
    let (_, plans) = planned(&case);
    let expected = r#"
ALTER TABLE "things" DROP CONSTRAINT "things_kind_fkey";
ALTER TABLE "kinds" ALTER COLUMN "id" TYPE bigint;
UPDATE "things" SET "note" = '' WHERE "note" IS NULL;
ALTER TABLE "things"
    ALTER COLUMN "kind" TYPE bigint,
    ALTER COLUMN "note" SET DEFAULT '',
    ALTER COLUMN "note" SET NOT NULL;
CREATE TABLE "notes" (
    "id" integer PRIMARY KEY,
    "thing" integer NOT NULL,
    CONSTRAINT "notes_thing_fkey" FOREIGN KEY ("thing") REFERENCES "things" ("id")
);
ALTER TABLE "things" ADD CONSTRAINT "things_kind_fkey" FOREIGN KEY ("kind") REFERENCES "kinds" ("id");
"#;
    let shown = sql(&plans.up);
    // First it is looked whether the key that is put back is the one that is known.
    let (look, rest) = shown.split_once("DROP TABLE \"autogen_known\";\n").expect("a look");
    assert!(look.starts_with("CREATE TABLE \"autogen_known\" (LIKE \"things\");\n"), "{look}");
    same(expected.trim_start(), rest).unwrap_or_else(|said| panic!("{said}"));
    let locks = [
        "things: ACCESS EXCLUSIVE (nobody else can read or write it)",
        "kinds: ACCESS EXCLUSIVE (nobody else can read or write it)",
    ];
    assert_eq!(autogen_codegen::sql::lock_lines(&plans.up, Dialect::Postgres), locks);
}

fn there_and_back(case: &Case<'_>) -> Result<(), String> {
    let (start, plans) = planned(case);
    let (up, down) = (sql(&plans.up), sql(&plans.down));
    let shown = |what: &str, said: String| format!("{what}: {said}\n-- up\n{up}\n-- down\n{down}");

    let server = Server::with(&creating(&start), case.rows);
    let before = server.state(true);
    let rows = server.rows(case.kept);
    server.run(&up).map_err(|said| shown("up fails", said))?;
    let wanted = Server::with(&creating(&schema(case.after)), "").state(false);
    same(&wanted, &server.state(false)).map_err(|said| shown("up gives something else", said))?;
    server.run(&down).map_err(|said| shown("down fails", said))?;
    same(&before, &server.state(true)).map_err(|said| shown("down gives something else", said))?;
    same(&rows, &server.rows(case.kept)).map_err(|said| shown("rows differ", said))?;
    server.run(&up).map_err(|said| shown("up again fails", said))
}

fn same(expected: &str, actual: &str) -> Result<(), String> {
    let diff = || similar::TextDiff::from_lines(expected, actual).unified_diff().to_string();
    if expected == actual { Ok(()) } else { Err(diff()) }
}

/// The schema that a case starts from, as PostgreSQL has it, and what is planned.
fn planned(case: &Case<'_>) -> (Schema, RoundTrip) {
    let (start, models) = (schema(case.before), schema(case.after));
    let changes = diff(&Pair::new(live(start.clone()), models), Dialect::Postgres);
    let plans = round_trip(&live(start.clone()), &changes, Dialect::Postgres);
    (start, plans)
}

/// The script that makes a schema in an empty database.
fn creating(schema: &Schema) -> String {
    let changes = diff(&Pair::new(Schema::default(), schema.clone()), Dialect::Postgres);
    sql(&round_trip(&Schema::default(), &changes, Dialect::Postgres).up)
}

fn sql(plan: &autogen_engine::plan::Plan) -> String {
    script(&statements(plan, Dialect::Postgres))
}

fn schema(source: &str) -> Schema {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("models.rs");
    fs::write(&file, source).expect("a file in a temporary folder");
    let found = scan::read("core", &[file], folder.path());
    let mut lowered = scan::lower(std::slice::from_ref(&found), Dialect::Postgres);
    assert!(found.diagnostics.is_empty() && lowered.diagnostics.is_empty(), "{source}: {found:?} {lowered:?}");
    let mut schema = lowered.schemas.remove("core").unwrap_or_default();
    let parents = schema.clone();
    for table in schema.tables.values_mut() {
        let key: Vec<String> = table.primary_key.iter().flat_map(|key| key.columns.clone()).collect();
        for column in table.columns.iter_mut().filter(|column| key.contains(&column.name)) {
            column.nullable = false;
        }
        for key in table.rules.foreign_keys_mut().filter(|key| key.referenced_columns.is_empty()) {
            let parent = parents.tables.get(&key.references).and_then(|parent| parent.primary_key.clone());
            key.referenced_columns = parent.map(|key| key.columns).unwrap_or_default();
        }
    }
    schema
}

/// The names that PostgreSQL gives to what has none.
fn live(mut schema: Schema) -> Schema {
    for table in schema.tables.values_mut() {
        let of = |columns: &[String], suffix: &str| {
            format!("{}_{suffix}", [std::slice::from_ref(&table.name.name), columns].concat().join("_"))
        };
        let key = |key: PrimaryKey| PrimaryKey { name: key.name.or(Some(of(&[], "pkey"))), ..key };
        table.primary_key = table.primary_key.clone().map(key);
        for unique in table.rules.uniques_mut().filter(|unique| unique.form == UniqueForm::Constraint) {
            unique.name = unique.name.clone().or(Some(of(&unique.columns, "key")));
        }
        for key in table.rules.foreign_keys_mut() {
            key.name = key.name.clone().or(Some(of(&key.columns, "fkey")));
        }
        assert!(table.rules.checks().all(|check| check.name.is_some()), "name the checks of {}", table.name);
    }
    schema
}

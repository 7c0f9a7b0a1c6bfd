//! MySQL's plans, executed on a server: up gives what the definitions would give an empty database, and
//! nothing is left to change; down gives back what was there, and up works again. Judged by SHOW CREATE TABLE.

#[path = "mysql_plans/cases.rs"]
mod cases;

use std::fs;

use autogen_codegen::sql::{script, statements};
use autogen_engine::database::{Database, DatabaseUrl, MysqlUrl};
use autogen_engine::dialect::Dialect;
use autogen_engine::diff::diff;
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Change, Pair, Schema};
use autogen_engine::normalize::comparable;
use autogen_engine::plan::{Plan, RoundTrip, round_trip};
use autogen_engine::scan;
use autogen_test_servers::{MysqlDatabase, mysql};

use cases::Case;

#[test]
fn every_plan_leads_there_and_back() {
    let mut failures = Vec::new();
    for case in cases::ALL {
        if let Err(said) = there_and_back(case) {
            failures.push(format!("{}:\n{said}", case.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn rows_in_the_way_stop_a_plan_before_anything_changes() {
    for case in cases::STOPPED {
        let (server, mut database) = started(case);
        let before = state(&server, true);
        let up = sql(&planned(&mut database, case.after).1.up);
        let said = database.execute(&up).expect_err("rows are in the way");
        assert_eq!(
            said.to_string(),
            format!("Duplicate entry 'stopped: {}' for key 'PRIMARY'", case.kept),
            "{}",
            case.name
        );
        assert_eq!(state(&server, true), before, "{}", case.name);
    }
}

fn there_and_back(case: &Case<'_>) -> Result<(), String> {
    let (server, mut database) = started(case);
    let (_, plans) = planned(&mut database, case.after);
    let (up, down) = (sql(&plans.up), sql(&plans.down));
    let shown = |what: &str, said: String| format!("{what}: {said}\n-- up\n{up}\n-- down\n{down}");

    let before = state(&server, true);
    let rows = server.rows(case.kept);
    run(&mut database, &up).map_err(|said| shown("up fails", said))?;
    let (left, _) = planned(&mut database, case.after);
    if !left.is_empty() {
        return Err(shown("up leaves differences", format!("{left:#?}")));
    }
    let empty = mysql();
    let mut fresh = open(&empty);
    let making = sql(&planned(&mut fresh, case.after).1.up);
    run(&mut fresh, &making).map_err(|said| shown("the definitions alone fail", format!("{said}\n{making}")))?;
    same(&state(&empty, false), &state(&server, false)).map_err(|said| shown("up gives something else", said))?;
    run(&mut database, &down).map_err(|said| shown("down fails", said))?;
    same(&before, &state(&server, true)).map_err(|said| shown("down gives something else", said))?;
    same(&rows.join("\n"), &server.rows(case.kept).join("\n")).map_err(|said| shown("rows differ", said))?;
    run(&mut database, &up).map_err(|said| shown("up again fails", said))
}

/// A database as a case begins.
fn started(case: &Case<'_>) -> (MysqlDatabase, Database) {
    let server = mysql();
    let mut database = open(&server);
    let making = sql(&planned(&mut database, case.before).1.up);
    for script in [&making, case.live] {
        run(&mut database, script).unwrap_or_else(|error| panic!("{}: {error}\n{script}", case.name));
    }
    (server, database)
}

/// Runs a script, which may be empty.
fn run(database: &mut Database, script: &str) -> Result<(), String> {
    if script.is_empty() { Ok(()) } else { database.execute(script).map_err(|said| said.to_string()) }
}

fn open(server: &MysqlDatabase) -> Database {
    let url = MysqlUrl::parse(&server.url()).expect("a URL");
    Database::open(&DatabaseUrl::Mysql(Box::new(url)), false).expect("opens")
}

/// What differs between a database and definitions, and the plans for it.
fn planned(database: &mut Database, models: &str) -> (Vec<Change>, RoundTrip) {
    let start = introspect(database).expect("is read");
    let pair = comparable(Pair::new(start, schema(models)), database).expect("compares");
    let changes = diff(&pair, Dialect::Mysql);
    let plans = round_trip(&pair.from, &changes, Dialect::Mysql);
    (changes, plans)
}

fn sql(plan: &Plan) -> String {
    script(&statements(plan, Dialect::Mysql))
}

fn schema(source: &str) -> Schema {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("models.rs");
    fs::write(&file, source).expect("a file in a temporary folder");
    let found = scan::read("core", &[file], folder.path());
    let mut lowered = scan::lower(std::slice::from_ref(&found), Dialect::Mysql);
    assert!(found.diagnostics.is_empty() && lowered.diagnostics.is_empty(), "{source}: {found:?} {lowered:?}");
    lowered.schemas.remove("core").unwrap_or_default()
}

/// Every table as the server shows it, without the order of its lines and its next number.
fn state(server: &MysqlDatabase, with_names: bool) -> String {
    let mut lines = Vec::new();
    for row in server.rows("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'") {
        let table = row.split('\t').next().unwrap_or_default().to_owned();
        let shown = server.rows(&format!("SHOW CREATE TABLE `{table}`")).join("");
        for line in shown.lines().skip(1) {
            let line = line.trim().trim_end_matches(',');
            // No definition can say it, so a database made from nothing lacks it.
            let line =
                if with_names { line } else { line.split(" ON UPDATE current_timestamp").next().unwrap_or(line) };
            let line = match line.find(" AUTO_INCREMENT=") {
                Some(at) => {
                    let rest = line[at + 1..].split_once(' ').map_or("", |(_, rest)| rest);
                    format!("{} {rest}", &line[..at])
                }
                None => line.to_owned(),
            };
            let named = ["CONSTRAINT `", "KEY `"].iter().find_map(|word| Some((line.find(word)?, word.len())));
            lines.push(match named.filter(|_| !with_names && !line.starts_with('`')) {
                Some((at, length)) => {
                    let end = line[at + length..].find('`').map_or(line.len(), |end| at + length + end);
                    format!("{table}: {}{}", &line[..at + length], &line[end..])
                }
                None => format!("{table}: {line}"),
            });
        }
    }
    lines.sort();
    lines.join("\n")
}

fn same(expected: &str, actual: &str) -> Result<(), String> {
    let diff = || similar::TextDiff::from_lines(expected, actual).unified_diff().to_string();
    if expected == actual { Ok(()) } else { Err(diff()) }
}

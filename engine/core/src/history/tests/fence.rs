//! The table of attacks in `docs/security.md`, which the tests of this folder bear out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::{env, fs};

use super::kinds;

pub(super) const SQLITE_LIST: &str = include_str!("../../../../tests/attacks/sqlite.sql");
pub(super) const POSTGRES_LIST: &str = include_str!("../../../../tests/attacks/postgres.sql");
pub(super) const MYSQL_LIST: &str = include_str!("../../../../tests/attacks/mysql.sql");

const BEGIN: &str = "<!-- attacks: `UPDATE_EXPECT=1` writes this table -->\n\n";
const END: &str = "\n<!-- attacks end -->";

/// Checks that the page has the attacks of all lists. `rolled_back` counts those that PostgreSQL has run and taken back;
/// every other one is refused before anything of its revision runs.
pub(super) fn is_told(rolled_back: &BTreeMap<&str, usize>) {
    let lists =
        [SQLITE_LIST, POSTGRES_LIST, MYSQL_LIST].map(|list| kinds(list).into_iter().collect::<BTreeMap<_, _>>());
    let order = kinds(POSTGRES_LIST);
    for kind in lists.iter().flat_map(BTreeMap::keys) {
        assert!(order.iter().any(|(known, _)| known == kind), "PostgreSQL has no attack of the kind `{kind}`");
    }
    let mut table = "| kind of attack | SQLite | MariaDB, MySQL | PostgreSQL |\n|---|---|---|---|\n".to_owned();
    for (kind, attacks) in order {
        let count = |list: usize| match lists[list].get(kind).map_or(0, Vec::len) {
            0 => "–".to_owned(),
            some => format!("{some} refused"),
        };
        let back = rolled_back.get(kind).copied().unwrap_or_default();
        let refused = attacks.len() - back;
        let both = [(refused, "refused"), (back, "rolled back")].into_iter().filter(|(some, _)| *some > 0);
        let both: Vec<_> = both.map(|(some, what)| format!("{some} {what}")).collect();
        _ = writeln!(table, "| {kind} | {} | {} | {} |", count(0), count(2), both.join(", "));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security.md");
    let page = fs::read_to_string(path).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for the table");
    let (told, after) = rest.split_once(END).expect("the table has an end");
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).expect("writes");
    } else {
        assert_eq!(told, table, "docs/security.md: run this with UPDATE_EXPECT=1");
    }
}

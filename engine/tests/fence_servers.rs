//! What a plugin's revision can't reach on PostgreSQL, MariaDB and MySQL by a [`Host`], over a connection of the host's own.

use autogen::embedded::{Chain, Migration};
use autogen::error::Code;
use autogen::history::Link;
use autogen::{Host, Plugin};
use autogen_test_servers::{mysql_on, on_each_mysql, postgres};
use diesel::prelude::*;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncMysqlConnection, AsyncPgConnection};

fn plugin(name: &'static str, migrations: &[(&'static str, &'static str)]) -> Plugin {
    let migrations = migrations.iter().map(|(name, up)| Migration { name, up, down: None, metadata: None });
    let migrations: &'static [Migration] = migrations.collect::<Vec<_>>().leak();
    Plugin { name, chains: vec![Chain { dialect: None, migrations }].leak() }
}

/// A core, a plugin, what watches the plugin's tables, and one more revision of the plugin's.
fn host([core, net, watching]: [&'static str; 3], more: Option<&'static str>) -> Host {
    let mut chain = vec![("2026-11-20-000001-net_notes", net)];
    chain.extend(more.map(|up| ("2026-11-21-000000-net_more", up)));
    let watching: &[_] = if watching.is_empty() { &[] } else { &[("2026-11-20-000002-later_watching", watching)] };
    let core = plugin("core", &[("2026-11-20-000000-core_assets", core)]);
    Host::new([core, plugin("net", &chain), plugin("later", watching)]).trust("later")
}

/// The attacks of a list.
fn attacks(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.starts_with("-- "))
}

fn is_refused(ran: Result<usize, autogen::error::Error>, sql: &str) {
    let error = ran.expect_err(sql);
    assert!([Code::ChangesAnothersTable, Code::NeedsTrust].contains(&error.code()), "{sql}: {error}");
}

/// What queries answer, as one text.
fn told(link: &mut dyn Link, queries: &[&str]) -> String {
    let rows = queries.iter().flat_map(|query| link.rows(query, &[]).expect("reads"));
    rows.flatten().map(|text| text.unwrap_or_default() + "\n").collect()
}

#[test]
fn no_statement_of_a_plugins_reaches_what_is_anothers_on_postgres() {
    let base = [
        include_str!("attacks/host/core.postgres.sql"),
        include_str!("attacks/host/net.postgres.sql"),
        include_str!("attacks/host/watching.postgres.sql"),
    ];
    let server = postgres();
    let mut connection = AsyncConnectionWrapper::<AsyncPgConnection>::establish(&server.url()).expect("connects");
    host(base, None).upgrade(&mut connection).expect("applies");
    server.execute("CREATE TABLE nobodys (n int)");
    let queries = [include_str!("attacks/host/others.postgres.sql")];
    let before = told(&mut connection, &queries);
    for sql in attacks(include_str!("attacks/postgres.sql")) {
        is_refused(host(base, Some(sql)).upgrade(&mut connection).map(|applied| applied.len()), sql);
        assert_eq!(told(&mut connection, &queries), before, "{sql}");
    }
}

#[test]
fn no_statement_of_a_plugins_reaches_what_is_anothers_on_mysql() {
    on_each_mysql(|kind| {
        let base = [include_str!("attacks/host/core.mysql.sql"), include_str!("attacks/host/net.mysql.sql"), ""];
        let server = mysql_on(kind);
        let mut connection =
            AsyncConnectionWrapper::<AsyncMysqlConnection>::establish(&server.url()).expect("connects");
        server.execute("CREATE TABLE nobodys (a INT); INSERT INTO nobodys VALUES (1)");
        host(base, None).upgrade(&mut connection).expect("applies");
        let queries: Vec<&str> = include_str!("attacks/host/others.mysql.sql").lines().collect();
        let before = told(&mut connection, &queries);
        for sql in attacks(include_str!("attacks/mysql.sql")) {
            is_refused(host(base, Some(sql)).upgrade(&mut connection).map(|applied| applied.len()), sql);
            assert_eq!(told(&mut connection, &queries), before, "{kind}: {sql}");
        }
    });
}

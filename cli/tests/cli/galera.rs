//! Programs that start at once by way of several nodes of a Galera cluster, where a lock keeps nobody on another node away.
//!
//! `AUTOGEN_GALERA_RUNS=500` makes it as many runs.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use autogen_test_servers::GaleraCluster;

use crate::support::Host;

/// How often the programs start.
const RUNS: usize = 10;

/// Two for some nodes, and three for the others.
const PROGRAMS: usize = 8;

const NODES: usize = 3;

fn host() -> Host {
    let host = Host::of(&[("src/schema.rs", ""), ("autogen.toml", "dialects = ['mysql']\n[database]\nlease = '2s'\n")]);
    host.revision(
        "",
        "2026-11-21-071100-core_pages",
        "CREATE TABLE pages (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(20) NOT NULL);
        CREATE TABLE links (id INT AUTO_INCREMENT PRIMARY KEY, page_id INT, FOREIGN KEY (page_id) REFERENCES pages (id));
        INSERT INTO pages (title) VALUES ('a'), ('b');",
        "DROP TABLE links; DROP TABLE pages;",
    );
    host.revision(
        "",
        "2026-11-21-071200-core_slugs",
        "ALTER TABLE pages ADD COLUMN slug VARCHAR(20) NOT NULL DEFAULT 'x';
        UPDATE pages SET slug = CONCAT(slug, title);
        CREATE INDEX pages_slug ON pages (slug);
        INSERT INTO links (page_id) SELECT id FROM pages;",
        "DROP INDEX pages_slug ON pages; ALTER TABLE pages DROP COLUMN slug;",
    );
    host.revision(
        "",
        "2026-11-21-071300-core_views",
        "CREATE TABLE views (n INT); INSERT INTO views SELECT SLEEP(0.3); UPDATE views SET n = n + 1;",
        "DROP TABLE views;",
    );
    host
}

fn started(host: &Host, url: &str) -> Child {
    let mut command = host.command("upgrade");
    command.env("DATABASE_URL", url).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
}

/// What the revisions have left, and what is noted of them.
fn left(cluster: &GaleraCluster, database: &str) -> Vec<String> {
    let query = "SELECT (SELECT GROUP_CONCAT(title, slug ORDER BY title) FROM pages), (SELECT COUNT(*) FROM links), \
                 (SELECT GROUP_CONCAT(n) FROM views), (SELECT COUNT(*) FROM __diesel_schema_migrations), \
                 (SELECT GROUP_CONCAT(state) FROM __autogen_ledger)";
    cluster.rows(database, query)
}

const WHOLE: [&str; 1] = ["axa,bxb\t2\t1\t3\tapplied,applied,applied"];

#[test]
fn programs_on_three_nodes_apply_each_revision_once() {
    let (host, cluster) = (host(), GaleraCluster::of(NODES));
    let stated = std::env::var("AUTOGEN_GALERA_RUNS").ok().and_then(|runs| runs.parse().ok());
    for run in 0..stated.unwrap_or(RUNS) {
        let database = format!("run{run}");
        cluster.execute(&format!("CREATE DATABASE {database}"));
        let programs: Vec<Child> =
            (0..PROGRAMS).map(|at| started(&host, &cluster.url(at % NODES, &database))).collect();
        for program in programs {
            let ended = host.output(program.wait_with_output().expect("ends"));
            assert_eq!(ended.code, 0, "run {run}: {}", ended.transcript());
        }
        assert_eq!(left(&cluster, &database), WHOLE, "run {run}");
        cluster.execute(&format!("DROP DATABASE {database}"));
    }
}

#[test]
fn what_a_killed_node_leaves_is_gone_on_with() {
    let (host, mut cluster) = (host(), GaleraCluster::of(NODES));
    cluster.execute("CREATE DATABASE site");
    let program = started(&host, &cluster.url(NODES - 1, "site"));
    let begun = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'site' AND TABLE_NAME = 'views'";
    while cluster.rows("mysql", begun).is_empty() {
        sleep(Duration::from_millis(5));
    }
    cluster.kill_last();
    let ended = host.output(program.wait_with_output().expect("ends"));
    assert_eq!(ended.code, 2, "{}", ended.transcript());
    let next = host.output(started(&host, &cluster.url(0, "site")).wait_with_output().expect("ends"));
    assert_eq!(next.code, 0, "{}", next.transcript());
    assert_eq!(left(&cluster, "site"), WHOLE);
}

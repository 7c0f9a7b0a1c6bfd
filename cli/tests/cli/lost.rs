//! Connections that are lost, and servers that say nothing: what has become of a revision is looked at, never guessed.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use autogen_test_servers::{mysql, postgres};

use crate::support::{Host, Run};

/// What a proxy does to the first connection over which [`MARK`] and then `COMMIT` were sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Ends it before the server hears of the commit.
    Before,
    /// Ends it before the client hears that it is done.
    After,
    /// Ends it before, and lets nobody in any more.
    AfterwardsNobody,
    /// Says nothing any more, to nobody.
    Silence,
}

const MARK: &str = "marked_table";

/// A proxy before a server; the URL's port is its own.
struct Proxy {
    port: u16,
}

impl Proxy {
    fn before(server: u16, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let has_cut = Arc::new(AtomicBool::new(false));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let is_over = has_cut.load(Ordering::SeqCst);
                match cut {
                    Cut::AfterwardsNobody if is_over => drop(client),
                    Cut::Silence if is_over => std::mem::forget(client),
                    Cut::Before | Cut::After | Cut::AfterwardsNobody | Cut::Silence => {
                        let server = TcpStream::connect(("127.0.0.1", server)).expect("the server is there");
                        let has_cut = Arc::clone(&has_cut);
                        thread::spawn(move || relay(&client, &server, cut, &has_cut));
                    }
                }
            }
        });
        Self { port }
    }
}

/// Passes on what both sides say until it is time to cut.
fn relay(client: &TcpStream, server: &TcpStream, cut: Cut, has_cut: &Arc<AtomicBool>) {
    let (mut answers, mut back) = (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
    let is_mute = Arc::new(AtomicBool::new(false));
    let mute = Arc::clone(&is_mute);
    thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(read @ 1..) = answers.read(&mut buffer) {
            if mute.load(Ordering::SeqCst) || back.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
    });
    let (mut from, mut to) = (client, server);
    let mut buffer = [0; 65536];
    let mut is_marked = false;
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let says = |words: &str| buffer[..read].windows(words.len()).any(|window| window == words.as_bytes());
        is_marked |= says(MARK);
        if is_marked && says("COMMIT") && !has_cut.swap(true, Ordering::SeqCst) {
            is_mute.store(true, Ordering::SeqCst);
            if cut == Cut::After {
                to.write_all(&buffer[..read]).expect("the server hears");
                thread::sleep(Duration::from_millis(500));
            }
            if cut == Cut::Silence {
                std::mem::forget((client.try_clone(), server.try_clone()));
                return;
            }
            break;
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _closed = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
}

fn host(dialect: &str) -> Host {
    let host = Host::of(&[("autogen.toml", &format!("dialects = ['{dialect}']\n[database]\nanswer_timeout = '1s'\n"))]);
    host.revision("", "2026-01-01-000000_a", "CREATE TABLE a (id int);", "DROP TABLE a;");
    host.revision("", "2026-01-02-000000_b", &format!("CREATE TABLE {MARK} (id int);"), &format!("DROP TABLE {MARK};"));
    host.revision("", "2026-01-03-000000_c", "CREATE TABLE c (id int);", "DROP TABLE c;");
    host
}

fn run(host: &Host, url: &str, arguments: &str) -> Run {
    host.output(host.command(arguments).env("DATABASE_URL", url).output().expect("runs"))
}

#[test]
fn what_became_of_a_revision_on_postgres_is_looked_at() {
    for (cut, said) in [
        (Cut::Before, "nothing of it is applied, as a new connection shows; run the command again"),
        (Cut::After, "it is applied, as a new connection shows; run the command again for what comes after it"),
        (Cut::AfterwardsNobody, "whether it was applied is unknown, for the database can't be asked"),
    ] {
        let server = postgres();
        let (user, password) = server.credentials();
        let proxy = Proxy::before(server.port(), cut);
        let url = server.tcp_url(user, password).replace(&server.port().to_string(), &proxy.port.to_string());
        let host = host("postgres");
        let lost = run(&host, &format!("{url}?sslmode=disable"), "upgrade");
        assert_eq!(lost.code, 2, "{}", lost.transcript());
        let expected = "error[connection-lost]: core's 2026-01-02-000000_b: the connection was lost";
        assert!(lost.stderr.contains(expected) && lost.stderr.contains(said), "{}", lost.transcript());
        assert!(
            lost.stderr.contains("applied before it, and staying so: core's 2026-01-01-000000_a"),
            "{}",
            lost.stderr
        );
        let again = run(&host, &server.url(), "upgrade");
        let count = if cut == Cut::After { "1 revision" } else { "2 revisions" };
        assert_eq!(again.stdout, format!("applied {count}\n"), "{}", again.transcript());
    }
}

#[test]
fn what_became_of_a_revision_on_mariadb_is_looked_at() {
    for (cut, said) in [
        (Cut::Before, "as a new connection shows; run the command again"),
        (Cut::AfterwardsNobody, "whether it was applied is unknown, for the database can't be asked"),
    ] {
        let server = mysql();
        let (user, password) = server.credentials();
        let proxy = Proxy::before(server.port(), cut);
        let url = server.tcp_url(user, password).replace(&server.port().to_string(), &proxy.port.to_string());
        let host = host("mysql");
        let lost = run(&host, &format!("{url}?ssl_mode=disabled"), "upgrade");
        assert_eq!(lost.code, 2, "{}", lost.transcript());
        assert!(lost.stderr.contains("error[connection-lost]") && lost.stderr.contains(said), "{}", lost.transcript());
        assert!(!lost.stderr.contains("nothing of it was"), "{}", lost.stderr);
        let again = run(&host, &server.url(), "upgrade");
        assert_eq!(again.code, 0, "{}", again.transcript());
        assert_eq!(run(&host, &server.url(), "status").code, 0);
    }
}

#[test]
fn a_session_that_an_administrator_ends() {
    let server = postgres();
    let host = host("postgres");
    host.revision("", "2026-01-02-000000_b", "CREATE TABLE b (id int); SELECT pg_sleep(60);", "DROP TABLE b;");
    let url = server.url();
    thread::scope(|scope| {
        let upgrade = scope.spawn(|| run(&host, &url, "upgrade"));
        let end = "DO $$ BEGIN FOR i IN 1..600 LOOP PERFORM pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid(); \
                   EXIT WHEN FOUND; PERFORM pg_sleep(0.1); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$";
        server.execute(end);
        let lost = upgrade.join().expect("ends");
        assert_eq!(lost.code, 2, "{}", lost.transcript());
        assert!(lost.stderr.contains("error[connection-lost]"), "{}", lost.transcript());
        assert!(lost.stderr.contains("nothing of it is applied, as a new connection shows"), "{}", lost.transcript());
    });
}

#[test]
fn a_session_that_is_killed() {
    let server = mysql();
    let host = host("mysql");
    host.revision("", "2026-01-02-000000_b", "CREATE TABLE b (id int); DO SLEEP(60);", "DROP TABLE b;");
    let url = server.url();
    thread::scope(|scope| {
        let upgrade = scope.spawn(|| run(&host, &url, "upgrade"));
        let at_work = format!(
            "SELECT CAST(ID AS CHAR) FROM information_schema.PROCESSLIST WHERE DB = '{}' AND INFO LIKE 'DO SLEEP%'",
            server.name()
        );
        let session = (0..600).find_map(|_| {
            thread::sleep(Duration::from_millis(100));
            server.rows(&at_work).pop()
        });
        server.execute(&format!("KILL {}", session.expect("is at work")));
        let lost = upgrade.join().expect("ends");
        assert_eq!(lost.code, 2, "{}", lost.transcript());
        assert!(lost.stderr.contains("error[connection-lost]"), "{}", lost.transcript());
        assert!(
            lost.stderr.contains("it is applied up to statement 1 of 2, as a new connection shows"),
            "{}",
            lost.stderr
        );
    });
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let server = postgres();
    let (user, password) = server.credentials();
    gives_up("postgres", server.port(), &format!("{}?sslmode=disable", server.tcp_url(user, password)));
}

/// Checks that one silence and the attempts to connect are all that is waited for.
fn gives_up(dialect: &str, port: u16, url: &str) {
    let proxy = Proxy::before(port, Cut::Silence);
    let url = url.replace(&port.to_string(), &proxy.port.to_string());
    let host = host(dialect);
    let started = Instant::now();
    let lost = run(&host, &format!("{url}&connect_timeout=1"), "upgrade");
    assert!(lost.stderr.contains("the server no longer answers"), "{}", lost.transcript());
    assert!(lost.stderr.contains("whether it was applied is unknown"), "{}", lost.transcript());
    // Twenty times as long as it takes where nothing else runs.
    assert!(started.elapsed() < Duration::from_secs(60), "{dialect}: {:?}", started.elapsed());
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || listener.incoming().for_each(std::mem::forget));
    for (dialect, url) in [
        ("postgres", format!("postgres://u:secret@127.0.0.1:{port}/d?connect_timeout=1")),
        ("mysql", format!("mysql://u:secret@127.0.0.1:{port}/d?connect_timeout=1")),
    ] {
        let host = host(dialect);
        let lost = run(&host, &url, "status");
        assert_eq!(lost.code, 2, "{}", lost.transcript());
        assert!(lost.stderr.contains("error[no-server]") && lost.stderr.contains("doesn't answer"), "{}", lost.stderr);
        assert!(!lost.stderr.contains("secret"), "{}", lost.stderr);
    }
}

#[test]
fn a_file_that_another_program_holds_is_busy() {
    let host = Host::with_database();
    host.revision("", "2099-01-01-000000_x", "UPDATE assets SET tag = 'x';", "-- nothing");
    host.write("autogen.toml", "[database]\nurl = 'app.db'\nlock_timeout = '200ms'\n");
    let mut holder = host.database("app.db");
    diesel::connection::SimpleConnection::batch_execute(&mut holder, "BEGIN EXCLUSIVE").expect("holds it");
    for command in ["status", "check"] {
        let started = Instant::now();
        let run = host.run(&format!("{command} --format json"));
        assert!(started.elapsed() < Duration::from_secs(5), "{command} waited for {:?}", started.elapsed());
        let document: serde_json::Value = serde_json::from_str(&run.stdout).expect("a document");
        assert_eq!(
            (run.code, &document["error"]["code"]),
            (2, &"database-busy".into()),
            "{command}: {}",
            run.transcript()
        );
    }
    diesel::connection::SimpleConnection::batch_execute(&mut holder, "ROLLBACK").expect("lets go");
    host.done("upgrade");
}

#[test]
fn a_turn_that_another_session_has_on_postgres_is_waited_for_and_said() {
    let server = postgres();
    let host = host("postgres");
    let url = server.url();
    thread::scope(|scope| {
        let lock = i64::from_be_bytes(*b"\0autogen");
        let server = &server;
        scope.spawn(move || server.execute(&format!("SELECT pg_advisory_lock({lock}); SELECT pg_sleep(4)")));
        thread::sleep(Duration::from_secs(1));
        let upgrade = run(&host, &url, "upgrade");
        assert_eq!(upgrade.code, 0, "{}", upgrade.transcript());
        let expected = "waiting for another program: autogen, process ";
        assert!(upgrade.stderr.contains(expected), "{}", upgrade.transcript());
    });
}

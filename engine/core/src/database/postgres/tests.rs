//! Getting in, and being kept out, against a real server.

use autogen_test_servers::postgres;

use crate::database::{Database, DatabaseUrl};
use crate::error::{Code, Error, Result};

fn open(url: &str) -> Result<Database> {
    open_with(url, &[])
}

fn open_with(url: &str, variables: &[(&str, &str)]) -> Result<Database> {
    let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    Database::open(&DatabaseUrl::parse(url)?.completed(&find)?, false)
}

#[track_caller]
fn refusal(url: &str) -> Error {
    let error = open(url).err().expect("a refusal");
    let everything = format!("{error:?} {error} {:?}", error.diagnostics);
    assert!(!everything.contains("p@ss") && !everything.contains("wrong-word"), "{everything}");
    error
}

#[test]
fn a_socket_a_port_and_the_environment_lead_to_it() {
    let server = postgres();
    let (user, password) = server.credentials();
    open(&server.url()).expect("through the socket").execute("SELECT 1").expect("answers");
    open(&server.tcp_url(user, password)).expect("through TCP").execute("SELECT 1").expect("answers");
    let folder = server.folder().display().to_string();
    let port = server.port().to_string();
    let variables = [("PGHOST", folder.as_str()), ("PGPORT", &port), ("PGUSER", user), ("PGDATABASE", server.name())];
    open_with("postgres://", &variables).expect("through the environment").execute("SELECT 1").expect("answers");
}

#[test]
fn every_refusal_is_told_from_the_others() {
    let server = postgres();
    let (user, password) = server.credentials();
    for (url, code) in [
        (server.tcp_url(user, "wrong-word"), Code::WrongPassword),
        (server.tcp_url(user, "").replace(":@", "@"), Code::WrongPassword),
        (server.tcp_url("nobody-known", "wrong-word"), Code::WrongPassword),
        (server.tcp_url(user, password).replace(server.name(), "not_there"), Code::NoSuchDatabase),
        (server.tcp_url(user, password).replace(&server.port().to_string(), "1"), Code::NoServer),
        (server.url().replace(&server.port().to_string(), "1"), Code::NoServer),
        (server.tcp_url(user, password).replace("localhost", "no-such-host.invalid"), Code::NoServer),
    ] {
        assert_eq!(refusal(&url).code(), code, "{url}");
    }
}

#[test]
fn certificates_count_as_far_as_the_mode_says() {
    let server = postgres();
    let (user, password) = server.credentials();
    let url = server.tcp_url(user, password);
    let by_address = url.replace("localhost", "127.0.0.1");
    let authority = server.authority().display().to_string();
    let is_encrypted = |url: &str| {
        let mut database = open(url)?;
        let check = "SELECT 1 / ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        Ok::<bool, Error>(database.execute(check).is_ok())
    };
    assert!(!is_encrypted(&format!("{url}?sslmode=disable")).expect("gets in"));
    assert!(is_encrypted(&url).expect("gets in"));
    assert!(is_encrypted(&format!("{by_address}?sslmode=require")).expect("gets in"));
    assert!(is_encrypted(&format!("{url}?sslmode=verify-full&sslrootcert={authority}")).expect("gets in"));
    assert!(is_encrypted(&format!("{by_address}?sslmode=verify-ca&sslrootcert={authority}")).expect("gets in"));

    assert_eq!(refusal(&format!("{url}?sslmode=verify-ca")).code(), Code::CantConnect);
    let wrong_name = refusal(&format!("{by_address}?sslmode=verify-full&sslrootcert={authority}"));
    assert_eq!(wrong_name.code(), Code::CantConnect);
    assert_eq!(refusal(&format!("{url}?sslmode=verify-ca&sslrootcert=/nowhere.pem")).code(), Code::BadCertificates);
}

#[test]
fn the_search_path_comes_with_the_url() {
    let server = postgres();
    server.execute("CREATE SCHEMA audit; CREATE TABLE audit.log (id int)");
    let mut database = open(&format!("{}?options=-csearch_path%3Daudit", server.url())).expect("gets in");
    database.execute("SELECT id FROM log").expect("finds the table");
}

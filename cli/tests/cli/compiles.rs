//! What the program writes in Rust compiles, without a warning, and stays as it is when it is formatted; so do the
//! fixtures' sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use autogen_test_servers::{mysql, postgres};

use crate::adopt_fresh::{MYSQL, POSTGRES, SQLITE};
use crate::support::Host;

/// A host with a crate, which compiles in a folder that outlives the test: Diesel takes its time.
#[test]
fn adopted_tables_and_new_plugins_compile() {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine").canonicalize().expect("the engine");
    let manifest = format!(
        "[package]\nname = \"adopted\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\nmembers = [\"plugins/*\"]\n\n\
         [dependencies]\nautogen = {{ package = \"diesel-autogen\", path = {engine:?} }}\ndiesel = {{ version = \"2.3\", default-features = false, \
         features = [\"sqlite\", \"postgres_backend\", \"mysql_backend\", \"32-column-tables\"] }}\n"
    );
    let host = Host::of(&[("Cargo.toml", &manifest), ("src/lib.rs", "")]);
    let (postgres, mysql) = (postgres(), mysql());
    postgres.execute(POSTGRES);
    mysql.execute(MYSQL);
    let databases = [("mysql", mysql.url()), ("postgres", postgres.url()), ("sqlite", "app.db".to_owned())];
    let mut library = "//! Tables of all databases, in both forms.\n\n".to_owned();
    for (dialect, url) in &databases {
        for form in ["", "--stock"] {
            let taken = Host::of(&[("autogen.toml", &format!("dialects = ['{dialect}']\n")), ("src/lib.rs", "")]);
            taken.sql("app.db", SQLITE);
            let mut command = taken.command(&format!("adopt --plugin core {form}"));
            let run = taken.output(command.env("DATABASE_URL", url).output().expect("runs"));
            assert_eq!(run.code, 0, "{}", run.transcript());
            let module = format!("{dialect}{}", form.replace("--", "_"));
            host.write(&format!("src/{module}.rs"), &taken.read("src/schema.rs"));
            library.push_str(&format!("pub mod {module};\n"));
            forget(&taken, dialect, url);
        }
    }
    host.write("src/lib.rs", &library);
    host.done("new usb");

    let sources = ["src", "plugins/usb/src"].map(|folder| host.path(folder));
    for folder in &sources {
        for file in fs::read_dir(folder).expect("a folder") {
            let file = file.expect("a file").path();
            let output =
                Command::new("rustfmt").args(["--check", "--edition", "2024"]).arg(&file).output().expect("rustfmt");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
    }
    // Nobody formats what isn't the program's own.
    for (module, file) in fixtures() {
        library.push_str(&format!("#[path = {file:?}]\n#[allow(non_snake_case)]\npub mod {module};\n"));
    }
    host.write("src/lib.rs", &library);
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"), host.path("Cargo.lock"))
        .expect("a lock file");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--quiet", "--offline", "--workspace", "--color", "never"]).current_dir(host.root());
    cargo
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("adopted"))
        .env("RUSTFLAGS", "-D warnings");
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The sources of the fixtures that are no crates, each with a name of its own.
fn fixtures() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").canonicalize().expect("the fixtures");
    let mut sources = Vec::new();
    let mut left = vec![folder.clone()];
    while let Some(path) = left.pop() {
        if path.join("Cargo.toml").exists() {
            continue;
        }
        if path.is_dir() {
            left.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let inside = path.strip_prefix(&folder).expect("it lies there").with_extension("");
            sources.push((inside.display().to_string().replace('/', "_"), path));
        }
    }
    assert!(!sources.is_empty(), "there are fixtures that are no crates");
    sources.sort();
    sources
}

/// Takes the marks out of a database, so that it can be taken over again.
fn forget(host: &Host, dialect: &str, url: &str) {
    if dialect != "sqlite" {
        let clean = "DROP TABLE __diesel_schema_migrations; DROP TABLE IF EXISTS __autogen_ledger;";
        host.write("forget.sql", clean);
        let mut database = autogen_engine::database::Database::open(
            &autogen_engine::database::DatabaseUrl::parse(url).expect("a URL"),
            false,
        )
        .expect("opens");
        database.execute(clean).expect("forgets");
    }
}

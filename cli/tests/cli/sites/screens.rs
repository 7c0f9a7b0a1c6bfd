//! Nothing that a terminal obeys and no password is shown, whoever wrote it: an author, a database, or who runs the program.

use autogen_engine::dialect::Dialect;

use super::Site;
use crate::support::Host;

/// What a terminal obeys, and what turns text round.
const OBEYED: &str = "\u{1b}]0;t\u{7}\u{202e}\u{9b}1m";

fn is_obeyed(letter: char) -> bool {
    let turns =
        matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (letter.is_control() && letter != '\n' && letter != '\t')
}

/// A host with such names and texts in definitions, comments, file names and migrations.
fn host(dialect: Dialect) -> Host {
    let escaped: String = OBEYED.escape_unicode().to_string();
    let notes = format!(
        "autogen::table! {{\n    #![comment = \"c{escaped}\"]\n    #[check(\"n <> 7\", name = \"k{escaped}\")]\n    \
         #[sql_name = \"no{escaped}tes\"]\n    notes (id) {{\n        id -> Integer,\n        #[sql_name = \"n\"]\n        \
         #[default = 5]\n        n -> Nullable<Integer>,\n        #[default = \"d{escaped}\"]\n        \
         #[max_length = 40]\n        #[sql_name = \"x{escaped}\"]\n        x -> Varchar,\n    }}\n}}\n"
    );
    let notes = notes.replace(&format!("    #![comment = \"c{escaped}\"]\n"), &format!("    /// c{OBEYED}\n"));
    let host = Host::of(&[("plugins/net/src/schema.rs", notes.as_str())]);
    host.write("autogen.toml", &format!("dialects = ['{dialect}']\n"));
    host
}

/// A core's migration that makes the database itself say such things.
fn shouting(dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => format!(
            "CREATE TABLE shouts (n INTEGER);\nCREATE TRIGGER shout BEFORE INSERT ON shouts BEGIN SELECT RAISE(ABORT, \
             's{OBEYED}'); END;\nINSERT INTO shouts VALUES (1);\n"
        ),
        Dialect::Postgres => format!(
            "CREATE TABLE shouts (n INTEGER);\nDO $$ BEGIN RAISE NOTICE 'n{OBEYED}'; RAISE EXCEPTION 's{OBEYED}' USING \
             DETAIL = 'd{OBEYED}', HINT = 'h{OBEYED}'; END $$;\n"
        ),
        Dialect::Mysql => format!(
            "CREATE TABLE shouts (n INTEGER);\nCREATE TRIGGER shout BEFORE INSERT ON shouts FOR EACH ROW SIGNAL SQLSTATE \
             '45000' SET MESSAGE_TEXT = 's{OBEYED}';\nINSERT INTO shouts VALUES (1);\n"
        ),
    }
}

/// Runs a command in both forms, and looks at all that it says.
#[track_caller]
fn look(site: &Site, command: &str) -> Vec<i32> {
    let forms = ["", " --format json"].map(|form| format!("{command}{form}"));
    let codes = forms.map(|arguments| {
        let run = site.run(&arguments);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains(is_obeyed), "{arguments}: {said:?}");
        run.code
    });
    codes.to_vec()
}

fn nothing_that_a_terminal_obeys_is_shown(dialect: Dialect) {
    let site = Site::with(host(dialect), dialect);
    for command in ["diff", "--dry-run"] {
        look(&site, command);
    }
    site.done("");
    site.done("upgrade");
    site.host.edit("plugins/net/src/schema.rs", "#[default = 5]", "#[default = 6]");
    for command in
        ["plugins", "history", "show net@head", "graph", "status", "check", "diff", "verify --all", "explain net"]
    {
        look(&site, command);
    }
    for command in ["diff --format unified", "adopt --plugin net --dry-run", "downgrade --allow all --plugin net base"]
    {
        look(&site, command);
    }
    site.done("upgrade");
    // A row in the way, and what somebody did by hand.
    let quote = if dialect == Dialect::Mysql { '`' } else { '"' };
    site.execute(&format!("INSERT INTO {quote}no{OBEYED}tes{quote} (id, n) VALUES (1, 8)"));
    site.execute(&format!("ALTER TABLE {quote}no{OBEYED}tes{quote} ADD COLUMN {quote}h{OBEYED}{quote} INTEGER"));
    site.host.edit("plugins/net/src/schema.rs", "n <> 7", "n <> 8");
    for command in ["status", "check", "diff", ""] {
        look(&site, command);
    }
    let name = "2026-11-22-000000-core_shouts";
    site.host.revision("", name, &shouting(dialect), "-- none\n");
    for command in ["check", "verify core@head", "upgrade", "status"] {
        assert_ne!(look(&site, command), [0, 0], "{command}");
    }
    let files = site.host.files().into_iter().filter(|(path, _)| path.ends_with(".sql") && !path.contains(name));
    for (path, text) in files {
        for line in text.split('\n').filter(|line| line.starts_with("--")) {
            assert!(!line.contains(is_obeyed), "{path}: {line:?}");
        }
    }
    // Names of files.
    for file in [format!("plugins/net/src/f{OBEYED}.rs"), format!("plugins/net/migrations/1_f{OBEYED}/up.sql")] {
        site.host.write(&file, "autogen::table! {{\n");
        for command in ["plugins", "history", "check", "diff"] {
            look(&site, command);
        }
    }
    look(&site, &format!("show {OBEYED}"));
    look(&site, OBEYED);
}

#[test]
fn obeyed_on_sqlite() {
    nothing_that_a_terminal_obeys_is_shown(Dialect::Sqlite);
}

#[test]
fn obeyed_on_postgresql() {
    nothing_that_a_terminal_obeys_is_shown(Dialect::Postgres);
}

#[test]
fn obeyed_on_mariadb() {
    nothing_that_a_terminal_obeys_is_shown(Dialect::Mysql);
}

#[test]
fn no_password_is_shown() {
    let host = host(Dialect::Postgres);
    let postgres = autogen_test_servers::postgres();
    let mysql = autogen_test_servers::mysql();
    let urls = [
        "postgres://u:hunter2@127.0.0.1:1/d".to_owned(),
        "postgres://u:a@hunter2@127.0.0.1:1/d".to_owned(),
        "postgres://u:hunter2 b@127.0.0.1:1/d".to_owned(),
        "postgres://u:a/hunter2@127.0.0.1:1/d".to_owned(),
        "postgres://127.0.0.1:1/d?user=u&password=hunter2".to_owned(),
        "postgresql://u:hunter2@/d?sslmode=nonsense".to_owned(),
        "postgres://u:hunter2@[::1/d".to_owned(),
        "postgres://u:hunter2@127.0.0.1:port/d".to_owned(),
        "host=127.0.0.1 port=1 password=hunter2".to_owned(),
        "host=127.0.0.1 password = 'a hunter2'".to_owned(),
        "mysql://u:hunter2@127.0.0.1:1/d".to_owned(),
        "mysql://u:a@hunter2@127.0.0.1:1/d".to_owned(),
        "mysql://127.0.0.1:1/d?password=hunter2".to_owned(),
        "mariadb://u:hunter2@127.0.0.1:1/d?nonsense=1".to_owned(),
        "oracle://u:hunter2@127.0.0.1/d".to_owned(),
        "postgres:u:hunter2@127.0.0.1/d".to_owned(),
        postgres.tcp_url("nobody", "hunter2"),
        mysql.tcp_url("nobody", "hunter2"),
    ];
    for url in urls {
        let quoted = toml_quoted(&url);
        let dialect = if url.starts_with('m') { "mysql" } else { "postgres" };
        let scratch = format!("dialects = ['{dialect}']\n[database]\nscratch = {{ {dialect} = {quoted} }}\n");
        let ways = [
            (vec!["--database-url", url.as_str()], "", String::new()),
            (vec![], "DATABASE_URL", String::new()),
            (vec![], "SOME_URL", "[database]\nurl = 'env:SOME_URL'\n".to_owned()),
            (vec![], "", format!("[database]\nurl = {quoted}\n")),
            (vec!["--no-database"], "", scratch),
            (vec![], "", format!("[database]\nurl = {quoted}\nnonsense = 1\n")),
        ];
        for (options, variable, settings) in ways {
            host.write("autogen.toml", &settings);
            for form in [&["check", "-vv"][..], &["status", "--format", "json"]] {
                let mut command = host.command("");
                command.args(form).args(&options);
                if !variable.is_empty() {
                    command.env(variable, &url);
                }
                let run = host.output(command.output().expect("runs"));
                let said = format!("{}{}", run.stdout, run.stderr);
                assert!(!said.contains("hunter2"), "{url} {form:?} {options:?} {variable:?}: {said}");
            }
        }
    }
    host.write("autogen.toml", "");
    for arguments in
        ["postgres://u:hunter2@h/d", "--url=postgres://u:hunter2@h/d", "show postgres://u:hunter2@h/d --format json"]
    {
        let run = host.run(arguments);
        assert!(
            run.code != 0 && !format!("{}{}", run.stdout, run.stderr).contains("hunter2"),
            "{arguments}: {}",
            run.stderr
        );
    }
}

fn toml_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

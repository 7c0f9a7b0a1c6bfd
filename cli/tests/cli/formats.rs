//! Reports in forms for people and forges, and what goes for all forms: a host with one drifted plugin, one that is ahead
//! and one bad revision.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::support::Host;

/// `net` has drifted, `usb` is ahead of its chain, and what it points at keeps it from being in sync with the database.
pub fn drifted() -> Host {
    let host = Host::with_rows();
    host.sql("app.db", "CREATE INDEX by_hand ON ports (speed)");
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>", "serial -> Text");
    host
}

/// The last revision of `net` isn't undone by its down.sql.
pub fn badly_revised() -> Host {
    let host = Host::with_baselines();
    host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    host.done("--plugin net");
    host.write("plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/down.sql", "-- Nothing to see here.\n");
    host
}

/// Runs a command whose results must be in no machine's words, and compares them.
#[track_caller]
pub fn shows(host: &Host, arguments: &str, expected: Expect) {
    let run = host.run(arguments);
    assert!(!run.stdout.contains("[HOST]"), "the folder of this run stands in the report:\n{}", run.stdout);
    let shown =
        run.transcript().replace(&format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION")), "\"version\": \"[TOOL]\"");
    expected.assert_eq(&shown);
    assert_eq!(run.stdout, host.run(arguments).stdout, "the same report twice");
}

/// A schema of the tests or of the documentation.
#[track_caller]
pub fn validator(schema: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(schema).expect("a schema");
    jsonschema::validator_for(&schema).expect("a schema")
}

#[track_caller]
pub fn is_valid(validator: &jsonschema::Validator, document: &Value, what: &str) {
    let mistakes: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(mistakes.is_empty(), "{what}: {mistakes:#?}\n{document:#}");
}

#[test]
fn people_see_the_lines_that_findings_are_about() {
    shows(
        &drifted(),
        "check --database-url app.db",
        expect![[r#"
            net: the database is not what its applied revisions make; to mend it: [database-drifted]
              - index by_hand on ports (speed)
              help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
            usb: the models are ahead of the chain [models-ahead]
              ~ devices.serial  null -> not null
             --> plugins/usb/src/schema.rs:8:9
              |
            8 |         serial -> Text,
              |         ^^^^^^
              help: run `autogen` to write the next revision
            --- exit 1
        "#]],
    );
}

#[test]
fn annotations_of_github() {
    shows(
        &drifted(),
        "check --database-url app.db --format github",
        expect![[r#"
        ::error file=plugins/net/src/schema.rs,line=2,col=5,title=net%3A database-drifted::the database is not what its applied revisions make; to mend it:%0A- index by_hand on ports (speed)%0Ahelp: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
        ::error file=plugins/usb/src/schema.rs,line=8,col=9,title=usb%3A models-ahead::the models are ahead of the chain%0A~ devices.serial  null -> not null%0Ahelp: run `autogen` to write the next revision
        --- exit 1
    "#]],
    );
    shows(
        &badly_revised(),
        "verify --format github",
        expect![[r#"
        ::error file=plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/up.sql,line=1,col=1,title=net%3A proof-failed::down.sql doesn't give back the schema that up.sql started from%0Acolumn ports.duplex should not be there%0Ahelp: make down.sql take back every change of up.sql
        --- exit 1
    "#]],
    );
    let host = drifted();
    host.edit("plugins/usb/src/schema.rs", "serial -> Text,", "serial Text,");
    shows(
        &host,
        "check --format github",
        expect![[r#"
        ::error file=plugins/usb/src/schema.rs,line=8,col=16,title=table-syntax::expected `->`%0Ahelp: docs/reference.md in autogen's repository shows every form; the compiler says the same
        --- stderr
        error[table-syntax]: expected `->`
         --> plugins/usb/src/schema.rs:8:16
          |
        8 |         serial Text,
          |                ^^^^
        help: docs/reference.md in autogen's repository shows every form; the compiler says the same
        --- exit 2
    "#]],
    );
}

#[test]
fn a_statement_that_fails_is_shown_where_it_stands() {
    let host = Host::with_baselines();
    host.revision(
        "net",
        "2026-12-01-000000_more",
        "-- More.\n\nCREATE TABLE more (id INTEGER);\nDROP TABLE lost;\n",
        "",
    );
    shows(
        &host,
        "verify --plugin net 2026-12-01 --format github",
        expect![[r#"
        ::error file=plugins/net/migrations/2026-12-01-000000_more/up.sql,line=4,col=1,title=net%3A proof-failed::up.sql stops with an error on a scratch database with rows%0Ano such table: lost%0Athe statement in line 4: DROP TABLE lost%0Ahelp: correct the statement; a script must run on every database that holds such rows
        --- exit 1
    "#]],
    );
    shows(
        &host,
        "verify --plugin net 2026-12-01",
        expect![[r#"
        net 2026-12-01-000000_more: not proven
        error[proof-failed]: up.sql stops with an error on a scratch database with rows
         --> plugins/net/migrations/2026-12-01-000000_more/up.sql:4:1
          |
        4 | DROP TABLE lost;
          | ^^^^^^^^^^^^^^^
        note: no such table: lost
        note: the statement in line 4: DROP TABLE lost
        help: correct the statement; a script must run on every database that holds such rows
        --- exit 1
    "#]],
    );
}

#[test]
fn code_quality_of_gitlab() {
    shows(
        &drifted(),
        "check --database-url app.db --format gitlab",
        expect![[r#"
        [
          {
            "description": "net: the database is not what its applied revisions make; to mend it:\n- index by_hand on ports (speed)\nhelp: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`",
            "check_name": "database-drifted",
            "fingerprint": "00c2c12008167bffc2f7b487b1e98cda",
            "severity": "major",
            "location": {
              "path": "plugins/net/src/schema.rs",
              "lines": {
                "begin": 2
              }
            }
          },
          {
            "description": "usb: the models are ahead of the chain\n~ devices.serial  null -> not null\nhelp: run `autogen` to write the next revision",
            "check_name": "models-ahead",
            "fingerprint": "b2931c41794303323d774ab3871f5f73",
            "severity": "major",
            "location": {
              "path": "plugins/usb/src/schema.rs",
              "lines": {
                "begin": 8
              }
            }
          }
        ]
        --- exit 1
    "#]],
    );
}

#[test]
fn documents_are_as_their_schema_says() {
    let schema = validator(include_str!("../../../docs/report.schema.json"));
    let (drifted, bad) = (drifted(), badly_revised());
    let commands = [
        "check --database-url app.db",
        "check --plugin core",
        "diff",
        "drift --database-url app.db",
        "check --plugin none",
        "verify",
    ];
    let runs =
        commands.map(|command| (&drifted, command)).into_iter().chain([(&bad, "verify"), (&bad, "check --nope")]);
    for (host, command) in runs {
        let document = host.run(&format!("{command} --format json")).document();
        is_valid(&schema, &document, command);
    }
    let mut document = drifted.run("check --format json").document();
    document["findings"][0]["line"] = "eight".into();
    assert!(!schema.is_valid(&document), "the schema refuses nothing");
}

#[test]
fn several_forms_at_once() {
    let host = drifted();
    let run = host.run("check --format sarif=out.sarif,github,junit=out.xml");
    assert_eq!(run.code, 1);
    assert_eq!(run.stdout, host.run("check --format github").stdout);
    assert_eq!(host.read("out.sarif"), host.run("check --format sarif").stdout);
    assert_eq!(host.read("out.xml"), host.run("check --format junit").stdout);
    // People read the rest where nothing else goes to standard output; trouble stands in the files too.
    let run = host.run("check --format markdown=out.md --plugin none");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(host.read("out.md").contains("no-such-plugin"), "{}", host.read("out.md"));
    host.says("check --format github,json", expect![[r#"
        {
          "version": 1,
          "command": null,
          "error": {
            "severity": "error",
            "code": "bad-usage",
            "message": "invalid value 'github,json' for '--format <FORMAT[=FILE],...>': one form goes to standard output; write `json=FILE`",
            "places": [],
            "help": "`autogen --help` lists all options",
            "more": []
          }
        }
        --- stderr
        error: invalid value 'github,json' for '--format <FORMAT[=FILE],...>': one form goes to standard output; write `json=FILE`

        For more information, try '--help'.
        --- exit 2
    "#]]);
    host.says(
        "check --format sarif=none/out.sarif",
        expect![[r#"
        --- stderr
        error[can't-write]: can't write `none/out.sarif`: No such file or directory (os error 2)
        help: name a file in a folder that is there and that you may write to
        --- exit 2
    "#]],
    );
    host.says(
        "check --nope --format github,markdown=out.md",
        expect![[r#"
        ::error title=bad-usage::unexpected argument '--nope' found%0Ahelp: `autogen --help` lists all options
        --- stderr
        error: unexpected argument '--nope' found

        Usage: autogen check [OPTIONS]

        For more information, try '--help'.
        --- exit 2
    "#]],
    );
    assert!(host.read("out.md").starts_with("<!-- autogen -->\n### autogen: 1 finding\n"), "{}", host.read("out.md"));
    host.says(
        "status --format json=out.json",
        expect![[r#"
        --- stderr
        error[no-such-form]: `status` writes its results to standard output only
        help: leave `=FILE` out, and redirect the output
        --- exit 2
    "#]],
    );
}

#[test]
fn what_authors_write_obeys_no_form() {
    let host = Host::with_baselines();
    let evil = "#[comment = \"%0A::error::x\\n::stop-commands::y | @all <img> `x` \u{202e}\"]\n        serial -> Nullable<Text>,";
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>,", evil);
    host.edit(
        "plugins/usb/src/schema.rs",
        "#[index(serial)]",
        "#[index(serial)]\n    #[check(\"serial <> '%0A::x | ``` <img>'\")]",
    );
    let github = host.run("diff --format github").stdout;
    assert_eq!(github.lines().count(), 1, "{github}");
    assert!(github.contains("%250A::x"), "{github}");
    for format in ["text", "json", "sarif", "github", "gitlab", "markdown", "junit"] {
        let run = host.run(&format!("diff --format {format}"));
        assert_eq!(run.code, 1, "{format}: {}", run.stderr);
        assert!(!run.stdout.contains('\u{202e}'), "{format}");
    }
    let markdown = host.run("diff --format markdown").stdout;
    assert!(markdown.contains("````diff\n"), "{markdown}");
}

#[test]
fn forges_follow_a_finding_wherever_its_lines_go() {
    let host = drifted();
    let fingerprints = |host: &Host| -> Vec<Value> {
        let issues = host.run("check --format gitlab").document();
        issues.as_array().expect("a list").iter().map(|issue| issue["fingerprint"].clone()).collect()
    };
    let before = fingerprints(&host);
    host.edit("plugins/usb/src/schema.rs", "autogen::table!", "// Devices.\n\nautogen::table!");
    assert_eq!(fingerprints(&host), before);
    host.edit("plugins/usb/src/schema.rs", "serial -> Text", "serial -> Text,\n        more -> Nullable<Text>");
    assert_ne!(fingerprints(&host), before);
}

//! Help pages, and command lines that can't be understood.

use expect_test::expect;

use crate::support::Host;

#[test]
fn the_whole_program() {
    Host::of(&[]).says(
        "--help",
        expect![[r#"
            Writes reviewable, proven migrations for Diesel hosts whose plugins own tables.

            Without a command it generates: compares table definitions in Rust source with the schema that the
            migrations make (or a live database has), and writes the next revision.

            Usage: autogen [OPTIONS] [COMMAND]

            Commands:
              generate     Write the next revision of a chain (what happens without a command)
              diff         Show what generate would write, and write nothing. Exit code 1 when there is
                           something
              check        Compare models with chains, and chains with the live database. For CI
              verify       Prove revisions on disk again: up, down and up on a scratch database with rows
              upgrade      Apply pending revisions to the live database, in dependency order; makes the file if
                           need be
              downgrade    Revert revisions of one plugin
              stamp        Mark revisions as applied, or as not, without running them, after comparing the
                           database with what they make
              adopt        Define the tables that a live database has, write their baseline, and mark it as
                           applied
              status       Show, for every plugin, what is applied and what is pending. Exit code 1 when
                           something is
              heads        Show the newest revision of every chain. Exit code 1 when a chain has branched
              history      List the revisions of all chains, the newest first
              show         Show a revision: its place, what it risks, what was proven, its state and its SQL
              explain      Show how a table, column or rule is declared and how the database has it, and why the
                           two are one or not. Exit code 1 when they differ
              merge        Join the heads of a chain that has branched, after trying both orders
              rebase       Put a branch that no database has applied on top of another head, after trying both
                           orders
              graph        Draw the chains
              plugins      Show who there is and who owns which table
              init         Make this folder a host: write its autogen.toml
              new          Begin a plugin: a crate that compiles, with a definition to be changed
              completions  Print what a shell needs to complete command lines
              help         Print this message or the help of the given subcommand(s)

            Options:
              -m, --message <TEXT>
                      What the revision does, for its name and header [default: made from the changes]

                  --allow <HAZARD,...>
                      Hazards that may be written: names, separated by commas, or `all`

                  --dry-run
                      Do everything but write: show the files instead

                  --no-verify
                      Don't prove the revision; its header then says that nothing was proven

              -h, --help
                      Print help (see a summary with '-h')

              -V, --version
                      Print version

            Global options:
                  --root <DIR>
                      The host's folder [default: the nearest one with an autogen.toml, else the current one]

                  --plugin <NAME>
                      Only this plugin, or `core`; may be given several times

                  --database-url <URL>
                      The live database: `sqlite:PATH` or a plain path, `postgres://...`, `mysql://...`; an
                      empty one is `--no-database`. A server has 10 s to answer, or `?connect_timeout=SECONDS`
                      [default: autogen.toml, else none]

                      [env: DATABASE_URL]

                  --no-database
                      Compare with the chains alone, whatever DATABASE_URL or autogen.toml says. Scratch
                      databases are still made on that server

                  --dialect <DIALECT>
                      Only this dialect

                  --require-verify
                      Fail when a dialect has no server to work on, rather than leave it out [default where CI
                      is set]

                  --format <FORMAT>
                      How results are printed

                      Possible values:
                      - text:    For people
                      - json:    For programs; the object's `version` says which shape
                      - sql:     Only the SQL; of diff and generate
                      - unified: The tables' definitions before and after, as a unified diff; of diff and
                        generate

                      [default: text]

                  --color <WHEN>
                      When to use colours

                      Possible values:
                      - auto:   On a terminal, unless NO_COLOR is set
                      - always: Always
                      - never:  Never

                      [default: auto]

              -v, --verbose...
                      Say more: what lies under an error, and which objects are kept as they are; twice: what
                      each stage has taken, and how many queries

              -q, --quiet
                      Print results only, no remarks
            --- exit 0
        "#]],
    );
}

#[test]
fn a_command() {
    Host::of(&[]).says(
        "upgrade -h",
        expect![[r#"
            Apply pending revisions to the live database, in dependency order; makes the file if need be

            Usage: autogen upgrade [OPTIONS] [REVISION|head|+N]

            Arguments:
              [REVISION|head|+N]  Stop after this revision and what it depends on; `head`, `usb@head`, or `+N`
                                  for the next N [default: everything pending]

            Options:
                  --sql   Print a script for sqlite3, psql or mariadb that does the same, and do nothing.
                          Without a database it begins with an empty one
              -h, --help  Print help (see more with '--help')

            Global options:
                  --root <DIR>          The host's folder [default: the nearest one with an autogen.toml, else
                                        the current one]
                  --plugin <NAME>       Only this plugin, or `core`; may be given several times
                  --database-url <URL>  The live database: `sqlite:PATH` or a plain path, `postgres://...`,
                                        `mysql://...`; an empty one is `--no-database`. A server has 10 s to
                                        answer, or `?connect_timeout=SECONDS` [default: autogen.toml, else none]
                                        [env: DATABASE_URL]
                  --no-database         Compare with the chains alone, whatever DATABASE_URL or autogen.toml
                                        says. Scratch databases are still made on that server
                  --dialect <DIALECT>   Only this dialect
                  --require-verify      Fail when a dialect has no server to work on, rather than leave it out
                                        [default where CI is set]
                  --format <FORMAT>     How results are printed [default: text] [possible values: text, json,
                                        sql, unified]
                  --color <WHEN>        When to use colours [default: auto] [possible values: auto, always,
                                        never]
              -v, --verbose...          Say more: what lies under an error, and which objects are kept as they
                                        are; twice: what each stage has taken, and how many queries
              -q, --quiet               Print results only, no remarks
            --- exit 0
        "#]],
    );
    Host::of(&[]).says(
        "downgrade -h",
        expect![[r#"
            Revert revisions of one plugin

            Usage: autogen downgrade [OPTIONS] <REVISION|-N|base>

            Arguments:
              <REVISION|-N|base>  Revert what comes after this revision; `-N` for the last N, `base` for
                                  everything

            Options:
                  --cascade  Revert what depends on it in other chains too
                  --sql      Print a script for sqlite3, psql or mariadb that does the same, and do nothing
              -h, --help     Print help (see more with '--help')

            Global options:
                  --root <DIR>          The host's folder [default: the nearest one with an autogen.toml, else
                                        the current one]
                  --plugin <NAME>       Only this plugin, or `core`; may be given several times
                  --database-url <URL>  The live database: `sqlite:PATH` or a plain path, `postgres://...`,
                                        `mysql://...`; an empty one is `--no-database`. A server has 10 s to
                                        answer, or `?connect_timeout=SECONDS` [default: autogen.toml, else none]
                                        [env: DATABASE_URL]
                  --no-database         Compare with the chains alone, whatever DATABASE_URL or autogen.toml
                                        says. Scratch databases are still made on that server
                  --dialect <DIALECT>   Only this dialect
                  --require-verify      Fail when a dialect has no server to work on, rather than leave it out
                                        [default where CI is set]
                  --format <FORMAT>     How results are printed [default: text] [possible values: text, json,
                                        sql, unified]
                  --color <WHEN>        When to use colours [default: auto] [possible values: auto, always,
                                        never]
              -v, --verbose...          Say more: what lies under an error, and which objects are kept as they
                                        are; twice: what each stage has taken, and how many queries
              -q, --quiet               Print results only, no remarks
            --- exit 0
        "#]],
    );
}

#[test]
fn the_version() {
    assert_eq!(Host::of(&[]).done("--version"), format!("autogen {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_can_not_be_understood() {
    let host = Host::of(&[]);
    host.says(
        "chekc",
        expect![[r#"
            --- stderr
            error: unrecognized subcommand 'chekc'

              tip: a similar subcommand exists: 'check'

            Usage: autogen [OPTIONS] [COMMAND]

            For more information, try '--help'.
            --- exit 2
        "#]],
    );
    host.says(
        "--dialect oracle",
        expect![[r#"
            --- stderr
            error: invalid value 'oracle' for '--dialect <DIALECT>': unknown dialect `oracle`; known: sqlite, postgres, mysql

            For more information, try '--help'.
            --- exit 2
        "#]],
    );
    host.says(
        "-m x check",
        expect![[r#"
            --- stderr
            error[misplaced-option]: options of `generate` stand before a command
            help: put them after it, as in `autogen generate -m TEXT`, or leave the command out; no other command has them
            --- exit 2
        "#]],
    );
    host.says(
        "check -v -q",
        expect![[r#"
            --- stderr
            error: the argument '--verbose...' cannot be used with '--quiet'

            Usage: autogen check --verbose...

            For more information, try '--help'.
            --- exit 2
        "#]],
    );
}

#[test]
fn verbose_tells_what_lies_under_an_error() {
    let host = Host::with_baselines();
    host.write("app.db", "text");
    host.says(
        "-v status --database-url app.db",
        expect![[r#"
            --- stderr
            error[not-a-database]: `app.db` is not an SQLite database that can be read: file is not a database
            help: check the path in --database-url, DATABASE_URL or autogen.toml

            cause: file is not a database
            --- exit 2
        "#]],
    );
}

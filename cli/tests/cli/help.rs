//! Help pages, and command lines that can't be understood.

use expect_test::expect;

use crate::support::Host;

#[test]
fn the_whole_program() {
    Host::of(&[]).says(
        "--help",
        expect![[r#"
            Writes reviewable, proven migrations for Diesel applications and their plugins.

            Without a command, autogen generates: it compares table definitions in Rust source with the schema
            that the migrations make (or that a live database has), and writes the next revision.

            Usage: autogen [OPTIONS] [COMMAND]

            Commands:
              generate     Write the next revision of each chain (the default)
              diff         Show what generate would write, or with FROM..TO what lies between two places
              dump         Print the schema of a place or a database: as SQL, or as definitions (`--format
                           rust`)
              check        Compare definitions with chains, and chains with the live database
              drift        Show what was changed in the live database by hand
              verify       Prove revisions on disk again
              review       Review what a git branch adds to chains
              lint         Look for hazards, locks and mistakes in the SQL of revisions or of any files
              upgrade      Apply pending revisions to the live database
              downgrade    Revert revisions of one plugin
              forget       Have the live database forget a plugin that is gone or disabled. Its tables stay
              stamp        Mark revisions as applied, or as not applied, without running them
              adopt        Write definitions and a baseline for the tables of a live database
              status       Show what is applied and what is pending, plugin by plugin
              heads        Show the newest revision of every chain
              history      List the revisions of all chains, newest first
              show         Show a revision: its parents, risks, proof, state and SQL
              explain      Show how a table, column or rule is declared, and how the database has it
              merge        Join the heads of a branched chain, after trying both orders
              rebase       Put a branch that no database has applied on top of another head
              graph        Draw tables or chains: a page to look at, SVG, Graphviz or Mermaid
              plugins      List the owners and their tables
              codeowners   Print who reviews which owner's files, for `.github/CODEOWNERS` or GitLab's file
              init         Begin a host: write autogen.toml in this folder
              new          Begin a plugin: a crate that compiles, with an example definition
              completions  Print completions for a shell
              man          Write manual pages into a folder
              lsp          Serve an editor: the language server, which speaks LSP over standard input and output
              help         Print this message or the help of the given subcommand(s)

            Options:
              -m, --message <TEXT>
                      What the revision does; becomes its name and header [default: made from the changes]

                  --allow <HAZARD,...>
                      Hazards to allow: names separated by commas, or `all`

                  --dry-run
                      Show the files, and write nothing

                  --no-verify
                      Skip the proof; the header then says that nothing was proven

                  --empty
                      Write a revision without statements, for SQL of your own: new contents of rows, views,
                      triggers

              -h, --help
                      Print help (see a summary with '-h')

              -V, --version
                      Print version

            Global options:
                  --root <DIR>
                      The host's folder [default: the nearest one with an autogen.toml, else the current one]

                  --plugin <NAME>
                      Only this plugin, or `core`; may be repeated

                  --database-url <URL>
                      The live database: `sqlite:PATH` or a path; `postgres://USER@HOST/DATABASE`; or
                      `mysql://USER@HOST/DATABASE` for MariaDB and MySQL. An empty value means `--no-database`.
                      A server has 10 s to answer, or `?connect_timeout=SECONDS` [default: autogen.toml, else
                      none]

                      [env: DATABASE_URL]

                  --no-database
                      Compare with the chains alone, even if DATABASE_URL or autogen.toml names a database.
                      Scratch databases are still made on its server

                  --dialect <DIALECT>
                      Only this dialect

                  --require-verify
                      Fail if a dialect has no server, instead of leaving it out [default if CI is set]

                  --format <FORMAT[=FILE],...>
                      How to print results. Reports of check, diff, drift, lint, review and verify have several
                      forms at once: `github,sarif=FILE`; one without a file goes to standard output

                      Possible values:
                      - text:     For people
                      - json:     For programs; the key `version` states the shape
                      - sql:      The SQL alone
                      - rust:     Definitions in Rust (dump)
                      - unified:  The tables before and after as a unified diff (diff and generate)
                      - sarif:    SARIF 2.1.0, for code scanning
                      - github:   Annotations in a GitHub workflow
                      - gitlab:   A code quality report for GitLab
                      - markdown: A comment for a pull request
                      - junit:    JUnit's XML, for test reports
                      - mermaid:  A picture in Mermaid, which code forges draw (graph)
                      - dot:      A picture for Graphviz (graph)
                      - svg:      A picture in SVG (graph)
                      - html:     A page to look at, which needs no network (graph)

                      [default: text]

                  --color <WHEN>
                      When to use colours

                      Possible values:
                      - auto:   On a terminal, unless NO_COLOR, CLICOLOR=0 or TERM=dumb is set; and wherever
                        CLICOLOR_FORCE is set
                      - always: Always
                      - never:  Never

                      [default: auto]

              -v, --verbose...
                      Print more: the cause of an error, objects that are kept as they are, and how long each
                      revision took to apply; twice: how long each stage took, and how many queries it ran

              -q, --quiet
                      Print results only, without remarks

            Examples:
              autogen          Write the next revision of each chain
              autogen upgrade  Apply it
              autogen check    Compare definitions, chains and database
            --- exit 0
        "#]],
    );
}

#[test]
fn a_command() {
    Host::of(&[]).says(
        "upgrade -h",
        expect![[r#"
            Apply pending revisions to the live database

            Usage: autogen upgrade [OPTIONS] [REVISION|head|+N]

            Arguments:
              [REVISION|head|+N]  Stop after this revision and its dependencies; `head`, `usb@head`, or `+N` for
                                  the next N [default: everything pending]

            Options:
                  --check-drift  Stop before anything runs if somebody has changed the database by hand
                  --sql          Print a script for sqlite3, psql or mariadb that does the same, and change
                                 nothing. Without a database, the script begins with an empty one
              -h, --help         Print help (see more with '--help')

            Examples:
              autogen upgrade                 Apply everything that is pending
              autogen upgrade +1              Apply the next revision
              autogen upgrade --sql > up.sql  Write a script, change nothing

            Global options, described by `autogen --help`:
              --root, --plugin, --database-url, --no-database, --dialect, --require-verify, --format,
              --color, -v, -q
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
                                  everything. `usb@base` names the plugin too

            Options:
                  --cascade             Also revert revisions of other chains that depend on these
                  --allow <HAZARD,...>  What may be lost, by the hazards' names, separated by commas:
                                        drop-table, drop-column, delete-rows; or `all`
                  --sql                 Print a script for sqlite3, psql or mariadb that does the same, and
                                        change nothing
              -h, --help                Print help (see more with '--help')

            Examples:
              autogen downgrade -1        Revert the last revision
              autogen downgrade usb@base  Revert all of usb
              autogen downgrade -1 --sql  Print a script, change nothing

            Global options, described by `autogen --help`:
              --root, --plugin, --database-url, --no-database, --dialect, --require-verify, --format,
              --color, -v, -q
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
            error[misplaced-option]: options of `generate` come before another command
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

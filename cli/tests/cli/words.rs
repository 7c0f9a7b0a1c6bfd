//! Words that only some databases know, and names that they don't take.

use expect_test::expect;

use crate::support::Host;

const ROOMS: &str = r#"autogen::table! {
    #[index(tags, using = gin)]
    #[exclude(using = gist, (room with "=", during with "&&"), only = postgres)]
    #[unique(room, deferrable)]
    bookings (id) {
        #[identity(always)]
        id -> Integer,
        room -> Integer,
        #[sql_type(sqlite = "TEXT")]
        during -> Range<Timestamptz>,
        #[index(opclass = "jsonb_path_ops", nulls_first)]
        #[sql_type(sqlite = "TEXT")]
        tags -> Nullable<Jsonb>,
    }
}
"#;

#[test]
fn what_a_database_does_not_know_is_pointed_out_where_it_is_asked_for() {
    let host = Host::of(&[("src/schema.rs", ROOMS)]);
    host.says(
        "",
        expect![[r#"
        --- stderr
        error[not-in-dialect]: sqlite has no identity columns (`identity`)
         --> src/schema.rs:6:11
          |
        6 |         #[identity(always)]
          |           ^^^^^^^^^^^^^^^^
        help: leave it out, or add `only = postgres` to have it on that database alone

        error[not-in-dialect]: sqlite has no unique rules that can be deferred (`deferrable`)
         --> src/schema.rs:4:7
          |
        4 |     #[unique(room, deferrable)]
          |       ^^^^^^^^^^^^^^^^^^^^^^^^
        help: leave it out, or add `only = postgres` to have it on that database alone

        error[not-in-dialect]: sqlite has no index methods (`using`)
         --> src/schema.rs:2:7
          |
        2 |     #[index(tags, using = gin)]
          |       ^^^^^^^^^^^^^^^^^^^^^^^^
        help: leave it out, or add `only = postgres` to have it on that database alone

        error[not-in-dialect]: sqlite has no operator classes (`opclass`)
          --> src/schema.rs:11:11
           |
        11 |         #[index(opclass = "jsonb_path_ops", nulls_first)]
           |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: leave it out, or add `only = postgres` to have it on that database alone

        error[not-in-dialect]: sqlite has no indexes that say where NULLs are sorted (`nulls_first`, `nulls_last`)
          --> src/schema.rs:11:11
           |
        11 |         #[index(opclass = "jsonb_path_ops", nulls_first)]
           |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: leave it out, or add `only = postgres` to have it on that database alone
        --- exit 2
    "#]],
    );
    // Asked for on PostgreSQL alone, it is no matter to SQLite.
    let reserved = ROOMS
        .replace("gin)", "gin, only = postgres)")
        .replace("deferrable)", "deferrable, only = postgres)")
        .replace("always)", "always, only = postgres)")
        .replace("nulls_first)", "nulls_first, only = postgres)");
    host.write("src/schema.rs", &reserved);
    host.says(
        "diff",
        expect![[r#"
        core: 1 change
          + table bookings  (id)
              id      Integer not null
              room    Integer not null
              during  TEXT not null
              tags    Jsonb
          at risk: nothing
        --- exit 1
    "#]],
    );
}

#[test]
fn names_that_postgres_would_cut_are_refused_at_their_place() {
    let long = "a_rule_whose_name_says_in_every_detail_what_it_is_about_and_why_it_is_there";
    let source = format!(
        "autogen::table! {{\n    #[check(\"id > 0\", name = \"{long}\")]\n    a (id) {{\n        id -> Integer,\n        \
         #[sql_name = \"{long}\"]\n        b -> Integer,\n    }}\n}}\n"
    );
    let host =
        Host::of(&[("src/schema.rs", source.as_str()), ("autogen.toml", "dialects = [\"sqlite\", \"postgres\"]\n")]);
    host.says("", expect![[r#"
        --- stderr
        warning[dialect-left-out]: nothing is written, checked or proven for postgres: no server is known on which that could be done
        help: state one by `scratch.postgres` under `[database]` in autogen.toml; a later run that has it writes what is missing, under the same version

        error[name-too-long]: the column `a_rule_whose_name_says_in_every_detail_what_it_is_about_and_why_it_is_there` is 75 bytes long, and postgres takes 63
         --> src/schema.rs:6:9
          |
        6 |         b -> Integer,
          |         ^
        help: give it a shorter one by `#[sql_name = "..."]`; what is there already is called `a_rule_whose_name_says_in_every_detail_what_it_is_about_and_why`

        error[name-too-long]: the check `a_rule_whose_name_says_in_every_detail_what_it_is_about_and_why_it_is_there` is 75 bytes long, and postgres takes 63
         --> src/schema.rs:2:7
          |
        2 |     #[check("id > 0", name = "a_rule_whose_name_says_in_every_detail_what_it_is_about_and_why_it_is_there")]
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: give it a shorter `name`; what is there already is called `a_rule_whose_name_says_in_every_detail_what_it_is_about_and_why`
        --- exit 2
    "#]]);
}

//! Hosts as Diesel's own tools leave them: stock definitions, and what these can't say.

use expect_test::expect;

use crate::support::Host;

#[test]
fn a_view_is_told_from_a_table() {
    let host = Host::of(&[
        (
            "migrations/2026-01-01-000000_names/up.sql",
            "CREATE TABLE crates (id INTEGER PRIMARY KEY);\nCREATE VIEW names AS SELECT id FROM crates;\n",
        ),
        ("migrations/2026-01-01-000000_names/down.sql", "DROP VIEW names;\nDROP TABLE crates;\n"),
        (
            "src/schema.rs",
            "diesel::table! { crates { id -> Integer, } }\ndiesel::table! { names { id -> Integer, } }\n",
        ),
    ]);
    host.says(
        "diff",
        expect![[r#"
        core: in sync
        --- exit 0
    "#]],
    );
    host.write(
        "src/schema.rs",
        "diesel::table! { crates { id -> Integer, } }\nautogen::table! { names { id -> Integer, } }\n",
    );
    host.says(
        "diff",
        expect![[r#"
        --- stderr
        error[view-in-the-way]: `names` is a view in the database, and `autogen::table!` makes tables
         --> src/schema.rs:2:19
          |
        2 | autogen::table! { names { id -> Integer, } }
          |                   ^^^^^
        help: declare it by `diesel::table!`, which only says how to read it, or drop the view by hand first
        --- exit 2
    "#]],
    );
}

#[test]
fn a_column_that_is_joined_to_several_tables_makes_no_foreign_key() {
    let host = Host::of(&[(
        "src/schema.rs",
        "diesel::table! { users { id -> Integer, } }\ndiesel::table! { teams { id -> Integer, } }\n\
         diesel::table! { owners { id -> Integer, owner_id -> Integer, } }\n\
         diesel::joinable!(owners -> users (owner_id));\ndiesel::joinable!(owners -> teams (owner_id));\n",
    )]);
    host.says("diff", expect![[r#"
        core: 3 changes
          + table owners  (id)
              id        Integer not null
              owner_id  Integer not null
          + table teams  (id)
              id  Integer not null
          + table users  (id)
              id  Integer not null
          at risk: nothing
        --- stderr
        note[joinable-to-several]: `joinable!` joins `owners.owner_id` to `users` and `teams`: no foreign key is taken from that
         --> src/schema.rs:4:36
          |
        4 | diesel::joinable!(owners -> users (owner_id));
          |                                    ^^^^^^^^
        help: a key that exists stays as it is; state one by `#[references(...)]` to have it compared
        --- exit 1
    "#]]);
}

#[test]
fn a_key_says_that_a_joinable_wants_it_and_how_to_say_that_none_is_meant() {
    let host = Host::of(&[
        (
            "migrations/2026-01-01-000000_all/up.sql",
            "CREATE TABLE users (id INTEGER PRIMARY KEY);\nCREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL);\n",
        ),
        ("migrations/2026-01-01-000000_all/down.sql", "DROP TABLE posts;\nDROP TABLE users;\n"),
    ]);
    let source = |attribute: &str| {
        format!(
            "diesel::table! {{ users {{ id -> Integer, }} }}\n\
             diesel::table! {{ posts {{ id -> Integer, user_id -> Integer, }} }}\n\
             {attribute}\ndiesel::joinable!(posts -> users (user_id));\n"
        )
    };
    host.write("src/schema.rs", &source(""));
    host.says(
        "check",
        expect![[r#"
            core: the models are ahead of the chain [models-ahead]
              + foreign key on posts (user_id) -> users (id)  by joinable! at src/schema.rs:4:35
              if a joinable! needs no key, put #[cfg_attr(any(), autogen(no_key))] above it
             --> src/schema.rs:4:35
              |
            4 | diesel::joinable!(posts -> users (user_id));
              |                                   ^^^^^^^
              help: run `autogen` to write the next revision
            --- exit 1
        "#]],
    );
    host.write("src/schema.rs", &source("#[cfg_attr(any(), autogen(no_key))]"));
    host.in_sync("check");
    host.write("src/schema.rs", &source("#[cfg_attr(any(), autogen(without_key))]"));
    host.says(
        "check",
        expect![[r#"
        --- stderr
        error[table-syntax]: unknown attribute `without_key` on a joinable; known: `no_key`
         --> src/schema.rs:3:27
          |
        3 | #[cfg_attr(any(), autogen(without_key))]
          |                           ^^^^^^^^^^^
        help: write `#[cfg_attr(any(), autogen(no_key))]`
        --- exit 2
    "#]],
    );
}

#[test]
fn a_type_that_nothing_in_sight_defines_is_not_judged() {
    let host = Host::of(&[
        ("migrations/2026-01-01-000000_all/up.sql", "CREATE TABLE t (id INTEGER PRIMARY KEY, mood TEXT NOT NULL);\n"),
        ("migrations/2026-01-01-000000_all/down.sql", "DROP TABLE t;\n"),
        ("src/schema.rs", "types! { MoodSql => \"mood\" }\ndiesel::table! { t { id -> Integer, mood -> MoodSql, } }\n"),
    ]);
    host.says("check", expect![[r#"
        in sync: models and chains
        --- stderr
        note[type-not-seen]: core's columns have types that nothing in sight defines, and that aren't compared: `MoodSql`
         --> src/schema.rs:2:37
          |
        2 | diesel::table! { t { id -> Integer, mood -> MoodSql, } }
          |                                     ^^^^
        help: derive `SqlType` where no macro hides it, or name the column's type: `#[cfg_attr(any(), autogen(sql_type = "..."))]`
        --- exit 0
    "#]]);
    host.says("explain core.t.mood", expect![[r#"
        core.t.mood
          type  (src/schema.rs:2:37)
            declared  MoodSql
            chain     TEXT
            not judged: no source in sight says what `MoodSql` is to sqlite
          nullability  (src/schema.rs:2:37)
            declared  not null
            chain     not null
            equal: the same words
        --- stderr
        note[type-not-seen]: core's columns have types that nothing in sight defines, and that aren't compared: `MoodSql`
         --> src/schema.rs:2:37
          |
        2 | diesel::table! { t { id -> Integer, mood -> MoodSql, } }
          |                                     ^^^^
        help: derive `SqlType` where no macro hides it, or name the column's type: `#[cfg_attr(any(), autogen(sql_type = "..."))]`
        --- exit 0
    "#]]);
}

#[test]
fn what_diesel_is_not_told_of_is_left_alone() {
    let host = Host::of(&[
        (
            "db/migrations/2026-01-01-000000_all/up.sql",
            "CREATE TABLE crates (id INTEGER PRIMARY KEY, path TEXT NOT NULL, name TEXT);\n\
             CREATE TABLE job_log (id INTEGER PRIMARY KEY);\nCREATE TABLE jobs (id INTEGER PRIMARY KEY);\n",
        ),
        ("db/migrations/2026-01-01-000000_all/down.sql", "DROP TABLE jobs;\nDROP TABLE job_log;\nDROP TABLE crates;\n"),
        ("db/schema.rs", "diesel::table! { crates { id -> Integer, name -> Nullable<Text>, } }\n"),
        (
            "diesel.toml",
            "[print_schema]\nfile = \"db/schema.rs\"\nfilter = { except_tables = [\"_log$\"] }\n\
             [migrations_directory]\ndir = \"db/migrations\"\n",
        ),
    ]);
    host.says(
        "check",
        expect![[r#"
            core: the models are ahead of the chain [models-ahead]
              - crates.path  Text not null
              - table jobs  (id)
                  id  Integer not null
             --> db/schema.rs:1:18
              |
            1 | diesel::table! { crates { id -> Integer, name -> Nullable<Text>, } }
              |                  ^^^^^^
              help: run `autogen` to write the next revision
            --- exit 1
        "#]],
    );
    host.write("autogen.toml", "[core]\nignore = [\"jobs\", \"crates.path\"]\n");
    host.in_sync("check");
}

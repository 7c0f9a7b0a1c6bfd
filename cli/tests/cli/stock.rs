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

//! Mistakes in Rust source: every one with its place and an excerpt, and none hides another.

use std::fs;

use expect_test::{Expect, expect};

use crate::support::{ASSETS, Host, PORTS};

#[track_caller]
fn refused(source: &str, expected: Expect) {
    Host::of(&[("src/schema.rs", source)]).says("", expected);
}

#[test]
fn syntax_errors_of_several_files_come_together() {
    let host = Host::of(&[
        ("src/a.rs", "autogen::table! { a (id) { id -> Integer, } }\nfn broken( {\n"),
        ("plugins/usb/src/b.rs", "// Größe 🦀\r\nautogen::table! { b (id) { id Integer, } }\r\n"),
        ("plugins/net/src/schema.rs", PORTS),
    ]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[rust-syntax]: this is not Rust: cannot parse string into token stream
             --> src/a.rs:2:12
              |
            2 | fn broken( {
              |            ^
            help: the compiler says the same; fix it, or leave the file out of `sources`

            error[table-syntax]: expected `->`
             --> plugins/usb/src/b.rs:2:31
              |
            2 | autogen::table! { b (id) { id Integer, } }
              |                               ^^^^^^^
            help: docs/reference.md in autogen's repository shows every form; the compiler says the same
            --- exit 2
        "#]],
    );
}

#[test]
fn a_definition_is_checked_as_the_macro_checks_it() {
    refused(
        "autogen::table! {\n    #[unique(serail)]\n    a (id) {\n        id -> Integer,\n        #[defualt = 1]\n        b -> Integer,\n    }\n}\n",
        expect![[r#"
            --- stderr
            error[table-syntax]: table `a` has no column `serail`; it has: id, b
             --> src/schema.rs:2:14
              |
            2 |     #[unique(serail)]
              |              ^^^^^^
            help: docs/reference.md in autogen's repository shows every form; the compiler says the same

            error[table-syntax]: unknown attribute `defualt` on a column; known: `unique`, `index`, `check`, `references`, `default`, `on_update`, `generated`, `auto_increment`, `identity`, `precision`, `collate`, `invisible`, `sql_type`, `comment`, `backfill`, `renamed_from`, `allow`
             --> src/schema.rs:5:11
              |
            5 |         #[defualt = 1]
              |           ^^^^^^^
            help: docs/reference.md in autogen's repository shows every form; the compiler says the same
            --- exit 2
        "#]],
    );
    refused(
        "diesel::joinable!(a -> b);\n",
        expect![[r#"
            --- stderr
            error[table-syntax]: unexpected end of input, expected parentheses
             --> src/schema.rs:1:25
              |
            1 | diesel::joinable!(a -> b);
              |                         ^
            help: the form is `joinable!(child -> parent (column))`
            --- exit 2
        "#]],
    );
}

#[test]
fn columns_are_defined_once() {
    refused(
        "autogen::table! {\n    a (id) {\n        id -> Integer,\n        #[sql_name = \"ID\"]\n        other -> Integer,\n    }\n}\n",
        expect![[r#"
            --- stderr
            error[column-defined-twice]: table `a` has two columns called `id`
             --> src/schema.rs:3:9
              |
            3 |         id -> Integer,
              |         ^^ first
              |
             ::: src/schema.rs:5:9
              |
            5 |         other -> Integer,
              |         ----- again
            help: give one another name, or tell them apart by conditions such as `#[cfg(feature = "sqlite")]`
            --- exit 2
        "#]],
    );
}

#[test]
fn a_type_that_the_database_lacks_wants_a_word_for_it() {
    refused(
        "autogen::table! {\n    a (id) {\n        id -> Integer,\n        address -> Inet,\n    }\n}\n",
        expect![[r#"
            --- stderr
            error[type-not-in-dialect]: sqlite has no type `Inet`, which column `a.address` has
             --> src/schema.rs:4:20
              |
            4 |         address -> Inet,
              |                    ^^^^
            help: say what to store it as: `#[sql_type(sqlite = "TEXT")]`
            --- exit 2
        "#]],
    );
}

#[test]
fn references_lead_to_one_table_and_its_columns() {
    let wrong = "autogen::table! {\n    a (id) {\n        id -> Integer,\n        #[references(ports(number))]\n        port -> Integer,\n    }\n}\n";
    let host = Host::of(&[("src/schema.rs", wrong), ("plugins/net/src/schema.rs", PORTS)]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[unknown-column]: table `ports` has no column `number`
             --> src/schema.rs:4:28
              |
            4 |         #[references(ports(number))]
              |                            ^^^^^^
              |
             ::: plugins/net/src/schema.rs:2:5
              |
            2 |     ports (id) {
              |     ----- the table
            help: columns are named as in Rust, not by their `sql_name`
            --- exit 2
        "#]],
    );
    let named = |name: &str| {
        format!("autogen::table! {{\n    #[sql_name = \"{name}\"]\n    ports (id) {{ id -> Integer, }}\n}}\n")
    };
    let host = Host::of(&[
        ("src/schema.rs", &wrong.replace("number", "id")),
        ("plugins/net/src/schema.rs", &named("net_ports")),
        ("plugins/usb/src/schema.rs", &named("usb_ports")),
    ]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[ambiguous-table]: `ports` may mean several tables
             --> src/schema.rs:4:22
              |
            4 |         #[references(ports(id))]
              |                      ^^^^^
              |
             ::: plugins/net/src/schema.rs:3:5
              |
            3 |     ports (id) { id -> Integer, }
              |     ----- `net_ports` of net
              |
             ::: plugins/usb/src/schema.rs:3:5
              |
            3 |     ports (id) { id -> Integer, }
              |     ----- `usb_ports` of usb
            help: name the owner or the module in the path (`owner::table`), or the schema: `schema.table`
            --- exit 2
        "#]],
    );
}

#[test]
fn what_makes_no_foreign_key_is_a_warning() {
    let host = Host::of(&[
        ("src/schema.rs", ASSETS),
        ("plugins/net/src/schema.rs", PORTS),
        (
            "plugins/usb/src/joins.rs",
            "diesel::joinable!(ports -> assets (speed));\ndiesel::joinable!(elsewhere -> assets (id));\n",
        ),
    ]);
    host.says(
        "diff --plugin usb",
        expect![[r#"
            usb: in sync
            --- stderr
            warning[joinable-of-another]: this `joinable!` makes no foreign key: the table `ports` belongs to net
             --> plugins/usb/src/joins.rs:1:19
              |
            1 | diesel::joinable!(ports -> assets (speed));
              |                   ^^^^^
            help: state the foreign key in net, which owns the referencing column

            warning[joinable-unknown-table]: `joinable!` is about the table `elsewhere`, whose definition can't be seen
             --> plugins/usb/src/joins.rs:2:19
              |
            2 | diesel::joinable!(elsewhere -> assets (id));
              |                   ^^^^^^^^^
            help: the foreign key isn't compared; write the `table!` out where the scanner can read it
            --- exit 0
        "#]],
    );
    host.in_sync("diff --plugin usb --quiet");
}

#[test]
fn what_is_not_read_is_a_warning() {
    let host = Host::of(&[(
        "src/schema.rs",
        "use diesel::table;\ntable! {\n    a (id) {\n        #[unique]\n        id -> Integer,\n    }\n}\n\
         macro_rules! mine { ($name:ident) => { table! { $name (id) { id -> Integer, } } } }\nmine!(b);\n",
    )]);
    host.says(
        "diff",
        expect![[r#"
            core: 1 change
              + table a  (id)
                  id  Integer not null
              at risk: nothing
            --- stderr
            warning[attribute-not-read]: `#[unique]` isn't read here: this `table!` is taken for Diesel's
             --> src/schema.rs:4:11
              |
            4 |         #[unique]
              |           ^^^^^^
            help: call it `autogen::table!`, or write `#[cfg_attr(any(), autogen(unique...))]`, which needs no dependency

            warning[wrapped-table]: the tables that the macro `mine!` makes can't be seen
             --> src/schema.rs:8:14
              |
            8 | macro_rules! mine { ($name:ident) => { table! { $name (id) { id -> Integer, } } } }
              |              ^^^^
            help: write the `table!`s out, or let the macro pass all its tokens on: `($($t:tt)*) => { table! { $($t)* } }`
            --- exit 1
        "#]],
    );
}

#[test]
fn a_source_that_is_no_text_is_named() {
    let host = Host::of(&[("src/good.rs", PORTS)]);
    fs::write(host.path("src/bad.rs"), b"table! { caf\xe9 (id) { id -> Integer, } }").expect("written");
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[not-utf8]: `src/bad.rs` is not UTF-8, which Rust source has to be
             |
             = note: src/bad.rs:1:1
            help: save the file as UTF-8
            --- exit 2
        "#]],
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_named() {
    let host = Host::of(&[("src/good.rs", PORTS)]);
    std::os::unix::fs::symlink("nowhere.rs", host.path("src/gone.rs")).expect("a link");
    host.says("", expect![[r#"
        --- stderr
        error[no-such-source]: can't read the source `src`: ./src/gone.rs: IO error for operation on ./src/gone.rs: No such file or directory (os error 2)
        help: check `sources` in autogen.toml; without it a plugin's source is its folder `src`
        --- exit 2
    "#]]);
}

#[test]
fn names_that_are_one_to_the_database() {
    let host = Host::of(&[
        ("src/a.rs", "autogen::table! { things (id) { id -> Integer, } }\n"),
        ("src/b.rs", "autogen::table! {\n    #[sql_name = \"Things\"]\n    other (id) { id -> Integer, }\n}\n"),
    ]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[table-defined-twice]: table `things` is defined twice in core
             --> src/a.rs:1:19
              |
            1 | autogen::table! { things (id) { id -> Integer, } }
              |                   ^^^^^^ first, in core
              |
             ::: src/b.rs:3:5
              |
            3 |     other (id) { id -> Integer, }
              |     ----- again, in core
            help: remove one, tell them apart by conditions such as `#[cfg(feature = "sqlite")]`, or state in `sources` which files define tables
            --- exit 2
        "#]],
    );
}

#[test]
fn an_enum_has_one_list_of_values_in_a_type_that_can_be_seen() {
    refused(
        "autogen::sql_enum! {\n    enum Mood { Sad, Glad(u8) }\n}\n",
        expect![[r#"
        --- stderr
        error[enum-syntax]: a value in a database has no fields
         --> src/schema.rs:2:22
          |
        2 |     enum Mood { Sad, Glad(u8) }
          |                      ^^^^
        help: docs/reference.md in autogen's repository shows every form; the compiler says the same
        --- exit 2
    "#]],
    );
    let host = Host::of(&[
        ("src/schema.rs", "autogen::sql_enum! {\n    enum Mood { Sad, Glad }\n}\n"),
        (
            "plugins/usb/src/models.rs",
            "#[derive(DbEnum)]\nenum Mood { Sad }\n#[derive(DbEnum)]\n#[ExistingTypePath = \"schema::Plug\"]\nenum Plug { A, C }\n",
        ),
    ]);
    host.says(
        "check --database-url postgres://nobody@localhost:1/none",
        expect![[r#"
        --- stderr
        error[enum-defined-twice]: type `mood` is defined by core and by usb
         --> src/schema.rs:2:10
          |
        2 |     enum Mood { Sad, Glad }
          |          ^^^^ first, in core
          |
         ::: plugins/usb/src/models.rs:2:6
          |
        2 | enum Mood { Sad }
          |      ---- again, in usb
        help: a type has one owner: keep one definition, and import it where the other one is

        warning[enum-type-not-found]: `Plug` holds its values in `Plug`, whose definition can't be seen
         --> plugins/usb/src/models.rs:5:6
          |
        5 | enum Plug { A, C }
          |      ^^^^
        help: its values aren't compared; put the file that derives `SqlType` for it among the sources
        --- exit 2
    "#]],
    );
}

#[test]
fn names_that_are_swapped() {
    let swapped = "autogen::table! {
    ports (id) {
        id -> Integer,
        #[renamed_from(width)]
        height -> Integer,
        #[renamed_from(height)]
        width -> Integer,
        #[renamed_from(width)]
        depth -> Integer,
    }
}
autogen::table! {
    #[renamed_from(plugs)]
    plugs (id) {
        id -> Integer,
    }
}
";
    Host::of(&[("src/schema.rs", swapped)]).says("", expect![[r#"
        --- stderr
        error[rename-circle]: of the columns of `ports`, `height` and `width` are renamed from each other
         --> src/schema.rs:5:9
          |
        5 |         height -> Integer,
          |         ^^^^^^
          |
         ::: src/schema.rs:7:9
          |
        7 |         width -> Integer,
          |         -----
        help: no database can tell whether that was done: give one a third name and write that revision, then the names that you want and the next

        error[rename-circle]: of the tables, `plugs` is renamed from itself
          --> src/schema.rs:14:5
           |
        14 |     plugs (id) {
           |     ^^^^^
        help: no database can tell whether that was done: give one a third name and write that revision, then the names that you want and the next
        --- exit 2
    "#]]);
}

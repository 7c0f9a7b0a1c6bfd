//! Rules, indexes and numbers in all the forms that only PostgreSQL has.

use crate::cases::{Case, EMPTY};

/// There and back.
pub(crate) const ALL: &[Case<'static>] = &[
    Case {
        name: "a new table with rules of every form",
        after: r#"
            autogen::table! {
                #[exclude(using = "btree", (room with "=", expr("lower(word)") with "="), where = "room > 0", deferrable)]
                #[exclude((id with "="), name = "one id")]
                #[unique(room, word, nulls_not_distinct, deferrable = initially_deferred)]
                #[check("room < 99", name = "own rooms", no_inherit)]
                #[index(nulls_first(opclass(word, "text_pattern_ops")), desc(room), using = btree, include(id))]
                #[index(nulls_last(desc(collate(word, "C"))))]
                #[index(tags, using = gin)]
                #[index(room, unique, nulls_not_distinct, name = "one each")]
                booked (id) {
                    #[identity(always)] id -> Integer,
                    room -> Nullable<Integer>, word -> Nullable<Text>, tags -> Nullable<Jsonb>,
                    #[identity(by_default)] number -> BigInt,
                }
            }
            autogen::table! {
                #[foreign_key((a, b) => parents(a, b), match_full, on_delete = cascade)]
                children { id -> Integer, a -> Nullable<Integer>, b -> Nullable<Integer> }
            }
            autogen::table! { parents (a, b) { a -> Integer, b -> Integer } }"#,
        ..EMPTY
    },
    Case {
        name: "rules of every form come to a table that is there",
        before: r#"
            autogen::table! { t { id -> Integer, room -> Integer, word -> Nullable<Text>, tags -> Nullable<Jsonb>,
                                  a -> Nullable<Integer>, b -> Nullable<Integer> } }
            autogen::table! { parents (a, b) { a -> Integer, b -> Integer } }"#,
        after: r#"
            autogen::table! {
                #[exclude(using = gist, (expr("int4range(room, room, '[]')") with "&&"), name = "apart")]
                #[unique(room, word, nulls_not_distinct)]
                #[unique(word, deferrable)]
                #[check("room < 99", name = "own rooms", no_inherit)]
                #[foreign_key((a, b) => parents(a, b), match_full)]
                #[index(opclass(tags, "jsonb_path_ops"), using = gin)]
                #[index(nulls_first(word), include(room, id))]
                t { id -> Integer, room -> Integer, word -> Nullable<Text>, tags -> Nullable<Jsonb>,
                    a -> Nullable<Integer>, b -> Nullable<Integer> }
            }
            autogen::table! { parents (a, b) { a -> Integer, b -> Integer } }"#,
        rows: "INSERT INTO parents VALUES (1, 2); INSERT INTO t VALUES (1, 1, NULL, '{}', 1, 2), (2, 2, NULL, NULL, NULL, NULL)",
        kept: "SELECT * FROM t ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "the same columns under rules of another form",
        before: r#"
            autogen::table! {
                #[unique(a, name = "u")]
                #[check("a > 0", name = "c")]
                #[exclude((b with "="), name = "x")]
                #[index(a, using = hash, name = "i")]
                #[foreign_key((a) => t(id), name = "f")]
                t { id -> Integer, a -> Nullable<Integer>, b -> Nullable<Integer> }
            }"#,
        after: r#"
            autogen::table! {
                #[unique(a, name = "u", nulls_not_distinct)]
                #[check("a > 0", name = "c", no_inherit)]
                #[exclude((b with "="), name = "x", deferrable)]
                #[index(nulls_first(a), name = "i")]
                #[foreign_key((a) => t(id), name = "f", match_full)]
                t { id -> Integer, a -> Nullable<Integer>, b -> Nullable<Integer> }
            }"#,
        rows: "INSERT INTO t VALUES (1, 1, 1)",
        kept: "SELECT * FROM t",
        ..EMPTY
    },
    Case {
        name: "numbers come in other forms",
        before: r#"
            autogen::table! { plain { id -> Integer } }
            autogen::table! { strict { #[identity(always)] id -> Integer } }
            autogen::table! { loose { #[identity(by_default)] id -> BigInt, #[identity(always)] gone -> Integer } }"#,
        after: r#"
            autogen::table! { plain { #[identity(always)] id -> Integer } }
            autogen::table! { strict { #[identity(by_default)] id -> BigInt } }
            autogen::table! { loose { #[identity(always)] id -> BigInt, gone -> Integer,
                                      #[identity(by_default)] more -> SmallInt } }"#,
        rows: "INSERT INTO plain VALUES (7); INSERT INTO strict DEFAULT VALUES; INSERT INTO loose DEFAULT VALUES",
        kept: "SELECT (SELECT id FROM plain), (SELECT id FROM strict), (SELECT id FROM loose)",
        ..EMPTY
    },
    Case {
        name: "an exclusion makes way for a column that is computed in another way",
        before: r#"autogen::table! {
            #[exclude((twice with "="), name = "x")]
            t { id -> Integer, #[generated("id * 2", stored)] twice -> Nullable<Integer> } }"#,
        after: r#"autogen::table! {
            #[exclude((twice with "="), name = "x")]
            t { id -> Integer, #[generated("id * 3", stored)] twice -> Nullable<Integer> } }"#,
        rows: "INSERT INTO t VALUES (1), (2)",
        kept: "SELECT id FROM t ORDER BY id",
        ..EMPTY
    },
];

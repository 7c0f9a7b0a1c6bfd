//! What is planned and executed about enumerated types and comments.

use crate::cases::{Case, EMPTY};

const MOOD: &str = "
    autogen::sql_enum! { enum Mood { Sad, Ok, VeryGlad } }
    autogen::table! { people { #[auto_increment] id -> Integer, #[default = \"ok\"] #[unique] mood -> MoodMapping,
        moods -> Nullable<Array<MoodMapping>>, #[index(where = \"mood = 'sad'\", name = \"sad_ones\")] n -> Integer,
        #[check(\"mood <> 'very_glad' OR n > 0\", name = \"glad\")] #[generated(\"mood = 'ok'\", stored)] fine -> Nullable<Bool> } }";

const ROWS: &str = "INSERT INTO people (mood, moods, n) VALUES ('sad', '{ok,very_glad,NULL}', 1), ('ok', NULL, 2)";

const KEPT: &str = "SELECT id, mood, moods, n, fine FROM people ORDER BY id";

/// There and back.
pub(crate) const ALL: &[Case<'static>] = &[
    Case {
        name: "a type comes with its tables, under any name",
        after: "
            autogen::sql_enum! { /** It's what \"it\" is. */ #[sql_name = \"Order\"] enum Order { #[sql_name = \"it's\"] Its, B } }
            autogen::sql_enum! { #[sql_name = \"user\"] enum Unused { A } }
            autogen::table! { t { id -> Integer, a -> OrderMapping, b -> Array<OrderMapping> } }",
        ..EMPTY
    },
    Case {
        name: "values are added at every place",
        before: MOOD,
        after: "
            autogen::sql_enum! { enum Mood { Worst, Sad, Soso, Meh, Ok, VeryGlad, Best } }
            autogen::table! { people { #[auto_increment] id -> Integer, #[default = \"ok\"] #[unique] mood -> MoodMapping,
                moods -> Nullable<Array<MoodMapping>>, #[index(where = \"mood = 'sad'\", name = \"sad_ones\")] n -> Integer,
                #[check(\"mood <> 'very_glad' OR n > 0\", name = \"glad\")] #[generated(\"mood = 'ok'\", stored)] fine -> Nullable<Bool> } }",
        rows: ROWS,
        kept: KEPT,
        ..EMPTY
    },
    Case {
        name: "a value goes, another is the default at once, and the order is another",
        before: MOOD,
        after: "
            autogen::sql_enum! { enum Mood { VeryGlad, Sad, Ok, New } }
            autogen::table! { people { #[auto_increment] id -> Integer, #[default = \"new\"] #[unique] mood -> MoodMapping,
                moods -> Nullable<Array<MoodMapping>>, #[index(where = \"mood = 'sad'\", name = \"sad_ones\")] n -> Integer,
                #[check(\"mood <> 'very_glad' OR n > 0\", name = \"glad\")] #[generated(\"mood = 'ok'\", stored)] fine -> Nullable<Bool> } }",
        rows: ROWS,
        kept: KEPT,
        ..EMPTY
    },
    Case {
        name: "a type and a value are renamed",
        before: "
            autogen::sql_enum! { enum Mood { Sad, Ok } }
            autogen::table! { t { id -> Integer, #[default(sql = \"'ok'::mood\")] mood -> MoodMapping,
                #[default(sql = \"'{ok}'::mood[]\")] moods -> Array<MoodMapping>,
                #[check(\"mood <> 'sad'::mood OR n > 0\", name = \"c\")] n -> Integer } }",
        after: "
            autogen::sql_enum! { #[renamed_from(mood)] enum Feeling { #[renamed_from(sad)] Blue, Ok } }
            autogen::table! { t { id -> Integer, #[default(sql = \"'ok'::feeling\")] mood -> FeelingMapping,
                #[default(sql = \"'{ok}'::feeling[]\")] moods -> Array<FeelingMapping>,
                #[check(\"mood <> 'blue'::feeling OR n > 0\", name = \"c\")] n -> Integer } }",
        rows: "INSERT INTO t VALUES (1, 'sad', '{sad,ok}', 1), (2, DEFAULT, DEFAULT, 0)",
        kept: "SELECT * FROM t ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "keys between columns of a type that is made anew",
        before: "
            autogen::sql_enum! { enum Kind { A, B, C } }
            autogen::table! { kinds (kind) { kind -> KindMapping } }
            autogen::table! { t { id -> Integer, #[references(kinds(kind))] kind -> KindMapping } }",
        after: "
            autogen::sql_enum! { enum Kind { B, A } }
            autogen::table! { kinds (kind) { kind -> KindMapping } }
            autogen::table! { t { id -> Integer, #[references(kinds(kind))] kind -> Nullable<KindMapping> } }",
        rows: "INSERT INTO kinds VALUES ('a'), ('b'); INSERT INTO t VALUES (1, 'b')",
        kept: "SELECT * FROM t",
        ..EMPTY
    },
    Case {
        name: "a text becomes a value of a new type, and a type goes with its last column",
        before: "
            autogen::sql_enum! { enum Gone { X, Y } }
            autogen::table! { t { id -> Integer, #[default = \"a\"] kind -> Text, gone -> Nullable<GoneMapping> } }",
        after: "
            autogen::sql_enum! { enum Kind { A, B } }
            autogen::table! { t { id -> Integer, #[default = \"a\"] kind -> KindMapping } }",
        rows: "INSERT INTO t VALUES (1, 'b', NULL)",
        kept: "SELECT * FROM t",
        ..EMPTY
    },
    Case {
        name: "a column of a type that is made anew becomes required, filled with a value that is new",
        before: "
            autogen::sql_enum! { enum Kind { A, B } }
            autogen::table! { t { id -> Integer, kind -> Nullable<KindMapping> } }",
        after: "
            autogen::sql_enum! { enum Kind { A, B, C } }
            autogen::table! { t { id -> Integer, #[default = \"c\"] kind -> KindMapping, #[default = \"c\"] other -> KindMapping } }",
        rows: "INSERT INTO t VALUES (1, 'b'), (2, 'a')",
        kept: "SELECT id, kind FROM t ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "comments come, change and go",
        before: "
            autogen::sql_enum! { /** One. */ enum Ka { X } } autogen::sql_enum! { enum Kb { X } }
            autogen::table! { /** It's $$ {} %. */ a { /** Old. */ id -> Integer, n -> Integer } }
            autogen::table! { b { id -> Integer } }",
        after: "
            autogen::sql_enum! { enum Ka { X } } autogen::sql_enum! { /** It's two. */ enum Kb { X } }
            autogen::table! { a { /** New \\\\ 'one'. */ id -> Integer, /** N. */ n -> Integer } }
            autogen::table! { /** Two\nlines. */ b { id -> Integer } }",
        ..EMPTY
    },
];

/// What rows stop.
pub(crate) const STOPPED: &[Case<'static>] = &[
    Case {
        name: "rows that hold a value that goes",
        before: "
            autogen::sql_enum! { enum Kind { A, #[sql_name = \"it's\"] B } }
            autogen::table! { t { id -> Integer, kind -> KindMapping } }",
        after: "
            autogen::sql_enum! { enum Kind { A } }
            autogen::table! { t { id -> Integer, kind -> KindMapping } }",
        rows: "INSERT INTO t VALUES (1, 'it''s'), (2, 'a'), (3, 'it''s')",
        stops: Some("stopped: t.kind holds 'it''s'; rows: 2"),
        ..EMPTY
    },
    Case {
        name: "rows whose lists hold a value that goes",
        before: "
            autogen::sql_enum! { enum Kind { A, B, C } }
            autogen::table! { t { id -> Integer, kinds -> Array<KindMapping> } }",
        after: "
            autogen::sql_enum! { enum Kind { A } }
            autogen::table! { t { id -> Integer, kinds -> Array<KindMapping> } }",
        rows: "INSERT INTO t VALUES (1, '{a,b}'), (2, '{a}'), (3, '{c,b}')",
        stops: Some("stopped: t.kinds holds 'b', 'c'; rows: 2"),
        ..EMPTY
    },
];

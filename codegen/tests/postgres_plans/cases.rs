//! What is planned and executed.

/// Definitions before and after, and rows that are there.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    /// What it is about.
    pub(crate) name: &'a str,
    /// Definitions at the start.
    pub(crate) before: &'a str,
    /// Definitions that are wanted.
    pub(crate) after: &'a str,
    /// Statements that fill the tables of the start.
    pub(crate) rows: &'a str,
    /// A query that finds the same before up and after down.
    pub(crate) kept: &'a str,
    /// What stops the way up.
    pub(crate) stops: Option<&'a str>,
}

/// Nothing.
pub(crate) const EMPTY: Case<'static> =
    Case { name: "", before: "", after: "", rows: "", kept: "SELECT 1", stops: None };

/// There and back.
pub(crate) const ALL: &[Case<'static>] = &[
    Case {
        name: "tables that point at each other and at themselves come and go",
        after: "
            autogen::table! { a { id -> Integer, #[references(b(id))] b -> Nullable<Integer>,
                                  #[references(a(id))] up -> Nullable<Integer> } }
            autogen::table! { b { #[auto_increment] id -> Integer, #[references(c(id))] c -> Nullable<Integer> } }
            autogen::table! { c { #[auto_increment] id -> Integer, #[references(a(id))] a -> Nullable<Integer> } }",
        ..EMPTY
    },
    Case {
        name: "everything that a new table can have",
        after: r#"
            autogen::table! {
                /// What's "it" for? 100 % $$
                #[check("low < high", name = "order")]
                #[index(desc(low), expr("lower(word)"), where = "low > 0")]
                #[unique(low, high)]
                everything (low, word) {
                    /// The lower one.
                    low -> Integer, high -> BigInt,
                    #[unique] #[default = "it's"] #[max_length = 9] word -> Varchar,
                    #[default(now)] at -> Timestamptz,
                    #[default(sql = "1 + 1")] two -> Nullable<SmallInt>,
                    #[generated("low * 2", stored)] twice -> Nullable<Integer>,
                    #[collate = "C"] exact -> Nullable<Text>,
                    list -> Nullable<Array<Integer>>, #[precision(10, 2)] money -> Numeric,
                    #[default = b"\x00\xff"] bytes -> Binary, #[default(sql = "'{}'")] json -> Jsonb,
                }
            }"#,
        ..EMPTY
    },
    Case {
        name: "columns come and go, filled and computed",
        before: r#"autogen::table! { t { #[auto_increment] id -> Integer, old -> Text, gone -> Nullable<Uuid>,
                                         #[generated("id + 1", stored)] next -> Nullable<Integer> } }"#,
        after: r#"autogen::table! { t { #[auto_increment] id -> Integer,
                     #[backfill("old || id")] #[unique] new -> Text,
                     #[default = 7] seven -> Integer,
                     #[backfill("id * 10")] #[check("filled > 0", name = "positive")] #[index] filled -> Integer,
                     #[backfill("id")] #[default = 0] both -> Integer,
                     /// For nobody.
                     maybe -> Nullable<Bool>,
                     #[generated("filled + 1", stored)] more -> Nullable<Integer> } }"#,
        rows: "INSERT INTO t (old) VALUES ('x'), ('y')",
        kept: "SELECT id, next FROM t ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "types change and come back",
        before: r#"autogen::table! { t { #[auto_increment] id -> Integer,
                     #[default = "0"] number -> Text, #[default = 1] flag -> SmallInt, #[max_length = 60] word -> Varchar,
                     #[precision(10, 2)] money -> Numeric, at -> Timestamp, day -> Date, code -> Text, real -> Double,
                     note -> Nullable<Text>, bytes -> Text, json -> Text, big -> BigInt, span -> Text } }"#,
        after: r#"autogen::table! { t { #[auto_increment] id -> BigInt,
                     #[default = 0] number -> Integer, #[default = true] flag -> Bool, #[max_length = 6] word -> Varchar,
                     #[precision(12, 4)] money -> Numeric, at -> Timestamptz, day -> Timestamp, code -> Uuid, real -> Integer,
                     #[default = 5] note -> Integer, bytes -> Binary, json -> Jsonb, big -> Text, span -> Interval } }"#,
        rows: "INSERT INTO t (number, flag, word, money, at, day, code, real, note, bytes, json, big, span) VALUES
               ('12', 0, 'short', 3.14, '2026-01-02 03:04:05', '2026-01-02', '00000000-0000-0000-0000-000000000001', 3,
                '9', 'bytes', '{}', 9, '01:00:00')",
        kept: "SELECT * FROM t",
        ..EMPTY
    },
    Case {
        name: "values become required, also under deferred keys",
        before: "
            autogen::table! { p { #[auto_increment] id -> Integer } }
            autogen::table! { c { id -> Integer,
                #[references(p(id), deferrable = initially_deferred)] p -> Nullable<Integer>, n -> Nullable<Text>,
                m -> Integer } }",
        after: r#"
            autogen::table! { p { #[auto_increment] id -> Integer } }
            autogen::table! { c { id -> Integer, #[backfill("(SELECT min(id) FROM p)")]
                #[references(p(id), deferrable = initially_deferred)] p -> Integer, #[default = ""] n -> Text,
                #[default = 3] m -> Nullable<Integer> } }"#,
        rows: "INSERT INTO p DEFAULT VALUES; INSERT INTO c VALUES (1, 1, 'x', 1), (2, NULL, NULL, 2)",
        kept: "SELECT id, m FROM c ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "keys change under keys that point at them",
        before: "
            autogen::table! { p { id -> Integer, #[unique(name = \"code_once\")] code -> Text, kind -> Integer } }
            autogen::table! { c { id -> Integer, #[references(p(id), on_delete = cascade)] p -> Integer,
                                  #[references(p(code))] code -> Nullable<Text> } }",
        after: "
            autogen::table! { #[unique(id)] p (id, kind) { id -> Integer, #[unique(name = \"once_code\")] code -> Text,
                                                           kind -> Integer } }
            autogen::table! { c { id -> Integer, #[references(p(id), on_delete = cascade)] p -> Integer,
                                  #[references(p(code))] code -> Nullable<Text> } }",
        rows: "INSERT INTO p VALUES (1, 'a', 1), (2, 'b', 1); INSERT INTO c VALUES (1, 1, 'a'), (2, 2, NULL)",
        kept: "SELECT * FROM c ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "both ends of a key change their type",
        before: "
            autogen::table! { p { id -> Integer } }
            autogen::table! { c { id -> Integer, #[references(p(id))] p -> Nullable<Integer>, #[references(c(id))] c -> Nullable<Integer> } }",
        after: "
            autogen::table! { p { id -> Text } }
            autogen::table! { c { id -> Text, #[references(p(id))] p -> Nullable<Text>, #[references(c(id))] c -> Nullable<Text> } }",
        rows: "INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, 1, NULL), (2, NULL, 1)",
        kept: "SELECT id, p, c FROM c ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "generated columns follow what they are computed from",
        before: r#"autogen::table! {
                     #[index(sum, name = "by_sum")] #[check("sum > 0", name = "sum_positive")]
                     t { id -> Integer, a -> Integer, #[generated("a + 1", stored)] #[unique] sum -> Nullable<Integer>,
                         #[generated("a * 2", stored)] twice -> Nullable<Integer>, plain -> Nullable<Integer>,
                         #[generated("a", stored)] frozen -> Nullable<Integer> } }"#,
        after: r#"autogen::table! {
                     #[index(sum, name = "by_sum")] #[check("sum > 0", name = "sum_positive")]
                     t { id -> Integer, a -> BigInt, #[generated("a + 1", stored)] #[unique] sum -> Nullable<Integer>,
                         #[generated("a * 3", stored)] twice -> Nullable<BigInt>,
                         #[generated("id", stored)] plain -> Nullable<Integer>, frozen -> Nullable<Integer> } }"#,
        rows: "INSERT INTO t (id, a) VALUES (1, 5), (2, 6)",
        kept: "SELECT id, a, sum, twice, frozen FROM t ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "numbering begins and ends",
        before: r#"autogen::table! { a { #[auto_increment] id -> Integer } } autogen::table! { b { id -> Integer } }
                   autogen::table! { c { #[auto_increment] id -> Integer } }"#,
        after: r#"autogen::table! { a { id -> Integer } } autogen::table! { b { #[auto_increment] id -> BigInt } }
                  autogen::table! { c { id -> Text } }"#,
        rows: "INSERT INTO a DEFAULT VALUES; INSERT INTO b VALUES (41); INSERT INTO c DEFAULT VALUES",
        kept: "SELECT a.id, b.id, c.id FROM a, b, c",
        ..EMPTY
    },
    Case {
        name: "rules come and go",
        before: r#"
            autogen::table! { p { id -> Integer, #[unique] code -> Text } }
            autogen::table! { #[check("n > 0", name = "n_positive")]
                t { id -> Integer, #[unique] n -> Integer, #[index(name = "by_m")] m -> Integer,
                    #[references(p(id))] p -> Integer } }"#,
        after: r#"
            autogen::table! { p { id -> Integer, #[unique] code -> Text } }
            autogen::table! { #[check("m > 0")] #[unique(m, n)] #[index(n, unique, where = "n > 5")]
                t { id -> Integer, n -> Integer, m -> Integer, #[references(p(id), on_delete = cascade)] p -> Integer } }"#,
        rows: "INSERT INTO p VALUES (1, 'a'); INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, 2, 1)",
        kept: "SELECT * FROM t ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "tables and columns are renamed and then altered",
        before: r#"autogen::table! { t { id -> Integer, #[check("a > 0", name = "positive")] a -> Integer } }
                   autogen::table! { u { id -> Integer, #[references(t(id))] t -> Integer } }"#,
        after: r#"autogen::table! { #[renamed_from(t)] v { id -> Integer,
                    #[renamed_from(a)] #[check("b > 0", name = "positive")] b -> BigInt } }
                  autogen::table! { u { id -> Integer, #[references(v(id))] t -> Integer } }"#,
        rows: "INSERT INTO t VALUES (1, 1); INSERT INTO u VALUES (1, 1)",
        kept: "SELECT * FROM u",
        ..EMPTY
    },
    Case {
        name: "names that need quotes",
        before: r#"autogen::table! { #[sql_name = "we\"ird tab'le 🦀"] weird { id -> Integer, #[sql_name = "Sel$$ect"] a -> Nullable<Text> } }"#,
        after: r#"autogen::table! { #[sql_name = "we\"ird tab'le 🦀"] weird { #[auto_increment] id -> BigInt,
                    /// it's
                    #[sql_name = "Sel$$ect"] #[default = "$autogen$"] #[index] a -> Text,
                    #[sql_name = "order"] #[backfill("id")] #[unique] b -> Integer } }"#,
        rows: "INSERT INTO \"we\"\"ird tab'le 🦀\" VALUES (1, 'x')",
        kept: "SELECT * FROM \"we\"\"ird tab'le 🦀\"",
        ..EMPTY
    },
    Case {
        name: "comments and collations",
        before: "autogen::table! { t { id -> Integer, /** One. */ a -> Text, b -> Text } }",
        after: "autogen::table! { t { id -> Integer, #[collate = \"C\"] a -> Text, /** Two. */ b -> Text } }",
        rows: "INSERT INTO t VALUES (1, 'a', 'b')",
        kept: "SELECT * FROM t",
        ..EMPTY
    },
    Case {
        name: "a child goes and its parent's key changes",
        before: "
            autogen::table! { p { id -> Integer, kind -> Integer } }
            autogen::table! { c { id -> Integer, #[references(p(id))] p -> Integer } }
            autogen::table! { d { id -> Integer, #[references(p(id))] p -> Integer } }",
        after: "
            autogen::table! { p (id, kind) { id -> Integer, kind -> Integer } }
            autogen::table! { d { id -> Integer, p -> Integer, #[backfill(\"p\")] kind -> Integer } }",
        rows: "INSERT INTO p VALUES (1, 1)",
        kept: "SELECT * FROM p",
        ..EMPTY
    },
    Case {
        name: "another column becomes the key, and children follow",
        before: "
            autogen::table! { p { #[auto_increment] id -> Integer, code -> Text } }
            autogen::table! { #[unique(p, n)] c { id -> Integer, #[references(p(id))] p -> Integer, n -> Integer } }",
        after: "
            autogen::table! { p (code) { code -> Text } }
            autogen::table! { #[unique(p_code, n)] c { id -> Integer, n -> Integer,
                #[backfill(\"(SELECT code FROM p WHERE p.id = c.p)\")] #[references(p(code))] p_code -> Text } }",
        rows: "INSERT INTO p (code) VALUES ('a')",
        kept: "SELECT code FROM p",
        ..EMPTY
    },
    Case {
        name: "deferred keys, self references and unique indexes under them",
        before: "
            autogen::table! { t { id -> Integer, n -> Integer,
                #[references(t(id), deferrable = initially_deferred, on_delete = set_null)] up -> Nullable<Integer> } }",
        after: "
            autogen::table! { #[index(n, unique, name = \"n_once\")] t { id -> BigInt, n -> Integer,
                #[references(t(id), deferrable, on_delete = set_null)] up -> Nullable<BigInt>,
                #[references(t(n))] m -> Nullable<Integer> } }",
        rows: "INSERT INTO t VALUES (1, 1, NULL), (2, 2, 1)",
        kept: "SELECT id, n, up FROM t ORDER BY id",
        ..EMPTY
    },
    Case {
        name: "what fills a column is of its new type",
        before: "autogen::table! { t { id -> Integer, at -> Nullable<Timestamp>, n -> Nullable<Integer> } }",
        after: "autogen::table! { t { id -> Integer, #[default = \"never\"] at -> Text, #[default = true] n -> Bool } }",
        rows: "INSERT INTO t VALUES (1, '2026-01-02', 1)",
        kept: "SELECT * FROM t",
        ..EMPTY
    },
];

/// Stopped by rows.
pub(crate) const STOPPED: &[Case<'static>] = &[
    Case {
        name: "NULLs",
        before: "autogen::table! { t { id -> Integer, n -> Nullable<Integer> } }",
        after: "autogen::table! { t { id -> Integer, n -> Integer } }",
        rows: "INSERT INTO t VALUES (1, NULL), (2, NULL), (3, 3)",
        stops: Some("stopped: t.n is NULL; rows: 2"),
        ..EMPTY
    },
    Case {
        name: "rows without a value for a new column",
        before: "autogen::table! { t { id -> Integer } }",
        after: "autogen::table! { t { id -> Integer, n -> Integer } }",
        rows: "INSERT INTO t VALUES (1), (2)",
        stops: Some("stopped: t.n is required and has no default; rows: 2"),
        ..EMPTY
    },
    Case {
        name: "rows that are alike",
        before: "autogen::table! { t { id -> Integer, n -> Integer } }",
        after: "autogen::table! { t { id -> Integer, #[unique] n -> Integer } }",
        rows: "INSERT INTO t VALUES (1, 1), (2, 1), (3, 3)",
        stops: Some("stopped: t (n) occurs more than once; rows: 2"),
        ..EMPTY
    },
    Case {
        name: "rows that point nowhere",
        before: "autogen::table! { p { id -> Integer } } autogen::table! { t { id -> Integer, p -> Integer } }",
        after: "autogen::table! { p { id -> Integer } } autogen::table! { t { id -> Integer, #[references(p(id))] p -> Integer } }",
        rows: "INSERT INTO t VALUES (1, 1)",
        stops: Some("stopped: t (p) points at no row of p; rows: 1"),
        ..EMPTY
    },
    Case {
        name: "text that is no number",
        before: "autogen::table! { t { id -> Integer, n -> Text } }",
        after: "autogen::table! { t { id -> Integer, n -> Integer } }",
        rows: "INSERT INTO t VALUES (1, '12'), (2, 'twelve')",
        stops: Some("stopped: t.n is no Integer; rows: 1"),
        ..EMPTY
    },
    Case {
        name: "text that is too long",
        before: "autogen::table! { t { id -> Integer, n -> Text } }",
        after: "autogen::table! { t { id -> Integer, #[max_length = 3] n -> Varchar } }",
        rows: "INSERT INTO t VALUES (1, 'abc'), (2, 'abcd')",
        stops: Some("stopped: t.n is no Varchar(3); rows: 1"),
        ..EMPTY
    },
    Case {
        name: "numbers that would be rounded",
        before: "autogen::table! { t { id -> Integer, n -> Double } }",
        after: "autogen::table! { t { id -> Integer, n -> SmallInt } }",
        rows: "INSERT INTO t VALUES (1, 1.5), (2, 1e9), (3, 3)",
        stops: Some("stopped: t.n is no SmallInt; rows: 2"),
        ..EMPTY
    },
];

//! What is planned and executed.

/// Definitions before and after, and what is there besides.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    /// What it is about.
    pub(crate) name: &'a str,
    /// Definitions at the start.
    pub(crate) before: &'a str,
    /// Statements that are run after that: rows, and what no definition makes.
    pub(crate) live: &'a str,
    /// Definitions that are wanted.
    pub(crate) after: &'a str,
    /// A query that finds the same before up and after down; or what stops the way up.
    pub(crate) kept: &'a str,
}

const EMPTY: Case<'static> = Case { name: "", before: "", live: "", after: "", kept: "SELECT 1" };

/// There and back.
pub(crate) const ALL: &[Case<'static>] = &[
    Case { name: "nothing at all", ..EMPTY },
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
                #[index(desc(low), high, name = "key")]
                #[unique(low, high)]
                everything (low, word) {
                    /// The lower one.
                    low -> Integer, high -> BigInt,
                    #[unique] #[default = "it's"] #[max_length = 9] word -> Varchar,
                    #[default(now)] at -> Timestamp, #[default(now)] then -> Datetime,
                    #[default(sql = "1 + 1")] two -> Nullable<SmallInt>,
                    #[generated("low * 2", stored)] twice -> Nullable<Integer>,
                    #[generated("char_length(word)", virtual)] length -> Nullable<Integer>,
                    #[collate = "utf8mb4_bin"] exact -> Nullable<Text>,
                    #[precision(10, 2)] #[default = 1.5] money -> Numeric,
                    #[default = b"\x00\xff"] bytes -> Binary, #[default(sql = "'{}'")] json -> Json,
                    #[default = true] flag -> Bool, tiny -> TinyInt, big -> Unsigned<BigInt>, sized -> Longtext,
                    #[sql_type(mysql = "enum('a', 'b')")] #[default = "a"] kind -> Text, time -> Nullable<Time>,
                }
            }"#,
        ..EMPTY
    },
    Case {
        name: "columns come and go, filled and computed",
        before: r#"autogen::table! { t { #[auto_increment] id -> Integer, gone -> Nullable<Text>,
                                         #[generated("id2 + 1", stored)] next -> Nullable<Integer>, id2 -> Integer } }"#,
        live: "INSERT INTO t (id2) VALUES (1), (2); ALTER TABLE t ADD changed timestamp(6) NOT NULL
               DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6); UPDATE t SET changed = '2020-01-01'",
        after: r#"
            autogen::table! { t { #[auto_increment] id -> Integer, #[backfill("id * 2")] new -> Integer, id2 -> Integer,
                                  #[default = "x"] #[max_length = 5] word -> Varchar, note -> Nullable<Text>,
                                  #[generated("id2 + 2", stored)] next -> Nullable<Integer>,
                                  #[default(sql = "current_timestamp(6)")] #[sql_type(mysql = "timestamp(6)")] changed -> Timestamp } }"#,
        kept: "SELECT id, id2, next, changed FROM t ORDER BY id",
    },
    Case {
        name: "types, defaults and requirements change in place, and what stays unsaid stays",
        before: "autogen::table! { t { #[auto_increment] id -> Integer, #[max_length = 9] a -> Nullable<Varchar>,
                                       #[default = 1] b -> SmallInt, c -> Integer, d -> Text } }",
        live: "ALTER TABLE t MODIFY c int NOT NULL COMMENT 'kept', MODIFY d text NOT NULL COLLATE utf8mb4_bin;
               INSERT INTO t (a, b, c, d) VALUES ('x', 2, 3, 'y'), (NULL, 3, 4, 'z')",
        after: r#"autogen::table! { t { #[auto_increment] id -> BigInt, #[max_length = 20] #[default = "n"] a -> Varchar,
                                        #[default = 7] b -> Integer,
                                        /// kept
                                        c -> Nullable<BigInt>, #[collate = "utf8mb4_bin"] d -> Text } }"#,
        kept: "SELECT id, b, c, d FROM t ORDER BY id",
    },
    Case {
        name: "keys make way where their columns change, and indexes of their own follow",
        before: "
            autogen::table! { p { #[auto_increment] id -> Integer, #[unique] #[max_length = 5] code -> Varchar } }
            autogen::table! { c { #[auto_increment] id -> Integer, #[references(p(id), on_delete = cascade)] p -> Integer,
                                  #[references(p(code))] #[max_length = 5] code -> Nullable<Varchar>,
                                  #[references(p(id))] #[index] q -> Nullable<Integer> } }",
        live: "INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (1, 1, 'a', 1), (2, 1, NULL, NULL)",
        after: "
            autogen::table! { p { #[auto_increment] id -> BigInt, #[unique] #[max_length = 5] code -> Varchar } }
            autogen::table! { c { #[auto_increment] id -> Integer, #[references(p(id), on_delete = cascade)] #[index] p -> BigInt,
                                  #[max_length = 5] code -> Nullable<Varchar>,
                                  #[references(p(id))] q -> Nullable<BigInt> } }",
        kept: "SELECT * FROM c ORDER BY id",
    },
    Case {
        name: "rules and indexes come and go, those of columns too",
        before: "autogen::table! { #[unique(a)] #[check(\"a > 0\", name = \"old\")] t { id -> Integer, a -> Integer,
                                   #[index] b -> Integer, c -> Integer } }",
        live: "ALTER TABLE t ADD e int NOT NULL CHECK (e > 1), ADD f text, ADD FULLTEXT INDEX ft (f); INSERT INTO t VALUES (1, 2, 3, 4, 5, NULL)",
        after: "autogen::table! { #[unique(b)] #[check(\"a >= 0\", name = \"new\")] #[index(desc(a), c)] t (id, c) {
                                  id -> Integer, a -> Integer, b -> Integer, c -> Integer, e -> Integer, f -> Nullable<Text> } }",
        kept: "SELECT * FROM t",
    },
    Case {
        name: "a column that goes comes back with its own check, its comment and its moment",
        before: "autogen::table! { t { id -> Integer } }",
        live: "ALTER TABLE t ADD e int NOT NULL DEFAULT 3 COMMENT 'it''s' CHECK (e > 1),
               ADD m datetime DEFAULT current_timestamp() ON UPDATE current_timestamp()",
        after: "autogen::table! { t { id -> Integer } }",
        ..EMPTY
    },
    Case {
        name: "names change, also of what others point at",
        before: "
            autogen::table! { p { id -> Integer, #[check(\"n > 0\", name = \"positive\")] n -> Integer } }
            autogen::table! { c { id -> Integer, #[references(p(id))] p -> Integer } }",
        live: "INSERT INTO p VALUES (1, 1); INSERT INTO c VALUES (1, 1)",
        after: "
            autogen::table! { #[renamed_from(p)] parents { id -> Integer, #[renamed_from(n)]
                              #[check(\"number > 0\", name = \"positive\")] number -> Integer } }
            autogen::table! { c { id -> Integer, #[references(parents(id))] p -> Integer } }",
        kept: "SELECT * FROM c",
    },
];

/// Rows in the way.
pub(crate) const STOPPED: &[Case<'static>] = &[
    Case {
        name: "a unique rule",
        before: "autogen::table! { t { id -> Integer, a -> Integer } }",
        live: "INSERT INTO t VALUES (1, 1), (2, 1)",
        after: "autogen::table! { #[unique(a)] t { id -> Integer, a -> Integer, b -> Nullable<Integer> } }",
        kept: "t (a) occurs more than once; rows: 2",
    },
    Case {
        name: "a requirement",
        before: "autogen::table! { t { id -> Integer, a -> Nullable<Integer> } }",
        live: "INSERT INTO t VALUES (1, NULL)",
        after: "autogen::table! { t { id -> Integer, a -> Integer } }",
        kept: "t.a is NULL; rows: 1",
    },
    Case {
        name: "a narrower type, which MySQL would round to",
        before: "autogen::table! { t { id -> Integer, #[precision(5, 2)] a -> Numeric } }",
        live: "INSERT INTO t VALUES (1, 1.25)",
        after: "autogen::table! { t { id -> Integer, a -> Integer } }",
        kept: "t.a is no int; rows: 1",
    },
];

//! What the grammar accepts, what it refuses and where, and what is left for Diesel.

use autogen_syntax::{DefaultValue, Deferrable, KeyOf, Macro, Table, expand, table};
use syn::parse::Parser;

fn ours(text: &str) -> Table {
    table(Macro::Autogen).parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// All errors of a body as `line:column message`.
fn refused(text: &str) -> Vec<String> {
    refused_by(Macro::Autogen, text)
}

fn refused_by(whose: Macro, text: &str) -> Vec<String> {
    let error = table(whose).parse_str(text).expect_err(text);
    let shown = |error: syn::Error| {
        let start = error.span().start();
        format!("{}:{} {error}", start.line, start.column + 1)
    };
    error.into_iter().map(shown).collect()
}

/// The only error of a table whose only column beside `id` carries these attributes.
fn column_refused(attributes: &str, ty: &str) -> String {
    let errors = refused(&format!("t {{ id -> Integer, {attributes} x -> {ty} }}"));
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.into_iter().next().unwrap_or_default()
}

#[test]
fn everything_that_diesel_accepts() {
    let table = ours(
        "use diesel::sql_types::*; pub use crate::Mood;
        /// Users.
        /// All of them.\r
        #[cfg(unix)] #[allow(non_snake_case, reason = \"legacy\")] #[rustfmt::skip]
        #[sql_name = \"r#Users 🦀\"]
        public.users (id, r#type,) {
            id -> diesel::sql_types::Integer,
            #[deprecated] r#type -> Nullable<Array<Text>>,
            #[sql_name = \"it's \\\"q\\\"\"] #[max_length = 10] q -> Varchar
        }",
    );
    assert_eq!(table.uses.len(), 2);
    assert_eq!(table.doc.as_deref(), Some("Users.\nAll of them."));
    assert_eq!(table.database_name(), "Users 🦀");
    assert_eq!(table.schema.as_ref().map(ToString::to_string).as_deref(), Some("public"));
    let names: Vec<_> = table.columns.iter().map(|column| column.database_name()).collect();
    assert_eq!(names, ["id", "type", "it's \"q\""]);
}

#[test]
fn every_attribute_of_autogen() {
    let table = ours(
        r#"
        #[unique(a, b, name = "uq")] #[unique(r#type,)]
        #[index(a, desc(b), expr("lower(c)"), desc(collate(c, "nocase")), name = "ix", unique, where = "a > 0")]
        #[index(r#unique, name)]
        #[check("a > 0")] #[check("b > 0", name = "b_positive")]
        #[foreign_key((a, b) => crate::x::other(x, y), on_delete = set_null, on_update = no_action,
                      deferrable = initially_deferred, name = "fk")]
        #[foreign_key(a => audit.log)]
        #[strict] #[without_rowid] #[renamed_from("old name")] #[moved_from(core)]
        #[allow(drop_table, rebuild, reason = "small")]
        t (a) {
            #[auto_increment] a -> Nullable<BigInt>,
            #[references(other(x), on_delete = cascade, deferrable)] #[unique(name = "u")] b -> Integer,
            #[index(desc, collate = "nocase", name = "i", where = "c <> ''")] #[check("c <> ''")] c -> Text,
            #[default = -1.5] #[precision(10, 2)] #[sql_type(sqlite = "REAL", mysql = "DECIMAL")] d -> Numeric,
            #[generated("a + 1", virtual)] e -> Integer,
            #[collate = "nocase"] #[backfill("'x'")] #[renamed_from(r#match)] #[allow(not_null)] r#type -> Text,
            #[default(sql = "datetime('now')")] #[sql_type = "DATETIME"] unique -> Timestamp,
            #[default = b"\x00\xff"] name -> Binary,
        }"#,
    );
    let index = &table.rules.indexes[0];
    assert!(index.unique && index.keys[3].descending && index.keys[3].collate.is_some());
    assert!(matches!(&index.keys[2].of, KeyOf::Expr(sql) if sql.value() == "lower(c)"));
    assert!(!table.rules.indexes[1].unique);
    assert_eq!(table.rules.indexes[1].keys.len(), 2);
    let [composite, single] = table.rules.foreign_keys.as_slice() else { panic!("two foreign keys") };
    assert_eq!(composite.table.name(), "other");
    assert_eq!(composite.deferrable, Deferrable::InitiallyDeferred);
    assert!(single.referenced.is_empty() && single.table.schema.is_some());
    assert_eq!(table.columns[1].rules.foreign_keys[0].deferrable, Deferrable::InitiallyImmediate);
    assert_eq!(table.columns[3].default.as_ref().map(|d| &d.value), Some(&DefaultValue::Number("-1.5".into())));
    assert_eq!(table.columns[5].renamed_from.as_ref().map(|old| old.name.as_str()), Some("match"));
    assert_eq!(table.allow.len(), 2);
}

#[test]
fn defaults_of_every_kind() {
    for (attribute, expected) in [
        ("= true", DefaultValue::Bool(true)),
        ("= 1_000", DefaultValue::Number("1000".into())),
        ("= 0x10", DefaultValue::Number("16".into())),
        ("= -1", DefaultValue::Number("-1".into())),
        ("= 1.", DefaultValue::Number("1.0".into())),
        ("= \"\"", DefaultValue::Text(String::new())),
        ("= b\"a\"", DefaultValue::Bytes(vec![b'a'])),
        ("(now)", DefaultValue::Now),
        ("(sql = \"1 + 1\")", DefaultValue::Sql("1 + 1".into())),
    ] {
        let table = ours(&format!("t {{ #[default {attribute}] id -> Integer }}"));
        assert_eq!(table.columns[0].default.as_ref().map(|default| &default.value), Some(&expected), "{attribute}");
    }
}

#[test]
fn each_mistake_is_reported_at_its_token() {
    let text = "#[unique(a, nope)]\n#[index(a, a)]\n#[foreign_key((a) => o(x, y))]\nt (a, gone) {\n    \
                #[defualt = 1] a -> Integer,\n    #[default = 1] #[default = 2] b -> Integer,\n}";
    assert_eq!(
        refused(text),
        [
            "5:7 unknown attribute `defualt` on a column; known: `unique`, `index`, `check`, `references`, `default`, `on_update`, \
             `generated`, `auto_increment`, `identity`, `precision`, `collate`, `invisible`, `sql_type`, `comment`, `backfill`, `renamed_from`, `allow`",
            "6:22 `default` is given twice",
            "3:24 1 referencing and 2 referenced columns; they pair up one to one",
            "4:7 table `t` has no column `gone`; it has: a, b",
            "1:13 table `t` has no column `nope`; it has: a, b",
            "2:12 column `a` is named twice",
        ]
    );
}

#[test]
fn columns_that_do_not_fit_their_attributes() {
    let refused = column_refused;
    assert_eq!(refused("#[auto_increment]", "Text"), "1:22 only an integer column can number rows");
    assert_eq!(
        refused("#[identity]", "Integer"),
        "1:22 expected `identity(always)`, `identity(by_default)` or `identity(serial)`"
    );
    assert_eq!(refused("#[identity(always)]", "Text"), "1:22 only an integer column can number rows");
    assert_eq!(
        refused("#[default = 1] #[generated(\"1\", stored)]", "Integer"),
        "1:22 a generated column can't have a default"
    );
    assert_eq!(
        refused("#[generated(\"1\", stored)] #[backfill(\"2\")]", "Integer"),
        "1:57 a generated column can't be filled; leave out the backfill"
    );
    assert_eq!(refused("#[precision(4)]", "Text"), "1:32 only a `Numeric` column has a precision");
    assert_eq!(refused("#[precision(2, 4)]", "Numeric"), "1:35 more digits after the point than the 2 in all");
    assert_eq!(refused("#[check(\" \")]", "Text"), "1:28 this text is blank");
    assert_eq!(refused("#[default(sql = \"\")]", "Text"), "1:36 this text is blank");
    assert_eq!(refused("#[default(null)]", "Text"), "1:30 leave it out: a column without a default gets NULL");
    assert_eq!(refused("#[default = -true]", "Bool"), "1:33 expected a number, a string, `true` or `false`");
    assert_eq!(refused("#[max_length = 0]", "Text"), "1:35 a length is a number from 1 to 4294967295");
    assert!(
        refused("#[strict]", "Text").starts_with("1:22 unknown attribute `strict` on a column; it stands on the table")
    );
}

#[test]
fn unknown_options_list_the_known_ones() {
    let refused = |attribute: &str| {
        let errors = refused(&format!("{attribute} t {{ id -> Integer }}"));
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.into_iter().next().unwrap_or_default()
    };
    assert_eq!(
        refused("#[unique(id, nmae = \"x\")]"),
        "1:14 unknown option `nmae`; known: `name`, `nulls_not_distinct`, `with`, `invisible`, `deferrable`, `comment`, `only`"
    );
    assert_eq!(
        refused("#[index(id, usnig = gin)]"),
        "1:13 unknown option `usnig`; known: `name`, `unique`, `where`, `using`, `include`, `nulls_not_distinct`, `with`, `invisible`, `comment`, `only`"
    );
    assert_eq!(
        refused("#[index(id, only = oracle)]"),
        "1:20 unknown database `oracle`; known: `sqlite`, `postgres`, `mysql`"
    );
    assert_eq!(refused("#[index(id, include(nope))]"), "1:21 table `t` has no column `nope`; it has: id");
    assert_eq!(refused("#[index(id, nulls_not_distinct)]"), "1:3 only a unique index tells whether NULLs are distinct");
    assert_eq!(refused("#[index(id, invisible = true)]"), "1:13 `invisible` takes no value");
    assert_eq!(refused("#[exclude((id \"=\"))]"), "1:15 expected `with \"operator\"`");
    assert_eq!(
        refused("#[exclude(using = gist)]"),
        "1:3 expected `exclude(using = gist, (column with \"operator\", ...))`"
    );
    assert_eq!(refused("#[exclude((nope with \"=\"))]"), "1:12 table `t` has no column `nope`; it has: id");
    assert_eq!(
        refused("#[foreign_key(id => o(x), on_drop = cascade)]"),
        "1:27 unknown option `on_drop`; known: `on_delete`, `on_update`, `deferrable`, `match_full`, `dangling`, `comment`, `name`"
    );
    assert_eq!(
        refused("#[foreign_key(id => o(x), on_delete = null)]"),
        "1:39 unknown action `null`; known: `cascade`, `restrict`, `set_null`, `set_default`, `no_action`"
    );
    assert_eq!(
        refused("#[unique(id, where = \"x\")]"),
        "1:14 a rule over some of the rows is an index: `#[index(column, unique, where = \"...\")]`"
    );
    assert!(refused("#[allow(drop_table, dead_code)]").starts_with("1:21 `dead_code` is no hazard"));
    assert!(refused("#[index(lower(id))]").starts_with("1:9 an index key is `column`"));
    assert_eq!(refused("#[index]"), "1:3 expected `index(key, ...)`");
    assert_eq!(
        refused("#[without_rowid] #[no_primary_key]"),
        "1:20 a table `without_rowid` is stored by its primary key and needs one"
    );
    assert_eq!(refused("#[strict = true]").split(' ').next(), Some("1:10"));
}

#[test]
fn broken_bodies() {
    assert_eq!(refused("t { id -> Integer name -> Text }"), ["1:19 expected `,`"]);
    assert_eq!(refused("t () { id -> Integer }"), ["1:3 the primary key names no column"]);
    assert_eq!(refused("t { id -> Integer } trailing"), ["1:21 unexpected token"]);
    assert_eq!(refused("t { id -> &'static str }"), ["1:11 expected identifier"]);
    assert_eq!(refused("t { id -> Integer, id -> Text }"), ["1:20 column `id` is defined twice"]);
    assert!(refused("t { name -> Text }")[0].starts_with("1:1 table `t` has no column `id`, so its primary key"));
    assert_eq!(
        refused("#[index(kind)] t { id -> Integer, #[sql_name = \"kind\"] sort -> Text }"),
        ["1:9 columns are named as in Rust here: `sort`, not `kind`"]
    );
    // What was wrong before the break is still reported.
    assert_eq!(refused("t { #[precision] id -> Integer, name > Text }").len(), 2);
}

#[test]
fn stock_tables_read_ours_under_cfg_attr_only() {
    let stock = |text: &str| table(Macro::Diesel).parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let table = stock(
        "#[cfg_attr(any(), autogen(unique(a), foreign_key(a => o(x)), check(\"a > 0\")), serde(x))]
        #[anything] #[unique(id)]
        t { id -> Integer, #[cfg_attr(any(), autogen(default = -1, index))] #[auto_increment] a -> Integer }",
    );
    assert_eq!((table.rules.uniques.len(), table.rules.foreign_keys.len(), table.rules.checks.len()), (1, 1, 1));
    assert!(table.columns[1].default.is_some() && table.columns[1].rules.indexes.len() == 1);
    assert_eq!(table.unread.iter().map(ToString::to_string).collect::<Vec<_>>(), ["unique"]);
    assert!(table.columns[1].auto_increment.is_some());

    let refused = |text: &str| refused_by(Macro::Diesel, text);
    assert_eq!(
        refused("#[cfg_attr(any(), autogen(unique(x)))] t { id -> Integer }"),
        ["1:34 table `t` has no column `x`; it has: id"]
    );
    assert!(
        refused("#[cfg_attr(any(), autogen(uniq(id)))] t { id -> Integer }")[0].starts_with("1:27 unknown attribute")
    );
    assert!(
        refused("#[cfg_attr(unix, autogen(unique(id)))] t { id -> Integer }")[0]
            .starts_with("1:18 autogen's attributes")
    );
}

#[test]
fn diesel_gets_what_is_diesels() {
    let body = "use a::*; #[unique(b)] #[cfg_attr(any(), autogen(strict), other)] #[cfg_attr(any(), autogen(strict))] \
                /// Doc\n #[allow(non_snake_case)] #[allow(rebuild)] s.t (r#type) { \
                #[auto_increment] #[sql_name = \"T\"] r#type -> x::Integer, #[default = 1] #[max_length = 3] b -> Varchar }";
    // `strict` stands twice.
    assert!(expand(body.parse().expect("tokens")).is_err());
    let body = body.replacen("autogen(strict), ", "", 1);
    let expected = "::diesel::table! { use a::*; #[cfg_attr(any(), other)] #[doc = \" Doc\"] \
                    #[allow(non_snake_case)] s.t (r#type) { #[sql_name = \"T\"] r#type -> x::Integer, \
                    #[max_length = 3] b -> Varchar, } }";
    // How tokens are spaced when printed depends on where they come from.
    let words = |text: String| text.split_whitespace().collect::<String>();
    let expected = words(expected.parse::<proc_macro2::TokenStream>().expect("tokens").to_string());
    assert_eq!(words(expand(body.parse().expect("tokens")).expect("a table").to_string()), expected);
}

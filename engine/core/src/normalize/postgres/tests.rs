//! Definitions against tables that a server really has.

use autogen_test_servers::postgres;

use crate::database::{Database, DatabaseUrl};
use crate::dialect::Dialect;
use crate::diff::diff;
use crate::introspect::introspect;
use crate::model::{
    Change, Check, Column, DataType, Expr, Generated, Index, IndexColumn, IndexKey, Pair, Schema, Table, TableName,
};
use crate::normalize::comparable;

/// A definition of the table `t`.
struct Definition(Table);

impl Definition {
    fn new(columns: &[(&str, DataType)]) -> Self {
        let mut table = Table::new(TableName::new("t"));
        table.columns = columns.iter().map(|(name, data_type)| Column::new(*name, data_type.clone())).collect();
        Self(table)
    }

    fn default(mut self, sql: &str) -> Self {
        self.0.columns[0].default = Some(Expr::new(sql));
        self
    }

    fn generated(mut self, sql: &str) -> Self {
        let last = self.0.columns.last_mut().expect("a column");
        last.generated = Some(Generated { expr: Expr::new(sql), stored: true });
        self
    }

    fn sql_type(mut self, sql: &str) -> Self {
        self.0.columns[0].sql_type = Some(sql.to_owned());
        self
    }

    fn check(mut self, sql: &str) -> Self {
        self.0.rules.push(Check::new(Expr::new(sql)));
        self
    }

    fn index(mut self, key: &str, predicate: Option<&str>) -> Self {
        let key = IndexColumn::new(IndexKey::Expr(Expr::new(key)));
        self.0.rules.push(Index { predicate: predicate.map(Expr::new), ..Index::new(vec![key]) });
        self
    }

    fn renamed(mut self, column: usize, old: &str) -> Self {
        self.0.columns[column].hints.renamed_from = Some(old.to_owned());
        self
    }
}

/// Returns the changes that turn the live tables into the definition.
fn differences(live: &str, declared: Definition) -> Vec<Change> {
    let server = postgres();
    server.execute(live);
    let mut database = Database::open(&DatabaseUrl::parse(&server.url()).expect("a URL"), false).expect("a connection");
    let from = introspect(&mut database).expect("a schema");
    let mut to = Schema::default();
    to.insert(declared.0);
    let pair = comparable(Pair::new(from.clone(), to), &mut database).expect("a comparable pair");
    assert_eq!(introspect(&mut database).expect("a schema"), from, "asking leaves traces");
    diff(&pair, Dialect::Postgres)
}

fn assert_same(live: &str, declared: Definition) {
    assert_eq!(differences(live, declared), [], "{live}");
}

#[test]
fn the_database_tells_what_is_the_same() {
    let varchar = || Definition::new(&[("a", DataType::Varchar(Some(9))), ("b", DataType::Integer)]);
    let live = |rule: &str| format!("CREATE TABLE t (a varchar(9), b int); ALTER TABLE t ADD {rule}");
    assert_same(
        &live("CHECK (length(a) > 0 AND b BETWEEN 1 AND 9)"),
        varchar().check("length(a) > 0 and b between 1 and 9"),
    );
    assert_same(&live("CHECK (a IN ('x', 'y'))"), varchar().check("a in ('x', 'y')"));
    assert_same(&live("CHECK (b > 0), ADD CHECK (a ~ '^x')"), varchar().check("(a)~'^x'").check("(b) > (0)"));
    assert_same(
        "CREATE TABLE t (a varchar(9), b int); CREATE INDEX i ON t (lower(a)) WHERE a LIKE 'x%'",
        varchar().index("lower(a)", Some("a LIKE 'x%'")),
    );
    assert_same(
        "CREATE TABLE t (a varchar(9) DEFAULT 'x' || 'y', b int GENERATED ALWAYS AS (length(a)) STORED)",
        varchar().default("'x'||'y'").generated("LENGTH(a)"),
    );
}

#[test]
fn an_in_list_is_the_same_after_a_dump() {
    // What PostgreSQL prints of `a IN ('x', 'y')`, it prints otherwise when it has read that.
    let printed = "(a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])";
    let declared = Definition::new(&[("a", DataType::Varchar(Some(9)))]).check("a IN ('x', 'y')");
    assert_same(&format!("CREATE TABLE t (a varchar(9), CHECK ({printed}))"), declared);
}

#[test]
fn types_are_compared_as_the_database_spells_them() {
    let of = |sql: &str| Definition::new(&[("a", DataType::Other("Own".into()))]).sql_type(sql);
    assert_same("CREATE TABLE t (a bigint)", of("INT8"));
    assert_same("CREATE TABLE t (a timestamp(3) with time zone)", of("timestamptz(3)"));
    assert_same("CREATE EXTENSION citext; CREATE TABLE t (a citext)", of("public.CITEXT"));
    assert_same(
        "CREATE TYPE \"Mood\" AS ENUM ('a'); CREATE TABLE t (a \"Mood\" DEFAULT 'a')",
        of("\"Mood\"").default("'a'"),
    );
    assert_eq!(differences("CREATE TABLE t (a bigint)", of("int4")).len(), 1);
    assert_eq!(differences("CREATE TABLE t (a bigint)", of("no_such_type")).len(), 1);
}

#[test]
fn what_rules_can_tell_is_not_asked() {
    let declared = Definition::new(&[("a", DataType::BigInt), ("b", DataType::Integer)])
        .sql_type("int8")
        .default("0")
        .check("(B > 0)");
    let live = Definition::new(&[("a", DataType::BigInt), ("b", DataType::Integer)])
        .sql_type("bigint")
        .default("'0'::bigint")
        .check("b>0");
    let pair = Pair::new(live, declared).map(|definition| {
        let mut schema = Schema::default();
        schema.insert(definition.0);
        schema
    });
    let pair = super::comparable(pair, |questions| panic!("{questions:?}")).expect("a comparable pair");
    assert_eq!(diff(&pair, Dialect::Postgres), []);
}

#[test]
fn a_type_that_nobody_knows_keeps_nothing_else_from_being_asked() {
    let mut declared = Definition::new(&[("a", DataType::Other("Odd".into())), ("b", DataType::Varchar(Some(9)))])
        .default("f()")
        .check("length(b) > 0");
    declared.0.speaks.lengths = false;
    let live = "CREATE TABLE t (a inet DEFAULT '::1', b varchar(9), CHECK (length(b) > 0))";
    let kinds: Vec<_> = differences(live, declared).iter().map(Change::kind).collect();
    assert_eq!(kinds, ["alter-column"]);
}

#[test]
fn serial_is_a_numbered_column() {
    let mut declared = Definition::new(&[("a", DataType::Other("Own".into()))]).sql_type("BIGSERIAL");
    declared.0.columns[0].nullable = false;
    assert_same("CREATE TABLE t (a bigserial)", declared);
}

#[test]
fn real_differences_stay() {
    let declared = || Definition::new(&[("a", DataType::Text), ("b", DataType::Integer)]);
    let live = "CREATE TABLE t (a text DEFAULT lower('A'), b int, CHECK (b > 0)); CREATE INDEX i ON t (lower(a))";
    let same = || declared().default("lower('A')").check("b > 0").index("lower(a)", None);
    assert_same(live, same());
    for (other, changes) in [
        (declared().default("lower('B')").check("b > 0").index("lower(a)", None), 1),
        (declared().default("lower('A')").check("b >= 0").index("lower(a)", None), 2),
        (declared().default("lower('A')").check("b > 0").index("upper(a)", None), 2),
        (declared().default("lower('A')").check("b > 0").index("lower(a)", Some("b > 0")), 2),
    ] {
        assert_eq!(differences(live, other).len(), changes);
    }
}

#[test]
fn what_the_database_refuses_spoils_nothing_else() {
    let declared = Definition::new(&[("a", DataType::Varchar(Some(9))), ("b", DataType::Integer)])
        .check("no_such_function(b)")
        .check("a in ('x')")
        .check("'open");
    let changes = differences("CREATE TABLE t (a varchar(9), b int, CHECK (a IN ('x')), CHECK (b > 0))", declared);
    let kinds: Vec<_> = changes.iter().map(Change::kind).collect();
    assert_eq!(kinds, ["drop-check", "add-check", "add-check"]);
}

#[test]
fn a_changed_type_changes_no_check() {
    let declared = Definition::new(&[("a", DataType::Text), ("b", DataType::BigInt)]).check("length(a) > b");
    let kinds: Vec<_> = differences("CREATE TABLE t (a varchar(9), b int, CHECK (length(a) > b))", declared)
        .iter()
        .map(Change::kind)
        .collect();
    assert_eq!(kinds, ["alter-column", "alter-column"]);
}

#[test]
fn a_rename_changes_no_check() {
    let declared = Definition::new(&[("The A", DataType::Varchar(Some(9))), ("order", DataType::Integer)])
        .renamed(0, "a")
        .renamed(1, "b")
        .check("length(\"The A\") > \"order\"")
        .index("lower(\"The A\")", Some("\"order\" > 0"));
    let kinds: Vec<_> = differences(
        "CREATE TABLE t (a varchar(9), b int, CHECK (length(a) > b)); CREATE INDEX i ON t (lower(a)) WHERE b > 0",
        declared,
    )
    .iter()
    .map(Change::kind)
    .collect();
    assert_eq!(kinds, ["rename-column", "rename-column"]);
}

#[test]
fn names_of_any_kind_can_be_asked_about() {
    let name = "o'rder \"🦀\" É";
    let quoted = Dialect::Postgres.facts().quoted(name);
    let declared = Definition::new(&[(name, DataType::Varchar(Some(9)))]).check(&format!("length({quoted})>0"));
    assert_same(&format!("CREATE TABLE t ({quoted} varchar(9), CHECK (length({quoted}) > 0))"), declared);
}

#[test]
fn tables_of_one_name_are_asked_about_one_after_the_other() {
    let server = postgres();
    server.execute(
        "CREATE SCHEMA other; CREATE TABLE t (a varchar(9), CHECK (length(a) > 0));
         CREATE TABLE other.t (a varchar(9), CHECK (length(a) > 1))",
    );
    let mut database = Database::open(&DatabaseUrl::parse(&server.url()).expect("a URL"), false).expect("a connection");
    let mut to = Schema::default();
    for (schema, least) in [(None, 0), (Some("other".to_owned()), 1)] {
        let mut table =
            Definition::new(&[("a", DataType::Varchar(Some(9)))]).check(&format!("length(t.a) > {least}")).0;
        table.name.schema = schema;
        to.insert(table);
    }
    let pair = Pair::new(introspect(&mut database).expect("a schema"), to);
    let pair = comparable(pair, &mut database).expect("a comparable pair");
    assert_eq!(diff(&pair, Dialect::Postgres), []);
}

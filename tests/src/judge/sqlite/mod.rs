//! SQLite: pragmas say most; CHECKs, collations, generated columns, the names of constraints,
//! AUTOINCREMENT and DEFERRABLE stand only in the kept statements.

mod text;
mod value;

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection as _;
use diesel::{QueryResult, RunQueryDsl as _, SqliteConnection, sql_query};

use value::{Row, Value};

/// Tables of migrations' bookkeeping, and of SQLite itself.
const OURS: &str = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ('__diesel_schema_migrations', '__autogen_ledger', '__autogen_lock')";

pub(super) fn schema(connection: &mut SqliteConnection) -> QueryResult<String> {
    let mut lines = Vec::new();
    for [name, sql] in
        load(connection, &format!("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND {OURS} ORDER BY name"))?
    {
        lines.extend(table(connection, &name.text(), &sql.text())?);
    }
    for [kind, name, sql] in
        load(connection, "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY name")?
    {
        lines.push(format!("{} {}: {}", kind.text(), name.text(), text::folded(&sql.text())));
    }
    Ok(lines.join("\n") + "\n")
}

fn table(connection: &mut SqliteConnection, name: &str, sql: &str) -> QueryResult<Vec<String>> {
    let quoted = quoted(name);
    let mut lines = vec![format!("table {name}")];
    for [wr, strict] in
        load(connection, &format!("SELECT wr, strict FROM pragma_table_list({quoted}) WHERE schema = 'main'"))?
    {
        lines.push(format!("  without rowid {}, strict {}", wr.text(), strict.text()));
    }
    let mut facts = Vec::new();
    // A row's own number is never NULL, whether its column says so or not.
    let columns = format!(
        "SELECT name, type, \
         CASE WHEN dflt_value LIKE '\"%\"' THEN quote(trim(dflt_value, '\"')) WHEN upper(dflt_value) <> 'NULL' THEN dflt_value END, \
         pk, hidden, \"notnull\" OR (pk = 1 AND upper(type) = 'INTEGER' \
         AND NOT (SELECT wr FROM pragma_table_list({quoted}) WHERE schema = 'main') \
         AND (SELECT max(pk) FROM pragma_table_xinfo({quoted})) = 1) FROM pragma_table_xinfo({quoted})"
    );
    for [name, data_type, default, key, hidden, not_null] in load(connection, &columns)? {
        facts.push(format!(
            "  column {}: type {}, not null {}, default {}, key {}, hidden {}",
            name.text(),
            data_type.text(),
            not_null.text(),
            default.text(),
            key.text(),
            hidden.text()
        ));
    }
    facts.extend(text::facts(sql).into_iter().map(|fact| format!("  {fact}")));
    facts.extend(foreign_keys(connection, &quoted)?);
    facts.extend(indexes(connection, &quoted)?);
    facts.sort();
    lines.extend(facts);
    Ok(lines)
}

fn foreign_keys(connection: &mut SqliteConnection, table: &str) -> QueryResult<Vec<String>> {
    let mut keys: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let sql = format!(
        "SELECT id, lower(\"table\"), lower(\"from\"), \
         lower(coalesce(\"to\", (SELECT name FROM pragma_table_xinfo(f.\"table\") WHERE pk = seq + 1))), \
         on_update, on_delete FROM pragma_foreign_key_list({table}) f ORDER BY id, seq"
    );
    for [id, parent, from, to, on_update, on_delete] in load(connection, &sql)? {
        let head = format!("{} on update {} on delete {}", parent.text(), on_update.text(), on_delete.text());
        keys.entry(id.text()).or_insert_with(|| (head, Vec::new())).1.push(format!("{} = {}", from.text(), to.text()));
    }
    Ok(keys.into_values().map(|(head, columns)| format!("  foreign key ({}) -> {head}", columns.join(", "))).collect())
}

fn indexes(connection: &mut SqliteConnection, table: &str) -> QueryResult<Vec<String>> {
    let mut lines = Vec::new();
    for [name, unique, origin, partial] in
        load(connection, &format!("SELECT name, \"unique\", origin, partial FROM pragma_index_list({table})"))?
    {
        let index = quoted(&name.text());
        let columns: Vec<_> = load(
            connection,
            &format!(
                "SELECT name, \"desc\", lower(coll) FROM pragma_index_xinfo({index}) WHERE key = 1 ORDER BY seqno"
            ),
        )?
        .into_iter()
        .map(|[name, descending, collation]| format!("{} desc {} {}", name.text(), descending.text(), collation.text()))
        .collect();
        // SQLite numbers the indexes of constraints by itself.
        let shown = if origin.text() == "c" { name.text() } else { format!("of {}", origin.text()) };
        let sql: Vec<_> = load::<1>(
            connection,
            &format!("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND name = {index}"),
        )?
        .into_iter()
        .map(|[sql]| format!(": {}", text::index(&sql.text())))
        .collect();
        lines.push(format!(
            "  index {shown} unique {} partial {} ({}){}",
            unique.text(),
            partial.text(),
            columns.join(", "),
            sql.join("")
        ));
    }
    Ok(lines)
}

pub(super) fn rows(connection: &mut SqliteConnection) -> QueryResult<BTreeMap<String, Vec<String>>> {
    let mut found = BTreeMap::new();
    let tables = format!(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND ({OURS} OR name = 'sqlite_sequence') ORDER BY name"
    );
    for [table] in load(connection, &tables)? {
        let quoted_table = quoted(&table.text());
        let columns: Vec<_> =
            load::<1>(connection, &format!("SELECT name FROM pragma_table_xinfo({quoted_table}) ORDER BY name"))?
                .into_iter()
                .map(|[column]| identifier(&column.text()))
                .collect();
        let mut rows = query(connection, &format!("SELECT {} FROM {}", columns.join(", "), identifier(&table.text())))?;
        rows.sort();
        found.insert(table.text(), rows);
    }
    Ok(found)
}

pub(super) fn damage(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let mut found = Vec::new();
    for [table, rowid, parent] in load(connection, "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check")? {
        found.push(format!("row {} of {} points at no row of {}", rowid.text(), table.text(), parent.text()));
    }
    for [said] in load(connection, "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'")?
    {
        found.push(said.text());
    }
    for [view] in load(connection, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")? {
        if let Err(error) = query(connection, &format!("SELECT * FROM {}", identifier(&view.text()))) {
            found.push(format!("view {}: {error}", view.text()));
        }
    }
    for [said] in load::<1>(connection, "SELECT foreign_keys FROM pragma_foreign_keys WHERE foreign_keys = 0")? {
        found.push(format!("foreign keys are not enforced any more: {}", said.text()));
    }
    for [said] in
        load::<1>(connection, "SELECT legacy_alter_table FROM pragma_legacy_alter_table WHERE legacy_alter_table = 1")?
    {
        found.push(format!("legacy_alter_table was left on: {}", said.text()));
    }
    for [name] in load::<1>(connection, "SELECT name FROM sqlite_temp_schema")? {
        found.push(format!("a temporary table was left: {}", name.text()));
    }
    Ok(found)
}

pub(super) fn answers(
    connection: &mut SqliteConnection,
    queries: &[&str],
) -> QueryResult<Vec<QueryResult<Vec<String>>>> {
    connection.batch_execute("SAVEPOINT asked")?;
    let answers = queries.iter().map(|sql| query(connection, sql)).collect();
    connection.batch_execute("ROLLBACK TO asked; RELEASE asked")?;
    Ok(answers)
}

fn query(connection: &mut SqliteConnection, sql: &str) -> QueryResult<Vec<String>> {
    let rows: Vec<Row> = sql_query(sql).load(connection)?;
    Ok(rows.iter().map(|Row(values)| values.iter().map(Value::literal).collect::<Vec<_>>().join(" | ")).collect())
}

/// Rows of a query that gives `N` columns.
fn load<const N: usize>(connection: &mut SqliteConnection, sql: &str) -> QueryResult<Vec<[Value; N]>> {
    let rows: Vec<Row> = sql_query(sql).load(connection)?;
    Ok(rows.into_iter().map(|Row(values)| values.try_into().expect("the query gives as many columns")).collect())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

//! PostgreSQL: the schema is what `pg_dump` says; rows and damage are asked of the catalogue.

mod dump;
mod session;

use std::collections::BTreeMap;

use autogen_engine::database::PostgresDatabase;
use autogen_test_servers::postgres_url;
use diesel::QueryResult;

use session::Session;

/// Tables, whose partitions' rows are theirs, without those of migrations' bookkeeping and of the server itself.
const TABLES: &str = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
     AND c.relname NOT IN ('__diesel_schema_migrations', '__autogen_ledger', '__autogen_lock')";

pub(super) fn schema(database: &PostgresDatabase) -> QueryResult<String> {
    dump::schema(&url(database))
}

/// The place on the tests' server, in words that any program takes.
fn url(database: &PostgresDatabase) -> String {
    let shown = database.url().to_string();
    postgres_url(shown.rsplit('/').next().unwrap_or_default())
}

pub(super) fn rows(database: &PostgresDatabase) -> QueryResult<BTreeMap<String, Vec<String>>> {
    let session = Session::open(&url(database))?;
    let mut found = BTreeMap::new();
    // In order of their names: where a column stands is no difference.
    let columns = "(SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname COLLATE \"C\") \
         FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)";
    let tables = format!(
        "SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname, \
         format('SELECT %s FROM %s %I.%I', {columns}, CASE c.relkind WHEN 'r' THEN 'ONLY' END, n.nspname, c.relname) {TABLES}"
    );
    for [table, all] in session.texts(&tables)? {
        let mut rows = session.query(&all)?;
        rows.sort();
        found.insert(table, rows);
    }
    Ok(found)
}

pub(super) fn damage(database: &PostgresDatabase) -> QueryResult<Vec<String>> {
    let session = Session::open(&url(database))?;
    let mut found = Vec::new();
    let unready = "SELECT format('index %s is not valid', indexrelid::regclass) FROM pg_index \
         WHERE NOT (indisvalid AND indisready) UNION ALL \
         SELECT format('constraint %s of %s is not validated', conname, conrelid::regclass) \
         FROM pg_constraint WHERE NOT convalidated UNION ALL \
         SELECT format('trigger %s of %s is disabled', tgname, tgrelid::regclass) FROM pg_trigger WHERE tgenabled = 'D' \
         UNION ALL SELECT format('a prepared transaction was left: %s', gid) FROM pg_prepared_xacts \
         WHERE database = current_database() ORDER BY 1";
    found.extend(session.texts(unready)?.into_iter().map(|[said]| said));

    // Rows that a key doesn't cover: PostgreSQL itself never looks again.
    let joined = "(SELECT string_agg(format('c.%I = p.%I', own.attname, other.attname), ' AND ') \
         FROM unnest(k.conkey, k.confkey) AS pairs (a, b) \
         JOIN pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = a \
         JOIN pg_attribute other ON other.attrelid = k.confrelid AND other.attnum = b)";
    let known = "(SELECT string_agg(format('c.%I IS NOT NULL', attname), ' AND ') FROM pg_attribute \
         WHERE attrelid = k.conrelid AND attnum = ANY (k.conkey))";
    let orphans = format!(
        "SELECT format('%s rows of %s point at no row of %s', '%s', conrelid::regclass, confrelid::regclass), \
         format('SELECT count(*) FROM %s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s)', \
         conrelid::regclass, {known}, confrelid::regclass, {joined}) \
         FROM pg_constraint k WHERE contype = 'f' AND conparentid = 0 ORDER BY 1, 2"
    );
    for [said, count] in session.texts(&orphans)? {
        found.extend(session.counted(&said, &count)?);
    }

    // Numbers that a sequence gives and that rows have already.
    let numbered = "SELECT format('%s rows of %s have numbers that %s is still to give', '%s', c.oid::regclass, \
         d.objid::regclass), format('SELECT count(*) FROM %s t, %s s WHERE t.%I %s= s.last_value %s s.is_called::integer', \
         c.oid::regclass, d.objid::regclass, a.attname, CASE WHEN q.seqincrement > 0 THEN '>' ELSE '<' END, \
         CASE WHEN q.seqincrement > 0 THEN '+' ELSE '-' END) FROM pg_depend d \
         JOIN pg_sequence q ON q.seqrelid = d.objid \
         JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_attribute a \
         ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid JOIN pg_class c ON c.oid = d.refobjid \
         WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') \
         ORDER BY 1";
    for [said, count] in session.texts(numbered)? {
        found.extend(session.counted(&said, &count)?);
    }

    let views = "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace NOT IN \
         (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema') ORDER BY 1";
    for [view] in session.texts(views)? {
        if let Err(error) = session.query(&format!("SELECT * FROM {view}")) {
            found.push(format!("view {view}: {error}"));
        }
    }
    Ok(found)
}

pub(super) fn answers(database: &PostgresDatabase, queries: &[&str]) -> QueryResult<Vec<QueryResult<Vec<String>>>> {
    let session = Session::open(&url(database))?;
    session.query("BEGIN")?;
    let mut answers = Vec::new();
    for sql in queries {
        // An error ends what was begun last: that is to be this query alone.
        session.query("SAVEPOINT before")?;
        let answer = session.query(sql);
        if answer.is_err() {
            session.query("ROLLBACK TO before")?;
        }
        answers.push(answer);
    }
    Ok(answers)
}

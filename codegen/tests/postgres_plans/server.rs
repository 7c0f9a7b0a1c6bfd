//! A database of the test server, and what its catalog says.

use autogen_test_servers::{PostgresDatabase, postgres};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Tables, columns, constraints, indexes and comments, one line each; without the order of columns,
/// which is no difference. `$1` says whether constraints are told by their names.
const STATE: &str = "
SELECT line FROM (
    SELECT format('column %s.%s %s%s%s%s%s%s%s', a.attrelid::regclass, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN ' not null' END,
        CASE WHEN a.attidentity <> '' THEN ' identity ' || a.attidentity::text END,
        CASE WHEN a.attgenerated <> '' THEN ' generated' END,
        CASE WHEN d.adbin IS NOT NULL THEN ' ' || pg_get_expr(d.adbin, d.adrelid) END,
        CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || a.attcollation::regcollation END,
        ' -- ' || col_description(a.attrelid, a.attnum)) AS line
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT format('table %s -- %s', oid::regclass, obj_description(oid))
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('type %s (%s) -- %s', t.oid::regtype, (SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder)
        FROM pg_enum WHERE enumtypid = t.oid), obj_description(t.oid))
    FROM pg_type t WHERE t.typtype = 'e' AND t.typnamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('constraint %s %s %s', conrelid::regclass, CASE WHEN $NAMES THEN conname END, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(indexrelid))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
    UNION ALL
    SELECT format('sequence %s %s', oid::regclass, format_type(seqtypid, NULL))
    FROM pg_class JOIN pg_sequence ON seqrelid = oid WHERE relnamespace = 'public'::regnamespace AND $NAMES
) lines ORDER BY line";

/// A database of its own.
pub(crate) struct Server {
    database: PostgresDatabase,
}

impl Server {
    /// A database in which these scripts have run.
    pub(crate) fn with(definitions: &str, rows: &str) -> Self {
        let server = Self { database: postgres() };
        for script in [definitions, rows] {
            server.run(script).unwrap_or_else(|said| panic!("{said}\n{script}"));
        }
        server
    }

    /// Where it is.
    pub(crate) fn url(&self) -> autogen_engine::database::DatabaseUrl {
        autogen_engine::database::DatabaseUrl::parse(&self.database.url()).expect("a URL")
    }

    /// Runs a script the way Diesel does: all of it in one transaction.
    pub(crate) fn run(&self, script: &str) -> Result<(), String> {
        self.query(&format!("BEGIN;\n{script}\n;COMMIT;")).map(|_| ())
    }

    /// What the catalog says.
    pub(crate) fn state(&self, with_names: bool) -> String {
        let names = if with_names { "true" } else { "false" };
        self.query(&STATE.replace("$NAMES", names)).expect("the catalog can be read")
    }

    /// What a query finds.
    pub(crate) fn rows(&self, query: &str) -> String {
        self.query(query).unwrap_or_else(|said| panic!("{said}\n{query}"))
    }

    fn query(&self, sql: &str) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&self.database.url(), NoTls).await.expect("the server takes connections");
            let _driver = tokio::spawn(connection);
            let messages = client.simple_query(sql).await.map_err(|error| {
                error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned())
            })?;
            let mut text = String::new();
            for message in messages {
                if let SimpleQueryMessage::Row(row) = message {
                    let cells: Vec<_> = (0..row.len()).map(|cell| row.get(cell).unwrap_or("NULL")).collect();
                    text.push_str(&cells.join(" | "));
                    text.push('\n');
                }
            }
            Ok(text)
        })
    }
}

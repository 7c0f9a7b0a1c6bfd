//! What in a script may reach out of the database that it is run in.

use super::mysql::counted;
use super::{Kind, Token};
use crate::dialect::Dialect;

/// Statements that stay in the database which they are run in, as far as their words go.
const PLAIN: [&[&str]; 15] = [
    &["select"],
    &["insert"],
    &["update"],
    &["delete"],
    &["with"],
    &["truncate"],
    &["create", "table"],
    &["create", "unlogged", "table"],
    &["create", "temporary", "table"],
    &["create", "index"],
    &["create", "unique", "index"],
    &["alter", "table"],
    &["drop", "table"],
    &["drop", "temporary", "table"],
    &["drop", "index"],
];

const PLAIN_POSTGRES: [&[&str]; 16] = [
    &["do"],
    &["create", "type"],
    &["alter", "type"],
    &["drop", "type"],
    &["create", "sequence"],
    &["alter", "sequence"],
    &["drop", "sequence"],
    &["alter", "index"],
    &["create", "view"],
    &["drop", "view"],
    &["comment", "on", "table"],
    &["comment", "on", "column"],
    &["comment", "on", "index"],
    &["comment", "on", "constraint"],
    &["comment", "on", "type"],
    &["set", "constraints"],
];

const PLAIN_MYSQL: [&[&str]; 1] = [&["rename", "table"]];

/// Words that lead out wherever they are: they run a text, reach files or other servers, or change rights. So do
/// PostgreSQL's own functions, except for these.
const LEADS_OUT: [&str; 17] = [
    "execute",
    "call",
    "copy",
    "program",
    "grant",
    "revoke",
    "set_config",
    "ts_stat",
    "ts_rewrite",
    "loread",
    "lowrite",
    "outfile",
    "dumpfile",
    "load_file",
    "directory",
    "connection",
    "federated",
];
const LEADS_OUT_BY_PREFIX: [&str; 4] = ["lo_", "dblink", "query_to_", "cursor_to_"];
const HARMLESS: [&str; 15] = [
    "pg_attrdef",
    "pg_get_expr",
    "pg_get_indexdef",
    "pg_catalog",
    "pg_temp",
    "pg_get_serial_sequence",
    "pg_typeof",
    "pg_class",
    "pg_attribute",
    "pg_constraint",
    "pg_index",
    "pg_enum",
    "pg_type",
    "pg_namespace",
    "pg_get_constraintdef",
];

/// Words that a statement of a block begins with which may reach out.
const UNPLAIN: [&str; 31] = [
    "abort",
    "alter",
    "checkpoint",
    "cluster",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "discard",
    "drop",
    "explain",
    "grant",
    "import",
    "listen",
    "load",
    "lock",
    "move",
    "notify",
    "prepare",
    "reassign",
    "refresh",
    "reindex",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "set",
    "unlisten",
    "vacuum",
];

/// Returns what in a script may reach out of the database that it runs in. `others` are databases that it could name.
pub(crate) fn reaches_out(sql: &str, dialect: Dialect, others: &[String]) -> Option<String> {
    let Some(found) = dialect.tokens(sql) else { return Some("its text can't be read".to_owned()) };
    let own: &[&[&str]] = match dialect {
        // Its scratch databases confine everything.
        Dialect::Sqlite => return None,
        Dialect::Postgres => &PLAIN_POSTGRES,
        Dialect::Mysql => &PLAIN_MYSQL,
    };
    for statement in dialect.statements(sql) {
        let words = statement.words();
        let text = &sql[statement.span.clone()];
        let is_plain = PLAIN.iter().chain(own).any(|plain| words.starts_with(plain));
        let counts = dialect == Dialect::Mysql && counted(text.trim_end_matches(';')).is_some();
        if !is_plain && !counts && text != ";" {
            let shown = words.iter().take(3).copied().collect::<Vec<_>>().join(" ").to_uppercase();
            return Some(format!("it holds a statement that may reach further than its text says (`{shown}`)"));
        }
        if words.first() == Some(&"do")
            && let Some(word) = block_reaches_out(&sql[statement.span.clone()], dialect)
        {
            return Some(format!("its block says `{word}`"));
        }
    }
    word_that_leads_out(sql, &found, dialect, others).map(|word| format!("it says `{word}`"))
}

/// Returns the first word that leads out of the database.
fn word_that_leads_out(sql: &str, found: &[Token], dialect: Dialect, others: &[String]) -> Option<String> {
    for (at, token) in found.iter().enumerate() {
        let written = &sql[token.span.clone()];
        match token.kind {
            // A setting decides what a backslash means, and so where the text ends.
            Kind::Text if written.contains('\\') => return Some("\\".to_owned()),
            Kind::Quoted if written.starts_with(['u', 'U']) => return Some(written.to_owned()),
            Kind::Operator if written.starts_with("/*") => return Some("/*!".to_owned()),
            Kind::Word | Kind::Quoted => {
                let name = dialect.unquoted(written).to_lowercase();
                let is_own = |name: &str| name.starts_with("pg_") && !HARMLESS.contains(&name);
                let qualifies = found.get(at + 1).is_some_and(|next| &sql[next.span.clone()] == ".");
                if LEADS_OUT.contains(&name.as_str())
                    || LEADS_OUT_BY_PREFIX.iter().any(|prefix| name.starts_with(prefix))
                    || is_own(&name)
                    || qualifies && others.contains(&name)
                {
                    return Some(name);
                }
            }
            Kind::Text | Kind::Number | Kind::Mark | Kind::Operator => {}
        }
    }
    None
}

/// Returns the first word by which a block of code may reach out.
fn block_reaches_out(statement: &str, dialect: Dialect) -> Option<String> {
    let unread = || Some("DO".to_owned());
    let Some((open, close)) = statement.find('$').zip(statement.rfind('$')) else { return unread() };
    let Some(tag) = statement[open + 1..].find('$').map(|end| end + 2) else { return unread() };
    let Some(body) = statement.get(open + tag..(close + 1).saturating_sub(tag)) else { return unread() };
    let Some(found) = dialect.tokens(body) else { return unread() };
    let mut begins = true;
    for token in &found {
        let word = body[token.span.clone()].to_ascii_lowercase();
        if begins && UNPLAIN.contains(&word.as_str()) {
            return Some(word);
        }
        begins = matches!(word.as_str(), ";" | "begin" | "then" | "else" | "loop" | ">>");
    }
    word_that_leads_out(body, &found, dialect, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_statements_stay_inside() {
        let block = "DO $a$ DECLARE n bigint; BEGIN n := (SELECT count(*) FROM t); IF n > 0 THEN RAISE 'stopped'; \
                     END IF; UPDATE t SET a = 1; END $a$;";
        for sql in ["CREATE TABLE t (a int); CREATE INDEX i ON t (a); COMMENT ON TABLE t IS 'x';", block, ""] {
            assert_eq!(reaches_out(sql, Dialect::Postgres, &[]), None, "{sql}");
        }
        let sql = "SET @autogen_rows = (SELECT 1); ALTER TABLE `t` ADD COLUMN `b` int; RENAME TABLE t TO u; UPDATE t SET t.b = 1;";
        assert_eq!(reaches_out(sql, Dialect::Mysql, &["shop".to_owned()]), None);
    }

    #[test]
    fn whatever_may_reach_out_is_found() {
        for sql in [
            "DROP DATABASE shop;",
            "CREATE ROLE r;",
            "SELECT \"pg_terminate_backend\"(1);",
            "SELECT lo_export(1, 'x');",
            "DO 'BEGIN DROP OWNED BY x; END';",
            "DO $$ BEGIN EXECUTE 'DROP OWNED BY x'; END $$;",
            "DO $$ BEGIN IF true THEN ALTER ROLE x PASSWORD 'y'; END IF; END $$;",
            "DO $$ BEGIN <<a>> REASSIGN OWNED BY x TO y; END $$;",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "COPY t TO PROGRAM 'x';",
            "SELECT '\\'; DROP DATABASE shop; --';",
            "SELECT 'open",
            "ALTER SYSTEM SET x = 1;",
            "COMMIT;",
        ] {
            assert!(reaches_out(sql, Dialect::Postgres, &[]).is_some(), "{sql}");
        }
        for sql in [
            "DELETE FROM shop.t;",
            "DELETE FROM `SHOP`.`t`;",
            "/*!50000 DROP DATABASE shop */;",
            "CREATE TABLE t (a int) DATA DIRECTORY = '/x';",
            "SELECT 1 INTO OUTFILE '/x';",
            "USE shop;",
            "SET GLOBAL general_log = 1;",
            "SET @autogen_rows = (SELECT 1), GLOBAL general_log = (SELECT 1);",
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW DELETE FROM b;",
        ] {
            assert!(reaches_out(sql, Dialect::Mysql, &["shop".to_owned()]).is_some(), "{sql}");
        }
    }
}

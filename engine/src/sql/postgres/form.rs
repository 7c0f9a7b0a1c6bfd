//! How to run a statement on PostgreSQL: in a transaction or outside of one, what no transaction rolls back, and
//! what the statement makes.

use super::{ScriptPath, code};
use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::reader::TokenReader;
use crate::sql::{Kind, Token};

/// How to run a statement of a revision that has no transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// In a transaction of its own, in which the fence holds it.
    Fenced,
    /// As it is: PostgreSQL only takes it outside of transactions, and it concerns this table or index.
    Alone(TableName),
}

/// Returns how to run a statement of a revision that has no transaction.
pub fn form(statement: &str) -> Form {
    let tokens = Dialect::Postgres.tokens(statement).unwrap_or_default();
    let mut reader = TokenReader::new(Dialect::Postgres, statement, &tokens);
    let named = if reader.take(&["create"]) {
        reader.take(&["unique"]);
        let is_one = reader.take(&["index"]) && reader.take(&["concurrently"]) && reader.go_past("on");
        reader.take(&["only"]);
        is_one.then(|| reader.name())
    } else if reader.take(&["drop"]) {
        let is_one = reader.take(&["index"]) && reader.take(&["concurrently"]);
        while reader.take(&["if", "exists"]) {}
        is_one.then(|| reader.name())
    } else if reader.take(&["reindex"]) {
        (reader.take(&["table", "index"]) && reader.take(&["concurrently"])).then(|| reader.name())
    } else if reader.take(&["vacuum"]) {
        // Neither options nor columns contain brackets.
        _ = reader.take_mark("(") && reader.go_past_mark(")");
        while reader.take(&["full", "freeze", "verbose", "analyze"]) {}
        let table = reader.name();
        _ = reader.take_mark("(") && reader.go_past_mark(")");
        Some(table)
    } else if reader.take(&["alter"]) && reader.take(&["table"]) {
        while reader.take(&["if", "exists", "only"]) {}
        let table = reader.name();
        let is_one = reader.take(&["detach"]) && reader.go_past("concurrently");
        is_one.then_some(table)
    } else {
        None
    };
    match named.flatten() {
        Some(table) if !reader.take_mark(",") => Form::Alone(table),
        Some(_) | None => Form::Fenced,
    }
}

/// Returns statements that make an index on an empty temporary table as a statement would make it concurrently, so that the
/// catalog tells what it runs. Returns none for any other statement.
pub fn probe(statement: &str) -> Vec<String> {
    let tokens = Dialect::Postgres.tokens(statement).unwrap_or_default();
    let mut reader = TokenReader::new(Dialect::Postgres, statement, &tokens);
    _ = reader.take(&["create"]) && reader.take(&["unique"]);
    if !(reader.take(&["index"]) && reader.go_past("on")) {
        return Vec::new();
    }
    reader.take(&["only"]);
    let (Some(table), Some(rest)) = (reader.name(), reader.tokens.first()) else { return Vec::new() };
    let (table, rest) = (Dialect::Postgres.facts().quoted_table(&table), &statement[rest.span.start..]);
    vec![
        format!("CREATE TEMPORARY TABLE autogen_probe (LIKE {table})"),
        format!("CREATE INDEX ON pg_temp.autogen_probe {}", rest.trim_end_matches(';')),
    ]
}

/// Describes how a statement reaches beyond what the fence can hold back, in words that end a sentence about the
/// statement. Returns `None` if it doesn't.
pub fn beyond(statement: &str, in_transaction: bool) -> Option<String> {
    let tokens = Dialect::Postgres.tokens(statement).unwrap_or_default();
    let word = |at: usize| tokens.get(at).map(|token| statement[token.span.clone()].to_ascii_lowercase());
    let words: Vec<String> = (0..tokens.len()).filter_map(word).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let says = |what: &str| Some(what.to_owned());
    match words.as_slice() {
        ["copy", ..] => {
            let far = |at: usize| {
                ["from", "to"].contains(&words[at])
                    && tokens.get(at + 1).is_some_and(|next| {
                        next.kind == Kind::Text || ["program", "stdin", "stdout"].contains(&words[at + 1])
                    })
            };
            if (0..words.len()).any(far) {
                return says("it copies from or to a file, a program or the client");
            }
        }
        ["alter", "system", ..] => return says("it changes the settings of the server"),
        ["create" | "alter" | "drop", "database" | "tablespace" | "role" | "user" | "group" | "subscription", ..] => {
            return says("it changes objects that the whole server shares");
        }
        ["create", "foreign", "table", ..] | ["import", "foreign", ..] => {
            return says("it makes a table whose rows are somewhere else");
        }
        ["create", "extension", ..] | ["alter" | "drop", "extension", ..] => {
            return says("it changes the extensions of the database");
        }
        ["analyze", options @ ..] if !options.iter().any(|word| is_name(word)) => {
            return says("it analyzes everybody's tables; name the plugin's tables");
        }
        ["load", ..] => return says("it loads a library into the server"),
        // A rollback undoes neither, and a pool hands the session on.
        ["prepare", name, ..] if *name != "transaction" => {
            return says("it prepares a statement, which stays in the session when the revision is refused");
        }
        ["listen" | "unlisten", ..] => return says("it changes what the session listens to"),
        ["deallocate" | "discard", ..] => return says("it takes away what others have prepared in the session"),
        ["set" | "reset", "role", ..]
        | ["set" | "reset", "session", "authorization", ..]
        | ["set", "local" | "session", "role", ..] => return says("it switches to another role"),
        ["begin" | "start" | "commit" | "end" | "abort" | "prepare", "transaction", ..]
        | ["begin" | "commit" | "end" | "abort" | "rollback", ..]
            if !in_transaction =>
        {
            return says("it begins or ends a transaction, which this program does around each statement");
        }
        _ => {}
    }
    if tokens.iter().any(|token| escapes_name(&statement[token.span.clone()])) {
        return says("it spells a name by codes of its letters; write the letters");
    }
    let runs_code = matches!(words.first(), Some(&("do" | "create")));
    if runs_code && untrusted(&words) {
        return says("it makes code in a language that may do anything on the server's machine");
    }
    if let Some(what) = runs_code.then(|| code::beyond(statement, &tokens)).flatten() {
        return says(what);
    }
    let reads_texts = runs_code || runs_texts(&words) || is_read_by_settings(statement, &tokens);
    far_word(statement, &tokens, reads_texts).map(|word| format!("it uses `{word}`, which reaches beyond the database"))
}

/// Returns the first word that is the name of something that reaches beyond the database. Texts count on demand.
fn far_word(statement: &str, tokens: &[Token], reads_texts: bool) -> Option<String> {
    let code = tokens.iter().filter(|token| token.kind != Kind::Text || reads_texts);
    code.flat_map(|token| {
        statement[token.span.clone()].split(|letter: char| !letter.is_alphanumeric() && letter != '_')
    })
    .map(str::to_ascii_lowercase)
    .find(|word| FAR.contains(&word.as_str()) || FAR_FAMILIES.iter().any(|family| word.starts_with(family)))
}

/// Checks whether a name is one such as `U&"\0061"`, which stands for another name.
fn escapes_name(token: &str) -> bool {
    token.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("u&\""))
}

/// Checks for functions of PostgreSQL's that run a text.
fn runs_texts(words: &[&str]) -> bool {
    let families = [
        "set_config",
        "query_to_xml",
        "cursor_to_xml",
        "ts_stat",
        "ts_rewrite",
        "crosstab",
        "connectby",
        "xpath_table",
    ];
    words.iter().any(|word| families.iter().any(|family| word.trim_start_matches('"').starts_with(family)))
}

/// Checks whether a setting decides where a text in a statement ends: what a backslash does, or how letters are encoded.
fn is_read_by_settings(statement: &str, tokens: &[Token]) -> bool {
    tokens.iter().any(|token| token.kind == Kind::Text && statement[token.span.clone()].contains('\\'))
}

/// Checks that a word of `ANALYZE` isn't one of its options.
fn is_name(word: &str) -> bool {
    let options = ["(", ")", ",", ";", "verbose", "skip_locked", "buffer_usage_limit", "on", "off", "true", "false"];
    !options.contains(&word) && !word.starts_with(|first: char| first.is_ascii_digit() || first == '\'')
}

/// The beginnings of names of functions whose effects no transaction rolls back.
const FAR_FAMILIES: [&str; 12] = [
    "dblink_",
    "pg_backup_",
    "pg_copy_",
    "pg_create_",
    "pg_file_",
    "pg_import_",
    "pg_logical_",
    "pg_ls_",
    "pg_replication_",
    "pg_stat_reset",
    "pg_sync_",
    "pg_wal_replay_",
];

/// Functions and settings whose effects no transaction rolls back, or no comparison shows.
const FAR: [&str; 26] = [
    "dblink",
    "lo_export",
    "lo_import",
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_advisory_unlock",
    "pg_advisory_unlock_all",
    "pg_advisory_unlock_shared",
    "pg_cancel_backend",
    "pg_drop_replication_slot",
    "pg_execute_server_program",
    "pg_log_backend_memory_contexts",
    "pg_log_standby_snapshot",
    "pg_promote",
    "pg_read_binary_file",
    "pg_read_file",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_start_backup",
    "pg_stat_file",
    "pg_stop_backup",
    "pg_switch_wal",
    "pg_terminate_backend",
    "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared",
    // With it off, nobody's foreign keys are checked.
    "session_replication_role",
];

fn untrusted(words: &[&str]) -> bool {
    let languages = words.windows(2).filter(|pair| pair[0] == "language").map(|pair| pair[1]);
    // A name may be a text of any kind: `E'c'`, `$$c$$`.
    let mut parts = languages.flat_map(|name| name.split(|letter: char| !letter.is_alphanumeric() && letter != '_'));
    parts.any(|name| name == "c" || name == "internal" || name.ends_with('u'))
}

/// Returns the functions, schemas, sequences and collations that a script makes, as kinds and names. An
/// object that the script makes only if it is missing isn't among them, because it may be another's.
pub fn objects(sql: &str) -> Vec<(&'static str, TableName)> {
    let mut path = ScriptPath::default();
    let mut objects = Vec::new();
    for statement in Dialect::Postgres.statements(sql) {
        let text = &sql[statement.span];
        path.follow(text);
        objects.extend(object(text).map(|(kind, name)| match kind {
            "schema" => (kind, name),
            _ => (kind, path.qualified(name)),
        }));
    }
    objects
}

fn object(statement: &str) -> Option<(&'static str, TableName)> {
    let tokens = Dialect::Postgres.tokens(statement)?;
    let mut reader = TokenReader::new(Dialect::Postgres, statement, &tokens);
    if !reader.take(&["create"]) {
        return None;
    }
    while reader.take(&["or", "replace", "unlogged"]) {}
    let kinds = [
        ("function", "function"),
        ("procedure", "function"),
        ("aggregate", "function"),
        ("schema", "schema"),
        ("sequence", "sequence"),
        ("collation", "collation"),
    ];
    let (_, kind) = kinds.into_iter().find(|(word, _)| reader.take(&[word]))?;
    if reader.take(&["if"]) {
        return None;
    }
    Some((kind, reader.name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_no_transaction_is_about_one_table() {
        for (sql, expected) in [
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY a.\"B\" (c)", Some("a.B")),
            ("CREATE INDEX i ON a (b)", None),
            ("DROP INDEX CONCURRENTLY IF EXISTS i", Some("i")),
            ("VACUUM (ANALYZE, PARALLEL 0) t", Some("t")),
            ("VACUUM ANALYZE t (a, b)", Some("t")),
            ("VACUUM ANALYZE t (a), u", None),
            ("VACUUM t, u", None),
            ("VACUUM (ANALYZE)", None),
            ("VACUUM FULL t", Some("t")),
            ("VACUUM", None),
            ("ALTER TABLE p DETACH PARTITION q CONCURRENTLY", Some("p")),
            ("ALTER TABLE p DETACH PARTITION q", None),
            ("REINDEX TABLE CONCURRENTLY t", Some("t")),
        ] {
            let found = match form(sql) {
                Form::Alone(table) => Some(table.to_string()),
                Form::Fenced => None,
            };
            assert_eq!(found.as_deref(), expected, "{sql}");
        }
    }

    #[test]
    fn an_index_is_tried_on_an_empty_table() {
        let sql = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY a.\"B c\" USING btree (f(d)) WHERE d > 1;";
        let expected = [
            "CREATE TEMPORARY TABLE autogen_probe (LIKE \"a\".\"B c\")",
            "CREATE INDEX ON pg_temp.autogen_probe USING btree (f(d)) WHERE d > 1",
        ];
        assert_eq!(probe(sql), expected);
        assert!(probe("VACUUM a").is_empty() && probe("DROP INDEX CONCURRENTLY i").is_empty());
    }

    #[test]
    fn what_reaches_beyond_the_database_is_refused() {
        for sql in [
            "COPY a FROM PROGRAM 'x'",
            "COPY a (b) TO '/x'",
            "COPY a FROM STDIN",
            "alter system set a = 1",
            "LOAD 'x'",
            "CREATE ROLE x",
            "DROP DATABASE x",
            "SELECT lo_import('/x')",
            "DO $$ BEGIN PERFORM pg_read_file('x'); END $$",
            "DO $$ BEGIN COPY (SELECT 1) TO PROGRAM 'x'; END $$",
            "DO 'BEGIN COPY a FROM ''/x''; END'",
            "DO $$ BEGIN EXECUTE 'COPY a TO ''/x'''; END $$",
            "DO $$ BEGIN EXECUTE $q$ LOAD 'x' $q$; END $$",
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN COPY a TO PROGRAM 'x'; RETURN 1; END $$",
            "CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT pg_promote(); END",
            "DO $$ BEGIN DROP USER MAPPING FOR PUBLIC SERVER s; END $$",
            "CREATE FOREIGN TABLE t (a int) SERVER s",
            "SELECT pg_create_physical_replication_slot('x')",
            "SELECT dblink_connect_u('x')",
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'x'",
            "CREATE FUNCTION f() RETURNS int AS 'x' LANGUAGE 'c'",
            "ANALYZE",
            "analyze (verbose on);",
            "SET ROLE x",
            "SET SESSION AUTHORIZATION x",
            "SELECT U&\"pg\\005freload_conf\"()",
            "SELECT u&\"pg!005freload_conf\" UESCAPE '!' ()",
            "SELECT '\\'', pg_reload_conf(), '\\''",
            "SELECT query_to_xml('SELECT pg_reload_conf()', true, false, '')",
            "SELECT * FROM ts_stat('SELECT pg_reload_conf()')",
            "CREATE FUNCTION f() RETURNS int LANGUAGE E'internal' AS 'x'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE $$c$$ AS 'x'",
            "SET session_replication_role = replica",
            "SELECT set_config('session_replication_role', 'replica', true)",
        ] {
            assert!(beyond(sql, true).is_some(), "{sql}");
        }
        for sql in [
            "INSERT INTO a VALUES ('lo_import from program')",
            "CREATE TABLE copy (stdin text)",
            "SET search_path = x",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER TABLE a ADD role text",
            "ANALYZE VERBOSE a",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT copy FROM load WHERE ''to'' = ''x'''",
            "DO $$ BEGIN UPDATE a SET copy = 'x'; INSERT INTO b SELECT copy FROM c WHERE d = 'to'; END $$",
        ] {
            assert_eq!(beyond(sql, true), None, "{sql}");
        }
        assert!(beyond("BEGIN", false).is_some() && beyond("COMMIT", false).is_some());
    }

    #[test]
    fn a_script_says_which_functions_it_makes() {
        let sql = "CREATE OR REPLACE FUNCTION public.f(a int) RETURNS int AS $$ x $$; CREATE SCHEMA \"S\"; \
                   CREATE SEQUENCE IF NOT EXISTS q; CREATE TABLE t (); SET search_path = \"S\"; CREATE SEQUENCE r;";
        let objects: Vec<String> = objects(sql).iter().map(|(kind, name)| format!("{kind} {name}")).collect();
        assert_eq!(objects, ["function public.f", "schema S", "sequence S.r"]);
    }
}

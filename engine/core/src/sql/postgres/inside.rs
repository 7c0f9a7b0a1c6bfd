//! What statements may do in a scratch schema, and how they are adapted to it.
//!
//! Refusing too much costs a proof. Refusing too little would disturb a live table. So whatever isn't known to stay
//! inside is refused.

use std::ops::Range;

use super::{statements, tokens, unquoted};
use crate::sql::effects::Frame;
use crate::sql::{Kind, Statement, Token, blank};

/// What the database has beside the scratch schema.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// Schemas that nothing may name.
    pub(crate) schemas: Vec<String>,
    /// Extensions that are there.
    pub(crate) extensions: Vec<String>,
    /// Those of them that stand in such schemas.
    pub(crate) hidden: Vec<String>,
    /// The tables, types and functions that stand beside them.
    pub(crate) neighbours: Vec<String>,
}

/// Statements as they can be run inside of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) has_plain_indexes: bool,
    pub(crate) has_deferrable: bool,
}

/// A part of a script.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Begin,
    Commit,
    Rollback,
    /// Sets a savepoint or goes back to one.
    Savepoint(String),
    /// Statements that follow each other. The text is as long as what was written.
    Statements(Vec<ParsedStatement>),
}

/// A statement.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ParsedStatement {
    pub(crate) sql: String,
    /// Whether it may run code that reaches further than it says.
    pub(crate) calls: bool,
    /// Whether it alters something, which deferred checks at the end of a transaction would prevent.
    pub(crate) alters: bool,
    /// The names in a statement that only defines something, except the one that it defines. If none of them is a
    /// neighbour's, the statement may use the search path that finds extensions' objects among the neighbours.
    pub(crate) names: Option<Vec<String>>,
}

/// Statements that stay in the schemas that they name.
const PLAIN: [&str; 20] = [
    "select", "insert", "update", "delete", "with", "values", "truncate", "table", "merge", "do", "call", "explain",
    "set", "reset", "show", "comment", "lock", "analyze", "refresh", "reindex",
];

/// Objects that belong to no schema, or are seen by the whole server.
const GLOBAL: [&str; 21] = [
    "database",
    "role",
    "user",
    "group",
    "tablespace",
    "schema",
    "server",
    "foreign",
    "publication",
    "subscription",
    "event",
    "language",
    "procedural",
    "trusted",
    "access",
    "cast",
    "transform",
    "system",
    "large",
    "default",
    "owned",
];

/// Reads a batch of statements, which are run one by one.
pub(crate) fn read(sql: &str, surroundings: &Surroundings) -> Result<Script, String> {
    let mut script = Script { pieces: Vec::new(), has_plain_indexes: false, has_deferrable: false };
    for statement in statements(sql) {
        let text = &sql[statement.span.clone()];
        let Some(found) = tokens(text) else { return Err("its text can't be read".to_owned()) };
        script.has_deferrable |= found.iter().any(|token| is_word(text, token, &["deferrable", "deferred"]));
        match statement.frame() {
            Some(Frame::Begins) => script.pieces.push(Piece::Begin),
            Some(Frame::Commits) => script.pieces.push(Piece::Commit),
            Some(Frame::RollsBack) => script.pieces.push(Piece::Rollback),
            Some(Frame::Saves | Frame::Releases | Frame::Returns) => {
                script.pieces.push(Piece::Savepoint(text.to_owned()));
            }
            Some(Frame::Prepares) | None => script.add(sql, &statement, &found, surroundings)?,
        }
    }
    Ok(script)
}

impl Script {
    fn add(
        &mut self,
        sql: &str,
        statement: &Statement,
        found: &[Token],
        surroundings: &Surroundings,
    ) -> Result<(), String> {
        let text = &sql[statement.span.clone()];
        let words = statement.words();
        let mut text_here = text.to_owned();
        let leave = may(text, &words, found, surroundings);
        // A statement that isn't run may name anything.
        if !matches!(leave, Leave::There)
            && let Some(why) = strays(text, found, surroundings)
        {
            return Err(why);
        }
        match leave {
            Leave::Run => {}
            Leave::There => blank(&mut text_here, 0..text.len()),
            Leave::Plain(span) => {
                blank(&mut text_here, span);
                self.has_plain_indexes = true;
            }
            Leave::Not(why) => return Err(why),
        }
        let calls = matches!(words.first(), Some(&("do" | "call" | "select" | "with" | "values" | "explain")));
        let names = if surroundings.hidden.is_empty() { None } else { defining(text, &words, found) };
        // The text between statements counts for the position of an error.
        let mut lead = sql[..statement.span.start].to_owned();
        let whole = 0..lead.len();
        blank(&mut lead, whole);
        let alters = words.first() == Some(&"alter");
        let part = ParsedStatement { sql: lead + &text_here, calls, alters, names };
        match self.pieces.last_mut() {
            Some(Piece::Statements(parts)) => parts.push(part),
            Some(Piece::Begin | Piece::Commit | Piece::Rollback | Piece::Savepoint(_)) | None => {
                self.pieces.push(Piece::Statements(vec![part]));
            }
        }
        Ok(())
    }
}

/// What becomes of a statement.
enum Leave {
    /// It is run as it is.
    Run,
    /// What it asks for already exists.
    There,
    /// It is run without this word.
    Plain(Range<usize>),
    Not(String),
}

fn may(text: &str, words: &[&str], found: &[Token], surroundings: &Surroundings) -> Leave {
    let not = |what: &str| Leave::Not(format!("{what} can't be tried inside of a schema"));
    match words {
        // An empty statement.
        [] if found.iter().all(|token| &text[token.span.clone()] == ";") => Leave::Run,
        ["create", "extension", ..] => {
            let skipped = ["create", "extension", "if", "not", "exists"];
            let name = found.iter().find(|token| !is_word(text, token, &skipped));
            let name = name.map(|token| unquoted(&text[token.span.clone()])).unwrap_or_default();
            if surroundings.extensions.contains(&name) {
                return Leave::There;
            }
            Leave::Not(format!("it wants the extension `{name}`, which the database doesn't have"))
        }
        ["alter" | "drop", "extension", ..] | ["comment", "on", "extension", ..] => not("a change of an extension"),
        ["create" | "alter" | "drop", rest @ ..] => {
            let rest = rest.strip_prefix(&["or", "replace"]).unwrap_or(rest);
            match rest.first() {
                Some(object) if GLOBAL.contains(object) => not(&format!("`{} {object}`", words[0])),
                _ => plainly(text, found),
            }
        }
        ["comment", "on", object, ..] if GLOBAL.contains(object) => not(&format!("a comment on a {object}")),
        ["set", "role" | "session", ..] | ["set", "local", "role" | "session", ..] | ["reset", "role" | "all", ..] => {
            not("a change of the role or the session")
        }
        ["grant" | "revoke", ..] => {
            let on = found.iter().position(|token| is_word(text, token, &["on"]));
            let object = on.and_then(|on| found.get(on + 1));
            match object {
                Some(object) if !is_word(text, object, &GLOBAL) => Leave::Run,
                Some(_) | None => not(&format!("`{}` on something that isn't in it", words[0])),
            }
        }
        ["refresh", ..] => Leave::Run,
        ["reindex", "schema" | "database" | "system", ..] => not("`reindex` of more than a table"),
        [first, ..] if PLAIN.contains(first) => plainly(text, found),
        [first, ..] => not(&format!("`{first}`")),
        [] if text.starts_with('(') => Leave::Run,
        [] => not("this"),
    }
}

/// Returns all names in a statement, except the one that it defines. Returns `None` unless the statement defines
/// something and runs nobody's code.
fn defining(text: &str, words: &[&str], found: &[Token]) -> Option<Vec<String>> {
    const DEFINED: [&str; 6] = ["table", "index", "type", "domain", "view", "function"];
    let (&first, rest) = words.split_first()?;
    let object = rest.iter().position(|word| DEFINED.contains(word))?;
    let given = match first {
        "create" => {
            let skipped = ["if", "not", "exists", "concurrently"];
            let after = found.iter().enumerate().skip(object + 2);
            after.into_iter().find(|(_, token)| !is_word(text, token, &skipped)).map(|(at, _)| at)
        }
        "alter" if rest[object] == "table" => None,
        _ => return None,
    };
    let mut names = Vec::new();
    for (at, token) in found.iter().enumerate() {
        if Some(at) != given {
            add_names(text, token, &mut names);
        }
    }
    let puts_together = names.iter().any(|name| name == "execute");
    (!puts_together).then_some(names)
}

fn add_names(text: &str, token: &Token, names: &mut Vec<String>) {
    let written = &text[token.span.clone()];
    match token.kind {
        Kind::Word | Kind::Quoted => names.push(unquoted(written)),
        Kind::Text => {
            let inner = inside(written);
            tokens(&inner).unwrap_or_default().iter().for_each(|token| add_names(&inner, token, names));
        }
        Kind::Number | Kind::Mark | Kind::Operator => {}
    }
}

/// Permits a statement without its CONCURRENTLY, which no transaction allows.
fn plainly(text: &str, found: &[Token]) -> Leave {
    let leading = found.iter().take(6);
    match leading.into_iter().find(|token| is_word(text, token, &["concurrently"])) {
        Some(token) => Leave::Plain(token.span.clone()),
        None => Leave::Run,
    }
}

/// Describes where a text leads out of the schema.
fn strays(text: &str, found: &[Token], surroundings: &Surroundings) -> Option<String> {
    // Only people read a comment's text.
    let is_comment = found.first().is_some_and(|token| is_word(text, token, &["comment"]));
    let is_code = found.iter().any(|token| is_word(text, token, &["execute"]));
    let is_foreign = |name: &str| surroundings.schemas.iter().any(|schema| schema == name);
    for (at, token) in found.iter().enumerate() {
        let written = &text[token.span.clone()];
        match token.kind {
            Kind::Word | Kind::Quoted => {
                let name = unquoted(written);
                if name == "search_path" {
                    return Some("it sets where names are looked for (`search_path`)".to_owned());
                }
                let qualifies = found.get(at + 1).is_some_and(|next| &text[next.span.clone()] == ".");
                let is_named = at > 0 && is_word(text, &found[at - 1], &["schema"]);
                if (qualifies || is_named) && is_foreign(&name) {
                    return Some(format!("it names the schema `{name}`"));
                }
            }
            Kind::Text if is_comment => {}
            Kind::Text => {
                let inner = inside(written);
                if inner == "search_path" {
                    return Some("it sets where names are looked for (`search_path`)".to_owned());
                }
                if is_code && is_foreign(&inner) {
                    return Some(format!("it puts statements together, and speaks of the schema `{inner}`"));
                }
                let stray = match tokens(&inner) {
                    Some(found) => strays(&inner, &found, surroundings),
                    None => surroundings
                        .schemas
                        .iter()
                        .find(|schema| inner.contains(&format!("{schema}.")))
                        .map(|schema| format!("it names the schema `{schema}`")),
                };
                if stray.is_some() {
                    return stray;
                }
            }
            Kind::Number | Kind::Mark | Kind::Operator => {}
        }
    }
    None
}

/// Returns the contents of a string of any kind.
fn inside(written: &str) -> String {
    let tag = written.strip_prefix('$').and_then(|rest| rest.find('$')).map(|end| end + 2);
    if let Some(body) = tag.and_then(|tag| written.get(tag..written.len().checked_sub(tag)?)) {
        return body.to_owned();
    }
    let body = written.split_once('\'').map_or("", |(_, body)| body);
    body.strip_suffix('\'').unwrap_or(body).replace("''", "'")
}

fn is_word(text: &str, token: &Token, words: &[&str]) -> bool {
    token.kind == Kind::Word && words.iter().any(|word| text[token.span.clone()].eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings() -> Surroundings {
        Surroundings {
            schemas: vec!["public".to_owned(), "Au dit".to_owned()],
            extensions: vec!["citext".to_owned()],
            ..Surroundings::default()
        }
    }

    fn said(sql: &str) -> String {
        match read(sql, &surroundings()) {
            Ok(script) => format!("{:?}", script.pieces),
            Err(why) => why,
        }
    }

    #[test]
    fn what_leads_outside_is_refused() {
        for (sql, why) in [
            ("DROP TABLE Public.users", "it names the schema `public`"),
            ("SELECT 1; ALTER TABLE t SET SCHEMA public", "it names the schema `public`"),
            ("SELECT nextval('\"Au dit\".s'::regclass)", "it names the schema `Au dit`"),
            ("DO $$ BEGIN EXECUTE 'DROP TABLE public.t'; END $$", "it names the schema `public`"),
            (
                "DO $$ BEGIN EXECUTE format('DROP TABLE %I.t', 'public'); END $$",
                "it puts statements together, and speaks of the schema `public`",
            ),
            ("SET search_path TO x", "it sets where names are looked for (`search_path`)"),
            ("SELECT set_config('search_path', 'x', false)", "it sets where names are looked for (`search_path`)"),
            (
                "CREATE EXTENSION IF NOT EXISTS \"hstore\"",
                "it wants the extension `hstore`, which the database doesn't have",
            ),
            ("CREATE SCHEMA public", "it names the schema `public`"),
            ("CREATE ROLE ann", "`create role` can't be tried inside of a schema"),
            ("CREATE SCHEMA audit", "`create schema` can't be tried inside of a schema"),
            ("ALTER DATABASE x SET a = b", "`alter database` can't be tried inside of a schema"),
            ("GRANT admin TO ann", "`grant` on something that isn't in it can't be tried inside of a schema"),
            ("VACUUM t", "`vacuum` can't be tried inside of a schema"),
            ("COMMIT PREPARED 'x'", "`commit` can't be tried inside of a schema"),
            ("SET SESSION AUTHORIZATION ann", "a change of the role or the session can't be tried inside of a schema"),
            ("SELECT 'open", "its text can't be read"),
        ] {
            assert_eq!(said(sql), why, "{sql}");
        }
    }

    #[test]
    fn what_stays_inside_is_run_as_it_is() {
        for sql in [
            "CREATE TABLE t (visibility text DEFAULT 'public', public int)",
            "SELECT t.public FROM t",
            "DO $$ BEGIN RAISE EXCEPTION 'stopped: % rows', 1; END $$",
            "GRANT SELECT ON t TO ann",
            "COMMENT ON TABLE t IS 'as public.t'",
            "ALTER TYPE mood ADD VALUE 'public'",
            "(SELECT 1)",
        ] {
            let calls = sql.starts_with("SELECT") || sql.starts_with("DO");
            let expected = [Piece::Statements(vec![ParsedStatement {
                sql: sql.to_owned(),
                calls,
                alters: sql.starts_with("ALTER"),
                names: None,
            }])];
            assert_eq!(said(sql), format!("{expected:?}"), "{sql}");
        }
    }

    #[test]
    fn words_that_no_transaction_allows_are_left_out() {
        let script = read("CREATE INDEX CONCURRENTLY i ON t (a);", &surroundings()).expect("stays inside");
        assert!(script.has_plain_indexes);
        let sql = "CREATE INDEX              i ON t (a);".to_owned();
        assert_eq!(script.pieces, [Piece::Statements(vec![ParsedStatement { sql, ..ParsedStatement::default() }])]);
        let nothing = Piece::Statements(vec![ParsedStatement { sql: " ".repeat(23), ..ParsedStatement::default() }]);
        assert_eq!(said("CREATE EXTENSION citext"), format!("{:?}", [nothing]));
    }

    #[test]
    fn transactions_are_told_apart() {
        let sql =
            |sql: &str| Piece::Statements(vec![ParsedStatement { sql: sql.to_owned(), ..ParsedStatement::default() }]);
        let script = read("BEGIN; CREATE TABLE t (); COMMIT;", &surroundings()).expect("stays inside");
        assert_eq!(script.pieces, [Piece::Begin, sql("       CREATE TABLE t ();"), Piece::Commit]);
        let script = read("SAVEPOINT a; ROLLBACK TO a; ROLLBACK", &surroundings()).expect("stays inside");
        let savepoint = |sql: &str| Piece::Savepoint(sql.to_owned());
        assert_eq!(script.pieces, [savepoint("SAVEPOINT a;"), savepoint("ROLLBACK TO a;"), Piece::Rollback]);
    }

    #[test]
    fn what_only_defines_may_look_for_what_extensions_brought() {
        let names = |sql: &str| {
            let surroundings = Surroundings { hidden: vec!["citext".to_owned()], ..surroundings() };
            let Ok(Script { pieces, .. }) = read(sql, &surroundings) else { panic!("{sql} stays inside") };
            let [Piece::Statements(parts)] = pieces.as_slice() else { panic!("{sql} is one piece") };
            parts.last().and_then(|part| part.names.clone())
        };
        let found = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            names("SELECT 1; CREATE TABLE IF NOT EXISTS t (a citext DEFAULT nextval('s'))"),
            found(&["create", "table", "if", "not", "exists", "a", "citext", "default", "nextval", "s"])
        );
        assert_eq!(names("CREATE UNIQUE INDEX ON t (a)"), found(&["create", "unique", "index", "t", "a"]));
        assert_eq!(names("ALTER TABLE t ADD a citext"), found(&["alter", "table", "t", "add", "a", "citext"]));
        assert_eq!(names("INSERT INTO t VALUES (f())"), None);
        assert_eq!(names("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE x; END $$"), None);
    }
}

//! Statements that a scratch database leaves out: they are about objects of the server, for which its role has no
//! rights, and they change no table.

use std::borrow::Cow;

use super::{statements, tokens, unquoted};
use crate::sql::{Token, blank};

/// Blanks out statements that create event triggers, change an owner, or create, alter or drop one of these
/// extensions, which exist already. Everything else keeps its position.
pub(crate) fn without_server_objects<'a>(sql: &'a str, extensions: &[String]) -> Cow<'a, str> {
    let mut left = Cow::Borrowed(sql);
    for statement in statements(sql).into_iter().rev() {
        let text = &sql[statement.span.clone()];
        let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
        if is_left_out(text, &words, extensions) {
            blank(left.to_mut(), statement.span);
        }
    }
    left
}

fn is_left_out(text: &str, words: &[&str], extensions: &[String]) -> bool {
    match words {
        ["create" | "alter" | "drop", "event", "trigger", ..] => true,
        ["comment", "on", "extension", ..] | ["comment", "on", "event", "trigger", ..] => true,
        ["create" | "alter", "extension", ..] => {
            let name = names(text, 2, &["if", "not", "exists"]).into_iter().next();
            name.is_some_and(|name| extensions.contains(&name))
        }
        ["drop", "extension", ..] => {
            let names = names(text, 2, &["if", "exists", "cascade", "restrict"]);
            !names.is_empty() && names.iter().all(|name| extensions.contains(name))
        }
        ["alter", ..] => gives_away(text),
        _ => false,
    }
}

/// Returns the names in a statement after its first `after` words, without those in `without`.
fn names(text: &str, after: usize, without: &[&str]) -> Vec<String> {
    let found = tokens(text).unwrap_or_default();
    let names = found.iter().skip(after).filter(|token| token.kind.is_name());
    let names = names.map(|token| unquoted(&text[token.span.clone()]));
    names.filter(|name| !without.contains(&name.as_str())).collect()
}

/// Checks whether a statement only gives something to a role.
fn gives_away(text: &str) -> bool {
    let mut found = tokens(text).unwrap_or_default();
    let written = |token: &Token| text[token.span.clone()].to_ascii_lowercase();
    found.pop_if(|last| written(last) == ";");
    let mut depth = 0_usize;
    for token in &found {
        match written(token).as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => return false,
            // What is renamed may be called `owner`.
            "rename" => return false,
            _ => {}
        }
    }
    match found.as_slice() {
        [.., owner, to, _] => written(owner) == "owner" && written(to) == "to",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_server_is_left_out() {
        let listed = ["postgis".to_owned(), "My Ext".to_owned()];
        for sql in [
            "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();",
            "CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA gis;",
            "DROP EXTENSION postgis, \"My Ext\" CASCADE;",
            "COMMENT ON EXTENSION plpgsql IS 'x';",
            "ALTER TABLE ONLY public.\"T\" OWNER TO app",
            "ALTER FUNCTION public.f(integer, text) OWNER TO CURRENT_USER;",
        ] {
            assert_eq!(without_server_objects(sql, &listed).trim(), "", "{sql}");
        }
        for sql in [
            "CREATE EXTENSION citext;",
            "DROP EXTENSION postgis, citext;",
            "ALTER TABLE t ADD a int, OWNER TO app;",
            "ALTER TABLE t RENAME owner TO holder;",
            "CREATE TRIGGER event BEFORE INSERT ON t EXECUTE FUNCTION f();",
        ] {
            assert_eq!(without_server_objects(sql, &listed), sql);
        }
        let both = "SELECT 1;\nALTER TABLE t OWNER TO x;\nSELECT 2;";
        assert_eq!(without_server_objects(both, &[]), "SELECT 1;\n                         \nSELECT 2;");
    }
}

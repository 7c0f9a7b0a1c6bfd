//! Where a script's names without a schema go: it may set its own search path.

use super::unquoted;
use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::Kind;

/// The schema that new objects without one go to, where a script has named another one than its session has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptPath {
    first: Option<String>,
}

impl ScriptPath {
    /// Notes what a statement does to the path, as far as its text tells. Code inside the database isn't read.
    pub fn follow(&mut self, statement: &str) {
        let Some(tokens) = Dialect::Postgres.tokens(statement) else { return };
        let texts: Vec<(Kind, &str)> =
            tokens.iter().map(|token| (token.kind, &statement[token.span.clone()])).collect();
        let words: Vec<String> = texts.iter().map(|(_, text)| text.to_ascii_lowercase()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let stated = match words.as_slice() {
            ["reset", "search_path" | "all", ..] | ["discard", "all", ..] => {
                self.first = None;
                return;
            }
            ["set", "session" | "local", "search_path", "to" | "=", ..] => 4,
            ["set", "search_path", "to" | "=", ..] => 3,
            ["set", "session" | "local", "schema", ..] => 3,
            ["set", "schema", ..] => 2,
            ["select", "set_config", "(", "'search_path'", ",", ..] => 5,
            ["select", "pg_catalog", ".", "set_config", "(", "'search_path'", ",", ..] => 7,
            _ => return,
        };
        // A function's other arguments are no part of the list.
        let until = if words[0] == "select" { stated + 1 } else { texts.len() };
        let listed = texts[..until.min(texts.len())].iter().skip(stated);
        let listed = listed.filter(|(kind, _)| !kind.is_sign());
        let names = listed.flat_map(|(kind, text)| match kind {
            // A setting is a list as a text.
            Kind::Text if words[0] == "select" => text.trim_matches('\'').split(',').map(name).collect(),
            Kind::Text => vec![text.trim_matches('\'').replace("''", "'")],
            Kind::Word | Kind::Quoted | Kind::Number | Kind::Mark | Kind::Operator => vec![name(text)],
        });
        self.first = names.into_iter().find(|name| !name.is_empty() && name != "$user" && name != "default");
    }

    /// Returns the name of a new object with the schema that it goes to.
    pub fn qualified(&self, name: TableName) -> TableName {
        TableName { schema: name.schema.or_else(|| self.first.clone()), ..name }
    }
}

fn name(text: &str) -> String {
    unquoted(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_where_its_names_go() {
        for (sql, expected) in [
            ("SET search_path = p, public", Some("p")),
            ("set local search_path to \"P q\"", Some("P q")),
            ("SET SESSION search_path TO '$user', 'p'", Some("p")),
            ("SET search_path TO DEFAULT", None),
            ("SET SCHEMA 'p'", Some("p")),
            ("SELECT pg_catalog.set_config('search_path', '\"$user\", p, public', false)", Some("p")),
            ("SELECT set_config('search_path', '', true)", None),
            ("SELECT set_config('work_mem', '1', true)", None),
            ("SET work_mem = 1", None),
        ] {
            let mut path = ScriptPath::default();
            path.follow(sql);
            assert_eq!(path.first.as_deref(), expected, "{sql}");
        }
        let mut path = ScriptPath::default();
        path.follow("SET search_path = p");
        path.follow("SELECT 1");
        assert_eq!(path.qualified(TableName::new("t")), TableName::in_schema("p", "t"));
        assert_eq!(path.qualified(TableName::in_schema("q", "t")), TableName::in_schema("q", "t"));
        path.follow("RESET search_path");
        assert_eq!(path.qualified(TableName::new("t")), TableName::new("t"));
    }
}

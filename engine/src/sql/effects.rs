//! What a statement does, as far as its text tells: what it makes, drops and changes, and what kind of statement
//! it is.
//!
//! Code inside the database (functions, blocks, what a trigger does) isn't read.

use super::postgres::ScriptPath;
use super::reader::TokenReader;
use super::{Kind, Statement};
use crate::dialect::Dialect;
use crate::model::TableName;

/// The kinds of objects that a script may name and own: tables, views and types, which share their names.
const RELATIONS: [&str; 5] = ["table", "view", "type", "domain", "sequence"];

/// What a statement does to the transaction or the savepoint that it runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// Begins a transaction.
    Begins,
    /// Sets a savepoint.
    Saves,
    /// Gives a savepoint up.
    Releases,
    /// Goes back to a savepoint.
    Returns,
    /// Ends the transaction, and keeps what it did.
    Commits,
    /// Ends the transaction, and takes back what it did.
    RollsBack,
    /// Prepares the transaction for a later commit, or ends a prepared one.
    Prepares,
}

impl Statement {
    /// Returns the statement's first words, in lower case.
    pub fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    /// Returns the statement's first word, in lower case. Returns an empty text if it doesn't begin with a
    /// word.
    pub fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// Returns what the statement does to the transaction that it runs in. Most do nothing.
    pub fn frame(&self) -> Option<Frame> {
        match self.words().as_slice() {
            ["commit" | "rollback", "prepared", ..] | ["prepare", "transaction", ..] => Some(Frame::Prepares),
            // MariaDB has blocks that begin with these words.
            ["begin", "not", ..] => None,
            ["begin", ..] | ["start", "transaction", ..] => Some(Frame::Begins),
            ["savepoint", ..] => Some(Frame::Saves),
            ["release", ..] => Some(Frame::Releases),
            ["commit" | "end", ..] => Some(Frame::Commits),
            ["rollback", rest @ ..] if rest.contains(&"to") => Some(Frame::Returns),
            ["rollback" | "abort", ..] => Some(Frame::RollsBack),
            _ => None,
        }
    }

    /// Returns `true` if the statement ends the transaction that it runs in.
    pub fn ends_transaction(&self) -> bool {
        match self.frame() {
            Some(Frame::Commits | Frame::RollsBack | Frame::Prepares) => true,
            Some(Frame::Begins | Frame::Saves | Frame::Releases | Frame::Returns) | None => false,
        }
    }

    /// Returns `true` if the statement can't run on SQLite in a transaction that somebody else has opened.
    pub fn wants_no_transaction(&self) -> bool {
        self.ends_transaction() || self.frame() == Some(Frame::Begins) || self.first() == "vacuum"
    }

    /// Returns `true` if the statement leaves nothing behind outside its session: a query, a setting, a
    /// temporary table. On SQLite and PostgreSQL a query may write, so only settings count there.
    pub fn is_of_session(&self, dialect: Dialect) -> bool {
        match (dialect, self.words().as_slice()) {
            (Dialect::Sqlite, ["pragma" | "attach", ..]) => true,
            (Dialect::Postgres, ["set" | "reset", ..]) => true,
            (Dialect::Mysql, ["select" | "set" | "do" | "use", ..] | ["create" | "drop", "temporary", ..]) => true,
            (Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql, _) => false,
        }
    }

    /// Returns `true` if the statement writes rows or may write some, as one that begins with a named query
    /// may.
    pub fn writes_rows(&self) -> bool {
        matches!(self.first(), "insert" | "update" | "delete" | "replace" | "merge" | "with")
    }

    /// Returns `true` if the statement makes a table for its session alone.
    pub fn makes_temporary(&self) -> bool {
        self.first() == "create" && self.words.iter().any(|word| word == "temporary" || word == "temp")
    }
}

/// Returns the tables, views and types that a script leaves behind under names that it gave them, in order.
/// What code inside the database makes, and what vanishes with the connection, isn't among them.
pub fn makes(dialect: Dialect, sql: &str) -> Vec<TableName> {
    let mut made: Vec<TableName> = Vec::new();
    for naming in namings(dialect, sql) {
        match naming {
            Naming::Makes { name, lasts: true } => made.push(name),
            Naming::Drops(gone) => made.retain(|name| *name != gone),
            Naming::Renames { old, new } => {
                made.retain(|name| *name != old);
                made.push(new);
            }
            Naming::Makes { lasts: false, .. } => {}
        }
    }
    made
}

/// Returns everything that a script gives a name to, temporarily or for good.
pub fn names(dialect: Dialect, sql: &str) -> Vec<TableName> {
    let named = namings(dialect, sql).into_iter().filter_map(|naming| match naming {
        Naming::Makes { name, .. } | Naming::Renames { new: name, .. } => Some(name),
        Naming::Drops(_) => None,
    });
    named.collect()
}

/// Returns the names that a script removes, by dropping or by renaming.
pub fn drops(dialect: Dialect, sql: &str) -> Vec<TableName> {
    let gone = namings(dialect, sql).into_iter().filter_map(|naming| match naming {
        Naming::Drops(gone) | Naming::Renames { old: gone, .. } => Some(gone),
        Naming::Makes { .. } => None,
    });
    gone.collect()
}

/// Returns `true` if the text of a script tells what it makes. Code inside the database may make anything.
pub fn tells_all(dialect: Dialect, sql: &str) -> bool {
    const PLAIN: [&str; 27] = [
        "alter",
        "analyze",
        "begin",
        "comment",
        "commit",
        "create",
        "delete",
        "drop",
        "end",
        "grant",
        "insert",
        "lock",
        "pragma",
        "reindex",
        "release",
        "rename",
        "replace",
        "revoke",
        "rollback",
        "savepoint",
        "set",
        "start",
        "truncate",
        "unlock",
        "update",
        "use",
        "vacuum",
    ];
    let statements = dialect.statements(sql);
    statements.iter().all(|statement| statement.words.first().is_some_and(|word| PLAIN.contains(&word.as_str())))
}

/// What a statement does to a name.
pub enum Naming {
    Makes { name: TableName, lasts: bool },
    Drops(TableName),
    Renames { old: TableName, new: TableName },
}

/// Returns the names that a script gives and removes, with the schemas that its search path gives them.
pub fn namings(dialect: Dialect, sql: &str) -> Vec<Naming> {
    let mut path = ScriptPath::default();
    let mut namings = Vec::new();
    for statement in dialect.statements(sql) {
        let text = &sql[statement.span];
        if dialect == Dialect::Postgres {
            path.follow(text);
        }
        for naming in naming(dialect, text) {
            let (gone, naming) = match naming {
                Naming::Makes { name, lasts: true } => {
                    (None, Naming::Makes { name: path.qualified(name), lasts: true })
                }
                Naming::Makes { name, lasts: false } => (None, Naming::Makes { name, lasts: false }),
                // What goes may stand in a later schema of the path as well.
                Naming::Drops(gone) => (Some(gone.clone()), Naming::Drops(path.qualified(gone))),
                Naming::Renames { old, new } => {
                    (Some(old.clone()), Naming::Renames { old: path.qualified(old), new: path.qualified(new) })
                }
            };
            let gone = gone.filter(|gone| path.qualified(gone.clone()) != *gone);
            namings.extend(gone.map(Naming::Drops).into_iter().chain([naming]));
        }
    }
    namings
}

/// Returns the names that a statement gives and removes.
pub fn naming(dialect: Dialect, text: &str) -> Vec<Naming> {
    let Some(tokens) = dialect.tokens(text) else { return Vec::new() };
    let mut words = TokenReader { dialect, text, tokens: &tokens };
    if words.take(&["create"]) {
        return words.made().into_iter().collect();
    }
    if words.take(&["drop"]) {
        while words.take(&["materialized", "foreign"]) {}
        if !(words.take(&RELATIONS) || words.take(&["tables"])) {
            return Vec::new();
        }
        while words.take(&["if", "exists"]) {}
        return words.list(|words| words.name().map(Naming::Drops));
    }
    if words.take(&["rename"]) {
        if !words.take(&["table", "tables"]) {
            return Vec::new();
        }
        while words.take(&["if", "exists"]) {}
        return words.list(|words| {
            let old = words.name()?;
            while words.take(&["wait", "nowait"]) || words.take_number() {}
            words.take(&["to"]).then(|| words.name())?.map(|new| Naming::Renames { old, new })
        });
    }
    if !words.take(&["alter"]) {
        return Vec::new();
    }
    while words.take(&["materialized", "foreign", "online", "ignore"]) {}
    if !words.take(&RELATIONS) {
        return Vec::new();
    }
    words.renamed().into_iter().collect()
}

impl TokenReader<'_> {
    /// Reads what `CREATE` makes, after that word.
    fn made(&mut self) -> Option<Naming> {
        let mut lasts = true;
        loop {
            if self.take(&["temp", "temporary"]) {
                lasts = false;
            } else if !self.take(&["or", "replace", "unlogged", "virtual", "materialized", "foreign", "recursive"]) {
                break;
            }
        }
        if !self.take(&RELATIONS) {
            return None;
        }
        while self.take(&["if", "not", "exists"]) {}
        self.name().map(|name| Naming::Makes { name, lasts })
    }

    /// Reads the new name that `ALTER TABLE` gives, after these words.
    fn renamed(&mut self) -> Option<Naming> {
        while self.take(&["if", "exists", "only"]) {}
        let old = self.name()?;
        let is_mysql = self.dialect == Dialect::Mysql;
        if is_mysql {
            // Anywhere among its changes.
            while !self.here(&["rename"]) || self.follows(&["column", "index", "key"]) {
                self.tokens = self.tokens.get(1..).filter(|rest| !rest.is_empty())?;
            }
        }
        if !(self.take(&["rename"]) && (self.take(&["to"]) || is_mysql)) {
            return None;
        }
        self.take(&["as"]);
        let new = self.name()?;
        let new = TableName { schema: new.schema.or_else(|| old.schema.clone()), ..new };
        Some(Naming::Renames { old, new })
    }

    /// Reads a comma-separated list. `one` reads each item.
    fn list(&mut self, one: impl Fn(&mut Self) -> Option<Naming>) -> Vec<Naming> {
        let mut found = Vec::new();
        loop {
            found.extend(one(self));
            if !self.take_mark(",") {
                return found;
            }
        }
    }
}

/// Returns the index that a statement builds concurrently, and its table.
pub fn builds_concurrently(dialect: Dialect, statement: &str) -> Option<(String, TableName)> {
    let tokens = dialect.tokens(statement)?;
    let mut words = TokenReader { dialect, text: statement, tokens: &tokens };
    let mut takes = |expected: &[&str]| words.take(expected);
    if !takes(&["create"]) {
        return None;
    }
    takes(&["unique"]);
    if !(takes(&["index"]) && takes(&["concurrently"])) {
        return None;
    }
    while takes(&["if", "not", "exists"]) {}
    let index = words.identifier()?;
    if !words.take(&["on"]) {
        return None;
    }
    words.take(&["only"]);
    Some((index, words.name()?))
}

/// What a statement does to an existing table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// Changes its definition: its columns, rules, indexes or triggers.
    Alters,
    /// Drops it.
    Drops,
    /// Changes its rows.
    Writes,
}

/// Returns the tables that a statement changes, as far as its text tells. Code inside the database
/// (functions, blocks, what a trigger does) isn't read.
pub fn touches(dialect: Dialect, statement: &str) -> Vec<(Touch, TableName)> {
    let tokens = dialect.tokens(statement).unwrap_or_default();
    let mut words = TokenReader { dialect, text: statement, tokens: &tokens };
    let touch = if words.take(&["create"]) {
        while words.take(&["or", "replace", "temp", "temporary", "constraint", "unique", "fulltext", "spatial"]) {}
        // The names of an index and a trigger come before the table's.
        (words.take(&["index", "trigger"]) && words.go_past("on")).then_some(Touch::Alters)
    } else if words.take(&["alter", "rename"]) {
        words.take(&RELATIONS).then_some(Touch::Alters)
    } else if words.take(&["drop"]) {
        match words.take(&RELATIONS) {
            true => Some(Touch::Drops),
            // Only MariaDB and MySQL name the table of a dropped index.
            false => (words.take(&["index"]) && words.go_past("on")).then_some(Touch::Alters),
        }
    } else if words.take(&["truncate"]) {
        words.take(&["table"]);
        Some(Touch::Writes)
    } else if words.take(&["with"]) {
        return words.written_within();
    } else {
        words.writes().then_some(Touch::Writes)
    };
    let Some(touch) = touch else { return Vec::new() };
    let mut touched = Vec::new();
    loop {
        while words.take(&["if", "exists", "only"]) {}
        touched.extend(words.name().map(|table| (touch, table)));
        let lists = touch == Touch::Drops || touch == Touch::Writes;
        if !(lists && words.take_mark(",")) {
            return touched;
        }
    }
}

/// Returns the tables that a statement makes, drops, renames or alters.
pub fn concerns(dialect: Dialect, statement: &str) -> Vec<TableName> {
    let mut tables: Vec<_> = touches(dialect, statement).into_iter().map(|(_, table)| table).collect();
    tables.extend(naming(dialect, statement).into_iter().filter_map(|naming| match naming {
        Naming::Makes { name, .. } | Naming::Renames { new: name, .. } => Some(name),
        Naming::Drops(_) => None,
    }));
    tables
}

impl TokenReader<'_> {
    /// Moves past the beginning of a statement that writes rows, if it is one.
    fn writes(&mut self) -> bool {
        let conflict = ["or", "abort", "fail", "ignore", "replace", "rollback", "low_priority", "delayed"];
        if self.take(&["insert", "replace", "merge"]) {
            while self.take(&conflict) {}
            return self.take(&["into"]);
        }
        if self.take(&["delete"]) {
            while self.take(&conflict) {}
            return self.take(&["from"]);
        }
        let updates = self.take(&["update"]);
        while updates && self.take(&conflict) {}
        updates
    }

    /// Returns what a statement that begins with queries writes to.
    fn written_within(&mut self) -> Vec<(Touch, TableName)> {
        let mut touched = Vec::new();
        while let Some((_, rest)) = self.tokens.split_first() {
            let mut here = TokenReader { tokens: self.tokens, ..*self };
            let is_update =
                here.tokens.first().is_some_and(|token| self.text[token.span.clone()].eq_ignore_ascii_case("update"));
            if here.writes() {
                while here.take(&["only"]) {}
                let table = here.name();
                // `FOR UPDATE` and `DO UPDATE SET` name no table.
                let names_one = !is_update
                    || here
                        .tokens
                        .iter()
                        .take(3)
                        .any(|token| self.text[token.span.clone()].eq_ignore_ascii_case("set"));
                touched.extend(table.filter(|_| names_one).map(|table| (Touch::Writes, table)));
            }
            self.tokens = rest;
        }
        touched
    }
}

/// Returns the words between a trigger's name and its table's, which say when it fires and for what. Quoted
/// names are left empty.
pub fn trigger_head(dialect: Dialect, sql: &str) -> Vec<String> {
    let tokens = dialect.tokens(sql).unwrap_or_default();
    let words = tokens.iter().map(|token| match token.kind {
        Kind::Word => sql[token.span.clone()].to_ascii_lowercase(),
        Kind::Quoted | Kind::Text | Kind::Number | Kind::Mark | Kind::Operator => String::new(),
    });
    let after_name = words.skip_while(|word| word != "trigger").skip(1);
    let after_name = after_name.skip_while(|word| matches!(word.as_str(), "if" | "not" | "exists")).skip(1);
    after_name.take_while(|word| word != "on").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(dialect: Dialect, sql: &str) -> String {
        makes(dialect, sql).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_what_they_end_as() {
        let sql = "CREATE TABLE IF NOT EXISTS a (b); create view [v w] AS SELECT 1; CREATE TEMP TABLE gone (a);\n\
                   CREATE TABLE \"autogen_new_c\" (d); DROP TABLE c; ALTER TABLE \"autogen_new_c\" RENAME TO `c`;\n\
                   CREATE TABLE brief (a); DROP TABLE IF EXISTS brief; ALTER TABLE x ADD COLUMN y; CREATE INDEX i ON a (b);";
        assert_eq!(made(Dialect::Sqlite, sql), "a v w c");
        let sql = "CREATE UNLOGGED TABLE Audit.\"Log\" (); ALTER TABLE ONLY audit.\"Log\" RENAME TO entries; \
                   CREATE MATERIALIZED VIEW m AS SELECT 1; CREATE FUNCTION f() RETURNS int AS $$ CREATE TABLE no () $$;";
        assert_eq!(made(Dialect::Postgres, sql), "audit.entries m");
        let sql = "CREATE TYPE core.state AS ENUM ('a'); CREATE TYPE brief AS ENUM ('b'); DROP TYPE brief; \
                   ALTER TYPE state RENAME TO old; CREATE DOMAIN d AS int;";
        assert_eq!(made(Dialect::Postgres, sql), "core.state old d");
        let sql = "SET search_path = p; CREATE TABLE a (); CREATE TABLE public.b (); CREATE TEMP TABLE t (); \
                   CREATE TABLE c (); DROP TABLE c; RESET search_path; CREATE TABLE d ()";
        assert_eq!(made(Dialect::Postgres, sql), "p.a public.b d");
        assert_eq!(made(Dialect::Mysql, "CREATE TABLE a (b int); RENAME TABLE a TO c"), "c");
        assert_eq!(made(Dialect::Sqlite, "CREATE TABLE 'open"), "");
    }

    #[test]
    fn names_that_do_not_last_are_names_too() {
        let sql = "CREATE TEMP TABLE gone (a); CREATE TABLE \"autogen_new_c\" (d); ALTER TABLE \"autogen_new_c\" RENAME TO c; \
                   DROP TABLE c; CREATE INDEX i ON x (y);";
        let named: Vec<_> = names(Dialect::Sqlite, sql).iter().map(ToString::to_string).collect();
        assert_eq!(named, ["gone", "autogen_new_c", "c"]);
    }

    #[test]
    fn code_inside_the_database_may_make_anything() {
        for (sql, tells) in
            [("CREATE TABLE a ();", true), ("SELECT make_tables();", false), ("DO $$ BEGIN END $$", false)]
        {
            assert_eq!(tells_all(Dialect::Postgres, sql), tells, "{sql}");
        }
    }

    fn touched(dialect: Dialect, sql: &str) -> String {
        let touched = touches(dialect, sql).into_iter().map(|(touch, table)| format!("{touch:?} {table}"));
        touched.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_statement_says_which_tables_it_changes() {
        for (sql, expected) in [
            ("ALTER TABLE IF EXISTS ONLY core.\"Assets\" ADD x int", "Alters core.Assets"),
            ("DROP TABLE IF EXISTS a, \"b c\" CASCADE", "Drops a, Drops b c"),
            ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"on\" ON a (b)", "Alters a"),
            ("CREATE TRIGGER t AFTER UPDATE OF b ON a FOR EACH ROW EXECUTE FUNCTION f()", "Alters a"),
            ("INSERT INTO a (b) SELECT c FROM d ON CONFLICT DO UPDATE SET b = 1", "Writes a"),
            ("UPDATE ONLY a SET b = 1", "Writes a"),
            ("DELETE FROM a USING d", "Writes a"),
            ("TRUNCATE a, d", "Writes a, Writes d"),
            (
                "WITH x AS (DELETE FROM a RETURNING *), y AS (SELECT 1 FROM z FOR UPDATE) UPDATE b SET c = 1",
                "Writes a, Writes b",
            ),
            ("SELECT * FROM a FOR UPDATE", ""),
            ("CREATE TABLE a (b int REFERENCES c ON DELETE CASCADE)", ""),
            ("ALTER TYPE core.state ADD VALUE 'x'", "Alters core.state"),
            ("DROP INDEX i", ""),
        ] {
            assert_eq!(touched(Dialect::Postgres, sql), expected, "{sql}");
        }
        assert_eq!(touched(Dialect::Sqlite, "INSERT OR IGNORE INTO [a b] VALUES (1)"), "Writes a b");
        assert_eq!(touched(Dialect::Mysql, "RENAME TABLE `a` TO b"), "Alters a");
        assert_eq!(touched(Dialect::Mysql, "DROP INDEX i ON a"), "Alters a");
        assert_eq!(touched(Dialect::Mysql, "REPLACE INTO a VALUES (1)"), "Writes a");
    }
}

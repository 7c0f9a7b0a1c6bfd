//! Writes statements for the databases' own clients: psql, sqlite3, and mariadb or mysql.
//!
//! A client reads a script before its server does, and has commands of its own: `\!` runs a program, `.read`
//! another script. A revision must have the same effect through a client as on the server. So text that the
//! client would take for its own is written in another way or refused.

use super::{Kind, Token};
use crate::dialect::Dialect;

/// Writes a statement for a script, with its terminator.
///
/// # Errors
/// Says what in it the client would read as its own.
pub fn spelled(statement: &str, dialect: Dialect, is_trusted: bool) -> Result<String, String> {
    let statement = statement.trim_end().trim_end_matches(';').trim_end();
    let Some(tokens) = dialect.tokens(statement) else {
        return Err("a quote or comment in it doesn't end, and the client would go on reading".to_owned());
    };
    match dialect {
        Dialect::Sqlite => for_sqlite3(statement, &tokens),
        Dialect::Postgres => for_psql(statement, &tokens, is_trusted),
        Dialect::Mysql => for_mariadb(statement, &tokens),
    }
}

/// Quotes code for PostgreSQL, with dollar quotes that don't occur in it.
pub fn dollars(code: &str) -> String {
    let mut tag = "$autogen$".to_owned();
    while code.contains(&tag) {
        tag.insert(1, 'a');
    }
    format!("{tag}{code}{tag}")
}

/// Writes a statement for psql, which reads `\` and `:variable` as its own everywhere but between dollar
/// quotes.
fn for_psql(statement: &str, tokens: &[Token], is_trusted: bool) -> Result<String, String> {
    let mut plain = tokens.iter().filter(|token| token.kind != Kind::Text && token.kind != Kind::Quoted);
    let is_psqls = |token: &Token| {
        let text = statement[token.span.clone()].replace("::", "").replace(":=", "");
        text.contains('\\') || text.contains(':')
    };
    let words: Vec<String> = tokens.iter().map(|token| statement[token.span.clone()].to_ascii_lowercase()).collect();
    let copies = words.first().is_some_and(|first| first == "copy");
    if copies && words.iter().any(|word| word == "stdin" || word == "stdout") {
        return Err("psql would take what follows for the rows of this COPY".to_owned());
    }
    // Whether a backslash escapes a quote is a setting, which an untrusted plugin may have changed.
    if plain.any(is_psqls) || (!is_trusted && statement.contains('\\')) {
        let execute = format!(" BEGIN EXECUTE {}; END ", dollars(statement));
        return Ok(format!("DO {};", dollars(&execute)));
    }
    Ok(format!("{statement};"))
}

/// Writes a statement for sqlite3. Between statements, a line that begins with `.` or `#` is the client's
/// own. Within a statement, a line of `/` or `go` ends it.
fn for_sqlite3(statement: &str, tokens: &[Token]) -> Result<String, String> {
    let ends = |line: &str| {
        let line = line.trim();
        let rest = line
            .strip_prefix('/')
            .or_else(|| line.get(..2).filter(|go| go.eq_ignore_ascii_case("go")).map(|_| &line[2..]));
        rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_'))
    };
    let is_sqlite3s = |line: &str| line.starts_with(['.', '#']) || ends(line);
    if !statement.lines().any(is_sqlite3s) {
        return Ok(format!("{statement};"));
    }
    let words: Vec<&str> = tokens.iter().map(|token| &statement[token.span.clone()]).collect();
    let line = words.join(" ");
    match line.starts_with(['.', '#']) {
        true => Err("sqlite3 would take it for a command of its own".to_owned()),
        false => Ok(format!("{line};")),
    }
}

/// Commands of the client that aren't statements.
const COMMANDS: [&str; 22] = [
    "charset",
    "clear",
    "connect",
    "delimiter",
    "edit",
    "ego",
    "exit",
    "go",
    "help",
    "nopager",
    "notee",
    "nowarning",
    "pager",
    "print",
    "prompt",
    "quit",
    "rehash",
    "source",
    "status",
    "system",
    "tee",
    "warnings",
];

fn for_mariadb(statement: &str, tokens: &[Token]) -> Result<String, String> {
    let is_command =
        |token: &Token| COMMANDS.iter().any(|command| statement[token.span.clone()].eq_ignore_ascii_case(command));
    let mut plain = tokens.iter().filter(|token| token.kind != Kind::Text && token.kind != Kind::Quoted);
    if tokens.first().is_some_and(is_command) || plain.any(|token| statement[token.span.clone()].contains('\\')) {
        return Err("the client would take it for a command of its own".to_owned());
    }
    // Otherwise the client would cut at the first `;`.
    if !statement.contains(';') {
        return Ok(format!("{statement};"));
    }
    let is_free = |delimiter: &&str| !statement.contains(*delimiter);
    let Some(delimiter) = ["//", "$$", ";;", "//autogen//"].into_iter().find(is_free) else {
        return Err("the client would cut it at every delimiter there is".to_owned());
    };
    Ok(format!("DELIMITER {delimiter}\n{statement}\n{delimiter}\nDELIMITER ;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psql_reads_nothing_of_its_own() {
        let of = |sql| spelled(sql, Dialect::Postgres, false);
        assert_eq!(of("SELECT a::text FROM b WHERE c = ':x';").as_deref(), Ok("SELECT a::text FROM b WHERE c = ':x';"));
        assert_eq!(
            of("SELECT a[1:n]").as_deref(),
            Ok("DO $aautogen$ BEGIN EXECUTE $autogen$SELECT a[1:n]$autogen$; END $aautogen$;")
        );
        assert!(of("SELECT 1 \\! id").is_ok_and(|text| text.starts_with("DO ")));
        assert!(of("SELECT '\\'").is_ok_and(|text| text.starts_with("DO ")));
        assert!(of("COPY a FROM STDIN").is_err() && of("SELECT 'open").is_err());
        assert_eq!(spelled("SELECT '\\'", Dialect::Postgres, true).as_deref(), Ok("SELECT '\\';"));
    }

    #[test]
    fn sqlite3_finds_no_command() {
        let of = |sql| spelled(sql, Dialect::Sqlite, false);
        assert_eq!(of("SELECT 'a\n.b'\n;").as_deref(), Ok("SELECT 'a\n.b';"));
        assert!(of("SELECT 1\n.a -- b\n").is_ok_and(|text| !text.contains('\n')));
        assert!(of(".shell id").is_err() && of("#x").is_err());
        assert!(of("CREATE TABLE a AS SELECT 1\ngo\n.shell id").is_ok_and(|text| !text.contains('\n')));
    }

    #[test]
    fn mariadb_finds_no_command() {
        let of = |sql| spelled(sql, Dialect::Mysql, false);
        assert_eq!(of("SELECT '\\\\! id'").as_deref(), Ok("SELECT '\\\\! id';"));
        assert!(of("SELECT 1 \\! id").is_err() && of("source x").is_err() && of("system id").is_err());
        assert!(of("CREATE TRIGGER t BEGIN a; END").is_ok_and(|text| text.starts_with("DELIMITER //\n")));
    }
}

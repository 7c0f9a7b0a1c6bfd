//! What `pg_dump` says of a schema, object by object, in an order that no history shows in.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use autogen_test_servers::postgres_program;
use diesel::QueryResult;

/// The schema of the database at `url`: objects in the order of their texts.
pub(super) fn schema(url: &str) -> QueryResult<String> {
    let output = Command::new(program())
        .args(["--schema-only", "--no-owner", "--dbname", url])
        .args([
            "--exclude-table=*.__diesel_schema_migrations",
            "--exclude-table=*.__autogen_ledger",
            "--exclude-table=*.__autogen_lock",
        ])
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(objects(&String::from_utf8_lossy(&output.stdout)))
}

fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| postgres_program("pg_dump").expect("the server's own programs are here"))
}

fn failed(said: String) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(said.into())
}

/// The statements of a dump, without its settings. Each object stands below a comment with its name.
fn objects(dump: &str) -> String {
    let mut objects: Vec<String> = dump.split("\n--\n-- Name: ").skip(1).map(object).collect();
    objects.sort();
    objects.concat()
}

fn object(text: &str) -> String {
    // Below the last one stands the end of the dump.
    let text = text.split("\n--\n-- PostgreSQL database dump complete").next().unwrap_or(text);
    let is_said =
        |line: &&str| !line.is_empty() && !line.starts_with("SET default_table") && !line.starts_with("\\unrestrict");
    // The rest of the comment's line, and the comment's end.
    let lines: Vec<&str> = text.lines().skip(2).filter(is_said).collect();
    let head = lines.iter().position(|line| line.starts_with("CREATE TABLE") && line.ends_with('('));
    let Some((first, body)) = head.map(|head| (head, lines.iter().skip(head + 1).take_while(|line| **line != ");")))
    else {
        return format!("{}\n", options_in_order(&lines.join("\n")));
    };
    // Columns that came back stand at the end; nobody minds.
    let mut body: Vec<&str> = body.map(|line| line.strip_suffix(',').unwrap_or(line)).collect();
    let rest = &lines[first + 1 + body.len()..];
    body.sort_unstable();
    format!("{}\n", [&lines[..=first], &body, rest].concat().join("\n"))
}

/// An index's parameters in the order of their names, and truth in one word: the server keeps what was typed.
fn options_in_order(object: &str) -> String {
    let is_index = object.starts_with("CREATE INDEX ") || object.starts_with("CREATE UNIQUE INDEX ");
    let parts = object.split_once(" WITH (").and_then(|(head, rest)| Some((head, rest.split_once(')')?)));
    let Some((head, (options, tail))) = parts.filter(|_| is_index) else { return object.to_owned() };
    let plain = |option: &str| {
        let option = option.replace('\'', "");
        let (name, value) = option.split_once('=').unwrap_or((&option, ""));
        let value = match value {
            "false" | "no" => "off",
            "true" | "yes" => "on",
            other => other,
        };
        format!("{name}={value}")
    };
    let mut options: Vec<String> = options.split(", ").map(plain).collect();
    options.sort();
    format!("{head} WITH ({}){tail}", options.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{objects, options_in_order};

    #[test]
    fn parameters_of_indexes_are_told_one_way() {
        let typed = "CREATE INDEX i ON public.t USING btree (a) WITH (fillfactor='50', deduplicate_items='false') WHERE (a > 0);";
        let printed =
            "CREATE INDEX i ON public.t USING btree (a) WITH (deduplicate_items=off, fillfactor='50') WHERE (a > 0);";
        assert_eq!(options_in_order(typed), options_in_order(printed));
        assert_ne!(options_in_order(typed), options_in_order(&printed.replace("50", "60")));
        assert_ne!(options_in_order(typed), options_in_order(&printed.replace("off", "on")));
    }

    #[test]
    fn the_order_of_objects_and_columns_is_no_difference() {
        let dump = |tables: [&str; 2]| {
            let objects = tables
                .map(|table| format!("\n--\n-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\n{table}\n\n"));
            format!(
                "--\n-- PostgreSQL database dump\n--\n\\restrict abc\n{}\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n",
                objects.concat()
            )
        };
        let (a, b) = ("CREATE TABLE a (\n    x integer,\n    y text\n);", "CREATE TABLE b (\n    x integer\n);");
        let expected = "CREATE TABLE a (\n    x integer\n    y text\n);\nCREATE TABLE b (\n    x integer\n);\n";
        assert_eq!(objects(&dump([a, b])), expected);
        assert_eq!(objects(&dump([b, "CREATE TABLE a (\n    y text,\n    x integer\n);"])), expected);
        assert_ne!(objects(&dump([b, "CREATE TABLE a (\n    y text NOT NULL,\n    x integer\n);"])), expected);
    }
}

//! What a statement does, by its first words.

use super::column::{column, constraint, key_columns};
use super::cursor::Cursor;
use super::{Action, NewIndex, NewTable, Parsed, alter};
use crate::dialect::Dialect;

/// What changes neither tables nor rows.
const OTHER: [&str; 27] = [
    "select",
    "values",
    "table",
    "comment",
    "grant",
    "revoke",
    "analyze",
    "analyse",
    "explain",
    "show",
    "do",
    "call",
    "notify",
    "listen",
    "unlisten",
    "security",
    "use",
    "describe",
    "optimize",
    "attach",
    "detach",
    "unlock",
    "flush",
    "checkpoint",
    "reset",
    "discard",
    "prepare",
];

/// Reads a statement.
pub(super) fn action(mut cursor: Cursor<'_>) -> Action {
    read(&mut cursor).unwrap_or(Action::Unread)
}

fn read(cursor: &mut Cursor<'_>) -> Option<Action> {
    if cursor.take(&["create"]) {
        return create(cursor);
    }
    if cursor.take(&["alter"]) {
        return altered(cursor);
    }
    if cursor.take(&["drop"]) {
        return dropped(cursor);
    }
    if cursor.take(&["rename", "table"]) || cursor.take(&["rename", "tables"]) {
        let pairs = cursor.parts().into_iter().map(|mut pair| {
            let old = pair.table()?;
            pair.take(&["to"]);
            Some((old, pair.table()?))
        });
        return pairs.collect::<Option<_>>().map(Action::RenameTables);
    }
    if cursor.take(&["truncate"]) {
        cursor.take(&["table"]);
        cursor.take(&["only"]);
        let tables = cursor.tables();
        return Some(Action::Truncate { tables, cascade: cursor.has(&["cascade"]) });
    }
    if cursor.is_any(&["with", "insert", "replace", "update", "delete", "merge", "copy"]) {
        return rows(cursor);
    }
    if cursor.take(&["lock"]) {
        cursor.take_any(&["table", "tables"]);
        cursor.take(&["only"]);
        return Some(Action::LockTables(cursor.tables()));
    }
    if cursor.take(&["pragma"]) || cursor.take(&["set"]) {
        return setting(cursor);
    }
    maintenance(cursor).or_else(|| cursor.is_any(&OTHER).then_some(Action::Other))
}

fn maintenance(cursor: &mut Cursor<'_>) -> Option<Action> {
    let has_concurrently = cursor.has(&["concurrently"]);
    let of = |command, cursor: &mut Cursor<'_>| {
        cursor.take(&["concurrently"]);
        Some(Action::Rewrite { command, name: cursor.table(), concurrently: has_concurrently })
    };
    if cursor.take(&["vacuum"]) {
        let options = cursor.group();
        let is_full = cursor.take(&["full"]) || options.is_some_and(|options| options.has(&["full"]));
        if !is_full && cursor.dialect == Dialect::Postgres {
            return Some(Action::Other);
        }
        while cursor.take_any(&["verbose", "analyze", "freeze"]) {}
        return of("vacuum", cursor);
    }
    if cursor.take(&["cluster"]) {
        return of("cluster", cursor);
    }
    if cursor.take(&["reindex"]) {
        let options = cursor.group();
        cursor.take_any(&["index", "table", "schema", "database", "system"]);
        let is_stated = options.is_some_and(|options| options.has(&["concurrently"]));
        cursor.take(&["concurrently"]);
        let concurrently = is_stated || has_concurrently;
        return Some(Action::Rewrite { command: "reindex", name: cursor.table(), concurrently });
    }
    if cursor.take(&["refresh", "materialized", "view"]) {
        return of("refresh materialized view", cursor);
    }
    None
}

fn setting(cursor: &mut Cursor<'_>) -> Option<Action> {
    cursor.take_any(&["local", "session", "global"]);
    let start = *cursor;
    if cursor.go_to(&["to"]) {
        let name = start.until(cursor);
        cursor.skip();
        return Some(Action::Setting { name, value: cursor.all() });
    }
    let mut cursor = start;
    while !cursor.is_empty() && !cursor.is_any(&["=", ":=", "("]) {
        cursor.skip();
    }
    let name = start.until(&cursor);
    cursor.take_any(&["=", ":=", "("]);
    Some(Action::Setting { name, value: cursor.all().trim_end_matches(')').to_owned() })
}

fn rows(cursor: &mut Cursor<'_>) -> Option<Action> {
    if cursor.take(&["with"]) {
        cursor.go_to(&["insert", "update", "delete", "merge", "select"]);
        if cursor.is(&["select"]) {
            return Some(Action::Other);
        }
    }
    let is_inner =
        cursor.has(&["join"]) && !cursor.has(&["left"]) && !cursor.has(&["right"]) && !cursor.has(&["cross"]);
    let has_where = cursor.has(&["where"]) || cursor.has(&["limit"]) || (cursor.dialect == Dialect::Mysql && is_inner);
    if cursor.take(&["update"]) {
        cursor.take(&["or"]).then(|| cursor.skip());
        while cursor.take_any(&["only", "low_priority", "ignore"]) {}
        let table = cursor.table()?;
        return Some(Action::Update { table, columns: written(*cursor), has_where });
    }
    if cursor.take(&["delete"]) {
        while cursor.take_any(&["low_priority", "quick", "ignore"]) {}
        if !cursor.take(&["from"]) {
            // MySQL names the tables first.
            cursor.go_to(&["from"]);
            cursor.skip();
        }
        cursor.take(&["only"]);
        return cursor.table().map(|table| Action::Delete { table, has_where });
    }
    if cursor.take_any(&["insert", "replace"]) {
        cursor.take(&["or"]).then(|| cursor.skip());
        while cursor.take_any(&["ignore", "low_priority", "delayed", "into"]) {}
        let table = cursor.table()?;
        let mut from = None;
        if cursor.go_to(&["select"]) && cursor.go_to(&["from"]) {
            cursor.skip();
            from = cursor.table();
        }
        return Some(Action::Insert { table, from });
    }
    if cursor.take(&["merge", "into"]) || cursor.take(&["copy"]) {
        return cursor.table().map(|table| Action::Insert { table, from: None });
    }
    None
}

/// Reads the statements that change rows in the named queries of a `WITH`.
pub(super) fn named_writes(mut cursor: Cursor<'_>) -> Vec<Parsed> {
    let mut found = Vec::new();
    if !cursor.take(&["with"]) {
        return found;
    }
    while !cursor.is_empty() {
        match cursor.group() {
            Some(query) if query.is_any(&["insert", "update", "delete", "merge"]) => {
                let (span, text) = (query.span(), query.all());
                found.push(Parsed { span, text, action: action(query), is_in_block: true });
            }
            Some(_) => {}
            None => cursor.skip(),
        }
    }
    found
}

/// Returns the columns that `UPDATE ... SET` writes.
fn written(mut cursor: Cursor<'_>) -> Vec<String> {
    cursor.go_to(&["set"]);
    cursor.skip();
    let mut columns = Vec::new();
    for mut part in cursor.parts() {
        match part.group() {
            // `SET (a, b) = (1, 2)`
            Some(group) => columns.extend(group.parts().into_iter().filter_map(|mut part| part.name())),
            // MySQL may put the table's name in front.
            None => columns.extend(part.table().map(|column| column.name)),
        }
    }
    columns
}

fn create(cursor: &mut Cursor<'_>) -> Option<Action> {
    let replaces = cursor.take(&["or", "replace"]);
    let is_temporary = cursor.is_any(&["temp", "temporary"]);
    while cursor.take_any(&["temp", "temporary", "unlogged", "global", "local", "virtual"]) {}
    if cursor.take(&["table"]) {
        let new = table(cursor, is_temporary);
        return new.map(|new| Action::CreateTable(NewTable { replaces: replaces && !is_temporary, ..new }));
    }
    let is_unique = cursor.take(&["unique"]);
    let is_online = !cursor.take_any(&["fulltext", "spatial"]);
    if cursor.take(&["index"]) {
        let concurrently = cursor.take(&["concurrently"]);
        let if_not_exists = cursor.take(&["if", "not", "exists"]);
        let name = if cursor.is(&["on"]) { None } else { cursor.table().map(|name| name.name) };
        cursor.go_to(&["on"]);
        cursor.skip();
        cursor.take(&["only"]);
        let table = cursor.table()?;
        let passes_null = !cursor.has(&["nulls", "not", "distinct"]);
        cursor.take(&["using"]).then(|| cursor.skip());
        let columns = cursor.group().map(key_columns).unwrap_or_default();
        let copies = cursor.has(&["algorithm", "=", "copy"]) || cursor.has(&["algorithm", "copy"]);
        return Some(Action::CreateIndex(NewIndex {
            name,
            table,
            is_unique,
            columns,
            passes_null,
            concurrently,
            if_not_exists,
            is_online,
            copies,
        }));
    }
    object(cursor)
}

fn object(cursor: &mut Cursor<'_>) -> Option<Action> {
    while cursor.take_any(&["recursive", "constraint", "procedural", "trusted", "default"]) {}
    if cursor.take(&["definer"]) {
        cursor.go_to(&["view", "trigger", "function", "procedure", "event"]);
    }
    let kind = if cursor.take(&["materialized", "view"]) { "view".to_owned() } else { cursor.name()?.to_lowercase() };
    let if_not_exists = cursor.take(&["if", "not", "exists"]);
    let name = cursor.table();
    if kind == "type" && cursor.is(&["as", "enum"]) {
        return name.map(Action::CreateEnum);
    }
    let mut on = None;
    if matches!(kind.as_str(), "trigger" | "policy" | "rule") && cursor.go_to(&["on"]) {
        cursor.skip();
        on = cursor.table();
    }
    Some(Action::Create { kind, name, on, if_not_exists })
}

fn table(cursor: &mut Cursor<'_>, is_temporary: bool) -> Option<NewTable> {
    let if_not_exists = cursor.take(&["if", "not", "exists"]);
    let name = cursor.table()?;
    let (columns, constraints) = (Vec::new(), Vec::new());
    let mut new = NewTable { name, replaces: false, is_temporary, if_not_exists, columns, constraints };
    for part in cursor.group().map(Cursor::parts).unwrap_or_default() {
        match constraint(part) {
            Some(found) => new.constraints.push(found),
            None if part.is(&["like"]) => {}
            None => new.columns.extend(column(part)),
        }
    }
    Some(new)
}

fn altered(cursor: &mut Cursor<'_>) -> Option<Action> {
    while cursor.take_any(&["foreign", "ignore", "online", "materialized"]) {}
    if cursor.take(&["table"]) {
        return Some(alter::table(*cursor));
    }
    if cursor.take(&["type"]) {
        let name = cursor.table()?;
        if cursor.take(&["add", "value"]) {
            let if_not_exists = cursor.take(&["if", "not", "exists"]);
            return Some(Action::AddEnumValue { name, value: cursor.literal()?, if_not_exists });
        }
        return Some(Action::Other);
    }
    if cursor.take(&["domain"]) {
        let name = cursor.table()?;
        let adds_check = cursor.is(&["add"]) || cursor.is(&["set", "not", "null"]);
        return Some(Action::AlterDomain { name, adds_check, not_valid: cursor.has(&["not", "valid"]) });
    }
    if cursor.take(&["index"]) {
        cursor.take(&["if", "exists"]);
        cursor.table()?;
        let to = cursor.take(&["rename", "to"]).then(|| cursor.name()).flatten();
        return Some(to.map_or(Action::Other, |to| Action::RenameIndex { to }));
    }
    // A function may have another name from now on.
    cursor.kind().map(|_| Action::Other)
}

fn dropped(cursor: &mut Cursor<'_>) -> Option<Action> {
    cursor.take(&["temporary"]);
    cursor.take_any(&["materialized", "foreign"]);
    if cursor.take(&["index"]) {
        let concurrently = cursor.take(&["concurrently"]);
        let if_exists = cursor.take(&["if", "exists"]);
        return Some(Action::DropIndex { names: cursor.tables(), concurrently, if_exists });
    }
    let kind = cursor.name()?.to_lowercase();
    // `DROP OWNED BY`
    cursor.take(&["by"]);
    let if_exists = cursor.take(&["if", "exists"]);
    let names = cursor.tables();
    let kind = if kind == "tables" { "table".to_owned() } else { kind };
    Some(Action::Drop { kind, names, if_exists, cascade: cursor.has(&["cascade"]) })
}

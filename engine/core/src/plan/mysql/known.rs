//! What a plan knows of columns that are restated, in the words of the query that verifies it
//! (`codegen/src/sql/mysql/known.rs`). A server of another kind or version describes the same in its own words, so a
//! line contains only what all of them describe alike.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, Pair, Table, TableOptions};
use crate::plan::{Clause, Known, MysqlOperation, Operation, Step};
use crate::sql::mysql::values;

use super::facts;

/// Returns the operations that verify the existing columns which these steps redefine, table by table. A column that
/// the steps add themselves needs no verification.
pub(super) fn expected<'a>(steps: &[Step], tables: impl Iterator<Item = &'a Table>) -> Vec<Operation> {
    let mut looks = Vec::new();
    for table in tables {
        let columns: Vec<&Column> =
            table.columns.iter().filter(|column| steps.iter().any(|step| states(step, table, column))).collect();
        if !columns.is_empty() {
            looks.push(Operation::ExpectTables(vec![Known {
                table: table.name.clone(),
                columns: columns.iter().map(|column| column.name.clone()).collect(),
                lines: columns.into_iter().flat_map(|column| lines(table, column)).collect(),
                rules: Vec::new(),
            }]));
        }
    }
    looks
}

/// Checks whether a step redefines an existing column.
fn states(step: &Step, table: &Table, column: &Column) -> bool {
    let Operation::Mysql(MysqlOperation::AlterTable(name, clauses, _)) = &step.operation else { return false };
    let is_stated = |clause: &Clause| match clause {
        Clause::ModifyColumn(stated, _) => stated.name == column.name,
        Clause::AddColumn(..)
        | Clause::DropColumn(_)
        | Clause::Add(_)
        | Clause::Drop(_)
        | Clause::DropIndex(_)
        | Clause::HideIndex(..)
        | Clause::Options(_)
        | Clause::Comment(_) => false,
    };
    *name == table.name && clauses.iter().any(is_stated)
}

/// Returns an expectation with the names from before the renames.
pub(super) fn under_old_names(known: &Known, renames: &[Step]) -> Known {
    let mut known = known.clone();
    for step in renames.iter().rev() {
        if let Some((table, names)) = step.operation.renamed_column()
            && *table == known.table
        {
            rename_back(&mut known, names);
        }
        if let Operation::RenameTable(names) = &step.operation
            && names.to == known.table
        {
            known.table = names.from.clone();
        }
    }
    known
}

fn rename_back(known: &mut Known, names: &Pair<String>) {
    for column in known.columns.iter_mut().filter(|column| facts().same_name(column, &names.to)) {
        for line in &mut known.lines {
            if let Some(rest) = line.strip_prefix(&format!("{column}: ")) {
                *line = format!("{}: {rest}", names.from);
            }
        }
        column.clone_from(&names.from);
    }
}

/// Returns a text as a catalog without four-byte letters shows it: with question marks in their places.
fn shown(text: &str) -> String {
    text.chars().map(|letter| if letter > '\u{ffff}' { '?' } else { letter }).collect()
}

/// Returns the ways in which a server may describe a column.
fn lines(table: &Table, column: &Column) -> Vec<String> {
    let mut lines = vec![format!("{}:", column.name)];
    let mut then = |ways: Vec<String>| {
        lines = lines.iter().flat_map(|line| ways.iter().map(move |way| format!("{line}{way}"))).collect();
    };
    then(types(column));
    then(rules(column));
    let has = |is: bool, word: &str| vec![if is { format!(" {word}") } else { String::new() }];
    then(has(column.auto_increment, "auto_increment"));
    then(has(column.invisible, "invisible"));
    then(match &column.generated {
        Some(generated) => has(true, if generated.stored { "stored" } else { "virtual" }),
        None => has(false, ""),
    });
    then(match &column.comment {
        Some(comment) => vec![format!(" comment {comment}"), format!(" comment {}", shown(comment))],
        None => has(false, ""),
    });
    then(match (&column.data_type, &column.collation) {
        // MariaDB's is a text that is checked, and compared by its bytes.
        (DataType::Json, _) => vec![String::new(), " check collate utf8mb4_bin".to_owned()],
        (_, collation) => {
            let is_checked = table.rules.checks().any(|check| check.name.as_ref() == Some(&column.name));
            let checked = std::iter::once("").chain(is_checked.then_some(" check"));
            let collation = collation.as_ref().map(|name| format!(" collate {}", name.replace("utf8mb3_", "utf8_")));
            let collation = collation.unwrap_or_default();
            checked.map(|checked| format!("{checked}{collation}")).collect()
        }
    });
    lines.sort();
    lines.dedup();
    lines
}

fn types(column: &Column) -> Vec<String> {
    let options = TableOptions::default();
    let stated = Dialect::Mysql.column_type(column, &options);
    // Only MySQL has a reference system, in a column of the catalog of its own.
    let stated = &stated[..stated.to_ascii_lowercase().find(" srid ").unwrap_or(stated.len())];
    let word = stated.split('(').next().unwrap_or_default().len();
    let stated = format!("{}{}", stated[..word].to_lowercase(), &stated[word..]);
    let usual = Dialect::Mysql.spelling(&Dialect::Mysql.data_type(&stated), &options);
    let listed = values(&stated).map(|(kind, values)| {
        let values: Vec<_> = values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
        format!("{kind}({})", values.join(","))
    });
    let json = (column.data_type == DataType::Json).then(|| "longtext".to_owned());
    let ways: Vec<String> = [Some(stated), usual, listed, json].into_iter().flatten().collect();
    ways.into_iter().flat_map(|way| [format!(" {}", shown(&way)), format!(" {way}")]).collect()
}

/// Returns the ways to describe whether a column is required, its default, and what it becomes whenever its row
/// changes.
fn rules(column: &Column) -> Vec<String> {
    if column.generated.is_some() {
        return vec![String::new()];
    }
    let required = if column.nullable { "" } else { " not null" };
    let on_update = if column.on_update.is_some() { " on update" } else { "" };
    let mut ways: Vec<String> =
        defaults(column).into_iter().map(|default| format!("{required}{default}{on_update}")).collect();
    let is_moment =
        Dialect::Mysql.column_type(column, &TableOptions::default()).to_lowercase().starts_with("timestamp");
    if is_moment && !column.nullable && column.default.is_none() {
        // Older servers give a table's first one a default of their own.
        ways.push(format!("{required} default current_timestamp on update"));
        ways.push(format!("{required} default 0000-00-00 00:00:00{on_update}"));
    }
    ways
}

/// Returns the ways in which a default may be described. Where servers describe it in their own words, the line says
/// only that there is one.
fn defaults(column: &Column) -> Vec<String> {
    let Some(default) = &column.default else { return vec![String::new()] };
    let sql_type = Dialect::Mysql.column_type(column, &TableOptions::default()).to_lowercase();
    let is_told = !["binary", "varbinary", "bit"].iter().any(|word| sql_type.starts_with(word))
        && !["text", "blob", "json"].iter().any(|word| sql_type.contains(word));
    let mut ways = Vec::new();
    for text in [&default.sql, &default.canonical] {
        let bare = text.replace("()", "");
        let bare = bare.trim_matches(['\'', ' ']);
        if !is_told || !bare.is_ascii() || bare.contains(['(', '?', '\'', '\\']) {
            ways.push("(...)".to_owned());
            continue;
        }
        if !Dialect::Mysql.is_literal(text) {
            // `CURRENT_DATE` is shown as `curdate()`.
            ways.push("(...)".to_owned());
        }
        ways.push(bare.to_owned());
        match bare.to_ascii_lowercase().as_str() {
            "true" => ways.push("1".to_owned()),
            "false" => ways.push("0".to_owned()),
            "current_timestamp" | "now" | "localtimestamp" | "localtime" => {
                ways.extend(["current_timestamp", "CURRENT_TIMESTAMP"].map(str::to_owned));
            }
            _rest => {}
        }
        if let Ok(number) = bare.parse::<f64>() {
            ways.push(number.to_string());
            if let DataType::Numeric(Some((_, scale))) = column.data_type {
                ways.push(format!("{number:.*}", scale as usize));
            }
        }
        if sql_type.starts_with("timestamp") || sql_type.starts_with("datetime") {
            ways.push(format!("{bare} 00:00:00"));
        }
    }
    // MySQL shows the text NULL in the same way as no default.
    let is_text_null = ways.iter().any(|way| way == "NULL");
    let none = is_text_null.then(String::new);
    ways.into_iter().map(|way| format!(" default {way}")).chain(none).collect()
}

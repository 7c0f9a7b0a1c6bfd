//! One table out of its rows.

use crate::dialect::Dialect;
use crate::model::{
    Action, Check, Column, DataType, Expr, ForeignKey, Generated, Hidden, Index, IndexColumn, IndexKey, MysqlServer,
    PrimaryKey, Table, TableName, Unique, UniqueForm,
};

use super::rows::{ActionRow, CheckRow, ColumnRow, IndexRow, KeyRow, TableRow};

/// The rows of one table.
pub(super) struct Parts {
    pub(super) columns: Vec<ColumnRow>,
    pub(super) indexes: Vec<IndexRow>,
    pub(super) keys: Vec<KeyRow>,
    pub(super) actions: Vec<ActionRow>,
    pub(super) checks: Vec<CheckRow>,
}

pub(super) fn table(row: TableRow, parts: Parts, server: MysqlServer) -> Table {
    let mut table = Table::new(TableName::new(row.name.clone()));
    table.unmodelled = unmodelled(&row);
    table.comment = Some(row.comment).filter(|comment| !comment.is_empty());
    table.options.engine = row.engine.filter(|engine| !engine.eq_ignore_ascii_case("innodb"));
    table.options.collation = row.collation;
    for option in row.options.as_deref().unwrap_or_default().split_whitespace() {
        match option.to_ascii_lowercase().split_once('=') {
            Some(("row_format", format)) => table.options.row_format = Some(format.to_owned()),
            Some(("key_block_size", size)) => table.options.key_block_size = size.parse().ok(),
            Some(_) | None => {}
        }
    }
    table.options.system_versioned = row.kind == "SYSTEM VERSIONED";
    for column in parts.columns {
        table.columns.push(self::column(column, table.options.collation.as_deref()));
    }
    // Unless the table states them, its history has hidden columns.
    if table.columns.iter().any(|column| column.generated.as_ref().is_some_and(is_row_time)) {
        table.unmodelled.push("it states the columns of its history's times".to_owned());
    }
    for check in parts.checks {
        add_check(&mut table, check);
    }
    for rows in parts.indexes.chunk_by(|a, b| a.name == b.name) {
        add_index(&mut table, rows);
    }
    for rows in parts.keys.chunk_by(|a, b| a.name == b.name) {
        let actions = parts.actions.iter().find(|actions| actions.name == rows[0].name);
        table.rules.push(foreign_key(rows, actions));
    }
    let implied: Vec<Index> = table.rules.indexes().filter(|index| is_of_key(index, &table, server)).cloned().collect();
    table.rules.retain_of::<Index>(|index| !implied.contains(index));
    table
}

/// Checks whether this is `ROW START` or `ROW END`, which isn't an expression.
fn is_row_time(generated: &Generated) -> bool {
    ["ROW START", "ROW END"].contains(&generated.expr.sql.as_str())
}

fn unmodelled(row: &TableRow) -> Vec<String> {
    let options = row.options.as_deref().unwrap_or_default();
    let mut said = Vec::new();
    // Aria records options that it applies anyway, and they stay after a change of engine.
    let is_usual = |option: &&str| {
        let name = option.split('=').next().unwrap_or_default().to_ascii_lowercase();
        ["transactional=1", "page_checksum=1"].contains(option)
            || ["row_format", "key_block_size"].contains(&name.as_str())
    };
    for option in options.split_whitespace().filter(|option| !is_usual(option)) {
        said.push(match option {
            "partitioned" => "it is partitioned".to_owned(),
            option => format!("it has the option {option}"),
        });
    }
    said
}

fn column(row: ColumnRow, table_collation: Option<&str>) -> Column {
    let sql_type = without_width(&row.sql_type);
    let mut column = Column::new(row.name, Dialect::Mysql.data_type(&sql_type));
    let extra = row.extra.to_ascii_lowercase();
    column.nullable = row.nullable;
    column.collation = row.collation.filter(|collation| Some(collation.as_str()) != table_collation);
    column.comment = Some(row.comment).filter(|comment| !comment.is_empty());
    column.auto_increment = extra.contains("auto_increment");
    if let Some(at) = extra.find("on update ") {
        let moment = row.extra[at + "on update ".len()..].split(',').next().unwrap_or_default().trim();
        column.on_update = Some(Expr::new(moment));
    }
    column.invisible = extra.contains("invisible");
    if extra.contains("without system versioning") {
        column.attributes.push("WITHOUT SYSTEM VERSIONING".to_owned());
    }
    // The catalog's word where there is no default.
    column.default = row.default.filter(|default| !default.eq_ignore_ascii_case("null")).map(Expr::new);
    column.generated = row.generated.filter(|expr| !expr.is_empty()).map(|expr| Generated {
        expr: Expr::new(expr),
        stored: extra.contains("stored") || extra.contains("persistent"),
    });
    column.sql_type = Some(sql_type);
    column
}

/// Removes an integer's display width, which says nothing about its values and which newer servers don't keep. Leaves
/// `tinyint(1)` alone, because one digit means a truth value.
fn without_width(sql_type: &str) -> String {
    let word = sql_type.split(['(', ' ']).next().unwrap_or_default();
    let is_integer = matches!(word, "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year");
    match sql_type.split_once(')') {
        Some((_, after)) if is_integer && !after.contains("zerofill") && sql_type != "tinyint(1)" => {
            format!("{word}{after}")
        }
        Some(_) | None => sql_type.to_owned(),
    }
}

fn add_check(table: &mut Table, row: CheckRow) {
    if !row.is_enforced {
        table.unmodelled.push(format!("check `{}` isn't enforced", row.name));
        return;
    }
    // It has the name that its column had when it was created, which may be another column's by now.
    let quoted = |column: &Column| Dialect::Mysql.facts().quoted(&column.name);
    let mut spoken = table.columns.iter().filter(|column| row.expression.contains(&quoted(column)));
    let of = match (spoken.next(), spoken.next()) {
        (Some(only), None) if row.is_of_column => only.name.clone(),
        (_, _) => row.name.clone(),
    };
    // MariaDB's JSON is a text that is checked, and compared by its bytes.
    let usual = table.options.collation.clone();
    let column = table.columns.iter_mut().find(|column| row.is_of_column && column.name == of);
    if let Some(column) = column
        && column.sql_type.as_deref() == Some("longtext")
        && row.expression == format!("json_valid({})", quoted(column))
        && column.collation.as_ref().or(usual.as_ref()).is_some_and(|collation| collation == "utf8mb4_bin")
    {
        column.data_type = DataType::Json;
        column.sql_type = Some("json".to_owned());
        column.collation = None;
        return;
    }
    table.rules.push(Check { name: Some(of), inline: row.is_of_column, ..Check::new(Expr::new(row.expression)) });
}

fn add_index(table: &mut Table, rows: &[IndexRow]) {
    let first = &rows[0];
    let method = match first.method.as_str() {
        word @ ("FULLTEXT" | "SPATIAL") => Some(word.to_ascii_lowercase()),
        _ => None,
    };
    let keys: Vec<IndexColumn> = rows
        .iter()
        .map(|row| {
            let key = match (&row.column_name, &row.expression) {
                (Some(column), _) => IndexKey::Column(column.clone()),
                (None, expr) => IndexKey::Expr(Expr::new(expr.as_deref().unwrap_or_default())),
            };
            IndexColumn {
                descending: row.direction.as_deref() == Some("D"),
                // A spatial index has one of its own.
                prefix: row.prefix.and_then(|length| u32::try_from(length).ok()).filter(|_| method.is_none()),
                ..IndexColumn::new(key)
            }
        })
        .collect();
    let name = first.name.clone();
    if !first.comment.is_empty() {
        table.unmodelled.push(format!("index `{name}` has a comment"));
    }
    // Such an engine makes hashes unless it is told otherwise.
    if first.method == "BTREE"
        && table.options.engine.as_ref().is_some_and(|engine| engine.eq_ignore_ascii_case("memory"))
    {
        table.unmodelled.push(format!("index `{name}` says USING BTREE"));
    }
    let hidden =
        first.hidden.as_deref().map(|word| if word == "IGNORED" { Hidden::Ignored } else { Hidden::Invisible });
    let index = Index { name: Some(name.clone()), unique: first.is_unique, method, hidden, ..Index::new(keys) };
    match index.plain_unique() {
        Some(unique) if name == "PRIMARY" => {
            table.primary_key = Some(PrimaryKey { name: None, columns: unique.columns });
        }
        Some(unique) => table.rules.push(Unique { form: UniqueForm::Constraint, ..unique }),
        None if name == "PRIMARY" => {
            let columns = rows.iter().filter_map(|row| row.column_name.clone()).collect();
            table.primary_key = Some(PrimaryKey { name: None, columns });
            table.unmodelled.push("its primary key holds only parts of values".to_owned());
        }
        None => table.rules.push(index),
    }
}

fn foreign_key(rows: &[KeyRow], actions: Option<&ActionRow>) -> ForeignKey {
    let first = &rows[0];
    ForeignKey {
        name: Some(first.name.clone()),
        on_delete: actions.map(|actions| action(&actions.on_delete)),
        on_update: actions.map(|actions| action(&actions.on_update)),
        ..ForeignKey::new(
            rows.iter().map(|row| row.column_name.clone()).collect(),
            TableName { schema: first.referenced_schema.clone(), name: first.referenced_table.clone() },
            rows.iter().map(|row| row.referenced_column.clone()).collect(),
        )
    }
}

fn action(word: &str) -> Action {
    match word {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        "RESTRICT" => Action::Restrict,
        _ => Action::NoAction,
    }
}

/// Checks whether MySQL created an index for a foreign key by itself. Such an index has the key's name, and no other
/// index could serve the key. It comes with the key.
fn is_of_key(index: &Index, table: &Table, server: MysqlServer) -> bool {
    table.rules.foreign_keys().any(|key| {
        let is_alike =
            index.name == key.name && *index == Index { name: key.name.clone(), ..Index::over(&key.columns) };
        is_alike && !table.serves_foreign_key(&key.columns, Some(index), Some(server))
    })
}

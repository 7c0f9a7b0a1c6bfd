//! Writes CREATE TABLE and ALTER TABLE, with everything inside them.

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{
    Check, Column, DataType, Hidden, Index, IndexKey, Pair, Rule, RuleKind as _, Table, TableName, TableOptions,
};
use autogen_engine::plan::{Clause, Position};

use super::{facts, literal, name, parts, quoted};

/// Writes the statement that makes a table with its keys, indexes and rules.
pub(super) fn create(table: &Table) -> String {
    let own = |column: &Column| {
        table
            .rules
            .checks()
            .filter(|check| check.inline && check.name.as_ref() == Some(&column.name))
            .cloned()
            .collect()
    };
    let mut lines: Vec<String> = table.columns.iter().map(|found| column(found, &own(found) as &Vec<Check>)).collect();
    lines.extend(period(table));
    lines.extend(table.primary_key.iter().map(|key| format!("PRIMARY KEY ({})", parts::list(&key.columns, facts()))));
    let is_of_column =
        |check: &Check| check.inline && table.columns.iter().any(|column| check.name.as_ref() == Some(&column.name));
    let stated = table.rules.iter().filter(|rule| !Check::of(rule).is_some_and(is_of_column));
    lines.extend(stated.map(rule));
    let options = options(&table.options);
    let comment = table.comment.as_ref().map(|comment| format!(" COMMENT={}", literal(comment))).unwrap_or_default();
    let versioned = if table.options.system_versioned { " WITH SYSTEM VERSIONING" } else { "" };
    format!("CREATE TABLE {} (\n    {}\n) {options}{comment}{versioned}", name(&table.name), lines.join(",\n    "))
}

const ROW_TIMES: [&str; 2] = ["ROW START", "ROW END"];

fn is_row_time(sql: &str) -> bool {
    ROW_TIMES.contains(&sql)
}

/// Writes the period of a table's history, if the table states the columns that hold it.
fn period(table: &Table) -> Option<String> {
    let column = |time: &str| {
        let holds = |column: &&Column| column.generated.as_ref().is_some_and(|generated| generated.expr.sql == time);
        table.columns.iter().find(holds).map(|column| quoted(&column.name))
    };
    let [start, end] = ROW_TIMES;
    Some(format!("PERIOD FOR SYSTEM_TIME ({}, {})", column(start)?, column(end)?))
}

/// Writes the clauses that change a table.
pub(super) fn clauses(clauses: &[Clause]) -> Vec<String> {
    clauses.iter().map(clause).collect()
}

/// Writes the clauses that rename a column, and restate what depends on it in its new words.
pub(super) fn rename_column(names: &Pair<String>, dependants: &[Clause]) -> Vec<String> {
    let rename = format!("RENAME COLUMN {} TO {}", quoted(&names.from), quoted(&names.to));
    std::iter::once(rename).chain(clauses(dependants)).collect()
}

/// Writes the statement with these clauses, and with the algorithm that it promises.
pub(super) fn altered(table: &TableName, clauses: Vec<String>, promise: Option<String>) -> String {
    let separator = if clauses.len() == 1 { " " } else { "\n    " };
    let clauses: Vec<String> = clauses.into_iter().chain(promise).collect();
    format!("ALTER TABLE {}{separator}{}", name(table), clauses.join(&format!(",{separator}")))
}

fn clause(clause: &Clause) -> String {
    match clause {
        Clause::AddColumn(new, checks, position) => {
            let position = match position {
                Position::First => " FIRST".to_owned(),
                Position::After(previous) => format!(" AFTER {}", quoted(previous)),
                Position::Last => String::new(),
            };
            format!("ADD COLUMN {}{position}", column(new, checks))
        }
        Clause::DropColumn(column) => format!("DROP COLUMN {}", quoted(column)),
        Clause::ModifyColumn(new, checks) => format!("MODIFY COLUMN {}", column(new, checks)),
        Clause::Add(new) => format!("ADD {}", rule(new)),
        Clause::Drop(constraint) => {
            let name = quoted(constraint.name().unwrap_or_default());
            match constraint {
                Rule::PrimaryKey(_) => "DROP PRIMARY KEY".to_owned(),
                Rule::Unique(_) | Rule::Index(_) => format!("DROP INDEX {name}"),
                Rule::ForeignKey(_) => format!("DROP FOREIGN KEY {name}"),
                Rule::Check(_) | Rule::Exclusion(_) => format!("DROP CONSTRAINT {name}"),
            }
        }
        Clause::DropIndex(index) => format!("DROP INDEX {}", quoted(index)),
        Clause::HideIndex(index, both) => {
            let word = match (both.from, both.to) {
                (_, Some(hidden)) => self::hidden(hidden),
                (Some(Hidden::Ignored), None) => "NOT IGNORED",
                (Some(Hidden::Invisible) | None, None) => "VISIBLE",
            };
            format!("ALTER INDEX {} {word}", quoted(index))
        }
        Clause::Options(both) => {
            // Stating the present engine again would rewrite all rows.
            let engine = (both.from.engine != both.to.engine).then(|| engine(&both.to));
            let collation = both.to.collation.as_ref().filter(|_| both.from.collation != both.to.collation);
            let collation = collation.map(|name| format!("COLLATE={name}"));
            let changed = TableOptions {
                row_format: changed(&both.from.row_format, &both.to.row_format, "default".to_owned()),
                key_block_size: changed(&both.from.key_block_size, &both.to.key_block_size, 0),
                ..TableOptions::default()
            };
            let layout = Some(layout(&changed)).filter(|layout| !layout.is_empty());
            let versioned = match (both.from.system_versioned, both.to.system_versioned) {
                (false, true) => Some("ADD SYSTEM VERSIONING".to_owned()),
                (true, false) => Some("DROP SYSTEM VERSIONING".to_owned()),
                (true, true) | (false, false) => None,
            };
            let options = [engine, collation, layout].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let options = Some(options).filter(|options| !options.is_empty());
            options.into_iter().chain(versioned).collect::<Vec<_>>().join(", ")
        }
        Clause::Comment(comment) => format!("COMMENT={}", literal(comment.as_deref().unwrap_or_default())),
    }
}

fn rule(rule: &Rule) -> String {
    if let Rule::Index(new) = rule {
        return index(new);
    }
    let hidden = rule.hidden().map(|word| format!(" {}", hidden(word))).unwrap_or_default();
    // The servers call every primary key `PRIMARY`.
    let is_key = matches!(rule, Rule::PrimaryKey(_));
    let unnamed = is_key.then(|| rule.clone().named(None));
    format!("{}{hidden}", parts::constraint(unnamed.as_ref().unwrap_or(rule), name, facts()))
}

fn index(index: &Index) -> String {
    let keys: Vec<String> = index
        .columns
        .iter()
        .map(|key| {
            let of = match &key.key {
                IndexKey::Column(column) => quoted(column),
                IndexKey::Expr(expr) => format!("(({}))", expr.sql),
            };
            let prefix = key.prefix.map(|length| format!("({length})")).unwrap_or_default();
            format!("{of}{prefix}{}", if key.descending { " DESC" } else { "" })
        })
        .collect();
    let kind = match (&index.method, index.unique) {
        (Some(method), _) => format!("{} ", method.to_uppercase()),
        (None, true) => "UNIQUE ".to_owned(),
        (None, false) => String::new(),
    };
    let name = index.name.as_ref().map(|name| format!("{} ", quoted(name))).unwrap_or_default();
    let hidden = index.hidden.map(|word| format!(" {}", hidden(word))).unwrap_or_default();
    format!("{kind}INDEX {name}({}){hidden}", keys.join(", "))
}

fn hidden(hidden: Hidden) -> &'static str {
    match hidden {
        Hidden::Invisible => "INVISIBLE",
        Hidden::Ignored => "IGNORED",
    }
}

/// Writes a table's options. The engine is stated, because a foreign key needs InnoDB, which isn't every
/// server's default.
fn options(options: &TableOptions) -> String {
    let collation = options.collation.as_ref().map(|name| format!(" COLLATE={name}")).unwrap_or_default();
    let layout = layout(options);
    let space = if layout.is_empty() { "" } else { " " };
    format!("{}{collation}{space}{layout}", engine(options))
}

/// Writes how rows are laid out, if that is stated.
fn layout(options: &TableOptions) -> String {
    let format = options.row_format.iter().map(|format| format!("ROW_FORMAT={}", format.to_uppercase()));
    let size = options.key_block_size.iter().map(|size| format!("KEY_BLOCK_SIZE={size}"));
    format.chain(size).collect::<Vec<_>>().join(" ")
}

/// Returns the new value of an option if it changes. `usual` is the value of an option that isn't stated.
fn changed<T: Clone + PartialEq>(from: &Option<T>, to: &Option<T>, usual: T) -> Option<T> {
    (from != to).then(|| to.clone().unwrap_or(usual))
}

fn engine(options: &TableOptions) -> String {
    format!("ENGINE={}", options.engine.as_deref().unwrap_or("InnoDB"))
}

/// Writes a column's definition, with the checks inside it. All of it is written each time, because what
/// MODIFY doesn't state is lost.
fn column(column: &Column, checks: &[Check]) -> String {
    let sql_type = Dialect::Mysql.column_type(column, &TableOptions::default());
    let is_moment = sql_type.to_ascii_lowercase().starts_with("timestamp");
    let mut words = vec![quoted(&column.name), sql_type];
    words.extend(column.collation.as_ref().map(|collation| format!("COLLATE {collation}")));
    match &column.generated {
        // Not an expression, but the table's history's word for its own times.
        Some(generated) if is_row_time(&generated.expr.sql) => {
            words.push(format!("GENERATED ALWAYS AS {}", generated.expr.sql));
        }
        Some(generated) => {
            let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
            words.push(format!("GENERATED ALWAYS AS ({}) {kind}", generated.expr.sql));
        }
        None if !column.nullable => words.push("NOT NULL".to_owned()),
        // Older servers take a timestamp for required unless told otherwise.
        None if is_moment => words.push("NULL".to_owned()),
        None => {}
    }
    words.extend(column.default.as_ref().map(|default| format!("DEFAULT {}", bracketed(&default.sql, column))));
    words.extend(column.auto_increment.then(|| "AUTO_INCREMENT".to_owned()));
    words.extend(column.on_update.as_ref().map(|moment| format!("ON UPDATE {}", moment.sql)));
    words.extend(column.invisible.then(|| "INVISIBLE".to_owned()));
    words.extend(column.attributes.iter().cloned());
    words.extend(column.comment.as_ref().map(|comment| format!("COMMENT {}", literal(comment))));
    words.extend(checks.iter().map(|check| format!("CHECK ({})", check.expr.sql)));
    words.join(" ")
}

/// Writes a default as MySQL takes it. Only a literal of a short type, and the current time, need no
/// brackets.
fn bracketed(sql: &str, column: &Column) -> String {
    let stated = column.sql_type.as_deref().map(|stated| Dialect::Mysql.data_type(stated));
    let is_long = match stated.as_ref().unwrap_or(&column.data_type) {
        DataType::Text | DataType::Binary | DataType::Json => true,
        DataType::Other(name) => ["tinytext", "mediumtext", "longtext", "tinyblob", "mediumblob", "longblob"]
            .contains(&name.to_ascii_lowercase().as_str()),
        DataType::Bool
        | DataType::TinyInt
        | DataType::SmallInt
        | DataType::Integer
        | DataType::BigInt
        | DataType::Unsigned(_)
        | DataType::Float
        | DataType::Double
        | DataType::Numeric(_)
        | DataType::Varchar(_)
        | DataType::Char(_)
        | DataType::Date
        | DataType::Time
        | DataType::Timestamp
        | DataType::Timestamptz
        | DataType::Jsonb
        | DataType::Uuid
        | DataType::Interval
        | DataType::Array(..) => false,
    };
    let is_now = sql.to_ascii_lowercase().starts_with("current_timestamp");
    let is_bare = is_now || (Dialect::Mysql.is_literal(sql) && !is_long);
    if is_bare { sql.to_owned() } else { format!("({sql})") }
}

//! What a plan knows of a table that is rebuilt, in the words of the query that verifies it
//! (`codegen/src/sql/sqlite/known.rs`). Words are compared, not texts: a database may have been made by hand or by an
//! older chain, and state the same differently.

use crate::dialect::Dialect;
use crate::model::{
    Action, Bystander, Check, Column, Deferrable, Expr, ForeignKey, Index, IndexKey, Rule, Schema, Table,
};
use crate::plan::tables::triggers;
use crate::plan::{Known, Operation, SqliteOperation, Stage, Step};

/// Returns the operation that verifies the tables which these steps rebuild, or `None` if they rebuild none.
pub(super) fn expected(steps: &[Step], stage: &Stage) -> Option<Operation> {
    let mut tables = Vec::new();
    for step in steps {
        if let Operation::Sqlite(SqliteOperation::RebuildTable(rebuild)) = &step.operation {
            tables.push(known(&rebuild.tables.from, stage));
        }
    }
    (!tables.is_empty()).then_some(Operation::ExpectTables(tables))
}

fn known(table: &Table, stage: &Stage) -> Known {
    let mut lines: Vec<String> = table.columns.iter().flat_map(|found| column(table, found)).collect();
    let uniques = table.rules.uniques().map(|unique| {
        let columns: Vec<_> =
            unique.columns.iter().map(|name| format!("{name}{}", collated(table, name, None))).collect();
        format!("unique ({})", columns.join(", "))
    });
    lines.extend(uniques);
    lines.extend(table.rules.indexes().map(|found| index(table, found)));
    lines.extend(table.rules.foreign_keys().flat_map(|key| foreign_key(key, &stage.before)));
    // Triggers that are recreated stay as they were.
    lines.extend(triggers(table, &stage.after.bystanders).iter().map(trigger));
    for (word, count) in words(table) {
        lines.extend((1..=count).map(|count| format!("{count} {word}")));
    }
    Known { table: table.name.clone(), columns: Vec::new(), lines, rules: rules(table) }
}

/// Returns the expressions of a table and its indexes, which no pragma reports.
fn rules(table: &Table) -> Vec<String> {
    let generated = table.columns.iter().filter_map(|column| Some(&column.generated.as_ref()?.expr));
    let stated = table.rules.iter().flat_map(Rule::expressions);
    let mut rules: Vec<String> = generated.chain(stated).map(|expr| bare(&expr.sql)).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// Returns a text without whatever can be written in several ways.
fn bare(sql: &str) -> String {
    let is_kept = |letter: &char| !letter.is_whitespace() && !"()[]'\"`".contains(*letter);
    sql.chars().filter(is_kept).collect::<String>().to_ascii_lowercase()
}

/// Describes a column, once for each way to write its default.
fn column(table: &Table, column: &Column) -> Vec<String> {
    let options = &table.options;
    let spelled = || Dialect::Sqlite.spelling(&column.data_type, options).unwrap_or_default();
    let affinity = affinity(&column.sql_type.clone().unwrap_or_else(spelled));
    let key = table.primary_key.iter().flat_map(|key| &key.columns).position(|name| *name == column.name);
    let rule = match key {
        // SQLite lets keys hold NULL, and introspection ignores that.
        Some(place) => format!(" key {}", place + 1),
        None if !column.nullable => " not null".to_owned(),
        None => String::new(),
    };
    let generated = match &column.generated {
        Some(generated) if generated.stored => " stored",
        Some(_) => " virtual",
        None => "",
    };
    let line = |default: String| format!("column {} {affinity}{rule}{default}{generated}", column.name);
    defaults(column.default.as_ref()).into_iter().map(line).collect()
}

/// Returns the affinity with which SQLite stores values of a declared type.
fn affinity(sql_type: &str) -> &'static str {
    let word = sql_type.to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
    if has(&["INT"]) {
        "integer"
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        "text"
    } else if word.is_empty() || has(&["BLOB"]) {
        "blob"
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        "real"
    } else {
        "numeric"
    }
}

/// Returns the ways in which a default may be written in a table. Says of an expression only that there is one.
fn defaults(default: Option<&Expr>) -> Vec<String> {
    let Some(default) = default else { return vec![String::new()] };
    let mut said = Vec::new();
    for text in [&default.sql, &default.canonical] {
        let bare = text.trim_matches(['(', ')', '\'', '"', ' ']);
        if bare.contains('(') {
            said.push(" default (...)".to_owned());
            continue;
        }
        if text.trim_matches(['(', ')', ' ']).eq_ignore_ascii_case("null") {
            return vec![String::new()];
        }
        let alike = match bare.to_ascii_lowercase().as_str() {
            "0" | "false" => ["0", "false"].map(str::to_owned).into(),
            "1" | "true" => ["1", "true"].map(str::to_owned).into(),
            _rest => {
                bare.parse().map(|number: f64| vec![number.to_string(), format!("{number:?}")]).unwrap_or_default()
            }
        };
        // A quote may stand in a text twice or, between other quotes, once.
        let texts = [bare.to_owned(), bare.replace("''", "'")];
        said.extend(texts.into_iter().chain(alike).map(|text| format!(" default {text}")));
    }
    said.sort();
    said.dedup();
    said
}

/// Describes an index by its shape, because an index with another name does the same. Adds its name where the shape
/// says little.
fn index(table: &Table, index: &Index) -> String {
    let keys: Vec<String> = (index.columns.iter())
        .map(|key| {
            let (name, collation) = match &key.key {
                IndexKey::Column(name) => (name.as_str(), collated(table, name, key.collation.as_deref())),
                IndexKey::Expr(_) => ("...", collated(table, "", key.collation.as_deref())),
            };
            format!("{name}{}{collation}", if key.descending { " desc" } else { "" })
        })
        .collect();
    let has_expression = index.columns.iter().any(|key| matches!(key.key, IndexKey::Expr(_)));
    let name = index.name.as_deref().filter(|_| has_expression || index.predicate.is_some());
    let name = name.map(|name| format!(" {name}")).unwrap_or_default();
    let condition = if index.predicate.is_some() { " where ..." } else { "" };
    format!("{}{name} ({}){condition}", if index.unique { "unique" } else { "index" }, keys.join(", "))
}

/// Returns the collation of an index's key, unless it is the usual one.
fn collated(table: &Table, column: &str, stated: Option<&str>) -> String {
    let of_column = table.column(column).and_then(|column| column.collation.as_deref());
    match stated.or(of_column).filter(|name| !name.eq_ignore_ascii_case("binary")) {
        Some(name) => format!(" {}", name.to_lowercase()),
        None => String::new(),
    }
}

/// Describes a foreign key, column by column. Leaves out the referenced columns if they are the other table's primary
/// key.
fn foreign_key(key: &ForeignKey, schema: &Schema) -> Vec<String> {
    let parent = schema.tables.get(&key.references).and_then(|table| table.primary_key.as_ref());
    let of_parent = parent.map(|key| key.columns.as_slice()).unwrap_or_default();
    let is_unsaid = key.referenced_columns.is_empty() || key.referenced_columns == of_parent;
    let said = if key.referenced_columns.is_empty() { of_parent } else { &key.referenced_columns };
    let action = |event: &str, action: Option<Action>| match action.filter(|action| *action != Action::NoAction) {
        Some(action) => format!(" on {event} {}", action.to_string().to_lowercase()),
        None => String::new(),
    };
    let actions = format!("{}{}", action("delete", key.on_delete), action("update", key.on_update));
    let mut lines = Vec::new();
    for (place, column) in key.columns.iter().enumerate() {
        let targets = said.get(place).map(String::as_str).into_iter().chain(is_unsaid.then_some(""));
        let parent = &key.references.name;
        lines.extend(targets.map(|target| format!("foreign key {column} to {parent} ({target}){actions}")));
    }
    lines
}

/// Describes a trigger by its name and the length of its text without spaces and quotes, which renames change.
fn trigger(trigger: &Bystander) -> String {
    let letters = trigger.sql.trim_end_matches(';').chars().filter(|letter| !" \n\"".contains(*letter)).count();
    format!("trigger {} of {letters} letters", trigger.name)
}

/// Counts the words in a table's statement that no pragma reports.
fn words(table: &Table) -> Vec<(&'static str, usize)> {
    let generated =
        table.columns.iter().filter_map(|column| column.generated.as_ref().map(|generated| &generated.expr));
    let defaults = table.columns.iter().filter_map(|column| column.default.as_ref());
    let exprs: Vec<&Expr> =
        table.rules.checks().map(|check: &Check| &check.expr).chain(generated).chain(defaults).collect();
    // Where names aren't quoted, they count as words.
    let names = |word: &str| table.columns.iter().filter(|column| column.name.eq_ignore_ascii_case(word)).count();
    let said = |word: &str| exprs.iter().map(|expr| occurrences(&expr.sql, word)).sum::<usize>() + names(word);
    let columns = |holds: fn(&Column) -> bool| table.columns.iter().filter(|column| holds(column)).count();
    let deferred = |key: &&ForeignKey| key.deferrable == Deferrable::InitiallyDeferred;
    let counts = [
        ("CHECK", table.rules.checks().count()),
        ("COLLATE", columns(|column| column.collation.is_some())),
        ("AUTOINCREMENT", columns(|column| column.auto_increment)),
        ("DEFERRED", table.rules.foreign_keys().filter(deferred).count()),
        ("CONFLICT", 0),
        ("STRICT", usize::from(table.options.strict)),
        ("WITHOUT", usize::from(table.options.without_rowid)),
    ];
    counts.into_iter().map(|(word, count)| (word, count + said(word))).collect()
}

/// Counts a word in a text, between what the query takes for spaces.
fn occurrences(sql: &str, word: &str) -> usize {
    sql.split([' ', '(', ')', ',', '\t', '\n', '\r']).filter(|part| part.eq_ignore_ascii_case(word)).count()
}

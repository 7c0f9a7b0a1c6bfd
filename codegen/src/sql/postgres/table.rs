//! CREATE TABLE, the definition of one column, and comments.

use autogen::dialect::Dialect;
use autogen::model::{Column, Constraint, DataType, Numbering, Sequence, Table, TableName, TableOptions, UniqueForm};
use autogen::plan::Commented;

use super::{facts, literal, name, parts, quoted};

/// The statements that make a table and say what it is for.
pub(super) fn create(table: &Table) -> Vec<String> {
    let facts = facts();
    let own = || table.columns.iter().filter(|column| !column.inherited);
    let mut lines: Vec<String> = own().map(|found| column(found, Some(table))).collect();
    let is_inline = |columns: &[String]| matches!(columns, [only] if own().any(|column| column.name == *only));
    if let Some(key) = table.primary_key.as_ref().filter(|key| !is_inline(&key.columns)) {
        let columns = parts::list(&key.columns, facts);
        lines.push(format!("{}PRIMARY KEY ({columns})", parts::constraint(key.name.as_deref(), facts)));
    }
    for unique in table.uniques.iter().filter(|unique| unique.form == UniqueForm::Constraint) {
        lines.push(parts::unique(unique, facts));
    }
    lines.extend(table.exclusions.iter().map(|rule| parts::exclusion(rule, facts)));
    lines.extend(table.foreign_keys.iter().map(|key| parts::foreign_key(key, &name(&key.references), facts)));
    lines.extend(table.checks.iter().map(|check| parts::checked(check, facts)));
    let body = if lines.is_empty() { String::new() } else { format!("\n    {}\n", lines.join(",\n    ")) };

    let kind = if table.options.unlogged { "UNLOGGED TABLE" } else { "TABLE" };
    let mut words = vec![format!("CREATE {kind} {} ({body})", name(&table.name))];
    if !table.lineage.parents.is_empty() {
        let parents: Vec<String> = table.lineage.parents.iter().map(name).collect();
        words.push(format!("INHERITS ({})", parents.join(", ")));
    }
    words.extend(table.lineage.partition_by.as_ref().map(|key| format!("PARTITION BY {key}")));
    let mut statements = vec![words.join(" ")];
    statements.extend(table.comment.iter().map(|text| comment(&Commented::Table(table.name.clone()), Some(text))));
    statements.extend(table.columns.iter().filter_map(|column| comment_of(&table.name, column)));
    let uniques = table.uniques.iter().filter(|unique| unique.form == UniqueForm::Constraint);
    let uniques = uniques.map(|unique| (&unique.name, &unique.comment));
    let exclusions = table.exclusions.iter().map(|rule| (&rule.index.name, &rule.index.comment));
    let keys = table.foreign_keys.iter().map(|key| (&key.name, &key.comment));
    let checks = table.checks.iter().map(|check| (&check.name, &check.comment));
    let rules = uniques.chain(exclusions).chain(keys).chain(checks);
    statements.extend(rules.filter_map(|(rule, text)| {
        let of = Commented::Constraint(table.name.clone(), rule.clone()?);
        Some(comment(&of, Some(text.as_ref()?)))
    }));
    statements
}

/// The comment on an index that was just made.
pub(super) fn comment_on_index(table: &TableName, index: &Option<String>, text: &Option<String>) -> Option<String> {
    let of = Commented::Index(table.clone(), index.clone()?);
    Some(comment(&of, Some(text.as_ref()?)))
}

/// The comment on a rule that was just made.
pub(super) fn comment_on_rule(table: &TableName, rule: &Constraint) -> Option<String> {
    let of = Commented::Constraint(table.clone(), rule.name()?.to_owned());
    Some(comment(&of, Some(rule.comment()?)))
}

/// The statements that add a column and say what it is for.
pub(super) fn add_column(table: &TableName, found: &Column) -> Vec<String> {
    let add = format!("ALTER TABLE {} ADD COLUMN {}", name(table), column(found, None));
    std::iter::once(add).chain(comment_of(table, found)).collect()
}

/// What something is for, or that nothing is said of it any more.
pub(super) fn comment(of: &Commented, comment: Option<&str>) -> String {
    let comment = comment.map_or_else(|| "NULL".to_owned(), literal);
    let object = match of {
        Commented::Table(table) => format!("TABLE {}", name(table)),
        Commented::Column(table, column) => format!("COLUMN {}.{}", name(table), quoted(column)),
        Commented::Enum(found) => format!("TYPE {}", name(found)),
        Commented::Index(table, index) => {
            format!("INDEX {}", name(&TableName { schema: table.schema.clone(), name: index.clone() }))
        }
        Commented::Constraint(table, rule) => format!("CONSTRAINT {} ON {}", quoted(rule), name(table)),
    };
    format!("COMMENT ON {object} IS {comment}")
}

fn comment_of(table: &TableName, column: &Column) -> Option<String> {
    let of = Commented::Column(table.clone(), column.name.clone());
    column.comment.as_ref().map(|text| comment(&of, Some(text)))
}

/// A column's definition. Without a table it is one that ALTER TABLE adds, whose keys are added apart.
fn column(column: &Column, table: Option<&Table>) -> String {
    let key = table.and_then(|table| table.primary_key.as_ref()).filter(|key| key.columns == [column.name.clone()]);
    let spelled = match serial(column) {
        Some(word) => word.to_owned(),
        None => Dialect::Postgres.column_type(column, &TableOptions::default()),
    };
    let mut words = vec![quoted(&column.name), spelled];
    words.extend(column.collation.as_ref().map(|collation| format!("COLLATE {}", quoted(collation))));
    // A key requires a value by itself.
    if !column.nullable && key.is_none() {
        words.push("NOT NULL".to_owned());
    }
    if column.auto_increment && serial(column).is_none() {
        words.push(identity(column));
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        words.push(format!("GENERATED ALWAYS AS ({}) {kind}", generated.expr.sql));
    }
    words.extend(column.default.as_ref().map(|default| format!("DEFAULT {}", bracketed(&default.sql))));
    words.extend(key.map(|key| format!("{}PRIMARY KEY", parts::constraint(key.name.as_deref(), facts()))));
    words.join(" ")
}

/// The word for a column that an old-fashioned sequence numbers: it makes the sequence as well.
pub(crate) fn serial(column: &Column) -> Option<&'static str> {
    if column.numbering != Some(Numbering::Serial) {
        return None;
    }
    let words = [(DataType::SmallInt, "smallserial"), (DataType::BigInt, "bigserial")];
    let word = words.into_iter().find(|(data_type, _)| *data_type == column.data_type);
    Some(word.map_or("serial", |(_, word)| word))
}

/// What makes a column an identity.
pub(super) fn identity(column: &Column) -> String {
    let word = match column.numbering {
        Some(Numbering::Always) => "GENERATED ALWAYS AS IDENTITY",
        Some(Numbering::ByDefault | Numbering::Serial) | None => "GENERATED BY DEFAULT AS IDENTITY",
    };
    let options = counting(&column.sequence, false);
    if options.is_empty() { word.to_owned() } else { format!("{word} ({})", options.join(" ")) }
}

/// How a sequence counts. `all` also says what would be so unasked.
pub(super) fn counting(sequence: &Sequence, all: bool) -> Vec<String> {
    let option = |word: &str, value: Option<i64>, usual: &str| match value {
        Some(value) => Some(format!("{word} {value}")),
        None => all.then(|| usual.to_owned()),
    };
    let start = sequence.start.map_or_else(|| all.then(|| sequence.first()), Some);
    let cycle = match (sequence.cycle, all) {
        (true, _) => Some("CYCLE".to_owned()),
        (false, true) => Some("NO CYCLE".to_owned()),
        (false, false) => None,
    };
    let parts = [
        option("INCREMENT BY", sequence.increment, "INCREMENT BY 1"),
        option("MINVALUE", sequence.min, "NO MINVALUE"),
        option("MAXVALUE", sequence.max, "NO MAXVALUE"),
        start.map(|start| format!("START WITH {start}")),
        option("CACHE", sequence.cache, "CACHE 1"),
        cycle,
    ];
    parts.into_iter().flatten().collect()
}

/// A default as PostgreSQL takes it: what has no blank is a literal, a call or a cast of one, and
/// anything else could hold an operator that a bare default can't.
pub(super) fn bracketed(sql: &str) -> String {
    let is_bare = Dialect::Postgres.is_literal(sql) || !sql.contains(char::is_whitespace);
    if is_bare { sql.to_owned() } else { format!("({sql})") }
}

#[cfg(test)]
mod tests {
    use super::bracketed;

    #[test]
    fn defaults_that_may_hold_operators_get_brackets() {
        assert_eq!(bracketed("'a b'"), "'a b'");
        assert_eq!(bracketed("now()"), "now()");
        assert_eq!(bracketed("'x'::text"), "'x'::text");
        assert_eq!(bracketed("1 IN (1, 2)"), "(1 IN (1, 2))");
    }
}

//! CREATE TABLE, the definition of one column, and comments.

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{Column, DataType, Expr, Numbering, Rule, Sequence, Table, TableName, TableOptions};
use autogen_engine::plan::Commented;

use super::{block, facts, literal, name, parts, quoted};

/// Writes the statements that make a table and its comments.
pub(super) fn create(table: &Table) -> Vec<String> {
    let facts = facts();
    let own = || table.columns.iter().filter(|column| !column.inherited);
    let mut lines: Vec<String> = own().map(|found| column(found, Some(table))).collect();
    let is_inline = |columns: &[String]| matches!(columns, [only] if own().any(|column| column.name == *only));
    if let Some(key) = table.primary_key.as_ref().filter(|key| !is_inline(&key.columns)) {
        let columns = parts::list(&key.columns, facts);
        lines.push(format!("{}PRIMARY KEY ({columns})", parts::named(key.name.as_deref(), facts)));
    }
    lines.extend(table.rules.iter().filter_map(constraint));
    let body = if lines.is_empty() { String::new() } else { format!("\n    {}\n", lines.join(",\n    ")) };

    let kind = if table.options.unlogged { "UNLOGGED TABLE" } else { "TABLE" };
    let mut words = vec![format!("CREATE {kind} {} ({body})", name(&table.name))];
    if !table.lineage.parents.is_empty() {
        let parents: Vec<String> = table.lineage.parents.iter().map(name).collect();
        words.push(format!("INHERITS ({})", parents.join(", ")));
    }
    words.extend(table.lineage.partition_by.as_ref().map(|key| format!("PARTITION BY {key}")));
    let mut statements = vec![words.join(" ")];
    statements
        .extend(table.lineage.of_type.iter().map(|found| format!("ALTER TABLE {} OF {found}", name(&table.name))));
    // The word `serial` doesn't say how the sequence counts.
    statements.extend(own().filter(|column| counts_its_own_way(column)).map(|column| {
        let options = format!(" {} RESTART", counting(&column.sequence, false).join(" "));
        block::sequence(&table.name, &column.name, "ALTER SEQUENCE ", &options)
    }));
    statements.extend(table.comment.iter().map(|text| comment(&Commented::Table(table.name.clone()), Some(text))));
    statements.extend(table.columns.iter().filter_map(|column| comment_of(&table.name, column)));
    let constraints = table.rules.iter().filter(|rule| !rule.is_index());
    statements.extend(constraints.filter_map(|rule| comment_on_rule(&table.name, rule)));
    statements
}

/// Returns a rule as a table's statement states it, or `None` for an index, which has a statement of its own.
pub(super) fn constraint(rule: &Rule) -> Option<String> {
    (!rule.is_index()).then(|| parts::constraint(rule, name, facts()))
}

/// Writes the comment on a rule that was just made.
pub(super) fn comment_on_rule(table: &TableName, rule: &Rule) -> Option<String> {
    rule.name()?;
    Some(comment(&commented(table, rule), Some(rule.comment()?)))
}

/// Returns the object that a comment on a rule belongs to.
pub(super) fn commented(table: &TableName, rule: &Rule) -> Commented {
    let name = rule.name().unwrap_or_default().to_owned();
    if rule.is_index() { Commented::Index(table.clone(), name) } else { Commented::Constraint(table.clone(), name) }
}

/// Writes the statements that add a column and its comment.
pub(super) fn add_column(table: &TableName, found: &Column) -> Vec<String> {
    let mut statements = if counts_its_own_way(found) {
        // Existing rows get their numbers in the order of counting.
        let made = sequence_name(table, &found.name);
        let default = Some(Expr::new(format!("nextval({})", literal(&made))));
        let plain = Column { auto_increment: false, numbering: None, default, ..found.clone() };
        vec![
            create_sequence(&made, found),
            format!("ALTER TABLE {} ADD COLUMN {}", name(table), column(&plain, None)),
            format!("ALTER SEQUENCE {made} OWNED BY {}.{}", name(table), quoted(&found.name)),
        ]
    } else {
        vec![format!("ALTER TABLE {} ADD COLUMN {}", name(table), column(found, None))]
    };
    statements.extend(comment_of(table, found));
    statements
}

/// Checks whether a column has a sequence of its own that doesn't count in the default way.
fn counts_its_own_way(column: &Column) -> bool {
    column.numbering == Some(Numbering::Serial) && column.sequence != Sequence::default()
}

/// Writes the statement that makes the sequence of a serial column.
pub(super) fn create_sequence(made: &str, found: &Column) -> String {
    let spelled = Dialect::Postgres.column_type(found, &TableOptions::default());
    let mut words = vec![format!("CREATE SEQUENCE {made} AS {spelled}")];
    words.extend(counting(&found.sequence, false));
    words.join(" ")
}

/// Returns the quoted name that PostgreSQL gives the sequence of a serial column. The longer of the two names
/// is cut first.
pub(super) fn sequence_name(table: &TableName, column: &str) -> String {
    let (mut first, mut second) = (table.name.as_str(), column);
    let most = facts().max_identifier - "__seq".len();
    while first.len() + second.len() > most {
        let longer = if first.len() > second.len() { &mut first } else { &mut second };
        *longer = longer.char_indices().last().map_or("", |(at, _)| &longer[..at]);
    }
    name(&TableName { schema: table.schema.clone(), name: format!("{first}_{second}_seq") })
}

/// Writes the statement that sets a comment, or removes it.
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

/// Writes a column's definition. Without a table, it is for an ALTER TABLE that adds the column, and keys are
/// added separately.
fn column(column: &Column, table: Option<&Table>) -> String {
    let key = table.and_then(|table| table.primary_key.as_ref()).filter(|key| key.columns == [column.name.clone()]);
    let spelled = match serial(column) {
        Some(word) => word.to_owned(),
        None => Dialect::Postgres.column_type(column, &TableOptions::default()),
    };
    let mut words = vec![quoted(&column.name), spelled];
    words.extend(column.collation.as_ref().map(|collation| format!("COLLATE {}", facts().quoted_collation(collation))));
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
    words.extend(key.map(|key| format!("{}PRIMARY KEY", parts::named(key.name.as_deref(), facts()))));
    words.join(" ")
}

/// Returns the type for a column that an old-fashioned sequence numbers. The type also makes the sequence.
pub(crate) fn serial(column: &Column) -> Option<&'static str> {
    if column.numbering != Some(Numbering::Serial) {
        return None;
    }
    let words = [(DataType::SmallInt, "smallserial"), (DataType::BigInt, "bigserial")];
    let word = words.into_iter().find(|(data_type, _)| *data_type == column.data_type);
    Some(word.map_or("serial", |(_, word)| word))
}

/// Writes what makes a column an identity.
pub(super) fn identity(column: &Column) -> String {
    let word = match column.numbering {
        Some(Numbering::Always) => "GENERATED ALWAYS AS IDENTITY",
        Some(Numbering::ByDefault | Numbering::Serial) | None => "GENERATED BY DEFAULT AS IDENTITY",
    };
    let options = counting(&column.sequence, false);
    if options.is_empty() { word.to_owned() } else { format!("{word} ({})", options.join(" ")) }
}

/// Writes how a sequence counts. `all` also writes the defaults. They are written with bounds as numbers,
/// because beside `AS`, `NO MAXVALUE` means the end of the type for a sequence that counts downwards too.
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
    let (min, max) = if all { sequence.bounds() } else { (sequence.min, sequence.max) };
    let parts = [
        option("INCREMENT BY", sequence.increment, "INCREMENT BY 1"),
        option("MINVALUE", min, "NO MINVALUE"),
        option("MAXVALUE", max, "NO MAXVALUE"),
        start.map(|start| format!("START WITH {start}")),
        option("CACHE", sequence.cache, "CACHE 1"),
        cycle,
    ];
    parts.into_iter().flatten().collect()
}

/// Writes a default as PostgreSQL takes it. Text without a blank is a literal, a call or a cast of one.
/// Anything else gets brackets, because it could hold an operator that a bare default can't.
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

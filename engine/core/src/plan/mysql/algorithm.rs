//! How a server carries out an alteration: whether it copies the table, and who waits meanwhile.
//!
//! The rules are those of InnoDB in MariaDB 10.11 and MySQL 9.7, each tried there; where several clauses share a
//! statement, the worst of them counts. What MySQL alone does otherwise is in [`mysql8`](super::mysql8).

use std::collections::BTreeSet;

use crate::dialect::{Dialect, Facts};
use crate::model::{
    Column, DataType, Index, IndexColumn, MysqlServer, Pair, Rule, Table, TableName, TableOptions, Unique,
};
use crate::plan::{Algorithm, Algorithms, Clause, Hazard, HazardKind, MysqlOperation, Position, Step};
use crate::sql::index_columns;
use crate::sql::mysql::values;

use super::generated::is_virtual;
use super::mysql8;

/// Returns one statement that makes all these changes to a table, with what it costs on the server that it is planned
/// for. `before` is the table as it was.
pub(super) fn alteration(
    server: Option<MysqlServer>,
    before: &Table,
    clauses: Vec<Clause>,
    mut hazards: Vec<Hazard>,
) -> Step {
    let algorithms = Algorithms {
        mariadb: algorithm(MysqlServer::Mariadb, before, &clauses),
        mysql: algorithm(MysqlServer::Mysql, before, &clauses),
    };
    hazards.extend((algorithms.on(server) == Algorithm::Copy).then(|| copied(&before.name)));
    Step { operation: MysqlOperation::AlterTable(before.name.clone(), clauses, algorithms).into(), hazards }
}

fn algorithm(server: MysqlServer, before: &Table, clauses: &[Clause]) -> Algorithm {
    if before.options.engine.as_ref().is_some_and(|engine| !engine.eq_ignore_ascii_case("innodb")) {
        return Algorithm::Copy;
    }
    let of_clauses = |counts: &dyn Fn(usize) -> bool| {
        let counted = clauses.iter().enumerate().filter(|(at, _)| counts(*at));
        counted.map(|(_, clause)| of_clause(server, before, clause, clauses)).max().unwrap_or(Algorithm::Catalog)
    };
    match server {
        MysqlServer::Mariadb => {
            let renamed = renamed_indexes(before, clauses);
            let worst = of_clauses(&|at| !renamed.contains(&at));
            if mixes(clauses, before, worst) { Algorithm::Copy } else { worst }
        }
        MysqlServer::Mysql => mysql8::least(before, clauses).max(of_clauses(&|_| true)),
    }
}

/// Returns the hazard that a table is copied.
pub(in crate::plan) fn copied(table: &TableName) -> Hazard {
    let facts: &Facts = Dialect::Mysql.facts();
    Hazard {
        kind: HazardKind::Rebuild,
        detail: format!("every row of {table} is copied while nobody else can write"),
        count: Some(format!("SELECT count(*) FROM {}", facts.quoted_table(table))),
    }
}

/// Returns the positions of clauses that drop an index and add the same one with another name. The server renames
/// such an index.
fn renamed_indexes(before: &Table, clauses: &[Clause]) -> BTreeSet<usize> {
    let alike = |old: &Index, new: &Index| {
        let key = |index: &Index| {
            let key = |key: &IndexColumn| (key.key.clone(), key.prefix, key.descending);
            (index.columns.iter().map(key).collect::<Vec<_>>(), index.unique, index.method.clone(), index.hidden)
        };
        key(old) == key(new)
    };
    // Over a column that comes with it, it is another one.
    let comes =
        |name: &String| clauses.iter().any(|clause| matches!(clause, Clause::AddColumn(new, ..) if new.name == *name));
    let is_over_new = |new: &Clause| match new {
        Clause::Add(Rule::Index(index)) => index_columns(index, Dialect::Mysql).iter().any(comes),
        Clause::Add(Rule::Unique(unique)) => unique.columns.iter().any(comes),
        Clause::AddColumn(..)
        | Clause::DropColumn(_)
        | Clause::ModifyColumn(..)
        | Clause::Add(_)
        | Clause::Drop(_)
        | Clause::DropIndex(_)
        | Clause::HideIndex(..)
        | Clause::Options(_)
        | Clause::Comment(_) => false,
    };
    let same = |gone: &Clause, new: &Clause| match (gone, new) {
        (_, new) if is_over_new(new) => false,
        (Clause::DropIndex(name), Clause::Add(Rule::Index(new))) => {
            (before.rules.indexes()).any(|old| old.name.as_deref() == Some(name.as_str()) && alike(old, new))
        }
        (Clause::Drop(Rule::Unique(old)), Clause::Add(Rule::Unique(new))) => {
            old.columns == new.columns && old.hidden == new.hidden
        }
        (
            Clause::AddColumn(..)
            | Clause::DropColumn(_)
            | Clause::ModifyColumn(..)
            | Clause::Add(_)
            | Clause::Drop(_)
            | Clause::DropIndex(_)
            | Clause::HideIndex(..)
            | Clause::Options(_)
            | Clause::Comment(_),
            _,
        ) => false,
    };
    let mut found = BTreeSet::new();
    for (at, gone) in clauses.iter().enumerate() {
        let new = clauses.iter().enumerate().find(|(to, new)| !found.contains(to) && same(gone, new));
        found.extend(new.into_iter().flat_map(|(to, _)| [at, to]));
    }
    found
}

/// Checks whether clauses can run as one statement only by copying the table. Where other computed columns stay, a
/// column that is computed on reading has to be added or dropped alone. So have other columns, where the table is
/// rewritten anyway.
fn mixes(clauses: &[Clause], before: &Table, algorithm: Algorithm) -> bool {
    let stays = |column: &Column| {
        let is_gone = |clause: &Clause| matches!(clause, Clause::DropColumn(name) if *name == column.name);
        column.generated.is_some() && !clauses.iter().any(is_gone)
    };
    let of_virtual = |clause: &&Clause| match clause {
        Clause::AddColumn(new, ..) => is_virtual(new),
        Clause::DropColumn(name) => before.column(name).is_some_and(is_virtual),
        Clause::ModifyColumn(..)
        | Clause::Add(_)
        | Clause::Drop(_)
        | Clause::DropIndex(_)
        | Clause::HideIndex(..)
        | Clause::Options(_)
        | Clause::Comment(_) => false,
    };
    let count = clauses.iter().filter(of_virtual).count();
    let moves = clauses.iter().any(|clause| clause.is_of_column() && !matches!(clause, Clause::ModifyColumn(..)));
    let adds = clauses.iter().any(|clause| matches!(clause, Clause::AddColumn(new, ..) if !is_virtual(new)));
    let stay = before.columns.iter().any(stays);
    // A column that goes while another one is stated anew moves those that are computed on reading.
    let drops = clauses.iter().any(|clause| matches!(clause, Clause::DropColumn(_)));
    let restates = clauses.iter().any(|clause| matches!(clause, Clause::ModifyColumn(..)));
    (drops && restates && before.columns.iter().any(is_virtual))
        || (count > 0 && (adds || (stay && count < clauses.len())))
        || (moves && algorithm >= Algorithm::InPlace && stay && before.columns.iter().any(is_virtual))
}

/// Returns the cheapest algorithm that can run one clause of a statement.
pub(super) fn of_clause(server: MysqlServer, before: &Table, clause: &Clause, all: &[Clause]) -> Algorithm {
    match clause {
        Clause::AddColumn(new, _, position) => added(server, before, new, position),
        Clause::DropColumn(name) if before.column(name).is_some_and(is_virtual) => Algorithm::Catalog,
        Clause::DropColumn(_) => moved(server, before),
        Clause::ModifyColumn(to, _) => match before.column(&to.name) {
            Some(from) => modified(server, before, from, to),
            // A previous step has added it without requiring a value.
            None => required(server, before, to),
        },
        Clause::Add(Rule::PrimaryKey(_)) => rewritten(server, before),
        Clause::Drop(Rule::PrimaryKey(_)) => {
            let comes_anew = all.iter().any(|clause| matches!(clause, Clause::Add(Rule::PrimaryKey(_))));
            // Rows are stored by it.
            if comes_anew { rewritten(server, before) } else { Algorithm::Copy }
        }
        // A value that is too long for an index is kept as a hash in a hidden column, which can only be dropped alone.
        Clause::Drop(Rule::Unique(unique)) if all.len() > 1 && is_long(before, unique, all) => Algorithm::Copy,
        Clause::Drop(Rule::Unique(_)) => Algorithm::InPlace,
        Clause::Add(Rule::Unique(unique)) if is_long(before, unique, all) => Algorithm::Copy,
        Clause::Add(Rule::Unique(_)) => Algorithm::InPlace,
        Clause::Add(Rule::ForeignKey(_) | Rule::Check(_) | Rule::Exclusion(_)) => Algorithm::Copy,
        Clause::Drop(Rule::ForeignKey(_) | Rule::Check(_) | Rule::Exclusion(_)) => Algorithm::Catalog,
        // A text index, and one of places.
        Clause::Add(Rule::Index(index)) if index.method.is_some() => Algorithm::InPlaceReading,
        Clause::Add(Rule::Index(_)) | Clause::Drop(Rule::Index(_)) | Clause::DropIndex(_) => Algorithm::InPlace,
        Clause::HideIndex(..) => {
            if all.iter().any(Clause::is_of_table) {
                Algorithm::InPlace
            } else {
                Algorithm::Catalog
            }
        }
        Clause::Options(options) if options.from.engine != options.to.engine => Algorithm::Copy,
        Clause::Options(options) if !options.from.system_versioned && options.to.system_versioned => Algorithm::Copy,
        Clause::Options(options) if options.from.system_versioned && !options.to.system_versioned => {
            Algorithm::InPlaceReading
        }
        Clause::Options(options) if lays_out_rows_anew(options) => Algorithm::InPlace,
        // How later texts are compared.
        Clause::Options(_) if all.len() == 1 => Algorithm::Catalog,
        Clause::Options(_) => Algorithm::InPlace,
        Clause::Comment(_) => Algorithm::Catalog,
    }
}

fn lays_out_rows_anew(options: &Pair<TableOptions>) -> bool {
    options.from.row_format != options.to.row_format || options.from.key_block_size != options.to.key_block_size
}

/// Returns the algorithm that makes a column required.
fn required(server: MysqlServer, before: &Table, column: &Column) -> Algorithm {
    // MariaDB puts the current time into a `timestamp` that is NULL, which takes a copy.
    let spelled = Dialect::Mysql.column_type(column, &TableOptions::default()).to_ascii_lowercase();
    let is_mariadb = server == MysqlServer::Mariadb;
    if is_mariadb && spelled.starts_with("timestamp") {
        return Algorithm::Copy;
    }
    // Stored computed columns are computed again. On MariaDB this includes those that are stored in an index only.
    let is_kept = |column: &Column| {
        column.generated.is_some() && (!is_virtual(column) || (is_mariadb && is_in_index(before, column)))
    };
    if before.columns.iter().any(is_kept) { Algorithm::Copy } else { in_place(server, before) }
}

/// Returns the algorithm that adds or drops stored columns.
fn moved(server: MysqlServer, before: &Table) -> Algorithm {
    let format = before.options.row_format.as_deref().unwrap_or_default();
    let is_compressed = format.eq_ignore_ascii_case("compressed") || before.options.key_block_size.is_some();
    let algorithm = in_place(server, before);
    if algorithm == Algorithm::InPlace && !is_compressed { Algorithm::Catalog } else { algorithm }
}

/// Returns the algorithm that lays out a table anew in place. A full-text index makes this slower.
fn in_place(server: MysqlServer, before: &Table) -> Algorithm {
    let is_of_texts = |index: &Index| index.method.as_ref().is_some_and(|name| name.eq_ignore_ascii_case("fulltext"));
    if !before.rules.indexes().any(is_of_texts) {
        return Algorithm::InPlace;
    }
    match server {
        MysqlServer::Mariadb => Algorithm::InPlaceReading,
        MysqlServer::Mysql => Algorithm::Copy,
    }
}

/// Returns the algorithm that rewrites every row in place.
fn rewritten(server: MysqlServer, before: &Table) -> Algorithm {
    let is_kept = |column: &Column| is_virtual(column) && is_in_index(before, column);
    match server {
        MysqlServer::Mariadb if before.columns.iter().any(is_kept) => Algorithm::InPlaceReading,
        MysqlServer::Mariadb | MysqlServer::Mysql => in_place(server, before),
    }
}

fn is_in_index(table: &Table, column: &Column) -> bool {
    let is_in = |index: &Index| index_columns(index, Dialect::Mysql).contains(&column.name);
    table.rules.uniques().any(|unique| unique.columns.contains(&column.name)) || table.rules.indexes().any(is_in)
}

/// Checks whether a unique rule covers texts or bytes of unlimited length.
fn is_long(before: &Table, unique: &Unique, all: &[Clause]) -> bool {
    let added = all.iter().filter_map(|clause| {
        if let Clause::AddColumn(new, ..) | Clause::ModifyColumn(new, _) = clause { Some(new) } else { None }
    });
    let columns: Vec<&Column> = before.columns.iter().chain(added).collect();
    let is_long = |name: &String| columns.iter().any(|column| column.name == *name && is_unbounded(column));
    unique.columns.iter().any(is_long)
}

fn is_unbounded(column: &Column) -> bool {
    let spelled = Dialect::Mysql.column_type(column, &TableOptions::default()).to_ascii_lowercase();
    ["text", "blob", "json"].iter().any(|word| spelled.ends_with(word))
}

fn added(server: MysqlServer, before: &Table, new: &Column, position: &Position) -> Algorithm {
    if new.generated.as_ref().is_some_and(|generated| generated.stored) {
        return Algorithm::Copy;
    }
    if new.auto_increment {
        return Algorithm::InPlaceReading;
    }
    // Between other columns it moves those that are computed on reading.
    let is_mariadb = server == MysqlServer::Mariadb;
    if is_mariadb && *position != Position::Last && before.columns.iter().any(is_virtual) {
        return Algorithm::Copy;
    }
    if is_virtual(new) { Algorithm::Catalog } else { moved(server, before) }
}

fn modified(server: MysqlServer, before: &Table, from: &Column, to: &Column) -> Algorithm {
    if (!from.auto_increment && to.auto_increment) || !keeps_form(from, to) {
        return Algorithm::Copy;
    }
    let is_computed_anew = match (&from.generated, &to.generated) {
        (Some(from), Some(to)) => to.stored && !from.expr.same_as(&to.expr),
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
    };
    if is_computed_anew {
        return Algorithm::Copy;
    }
    if from.collation != to.collation {
        let spelled = Dialect::Mysql.column_type(to, &TableOptions::default());
        let is_stored_anew = values(&spelled).is_some() || characters(before, from) != characters(before, to);
        if is_stored_anew || before.is_indexed(std::slice::from_ref(&to.name)) {
            return Algorithm::Copy;
        }
    }
    match (from.nullable, to.nullable) {
        (true, false) => required(server, before, to),
        (false, true) => rewritten(server, before),
        (true, true) | (false, false) => Algorithm::Catalog,
    }
}

/// Returns the character set of a column's collation, or `utf8mb4` where no collation is stated.
pub(super) fn characters<'a>(table: &'a Table, column: &'a Column) -> &'a str {
    let collation = column.collation.as_ref().or(table.options.collation.as_ref());
    collation.and_then(|collation| collation.split('_').next()).unwrap_or("utf8mb4")
}

/// Returns how many bytes a `varbinary` holds.
fn bytes(spelled: &str) -> Option<u32> {
    spelled.to_ascii_lowercase().strip_prefix("varbinary(")?.strip_suffix(')')?.trim().parse().ok()
}

/// Checks whether values stay as they are stored: a text may become longer, and a list of values may get more at its
/// end.
fn keeps_form(from: &Column, to: &Column) -> bool {
    let spelled = |column: &Column| Dialect::Mysql.column_type(column, &TableOptions::default());
    let (old, new) = (spelled(from), spelled(to));
    if let (Some((kind, old)), Some((other, new))) = (values(&old), values(&new)) {
        // Letters of another case are the same value, stored by its place in the list.
        let begins_alike = |(old, new): (&String, &String)| old.eq_ignore_ascii_case(new);
        return kind == other && new.len() >= old.len() && old.iter().zip(&new).all(begins_alike);
    }
    if let (Some(old), Some(new)) = (bytes(&old), bytes(&new)) {
        return old <= new && (old > 255 || new <= 255);
    }
    let (old, new) = (Dialect::Mysql.data_type(&old), Dialect::Mysql.data_type(&new));
    match (&old, &new) {
        // A text's length takes one byte or two. For a text of at most 127 bytes it may be either.
        (DataType::Varchar(Some(old)), DataType::Varchar(Some(new))) => {
            old <= new && (4 * old <= 127 || 4 * old > 255 || 4 * new <= 255)
        }
        // Both are a byte.
        (DataType::Bool | DataType::TinyInt, DataType::Bool | DataType::TinyInt) => true,
        (old, new) => old == new,
    }
}

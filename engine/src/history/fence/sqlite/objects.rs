//! The objects of a schema, as `sqlite_master` lists them.

use std::rc::Rc;

/// An object of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) database: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) table: String,
    pub(super) sql: String,
}

/// All objects except the indexes that rules make by themselves, in a fixed order.
pub(super) const OBJECTS: &str = "SELECT 'main', type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL \
                       UNION ALL SELECT 'temp', type, name, tbl_name, sql FROM sqlite_temp_master WHERE sql IS NOT NULL ORDER BY 1, 2, 3";

/// Returns the rank of an object's kind. Tables come before what depends on them.
pub(super) fn rank(object: &Object) -> usize {
    match object.kind.as_str() {
        "table" if is_virtual(object) => 0,
        "table" => 1,
        "index" => INDEX,
        "view" => 3,
        _ => 4,
    }
}

/// The rank of indexes.
pub(super) const INDEX: usize = 2;

pub(super) fn is_virtual(object: &Object) -> bool {
    object.sql.get(..14).is_some_and(|word| word.eq_ignore_ascii_case("CREATE VIRTUAL"))
}

/// Reads the rows of [`OBJECTS`].
pub(super) fn objects(rows: Vec<Vec<Option<String>>>) -> Rc<[Object]> {
    let object = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || row.next().unwrap_or_default();
        Object { database: next(), kind: next(), name: next(), table: next(), sql: next() }
    };
    rows.into_iter().map(object).collect()
}

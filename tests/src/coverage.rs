//! Which changes there are, so that a test can ask for a story about each.

/// Every kind of change on some database, as [`Change::kind`](autogen_engine::model::Change::kind) calls it. Exclusions and rules
/// that are held otherwise, which only PostgreSQL has, are executed by `codegen/tests/postgres_plans`.
pub const CHANGES: [&str; 24] = [
    "rename-table",
    "rename-column",
    "rename-enum",
    "rename-enum-value",
    "create-table",
    "drop-table",
    "alter-options",
    "comment-table",
    "add-column",
    "drop-column",
    "alter-column",
    "alter-primary-key",
    "add-unique",
    "drop-unique",
    "add-index",
    "drop-index",
    "add-foreign-key",
    "drop-foreign-key",
    "add-check",
    "drop-check",
    "create-enum",
    "drop-enum",
    "alter-enum",
    "comment-enum",
];

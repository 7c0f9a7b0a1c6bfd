//! What people make in the database by hand: what no plugin owns and must stay (triggers, views, tables with a
//! key into a plugin's), and drift, which `check` has to find and which its maker takes back.

use autogen_engine::dialect::Dialect;

use super::draw::Draw;
use super::live::Live;
use super::models::{Column, Id, Kind, Models, Table};

/// The table that triggers write to.
pub const LOG: &str = "hand_log";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Notes every new row; the column's value along with it.
    Trigger,
    View,
    /// A table that points at the plugin's.
    Child,
    Column,
    Index,
    Default,
    Check,
    /// A longer text.
    Width,
}

#[derive(Debug, Clone)]
pub struct Hand {
    pub what: What,
    pub name: String,
    pub table: Id,
    pub column: Option<Id>,
}

impl Hand {
    /// Whether a comparison with the chains finds it.
    pub fn is_drift(&self) -> bool {
        matches!(self.what, What::Column | What::Index | What::Default | What::Check | What::Width)
    }

    /// Draws an object on one of the tables that are there.
    pub fn draw(live: &Live, models: &Models, draw: &mut Draw, number: usize, drift: bool) -> Option<Self> {
        let table = draw.pick(&models.tables)?;
        let column = draw.pick(&table.columns);
        let (is_sqlite, is_mysql) = (live.dialect == Dialect::Sqlite, live.dialect == Dialect::Mysql);
        let what = match (drift, draw.below(10)) {
            (false, 0..5) => What::Trigger,
            (false, 5..8) => What::View,
            (false, _) => What::Child,
            (true, 0..4) => What::Column,
            (true, 4..7) => What::Index,
            (true, 7) => What::Default,
            (true, 8) => What::Check,
            (true, _) => What::Width,
        };
        let column = match what {
            What::Trigger | What::View => column.filter(|_| draw.chance(40)),
            What::Column | What::Child => None,
            // MariaDB lets an index take the place of its own for a key, and keeps it then.
            What::Index => {
                Some(column.filter(|c| c.kind.is_bounded() && !c.index && !(is_mysql && c.parent.is_some()))?)
            }
            What::Default if is_sqlite => return None,
            What::Default => Some(column.filter(|c| c.kind.is_whole() && c.default.is_none() && c.parent.is_none())?),
            What::Check if is_sqlite => return None,
            What::Check => Some(column.filter(|c| c.kind.is_whole() && !c.check && c.parent.is_none())?),
            What::Width if is_sqlite => return None,
            What::Width => Some(column.filter(|column| is_plain_text(column))?),
        };
        let name = format!("hand_{number}");
        Some(Self { what, name, table: table.id, column: column.map(|column| column.id) })
    }

    /// What makes it.
    pub fn make(&self, live: &Live, models: &Models) -> Option<Vec<String>> {
        let table = models.table(self.table)?;
        let column = self.column.and_then(|id| table.column(id));
        let on = live.quoted(&table.name);
        let name = &self.name;
        let named = column.map(|column| live.quoted(&column.name));
        Some(match self.what {
            What::Trigger => trigger(live, table, name, named.as_deref()),
            What::View => {
                let key = live.quoted(table.key.name());
                let columns = named.map_or_else(|| key.clone(), |column| format!("{key}, {column}"));
                vec![format!("CREATE VIEW {name} AS SELECT {columns} FROM {on}")]
            }
            What::Child => {
                let key = live.quoted(table.key.name());
                let key_type = match table.key.kind() {
                    Kind::Varchar(_) => "varchar(20)",
                    _ => "integer",
                };
                vec![
                    format!(
                        "CREATE TABLE {name} (n integer PRIMARY KEY, at_{name} {key_type}, \
                         FOREIGN KEY (at_{name}) REFERENCES {on} ({key}) ON DELETE CASCADE)"
                    ),
                    format!("INSERT INTO {name} SELECT 1, min({key}) FROM {on}"),
                ]
            }
            What::Column => vec![format!("ALTER TABLE {on} ADD COLUMN {name} integer DEFAULT 7")],
            What::Index => vec![format!("CREATE INDEX {name} ON {on} ({})", named?)],
            What::Default => vec![format!("ALTER TABLE {on} ALTER COLUMN {} SET DEFAULT 3", named?)],
            What::Check => vec![format!("ALTER TABLE {on} ADD CONSTRAINT {name} CHECK ({} >= -5)", named?)],
            What::Width => vec![width(live, &on, column?, 30)?],
        })
    }

    /// What takes it back, where what it is about is still there.
    pub fn unmake(&self, live: &Live, models: &Models) -> Vec<String> {
        let table = models.table(self.table);
        let column = self.column.and_then(|id| table.and_then(|table| table.column(id)));
        let name = &self.name;
        let on = table.map(|table| live.quoted(&table.name));
        let found = match (self.what, on) {
            (What::Trigger, Some(on)) if live.dialect == Dialect::Postgres => {
                Some(format!("DROP TRIGGER {name} ON {on}; DROP FUNCTION {name}()"))
            }
            (What::Trigger, Some(_)) => Some(format!("DROP TRIGGER {name}")),
            (What::View, Some(_)) => Some(format!("DROP VIEW {name}")),
            (What::Child, _) => Some(format!("DROP TABLE {name}")),
            (What::Column, Some(on)) => Some(format!("ALTER TABLE {on} DROP COLUMN {name}")),
            (What::Index, Some(on)) if column.is_some() => match live.dialect {
                Dialect::Mysql => Some(format!("DROP INDEX {name} ON {on}")),
                Dialect::Sqlite | Dialect::Postgres => Some(format!("DROP INDEX {name}")),
            },
            (What::Default, Some(on)) => column
                .filter(|column| column.default.is_none())
                .map(|column| format!("ALTER TABLE {on} ALTER COLUMN {} DROP DEFAULT", live.quoted(&column.name))),
            (What::Check, Some(on)) if column.is_some() => Some(format!("ALTER TABLE {on} DROP CONSTRAINT {name}")),
            (What::Width, Some(on)) => column.and_then(|column| width(live, &on, column, 0)),
            _ => None,
        };
        found.into_iter().collect()
    }

    /// A query that answers 1 while it is there.
    pub fn is_there(&self, live: &Live, models: &Models) -> Option<String> {
        let table = models.table(self.table)?;
        let column = match self.column {
            Some(id) => Some(table.column(id)?),
            None => None,
        };
        let (name, on) = (&self.name, table.name.replace('\'', "''"));
        let here = match live.dialect {
            Dialect::Mysql => "TABLE_SCHEMA = DATABASE() AND TABLE_NAME",
            Dialect::Sqlite | Dialect::Postgres => "table_name",
        };
        let schema = |of: &str| match live.dialect {
            Dialect::Mysql => format!("{of}_SCHEMA = DATABASE() AND"),
            Dialect::Sqlite | Dialect::Postgres => String::new(),
        };
        let query = match (self.what, live.dialect) {
            // Its row, which would go along with the one that it points at.
            (What::Child, _) => format!("SELECT count(*) FROM {name}"),
            (What::Column, Dialect::Sqlite) => {
                format!("SELECT count(*) FROM pragma_table_xinfo('{on}') WHERE name = '{name}'")
            }
            (_, Dialect::Sqlite) => format!("SELECT count(*) FROM sqlite_schema WHERE name = '{name}'"),
            (What::Column, _) => format!(
                "SELECT count(*) FROM information_schema.columns WHERE {here} = '{on}' AND column_name = '{name}'"
            ),
            (What::Trigger, _) => format!(
                "SELECT count(*) FROM information_schema.triggers WHERE {} trigger_name = '{name}'",
                schema("TRIGGER")
            ),
            (What::View, _) => format!(
                "SELECT count(*) FROM information_schema.tables WHERE {} table_name = '{name}'",
                schema("TABLE")
            ),
            (What::Index, Dialect::Postgres) => format!("SELECT count(*) FROM pg_indexes WHERE indexname = '{name}'"),
            (What::Index, Dialect::Mysql) => format!(
                "SELECT count(DISTINCT index_name) FROM information_schema.statistics WHERE {here} = '{on}' AND index_name = '{name}'"
            ),
            (What::Check, _) => format!(
                "SELECT count(*) FROM information_schema.table_constraints WHERE {} constraint_name = '{name}'",
                schema("CONSTRAINT")
            ),
            (What::Default, _) if column?.default.is_none() => format!(
                "SELECT count(*) FROM information_schema.columns WHERE {here} = '{on}' AND column_name = '{}' AND column_default LIKE '3%'",
                column?.name
            ),
            (What::Width, _) => {
                let Kind::Varchar(length) = column?.kind else { return None };
                format!(
                    "SELECT count(*) FROM information_schema.columns WHERE {here} = '{on}' AND column_name = '{}' AND character_maximum_length = {}",
                    column?.name,
                    length + 30
                )
            }
            (What::Default, _) => return None,
        };
        Some(query)
    }
}

fn is_plain_text(column: &Column) -> bool {
    let is_bare = column.default.is_none() && column.comment.is_none() && column.nullable && !column.unique;
    matches!(column.kind, Kind::Varchar(_)) && is_bare && column.parent.is_none()
}

fn width(live: &Live, on: &str, column: &Column, more: u32) -> Option<String> {
    let Kind::Varchar(length) = column.kind else { return None };
    let (name, length) = (live.quoted(&column.name), length + more);
    if !is_plain_text(column) {
        return None;
    }
    match live.dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => Some(format!("ALTER TABLE {on} ALTER COLUMN {name} TYPE varchar({length})")),
        Dialect::Mysql => Some(format!("ALTER TABLE {on} MODIFY {name} varchar({length})")),
    }
}

/// What makes the table that triggers write to.
pub fn log(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "CREATE TABLE hand_log (n INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT, value TEXT)",
        Dialect::Postgres => {
            "CREATE TABLE hand_log (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text, value text)"
        }
        Dialect::Mysql => "CREATE TABLE hand_log (n bigint AUTO_INCREMENT PRIMARY KEY, what varchar(40), value text)",
    }
}

fn trigger(live: &Live, table: &Table, name: &str, column: Option<&str>) -> Vec<String> {
    let on = live.quoted(&table.name);
    let value = column.map_or_else(|| "NULL".to_owned(), |column| format!("NEW.{column}"));
    let insert = format!("INSERT INTO {LOG} (what, value) VALUES ('{name}', {value})");
    match live.dialect {
        Dialect::Sqlite => vec![format!("CREATE TRIGGER {name} AFTER INSERT ON {on} BEGIN {insert}; END")],
        Dialect::Postgres => vec![
            format!(
                "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN {insert}; RETURN NULL; END $f$"
            ),
            format!("CREATE TRIGGER {name} AFTER INSERT ON {on} FOR EACH ROW EXECUTE FUNCTION {name}()"),
        ],
        Dialect::Mysql => vec![format!("CREATE TRIGGER {name} AFTER INSERT ON {on} FOR EACH ROW {insert}")],
    }
}

//! Restores what a plugin's revision has changed in its session on MariaDB and MySQL, because a pool hands the
//! session on.

use std::collections::BTreeMap;

use diesel::QueryResult;

use super::script::Script;
use crate::link::Link;
use crate::sql::effects::names;
use crate::sql::mysql::SESSION_SETTINGS;

/// What `SET NAMES` and `SET TRANSACTION` set, under the names of both servers.
const OTHERS: [&str; 8] = [
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "collation_connection",
    "transaction_isolation",
    "transaction_read_only",
    "tx_isolation",
    "tx_read_only",
];

/// The settings of a session that a plugin's revision may change.
pub(super) struct Session(BTreeMap<String, String>);

impl Session {
    /// Reads the settings.
    pub(super) fn of(link: &mut dyn Link) -> QueryResult<Self> {
        let names: Vec<_> = SESSION_SETTINGS.iter().chain(&OTHERS).map(|name| format!("'{name}'")).collect();
        let query = format!("SHOW SESSION VARIABLES WHERE Variable_name IN ({})", names.join(", "));
        let pair = |row: Vec<Option<String>>| {
            let mut row = row.into_iter().flatten();
            Some((row.next()?, row.next().unwrap_or_default()))
        };
        Ok(Self(link.rows(&query, &[])?.into_iter().filter_map(pair).collect()))
    }

    /// Restores the settings that have changed, and drops the temporary tables that a script has made.
    pub(super) fn put_back(&self, link: &mut dyn Link, script: &Script<'_>) -> QueryResult<()> {
        let now = Self::of(link)?;
        for (name, value) in self.0.iter().filter(|(name, value)| now.0.get(*name) != Some(value)) {
            let value = match value.parse::<f64>() {
                Ok(_) => value.clone(),
                Err(_) => format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''")),
            };
            link.execute(&format!("SET SESSION {name} = {value}"))?;
        }
        let facts = script.dialect.facts();
        for at in 0..script.statements.len() {
            if !script.statements[at].makes_temporary() {
                continue;
            }
            for table in names(script.dialect, script.text(at)) {
                link.execute(&format!("DROP TEMPORARY TABLE IF EXISTS {}", facts.quoted_table(&table)))?;
            }
        }
        Ok(())
    }
}

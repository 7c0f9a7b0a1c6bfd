//! Ends a statement of MariaDB's or MySQL's, or asks how far it is, over another connection.

use mysql_async::Row;
use mysql_async::prelude::Queryable as _;

use super::{MysqlUrl, reach};
use crate::database::activity::Progress;

/// What MariaDB says of a session. MySQL has fewer columns.
const OF_MARIADB: &str = "SELECT STATE, IF(PROGRESS > 0, CONCAT(ROUND(PROGRESS), ' %'), NULL) \
                          FROM information_schema.PROCESSLIST WHERE ID = ";
const OF_MYSQL: &str = "SELECT p.STATE, IF(s.WORK_ESTIMATED > 0, CONCAT(ROUND(100 * s.WORK_COMPLETED / s.WORK_ESTIMATED), ' %'), NULL) \
                        FROM performance_schema.processlist p \
                        LEFT JOIN performance_schema.threads t ON t.PROCESSLIST_ID = p.ID \
                        LEFT JOIN performance_schema.events_stages_current s ON s.THREAD_ID = t.THREAD_ID WHERE p.ID = ";
const PLAIN: &str = "SELECT STATE, NULL FROM information_schema.PROCESSLIST WHERE ID = ";
/// Who has the lock on a table that a session waits for. Only MySQL tells.
const HOLDER: &str = "SELECT CONCAT(blocking_account, ', connection ', blocking_pid) FROM sys.schema_table_lock_waits \
                      WHERE blocking_pid <> waiting_pid AND waiting_pid = ";

/// Ends the statement that a session is running. What comes of it, the session itself says.
pub(in crate::database) async fn cancel(url: &MysqlUrl, number: u32) {
    let Ok(mut connection) = reach(url).await else { return };
    let _unheard = connection.query_drop(format!("KILL QUERY {number}")).await;
    let _closed = connection.disconnect().await;
}

/// Asks how far the statement of a session is.
pub(in crate::database) async fn progress(url: &MysqlUrl, number: u32) -> Option<Progress> {
    let mut connection = reach(url).await.ok()?;
    let version = connection.query_first::<String, _>("SELECT VERSION()").await.ok()??;
    let is_mariadb = version.to_ascii_lowercase().contains("mariadb");
    let mut found: Option<Row> = None;
    // MySQL without a performance schema still lists sessions.
    for query in if is_mariadb { &[OF_MARIADB][..] } else { &[OF_MYSQL, PLAIN] } {
        found = connection.query_first(format!("{query}{number}")).await.ok().flatten();
        if found.is_some() {
            break;
        }
    }
    let row = found?;
    let cell = |at: usize| row.get_opt::<Option<String>, _>(at)?.ok().flatten().filter(|text| !text.is_empty());
    let (state, done) = (cell(0), cell(1));
    let waits = state.as_deref().is_some_and(|state| state.starts_with("Waiting for") && state.contains("lock"));
    let waits_for = match waits {
        true if is_mariadb => Some(String::new()),
        true => Some(connection.query_first(format!("{HOLDER}{number}")).await.ok().flatten().unwrap_or_default()),
        false => None,
    };
    let _closed = connection.disconnect().await;
    let stage = state.into_iter().filter(|_| !waits).chain(done).collect::<Vec<_>>().join(": ");
    Some(Progress { stage: Some(stage).filter(|stage| !stage.is_empty()), waits_for })
}

//! Ends a statement of PostgreSQL's, or asks how far it is, over another connection.

use tokio_postgres::{CancelToken, SimpleQueryMessage};

use super::{PostgresUrl, way_in};
use crate::database::activity::Progress;
use crate::database::background::runtime;

/// Asks about the sessions that run a statement which begins with this text: whether it waits for a lock, who has
/// that, and how far it is. Behind a pooler nobody knows the number of a session, but everybody knows what it runs.
const QUERY: &str = "
SELECT a.wait_event_type = 'Lock',
       (SELECT concat(b.usename, ', process ', b.pid, ', since ' || date_trunc('second', b.xact_start))
        FROM pg_stat_activity b WHERE b.pid = ANY (pg_blocking_pids(a.pid)) LIMIT 1),
       (SELECT concat(p.phase, CASE WHEN p.blocks_total > 0
                                    THEN concat(': ', p.blocks_done, ' of ', p.blocks_total, ' blocks') END,
                      CASE WHEN p.tuples_total > 0
                           THEN concat(': ', p.tuples_done, ' of ', p.tuples_total, ' rows') END)
        FROM pg_stat_progress_create_index p WHERE p.pid = a.pid),
       (SELECT concat(c.phase, ': ', c.heap_tuples_scanned, ' rows')
        FROM pg_stat_progress_cluster c WHERE c.pid = a.pid)
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.state = 'active' AND a.pid <> pg_backend_pid()
      AND left(a.query, 400) = left(";

/// Ends the statement that a session is running. What comes of it, the session itself says.
pub(in crate::database) async fn cancel(url: &PostgresUrl, token: &CancelToken) {
    let Ok((_, tls)) = way_in(url) else { return };
    let _unheard = token.cancel_query(tls).await;
}

/// Asks how far a statement is.
pub(in crate::database) async fn progress(url: &PostgresUrl, statement: &str) -> Option<Progress> {
    let (config, tls) = way_in(url).ok()?;
    let (client, connection) = config.connect(tls).await.ok()?;
    runtime().spawn(connection);
    let text: String = statement.chars().take(400).collect();
    let query = format!("{QUERY}'{}', 400)", text.replace('\'', "''"));
    let answer = client.simple_query(&query).await.ok()?;
    let row = answer.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })?;
    let cell = |at: usize| row.get(at).filter(|text| !text.is_empty()).map(str::to_owned);
    let waits = cell(0).as_deref() == Some("t");
    Some(Progress { stage: cell(2).or_else(|| cell(3)), waits_for: waits.then(|| cell(1).unwrap_or_default()) })
}

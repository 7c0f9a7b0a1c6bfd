//! How many queries something takes: counted where they are sent, not where they are written.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Connection as _, Instrumentation, InstrumentationEvent};

use super::Database;

impl Database {
    /// Runs work and counts the queries (statements that only read) that it sends over this connection.
    pub(crate) fn counting<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (T, usize) {
        let queries = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&queries);
        self.instrument(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                let text = query.to_string();
                // A file of SQL begins with a comment on its purpose.
                let statement =
                    text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with("--"));
                let reads = statement.is_some_and(|line| line.starts_with("SELECT") || line.starts_with("WITH"));
                counter.fetch_add(usize::from(reads), Ordering::Relaxed);
            }
        });
        let result = work(self);
        self.instrument(None::<Box<dyn Instrumentation>>);
        (result, queries.load(Ordering::Relaxed))
    }

    fn instrument(&mut self, instrumentation: impl Instrumentation) {
        match self {
            Self::Sqlite(connection) => connection.set_instrumentation(instrumentation),
            Self::Postgres(connection) => connection.set_instrumentation(instrumentation),
            Self::Mysql(connection) => connection.set_instrumentation(instrumentation),
        }
    }
}

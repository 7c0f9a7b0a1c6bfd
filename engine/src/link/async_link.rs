//! Connections of diesel-async as migrations can be run over them: on a thread where they may block.

use diesel_async::AsyncConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

use crate::error::{Code, Error, Result};
use crate::link::Link;

/// A connection of diesel-async whose database this crate knows: `AsyncPgConnection`, `AsyncMysqlConnection`,
/// `SyncConnectionWrapper<SqliteConnection>`, and those out of a pool of diesel-async.
pub trait AsyncLink: Send + 'static {
    /// The same connection, which blocks.
    type Blocking: Link;

    /// Returns the same connection, for a thread that may block.
    fn blocking(self) -> Self::Blocking;
}

impl<C> AsyncLink for C
where
    C: AsyncConnection + Send + 'static,
    AsyncConnectionWrapper<C>: Link,
{
    type Blocking = AsyncConnectionWrapper<C>;

    fn blocking(self) -> Self::Blocking {
        self.into()
    }
}

/// Does something with a connection on a thread of tokio's that may block.
///
/// # Errors
/// Those of the work, and `interrupted` if the runtime ends before it has begun.
pub async fn blocking<T: Send + 'static>(
    connection: impl AsyncLink,
    work: impl FnOnce(&mut dyn Link) -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(move || work(&mut connection.blocking())).await;
    done.unwrap_or_else(|stopped| match stopped.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => {
            Err(Error::new(Code::Interrupted, "the runtime has ended before the database was asked")
                .help("run it again"))
        }
    })
}

//! Work that a database refuses because another transaction was first, and accepts when it is tried again.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Link;

/// How long a program sleeps before it tries again.
const PAUSE: Duration = Duration::from_millis(50);

/// An error that may say that another transaction was first.
pub trait Conflict {
    /// Returns `true` if the error says so. Nothing of this transaction was kept then.
    fn is_conflict(&self) -> bool;
}

impl Conflict for diesel::result::Error {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::DatabaseError(_, told) if says_conflict(told.message()))
    }
}

/// Returns `true` if a database's message says that another transaction was first.
pub fn says_conflict(message: &str) -> bool {
    const CONFLICT: [&str; 3] = ["Deadlock found", "deadlock detected", "SAVEPOINT autogen_transaction does not exist"];
    CONFLICT.iter().any(|words| message.contains(words))
}

/// Repeats work with a connection as long as the database refuses it because another transaction was first. A
/// node of a Galera cluster may find that out as late as at COMMIT. Gives up after the time limit for locks.
pub fn retried<T, E: Conflict>(
    link: &mut dyn Link,
    mut work: impl FnMut(&mut dyn Link) -> Result<T, E>,
) -> Result<T, E> {
    retried_for(link.limits().lock, || work(&mut *link))
}

/// Repeats any other work with a database as [`retried`] does.
pub fn retried_for<T, E: Conflict>(limit: Duration, mut work: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let started = Instant::now();
    loop {
        match work() {
            Err(error) if error.is_conflict() && started.elapsed() < limit => sleep(PAUSE),
            done => return done,
        }
    }
}

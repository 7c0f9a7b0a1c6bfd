//! What a database refuses because another transaction was first, and takes when it is asked again.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Link;

/// How long a program sleeps before it does again what was in conflict.
const PAUSE: Duration = Duration::from_millis(50);

/// An error that may say that another transaction was first.
pub trait Conflict {
    /// Returns whether it does: nothing of this transaction was kept.
    fn is_conflict(&self) -> bool;
}

impl Conflict for diesel::result::Error {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::DatabaseError(_, told) if says_conflict(told.message()))
    }
}

/// Returns whether a database says by this message that another transaction was first.
pub fn says_conflict(message: &str) -> bool {
    const CONFLICT: [&str; 3] = ["Deadlock found", "deadlock detected", "SAVEPOINT autogen_transaction does not exist"];
    CONFLICT.iter().any(|words| message.contains(words))
}

/// Does something again while the database refuses it because another transaction was first. A node of a Galera cluster
/// finds that out as late as at COMMIT. Gives up after the time that a lock is waited for.
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

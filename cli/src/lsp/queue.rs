//! Work that waits until nobody types. Of several tasks about one host, only the newest is done.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use autogen_workspace::Options;

/// What is to be read, and how.
#[derive(Debug, Clone)]
pub(super) struct Task {
    /// The host's folder.
    pub(super) root: PathBuf,
    /// The number of the version that is read.
    pub(super) version: u64,
    /// The host, with the texts of all open files.
    pub(super) options: Options,
    /// Whether servers are asked too, and not only SQLite in memory.
    pub(super) asks_servers: bool,
}

/// Tasks by host, each with the time at which it is due.
#[derive(Debug)]
pub(super) struct Queue {
    /// How long nothing may have changed before a task is done.
    delay: Duration,
    waiting: Mutex<BTreeMap<PathBuf, (Instant, Task)>>,
    changed: Condvar,
}

impl Queue {
    pub(super) fn new(delay: Duration) -> Self {
        Self { delay, waiting: Mutex::default(), changed: Condvar::new() }
    }

    /// Replaces what waits for a host.
    pub(super) fn put(&self, mut task: Task) {
        let due = Instant::now() + self.delay;
        let mut waiting = self.lock();
        task.asks_servers |= waiting.get(&task.root).is_some_and(|(_, earlier)| earlier.asks_servers);
        waiting.insert(task.root.clone(), (due, task));
        self.changed.notify_one();
    }

    /// Makes what waits for a host due now, because somebody waits for it.
    pub(super) fn hurry(&self, root: &Path) {
        if let Some((due, _)) = self.lock().get_mut(root) {
            *due = Instant::now();
            self.changed.notify_one();
        }
    }

    /// Takes the next task when it is due.
    pub(super) fn take(&self) -> Task {
        let mut waiting = self.lock();
        loop {
            let next = waiting.iter().min_by_key(|(_, (due, _))| *due).map(|(root, (due, _))| (root.clone(), *due));
            let now = Instant::now();
            waiting = match next {
                Some((root, due)) if due <= now => {
                    if let Some((_, task)) = waiting.remove(&root) {
                        return task;
                    }
                    waiting
                }
                Some((_, due)) => {
                    self.changed.wait_timeout(waiting, due - now).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, (Instant, Task)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_wins() {
        let queue = Queue::new(Duration::from_millis(20));
        let task = |root: &str, version, asks_servers| Task {
            root: root.into(),
            version,
            options: Options::of(root),
            asks_servers,
        };
        queue.put(task("a", 1, true));
        queue.put(task("b", 2, false));
        queue.put(task("a", 3, false));
        queue.hurry(Path::new("b"));
        let (first, second) = (queue.take(), queue.take());
        assert_eq!((first.version, second.version), (2, 3));
        assert!(second.asks_servers, "an earlier task has asked for it");
    }
}

//! The thread on which connections of servers are driven.

use std::sync::OnceLock;

use diesel_async::async_connection_wrapper::BlockOn;
use tokio::runtime::Runtime;

/// Drives every connection of the process, on one thread of its own: a server that hangs up or
/// sends a notice is heard while nobody waits for it.
#[derive(Debug)]
pub struct Background(());

impl BlockOn for Background {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        runtime().block_on(future)
    }

    fn get_runtime() -> Self {
        Self(())
    }
}

pub(super) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("autogen-database")
            .enable_all()
            .build()
            .expect("a process that may open a connection may start a thread")
    })
}

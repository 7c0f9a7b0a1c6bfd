//! Private database servers for the tests: started by `cargo xtask test`, found by the tests through
//! the environment, gone afterwards. A server that happens to run on the machine is never used.
//!
//! Nothing here knows autogen: the databases that it hands out are judged by other means than ours.

mod postgres;
mod program;

pub use postgres::{PostgresDatabase, PostgresServer, postgres, postgres_program, postgres_url};

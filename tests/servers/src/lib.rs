//! Private database servers for the tests: started by `cargo xtask test`, found by the tests through
//! the environment, gone afterwards. A server that happens to run on the machine is never used.
//!
//! Nothing here knows autogen: the databases that it hands out are judged by other means than ours.

mod certificates;
mod fetched;
mod folder;
mod galera;
mod mysql;
mod mysql_server;
mod pooler;
mod postgres;
mod program;
mod release;
mod supervisor;

pub use galera::GaleraCluster;
pub use mysql::{
    MysqlDatabase, MysqlKind, is_without_mysql, mysql, mysql_as, mysql_collated, mysql_on, mysql_url, on_each_mysql,
    usual_mysql,
};
pub use mysql_server::MysqlServer;
pub use pooler::Pooler;
pub use postgres::{PostgresDatabase, PostgresServer, postgres, postgres_as, postgres_program, postgres_url};
pub use program::client;
pub use release::{Kind, Release};

/// A text as a part of a URL.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

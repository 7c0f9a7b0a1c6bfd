//! Databases on a server that are dropped with the value that stands for them.
//!
//! Each has a keeper: a session that made it and will drop it, and that holds a lock of its name. A
//! scratch database whose lock is free belongs to a program that was killed. Such locks are known to
//! one server alone, so its name tells which server of a cluster it was made on.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::{MysqlConnection, MysqlDatabase, MysqlUrl, connect};
use crate::database::scratch::new_name;
use crate::error::{Error, Result};

/// A database that goes with this value.
pub(super) struct Scratch {
    /// Leads to the server, and to no scratch database.
    pub(super) server: MysqlUrl,
    keeper: MysqlConnection,
    name: String,
}

impl Scratch {
    /// Makes a database. The lock comes first: nobody takes for a leftover what it keeps.
    fn make(server: &MysqlUrl) -> Result<Self> {
        let mut keeper = connect(&server.with_database(None))?;
        let failed = |cause: diesel::result::Error| {
            Error::new("can't-make-scratch", format!("no scratch database can be made at `{server}`: {cause}"))
                .help(
                    "let the user make databases (GRANT ALL ON `autogen\\_scratch\\_%`.* TO ...), or state a server \
                     where it may: `scratch.mysql` under `[database]` in autogen.toml",
                )
                .caused_by(cause)
        };
        let place = place(&mut keeper).map_err(failed)?;
        drop_leftovers(&mut keeper, place);
        let name = new_name(&format!("{place}_"));
        let lock = sql_query(format!("SELECT GET_LOCK('{name}', 0) AS number"));
        lock.get_result::<Number>(&mut keeper).map_err(failed)?;
        keeper
            .batch_execute(&format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"))
            .map_err(failed)?;
        Ok(Self { server: server.clone(), keeper, name })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A server that is gone keeps it until the next run.
        let _or_next_time = self.keeper.batch_execute(&format!("DROP DATABASE IF EXISTS `{}`", self.name));
    }
}

impl MysqlDatabase {
    /// A new, empty database.
    pub(in crate::database) fn scratch(server: &MysqlUrl) -> Result<Self> {
        let scratch = Scratch::make(server)?;
        Self::reach(&server.with_database(Some(&scratch.name)), Some(scratch))
    }

    /// The server, reached by a database that is no scratch one.
    pub(in crate::database) fn server(&self) -> &MysqlUrl {
        self.scratch.as_ref().map_or(&self.url, |scratch| &scratch.server)
    }

    /// Whether the database goes with this value.
    pub fn is_scratch(&self) -> bool {
        self.scratch.is_some()
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
}

/// A number that tells this server from others of its cluster.
fn place(keeper: &mut MysqlConnection) -> QueryResult<i64> {
    let query = sql_query("SELECT CAST(CRC32(CONCAT(@@hostname, ':', @@port)) AS SIGNED) AS number");
    Ok(query.get_result::<Number>(keeper)?.number.unwrap_or_default())
}

/// Drops what killed programs have left behind, as far as this user may.
fn drop_leftovers(keeper: &mut MysqlConnection, place: i64) {
    #[derive(QueryableByName)]
    struct Leftover {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let leftovers = sql_query(format!(
        "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA \
         WHERE SCHEMA_NAME REGEXP '^autogen_scratch_{place}_[0-9]+_[0-9]+_[0-9]+$' AND IS_FREE_LOCK(SCHEMA_NAME) = 1"
    ));
    for leftover in leftovers.load::<Leftover>(keeper).unwrap_or_default() {
        // Between the question and the answer its program can't come back.
        let _unless_dropped = keeper.batch_execute(&format!("DROP DATABASE IF EXISTS `{}`", leftover.name));
    }
}

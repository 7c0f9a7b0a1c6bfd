//! Databases on a server that are dropped with the value that stands for them.
//!
//! Each has a keeper: a session that made it and will drop it. The name says which session that is, on which server of
//! a cluster, and whose: others' sessions can't be seen by everybody. A scratch database without its session belongs to
//! a program that was killed. (A lock of `GET_LOCK` would say the same, where a cluster doesn't forbid it.)

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use super::{MysqlConnection, MysqlDatabase, MysqlUrl, connect};
use crate::database::scratch::chance;
use crate::error::{Error, Result};

/// A database that goes with this value.
pub(super) struct Scratch {
    /// Leads to the server, and to no scratch database.
    pub(super) server: MysqlUrl,
    keeper: MysqlConnection,
    name: String,
}

impl Scratch {
    /// Makes a database.
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
        let (place, session) = place(&mut keeper).map_err(failed)?;
        drop_leftovers(&mut keeper, &place);
        // A server that is started anew counts its sessions anew.
        let name = format!("{place}{session}_{}", chance());
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
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

fn words(keeper: &mut MysqlConnection, query: &str) -> QueryResult<Vec<String>> {
    Ok(sql_query(query).load::<Word>(keeper)?.into_iter().map(|row| row.word).collect())
}

/// What the names of this user's scratch databases on this server begin with, and the number of this session.
fn place(keeper: &mut MysqlConnection) -> QueryResult<(String, String)> {
    let query = "SELECT CONCAT('autogen_scratch_', CRC32(CONCAT(@@hostname, ':', @@port, ' ', CURRENT_USER())), '_') AS word \
                 UNION ALL SELECT CONNECTION_ID()";
    let [place, session] = <[String; 2]>::try_from(words(keeper, query)?).map_err(|_| diesel::NotFound)?;
    Ok((place, session))
}

/// Drops what killed programs have left behind, as far as this user may.
fn drop_leftovers(keeper: &mut MysqlConnection, place: &str) {
    let there = format!(
        "SELECT SCHEMA_NAME AS word FROM information_schema.SCHEMATA WHERE SCHEMA_NAME REGEXP '^{place}[0-9]+_[0-9]+$'"
    );
    // In this order: whoever makes a database is there before it.
    let databases = words(keeper, &there).unwrap_or_default();
    if databases.is_empty() {
        return;
    }
    let sessions = "SELECT CAST(ID AS CHAR) AS word FROM information_schema.PROCESSLIST";
    let Ok(sessions) = words(keeper, sessions) else { return };
    let is_left = |name: &&String| {
        let session = name.strip_prefix(place).and_then(|rest| rest.split('_').next()).unwrap_or_default();
        !sessions.iter().any(|other| other == session)
    };
    for database in databases.iter().filter(is_left) {
        let _unless_dropped = keeper.batch_execute(&format!("DROP DATABASE IF EXISTS `{database}`"));
    }
}

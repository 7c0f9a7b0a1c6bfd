//! Databases on a server that are dropped together with a value in this program.
//!
//! Each has a keeper: a session that made it and will drop it. The database's name tells which session that is, on
//! which server of a cluster, and whose, because not everybody can see other users' sessions. A scratch database
//! without its session belongs to a program that was killed. (A lock of `GET_LOCK` would say the same, where a
//! cluster doesn't forbid it.)

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use super::user::{self, ScratchUser};
use super::{MysqlConnection, MysqlDatabase, MysqlUrl, connect};
use crate::database::account::Rights;
use crate::database::scratch::chance;
use crate::error::{Code, Error, Result};
use crate::sql::mysql::text_literal;

/// A server on which scratch databases are made, and the database that they are like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MysqlScratch {
    /// Leads to the server.
    server: MysqlUrl,
    /// The database whose character set and collation they take over. Where it names none, its server's count.
    like: MysqlUrl,
}

impl MysqlScratch {
    /// Returns the place for scratch databases on a database's server. They are like that database.
    pub(in crate::database) fn of(url: &MysqlUrl) -> Self {
        Self { server: url.clone(), like: url.clone() }
    }

    /// Returns the place on the same server for scratch databases that are like another database.
    pub(in crate::database) fn like(self, live: &MysqlUrl) -> Self {
        Self { like: live.clone(), ..self }
    }

    /// Returns what scratch databases depend on; see `ScratchServer::surroundings`.
    pub(in crate::database) fn surroundings(&self) -> Result<String> {
        let mut session = connect(&self.server.with_database(None))?;
        let collation = self.collation(&mut session)?;
        let told = words(&mut session, SURROUNDINGS).map_err(|cause| super::unusable(&self.server, &cause))?;
        Ok(format!("{}\n{collation}\n{}", self.server, told.join("\n")))
    }

    /// Returns the collation of tables that state none. `keeper` is a session on the scratch server.
    fn collation(&self, keeper: &mut MysqlConnection) -> Result<String> {
        let unusable = |cause: diesel::result::Error| super::unusable(&self.like, &cause);
        let only = |mut found: Vec<String>| found.pop().ok_or(diesel::NotFound);
        if !self.server.is_same_server(&self.like) {
            let mut live = connect(&self.like)?;
            return words(&mut live, "SELECT @@collation_database AS word").and_then(only).map_err(unusable);
        }
        let name = self.like.database.as_deref().unwrap_or_default();
        let query = format!(
            "SELECT COALESCE((SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {}), \
             @@collation_server) AS word",
            text_literal(name)
        );
        words(keeper, &query).and_then(only).map_err(unusable)
    }
}

/// The server's settings on which it depends what statements make. What a session sets anew isn't among them.
const SURROUNDINGS: &str = "SELECT CONCAT_WS('\\n', VERSION(), @@version_comment, CURRENT_USER(), @@GLOBAL.sql_mode, \
     @@GLOBAL.character_set_server, @@GLOBAL.collation_server, @@GLOBAL.lower_case_table_names, \
     @@GLOBAL.default_storage_engine, @@GLOBAL.innodb_default_row_format, @@GLOBAL.innodb_page_size, \
     @@GLOBAL.innodb_strict_mode, @@GLOBAL.explicit_defaults_for_timestamp, @@GLOBAL.time_zone, @@GLOBAL.system_time_zone, \
     @@GLOBAL.div_precision_increment, @@GLOBAL.group_concat_max_len, @@GLOBAL.init_connect, \
     @@GLOBAL.log_bin_trust_function_creators, @@GLOBAL.read_only) AS word";

/// A database that is dropped with this value.
pub(super) struct Scratch {
    /// Leads to the server, and to no scratch database.
    pub(super) server: MysqlScratch,
    keeper: MysqlConnection,
    name: String,
    /// The session that statements run in.
    session: Option<String>,
    // Dropped after the database that it uses.
    rights: Rights<ScratchUser>,
}

impl Scratch {
    /// Makes a database.
    fn make(server: &MysqlScratch) -> Result<Self> {
        let mut keeper = connect(&server.server.with_database(None))?;
        let failed = |cause: diesel::result::Error| {
            let help = match cause.to_string().starts_with("Unknown collation") {
                true => {
                    "let the scratch server be of the live one's kind and version, or state none: `scratch.mysql` under \
                         `[database]` in autogen.toml"
                }
                false => {
                    "let the user make databases (GRANT ALL ON `autogen\\_scratch\\_%`.* TO ...), or state a server \
                          where it may: `scratch.mysql` under `[database]` in autogen.toml"
                }
            };
            let message = format!("no scratch database can be made at `{}`: {cause}", server.server);
            Error::new(Code::CantMakeScratch, message).help(help).caused_by(cause)
        };
        let collation = server.collation(&mut keeper)?;
        let (place, session) = place(&mut keeper).map_err(failed)?;
        drop_leftovers(&mut keeper, &place);
        // A restarted server counts its sessions from the beginning.
        let name = format!("{place}{session}_{}", chance());
        keeper.batch_execute(&format!("CREATE DATABASE `{name}` COLLATE {collation}")).map_err(failed)?;
        let rights = user::rights(&server.server);
        let mut scratch = Self { server: server.clone(), keeper, name, session: None, rights };
        if let Some(user) = scratch.rights.own()
            && let Err(cause) = user.let_use(&mut scratch.keeper, &scratch.name)
        {
            scratch.give_up_user(&format!("the user may not give rights (WITH GRANT OPTION): {cause}"));
        }
        Ok(scratch)
    }

    /// Runs statements with the rights of the URL's own user from now on.
    fn give_up_user(&mut self, why: &str) {
        self.rights = user::refuse(&self.server.server, why);
    }

    /// Checks whether statements run as a user that can't reach anything else.
    pub(super) fn is_confined(&self) -> bool {
        self.rights.own().is_some()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            // A statement that was given up may still run and block this.
            let _unless_ended = self.keeper.batch_execute(&format!("KILL {session}"));
        }
        // If the server can't be reached, the next run drops it.
        let _or_next_time = self.keeper.batch_execute(&format!("DROP DATABASE IF EXISTS `{}`", self.name));
    }
}

impl MysqlDatabase {
    /// Creates a new, empty database.
    pub(in crate::database) fn scratch(server: &MysqlScratch) -> Result<Self> {
        let mut scratch = Scratch::make(server)?;
        let url = server.server.with_database(Some(&scratch.name));
        if let Some(user) = scratch.rights.own() {
            let login = user.url(&url);
            match connect(&login) {
                Ok(mut connection) => {
                    scratch.session = words(&mut connection, "SELECT CAST(CONNECTION_ID() AS CHAR) AS word")
                        .ok()
                        .and_then(|mut id| id.pop());
                    return Self::on(connection, &login, Some(scratch));
                }
                Err(error) => scratch.give_up_user(&format!("a user made for it can't log in: {error}")),
            }
        }
        Self::on(connect(&url)?, &url, Some(scratch))
    }

    /// Returns why statements run with the rights of the URL's own user, where the host doesn't want it so.
    pub(in crate::database) fn unconfined(&self) -> Option<&str> {
        self.scratch.as_ref().and_then(|scratch| scratch.rights.unconfined())
    }

    /// Returns the server for scratch databases that are like this one.
    pub(in crate::database) fn server(&self) -> MysqlScratch {
        self.scratch.as_ref().map_or_else(|| MysqlScratch::of(&self.url), |scratch| scratch.server.clone())
    }

    /// Checks whether the database vanishes with this value.
    pub fn is_scratch(&self) -> bool {
        self.scratch.is_some()
    }
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

pub(super) fn words(keeper: &mut MysqlConnection, query: &str) -> QueryResult<Vec<String>> {
    Ok(sql_query(query).load::<Word>(keeper)?.into_iter().map(|row| row.word).collect())
}

/// Returns the prefix of the names of this user's scratch databases on this server, and the number of this session.
pub(super) fn place(keeper: &mut MysqlConnection) -> QueryResult<(String, String)> {
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
    // The order matters: the session that makes a database exists before it.
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

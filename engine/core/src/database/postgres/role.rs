//! The role that owns scratch databases and that revisions run as there. It has no rights outside of them.
//!
//! A session can leave `SET ROLE` again, so the program logs in as the role. Where a server doesn't allow that, there
//! is no such role.

use std::sync::{Mutex, PoisonError};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Bool, Text};

use super::{PostgresConnection, PostgresUrl, connect, unusable};
use crate::database::account::{Accounts, Rights, new_password};
use crate::database::milliseconds;
use crate::database::scratch::{new_name, scratch_settings};
use crate::error::Result;

/// A role that is dropped with this value.
pub(super) struct ScratchRole {
    name: String,
    password: String,
    /// A session that bears the role's name. A role without one belongs to a program that was killed.
    keeper: Mutex<PostgresConnection>,
}

static ROLES: Accounts<PostgresUrl, ScratchRole> = Accounts::new();

/// What the URL's role may create on its server.
#[derive(QueryableByName)]
pub(super) struct Leave {
    #[diesel(sql_type = Bool)]
    pub(super) databases: bool,
    #[diesel(sql_type = Bool)]
    roles: bool,
    #[diesel(sql_type = Bool)]
    superuser: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_before_15: bool,
    /// A day from now.
    #[diesel(sql_type = Text)]
    tomorrow: String,
}

impl Leave {
    pub(super) fn read(connection: &mut PostgresConnection) -> Result<Self> {
        let query = "SELECT rolcreatedb OR rolsuper AS databases, rolcreaterole OR rolsuper AS roles, \
                     rolsuper AS superuser, current_setting('server_version_num')::int < 150000 AS is_before_15, (now() + interval '1 day')::text AS tomorrow \
                     FROM pg_roles WHERE rolname = current_user";
        sql_query(query).get_result(connection).map_err(|cause| unusable(&cause))
    }
}

/// Returns the rights with which statements run on a server's scratch databases. `session` becomes the role's keeper.
pub(super) fn rights(server: &PostgresUrl, mut session: PostgresConnection, leave: &Leave) -> Rights<ScratchRole> {
    drop_leftovers(&mut session);
    ROLES.rights(server, || ScratchRole::make(session, leave))
}

/// Remembers that a server doesn't take logins of roles made for scratch databases.
pub(super) fn refuse(server: &PostgresUrl, why: &str) -> Rights<ScratchRole> {
    ROLES.refuse(server, why)
}

impl ScratchRole {
    fn make(mut keeper: PostgresConnection, leave: &Leave) -> Result<Self, String> {
        if !leave.roles {
            return Err("the role may not make roles (CREATEROLE)".to_owned());
        }
        stay(&mut keeper);
        let name = new_name("role_");
        let password = new_password()?;
        // The server's log shows statements, so it mustn't see the password.
        let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
        let tomorrow = &leave.tomorrow;
        // A superuser can give the role databases without being a member.
        let member = if leave.superuser { String::new() } else { format!("; GRANT \"{name}\" TO CURRENT_USER") };
        let limits = scratch_settings().limits;
        let limit = limits.map_or_else(String::new, |limits| {
            format!("; ALTER ROLE \"{name}\" SET statement_timeout = {}", milliseconds(limits.statement))
        });
        // It inherits the rights of a database's owner, and is a member of nothing else.
        // Nothing of its needs to outlive a crash of the server, so no revision waits for the disk.
        // The keeper gets the name first, so that nobody takes the role for a leftover.
        keeper
            .batch_execute(&format!(
                "SET application_name = '{name}'; CREATE ROLE \"{name}\" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE \
                 INHERIT NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 100 PASSWORD '{verifier}' \
                 VALID UNTIL '{tomorrow}'{member}{limit}; ALTER ROLE \"{name}\" SET synchronous_commit = off"
            ))
            .map_err(|cause| format!("no role can be made for it: {cause}"))?;
        Ok(Self { name, password, keeper: Mutex::new(keeper) })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the URL with which the role logs in.
    pub(super) fn url(&self, database: &PostgresUrl) -> PostgresUrl {
        database.with_login(&self.name, &self.password)
    }

    /// Logs in as the role. The error says why that failed: behind some poolers, whoever logs in becomes another
    /// role.
    pub(super) fn log_in(&self, url: &PostgresUrl) -> Result<PostgresConnection, String> {
        #[derive(QueryableByName)]
        struct Who {
            #[diesel(sql_type = Bool)]
            is_it: bool,
        }
        let mut connection = connect(url).map_err(|error| format!("a role made for it can't log in: {error}"))?;
        let query = sql_query("SELECT session_user = $1 AND current_user = $1 AS is_it").bind::<Text, _>(&self.name);
        match query.get_result::<Who>(&mut connection) {
            Ok(Who { is_it: true }) => Ok(connection),
            Ok(Who { is_it: false }) => Err("whoever logs in becomes another role, as behind some poolers".to_owned()),
            Err(cause) => Err(format!("a role made for it can't ask anything: {cause}")),
        }
    }
}

impl Drop for ScratchRole {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        // A role that still has a database is dropped by the next run.
        let _or_next_time = keeper.batch_execute(&format!("DROP ROLE IF EXISTS \"{}\"", self.name));
    }
}

/// Keeps a session from being ended because it is idle, or because a statement takes long. Older servers have fewer
/// such settings.
pub(super) fn stay(keeper: &mut PostgresConnection) {
    let _or_in_time = keeper.batch_execute(
        "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'idle_session_timeout')",
    );
}

/// Drops the databases and roles that killed programs have left behind, as far as this role may.
fn drop_leftovers(keeper: &mut PostgresConnection) {
    #[derive(QueryableByName)]
    struct Leftover {
        #[diesel(sql_type = Text)]
        sql: String,
    }
    let leftovers = sql_query(
        "SELECT sql FROM (SELECT step.place, datname AS name, format(step.sql, datname) AS sql FROM pg_database, \
         (VALUES (0, 'ALTER DATABASE %I IS_TEMPLATE false'), (1, 'DROP DATABASE IF EXISTS %I')) AS step (place, sql) \
         WHERE datname ~ '^autogen_scratch_[0-9]+_[0-9]+_[0-9]+$' AND pg_has_role(datdba, 'USAGE') \
         UNION ALL SELECT 2, rolname, format('DROP ROLE IF EXISTS %I', rolname) \
         FROM pg_roles WHERE rolname ~ '^autogen_scratch_role_[0-9]+_[0-9]+_[0-9]+$') AS made \
         WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.application_name = made.name) ORDER BY place",
    );
    for leftover in leftovers.load::<Leftover>(keeper).unwrap_or_default() {
        // Another program may be dropping it too, or somebody may be looking at it.
        let _unless_used = keeper.batch_execute(&leftover.sql);
    }
}

//! Databases on a server that are dropped with the value that stands for them.
//!
//! Each has a keeper: a session in the database of the URL, which made it and will drop it, and which
//! bears its name for all of the server to see. A scratch database whose keeper is gone belongs to a
//! program that was killed, wherever that ran.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Bool, Nullable, Text};

use super::room::Room;
use super::{PostgresConnection, PostgresDatabase, PostgresUrl, connect};
use crate::database::Limits;
use crate::database::scratch::new_name;
use crate::error::{Error, Result};

/// A database that goes with this value.
pub(super) struct Scratch {
    /// Leads to the database that the server was reached by.
    pub(super) server: PostgresUrl,
    keeper: PostgresConnection,
    name: String,
}

impl Scratch {
    /// Makes a database as `template` says. The keeper comes first: nobody takes for a leftover what
    /// it keeps.
    fn make(server: &PostgresUrl, template: &str) -> Result<Self> {
        let name = new_name("");
        let mut keeper = connect(&server.with_application_name(&name))?;
        // What a role allows its queries is little for copying files, and a keeper has nothing to say for as long as
        // its database is used. Older servers know fewer such settings.
        let _or_in_time = keeper.batch_execute(
            "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'idle_session_timeout')",
        );
        keeper.batch_execute(&format!("CREATE DATABASE \"{name}\" {template}")).map_err(|cause| {
            Error::new("can't-make-scratch", format!("no scratch database can be made at `{server}`: {cause}"))
                .help(
                    "let the role make databases (ALTER ROLE ... CREATEDB), or state a server where it may: \
                     `scratch.postgres` under `[database]` in autogen.toml",
                )
                .caused_by(cause)
        })?;
        Ok(Self { server: server.clone(), keeper, name })
    }

    fn open(self) -> Result<PostgresDatabase> {
        let url = self.server.with_database(&self.name);
        let connection = connect(&url)?;
        Ok(PostgresDatabase { connection, url, limits: Limits::default(), room: None, scratch: Some(self) })
    }

    /// Drops what killed programs have left behind, as far as this role may.
    fn drop_leftovers(&mut self) {
        #[derive(QueryableByName)]
        struct Leftover {
            #[diesel(sql_type = Text)]
            name: String,
        }
        let leftovers = sql_query(
            "SELECT d.datname::text AS name FROM pg_database d \
             WHERE d.datname ~ '^autogen_scratch_[0-9]+_[0-9]+_[0-9]+$' AND pg_has_role(d.datdba, 'USAGE') \
             AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.application_name = d.datname)",
        );
        for leftover in leftovers.load::<Leftover>(&mut self.keeper).unwrap_or_default() {
            // Another program may be dropping it too, or somebody may be looking at it.
            let _unless_used = self.keeper.batch_execute(&format!("DROP DATABASE IF EXISTS \"{}\"", leftover.name));
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A connection that has just been closed may still be leaving. A server that is gone keeps it
        // until the next run.
        let _or_next_time =
            self.keeper.batch_execute(&format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name));
    }
}

impl PostgresDatabase {
    /// A new, empty database; a schema that stands for one where the role may make none.
    pub(in crate::database) fn scratch(server: &PostgresUrl) -> Result<Self> {
        let mut asking = connect(server)?;
        if !may_make_databases(&mut asking)? {
            drop(asking);
            let (connection, room) = Room::make(server)?;
            let room = Some(room);
            return Ok(Self { connection, url: server.clone(), limits: Limits::default(), room, scratch: None });
        }
        // Letters compare and sort there as in the database that is spoken of. Not from template1: what an administrator
        // has put there is in no chain.
        let like = Like::read(&mut asking)?;
        drop(asking);
        let mut scratch =
            Scratch::make(server, &like.birth).or_else(|_| Scratch::make(server, "TEMPLATE template0"))?;
        scratch.drop_leftovers();
        let mut scratch = scratch.open()?;
        like.find_names_alike(&mut scratch.connection)?;
        Ok(scratch)
    }

    /// The server, reached by a database that is no scratch one.
    pub(in crate::database) fn server(&self) -> &PostgresUrl {
        self.scratch.as_ref().map_or(&self.url, |scratch| &scratch.server)
    }

    /// Whether the database goes with this value.
    pub fn is_scratch(&self) -> bool {
        self.scratch.is_some() || self.room.is_some()
    }

    /// Whether a schema stands for the database.
    pub(crate) fn is_schema(&self) -> bool {
        self.room.is_some()
    }

    /// Whether indexes were built without CONCURRENTLY here.
    pub(crate) fn has_plain_indexes(&self) -> bool {
        self.room.as_ref().is_some_and(Room::has_plain_indexes)
    }

    /// A scratch database that is the same as this one to the last row, which is quicker than making
    /// it anew; `None` if this one is kept, for nobody may be connected to what is copied so.
    ///
    /// # Errors
    /// As [`Database::scratch_on`](crate::database::Database::scratch_on).
    pub fn twin(&mut self) -> Result<Option<Self>> {
        let Some(scratch) = &self.scratch else { return Ok(None) };
        let path = search_path(&mut self.connection)?;
        let name = scratch.name.clone();
        let server = scratch.server.clone();
        // What waits here for its return is connected elsewhere.
        self.connection = connect(&server)?;
        let made = Scratch::make(&server, &format!("TEMPLATE \"{name}\""));
        self.connection = connect(&self.url)?;
        set_search_path(&mut self.connection, &path)?;
        let mut twin = made?.open()?;
        set_search_path(&mut twin.connection, &path)?;
        Ok(Some(twin))
    }
}

/// What scratch databases have from the database that they stand beside.
#[derive(QueryableByName)]
struct Like {
    /// The words of `CREATE DATABASE`.
    #[diesel(sql_type = Text)]
    birth: String,
    /// Where names are looked for.
    #[diesel(sql_type = Text)]
    path: String,
    /// Where new tables are made.
    #[diesel(sql_type = Nullable<Text>)]
    place: Option<String>,
}

impl Like {
    fn read(connection: &mut PostgresConnection) -> Result<Self> {
        sql_query(include_str!("birth.sql")).get_result(connection).map_err(|cause| unusable(&cause))
    }

    /// Has new tables made where they are made in the live database: a search path may be a role's or a database's own,
    /// and name schemas that no chain makes.
    fn find_names_alike(&self, connection: &mut PostgresConnection) -> Result<()> {
        if search_path(connection)? != self.path {
            set_search_path(connection, &self.path)?;
        }
        let query = "SELECT format('CREATE SCHEMA %I', $1) AS path WHERE current_schema() IS NULL AND $1 IS NOT NULL";
        let missing = sql_query(query).bind::<Nullable<Text>, _>(&self.place).get_result::<Setting>(connection);
        match missing.optional().map_err(|cause| unusable(&cause))? {
            Some(create) => connection.batch_execute(&create.path).map_err(|cause| unusable(&cause)),
            None => Ok(()),
        }
    }
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    path: String,
}

fn may_make_databases(connection: &mut PostgresConnection) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Bool)]
        may: bool,
    }
    let query = "SELECT rolcreatedb OR rolsuper AS may FROM pg_roles WHERE rolname = current_user";
    let answer = sql_query(query).get_result::<Answer>(connection);
    Ok(answer.map_err(|cause| unusable(&cause))?.may)
}

fn search_path(connection: &mut PostgresConnection) -> Result<String> {
    let setting = sql_query("SELECT current_setting('search_path') AS path").get_result::<Setting>(connection);
    Ok(setting.map_err(|cause| unusable(&cause))?.path)
}

fn set_search_path(connection: &mut PostgresConnection, path: &str) -> Result<()> {
    let set = sql_query("SELECT set_config('search_path', $1, false)").bind::<Text, _>(path).execute(connection);
    set.map(|_| ()).map_err(|cause| unusable(&cause))
}

fn unusable(cause: &diesel::result::Error) -> Error {
    Error::new("can't-connect", format!("a scratch database can't be used: {cause}"))
}

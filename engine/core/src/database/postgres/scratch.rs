//! Databases on a server that are dropped together with a value in this program.
//!
//! Each has a keeper: a session in the database of the URL, which made it and will drop it. The keeper has the
//! scratch database's name as its application name, which everybody on the server can see. A scratch database whose
//! keeper is gone belongs to a program that was killed, wherever that ran.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Nullable, Text};

use super::role::{self, Leave, ScratchRole, stay};
use super::scratch_schema::ScratchSchema;
use super::{PostgresConnection, PostgresDatabase, PostgresUrl, connect, unusable};
use crate::database::Limits;
use crate::database::account::Rights;
use crate::database::scratch::{new_name, scratch_settings};
use crate::error::{Code, Error, Result};

/// An extension that the URL's own role makes in a scratch database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) name: String,
    /// The schema that it stands in, where that isn't the usual one.
    pub(crate) schema: Option<String>,
}

impl Extension {
    /// Returns the statements that create the extension, and its schema for the role that owns the database.
    fn making(&self, role: Option<&str>) -> String {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let create = format!("CREATE EXTENSION IF NOT EXISTS {}", quoted(&self.name));
        // The system's schemas exist already.
        let Some(schema) = self.schema.as_deref().filter(|schema| !schema.starts_with("pg_")) else {
            return format!("{create} CASCADE");
        };
        let owner = role.map_or_else(String::new, |role| format!("AUTHORIZATION {}", quoted(role)));
        let schema = quoted(schema);
        format!("CREATE SCHEMA IF NOT EXISTS {schema} {owner}; {create} WITH SCHEMA {schema} CASCADE")
    }
}

/// An extension may bring event triggers, which would forbid what comes after them or write rows about a proof.
const SILENCE: &str = "DO $$ DECLARE found text; BEGIN FOR found IN SELECT quote_ident(evtname) FROM pg_event_trigger \
    WHERE evtenabled <> 'D' LOOP EXECUTE 'ALTER EVENT TRIGGER ' || found || ' DISABLE'; END LOOP; END $$";

/// Everything on a server on which it depends what statements make in a scratch database; see `ScratchServer::surroundings`.
const SURROUNDINGS: &str = "\
    SELECT concat_ws(E'\\n', version(), \
        (SELECT to_jsonb(r)::text FROM pg_roles r WHERE rolname = current_user), \
        (SELECT (to_jsonb(d) - 'datfrozenxid' - 'datminmxid')::text FROM pg_database d WHERE datname = current_database()), \
        (SELECT string_agg(name || '=' || setting, E'\\n' ORDER BY name) FROM pg_settings WHERE name <> 'application_name'), \
        (SELECT string_agg(name || ' ' || default_version, E'\\n' ORDER BY name) FROM pg_available_extensions)) AS told \
    FROM pg_roles WHERE rolname = current_user AND (rolcreatedb OR rolsuper)";

/// Returns what a server's scratch databases depend on. Returns `None` where none can be made, so that a schema among others'
/// objects stands for one.
pub(in crate::database) fn surroundings(server: &PostgresUrl) -> Result<Option<String>> {
    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = Text)]
        told: String,
    }
    let found = sql_query(SURROUNDINGS).get_result::<Told>(&mut connect(server)?).optional();
    Ok(found.map_err(|cause| unusable(&cause))?.map(|found| format!("{server}\n{}", found.told)))
}

/// A database that is dropped with this value.
pub(super) struct Scratch {
    /// Leads to the database that the server was reached by.
    pub(super) server: PostgresUrl,
    keeper: PostgresConnection,
    name: String,
    /// What the URL's own role has made in it.
    extensions: Vec<String>,
    // Dropped after the database, which belongs to it.
    rights: Rights<ScratchRole>,
}

impl Scratch {
    /// Creates a database as `template` says. The keeper comes first, so that nobody takes the database for a
    /// leftover.
    fn make(server: &PostgresUrl, template: &str, rights: Rights<ScratchRole>) -> Result<Self> {
        let name = new_name("");
        let mut keeper = connect(&server.with_application_name(&name))?;
        // A role's statement timeout may be too short for copying files, and a keeper is idle for as long as its
        // database is used.
        stay(&mut keeper);
        let owner = rights.own().map_or_else(String::new, |role| format!("OWNER \"{}\"", role.name()));
        keeper.batch_execute(&format!("CREATE DATABASE \"{name}\" {owner} {template}")).map_err(|cause| {
            Error::new(Code::CantMakeScratch, format!("no scratch database can be made at `{server}`: {cause}"))
                .help(
                    "let the role make databases (ALTER ROLE ... CREATEDB), or state a server where it may: \
                     `scratch.postgres` under `[database]` in autogen.toml",
                )
                .caused_by(cause)
        })?;
        // Nobody else has any business with this run's database.
        let private = format!("REVOKE ALL ON DATABASE \"{name}\" FROM PUBLIC");
        let mut scratch = Self { server: server.clone(), keeper, name, extensions: Vec::new(), rights };
        scratch.keeper.batch_execute(&private).map_err(|cause| unusable(&cause))?;
        Ok(scratch)
    }

    /// Creates what only the URL's own role can create. That role connects to the database before anybody else, and
    /// never again, because whatever it called there later could be somebody else's code.
    fn prepare(&mut self, extensions: Vec<Extension>, leave: &Leave) -> Result<()> {
        let role = self.rights.own().map(ScratchRole::name);
        let owner = role.filter(|_| leave.is_before_15);
        if extensions.is_empty() && owner.is_none() {
            return Ok(());
        }
        let mut connection = connect(&self.server.with_database(&self.name))?;
        if let Some(owner) = owner {
            // Later versions give the default schema to the database's owner.
            let give = format!("ALTER SCHEMA public OWNER TO \"{owner}\"");
            connection.batch_execute(&give).map_err(|cause| unusable(&cause))?;
        }
        for extension in extensions {
            let name = extension.name.clone();
            connection.batch_execute(&extension.making(role)).map_err(|cause| {
                let message = format!("the extension `{name}` can't be made in a scratch database: {cause}");
                Error::new(Code::CantMakeScratch, message)
                    .help(
                        "install it on the scratch server and let the URL's role make it, or correct `extensions` under \
                         `[scratch]` in autogen.toml",
                    )
                    .caused_by(cause)
            })?;
            self.extensions.push(name);
        }
        connection.batch_execute(SILENCE).map_err(|cause| unusable(&cause))
    }

    /// Connects to the database and returns the connection with its URL, or the reason why its role can't log in.
    fn reach(&self) -> Result<Result<(PostgresConnection, PostgresUrl), String>> {
        let url = self.server.with_database(&self.name);
        let Some(role) = self.rights.own() else { return Ok(Ok((connect(&url)?, url))) };
        let url = role.url(&url);
        Ok(role.log_in(&url).map(|connection| (connection, url)))
    }

    /// Returns the database on a connection that leads there.
    fn on(self, (connection, url): (PostgresConnection, PostgresUrl)) -> PostgresDatabase {
        PostgresDatabase { connection, url, limits: Limits::default(), schema: None, scratch: Some(self) }
    }

    /// Returns the extensions that exist whatever the statements do.
    pub(super) fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A connection that has just been closed may still be open on the server. If the server can't be reached, the
        // next run drops the database.
        let drop = format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name);
        if self.keeper.batch_execute(&drop).is_err() {
            // A revision may have made it a template, and these can't be dropped.
            let plain = format!("ALTER DATABASE \"{}\" IS_TEMPLATE false", self.name);
            let _or_next_time = self.keeper.batch_execute(&plain).and_then(|()| self.keeper.batch_execute(&drop));
        }
    }
}

impl PostgresDatabase {
    /// Creates a new, empty database with these extensions, or a schema in its place if the role can't create
    /// databases.
    pub(in crate::database) fn scratch(server: &PostgresUrl, extensions: Vec<Extension>) -> Result<Self> {
        let mut asking = connect(server)?;
        let leave = Leave::read(&mut asking)?;
        if !leave.databases {
            drop(asking);
            let (connection, schema) = ScratchSchema::make(server)?;
            let schema = Some(schema);
            return Ok(Self { connection, url: server.clone(), limits: Limits::default(), schema, scratch: None });
        }
        // Letters compare and sort as in the live database. The template isn't template1, because no chain has what an
        // administrator put there.
        let like = Like::read(&mut asking)?;
        let rights = role::rights(server, asking, &leave);
        let made = |rights: Rights<ScratchRole>| {
            let scratch = Scratch::make(server, &like.birth, rights.clone());
            let mut scratch = scratch.or_else(|_| Scratch::make(server, "TEMPLATE template0", rights))?;
            scratch.prepare(extensions.clone(), &leave)?;
            let reached = scratch.reach()?;
            Ok::<_, Error>((scratch, reached))
        };
        let (mut scratch, mut reached) = made(rights)?;
        if let Err(why) = &reached {
            (scratch, reached) = made(role::refuse(server, why))?;
        }
        let mut scratch = scratch.on(reached.map_err(|why| Error::new(Code::CantConnect, why))?);
        like.find_names_alike(&mut scratch.connection)?;
        Ok(scratch)
    }

    /// Returns why statements run with the rights of the URL's own role, where the host doesn't want it so.
    pub(in crate::database) fn unconfined(&self) -> Option<&str> {
        match (&self.scratch, &self.schema) {
            (Some(scratch), _) => scratch.rights.unconfined(),
            (None, Some(_)) if !scratch_settings().trust => Some("the role may not make databases (CREATEDB)"),
            (None, Some(_) | None) => None,
        }
    }

    /// Returns the URL of a database on the server that isn't a scratch one.
    pub(in crate::database) fn server(&self) -> &PostgresUrl {
        self.scratch.as_ref().map_or(&self.url, |scratch| &scratch.server)
    }

    /// Checks whether the database vanishes with this value.
    pub fn is_scratch(&self) -> bool {
        self.scratch.is_some() || self.schema.is_some()
    }

    /// Checks whether a schema stands in for the database.
    pub(crate) fn is_schema(&self) -> bool {
        self.schema.is_some()
    }

    /// Checks whether indexes were built without CONCURRENTLY here.
    pub(crate) fn has_plain_indexes(&self) -> bool {
        self.schema.as_ref().is_some_and(ScratchSchema::has_plain_indexes)
    }

    /// Creates a scratch database that is the same as this one to the last row, which is quicker than making it anew.
    /// Returns `None` if this database isn't a scratch one: nobody may be connected to a database that is copied like
    /// this.
    ///
    /// # Errors
    /// Returns the errors of [`Database::scratch_on`](crate::database::Database::scratch_on).
    pub fn twin(&mut self) -> Result<Option<Self>> {
        let Some(scratch) = &self.scratch else { return Ok(None) };
        let path = search_path(&mut self.connection)?;
        let name = scratch.name.clone();
        let (server, rights, extensions) = (scratch.server.clone(), scratch.rights.clone(), scratch.extensions.clone());
        // Nobody may be connected to a template, so this connection waits in another database.
        self.connection = connect(&server)?;
        let made = Scratch::make(&server, &format!("TEMPLATE \"{name}\""), rights);
        self.connection = connect(&self.url)?;
        set_search_path(&mut self.connection, &path)?;
        let mut twin = made?;
        twin.extensions = extensions;
        let reached = twin.reach()?.map_err(|why| Error::new(Code::CantConnect, why))?;
        let mut twin = twin.on(reached);
        set_search_path(&mut twin.connection, &path)?;
        Ok(Some(twin))
    }
}

/// What scratch databases take over from the database next to which they are made.
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

    /// Sets the search path so that new tables are created where the live database creates them. A search path may be
    /// a role's or a database's own, and name schemas that no chain creates.
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

fn search_path(connection: &mut PostgresConnection) -> Result<String> {
    let setting = sql_query("SELECT current_setting('search_path') AS path").get_result::<Setting>(connection);
    Ok(setting.map_err(|cause| unusable(&cause))?.path)
}

fn set_search_path(connection: &mut PostgresConnection, path: &str) -> Result<()> {
    let set = sql_query("SELECT set_config('search_path', $1, false)").bind::<Text, _>(path).execute(connection);
    set.map(|_| ()).map_err(|cause| unusable(&cause))
}

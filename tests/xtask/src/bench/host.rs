//! A host of many tables, and the same tables as Alembic reads them.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::write_file;
use crate::database::Database;

/// Writes a host whose plugins share the tables. Each table refers to the one before it in its plugin.
pub(super) fn write(folder: &Path, database: &Database, tables: usize, plugins: usize) -> Result<()> {
    write_file(folder, "autogen.toml", &format!("dialects = [\"{}\"]\n", database.dialect()))?;
    write_file(folder, "src/lib.rs", "//! The host.\n")?;
    for plugin in 0..plugins {
        let mut text = String::new();
        for (table, parent) in of_plugin(plugin, tables, plugins) {
            write!(
                text,
                "autogen::table! {{
    #[index(c2, name = \"ix_t{table}_c2\")]
    #[index(c3, c4, name = \"ix_t{table}_c3\")]
    t{table} (id) {{
        #[auto_increment]
        id -> Integer,
        #[references(t{parent}(id))]
        parent_id -> Nullable<Integer>,
        #[max_length = 64]
        c1 -> Varchar,
        c2 -> Integer,
        #[max_length = 64]
        c3 -> Nullable<Varchar>,
        c4 -> BigInt,
        #[default = false]
        c5 -> Bool,
        #[default(now)]
        c6 -> Timestamp,
        c7 -> Nullable<Double>,
        c8 -> Nullable<Date>,
    }}
}}
"
            )?;
        }
        write_file(folder, &format!("plugins/p{plugin}/src/schema.rs"), &text)?;
    }
    Ok(())
}

/// Returns the numbers of a plugin's tables, each with that of the table that it refers to.
fn of_plugin(plugin: usize, tables: usize, plugins: usize) -> impl Iterator<Item = (usize, usize)> {
    let (first, end) = (plugin * tables / plugins, (plugin + 1) * tables / plugins);
    (first..end).map(move |table| (table, table.saturating_sub(1).max(first)))
}

/// Writes the same tables for Alembic, and returns its check. Returns `None` where it isn't installed.
pub(super) fn alembic(folder: &Path, database: &Database, tables: usize, plugins: usize) -> Result<Option<Command>> {
    let version = Command::new("alembic").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let mut models = "from sqlalchemy import *\nmetadata = MetaData()\n".to_owned();
    for (table, parent) in (0..plugins).flat_map(|plugin| of_plugin(plugin, tables, plugins)) {
        writeln!(
            models,
            "Table('t{table}', metadata, Column('id', Integer, primary_key=True), \
             Column('parent_id', Integer, ForeignKey('t{parent}.id')), Column('c1', String(64), nullable=False), \
             Column('c2', Integer, nullable=False), Column('c3', String(64)), Column('c4', BigInteger, nullable=False), \
             Column('c5', Boolean, nullable=False, server_default=text('0')), \
             Column('c6', TIMESTAMP, nullable=False, server_default=func.now()), Column('c7', Double), Column('c8', Date), \
             Index('ix_t{table}_c2', 'c2'), Index('ix_t{table}_c3', 'c3', 'c4'))"
        )?;
    }
    write_file(folder, "alembic/models.py", &models)?;
    write_file(folder, "alembic/env.py", ENVIRONMENT)?;
    let url = database.sqlalchemy_url();
    // The file's own sign for a variable.
    let url = url.replace('%', "%%");
    write_file(folder, "alembic.ini", &format!("[alembic]\nscript_location = alembic\nsqlalchemy.url = {url}\n"))?;
    write_file(folder, "alembic/versions/.keep", "")?;
    let mut command = Command::new("alembic");
    command.arg("check").current_dir(folder);
    Ok(Some(command))
}

/// How Alembic connects. Tables that record migrations are left out.
const ENVIRONMENT: &str = "import os, sys
sys.path.insert(0, os.path.dirname(__file__))
from alembic import context
from sqlalchemy import create_engine
import models
with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=models.metadata,
        include_name=lambda name, kind, parents: not (kind == 'table' and name.startswith('__')),
    )
    with context.begin_transaction():
        context.run_migrations()
";

//! Finds the databases that the command line, the environment and autogen.toml name.

use std::ffi::OsString;
use std::path::Path;

use autogen_engine::database::DatabaseUrl;
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::host::{Host, Setting, Stated};

use crate::options::Options;

/// Returns the live database, or the server on which scratch databases are made beside its own.
pub(crate) fn database_url(options: &Options, host: &Host) -> Result<Option<DatabaseUrl>> {
    stated_url(options, host)?.map(|url| completed(url, options)).transpose()
}

/// Returns the server on which autogen.toml allows scratch databases of a dialect.
pub(crate) fn scratch_url(options: &Options, host: &Host, dialect: Dialect) -> Result<Option<DatabaseUrl>> {
    let Some(setting) = host.config.scratch.get(&dialect) else { return Ok(None) };
    setting_url(setting, options)?.map(|url| completed(url, options)).transpose()
}

pub(crate) fn completed(url: DatabaseUrl, options: &Options) -> Result<DatabaseUrl> {
    url.completed(&|name| options.text_variable(name))
}

fn setting_url(setting: &Setting, options: &Options) -> Result<Option<DatabaseUrl>> {
    match setting {
        Setting::Text(url) => DatabaseUrl::parse(url).map(Some),
        Setting::Env(variable) => match (options.variables)(&variable.text).map(OsString::into_string) {
            Some(Ok(url)) if url.is_empty() => Ok(None),
            Some(Ok(url)) => DatabaseUrl::parse(&url).map(Some),
            Some(Err(_)) => Err(not_set(variable, "holds no UTF-8")),
            None => Err(not_set(variable, "isn't set")),
        },
    }
}

fn not_set(variable: &Stated, how: &str) -> Error {
    let message = format!("the environment variable `{}` {how}", variable.text);
    let diagnostic =
        Diagnostic::error(Code::VariableNotSet, message).at(variable.place.clone(), "its value is wanted here");
    Error::from(diagnostic.help("set it; an empty value says that there is no such database"))
}

fn stated_url(options: &Options, host: &Host) -> Result<Option<DatabaseUrl>> {
    // An empty option hides the variable, but its server may still be used.
    let variable = options.text_variable("DATABASE_URL");
    let variable = variable.filter(|url| options.is_without_database() && !url.is_empty());
    if let Some(url) = options.database_url.clone().filter(|url| !url.is_empty()).or(variable) {
        return DatabaseUrl::parse(&url).map(Some);
    }
    match &host.config.database {
        None => Ok(None),
        Some(setting @ Setting::Text(_)) => Ok(setting_url(setting, options)?.map(|url| within(url, &host.root))),
        // The server can be used without its database, but need not exist.
        Some(Setting::Env(variable))
            if options.is_without_database() && (options.variables)(&variable.text).is_none() =>
        {
            Ok(None)
        }
        Some(setting @ Setting::Env(_)) => setting_url(setting, options),
    }
}

/// Resolves a path of autogen.toml from the file's own folder.
fn within(url: DatabaseUrl, root: &Path) -> DatabaseUrl {
    match url {
        DatabaseUrl::Sqlite(path) if path.as_os_str() == ":memory:" => DatabaseUrl::Sqlite(path),
        DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(root.join(path)),
        DatabaseUrl::Postgres(_) | DatabaseUrl::Mysql(_) => url,
    }
}

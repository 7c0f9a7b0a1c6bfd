//! Reads what is stated about a host's databases: in autogen.toml, in the options, in the environment.

use autogen_engine::database::{DatabaseUrl, ScratchSettings, set_scratch};
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::load;
use autogen_engine::host::Host;

use crate::options::Options;
use crate::urls::{database_url, scratch_url};
use crate::workspace::Workspace;

/// The settings for databases: from autogen.toml, the command line and the environment.
pub(crate) struct Settings {
    pub(crate) host: Host,
    options: Options,
    pub(crate) url: Option<DatabaseUrl>,
    /// Whether the URL is that of a live database, and not only of a server for scratch databases.
    pub(crate) is_live: bool,
    /// The dialects, at least one.
    pub(crate) dialects: Vec<Dialect>,
}

impl Settings {
    pub(crate) fn read(options: &Options) -> Result<Self> {
        let settings = Self::for_reading(options)?;
        let config = &settings.host.config;
        set_scratch(ScratchSettings {
            limits: Some(config.limits),
            trust: config.trust_scratch,
            extensions: config.extensions.clone(),
        });
        Ok(settings)
    }

    /// Reads settings for what needs no scratch database. Those of another host, which is at work on another thread,
    /// stay as they are.
    pub(crate) fn for_reading(options: &Options) -> Result<Self> {
        let host = Host::load(&options.root)?;
        for name in &options.plugins {
            host.owner(name)?;
        }
        let url = database_url(options, &host)?;
        let is_live = !options.is_without_database();
        let dialect = url.as_ref().map(DatabaseUrl::dialect);
        let mut dialects = host.config.dialects(dialect);
        let live = dialect.filter(|_| is_live);
        let is_stated = |dialect: &Dialect| host.config.stated_dialects.contains(dialect);
        for (dialect, who) in [(live, "the live database speaks"), (options.dialect, "`--dialect` asks for")] {
            let Some(dialect) = dialect.filter(|dialect| !is_stated(dialect)) else { continue };
            if !host.config.stated_dialects.is_empty() {
                let message = format!("{who} {dialect}, which isn't in `dialects` in autogen.toml");
                return Err(Error::new(Code::DialectNotStated, message)
                    .help(format!("add `{dialect}` to `dialects` in autogen.toml, or choose one that is there")));
            }
            dialects = vec![dialect];
        }
        Ok(Self { host, options: options.clone(), url, is_live, dialects })
    }

    /// Loads the host in one dialect. A live database of another dialect is ignored.
    pub(crate) fn workspace(&self, dialect: Dialect) -> Result<Workspace> {
        let url = self.url.clone().filter(|url| url.dialect() == dialect);
        let scratch = scratch_url(&self.options, &self.host, dialect)?;
        let history = load(&self.host, dialect)?;
        let like = url.clone().filter(|_| self.is_live);
        let (host, options) = (self.host.clone(), self.options.clone());
        let mut workspace = Workspace { host, dialect, url, scratch, like, history, setup: None, options };
        if !self.is_live {
            workspace.leave_live();
        }
        Ok(workspace)
    }
}

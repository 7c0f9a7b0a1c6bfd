//! Where a PostgreSQL database is, and how to get in: what a URL states, completed as every program
//! of PostgreSQL's completes it.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::password_file;
use super::tls::{SslMode, Tls};
use crate::database::decoded;
use crate::error::{Code, Error, Result};

/// Where a PostgreSQL database is. Shows itself without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    pub(super) config: Config,
    pub(super) tls: Tls,
    ssl_mode_is_stated: bool,
    /// What was parsed, without what the driver doesn't know: address and query.
    text: (String, String),
}

/// How long a server may take to answer at all, where nobody says.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where packages put the server's socket.
const SOCKET_FOLDERS: [&str; 3] = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

impl PostgresUrl {
    /// Reads `postgres://user:password@host:port/database?key=value`.
    pub(in crate::database) fn parse(text: &str) -> Result<Self> {
        let text = with_password_quoted(text);
        let (address, query) = text.split_once('?').unwrap_or((&text, ""));
        let mut url =
            Self { config: Config::new(), tls: Tls::default(), ssl_mode_is_stated: false, text: Default::default() };
        let mut rest = Vec::new();
        // The driver knows neither all modes of TLS nor certificates.
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => url.set_ssl_mode(&decoded(mode))?,
                Some(("sslrootcert", file)) => url.tls.root_certificates = Some(decoded(file).into()),
                Some(_) | None => rest.push(pair),
            }
        }
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        url.config = parsed(&format!("{address}{query}"))?;
        url.text = (address.to_owned(), query);
        Ok(url)
    }

    /// Fills in what the URL leaves open from the variables that every PostgreSQL program reads
    /// (`PGHOST`, `PGPASSWORD`, `PGSSLMODE` ...) and from the password file.
    pub(in crate::database) fn completed(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let port =
            variable("PGPORT").map(|port| match port.trim().parse::<u16>() {
                Ok(port) => Ok(port),
                Err(_) => Err(bad(format!("PGPORT is `{port}`, which is no port"))
                    .help("give it a number such as 5432, or unset it")),
            });
        let port = port.transpose()?;
        if let Some(with_port) = port.and_then(|port| with_port(&self.text.0, port)) {
            // The driver takes 5432 for a host without a port, and that can't be taken back.
            self.config = parsed(&format!("{with_port}{}", self.text.1))?;
        }
        let config = &mut self.config;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            for host in variable("PGHOST").iter().flat_map(|hosts| hosts.split(',')) {
                config.host(host);
            }
        }
        if let Some(port) = port.filter(|_| config.get_ports().is_empty()) {
            config.port(port);
        }
        if config.get_user().is_none()
            && let Some(user) = variable("PGUSER")
        {
            config.user(user);
        }
        if config.get_dbname().is_none()
            && let Some(name) = variable("PGDATABASE")
        {
            config.dbname(name);
        }
        if config.get_options().is_none()
            && let Some(options) = variable("PGOPTIONS")
        {
            config.options(options);
        }
        if config.get_application_name().is_none() {
            config.application_name(variable("PGAPPNAME").unwrap_or_else(|| "autogen".to_owned()));
        }
        if config.get_connect_timeout().is_none()
            && let Some(seconds) = variable("PGCONNECT_TIMEOUT").and_then(|seconds| seconds.trim().parse().ok())
        {
            config.connect_timeout(Duration::from_secs(seconds));
        }
        if !self.ssl_mode_is_stated
            && let Some(mode) = variable("PGSSLMODE")
        {
            self.set_ssl_mode(&mode)?;
        }
        let home = variable("HOME").map(PathBuf::from);
        if self.tls.root_certificates.is_none() {
            let usual = home.as_ref().map(|home| home.join(".postgresql/root.crt")).filter(|file| file.exists());
            self.tls.root_certificates = variable("PGSSLROOTCERT").map(PathBuf::from).or(usual);
        }
        if self.config.get_password().is_none() {
            let file = variable("PGPASSFILE").map(PathBuf::from).or(home.map(|home| home.join(".pgpass")));
            let found = variable("PGPASSWORD").or_else(|| file.and_then(|file| self.password_in(&file, &variable)));
            if let Some(password) = found {
                self.config.password(password);
            }
        }
        Ok(self)
    }

    /// Returns the driver's settings, with the defaults that it wouldn't apply by itself.
    pub(super) fn config(&self) -> Config {
        let mut config = self.config.clone();
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            let port = config.get_ports().first().copied().unwrap_or(DEFAULT_PORT);
            let socket = |folder: &&&str| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
            config.host(SOCKET_FOLDERS.iter().find(socket).copied().unwrap_or("localhost"));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config
    }

    /// Checks whether the server is only reached through a socket of this machine, where TLS is of no use.
    pub(super) fn is_local(&self) -> bool {
        self.config().get_hosts().iter().all(|host| match host {
            Host::Tcp(_) => false,
            #[cfg(unix)]
            Host::Unix(_) => true,
        })
    }

    /// Returns the URL of another database for the same server and user.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut url = self.clone();
        url.config.dbname(name);
        url
    }

    /// Returns the URL of the same server and database for another role.
    #[must_use]
    pub(super) fn with_login(&self, role: &str, password: &str) -> Self {
        let mut url = self.clone();
        url.config.user(role).password(password);
        url
    }

    /// Returns the same URL with a name that the server shows to everybody.
    pub(super) fn with_application_name(&self, name: &str) -> Self {
        let mut url = self.clone();
        url.config.application_name(name);
        url
    }

    fn set_ssl_mode(&mut self, mode: &str) -> Result<()> {
        self.tls.mode = SslMode::parse(mode).ok_or_else(|| {
            bad(format!("unknown sslmode `{mode}`"))
                .help("known: `disable`, `prefer`, `require`, `verify-ca`, `verify-full`")
        })?;
        self.ssl_mode_is_stated = true;
        Ok(())
    }

    fn password_in(&self, file: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let user = self.config.get_user().map(str::to_owned).or_else(|| variable("USER")).unwrap_or_default();
        let database = self.config.get_dbname().unwrap_or(&user);
        let port = self.config.get_ports().first().copied().unwrap_or(DEFAULT_PORT).to_string();
        let host = match self.config().get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(folder)) if SOCKET_FOLDERS.iter().any(|usual| folder == Path::new(usual)) => {
                "localhost".to_owned()
            }
            #[cfg(unix)]
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => "localhost".to_owned(),
        };
        password_file::find(file, [&host, &port, database, &user])
    }
}

const DEFAULT_PORT: u16 = 5432;

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        let ports = self.config.get_ports();
        for (position, host) in self.config.get_hosts().iter().enumerate() {
            f.write_str(if position > 0 { "," } else { "" })?;
            match host {
                Host::Tcp(host) => f.write_str(host)?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(f, "{}", folder.display())?,
            }
            if let Some(port) = ports.get(position).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

fn parsed(text: &str) -> Result<Config> {
    text.parse().map_err(|cause: tokio_postgres::Error| {
        let why = std::error::Error::source(&cause).map_or_else(|| cause.to_string(), ToString::to_string);
        bad(format!("the database URL can't be read: {why}")).help(
            "write `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; in a password, `@`, `/` and `%` are `%40`, `%2F` and `%25`",
        )
    })
}

/// Returns a URL with its password percent-encoded as it has to be. The driver would take what follows the first `@`
/// for the host, which is shown, and what follows a `?` for settings.
fn with_password_quoted(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return Cow::Borrowed(text) };
    // A value of the query may hold one too.
    let begins_query = |at: &usize| {
        let key = rest[at + 1..].split('=').next().unwrap_or_default();
        key.len() < rest.len() - at - 1 && key.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
    };
    let end = rest.match_indices('?').map(|(at, _)| at).find(begins_query).unwrap_or(rest.len());
    let Some((login, place)) = rest[..end].rsplit_once('@') else { return Cow::Borrowed(text) };
    let Some((user, password)) = login.split_once(':') else { return Cow::Borrowed(text) };
    let quoted = password.replace('@', "%40").replace('?', "%3F").replace('/', "%2F");
    Cow::Owned(format!("{scheme}://{user}:{quoted}@{place}{}", &rest[end..]))
}

/// Adds a port to an address with one host. Returns `None` if the address has no host, several, or a port of its own.
fn with_port(address: &str, port: u16) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let (server, database) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = server.rsplit_once('@').map_or(server, |(_, host)| host);
    let has_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
    (!host.is_empty() && !host.contains(',') && !has_port).then(|| format!("{scheme}://{server}:{port}{database}"))
}

fn bad(message: String) -> Error {
    Error::new(Code::BadDatabaseUrl, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(url: &str, variables: &[(&str, &str)]) -> Result<PostgresUrl> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        PostgresUrl::parse(url)?.completed(&find)
    }

    #[test]
    fn it_shows_itself_without_the_password() {
        let url =
            PostgresUrl::parse("postgres://ann:s%40crét@db:5433/shop?options=-csearch_path%3Daudit").expect("a URL");
        assert_eq!(url.to_string(), "postgres://ann@db:5433/shop");
        assert_eq!(url.config.get_options(), Some("-csearch_path=audit"));
        assert_eq!(url.config.get_password(), Some("s@crét".as_bytes()));
        let url = PostgresUrl::parse("postgresql:///shop?host=/var/run/x&user=ann").expect("a URL");
        assert_eq!(url.to_string(), "postgres://ann@/var/run/x/shop");
        assert!(url.is_local());
    }

    #[test]
    fn a_password_may_hold_what_ends_it() {
        for password in ["p@ss", "a/b", "a?b", "@/?@"] {
            let url = PostgresUrl::parse(&format!("postgres://ann:{password}@db/shop?user=ann")).expect(password);
            assert_eq!(url.to_string(), "postgres://ann@db:5432/shop", "{password}");
            assert_eq!(url.config.get_password(), Some(password.as_bytes()));
        }
    }

    #[test]
    fn mistakes_in_a_url_are_said_without_the_password() {
        for (url, message) in [
            ("postgres://u:secret@h/d?sslmode=maybe", "unknown sslmode `maybe`"),
            ("postgres://u:secret@h:port/d", "the database URL can't be read: invalid value for option `port`"),
            ("postgres://u:secret@h/d?pool=3", "the database URL can't be read: unknown option `pool`"),
        ] {
            let error = PostgresUrl::parse(url).expect_err("a mistake");
            assert_eq!((error.code(), error.to_string().as_str()), (Code::BadDatabaseUrl, message));
            assert!(!format!("{error:?}").contains("secret"));
        }
    }

    #[test]
    fn what_the_url_leaves_open_comes_from_the_environment() {
        let variables = [
            ("PGHOST", "db"),
            ("PGPORT", "5433"),
            ("PGUSER", "ann"),
            ("PGDATABASE", "shop"),
            ("PGPASSWORD", "secret"),
            ("PGSSLMODE", "verify-full"),
            ("PGOPTIONS", ""),
        ];
        let url = completed("postgres://", &variables).expect("complete");
        assert_eq!(url.to_string(), "postgres://ann@db:5433/shop");
        assert_eq!(url.config.get_password(), Some(b"secret".as_slice()));
        assert_eq!(url.tls.mode, SslMode::VerifyFull);
        assert_eq!(url.config.get_options(), None);
        assert_eq!(
            completed("postgres://[::1]/d", &variables).expect("complete").to_string(),
            "postgres://ann@::1:5433/d"
        );
        let url = completed("postgres://bob:own@h:1/d?sslmode=disable", &variables).expect("complete");
        assert_eq!(url.to_string(), "postgres://bob@h:1/d");
        assert_eq!(url.config.get_password(), Some(b"own".as_slice()));
        assert_eq!(url.tls.mode, SslMode::Disable);
        let error = completed("postgres://h", &[("PGPORT", "many")]).expect_err("a mistake");
        assert_eq!(error.to_string(), "PGPORT is `many`, which is no port");
    }
}

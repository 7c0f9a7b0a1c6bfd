//! Where a MariaDB or MySQL database is, and how to get in.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::database::decoded;
use crate::error::{Code, Error, Result};

/// Where a MariaDB or MySQL database is. Shows itself without the password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct MysqlUrl {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) socket: Option<String>,
    pub(super) database: Option<String>,
    pub(super) tls: Option<TlsMode>,
    /// A file of certificates to trust, besides those that browsers trust.
    pub(super) root_certificates: Option<PathBuf>,
    connect_timeout: Option<Duration>,
}

/// How much of the server's identity is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsMode {
    /// No TLS.
    Disabled,
    /// TLS where the server offers it; nothing is checked.
    Preferred,
    /// TLS; nothing is checked.
    Required,
    /// The certificate is signed by somebody trusted.
    VerifyCa,
    /// And it is this host's.
    VerifyIdentity,
}

impl TlsMode {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().replace('-', "_").as_str() {
            "disabled" | "disable" => Self::Disabled,
            "preferred" | "prefer" => Self::Preferred,
            "required" | "require" => Self::Required,
            "verify_ca" => Self::VerifyCa,
            "verify_identity" | "verify_full" => Self::VerifyIdentity,
            _ => return None,
        })
    }
}

/// Where packages put the server's socket.
const SOCKETS: [&str; 4] =
    ["/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];

pub(super) const DEFAULT_PORT: u16 = 3306;

/// How long a server may take to answer at all, where nobody says.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl MysqlUrl {
    /// Reads `mysql://user:password@host:port/database?key=value`; `mariadb://` is the same. Keys are
    /// `socket`, `ssl_mode`, `ssl_ca` and `connect_timeout`, in seconds.
    ///
    /// # Errors
    /// `bad-database-url` when a part of it can't be read.
    pub fn parse(text: &str) -> Result<Self> {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (server, database) = address.split_once('/').unwrap_or((address, ""));
        let (login, place) = server.rsplit_once('@').unwrap_or(("", server));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(decoded(password))),
            None => (login, None),
        };
        let (host, port) = host_and_port(place)?;
        let stated = |text: &str| Some(decoded(text)).filter(|text| !text.is_empty());
        let mut url = Self { user: stated(user), password, port, database: stated(database), ..Self::default() };
        // A host with slashes is a socket, as in some other programs.
        match stated(host) {
            Some(path) if path.starts_with('/') => url.socket = Some(path),
            host => url.host = host,
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            url.set(&key.to_ascii_lowercase().replace('-', "_"), &decoded(value))?;
        }
        Ok(url)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match key {
            "socket" | "unix_socket" => self.socket = Some(value.to_owned()),
            "ssl_mode" | "sslmode" => {
                let known = "known: `disabled`, `preferred`, `required`, `verify_ca`, `verify_identity`";
                let mode = TlsMode::parse(value);
                self.tls = Some(mode.ok_or_else(|| bad(format!("unknown ssl_mode `{value}`")).help(known))?);
            }
            "ssl_ca" | "sslca" => self.root_certificates = Some(value.into()),
            "connect_timeout" => {
                let seconds = value.parse().ok().filter(|seconds| *seconds > 0).map(Duration::from_secs);
                let wrong = || bad(format!("`{value}` is no connect_timeout")).help("give a number of seconds");
                self.connect_timeout = Some(seconds.ok_or_else(wrong)?);
            }
            _ => {
                return Err(bad(format!("the database URL can't be read: unknown option `{key}`"))
                    .help("known: `socket`, `ssl_mode`, `ssl_ca`, `connect_timeout`"));
            }
        }
        Ok(())
    }

    /// Fills in what the URL leaves open from the variables that MySQL's own programs read.
    pub(in crate::database) fn completed(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if self.host.is_none() && self.socket.is_none() {
            self.socket = variable("MYSQL_UNIX_PORT").filter(|_| variable("MYSQL_HOST").is_none());
            self.host = variable("MYSQL_HOST");
        }
        if self.port.is_none()
            && let Some(port) = variable("MYSQL_TCP_PORT")
        {
            let number = port.trim().parse().map_err(|_| {
                bad(format!("MYSQL_TCP_PORT is `{port}`, which is no port"))
                    .help("give it a number such as 3306, or unset it")
            });
            self.port = Some(number?);
        }
        self.user = self.user.or_else(|| variable("USER"));
        self.password = self.password.or_else(|| variable("MYSQL_PWD"));
        Ok(self)
    }

    /// Returns the URL of the same server and database for another user.
    #[must_use]
    pub(super) fn with_login(&self, user: &str, password: &str) -> Self {
        Self { user: Some(user.to_owned()), password: Some(password.to_owned()), ..self.clone() }
    }

    /// Returns how long the server may take to answer at all.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout.unwrap_or(CONNECT_TIMEOUT)
    }

    /// Returns the socket to connect to: the stated one, or the usual one where no host is stated.
    pub(super) fn local_socket(&self) -> Option<String> {
        let usual = || SOCKETS.iter().find(|path| std::path::Path::new(path).exists()).map(|path| (*path).to_owned());
        self.socket.clone().or_else(|| if self.host.is_none() && self.port.is_none() { usual() } else { None })
    }

    /// Checks whether both URLs lead to the same server.
    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        let place = |url: &Self| (url.host.clone(), url.port.unwrap_or(DEFAULT_PORT), url.local_socket());
        place(self) == place(other)
    }

    /// Returns the URL of another database, or of none, for the same server and user.
    pub(super) fn with_database(&self, name: Option<&str>) -> Self {
        Self { database: name.map(str::to_owned), ..self.clone() }
    }
}

/// Splits a host from its port, if there is one. An IPv6 address is in brackets.
fn host_and_port(place: &str) -> Result<(&str, Option<u16>)> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, after)) => (host, after.strip_prefix(':')),
        None => place.rsplit_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    // Text that isn't a number may be the rest of a password, so the message doesn't repeat it.
    let port = port.filter(|port| !port.is_empty()).map(|port| {
        port.parse().map_err(|_| {
            bad("the database URL can't be read: its port is no number".to_owned()).help(
                "write `mysql://USER:PASSWORD@HOST:PORT/DATABASE`; in a password, `@`, `/` and `%` are `%40`, `%2F` and `%25`",
            )
        })
    });
    Ok((host, port.transpose()?))
}

fn bad(message: String) -> Error {
    Error::new(Code::BadDatabaseUrl, message)
}

impl fmt::Debug for MysqlUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for MysqlUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mysql://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match (&self.socket, &self.host) {
            (Some(socket), _) => f.write_str(socket)?,
            (None, Some(host)) => f.write_str(host)?,
            (None, None) => {}
        }
        if let Some(port) = self.port.filter(|_| self.socket.is_none()) {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.database.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_itself_without_the_password() {
        let url = MysqlUrl::parse("mysql://ann:s%40crét@db:3307/shop?ssl-mode=REQUIRED").expect("a URL");
        assert_eq!(format!("{url} {url:?}"), "mysql://ann@db:3307/shop mysql://ann@db:3307/shop");
        assert_eq!((url.password.as_deref(), url.tls), (Some("s@crét"), Some(TlsMode::Required)));
        let url = MysqlUrl::parse("mariadb://ann@%2Frun%2Fx.sock/shop").expect("a URL");
        assert_eq!(url.to_string(), "mysql://ann@/run/x.sock/shop");
        assert_eq!(MysqlUrl::parse("mysql://[::1]:1/d").expect("a URL").host.as_deref(), Some("::1"));
    }

    #[test]
    fn mistakes_in_a_url_are_said_without_the_password() {
        for (url, message) in [
            ("mysql://u:secret@h/d?ssl_mode=maybe", "unknown ssl_mode `maybe`"),
            ("mysql://u:secret@h:port/d", "the database URL can't be read: its port is no number"),
            ("mysql://u:secret/x@h/d", "the database URL can't be read: its port is no number"),
            ("mysql://u:secret@h/d?pool=3", "the database URL can't be read: unknown option `pool`"),
        ] {
            let error = MysqlUrl::parse(url).expect_err("a mistake");
            assert_eq!((error.code(), error.to_string().as_str()), (Code::BadDatabaseUrl, message));
            assert!(!format!("{error:?}").contains("secret"));
        }
    }

    #[test]
    fn what_the_url_leaves_open_comes_from_the_environment() {
        let variables = [("MYSQL_HOST", "db"), ("MYSQL_TCP_PORT", "3307"), ("USER", "ann"), ("MYSQL_PWD", "secret")];
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let completed = |url: &str| MysqlUrl::parse(url).expect("a URL").completed(&find).expect("complete");
        assert_eq!(completed("mysql:///shop").to_string(), "mysql://ann@db:3307/shop");
        assert_eq!(completed("mysql:///shop").password.as_deref(), Some("secret"));
        assert_eq!(completed("mysql://bob:own@h:1/d").to_string(), "mysql://bob@h:1/d");
        let error = MysqlUrl::parse("mysql://h").expect("a URL").completed(&|_| Some("many".to_owned()));
        assert_eq!(error.expect_err("a mistake").to_string(), "MYSQL_TCP_PORT is `many`, which is no port");
    }
}

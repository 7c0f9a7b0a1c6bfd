//! Releases of servers that aren't the system's own: which there are, and which packages hold them.

use std::fmt;

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mariadb,
    /// MySQL.
    Mysql,
}

/// A release of a server, fetched from Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// What `cargo xtask test --server` calls it: `postgres18`.
    pub name: &'static str,
    /// What it is a release of.
    pub kind: Kind,
    /// Debian's suite that has it.
    pub(crate) suite: &'static str,
    /// The package that needs all others.
    pub(crate) package: &'static str,
    /// The folders of its programs.
    pub(crate) programs: &'static [&'static str],
}

impl Release {
    /// The newest MySQL, which every run of the tests has.
    pub const MYSQL: Self = Self {
        name: "mysql9.7",
        kind: Kind::Mysql,
        suite: "sid",
        package: "mysql-server-core",
        programs: &["usr/sbin"],
    };

    /// Every release that can be asked for by its name.
    pub const NAMED: [Self; 3] = [
        Self {
            name: "postgres17",
            kind: Kind::Postgres,
            suite: "trixie",
            package: "postgresql-17",
            programs: &["usr/lib/postgresql/17/bin"],
        },
        Self {
            name: "postgres18",
            kind: Kind::Postgres,
            suite: "sid",
            package: "postgresql-18",
            programs: &["usr/lib/postgresql/18/bin"],
        },
        Self {
            name: "mariadb11.8",
            kind: Kind::Mariadb,
            suite: "trixie",
            package: "mariadb-server",
            programs: &["usr/sbin", "usr/bin"],
        },
    ];

    /// Returns the release of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|release| release.name == name)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

//! The databases that stories are told on.

use std::fmt;

use autogen_engine::dialect::Dialect;
use autogen_test_servers::MysqlKind;

/// A kind of server, or SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// Embedded.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB, which speaks the dialect `mysql`.
    Mariadb,
    /// MySQL, which does too.
    Mysql,
}

impl Server {
    /// Every one, in the order in which stories are told.
    pub const ALL: [Self; 4] = [Self::Sqlite, Self::Postgres, Self::Mariadb, Self::Mysql];

    /// Those that are there: MySQL may be left out.
    pub fn present() -> impl Iterator<Item = Self> {
        let is_there = |kind| MysqlKind::of_this_run().any(|there| there == kind);
        Self::ALL.into_iter().filter(move |server| server.mysql().is_none_or(is_there))
    }

    /// What it speaks.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Sqlite => Dialect::Sqlite,
            Self::Postgres => Dialect::Postgres,
            Self::Mariadb | Self::Mysql => Dialect::Mysql,
        }
    }

    /// The names under which a story has what is this server's, the most particular first.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["sqlite"],
            Self::Postgres => &["postgres"],
            Self::Mariadb => &["mariadb", "mysql"],
            Self::Mysql => &["mysql9", "mysql"],
        }
    }

    /// The name that is its alone.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    /// The kind that `mysql://` leads to; `None` for the others.
    pub fn mysql(self) -> Option<MysqlKind> {
        match self {
            Self::Sqlite | Self::Postgres => None,
            Self::Mariadb => Some(MysqlKind::Mariadb),
            Self::Mysql => Some(MysqlKind::Mysql),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! The user that revisions run as on scratch databases. It has rights on those databases only.

use std::sync::{Mutex, PoisonError};

use diesel::QueryResult;
use diesel::connection::SimpleConnection as _;

use super::scratch::{place, words};
use super::{MysqlConnection, MysqlUrl, connect};
use crate::database::account::{Accounts, Rights, new_password};
use crate::sql::mysql::text_literal;

/// A user that is dropped with this value.
pub(super) struct ScratchUser {
    /// `'name'@'host'`, as statements have it.
    account: String,
    name: String,
    password: String,
    /// The session whose number is part of the name. A user without one belongs to a program that was killed.
    keeper: Mutex<MysqlConnection>,
}

static USERS: Accounts<MysqlUrl, ScratchUser> = Accounts::new();

/// Returns the rights with which statements run on a server's scratch databases.
pub(super) fn rights(server: &MysqlUrl) -> Rights<ScratchUser> {
    USERS.rights(server, || ScratchUser::make(server))
}

/// Remembers that a server has no use for users made for scratch databases.
pub(super) fn refuse(server: &MysqlUrl, why: &str) -> Rights<ScratchUser> {
    USERS.refuse(server, why)
}

impl ScratchUser {
    fn make(server: &MysqlUrl) -> Result<Self, String> {
        let mut keeper = connect(&server.with_database(None)).map_err(|error| error.to_string())?;
        let unmade = |cause: diesel::result::Error| format!("no user can be made for it: {cause}");
        let (place, session) = place(&mut keeper).map_err(unmade)?;
        // Some servers accept at most 32 letters.
        let place = place.replace("autogen_scratch_", "autogen_");
        drop_leftovers(&mut keeper, &place);
        // The host from which the server sees this program connect.
        let host = words(&mut keeper, "SELECT SUBSTRING_INDEX(USER(), '@', -1) AS word").map_err(unmade)?;
        let name = format!("{place}{session}");
        let account = format!("'{name}'@{}", text_literal(host.first().map_or("%", String::as_str)));
        let password = new_password()?;
        keeper.batch_execute(&format!("DROP USER IF EXISTS {account}")).map_err(unmade)?;
        keeper.batch_execute(&format!("CREATE USER {account} IDENTIFIED BY '{password}'")).map_err(unmade)?;
        Ok(Self { account, name, password, keeper: Mutex::new(keeper) })
    }

    /// Grants the user all rights in a scratch database.
    pub(super) fn let_use(&self, keeper: &mut MysqlConnection, database: &str) -> QueryResult<()> {
        // Both are wildcards in a grant.
        let pattern = database.replace('_', "\\_").replace('%', "\\%");
        keeper.batch_execute(&format!("GRANT ALL PRIVILEGES ON `{pattern}`.* TO {}", self.account))
    }

    /// Returns the URL with which the user logs in.
    pub(super) fn url(&self, database: &MysqlUrl) -> MysqlUrl {
        database.with_login(&self.name, &self.password)
    }
}

impl Drop for ScratchUser {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        // If the server can't be reached, the next run drops it.
        let _or_next_time = keeper.batch_execute(&format!("DROP USER IF EXISTS {}", self.account));
    }
}

/// Drops the users that killed programs have left behind, as far as this user may.
fn drop_leftovers(keeper: &mut MysqlConnection, place: &str) {
    let left = format!(
        "SELECT CONCAT('''', User, '''@''', Host, '''') AS word FROM mysql.user WHERE User REGEXP '^{place}[0-9]+$' \
         AND SUBSTRING_INDEX(User, '_', -1) NOT IN (SELECT ID FROM information_schema.PROCESSLIST)"
    );
    for account in words(keeper, &left).unwrap_or_default() {
        let _unless_dropped = keeper.batch_execute(&format!("DROP USER IF EXISTS {account}"));
    }
}

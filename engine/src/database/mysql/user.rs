//! The user that revisions run as on scratch databases. It has rights on those databases only.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use diesel::QueryResult;
use diesel::connection::SimpleConnection as _;

use super::scratch::{place, words};
use super::{MysqlConnection, MysqlUrl, connect};
use crate::database::account::{Accounts, Rights, new_password};
use crate::sql::mysql::{text_literal, tokens};
use crate::sql::{Kind, Token};

/// A user that goes with this value.
pub(super) struct ScratchUser {
    /// `'name'@'host'`, as statements have it.
    account: String,
    name: String,
    password: String,
    /// The session whose number is part of the name. A user without one belongs to a program that was killed.
    keeper: Mutex<MysqlConnection>,
}

static USERS: Accounts<MysqlUrl, ScratchUser> = Accounts::new();

/// With whose rights statements run on the scratch databases of a server.
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
        // Some servers take no more than 32 letters.
        let place = place.replace("autogen_scratch_", "autogen_");
        drop_leftovers(&mut keeper, &place);
        // From where the server sees this program come.
        let host = words(&mut keeper, "SELECT SUBSTRING_INDEX(USER(), '@', -1) AS word").map_err(unmade)?;
        let name = format!("{place}{session}");
        let account = format!("'{name}'@{}", text_literal(host.first().map_or("%", String::as_str)));
        let password = new_password()?;
        keeper.batch_execute(&format!("DROP USER IF EXISTS {account}")).map_err(unmade)?;
        keeper.batch_execute(&format!("CREATE USER {account} IDENTIFIED BY '{password}'")).map_err(unmade)?;
        Ok(Self { account, name, password, keeper: Mutex::new(keeper) })
    }

    /// Lets the user do anything in a scratch database.
    pub(super) fn let_use(&self, keeper: &mut MysqlConnection, database: &str) -> QueryResult<()> {
        // Both are wildcards in a grant.
        let pattern = database.replace('_', "\\_").replace('%', "\\%");
        keeper.batch_execute(&format!("GRANT ALL PRIVILEGES ON `{pattern}`.* TO {}", self.account))
    }

    /// Where the user logs in.
    pub(super) fn url(&self, database: &MysqlUrl) -> MysqlUrl {
        database.with_login(&self.name, &self.password)
    }
}

impl Drop for ScratchUser {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        // A server that is gone keeps it until the next run.
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

/// A statement with blanks in place of whose rights its trigger, routine, view or event has: here they are those of whoever
/// makes it.
pub(super) fn without_definer(sql: &str) -> Cow<'_, str> {
    let spans = definers(sql);
    if spans.is_empty() {
        return Cow::Borrowed(sql);
    }
    let mut without = sql.to_owned();
    for span in spans {
        let blanks = " ".repeat(span.len());
        without.replace_range(span, &blanks);
    }
    Cow::Owned(without)
}

/// Where a statement says whose rights something has, also within comments that the server runs, as dumps have them.
fn definers(sql: &str) -> Vec<Range<usize>> {
    const OBJECTS: [&str; 7] = ["trigger", "procedure", "function", "view", "event", "sql", "aggregate"];
    let found = tokens(sql).unwrap_or_default();
    let word = |at: usize| found.get(at).map(|token| sql[token.span.clone()].to_ascii_lowercase()).unwrap_or_default();
    let hidden = |token: &Token| {
        let inner =
            sql[token.span.clone()].strip_prefix("/*M!").or_else(|| sql[token.span.clone()].strip_prefix("/*!"))?;
        let inner = inner.trim_start_matches(|letter: char| letter.is_ascii_digit()).trim_start();
        let start = token.span.end - inner.len();
        let inner = inner.strip_suffix("*/")?.to_ascii_lowercase();
        let is_definer = inner.strip_prefix("definer")?.trim_start().starts_with('=');
        is_definer.then(|| start..start + inner.find(" sql security").unwrap_or(inner.len()))
    };
    let mut spans: Vec<_> = found.iter().filter_map(hidden).collect();
    if !matches!(word(0).as_str(), "create" | "alter") {
        return spans;
    }
    let begins = |at: &usize| word(*at) == "definer" && word(at + 1) == "=";
    let Some(from) = (1..found.len().min(8)).find(begins) else { return spans };
    let is_object = |at: &usize| found[*at].kind == Kind::Word && OBJECTS.contains(&word(*at).as_str());
    let Some(to) = (from + 3..found.len()).find(is_object) else { return spans };
    spans.push(found[from].span.start..found[to].span.start);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_rights_something_has_is_left_out() {
        for (sql, rest) in [
            ("CREATE DEFINER=`root`@`localhost` TRIGGER t BEFORE INSERT ON a", "CREATE TRIGGER t BEFORE INSERT ON a"),
            ("CREATE OR REPLACE DEFINER = CURRENT_USER() VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW v AS SELECT 1"),
            (
                "create algorithm=merge definer=root@'%' sql security definer view v as select 1",
                "create algorithm=merge sql security definer view v as select 1",
            ),
            ("ALTER DEFINER = x@y EVENT e ENABLE", "ALTER EVENT e ENABLE"),
            (
                "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @x = 1 */",
                "/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @x = 1 */",
            ),
            (
                "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=a@b SQL SECURITY DEFINER */ /*!50001 VIEW v AS SELECT 1*/",
                "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 SQL SECURITY DEFINER */ /*!50001 VIEW v AS SELECT 1*/",
            ),
            ("SELECT definer = view", "SELECT definer = view"),
            ("CREATE TABLE definer (event int)", "CREATE TABLE definer (event int)"),
        ] {
            let without = without_definer(sql);
            assert_eq!(without.split_whitespace().collect::<Vec<_>>().join(" "), rest);
            assert_eq!(without.len(), sql.len());
        }
    }
}

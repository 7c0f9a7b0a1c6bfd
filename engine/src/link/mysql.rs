//! Diesel's connections to MariaDB and MySQL.

use diesel::connection::LoadConnection;
use diesel::mysql::Mysql;
use diesel::sql_types::Text;
use diesel::{QueryResult, RunQueryDsl as _, sql_query};

use super::{Supported, TextRow, Texts, is_plainly_one, supported};
use crate::dialect::Dialect;
use crate::sql::mysql::is_block;

supported!(Mysql, Dialect::Mysql, str::to_owned, |connection, sql| {
    match is_plainly_one(sql) || (is_block(sql) && !prepares_bodies(connection, sql)?) {
        true => connection.batch_execute(sql),
        false => sql_query(sql).execute(connection).map(drop),
    }
});

/// Checks whether the server prepares a statement that makes something with a body: MariaDB does, MySQL
/// doesn't. Bodies that run at once may have results, which a prepared statement mixes up.
fn prepares_bodies<C>(connection: &mut C, sql: &str) -> QueryResult<bool>
where
    C: LoadConnection<Backend = Mysql>,
{
    let makes = Dialect::Mysql.statements(sql).iter().all(|made| made.first() == "create");
    if !makes {
        return Ok(false);
    }
    let rows = <Mysql as Supported<C>>::rows(connection, "SELECT VERSION()", &[])?;
    let version = rows.into_iter().flatten().flatten().next().unwrap_or_default();
    let mut numbers = version.split(['.', '-']).map_while(|number| number.parse::<u32>().ok());
    Ok(version.contains("MariaDB") && (numbers.next(), numbers.next(), numbers.next()) >= (Some(10), Some(6), Some(2)))
}

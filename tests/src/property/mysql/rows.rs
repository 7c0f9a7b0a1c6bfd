//! Rows for a start. One that some rule refuses is left out.

use super::models::{Models, PLAIN, TableModel};
use super::text::quoted;
use crate::server::Server;

const ROWS: usize = 5;

/// A statement a line, each of which may fail for itself.
pub(super) fn planted(server: Server, models: &Models) -> String {
    let mut text = String::new();
    for table in &models.tables {
        for number in 1..=ROWS {
            let insert = insert(models, table, number);
            text.push_str(&match server {
                // Has no block outside a routine.
                Server::Mysql => insert.replacen("INSERT ", "INSERT IGNORE ", 1),
                Server::Sqlite | Server::Postgres | Server::Mariadb => {
                    format!("BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END; {insert} END;")
                }
            });
            text.push('\n');
        }
    }
    text
}

fn insert(models: &Models, table: &TableModel, number: usize) -> String {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for (position, column) in table.columns.iter().enumerate() {
        if models.doubled(table, column).is_some() || column.numbered {
            continue;
        }
        names.push(quoted(&column.name.sql));
        let left_out = number % 3 == 2 && !column.required && position > 1;
        let value = PLAIN[column.kind].value.replace('#', &number.to_string());
        values.push(if left_out { "NULL".to_owned() } else { value });
    }
    format!("INSERT INTO {} ({}) VALUES ({});", quoted(&table.name.sql), names.join(", "), values.join(", "))
}

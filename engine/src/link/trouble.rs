//! Reasons why a database doesn't answer that have nothing to do with the query.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::says_conflict;
use crate::error::{Code, Error};

/// A reason that has nothing to do with the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Another program holds a lock that is needed.
    Busy,
    /// The connection is gone.
    Lost,
}

impl Trouble {
    /// Finds the reason in an error. Diesel has no kinds for most of these errors and keeps no codes, so the
    /// message has to tell. A database that speaks another language only gets less help.
    pub fn of(cause: &DieselError) -> Option<Self> {
        let DieselError::DatabaseError(kind, told) = cause else {
            return matches!(cause, DieselError::BrokenTransactionManager).then_some(Self::Lost);
        };
        if matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand) {
            return Some(Self::Lost);
        }
        Self::said(told.message())
    }

    /// Finds the reason in a database's message.
    pub fn said(message: &str) -> Option<Self> {
        const BUSY: [&str; 5] = [
            "database is locked",
            "database table is locked",
            "database schema is locked",
            "lock timeout",
            "Lock wait timeout exceeded",
        ];
        const LOST: [&str; 9] = [
            "connection closed",
            "Connection to the server is closed",
            "Connection was killed",
            "Lost connection",
            "server has gone away",
            "terminating connection",
            "server closed the connection",
            "Input/output error",
            "no connection to the server",
        ];
        let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
        if says(&BUSY) || says_conflict(message) {
            return Some(Self::Busy);
        }
        says(&LOST).then_some(Self::Lost)
    }

    /// Returns the code of the error that it leads to.
    pub fn code(self) -> Code {
        match self {
            Self::Busy => Code::DatabaseBusy,
            Self::Lost => Code::ConnectionLost,
        }
    }

    /// Returns what to do about it if nothing was changed.
    pub fn help(self) -> &'static str {
        match self {
            Self::Busy => "another program is writing to the database; try again when it has finished",
            Self::Lost => "check that the server runs and can be reached, and try again",
        }
    }
}

/// Returns `true` if MariaDB or MySQL says that a table can't be altered by the algorithm, or under the lock,
/// that a statement asks for.
pub fn refuses_algorithm(message: &str) -> bool {
    let names = ["ALGORITHM=", "LOCK="].iter().any(|word| message.contains(word));
    (names && message.contains(" is not supported")) || message.contains("Maximum row versions reached")
}

/// Creates the error for something that a database refuses. It gets this code and help, unless the cause has
/// nothing to do with what was asked.
pub fn refused(code: Code, message: String, help: &str, cause: DieselError) -> Error {
    let (code, help) = Trouble::of(&cause).map_or((code, help), |trouble| (trouble.code(), trouble.help()));
    Error::new(code, message).help(help).caused_by(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_its_own_comes_before_what_was_asked() {
        let refused = |said: &str| {
            let cause = DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(said.to_owned()));
            refused(Code::CantQuery, format!("can't look: {said}"), "look elsewhere", cause)
        };
        let told = |said: &str| {
            let error = refused(said);
            (error.code(), error.diagnostics[0].help.clone().unwrap_or_default())
        };
        assert_eq!(told("no such table: x"), (Code::CantQuery, "look elsewhere".to_owned()));
        assert_eq!(told("database is locked"), (Code::DatabaseBusy, Trouble::Busy.help().to_owned()));
        assert_eq!(told("Lock wait timeout exceeded; try restarting transaction").0, Code::DatabaseBusy);
        assert_eq!(told("MySQL server has gone away").0, Code::ConnectionLost);
    }
}

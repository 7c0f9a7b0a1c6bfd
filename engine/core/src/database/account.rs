//! The rights with which statements run on a server's scratch databases.
//!
//! Migrations written by a plugin's author are replayed there before anybody has read them. So each run makes an
//! account of its own (a role, a user) that can reach nothing but scratch databases, and logs in as that account.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::scratch::scratch_settings;

/// The rights with which statements run.
pub(super) enum Rights<A> {
    /// Those of an account that reaches nothing else.
    Own(Arc<A>),
    /// Those of the URL's own account, and why. `None` where the host wants it so.
    Full(Option<String>),
}

impl<A> Clone for Rights<A> {
    fn clone(&self) -> Self {
        match self {
            Self::Own(account) => Self::Own(Arc::clone(account)),
            Self::Full(why) => Self::Full(why.clone()),
        }
    }
}

impl<A> Rights<A> {
    /// Returns the account made for scratch databases, if there is one.
    pub(super) fn own(&self) -> Option<&A> {
        match self {
            Self::Own(account) => Some(account),
            Self::Full(_) => None,
        }
    }

    /// Returns why statements run with the rights of the URL's own account. Returns `None` if they don't, or if the
    /// host wants it so.
    pub(super) fn unconfined(&self) -> Option<&str> {
        match self {
            Self::Own(_) => None,
            Self::Full(why) => why.as_deref(),
        }
    }
}

/// The accounts that this process has made, by server. An account lasts as long as a scratch database uses it.
pub(super) struct Accounts<U, A>(Mutex<Vec<(U, AccountState<A>)>>);

enum AccountState<A> {
    Made(Weak<A>),
    Refused(String),
}

impl<U: Clone + PartialEq, A> Accounts<U, A> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Returns the rights of scratch databases on a server. `make` makes an account, or says why it can't.
    pub(super) fn rights(&self, server: &U, make: impl FnOnce() -> Result<A, String>) -> Rights<A> {
        if scratch_settings().trust {
            return Rights::Full(None);
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, found) in known.iter().filter(|(of, _)| of == server) {
            match found {
                AccountState::Made(account) => {
                    if let Some(account) = account.upgrade() {
                        return Rights::Own(account);
                    }
                }
                AccountState::Refused(why) => return Rights::Full(Some(why.clone())),
            }
        }
        known.retain(|(of, _)| of != server);
        match make() {
            Ok(account) => {
                let account = Arc::new(account);
                known.push((server.clone(), AccountState::Made(Arc::downgrade(&account))));
                Rights::Own(account)
            }
            Err(why) => {
                known.push((server.clone(), AccountState::Refused(why.clone())));
                Rights::Full(Some(why))
            }
        }
    }

    /// Remembers that an account of this server is of no use.
    pub(super) fn refuse(&self, server: &U, why: &str) -> Rights<A> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(of, _)| of != server);
        known.push((server.clone(), AccountState::Refused(why.to_owned())));
        Rights::Full(Some(why.to_owned()))
    }
}

/// Makes a password that nobody can guess, with all kinds of characters that servers ask for.
///
/// # Errors
/// Returns a message if the system has no random numbers.
pub(super) fn new_password() -> Result<String, String> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|cause| format!("there are no random numbers for a password: {cause}"))?;
    let mut password = "aA1-".to_owned();
    for byte in bytes {
        // Writing to a text doesn't fail.
        let _ = write!(password, "{byte:02x}");
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_lasts_as_long_as_it_is_used_and_a_refusal_for_good() {
        let accounts = Accounts::<u8, u8>::new();
        let first = accounts.rights(&1, || Ok(7));
        let again = accounts.rights(&1, || panic!("there is one"));
        assert_eq!((first.own(), again.own(), again.unconfined()), (Some(&7), Some(&7), None));
        assert_eq!(accounts.rights(&2, || Err("no".to_owned())).unconfined(), Some("no"));
        assert_eq!(accounts.rights(&2, || panic!("it was refused")).unconfined(), Some("no"));
        drop((first, again));
        assert_eq!(accounts.rights(&1, || Ok(8)).own(), Some(&8));
        accounts.refuse(&1, "no login");
        assert_eq!(accounts.rights(&1, || panic!("it was refused")).unconfined(), Some("no login"));
    }

    #[test]
    fn passwords_differ() {
        let (one, other) = (new_password().expect("random numbers"), new_password().expect("random numbers"));
        assert_ne!(one, other);
        assert_eq!(one.len(), 52);
    }
}

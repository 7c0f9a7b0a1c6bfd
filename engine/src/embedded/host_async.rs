//! The same host for programs on tokio, whose connections are diesel-async's.

use std::sync::Arc;

use super::Host;
use crate::error::{Diagnostic, Result};
use crate::history::{Revision, Version};
use crate::link::{AsyncLink, Link, blocking};

/// Each function does what its namesake without `_async` does, on a thread of tokio's that may block. A future that is
/// dropped stops waiting, and not the work: a revision that has begun is applied or rolled back whole.
///
/// ```no_run
/// # #[cfg(feature = "postgres")]
/// async fn start(connection: impl autogen::AsyncLink) -> autogen::error::Result<()> {
///     let host = std::sync::Arc::new(autogen::Host::new([autogen::plugin!(core)]));
///     host.upgrade_async(connection).await?;
///     Ok(())
/// }
/// ```
impl Host {
    /// Applies everything that is pending, as [`Host::upgrade`] does.
    ///
    /// # Errors
    /// Those of [`Host::upgrade`], and `interrupted` if the runtime ends first.
    pub async fn upgrade_async(self: &Arc<Self>, connection: impl AsyncLink) -> Result<Vec<Version>> {
        self.apart(connection, Self::upgrade).await
    }

    /// Returns the revisions that would be applied, as [`Host::pending`] does.
    ///
    /// # Errors
    /// Those of [`Host::pending`], and `interrupted` if the runtime ends first.
    pub async fn pending_async(self: &Arc<Self>, connection: impl AsyncLink) -> Result<Vec<Revision>> {
        self.apart(connection, Self::pending).await
    }

    /// Checks whether the program may run on the database as it is, as [`Host::check`] does.
    ///
    /// # Errors
    /// Those of [`Host::check`], and `interrupted` if the runtime ends first.
    pub async fn check_async(self: &Arc<Self>, connection: impl AsyncLink) -> Result<Vec<Diagnostic>> {
        self.apart(connection, Self::check).await
    }

    async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        connection: impl AsyncLink,
        work: fn(&Self, &mut dyn Link) -> Result<T>,
    ) -> Result<T> {
        let host = Arc::clone(self);
        blocking(connection, move |link| work(&host, link)).await
    }
}

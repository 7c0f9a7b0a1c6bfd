//! What a workspace reports while it works, for whoever shows it.

use autogen_engine::error::Diagnostic;
use autogen_engine::history::Event;

use crate::refused::Refused;

/// Receives what is reported besides a result.
pub trait Observer {
    /// Receives warnings and notes about what was read.
    fn diagnostics(&self, diagnostics: &[Diagnostic]);

    /// Receives remarks about what is being done.
    fn remark(&self, text: &str);

    /// Receives what happens while revisions are applied or reverted. By default it is a remark.
    fn event(&self, event: &Event<'_>) {
        self.remark(&event.to_string());
    }

    /// Receives why a draft isn't made, before the error that says the same. By default it is ignored.
    fn refused(&self, _: &Refused) {}

    /// Receives details for users who ask for them.
    fn detail(&self, text: &str);
}

/// Ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn diagnostics(&self, _: &[Diagnostic]) {}

    fn remark(&self, _: &str) {}

    fn detail(&self, _: &str) {}
}

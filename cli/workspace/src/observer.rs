//! What a workspace says while it works, to whoever shows it.

use autogen_engine::error::Diagnostic;

/// Hears what there is to say beside a result.
pub trait Observer {
    /// Receives warnings and notes about what was read.
    fn diagnostics(&self, diagnostics: &[Diagnostic]);

    /// Receives remarks about what is being done.
    fn remark(&self, text: &str);

    /// Receives details for users who ask for them.
    fn detail(&self, text: &str);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn diagnostics(&self, _: &[Diagnostic]) {}

    fn remark(&self, _: &str) {}

    fn detail(&self, _: &str) {}
}

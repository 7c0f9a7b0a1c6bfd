//! What a workspace says while it works, to whoever shows it.

use autogen_engine::error::Diagnostic;

/// Hears what there is to say beside a result.
pub trait Observer {
    /// Hears warnings and notes about what was read.
    fn diagnostics(&self, diagnostics: &[Diagnostic]);

    /// Hears what is being done, as it is done.
    fn remark(&self, text: &str);

    /// Hears what only somebody who asks for details wants to know.
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

//! Spans for whoever collects them: of the whole, and of each revision. Nothing without the feature `tracing`.

use crate::history::Event;
#[cfg(feature = "tracing")]
use crate::history::Revision;

/// The spans that are open on this thread.
#[derive(Debug)]
pub(super) struct Trace {
    // What was entered last is left first.
    #[cfg(feature = "tracing")]
    revision: Option<tracing::span::EnteredSpan>,
    #[cfg(feature = "tracing")]
    _whole: tracing::span::EnteredSpan,
}

#[cfg(feature = "tracing")]
impl Trace {
    /// Opens the span of applying revisions.
    pub(super) fn upgrade() -> Self {
        Self { revision: None, _whole: tracing::info_span!("upgrade").entered() }
    }

    /// Opens the span of reverting revisions of a plugin.
    pub(super) fn downgrade(plugin: &str) -> Self {
        Self { revision: None, _whole: tracing::info_span!("downgrade", plugin).entered() }
    }

    /// Opens the span of a revision, or says what has happened in it.
    pub(super) fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Applying(revision) | Event::Reverting(revision) => {
                // The earlier one is left before the next is entered.
                self.revision = None;
                self.revision = Some(span(revision));
                tracing::info!("{event}");
            }
            Event::Undoing(_) | Event::Overtaken(_) => tracing::info!("{event}"),
            Event::Waiting(_, who) => tracing::warn!(who, "waiting for another program"),
        }
    }
}

#[cfg(feature = "tracing")]
fn span(revision: &Revision) -> tracing::span::EnteredSpan {
    tracing::info_span!("revision", plugin = revision.owner, name = revision.name).entered()
}

#[cfg(not(feature = "tracing"))]
impl Trace {
    pub(super) fn upgrade() -> Self {
        Self {}
    }

    pub(super) fn downgrade(_: &str) -> Self {
        Self {}
    }

    pub(super) fn note(&mut self, _: &Event<'_>) {}
}

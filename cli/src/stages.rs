//! What each stage of a run has taken, for `-vv`: a line on standard error as each one ends.

use std::fmt;
use std::io::Write as _;
use std::time::Instant;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Subscriber, subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Prints how long each stage of the run takes, from now on.
pub(crate) fn tell() {
    // Only a second call could be refused.
    let _first = subscriber::set_global_default(tracing_subscriber::registry().with(Stages));
}

struct Stages;

/// A stage that has begun.
struct Begun {
    at: Instant,
    /// What is known of it: `6 queries`, `postgres`.
    facts: Vec<String>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Stages {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut begun = Begun { at: Instant::now(), facts: Vec::new() };
        attributes.record(&mut begun);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(begun);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(begun) = span.extensions_mut().get_mut::<Begun>()
        {
            values.record(begun);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let extensions = span.extensions();
        let Some(begun) = extensions.get::<Begun>() else { return };
        let indent = "  ".repeat(span.scope().skip(1).count());
        let milliseconds = begun.at.elapsed().as_secs_f64() * 1000.0;
        let facts: String = begun.facts.iter().map(|fact| format!(", {fact}")).collect();
        // Nothing is left to do when not even that can be told.
        let _untold = writeln!(std::io::stderr(), "{indent}{}: {milliseconds:.1} ms{facts}", span.name());
    }
}

impl Visit for Begun {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.facts.push(value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.facts.push(format!("{value:?} {}", field.name()));
    }
}

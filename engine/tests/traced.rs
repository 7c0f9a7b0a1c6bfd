//! Spans and events of a host that applies its chains, as a collector gets them.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use autogen::embedded::{Chain, Migration};
use autogen::{Host, Plugin};
use diesel::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

const fn revision(name: &'static str, up: &'static str) -> Migration {
    Migration { name, up, down: Some("SELECT 1;"), metadata: None }
}

const CORE: Plugin = Plugin {
    name: "core",
    chains: &[Chain {
        dialect: None,
        migrations: &[
            revision("2026-11-20-083000-one", "CREATE TABLE one (id INTEGER PRIMARY KEY);"),
            revision("2026-11-20-083001-two", "CREATE TABLE two (id INTEGER PRIMARY KEY);"),
        ],
    }],
};

/// Writes down what it hears.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _written = write!(self.0, " {field}={value:?}");
    }
}

impl Heard {
    fn note(&self, what: &str, name: &str, fields: Fields) {
        self.0.lock().expect("nobody has panicked").push(format!("{what} {name}{}", fields.0));
    }
}

impl<S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>> Layer<S> for Heard {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut fields = Fields(String::new());
        attributes.record(&mut fields);
        self.note("span", attributes.metadata().name(), fields);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let within: Vec<_> = context.event_scope(event).into_iter().flatten().map(|span| span.name()).collect();
        self.note("event in", &within.join("<"), fields);
    }
}

#[test]
fn an_upgrade_is_a_span_with_one_for_each_revision() {
    let heard = Heard::default();
    let mut database = SqliteConnection::establish(":memory:").expect("opens");
    tracing::subscriber::with_default(Registry::default().with(heard.clone()), || {
        Host::new([CORE]).upgrade(&mut database).expect("runs");
    });
    let heard = heard.0.lock().expect("nobody has panicked").clone();
    assert_eq!(
        heard,
        [
            "span upgrade",
            "span revision plugin=\"core\" name=\"2026-11-20-083000-one\"",
            "event in revision<upgrade message=applying core's 2026-11-20-083000-one",
            "span revision plugin=\"core\" name=\"2026-11-20-083001-two\"",
            "event in revision<upgrade message=applying core's 2026-11-20-083001-two",
        ]
    );
}

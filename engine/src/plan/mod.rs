//! Changes become ordered physical steps, each with its hazards.
//!
//! Order is stated as reasons (`order.rs`): what must run before what, and why. Everything here
//! is pure.

mod hazard;
mod step;

pub use hazard::{Hazard, HazardKind};
pub use step::{Guard, Operation, Plan, Rebuild, Source, Step, Transaction};

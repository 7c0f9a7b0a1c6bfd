//! Throwaway databases: replay chains, evaluate expressions, prove migrations.

mod constants;

pub use constants::{Constant, stored_values};

//! Table definitions from Rust source, without compiling it.

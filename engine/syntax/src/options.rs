//! How a table's rows are stored, as its attributes state it.

use proc_macro2::Span;
use syn::{LitInt, LitStr};

/// How a table's rows are stored, as far as attributes state it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where `#[strict]` stands.
    pub strict: Option<Span>,
    /// Where `#[without_rowid]` stands.
    pub without_rowid: Option<Span>,
    /// Where `#[unlogged]` stands.
    pub unlogged: Option<Span>,
    /// Where `#[system_versioned]` stands.
    pub system_versioned: Option<Span>,
    /// `#[engine]`.
    pub engine: Option<LitStr>,
    /// `#[collate]`.
    pub collate: Option<LitStr>,
    /// `#[row_format]`.
    pub row_format: Option<LitStr>,
    /// `#[key_block_size]`.
    pub key_block_size: Option<LitInt>,
}

impl Options {
    /// Returns `true` if an attribute states any of them.
    pub fn are_stated(&self) -> bool {
        let Self { strict, without_rowid, unlogged, system_versioned, engine, collate, row_format, key_block_size } =
            self;
        [strict, without_rowid, unlogged, system_versioned].into_iter().any(Option::is_some)
            || [engine, collate, row_format].into_iter().any(Option::is_some)
            || key_block_size.is_some()
    }
}

//! Real spellings, against a server.

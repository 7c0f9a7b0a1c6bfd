//! The host, its plugins, and which of them owns what.

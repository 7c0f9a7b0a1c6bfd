//! Revisions on disk, their graph, and what a database has applied.

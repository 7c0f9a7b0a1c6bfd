//! The schema that a database really has, in a fixed number of queries.

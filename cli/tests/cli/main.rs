//! The program as its users meet it: what it prints, what it leaves on disk and in databases, and
//! its exit codes. What a migration does to a schema is told by the stories in `tests/cases`.
//!
//! Expected text stands in the tests; `UPDATE_EXPECT=1 cargo test -p diesel-autogen-cli` writes it.

#![expect(clippy::too_many_lines, reason = "whole answers of the program stand in the tests")]

mod support;

mod adopt;
mod adopt_fresh;
mod adopt_in_place;
mod adopt_names;
mod adopt_owners;
mod adopt_postgres;
mod branches;
mod certificates;
mod chains;
mod check;
mod code_owners;
mod codes;
mod compiles;
mod databases;
mod dialects;
mod dialects_apart;
mod diesel;
mod diff;
mod documents;
mod downgrade;
mod drift;
mod enum_values;
mod explain;
mod fence;
mod fence_scratch;
mod formats;
mod galera;
mod generate;
mod gone;
mod half_done;
mod half_done_postgres;
mod hazards;
mod heads;
mod help;
mod hosts;
mod interrupts;
mod ledger;
mod lint;
mod losing;
mod lost;
mod measured;
mod mysql;
mod mysql_algorithms;
mod mysql_collations;
mod mysql_fence;
mod mysql_keys;
mod mysql_scripts;
mod mysql_turns;
mod mysql_undo;
mod online;
mod orders;
mod ownership;
mod parts;
mod pictures;
mod places;
mod policy;
mod postgres_guarded;
mod postgres_heirs;
mod postgres_names;
mod reading;
mod refusals;
mod review;
mod revisions;
mod script_clients;
mod script_turns;
mod scripts;
mod servers;
mod sites;
mod sources;
mod stamp;
mod status;
mod stock;
mod takes;
mod terminal;
mod ties;
mod upgrade;
mod verify;
mod watch;
mod words;

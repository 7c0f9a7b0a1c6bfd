//! Runs stories: text files that each tell one thing that the program does to a database.
//!
//! A [`story::Story`] holds definitions and live SQL, and what is expected of them. [`run`] takes
//! it through the whole flow on a real database, up and down, and tells what differs. Whether a
//! database is back where it was is for a [`judge`] to say, which shares no code with the engine.
//!
//! How to add a story is in README.md beside this folder. The command line is not tested here.

pub mod adopting;
pub mod algorithms;
pub mod chains;
pub mod coverage;
pub mod generate;
pub mod host;
pub mod judge;
pub mod property;
pub mod run;
pub mod server;
pub mod shown;
pub mod story;
pub mod tables;
pub mod trial;

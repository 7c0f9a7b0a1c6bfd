//! Random pairs of definitions for MariaDB and MySQL, each told as a story: made, filled with rows, taken there and back
//! and there again, and judged by `SHOW CREATE TABLE`.
//!
//! What a pair is comes out of two rows of numbers, as on PostgreSQL.

mod models;
mod mutate;
mod rows;
mod text;

use super::draw::Draw;
use super::tale::Tale;
use super::trial::{Failure, Outcome};
use crate::server::Server;
use models::Models;

/// Takes the pair that the numbers stand for through everything.
///
/// # Errors
/// The first thing that isn't as it should be, and the story of it.
pub fn run(server: Server, start: &[u16], goal: &[u16]) -> Result<Outcome, Failure> {
    let start = Models::random(&mut Draw::new(start));
    let goal = mutate::mutated(&start, &mut Draw::new(goal));
    let tale = Tale {
        server,
        start: start.text(false),
        goal: goal.text(true),
        rows: rows::planted(server, &start),
        in_the_way: &["stopped: "],
    };
    tale.tell()
}

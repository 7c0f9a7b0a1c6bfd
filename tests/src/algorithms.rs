//! Whether MariaDB and MySQL alter tables as plans say they do: each alteration is asked for by its algorithm, and by better
//! ones, which the server must refuse.

use autogen_codegen::sql;
use autogen_engine::database::Database;
use autogen_engine::dialect::Dialect;
use autogen_engine::plan::{Algorithm, Clause, MysqlOperation, Operation, Plan};

use crate::generate::{Failure, generate};
use crate::server::Server;
use crate::story::Story;
use crate::trial::Trial;

/// From the one that keeps out least.
const ALL: [(Algorithm, &str); 4] = [
    (Algorithm::Catalog, "ALGORITHM=INSTANT"),
    (Algorithm::InPlace, "ALGORITHM=INPLACE, LOCK=NONE"),
    (Algorithm::InPlaceReading, "ALGORITHM=INPLACE, LOCK=SHARED"),
    (Algorithm::Copy, "ALGORITHM=COPY, LOCK=SHARED"),
];

/// What came of a story.
#[derive(Debug, Default)]
pub struct Tried {
    /// How often each algorithm was right.
    pub right: Vec<Algorithm>,
    /// Alterations of which the plan says something else than the server.
    pub wrong: Vec<String>,
}

/// Runs a story's scripts there and back, each alteration by the algorithms.
///
/// # Errors
/// When the story can't be told.
pub fn tried(story: &Story, server: Server) -> Result<Tried, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let live: Vec<&str> = story.text("live.sql", server).into_iter().collect();
    let trial = Trial::new(folder.path(), server, None, &live)?;
    let mut database = trial.connect()?;
    let mut tried = Tried::default();
    // What is refused isn't run.
    let plans = match generate(story, &trial, folder.path()) {
        Ok(generated) => generated.draft.plans,
        Err(Failure::Refused(_)) => return Ok(tried),
        Err(Failure::Trial(error)) => return Err(error),
    };
    for plan in [&plans.up, &plans.down] {
        if !run(plan, &mut database, &mut tried) {
            break;
        }
    }
    Ok(tried)
}

/// Whether all of it ran.
fn run(plan: &Plan, database: &mut Database, tried: &mut Tried) -> bool {
    for statement in sql::statements(plan, Dialect::Mysql) {
        let step = statement.step.and_then(|step| plan.steps.get(step)).map(|step| &step.operation);
        let Some(Operation::Mysql(MysqlOperation::AlterTable(_, clauses, said))) = step else {
            if database.execute(&statement.sql).is_err() {
                return false;
            }
            continue;
        };
        // The server takes any word beside another engine, and copies.
        if clauses
            .iter()
            .any(|clause| matches!(clause, Clause::Options(options) if options.from.engine != options.to.engine))
        {
            if *said != Algorithm::Copy || database.execute(&statement.sql).is_err() {
                tried.wrong.push(format!("{said} can't be told: {}", statement.sql));
            }
            continue;
        }
        let taken = ALL.iter().find(|(_, words)| database.execute(&format!("{}, {words}", statement.sql)).is_ok());
        match taken {
            Some((found, _)) if found == said => tried.right.push(*said),
            Some((found, _)) => tried.wrong.push(format!("{said} is {found}: {}", statement.sql)),
            // Some other statement is in its way, or the story's own point.
            None => return false,
        }
    }
    true
}

//! Whether MariaDB and MySQL alter tables as plans say they do: each alteration is asked for by its algorithm, and by better
//! ones, which the server must refuse.

use autogen_codegen::sql;
use autogen_engine::database::Database;
use autogen_engine::dialect::Dialect;
use autogen_engine::model::MysqlServer;
use autogen_engine::plan::{Algorithm, Algorithms, Clause, MysqlOperation, Operation, Plan};
use autogen_workspace::Draft;

use crate::generate::{Failure, Generated, generate};
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
    /// Alterations that keep out more than the plan says.
    pub worse: Vec<String>,
    /// Alterations that keep out less.
    pub better: Vec<String>,
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
        if !run(plan, server, &mut database, &mut tried) {
            break;
        }
    }
    Ok(tried)
}

/// Whether all of it ran.
fn run(plan: &Plan, server: Server, database: &mut Database, tried: &mut Tried) -> bool {
    let kind = if server == Server::Mysql { MysqlServer::Mysql } else { MysqlServer::Mariadb };
    for statement in sql::statements(plan, Dialect::Mysql) {
        let step = statement.step.and_then(|step| plan.steps.get(step)).map(|step| &step.operation);
        let (clauses, said) = match step {
            Some(Operation::Mysql(
                MysqlOperation::AlterTable(_, clauses, said) | MysqlOperation::RenameColumn(_, _, clauses, said),
            )) => (clauses, said.on(Some(kind))),
            _other => {
                if database.execute(&statement.sql).is_err() {
                    return false;
                }
                continue;
            }
        };
        // The promise is the last clause.
        let sql = statement.sql.rsplit_once("ALGORITHM=").map_or(statement.sql.as_str(), |(before, _)| before);
        let sql = sql.trim_end().trim_end_matches(',');
        // The server takes any word beside another engine, and copies.
        if clauses
            .iter()
            .any(|clause| matches!(clause, Clause::Options(options) if options.from.engine != options.to.engine))
        {
            if said != Algorithm::Copy || database.execute(sql).is_err() {
                tried.worse.push(format!("{said} can't be told: {sql}"));
            }
            continue;
        }
        let taken = ALL.iter().find(|(_, words)| database.execute(&format!("{sql}, {words}")).is_ok());
        match taken {
            Some((found, _)) if *found == said => tried.right.push(said),
            Some((found, _)) if *found > said => tried.worse.push(format!("{said} is {found}: {sql}")),
            Some((found, _)) => tried.better.push(format!("{said} is {found}: {sql}")),
            // Some other statement is in its way, or the story's own point.
            None => return false,
        }
    }
    true
}

/// Proves the draft of a story as if its way up could be noted in the catalog alone. Returns the draft, and whether it asks
/// for less by then.
///
/// # Errors
/// When the story can't be told, or isn't proven.
pub fn asking_too_much(story: &Story, server: Server) -> Result<(Draft, bool), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let live: Vec<&str> = story.text("live.sql", server).into_iter().collect();
    let trial = Trial::new(folder.path(), server, None, &live)?;
    let Generated { host, mut draft } = match generate(story, &trial, folder.path()) {
        Ok(generated) => generated,
        Err(Failure::Refused(error)) => return Err(error.to_string()),
        Err(Failure::Trial(error)) => return Err(error),
    };
    for step in &mut draft.plans.up.steps {
        if let Operation::Mysql(MysqlOperation::AlterTable(_, _, algorithms)) = &mut step.operation {
            *algorithms = Algorithms::same(Algorithm::Catalog);
            step.hazards.clear();
        }
    }
    let (workspace, models) = (&host.defined.workspace, &host.defined.models);
    let is_less = draft.prove(workspace, models, &mut trial.connect()?).map_err(|error| error.to_string())?;
    Ok((draft, is_less))
}

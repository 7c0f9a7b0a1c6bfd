//! Stories of chains: which revisions a database gets, and loses, for what somebody types.
//!
//! Every revision makes a table that needs its parents' tables, so that the database itself refuses a
//! wrong order. What is there afterwards is asked of the database too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use autogen_engine::database::{Database, DatabaseUrl, ScratchServer};
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::{
    History, Revision, Version, applied, downgrade, range, stamp, to_apply, to_mark, to_revert, upgrade,
};
use autogen_test_servers::{MysqlKind, mysql_url, postgres_url};

use crate::server::Server;

/// A story: revisions, and what is done with them.
#[derive(Debug)]
pub struct Story {
    revisions: Vec<Revision>,
    /// Those that come with the step `arrive`.
    late: Vec<Revision>,
    steps: Vec<String>,
    /// All before the steps, as it stands in the file.
    head: String,
}

impl Story {
    /// Reads a story.
    ///
    /// # Errors
    /// When a line can't be understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (head, steps) = text.split_once("\n$ ").ok_or("a story has a line that begins with `$ `")?;
        let lines = || head.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let late =
            lines().filter_map(|line| line.strip_prefix("late ")).map(revision).collect::<Result<_, String>>()?;
        let there = lines().filter(|line| !line.starts_with("late "));
        let revisions = there.map(revision).collect::<Result<_, String>>()?;
        let steps = format!("$ {steps}");
        let steps = steps.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect();
        Ok(Self { revisions, late, steps, head: head.to_owned() })
    }

    /// Tells a story on an empty database: the whole file, with what came out.
    ///
    /// # Errors
    /// When a step can't be understood, or the database holds something else than it should.
    pub fn tell(&self, server: &ScratchServer) -> Result<String, String> {
        let mut told = self.head.clone() + "\n";
        let mut history = match History::from_revisions(self.revisions.clone()) {
            Ok(history) => history,
            Err(error) => return Ok(told + &self.refused(&error)),
        };
        let mut database = Database::scratch_on(server).map_err(|error| error.to_string())?;
        for step in &self.steps {
            let _ = writeln!(told, "$ {step}");
            if step == "arrive" {
                let all = self.revisions.iter().chain(&self.late).cloned().collect();
                history = History::from_revisions(all).map_err(|error| error.to_string())?;
                continue;
            }
            told.push_str(&take(step, &history, &mut database)?);
            self.look(&mut database, step)?;
        }
        Ok(told)
    }

    fn refused(&self, error: &Error) -> String {
        self.steps.iter().map(|step| format!("$ {step}\n{}", shown(error))).collect()
    }

    /// The tables are those of the revisions that are marked as applied.
    fn look(&self, database: &mut Database, step: &str) -> Result<(), String> {
        let marked = applied(database).map_err(|error| error.to_string())?;
        for Revision { name, version, .. } in self.revisions.iter().chain(&self.late) {
            let is_there = database.execute(&format!("SELECT id FROM {}", table(version))).is_ok();
            if is_there != marked.contains(version) {
                return Err(format!(
                    "after `{step}`, {name} is marked as {}",
                    if is_there { "absent" } else { "there" }
                ));
            }
        }
        Ok(())
    }
}

/// Where the databases that stories of chains are told on are made.
///
/// # Errors
/// When a server's URL can't be understood.
pub fn servers() -> Result<Vec<ScratchServer>> {
    let on = |url: &str| DatabaseUrl::parse(url).map(|url| ScratchServer::of(&url));
    let server = |server: Server| match server {
        Server::Sqlite => Ok(ScratchServer::Memory),
        Server::Postgres => on(&postgres_url("postgres")),
        Server::Mariadb => on(&mysql_url(MysqlKind::Mariadb, "mysql")),
        Server::Mysql => on(&mysql_url(MysqlKind::Mysql, "mysql")),
    };
    Server::present().map(server).collect()
}

/// `usb 3_c revises 1,2 needs 7 after 8`, or `usb 3_c by-hand`.
fn revision(line: &str) -> Result<Revision, String> {
    let mut words = line.split_whitespace();
    let (Some(owner), Some(name)) = (words.next(), words.next()) else {
        return Err(format!("`{line}` is no revision"));
    };
    let [mut revises, mut depends_on, mut after] = [const { Vec::<Version>::new() }; 3];
    let mut by_autogen = true;
    while let Some(word) = words.next() {
        let list = match word {
            "by-hand" => {
                by_autogen = false;
                continue;
            }
            "revises" => &mut revises,
            "needs" => &mut depends_on,
            "after" => &mut after,
            other => return Err(format!("`{line}`: `{other}` is none of revises, needs, after, by-hand")),
        };
        list.extend(words.next().unwrap_or_default().split(',').map(Version::of));
    }
    let version = Version::of(name);
    let own = table(&version);
    let mut up = format!("CREATE TABLE {own} (id INTEGER PRIMARY KEY);\n");
    let parents: BTreeSet<&Version> = revises.iter().chain(&depends_on).collect();
    for parent in parents {
        let parent = table(parent);
        let _ = writeln!(up, "ALTER TABLE {own} ADD COLUMN {parent} INTEGER REFERENCES {parent} (id);");
        let _ = writeln!(up, "INSERT INTO {own} (id) SELECT id FROM {parent};");
    }
    Ok(Revision {
        owner: owner.to_owned(),
        dir: format!("{owner}/migrations/{name}").into(),
        name: name.to_owned(),
        version,
        revises,
        depends_on,
        after,
        takes: Vec::new(),
        gives: BTreeMap::new(),
        renamed_values: Vec::new(),
        run_in_transaction: true,
        by_autogen,
        verified: Vec::new(),
        certificate: None,
        up,
        down: Some(format!("DROP TABLE {own};")),
    })
}

fn table(version: &Version) -> String {
    format!("made_{version}")
}

fn take(step: &str, history: &History, database: &mut Database) -> Result<String, String> {
    let there = applied(database).map_err(|error| error.to_string())?;
    let words: Vec<_> = step.split_whitespace().collect();
    let done = match words.as_slice() {
        ["upgrade"] => ascend(history, database, &history.owners().collect::<Vec<_>>(), "heads", &there),
        ["upgrade", text] => ascend(history, database, &history.owners().collect::<Vec<_>>(), text, &there),
        ["upgrade", owner, text] => ascend(history, database, &[owner], text, &there),
        ["downgrade", owner, text] => descend(history, database, owner, text, false),
        ["downgrade", owner, text, "cascade"] => descend(history, database, owner, text, true),
        ["stamp", texts @ ..] => mark(history, database, texts, &there),
        ["heads", owner] => Ok(history.heads(owner).iter().map(|revision| format!("  {revision}\n")).collect()),
        ["history", text] => {
            range(history, None, text).map(|found| found.iter().map(|revision| format!("  {revision}\n")).collect())
        }
        _ => return Err(format!("`{step}` is none of upgrade, downgrade, stamp, heads, history")),
    };
    Ok(done.unwrap_or_else(|error| shown(&error)))
}

fn ascend(
    history: &History,
    database: &mut Database,
    owners: &[&str],
    text: &str,
    there: &BTreeSet<Version>,
) -> Result<String> {
    let wanted = to_apply(history, owners, text, there)?;
    let done = upgrade(database, history, &wanted, &mut |_| {})?;
    Ok(listed("+", &done, history))
}

fn descend(history: &History, database: &mut Database, owner: &str, text: &str, cascade: bool) -> Result<String> {
    let there = applied(database)?;
    let mut unwanted = to_revert(history, owner, text, &there)?;
    if cascade {
        unwanted = history.with_descendants(&unwanted);
    }
    let done = downgrade(database, history, &unwanted, &mut |_| {})?;
    Ok(listed("-", &done, history))
}

/// Marks only what the database bears out: what is marked as there is made first, without a mark.
fn mark(history: &History, database: &mut Database, texts: &[&str], there: &BTreeSet<Version>) -> Result<String> {
    let owners: Vec<_> = history.owners().collect();
    let marks = to_mark(history, &owners, texts, there)?;
    let made = marks.new.iter().map(|revision| revision.up.as_str());
    let unmade = marks.gone.iter().rev().filter_map(|revision| revision.down.as_deref());
    for script in made.chain(unmade) {
        database.execute(script).map_err(|error| Error::new(Code::MigrationFailed, error.to_string()))?;
    }
    stamp(database, &marks.new, &marks.gone, &[])?;
    let versions = |revisions: &[&Revision]| revisions.iter().map(|found| found.version.clone()).collect::<Vec<_>>();
    let (new, gone) = (versions(&marks.new), versions(&marks.gone));
    match (new.is_empty(), gone.is_empty()) {
        (false, true) => Ok(listed("+", &new, history)),
        (true, _) => Ok(listed("-", &gone, history)),
        (false, false) => Ok(listed("+", &new, history) + &listed("-", &gone, history)),
    }
}

fn listed(sign: &str, done: &[Version], history: &History) -> String {
    if done.is_empty() {
        return "  nothing to do\n".to_owned();
    }
    let found = done.iter().filter_map(|version| history.get(version));
    found.map(|revision| format!("{sign} {revision}\n")).collect()
}

fn shown(error: &Error) -> String {
    let diagnostics = error.diagnostics.iter();
    diagnostics.map(|found| format!("! {} [{}]\n", found.message, found.code)).collect()
}

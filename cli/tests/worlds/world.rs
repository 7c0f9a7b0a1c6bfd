//! A host, its database and its people: what a world holds, and what is asked of every run of the program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use autogen_engine::dialect::Dialect;
use tempfile::TempDir;

use super::changes::Author;
use super::draw::Draw;
use super::edits::Edit;
use super::hand::{self, Hand, What};
use super::live::{Live, System};
use super::models::{Id, Kind, Models};
use super::rows::{ByHand, Rows};
use super::tree::{Diary, Run, Tree, version};

/// What is wrong: the kind, by which a smaller world is known to fail likewise, and the sentence.
#[derive(Debug, Clone)]
pub struct Fault {
    pub kind: String,
    pub text: String,
}

impl Fault {
    pub fn new(kind: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind: kind.into(), text: text.into() }
    }
}

pub type Result<T> = std::result::Result<T, Fault>;

/// A person's branch.
#[derive(Debug, Clone)]
pub struct Branch {
    pub tree: Tree,
    /// The versions that both had when it began.
    pub base: BTreeSet<String>,
    /// What was changed in the main copy since.
    pub main_edits: Vec<Edit>,
    /// What was changed in the branch, whether it is written or not.
    pub edits: Vec<Edit>,
}

pub struct World {
    pub folder: TempDir,
    pub collation: &'static str,
    pub live: Live,
    pub main: Tree,
    pub branch: Option<Branch>,
    pub author: Author,
    pub diary: Diary,
    /// The edits that each revision holds.
    pub revisions: BTreeMap<String, Vec<Edit>>,
    /// What was made by hand, in sight of whoever wrote a revision.
    pub seen: BTreeMap<String, Vec<String>>,
    /// The versions that the database has, in the order in which they came.
    pub applied: Vec<String>,
    pub rows: Rows,
    pub hands: Vec<Hand>,
    pub made_by_hand: usize,
    /// Versions that make two heads together, by owner.
    pub heads: BTreeMap<usize, [Vec<String>; 2]>,
    /// Whether revisions of two branches lie beside each other that no database has applied together.
    pub is_merged: bool,
    /// How often the program has said what.
    pub told: BTreeMap<String, usize>,
}

impl World {
    pub fn new(system: System, draw: &mut Draw) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let collation = system.collation(draw.below(60));
        let live = Live::new(system, &folder.path().join("live.db"), collation);
        let owners = 1 + draw.below(3);
        let mut diary = Diary::new();
        let scratch = system.scratch();
        diary.names.push((live.url.clone(), "$URL".to_owned()));
        if !scratch.is_empty() {
            diary.names.push((scratch.clone(), "$SERVER".to_owned()));
        }
        diary.names.push((folder.path().display().to_string(), "$W".to_owned()));
        diary.note(format!("# {system}; CREATE DATABASE … {collation}"));
        let main = Tree::new(folder.path().join("main"), system.dialect(), owners, &scratch, &mut diary);
        let author = Author { owners, last: 0 };
        let mut world = Self {
            folder,
            collation,
            live,
            main,
            branch: None,
            author,
            diary,
            revisions: BTreeMap::new(),
            seen: BTreeMap::new(),
            applied: Vec::new(),
            rows: Rows::default(),
            hands: Vec::new(),
            made_by_hand: 0,
            heads: BTreeMap::new(),
            is_merged: false,
            told: BTreeMap::new(),
        };
        world.by_hand(&[hand::log(system.dialect()).to_owned()]).expect("a table of one's own");
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs statements as somebody does who sits at the database.
    pub fn by_hand(&mut self, statements: &[String]) -> std::result::Result<(), String> {
        for sql in statements {
            self.live.execute(sql)?;
            self.diary.note(format!("sql <<'S'\n{sql};\nS"));
        }
        Ok(())
    }

    /// What the database holds of the plugins' own, by the revisions that it has applied.
    pub fn live_models(&self) -> Models {
        self.models_after(self.applied.iter())
    }

    pub fn models_after<'a>(&self, versions: impl Iterator<Item = &'a String>) -> Models {
        let mut models = Models::default();
        for version in versions {
            for edit in self.revisions.get(version).into_iter().flatten() {
                edit.apply(&mut models);
            }
        }
        models.forget_old_names();
        models
    }

    /// Columns that somebody added by hand and that are still wanted.
    pub fn columns_by_hand(&self) -> ByHand {
        let mut found = ByHand::new();
        for hand in self.hands.iter().filter(|hand| hand.what == What::Column) {
            found.entry(hand.table).or_default().push(hand.name.clone());
        }
        found
    }

    pub fn has_drifted(&self) -> bool {
        self.hands.iter().any(Hand::is_drift)
    }

    /// The revisions that a working copy has and the database hasn't.
    pub fn unapplied(&self, tree: &Tree) -> Vec<(usize, String)> {
        let revisions = tree.in_order().into_iter();
        revisions.filter(|(_, revision)| !self.applied.contains(&version(revision))).collect()
    }

    /// Whether a working copy has neither a definition nor a revision.
    pub fn has_nothing(&self, tree: &Tree) -> bool {
        tree.models.tables.is_empty() && tree.revisions().is_empty()
    }

    /// Whether the database has applied what a working copy doesn't know.
    pub fn has_unknown(&self, tree: &Tree) -> bool {
        let known: BTreeSet<String> = tree.revisions().iter().map(|(_, revision)| version(revision)).collect();
        self.applied.iter().any(|version| !known.contains(version))
    }

    /// Runs the program; what no run may do is a fault.
    pub fn run(&mut self, in_branch: bool, arguments: &[&str]) -> Result<Run> {
        let diary = &mut self.diary;
        let run = match (&mut self.branch, in_branch) {
            (Some(branch), true) => branch.tree.run(arguments, diary),
            (_, _) => self.main.run(arguments, diary),
        };
        let command = arguments.first().filter(|word| !word.starts_with('-')).unwrap_or(&"generate");
        let said = if run.code == 2 { run.errors().join(", ") } else { run.code.to_string() };
        *self.told.entry(format!("{command}: {said}")).or_default() += 1;
        for (words, kind) in [
            ("autogen should have planned it otherwise", "no-plan"),
            ("panicked", "panic"),
            ("proof-failed", "proof-failed"),
        ] {
            let has_reason = kind == "proof-failed"
                && (self.hands.iter().any(|hand| hand.what == What::Trigger)
                    || self.drops_under_a_view(in_branch, &run));
            if run.text.contains(words) && !has_reason {
                return Err(Fault::new(kind, format!("autogen {} says:\n{}", arguments.join(" "), run.text)));
            }
        }
        if self.is_merged && run.has("stale-reference") {
            self.put_in_order(in_branch, &run)?;
            return self.run(in_branch, arguments);
        }
        if run.code == 2 && !run.text.contains("help:") {
            return Err(Fault::new(
                "refusal without a way out",
                format!("autogen {}: {}", arguments.join(" "), run.text),
            ));
        }
        if !(0..=2).contains(&run.code) {
            return Err(Fault::new("ends-otherwise", format!("autogen {}: {}", arguments.join(" "), run.code)));
        }
        Ok(run)
    }

    /// Lets one revision come before another, as the program says, or gives up where they go together in no order.
    fn put_in_order(&mut self, in_branch: bool, run: &Run) -> Result<()> {
        let way_out = run.text.split_once("by `after = [\"").and_then(|(_, rest)| {
            let (first, rest) = rest.split_once('"')?;
            Some((first, rest.split_once("metadata.toml of ")?.1.lines().next()?))
        });
        let Some((first, then)) = way_out else {
            return Err(Fault::new("dead end", "a branch's key references what another owner has dropped"));
        };
        let tree = self.tree(in_branch).clone();
        tree.put_after(first, then, &mut self.diary);
        Ok(())
    }

    /// Whether a run names a view as what is in the way that somebody has made of what is to be dropped, or renamed: on
    /// MariaDB views don't follow.
    fn drops_under_a_view(&self, in_branch: bool, run: &Run) -> bool {
        let is_mysql = self.live.dialect == Dialect::Mysql;
        let drops = |hand: &Hand| {
            self.tree(in_branch).pending.iter().any(|edit| match edit {
                Edit::DropTable(id) => *id == hand.table,
                Edit::DropColumn(_, id) => Some(*id) == hand.column,
                Edit::RenameTable(id, _) => is_mysql && *id == hand.table,
                Edit::RenameColumn(_, id, _) => is_mysql && Some(*id) == hand.column,
                _ => false,
            })
        };
        let is_named = |hand: &Hand| run.text.contains(&format!("in the way: view {},", hand.name));
        self.hands.iter().any(|hand| hand.what == What::View && is_named(hand) && drops(hand))
    }

    /// Runs what may change the database, and looks at all that it may not lose. A run that ends with 2 has
    /// changed nothing, or says what it has done before.
    pub fn run_on_database(&mut self, in_branch: bool, arguments: &[&str]) -> Result<Run> {
        let before = self.live.schema().map_err(|error| Fault::new("judge", error))?;
        let url = self.live.url.clone();
        let mut all = arguments.to_vec();
        all.extend(["--database-url", &url]);
        let run = self.run(in_branch, &all)?;
        let is_as_before = !self.see_applied();
        if run.code == 2 && is_as_before {
            let after = self.live.schema().map_err(|error| Fault::new("judge", error))?;
            if before != after {
                let diff = similar::TextDiff::from_lines(&before, &after).unified_diff().to_string();
                return Err(Fault::new("changed-though-refused", format!("{}\n{diff}", run.text)));
            }
        }
        self.look(arguments.first().unwrap_or(&"?"))?;
        Ok(run)
    }

    /// Learns what the database has applied, and says whether that has changed.
    pub fn see_applied(&mut self) -> bool {
        let now = self.live.applied();
        let is_as_before = now.len() == self.applied.len() && now.iter().all(|version| self.applied.contains(version));
        self.applied.retain(|version| now.contains(version));
        let new: Vec<String> = now.into_iter().filter(|version| !self.applied.contains(version)).collect();
        self.applied.extend(new);
        !is_as_before
    }

    /// Looks at rows, at what was made by hand, and at what is damaged.
    pub fn look(&mut self, after: &str) -> Result<()> {
        let models = self.live_models();
        self.forget_hands(&models);
        for hand in &self.hands {
            let Some(query) = hand.is_there(&self.live, &models) else { continue };
            let count = self.live.value(&query).map_err(|error| Fault::new("judge", error))?;
            if count.trim_matches('\'') != "1" {
                return Err(Fault::new(
                    format!("{:?} by hand is gone", hand.what),
                    format!(
                        "after {after}, {:?} {} isn't as it was made ({query} gives {count})",
                        hand.what, hand.name
                    ),
                ));
            }
        }
        let by_hand = self.columns_by_hand();
        self.rows
            .compare(&mut self.live, &models, &by_hand)
            .and_then(|()| self.rows.absorb(&mut self.live, &models, &by_hand))
            .map_err(|error| Fault::new("rows", format!("after {after}, {error}")))?;
        let damage = self.live.damage().map_err(|error| Fault::new("judge", error))?;
        let damage: Vec<String> = damage.into_iter().filter(|said| !self.is_unseen_view(said)).collect();
        if !damage.is_empty() {
            return Err(Fault::new("damage", format!("after {after}: {damage:?}")));
        }
        Ok(())
    }

    /// Whether a view broke that nobody saw who wrote the revisions.
    fn is_unseen_view(&self, said: &str) -> bool {
        let is_told = |hand: &Hand| said.starts_with(&format!("view {}:", hand.name));
        self.hands.iter().any(|hand| hand.what == What::View && is_told(hand) && !self.was_seen(hand))
    }

    /// Forgets what was made by hand about what is gone. A view of something that was dropped goes with it: that it
    /// breaks, only PostgreSQL prevents.
    fn forget_hands(&mut self, models: &Models) {
        let is_there = |hand: &Hand| {
            models.table(hand.table).is_some_and(|table| hand.column.is_none_or(|id| table.column(id).is_some()))
        };
        let is_postgres = self.live.dialect == Dialect::Postgres;
        let mut gone = Vec::new();
        self.hands.retain(|hand| {
            let stays = match hand.what {
                What::Child => true,
                What::Trigger => models.table(hand.table).is_some(),
                _ => is_there(hand),
            };
            match hand.what {
                What::View if !stays => gone.push(format!("DROP VIEW IF EXISTS {}", hand.name)),
                What::Trigger if !stays && is_postgres => gone.push(format!("DROP FUNCTION IF EXISTS {}()", hand.name)),
                _ => {}
            }
            stays
        });
        self.by_hand(&gone).expect("views and functions can be dropped");
    }

    /// Makes the working copy what the database is: removes what isn't applied, and takes the definitions back.
    pub fn retreat(&mut self) -> Result<()> {
        for (owner, revision) in self.unapplied(&self.main.clone()) {
            self.main.remove(owner, &revision, &mut self.diary);
        }
        let known: BTreeSet<String> = self.main.revisions().iter().map(|(_, revision)| version(revision)).collect();
        let models = self.models_after(self.applied.iter().filter(|version| known.contains(*version)));
        self.main.models = models.clone();
        self.main.generated = models;
        self.main.pending.clear();
        self.heads.clear();
        let base_is_gone = |branch: &Branch| branch.base.iter().any(|version| !known.contains(version));
        if self.branch.as_ref().is_some_and(base_is_gone) {
            self.branch = None;
        }
        Ok(())
    }

    pub fn owner_of(&self, edit: &Edit, models: &Models) -> Option<usize> {
        match edit {
            Edit::AddTable(table) => Some(table.owner),
            Edit::AddEnum(found) => Some(found.owner),
            _ => models.owner(edit.subject()),
        }
    }

    /// Whether an owner's definitions before and after are the same to the database.
    pub fn is_same(&self, before: &Models, after: &Models, owner: usize) -> bool {
        self.said(before, owner) == self.said(after, owner)
            && !(self.live.dialect == Dialect::Sqlite && renames_values(&before.of(owner), &after.of(owner)))
    }

    fn said(&self, models: &Models, owner: usize) -> Models {
        let mut models = models.of(owner);
        let kinds = models.tables.iter().flat_map(|table| &table.columns).map(|column| column.kind);
        let used: BTreeSet<Id> = kinds.filter_map(Kind::enumeration).collect();
        match self.live.dialect {
            Dialect::Postgres => {}
            // Columns state the values.
            Dialect::Mysql => models.enums.retain(|found| used.contains(&found.id)),
            // There are no comments, and an enumerated type is a text.
            Dialect::Sqlite => {
                models.enums.clear();
                for table in &mut models.tables {
                    table.comment = None;
                    for column in &mut table.columns {
                        column.comment = None;
                        column.kind = column.kind.enumeration().map_or(column.kind, |_| Kind::Text);
                    }
                }
            }
        }
        models
    }
}

/// Whether a column holds values under other names than before.
fn renames_values(before: &Models, after: &Models) -> bool {
    let columns = |models: &Models| -> Vec<(Id, Id)> {
        let columns = models.tables.iter().flat_map(|table| &table.columns);
        columns.filter_map(|column| Some((column.id, column.kind.enumeration()?))).collect()
    };
    let kept = columns(after);
    let mut values = columns(before).into_iter().filter(|column| kept.contains(column)).flat_map(|(_, of)| {
        let names = |models: &Models| models.enumeration(of).map(|found| found.values.clone()).unwrap_or_default();
        let new = names(after);
        names(before).into_iter().filter_map(move |old| {
            new.iter().find(|value| value.id == old.id).map(|value| (old.name, value.name.clone()))
        })
    });
    values.any(|(old, new)| old != new)
}

//! A world's steps: drawn from its seed as plain data, so that a smaller world is one with fewer of them.

use std::collections::BTreeSet;

use super::draw::Draw;
use super::edits::Edit;
use super::hand::{Hand, What};
use super::live::Live;
use super::models::{Id, Kind, Models};
use super::tree::{owner_name, version};
use super::world::{Fault, Result, World};

/// One step, and the number that its choices follow from.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub what: Do,
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    Edit,
    Generate,
    Upgrade,
    /// Only one owner's revisions, or those up to one.
    UpgradeInPart,
    /// By the script that `upgrade --sql` prints and the database's own client.
    UpgradeByScript,
    Downgrade,
    Insert,
    Check,
    Fork,
    EditBranch,
    GenerateBranch,
    UpgradeBranch,
    MergeBack,
    JoinHeads,
    /// What no plugin owns.
    Make,
    Drift,
    TakeBack,
    /// What was added by hand goes into the definitions, and its revision is marked as applied.
    TakeIn,
    /// Rows change.
    Update,
    /// The chains are lost, and the database is adopted.
    Adopt,
}

/// How often each comes up.
const OFTEN: [(Do, usize); 20] = [
    (Do::Edit, 22),
    (Do::Generate, 14),
    (Do::Upgrade, 14),
    (Do::UpgradeInPart, 4),
    (Do::UpgradeByScript, 4),
    (Do::Downgrade, 4),
    (Do::Insert, 10),
    (Do::Check, 4),
    (Do::Fork, 6),
    (Do::EditBranch, 8),
    (Do::GenerateBranch, 6),
    (Do::UpgradeBranch, 2),
    (Do::MergeBack, 5),
    (Do::JoinHeads, 3),
    (Do::Make, 9),
    (Do::Drift, 5),
    (Do::TakeBack, 4),
    (Do::TakeIn, 3),
    (Do::Update, 4),
    (Do::Adopt, 2),
];

/// Two people go on from one revision, and what they did comes together.
const BRANCHED: [Do; 9] = [
    Do::Fork,
    Do::EditBranch,
    Do::GenerateBranch,
    Do::Edit,
    Do::Generate,
    Do::Upgrade,
    Do::MergeBack,
    Do::Upgrade,
    Do::JoinHeads,
];

/// The steps of a world.
pub fn steps(draw: &mut Draw) -> Vec<Step> {
    let all: usize = OFTEN.iter().map(|(_, often)| often).sum();
    let mut steps: Vec<Do> = vec![Do::Edit, Do::Edit, Do::Generate, Do::Upgrade, Do::Insert];
    let length = 10 + draw.below(22);
    while steps.len() < length {
        if draw.chance(8) {
            steps.extend(BRANCHED.iter().filter(|what| **what != Do::Upgrade || draw.chance(50)));
        }
        let mut number = draw.below(all);
        let found = OFTEN.iter().find(|(_, often)| {
            let is_it = number < *often;
            number = number.saturating_sub(*often);
            is_it
        });
        steps.extend(found.map(|(what, _)| *what));
    }
    steps.into_iter().map(|what| Step { what, seed: draw.number() }).collect()
}

impl World {
    pub fn take(&mut self, step: Step) -> Result<()> {
        let mut draw = Draw::new(step.seed);
        match step.what {
            Do::Edit => self.edit(false, &mut draw),
            Do::EditBranch if self.branch.is_some() => self.edit(true, &mut draw),
            Do::Generate => self.generate(false, draw.chance(60))?,
            Do::GenerateBranch if self.branch.is_some() => self.generate(true, draw.chance(30))?,
            Do::Upgrade => drop(self.upgrade(false, &[])?),
            Do::UpgradeBranch if self.branch.is_some() => drop(self.upgrade(true, &[])?),
            Do::UpgradeInPart => self.upgrade_in_part(&mut draw)?,
            Do::UpgradeByScript => self.upgrade_by_script()?,
            Do::Downgrade => {
                let owner = draw.below(self.main.owners());
                let how_many = if draw.chance(80) { "-1" } else { "-2" };
                self.downgrade(owner, how_many, draw.chance(50))?;
            }
            Do::Insert => self.insert(&mut draw)?,
            Do::Check => self.check()?,
            Do::Fork if self.branch.is_none() && self.heads.is_empty() => self.fork()?,
            Do::MergeBack if self.heads.is_empty() => self.merge_back()?,
            Do::JoinHeads => self.join_heads(&mut draw)?,
            Do::Make => self.make(false, &mut draw)?,
            Do::Drift => self.make(true, &mut draw)?,
            Do::TakeBack => self.take_back(&mut draw)?,
            Do::TakeIn => self.take_in()?,
            Do::Update => self.update(&mut draw)?,
            Do::Adopt => self.adopt()?,
            Do::EditBranch | Do::GenerateBranch | Do::UpgradeBranch | Do::Fork | Do::MergeBack => {}
        }
        Ok(())
    }

    fn upgrade_in_part(&mut self, draw: &mut Draw) -> Result<()> {
        let unapplied = self.unapplied(&self.main);
        let Some((owner, revision)) = draw.pick(&unapplied).cloned() else { return Ok(()) };
        let name = owner_name(owner);
        if draw.chance(50) {
            self.upgrade(false, &["--plugin", &name])?;
        } else {
            self.upgrade(false, &[&revision])?;
        }
        Ok(())
    }

    fn upgrade_by_script(&mut self) -> Result<()> {
        let before = self.live.schema().map_err(|error| Fault::new("judge", error))?;
        let url = self.live.url.clone();
        let run = self.run(false, &["upgrade", "--sql", "--database-url", &url])?;
        if run.code != 0 {
            return if self.heads.is_empty() && self.hands.is_empty() && !self.has_unknown(&self.main) {
                Err(Fault::new(format!("script refused: {:?}", run.errors()), run.text))
            } else {
                Ok(())
            };
        }
        self.diary.note("sql < the script");
        let said = self.live.run_script(&run.stdout);
        let had = self.applied.len();
        self.see_applied();
        if let Err(error) = said {
            self.diary.note(format!("# {error}"));
            let after = self.live.schema().map_err(|error| Fault::new("judge", error))?;
            let is_known = error.contains("stopped: ") || !self.hands.is_empty() || !self.heads.is_empty();
            if !is_known {
                return Err(Fault::new("script stops", error));
            }
            if self.applied.len() == had && before != after {
                let diff = similar::TextDiff::from_lines(&before, &after).unified_diff().to_string();
                return Err(Fault::new("script changed though it stopped", format!("{error}\n{diff}")));
            }
            if self.heads.is_empty() && !self.has_unknown(&self.main) {
                self.retreat()?;
            }
        }
        self.look("upgrade --sql")
    }

    fn insert(&mut self, draw: &mut Draw) -> Result<()> {
        let models = self.live_models();
        for _ in 0..3 {
            let Some(table) = draw.pick(&models.tables) else { return Ok(()) };
            for sql in self.rows.insert(&mut self.live, &models, table, draw) {
                self.diary.note(format!("sql <<'S'\n{sql};\nS"));
            }
            let by_hand = self.columns_by_hand();
            self.rows.absorb(&mut self.live, &models, &by_hand).map_err(|error| Fault::new("judge", error))?;
        }
        Ok(())
    }

    fn make(&mut self, drift: bool, draw: &mut Draw) -> Result<()> {
        let models = self.live_models();
        self.made_by_hand += 1;
        let hand = Hand::draw(&self.live, &models, draw, self.made_by_hand, drift);
        let Some(hand) = hand else { return Ok(()) };
        let is_touched =
            self.hands.iter().any(|other| other.is_drift() && other.column.is_some() && other.column == hand.column);
        if is_touched {
            return Ok(());
        }
        if let Some(statements) = hand.make(&self.live, &models)
            && self.by_hand(&statements).is_ok()
        {
            self.hands.push(hand);
            let by_hand = self.columns_by_hand();
            self.rows.absorb(&mut self.live, &models, &by_hand).map_err(|error| Fault::new("judge", error))?;
        }
        Ok(())
    }

    fn take_back(&mut self, draw: &mut Draw) -> Result<()> {
        if self.hands.is_empty() {
            return Ok(());
        }
        let hand = self.hands.remove(draw.below(self.hands.len()));
        self.unmake(&hand)
    }

    fn take_in(&mut self) -> Result<()> {
        let is_quiet = self.heads.is_empty() && self.main.pending.is_empty() && !self.has_unknown(&self.main);
        let found = self.hands.iter().position(|hand| hand.what == What::Column);
        let (Some(found), true, []) = (found, is_quiet, self.unapplied(&self.main).as_slice()) else { return Ok(()) };
        let Some(owner) = self.main.models.owner(self.hands[found].table) else { return Ok(()) };
        let hand = self.hands[found].clone();
        let column = self.author.made_by_hand(&hand.name);
        let id = column.id;
        let edit = Edit::AddColumn(hand.table, column);
        if !edit.apply(&mut self.main.models) {
            return Ok(());
        }
        self.main.pending.push(edit.clone());
        self.branch.iter_mut().for_each(|branch| branch.main_edits.push(edit.clone()));
        self.generate(false, false)?;
        let head = format!("{}@head", owner_name(owner));
        let run = self.run_on_database(false, &["stamp", &head])?;
        let others = self.hands.iter().filter(|other| other.is_drift()).count() > 1;
        if run.code != 0 && others && run.has("not-as-marked") {
            return self.retreat();
        }
        if run.code != 0 {
            return Err(Fault::new(format!("stamp refused: {:?}", run.errors()), run.text));
        }
        self.hands.remove(found);
        let models = self.live_models();
        if models.table(hand.table).is_none_or(|table| table.column(id).is_none()) {
            return Err(Fault::new("stamp marks nothing", run.text));
        }
        let by_hand = self.columns_by_hand();
        self.rows.absorb(&mut self.live, &models, &by_hand).map_err(|error| Fault::new("judge", error))
    }

    fn update(&mut self, draw: &mut Draw) -> Result<()> {
        let models = self.live_models();
        let Some(table) = draw.pick(&models.tables) else { return Ok(()) };
        if let Some(sql) = self.rows.update(&mut self.live, &models, table, draw) {
            self.diary.note(format!("sql <<'S'\n{sql};\nS"));
        }
        let by_hand = self.columns_by_hand();
        self.rows.absorb(&mut self.live, &models, &by_hand).map_err(|error| Fault::new("judge", error))
    }

    fn unmake(&mut self, hand: &Hand) -> Result<()> {
        let statements = hand.unmake(&self.live, &self.live_models());
        self.by_hand(&statements).map_err(|error| Fault::new("can't take back", format!("{hand:?}: {error}")))?;
        let models = self.live_models();
        let by_hand = self.columns_by_hand();
        self.rows.absorb(&mut self.live, &models, &by_hand).map_err(|error| Fault::new("judge", error))
    }

    fn drop_drift(&mut self) -> Result<()> {
        let (drift, rest): (Vec<Hand>, Vec<Hand>) = self.hands.drain(..).partition(Hand::is_drift);
        self.hands = rest;
        drift.iter().try_for_each(|hand| self.unmake(hand))
    }

    /// The chains and the definitions are lost; the program writes them down from the database.
    fn adopt(&mut self) -> Result<()> {
        let models = self.live_models();
        let is_quiet = self.branch.is_none() && self.heads.is_empty() && self.unapplied(&self.main).is_empty();
        if !is_quiet || self.has_drifted() || !self.main.pending.is_empty() || models.tables.is_empty() {
            return Ok(());
        }
        // A type that no table uses is nobody's, so that it isn't adopted.
        let kinds = models.tables.iter().flat_map(|table| &table.columns).map(|column| column.kind);
        let used: BTreeSet<Id> = kinds.filter_map(Kind::enumeration).collect();
        if !models.enums.iter().all(|found| used.contains(&found.id)) {
            return Ok(());
        }
        for (owner, revision) in self.main.revisions() {
            self.main.remove(owner, &revision, &mut self.diary);
        }
        self.by_hand(&["DROP TABLE __diesel_schema_migrations".to_owned(), "DROP TABLE __autogen_ledger".to_owned()])
            .map_err(|error| Fault::new("judge", error))?;
        self.applied.clear();
        self.revisions.clear();
        self.main.models = Models::default();
        self.main.save(&mut self.diary);
        let mapping: Vec<String> = (0..self.main.owners())
            .filter_map(|owner| {
                let tables = models.tables.iter().filter(|table| table.owner == owner);
                let names: Vec<String> = tables.map(|table| format!("{:?}", table.name)).collect();
                (!names.is_empty()).then(|| format!("{} = [{}]\n", owner_name(owner), names.join(", ")))
            })
            .collect();
        let file = self.path("mapping.toml");
        std::fs::write(&file, mapping.concat()).expect("a file");
        self.diary.note(format!("cat > {} <<'R'\n{}R", file.display(), mapping.concat()));
        self.adopt_by(&file.display().to_string(), &models)
    }

    fn adopt_by(&mut self, mapping: &str, models: &Models) -> Result<()> {
        let before = self.live.schema().map_err(|error| Fault::new("judge", error))?;
        let url = self.live.url.clone();
        let run = self.run(false, &["adopt", "--mapping", mapping, "--database-url", &url])?;
        if run.code != 0 {
            return Err(Fault::new(format!("adopt refused: {:?}", run.errors()), run.text));
        }
        let after = self.live.schema().map_err(|error| Fault::new("judge", error))?;
        if before != after {
            return Err(Fault::new("adopt changes the database", after));
        }
        self.applied = self.live.applied();
        for (owner, revision) in self.main.revisions() {
            let enums = models.enums.iter().filter(|found| found.owner == owner).cloned().map(Edit::AddEnum);
            let tables = models.tables.iter().filter(|table| table.owner == owner).cloned().map(Edit::AddTable);
            self.revisions.insert(version(&revision), enums.chain(tables).collect());
        }
        for said in ["what adopt wrote", "what people had written"] {
            let run = self.run(false, &["check", "--database-url", &url])?;
            if run.code != 0 {
                return Err(Fault::new(format!("check after adopt: {said}"), run.text));
            }
            self.main.forget_source(&mut self.diary);
            self.main.models = models.clone();
        }
        self.main.generated = models.clone();
        self.look("adopt")
    }

    /// Brings everything to its end, and judges it.
    pub fn finish(&mut self, draw: &mut Draw) -> Result<()> {
        self.merge_back()?;
        self.join_heads(draw)?;
        self.drop_drift()?;
        if self.has_nothing(&self.main) {
            return Ok(());
        }
        for _ in 0..3 {
            self.generate(false, false)?;
            if self.upgrade(false, &[])? {
                break;
            }
        }
        self.try_hands(draw)?;
        for hand in std::mem::take(&mut self.hands) {
            if hand.what == What::Child {
                let _refused = self.by_hand(&hand.unmake(&self.live, &self.live_models()));
                continue;
            }
            self.unmake(&hand)?;
        }
        // What stopped at something that was made by hand has a way out: that is gone, and it runs.
        if !self.unapplied(&self.main).is_empty() {
            self.upgrade(false, &[])?;
        }
        let url = self.live.url.clone();
        let run = self.run(false, &["check", "--database-url", &url])?;
        if run.code != 0 {
            return Err(Fault::new("check isn't silent at the end", run.text));
        }
        if draw.chance(10) {
            let run = self.run(false, &["verify"])?;
            if run.code != 0 {
                return Err(Fault::new("verify finds something", run.text));
            }
        }
        self.compare_with_new()
    }

    /// A new database, made by the chains alone, is the same to the judge.
    fn compare_with_new(&mut self) -> Result<()> {
        let file = self.path("new.db");
        let mut new = Live::new(self.live.system, &file, self.collation);
        self.diary.names.push((new.url.clone(), "$NEW".to_owned()));
        let run = self.main.run(&["upgrade", "--database-url", &new.url], &mut self.diary);
        if run.code != 0 {
            return Err(Fault::new("the chains don't make a new database", run.text));
        }
        self.by_hand(&[format!("DROP TABLE {}", super::hand::LOG)]).map_err(|error| Fault::new("judge", error))?;
        let schemas = self.live.schema().and_then(|old| Ok((old, new.schema()?)));
        let (old, made) = schemas.map_err(|error| Fault::new("judge", error))?;
        if old == made {
            return Ok(());
        }
        let diff = similar::TextDiff::from_lines(&old, &made).unified_diff().header("upgraded", "new").to_string();
        Err(Fault::new("the schema is another one", diff))
    }
}

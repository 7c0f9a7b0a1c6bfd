//! What people do with the program: generate, upgrade, downgrade, check, branch and merge; and what they do
//! when it refuses. Every refusal must have its reason in the world.

use std::collections::{BTreeMap, BTreeSet};

use autogen_engine::dialect::Dialect;

use super::draw::Draw;
use super::edits::Edit;
use super::hand::{Hand, LOG, What};
use super::models::Models;
use super::tree::{Run, Tree, copy, owner_name, version};
use super::world::{Branch, Fault, Result, World};

/// What PostgreSQL says of values that are none of a column's new type.
const UNREADABLE: [&str; 2] = ["date/time field value out of range", "invalid input syntax for type"];

impl World {
    pub fn tree(&self, in_branch: bool) -> &Tree {
        match (&self.branch, in_branch) {
            (Some(branch), true) => &branch.tree,
            (_, _) => &self.main,
        }
    }

    pub fn tree_mut(&mut self, in_branch: bool) -> &mut Tree {
        match (&mut self.branch, in_branch) {
            (Some(branch), true) => &mut branch.tree,
            (_, _) => &mut self.main,
        }
    }

    /// Changes definitions.
    pub fn edit(&mut self, in_branch: bool, draw: &mut Draw) {
        for _ in 0..1 + draw.below(3) {
            let models = self.tree(in_branch).models.clone();
            for edit in self.author.edits(&models, draw) {
                let is_text = self.live.dialect == Dialect::Sqlite;
                let tree = self.tree_mut(in_branch);
                let mut changed = tree.models.clone();
                let is_unsaid = is_text && edit.leaves_its_type(&changed);
                if is_unsaid || edit.takes_an_old_name(&changed) || !edit.apply(&mut changed) {
                    break;
                }
                tree.models = changed;
                tree.pending.push(edit.clone());
                let Some(branch) = &mut self.branch else { continue };
                if in_branch { branch.edits.push(edit) } else { branch.main_edits.push(edit) }
            }
        }
    }

    /// Writes revisions for what has changed, with or without the live database.
    pub fn generate(&mut self, in_branch: bool, with_database: bool) -> Result<()> {
        let tree = self.tree(in_branch).clone();
        let (url, message) = (self.live.url.clone(), format!("s{}", self.diary.runs));
        let mut arguments = vec!["--allow", "all", "-m", &message];
        if with_database {
            arguments.extend(["--database-url", &url]);
        }
        let before: BTreeSet<(usize, String)> = tree.revisions();
        let run = self.run(in_branch, &arguments)?;
        let after = self.tree(in_branch).revisions();
        let new: Vec<(usize, String)> = after.difference(&before).cloned().collect();
        self.note_revisions(&tree, &new);
        for (_, revision) in &new {
            let seen = self.hands.iter().filter(|_| with_database).map(|hand| hand.name.clone()).collect();
            self.seen.insert(version(revision), seen);
        }
        if run.code == 0 {
            return self.generated(in_branch, &tree, &new, &run);
        }
        self.generate_refused(in_branch, with_database, &new, &run)
    }

    /// The edits that were pending are those of the new revisions.
    fn note_revisions(&mut self, tree: &Tree, new: &[(usize, String)]) {
        for owner in 0..tree.owners() {
            // A second one only closes a circle of keys.
            let Some((_, first)) = new.iter().find(|(of, _)| *of == owner) else { continue };
            let mut models = tree.generated.clone();
            let mut edits = Vec::new();
            for edit in &tree.pending {
                // Before it is applied for what goes, after it for what comes.
                let before = self.owner_of(edit, &models);
                edit.apply(&mut models);
                if before.or_else(|| self.owner_of(edit, &models)) == Some(owner) {
                    edits.push(edit.clone());
                }
            }
            self.revisions.insert(version(first), edits);
        }
        for (_, revision) in new {
            self.revisions.entry(version(revision)).or_default();
        }
    }

    fn generated(&mut self, in_branch: bool, tree: &Tree, new: &[(usize, String)], run: &Run) -> Result<()> {
        for owner in 0..tree.owners() {
            let is_written = new.iter().any(|(of, _)| *of == owner);
            let has_changed = !self.is_same(&tree.generated, &tree.models, owner);
            if has_changed && !is_written {
                return Err(Fault::new("in-sync-though-changed", format!("{}: {}", owner_name(owner), run.text)));
            }
            if is_written && !has_changed && self.heads.is_empty() {
                return Err(Fault::new("written-though-in-sync", format!("{}: {}", owner_name(owner), run.text)));
            }
        }
        let tree = self.tree_mut(in_branch);
        tree.generated = tree.models.clone();
        // Hints that have done their work may stay; the next rename takes their place.
        tree.models.forget_old_names();
        tree.pending.clear();
        Ok(())
    }

    fn generate_refused(
        &mut self,
        in_branch: bool,
        with_database: bool,
        new: &[(usize, String)],
        run: &Run,
    ) -> Result<()> {
        let is_behind = !self.unapplied(self.tree(in_branch)).is_empty();
        let unknown = self.has_unknown(self.tree(in_branch));
        let has_reason = |code: &str| match code {
            "database-behind" => with_database && is_behind,
            "two-heads" | "heads-conflict" => !self.heads.is_empty(),
            "nothing-defined" => self.has_nothing(self.tree(in_branch)),
            // A name that goes is taken at once by something that had another.
            "ambiguous-rename" => {
                let is_rename = |edit: &Edit| matches!(edit, Edit::RenameColumn(..) | Edit::RenameTable(..));
                self.tree(in_branch).pending.iter().any(is_rename)
            }
            "table-of-another-chain" => self.tree(in_branch).takes_anothers_name(),
            "still-referenced" if self.tree(in_branch).drops_a_circle() => true,
            // What others have made stands on what was to change, or isn't what the chains make.
            _ => with_database && (!self.hands.is_empty() || unknown),
        };
        let codes = run.errors();
        if let Some(code) = codes.iter().find(|code| !has_reason(code)) {
            return Err(Fault::new(format!("generate refused: {code}"), run.text.clone()));
        }
        if codes.is_empty() {
            return Err(Fault::new("generate refused without a code", run.text.clone()));
        }
        // Some owners' revisions may be written before another's are refused.
        let applied: Vec<Edit> =
            new.iter().flat_map(|(_, revision)| self.revisions[&version(revision)].clone()).collect();
        let tree = self.tree_mut(in_branch);
        let mut models = tree.generated.clone();
        for edit in &applied {
            edit.apply(&mut models);
        }
        tree.generated = models;
        let written: Vec<String> = applied.iter().map(|edit| format!("{edit:?}")).collect();
        tree.pending.retain(|edit| !written.contains(&format!("{edit:?}")));
        if codes.iter().any(|code| {
            matches!(
                code.as_str(),
                "enum-in-use"
                    | "cannot-rebuild"
                    | "still-referenced"
                    | "proof-failed"
                    | "can't-copy"
                    | "table-of-another-chain"
                    | "ambiguous-rename"
            )
        }) {
            self.give_up(in_branch);
        }
        Ok(())
    }

    /// Takes back what was changed in the definitions and not written.
    pub fn give_up(&mut self, in_branch: bool) {
        let tree = self.tree_mut(in_branch);
        tree.models = tree.generated.clone();
        tree.models.forget_old_names();
        let pending: Vec<String> = tree.pending.drain(..).map(|edit| format!("{edit:?}")).collect();
        let Some(branch) = &mut self.branch else { return };
        let edits = if in_branch { &mut branch.edits } else { &mut branch.main_edits };
        edits.retain(|edit| !pending.contains(&format!("{edit:?}")));
    }

    /// Applies revisions: all, one owner's, or those up to one.
    pub fn upgrade(&mut self, in_branch: bool, arguments: &[&str]) -> Result<bool> {
        let unknown = self.has_unknown(self.tree(in_branch));
        let had_heads = !self.heads.is_empty() && !in_branch;
        let had_hands = !self.hands.is_empty();
        let mut all = vec!["upgrade"];
        all.extend(arguments);
        let run = self.run_on_database(in_branch, &all)?;
        if run.code == 0 {
            let unapplied = self.unapplied(self.tree(in_branch));
            if arguments.is_empty() && !unapplied.is_empty() {
                return Err(Fault::new("upgrade leaves something", format!("{unapplied:?}\n{}", run.text)));
            }
            self.is_merged &= !unapplied.is_empty();
            return Ok(true);
        }
        let codes = run.errors();
        if codes == ["out-of-order"] {
            return self.take_the_way_out(&run);
        }
        if self.is_merged && codes.iter().any(|code| code == "table-changed") {
            return Err(Fault::new("dead end", "one branch's revision would take back what another owner's has done"));
        }
        for code in &codes {
            let has_reason = match code.as_str() {
                "two-heads" => had_heads,
                "rows-in-the-way" => true,
                // Only the server can tell whether it reads a value as one of another type.
                "migration-failed" if UNREADABLE.iter().any(|said| run.text.contains(said)) => true,
                "ambiguous-revision" | "no-such-revision" => !arguments.is_empty(),
                // What others have made may be in the way of anything.
                _ => had_hands || unknown || had_heads,
            };
            if !has_reason {
                return Err(Fault::new(format!("upgrade refused: {code}"), run.text));
            }
        }
        if codes.is_empty() {
            return Err(Fault::new("upgrade refused without a code", run.text));
        }
        let is_for_good = codes.iter().any(|code| code == "rows-in-the-way" || code == "migration-failed");
        if is_for_good && !in_branch && !unknown && !had_heads {
            self.retreat()?;
        }
        Ok(false)
    }

    /// Reverts the revision that came too early, as the program says.
    fn take_the_way_out(&mut self, run: &Run) -> Result<bool> {
        let said = run.text.split('`').find_map(|text| text.strip_prefix("autogen downgrade "));
        let Some(said) = said else { return Err(Fault::new("out of order without a way out", run.text.clone())) };
        let arguments: Vec<&str> = ["downgrade", "--allow", "all"].into_iter().chain(said.split_whitespace()).collect();
        let had_hands = !self.hands.is_empty();
        let reverted = self.run_on_database(false, &arguments)?;
        let has_reason = had_hands || reverted.has("rows-in-the-way") || reverted.has("has-dependents");
        if reverted.code != 0 && !has_reason {
            return Err(Fault::new("the way out is none", format!("{}\n{}", run.text, reverted.text)));
        }
        Ok(false)
    }

    /// Reverts revisions of one owner.
    pub fn downgrade(&mut self, owner: usize, how_many: &str, cascade: bool) -> Result<()> {
        let unknown = self.has_unknown(&self.main);
        let has_hands = !self.hands.is_empty();
        let name = owner_name(owner);
        let mut arguments = vec!["downgrade", "--plugin", &name, how_many, "--allow", "all"];
        arguments.extend(cascade.then_some("--cascade"));
        let run = self.run_on_database(false, &arguments)?;
        if run.code == 0 {
            return Ok(());
        }
        for code in run.errors() {
            let has_reason = match code.as_str() {
                "has-dependents" => !cascade,
                "not-that-many" | "rows-in-the-way" | "not-applied" => true,
                _ => has_hands || unknown || !self.heads.is_empty(),
            };
            if !has_reason {
                return Err(Fault::new(format!("downgrade refused: {code}"), run.text));
            }
        }
        Ok(())
    }

    /// Asks `check`, which must find something exactly where there is something.
    pub fn check(&mut self) -> Result<()> {
        let url = self.live.url.clone();
        let run = self.run(false, &["check", "--database-url", &url])?;
        let is_ahead =
            (0..self.main.owners()).any(|owner| !self.is_same(&self.main.generated, &self.main.models, owner));
        let reasons = [
            ("models ahead", is_ahead),
            ("pending", !self.unapplied(&self.main).is_empty()),
            ("drift", self.has_drifted()),
            ("heads", !self.heads.is_empty()),
            ("unknown", self.has_unknown(&self.main)),
        ];
        let reasons: Vec<&str> = reasons.iter().filter(|(_, is_so)| *is_so).map(|(reason, _)| *reason).collect();
        let expected = i32::from(!reasons.is_empty());
        // What isn't applied yet may be all that there is to say.
        let may_be_silent = reasons == ["pending"];
        let has_nothing = self.has_nothing(&self.main) && run.errors() == ["nothing-defined"];
        if run.code != expected
            && !has_nothing
            && !(may_be_silent && run.code == 0)
            && !(run.code == 2 && expected == 1 && !run.errors().is_empty())
        {
            return Err(Fault::new(
                if expected == 0 { "check isn't silent" } else { "check is silent" },
                format!("expected because of {reasons:?}, and exit {}:\n{}", run.code, run.text),
            ));
        }
        Ok(())
    }

    /// Begins a branch, where all is written.
    pub fn fork(&mut self) -> Result<()> {
        self.generate(false, false)?;
        if !self.main.pending.is_empty() {
            return Ok(());
        }
        let path = self.path(&format!("branch{}", self.diary.runs));
        let tree = self.main.copy(path, &mut self.diary);
        let base = tree.revisions().iter().map(|(_, revision)| version(revision)).collect();
        self.branch = Some(Branch { tree, base, main_edits: Vec::new(), edits: Vec::new() });
        Ok(())
    }

    /// Brings a branch's revisions and definitions into the main copy, as version control does where nobody
    /// has changed the same line; where somebody has, the branch is given up.
    pub fn merge_back(&mut self) -> Result<()> {
        let Some(branch) = self.branch.clone() else { return Ok(()) };
        let is_new = |tree: &Tree| -> Vec<(usize, String)> {
            let all = tree.in_order().into_iter();
            all.filter(|(_, revision)| !branch.base.contains(&version(revision))).collect()
        };
        let (theirs, ours) = (is_new(&branch.tree), is_new(&self.main));
        let touched: BTreeSet<u32> = branch.main_edits.iter().flat_map(Edit::touches).collect();
        let mut models = self.main.models.clone();
        let goes = branch
            .edits
            .iter()
            .all(|edit| !edit.touches().iter().any(|id| touched.contains(id)) && edit.apply(&mut models));
        let is_applied = theirs.iter().any(|(_, revision)| self.applied.contains(&version(revision)));
        if !goes {
            if is_applied {
                return Err(Fault::new("dead end", "the branch is applied and doesn't go with the main copy"));
            }
            self.branch = None;
            return Ok(());
        }
        self.diary.note("# merge the branch back");
        for (owner, revision) in &theirs {
            let (from, to) =
                (branch.tree.migrations(*owner).join(revision), self.main.migrations(*owner).join(revision));
            copy(&from, &to);
            self.diary.note(format!("cp -r {} {}", from.display(), to.display()));
        }
        self.main.models = models;
        self.main.pending.extend(branch.tree.pending.clone());
        let mut generated: Models = self.main.generated.clone();
        for (_, revision) in &theirs {
            for edit in self.revisions.get(&version(revision)).into_iter().flatten() {
                edit.apply(&mut generated);
            }
        }
        self.main.generated = generated;
        let mut heads: BTreeMap<usize, [Vec<String>; 2]> = BTreeMap::new();
        for owner in 0..self.main.owners() {
            let of = |all: &[(usize, String)]| -> Vec<String> {
                all.iter().filter(|(one, _)| *one == owner).map(|(_, revision)| revision.clone()).collect()
            };
            if !of(&ours).is_empty() && !of(&theirs).is_empty() {
                heads.insert(owner, [of(&ours), of(&theirs)]);
            }
        }
        self.heads = heads;
        self.is_merged |= !ours.is_empty() && !theirs.is_empty();
        self.branch = None;
        Ok(())
    }

    /// Joins the heads of every chain, or puts one after the other; where they don't go together, removes what
    /// isn't applied of one.
    pub fn join_heads(&mut self, draw: &mut Draw) -> Result<()> {
        while let Some((owner, [ours, theirs])) = self.heads.pop_first() {
            let name = owner_name(owner);
            let before = self.main.revisions();
            let is_applied = |world: &Self, all: &[String]| all.iter().any(|one| world.applied.contains(&version(one)));
            let rebased = draw.chance(50).then(|| if draw.chance(50) { ours.clone() } else { theirs.clone() });
            let rebased = rebased.filter(|all| !is_applied(self, all));
            let url = self.live.url.clone();
            let run = match rebased.as_ref().and_then(|all| all.last()) {
                Some(last) => self.run(false, &["rebase", last, "--database-url", &url])?,
                None => self.run(false, &["merge", "--plugin", &name])?,
            };
            if run.code == 0 {
                self.follow(&run, &before);
                continue;
            }
            if !(run.has("heads-conflict") || run.has("already-applied")) {
                return Err(Fault::new(format!("join refused: {:?}", run.errors()), run.text));
            }
            let Some(gone) = [theirs, ours].into_iter().find(|all| !is_applied(self, all)) else {
                return Err(Fault::new("dead end", "both heads are applied and can't be applied in either order"));
            };
            self.remove_with_dependents(owner, &gone);
        }
        Ok(())
    }

    /// Names that a rebase has given, and new revisions that only join.
    fn follow(&mut self, run: &Run, before: &BTreeSet<(usize, String)>) {
        for line in run.text.lines() {
            let Some((from, rest)) = line.split_once(" is now ") else { continue };
            let last = |path: &str| version(path.rsplit('/').next().unwrap_or_default());
            let (from, to) = (last(from), last(rest.split(',').next().unwrap_or_default()));
            if let Some(edits) = self.revisions.remove(&from) {
                self.revisions.insert(to, edits);
            }
        }
        for (_, revision) in self.main.revisions().difference(before) {
            self.revisions.entry(version(revision)).or_default();
        }
    }

    /// Removes revisions, and those that depend on them; what they did is pending again.
    fn remove_with_dependents(&mut self, owner: usize, gone: &[String]) {
        let mut gone: Vec<(usize, String)> = gone.iter().map(|revision| (owner, revision.clone())).collect();
        let mut taken: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
        while let Some((owner, revision)) = gone.pop() {
            let number = version(&revision);
            let dependents = self.main.in_order().into_iter();
            gone.extend(dependents.filter(|(of, other)| self.main.names(*of, other, &number) && *other != revision));
            gone.sort();
            gone.dedup();
            self.main.remove(owner, &revision, &mut self.diary);
            let edits = self.revisions.remove(&number).unwrap_or_default();
            taken.insert(number, edits);
            self.heads.remove(&owner);
        }
        self.main.pending.splice(0..0, taken.into_values().flatten());
        let versions: Vec<String> = self.main.in_order().iter().map(|(_, revision)| version(revision)).collect();
        self.main.generated = self.models_after(versions.iter());
    }

    /// Whether what somebody made fires and can be read.
    pub fn try_hands(&mut self, draw: &mut Draw) -> Result<()> {
        let models = self.live_models();
        for hand in self.hands.clone() {
            match hand.what {
                What::View if self.was_seen(&hand) => {
                    let query = format!("SELECT count(*) FROM {}", hand.name);
                    self.live.value(&query).map_err(|error| Fault::new("view broken", error))?;
                }
                What::Trigger => self.set_off(&hand, &models, draw)?,
                What::View | What::Child | What::Column | What::Index | What::Default | What::Check | What::Width => {}
            }
        }
        Ok(())
    }

    /// Whether a revision that was written with the object in sight has renamed or dropped what it names.
    pub fn was_seen(&self, hand: &Hand) -> bool {
        let names = |edit: &Edit| match edit {
            Edit::RenameColumn(_, id, _) | Edit::DropColumn(_, id) | Edit::Retype(_, id, _) => Some(*id) == hand.column,
            Edit::RenameTable(id, _) | Edit::DropTable(id) => *id == hand.table,
            _ => false,
        };
        self.applied.iter().any(|version| {
            let is_seen = self.seen.get(version).is_some_and(|seen| seen.contains(&hand.name));
            is_seen && self.revisions.get(version).into_iter().flatten().any(names)
        })
    }

    fn set_off(&mut self, hand: &Hand, models: &Models, draw: &mut Draw) -> Result<()> {
        let (name, table) = (&hand.name, models.table(hand.table));
        let Some(table) = table else { return Ok(()) };
        let query = format!("SELECT count(*) FROM {} WHERE what = '{name}'", LOG);
        let ask = |world: &mut Self| world.live.value(&query).map_err(|error| Fault::new("judge", error));
        for _ in 0..4 {
            let before = ask(self)?;
            let done = self.rows.insert(&mut self.live, models, table, draw);
            for sql in &done {
                self.diary.note(format!("sql <<'S'\n{sql};\nS"));
            }
            let by_hand = self.columns_by_hand();
            self.rows.absorb(&mut self.live, models, &by_hand).map_err(|error| Fault::new("judge", error))?;
            if !done.is_empty() && before == ask(self)? {
                return Err(Fault::new("trigger silent", format!("{name} on {} doesn't fire: {done:?}", table.name)));
            }
            if !done.is_empty() {
                return Ok(());
            }
        }
        let refusal = &self.rows.last_refusal;
        let is_triggers = ["hand_", "NEW", "new\"", "has no field"].iter().any(|word| refusal.contains(word));
        if is_triggers && self.was_seen(hand) {
            return Err(Fault::new("trigger broken", format!("{name} on {}: {refusal}", table.name)));
        }
        Ok(())
    }
}

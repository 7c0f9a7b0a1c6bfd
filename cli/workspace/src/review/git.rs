//! Commits and their files in the repository that a host lies in. Only objects and references are read: no network, no
//! program, no hook, no filter, and no setting but the repository's own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use autogen_engine::error::{Code, Error, Result};
use gix::bstr::BStr;
use gix::object::tree::EntryKind;
use gix::{ObjectId, Repository};

/// The largest file that is read. A larger one is written as a hole of its length, so that its reader reports it.
const LARGEST: u64 = 32 << 20;
/// The most files and folders that a commit may have.
const MOST_ENTRIES: usize = 300_000;
/// Names of branches to compare with where none is stated.
const USUAL_BASES: [&str; 5] = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/// A repository, and where in it the host is.
pub(crate) struct Checkout {
    repository: Repository,
    /// The host's folder, below the repository's.
    pub(crate) host: PathBuf,
}

/// A commit, and how it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) name: String,
    pub(super) id: ObjectId,
}

impl Checkout {
    /// Finds the repository of a host's folder.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let refused = |why: String| {
            Error::new(
                Code::NoRepository,
                format!("`{}` lies in no git repository that can be read: {why}", root.display()),
            )
            .help("run it in a clone, not in an archive of the files")
        };
        let root = root.canonicalize().map_err(|cause| refused(cause.to_string()))?;
        let repository = gix::discover_opts(&root, Default::default(), gix::open::Options::isolated())
            .map_err(|cause| refused(cause.to_string()))?;
        let work_tree = repository.workdir().ok_or_else(|| refused("it has no work tree".to_owned()))?;
        let work_tree = work_tree.canonicalize().map_err(|cause| refused(cause.to_string()))?;
        let host = root.strip_prefix(&work_tree).map_err(|_| refused("it lies beside the work tree".to_owned()))?;
        let host = host.to_path_buf();
        Ok(Self { repository, host })
    }

    /// Finds a commit by any name that git has for it. Without a name, it is the branch that work is usually
    /// merged into.
    pub(super) fn commit(&self, name: Option<&str>) -> Result<Commit> {
        let names = name.map_or(USUAL_BASES.to_vec(), |name| vec![name]);
        let found = names.iter().find_map(|name| Some(Commit { name: (*name).to_owned(), id: self.find(name)? }));
        found.ok_or_else(|| {
            let message = format!("this clone has no commit `{}`", names.join("` or `"));
            let branch = name.and_then(|name| name.strip_prefix("origin/"));
            let fetch = branch.map_or("git fetch".to_owned(), |branch| format!("git fetch origin {branch}"));
            Error::new(Code::NoSuchCommit, message).help(format!(
                "bring it here by `{fetch}` (in GitHub's checkout, by `fetch-depth: 0`), or name another"
            ))
        })
    }

    fn find(&self, name: &str) -> Option<ObjectId> {
        let found = self.repository.rev_parse_single(name).ok()?.object().ok()?;
        Some(found.peel_to_commit().ok()?.id)
    }

    /// Returns the last commit that the branch and another commit have in common.
    pub(super) fn fork_point(&self, base: &Commit) -> Result<ObjectId> {
        let shallow = self.repository.is_shallow().unwrap_or(false);
        let apart = |why: String| {
            let error = Error::new(
                Code::NoCommonCommit,
                format!("the branch and `{}` have no commit in common{why}", base.name),
            );
            error.help(match shallow {
                true => "this clone is shallow: bring the rest by `git fetch --unshallow` (in GitHub's checkout, by `fetch-depth: 0`)",
                false => "name the branch that this one was made from",
            })
        };
        let head = self.repository.head_id().map_err(|cause| apart(format!(": {cause}")))?;
        let found = self.repository.merge_base(head, base.id).map_err(|cause| apart(format!(": {cause}")))?;
        found.map(gix::Id::detach).ok_or_else(|| apart(String::new()))
    }

    /// Writes those files of a commit that may belong to a host into a folder: source, SQL and settings.
    pub(super) fn write(&self, commit: ObjectId, folder: &Path) -> Result<()> {
        let tree = |repository: &Repository| -> gix::Result<ObjectId> {
            Ok(repository.find_object(commit)?.peel_to_commit()?.tree_id()?.detach())
        };
        let tree = tree(&self.repository).map_err(|cause| unreadable(&cause))?;
        let mut writing = Writing { left: MOST_ENTRIES, links: Vec::new() };
        writing.tree(&self.repository, tree, Path::new(""), folder)?;
        // Links come last, so that no file is written through one. A link that leads outside isn't the host's.
        for (link, target) in &writing.links {
            make_link(target, link).map_err(|cause| unwritable(link, cause))?;
        }
        for (link, _) in writing.links {
            if link.canonicalize().is_ok_and(|target| !target.starts_with(folder)) {
                fs::remove_file(&link).map_err(|cause| unwritable(&link, cause))?;
            }
        }
        Ok(())
    }
}

struct Writing {
    left: usize,
    links: Vec<(PathBuf, PathBuf)>,
}

impl Writing {
    /// Writes a tree that lies `below` its repository's folder into another folder.
    fn tree(&mut self, repository: &Repository, tree: ObjectId, below: &Path, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(|cause| unwritable(folder, cause))?;
        let tree = repository.find_tree(tree).map_err(|cause| unreadable(&cause))?;
        for entry in tree.iter() {
            let entry = entry.map_err(|cause| unreadable(&cause))?;
            self.left = self.left.checked_sub(1).ok_or_else(|| {
                Error::new(Code::TooManyFiles, format!("the commit has more than {MOST_ENTRIES} files"))
                    .help("no host is that large; review it in a clone of its own")
            })?;
            let kind = entry.mode().kind();
            let Some(name) = component(entry.filename(), kind) else { continue };
            let (path, below) = (folder.join(name), below.join(name));
            let is_hidden = entry.filename().starts_with(b".");
            match kind {
                EntryKind::Tree if !is_hidden => self.tree(repository, entry.object_id(), &below, &path)?,
                EntryKind::Blob | EntryKind::BlobExecutable if is_read(&path) => {
                    write_file(repository, entry.object_id(), &path)?;
                }
                EntryKind::Link => {
                    let target = repository.find_blob(entry.object_id()).map_err(|cause| unreadable(&cause))?;
                    let target = gix::path::from_byte_slice(&target.data).ok().map(Path::to_path_buf);
                    self.links.extend(target.map(|target| (path, target)));
                }
                EntryKind::Commit => self.submodule(repository, entry.object_id(), &below, &path)?,
                EntryKind::Tree | EntryKind::Blob | EntryKind::BlobExecutable => {}
            }
        }
        Ok(())
    }

    /// Writes what a submodule held, if its repository is here.
    fn submodule(&mut self, outer: &Repository, commit: ObjectId, below: &Path, folder: &Path) -> Result<()> {
        let there = outer.workdir().map(|work_tree| work_tree.join(below));
        let opened = there.and_then(|there| gix::open_opts(there, gix::open::Options::isolated()).ok());
        let Some(inner) = opened else { return Ok(()) };
        let tree = inner
            .find_object(commit)
            .ok()
            .and_then(|found| Some(found.peel_to_commit().ok()?.tree_id().ok()?.detach()));
        match tree {
            Some(tree) => self.tree(&inner, tree, Path::new(""), folder),
            None => Err(Error::new(
                Code::NoSuchCommit,
                format!("the submodule `{}` has no commit {commit}", below.display()),
            )
            .help("bring it here by `git submodule update --init`, or by `git fetch` in its folder")),
        }
    }
}

/// Returns the name of an entry, or `None` if no checkout would make such a file.
fn component(name: &BStr, kind: EntryKind) -> Option<&Path> {
    let mode = (kind == EntryKind::Link).then_some(gix::validate::path::component::Mode::Symlink);
    let windows = cfg!(windows);
    let options =
        gix::validate::path::component::Options { protect_windows: windows, protect_hfs: true, protect_ntfs: windows };
    let name = gix::validate::path::component(name, mode, options).ok()?;
    gix::path::from_byte_slice(name).ok()
}

/// Checks whether a file may be part of a host: source, SQL or settings.
fn is_read(path: &Path) -> bool {
    ["rs", "sql", "toml"].map(OsStr::new).contains(&path.extension().unwrap_or_default())
}

fn write_file(repository: &Repository, blob: ObjectId, path: &Path) -> Result<()> {
    let size = repository.find_header(blob).map_err(|cause| unreadable(&cause))?.size();
    let refused = |cause| unwritable(path, cause);
    let mut file = File::create_new(path).map_err(refused)?;
    if size > LARGEST {
        return file.set_len(size).map_err(refused);
    }
    let blob = repository.find_blob(blob).map_err(|cause| unreadable(&cause))?;
    file.write_all(&blob.data).map_err(refused)
}

#[cfg(unix)]
fn make_link(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// Makes no link. Where the system has none, git writes a file with the link's target instead, and a host has
/// neither.
#[cfg(not(unix))]
fn make_link(_: &Path, _: &Path) -> std::io::Result<()> {
    Ok(())
}

fn unreadable(cause: &dyn std::fmt::Display) -> Error {
    Error::new(Code::CantRead, format!("the repository can't be read: {cause}"))
        .help("run `git fsck`; what a partial clone lacks comes by `git fetch --refetch --no-filter`")
}

fn unwritable(path: &Path, cause: std::io::Error) -> Error {
    Error::new(Code::CantWrite, format!("can't write `{}`: {cause}", path.display()))
        .help("the files of a commit are written into a temporary folder: make room there")
        .caused_by(cause)
}

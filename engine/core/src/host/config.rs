//! `autogen.toml` at the host's root, every key of which has a default.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::folders;
use super::ignored::Unprinted;
use super::lint::{Lint, RawLint};
use super::policy::{Policy, RawPolicy};
use crate::database::Limits;
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::files::{LARGEST_SETTINGS, read_text};
use crate::toml_file::{CORRECT_IT, Stated, TomlFile};

/// The name of the host's configuration file.
pub const FILE_NAME: &str = "autogen.toml";

/// What `autogen.toml` says about the whole host; what it says about single owners has gone into
/// [`Owner`](super::Owner).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The dialects stated, each once; empty when none are. See [`Config::dialects`].
    pub stated_dialects: Vec<Dialect>,
    /// The live database, where one is stated.
    pub database: Option<Setting>,
    /// Servers on which scratch databases may be made.
    pub scratch: BTreeMap<Dialect, Setting>,
    /// Whether plugins' migrations may run on scratch databases with all rights of the role or user that makes those.
    pub trust_scratch: bool,
    /// Extensions of PostgreSQL that are made in scratch databases before any migration runs.
    pub extensions: Vec<String>,
    /// How long migrations may wait and run.
    pub limits: Limits,
    /// Whether changes of tables in use come in several revisions, so that others can go on meanwhile; see
    /// [`online`](crate::plan::online).
    pub online: bool,
    /// What changes may risk and cost.
    pub policy: Policy,
    /// What is looked for in SQL.
    pub lint: Lint,
}

impl Config {
    /// Returns the dialects to write and prove: those stated, else the database's own, else SQLite.
    ///
    /// ```
    /// use autogen_engine::dialect::Dialect;
    /// use autogen_engine::host::Config;
    /// assert_eq!(Config::default().dialects(None), [Dialect::Sqlite]);
    /// ```
    pub fn dialects(&self, database: Option<Dialect>) -> Vec<Dialect> {
        if self.stated_dialects.is_empty() {
            return vec![database.unwrap_or(Dialect::Sqlite)];
        }
        self.stated_dialects.clone()
    }

    /// Checks whether revisions are written for several dialects, each in a folder of its own.
    pub fn several_dialects(&self) -> bool {
        self.stated_dialects.len() > 1
    }
}

/// A value that may be secret: written down, or to be read from the environment. Its `Debug`
/// form doesn't show what is written down.
#[derive(Clone, PartialEq, Eq)]
pub enum Setting {
    /// The value itself.
    Text(String),
    /// The name of an environment variable (`env:NAME`), and where it stands.
    Env(Stated),
}

impl Setting {
    fn new(Stated { text, place }: Stated) -> Self {
        match text.strip_prefix("env:") {
            Some(name) => Self::Env(Stated { text: name.to_owned(), place }),
            None => Self::Text(text),
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(..)"),
            Self::Env(name) => write!(f, "Env({:?})", name.text),
        }
    }
}

/// All that the file says, with places.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) config: Config,
    /// Patterns of plugin folders; `None` means the default.
    pub(super) plugins: Option<Vec<Stated>>,
    pub(super) core: OwnerKeys,
    /// By plugin name; `place` is where the name stands.
    pub(super) plugin: BTreeMap<String, (Stated, OwnerKeys)>,
}

/// What is stated about one owner, in `autogen.toml` or in the owner's manifest.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnerKeys {
    pub(super) path: Option<Stated>,
    /// Whether the plugin is left out.
    pub(super) is_disabled: bool,
    pub(super) sources: Option<Vec<Stated>>,
    pub(super) migrations: Option<Stated>,
    pub(super) tables: Option<Vec<Stated>>,
    pub(super) prefix: Option<Stated>,
    pub(super) prefix_exceptions: Option<Vec<Stated>>,
    pub(super) ignore: Option<Vec<Stated>>,
    pub(super) may_alter: Option<Vec<Stated>>,
    /// `true` or `false`.
    pub(super) trust: Option<Stated>,
    pub(super) reviewers: Option<Vec<Stated>>,
    /// What diesel.toml leaves out; nothing takes its place.
    pub(super) unprinted: Vec<Unprinted>,
    pub(super) printed: Vec<Option<String>>,
}

impl OwnerKeys {
    /// Returns these keys, with the ones that they don't state taken from `fallback`.
    pub(super) fn or(self, fallback: Self) -> Self {
        Self {
            path: self.path.or(fallback.path),
            is_disabled: self.is_disabled,
            sources: self.sources.or(fallback.sources),
            migrations: self.migrations.or(fallback.migrations),
            tables: self.tables.or(fallback.tables),
            prefix: self.prefix.or(fallback.prefix),
            prefix_exceptions: self.prefix_exceptions.or(fallback.prefix_exceptions),
            ignore: self.ignore.or(fallback.ignore),
            may_alter: self.may_alter.or(fallback.may_alter),
            trust: self.trust.or(fallback.trust),
            reviewers: self.reviewers.or(fallback.reviewers),
            unprinted: [self.unprinted, fallback.unprinted].concat(),
            printed: [self.printed, fallback.printed].concat(),
        }
    }
}

impl OwnerKeys {
    /// Returns the folders that these keys name, relative to the owner's folder.
    pub(super) fn folders<'k>(&'k self, root: &'k Path) -> impl Iterator<Item = PathBuf> + 'k {
        let sources = self.sources.iter().flatten().map(|pattern| folders::fixed_part(root, &pattern.text));
        sources.chain(self.migrations.iter().map(|stated| root.join(&stated.text)))
    }

    /// Returns the keys that a plugin's own files mustn't state, because only the host may decide on them.
    pub(super) fn overreaching(&self) -> Vec<Diagnostic> {
        let places = self.sources.iter().flatten().chain(&self.migrations);
        let outside = places.filter(|stated| leads_out(&stated.text)).map(|stated| {
            Diagnostic::error(Code::OutsidePlugin, format!("`{}` leads out of the plugin's folder", stated.text))
                .at(stated.place.clone(), "stated here")
                .help("a plugin names places in its own folder only; the host may name another in autogen.toml")
        });
        let leave = self.may_alter.iter().flatten().map(|stated| {
            let message = format!("a plugin can't permit itself to change `{}`", stated.text);
            Diagnostic::error(Code::LeaveOfTheHost, message)
                .at(stated.place.clone(), "stated here")
                .help("if the host agrees, it says so in autogen.toml: [plugin.NAME] may_alter = [...]")
        });
        let trust = self.trust.iter().map(|stated| {
            Diagnostic::error(Code::LeaveOfTheHost, "a plugin can't say that it is trusted")
                .at(stated.place.clone(), "stated here")
                .help("if the host agrees, it says so in autogen.toml: [plugin.NAME] trust = true")
        });
        let reviewers = self.reviewers.iter().flatten().map(|stated| {
            Diagnostic::error(Code::LeaveOfTheHost, "a plugin can't say who reviews it")
                .at(stated.place.clone(), "stated here")
                .help("the host says so in autogen.toml: [plugin.NAME] reviewers = [...]")
        });
        outside.chain(leave).chain(trust).chain(reviewers).collect()
    }
}

/// Checks whether a path or pattern may name something outside the folder that it is relative to.
fn leads_out(path: &str) -> bool {
    let is_up = |part: &str| part == "..";
    path.starts_with(['/', '\\']) || path.contains(':') || path.split(['/', '\\', '{', '}', ',']).any(is_up)
}

/// The keys of one owner as they are read; `[plugin.x]` alone may state a path besides.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawKeys {
    sources: Option<Vec<Spanned<String>>>,
    migrations: Option<Spanned<String>>,
    tables: Option<Vec<Spanned<String>>>,
    prefix: Option<Spanned<String>>,
    prefix_exceptions: Option<Vec<Spanned<String>>>,
    ignore: Option<Vec<Spanned<String>>>,
    may_alter: Option<Vec<Spanned<String>>>,
    trust: Option<Spanned<bool>>,
    reviewers: Option<Vec<Spanned<String>>>,
}

impl RawKeys {
    pub(super) fn placed(self, file: &TomlFile<'_>) -> OwnerKeys {
        let list = |words: Vec<Spanned<String>>| words.into_iter().map(|word| file.stated(word)).collect();
        OwnerKeys {
            path: None,
            is_disabled: false,
            sources: self.sources.map(list),
            migrations: self.migrations.map(|word| file.stated(word)),
            tables: self.tables.map(list),
            prefix: self.prefix.map(|word| file.stated(word)),
            prefix_exceptions: self.prefix_exceptions.map(list),
            ignore: self.ignore.map(list),
            may_alter: self.may_alter.map(list),
            trust: self.trust.map(|trust| file.stated(Spanned::new(trust.span(), trust.get_ref().to_string()))),
            reviewers: self.reviewers.map(list),
            unprinted: Vec::new(),
            printed: Vec::new(),
        }
    }
}

/// `deny_unknown_fields` and `flatten` exclude each other, hence the keys once more.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawPlugin {
    path: Option<Spanned<String>>,
    enabled: Option<bool>,
    sources: Option<Vec<Spanned<String>>>,
    migrations: Option<Spanned<String>>,
    tables: Option<Vec<Spanned<String>>>,
    prefix: Option<Spanned<String>>,
    prefix_exceptions: Option<Vec<Spanned<String>>>,
    ignore: Option<Vec<Spanned<String>>>,
    may_alter: Option<Vec<Spanned<String>>>,
    trust: Option<Spanned<bool>>,
    reviewers: Option<Vec<Spanned<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    dialects: Option<Spanned<Vec<Spanned<String>>>>,
    plugins: Option<Vec<Spanned<String>>>,
    database: RawDatabase,
    policy: RawPolicy,
    lint: RawLint,
    scratch: RawScratch,
    core: RawKeys,
    plugin: BTreeMap<Spanned<String>, RawPlugin>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawDatabase {
    url: Option<Spanned<String>>,
    scratch: BTreeMap<Spanned<String>, Spanned<String>>,
    lock_timeout: Option<Spanned<String>>,
    statement_timeout: Option<Spanned<String>>,
    lease: Option<Spanned<String>>,
    answer_timeout: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawScratch {
    trust: bool,
    extensions: Vec<String>,
}

impl Contents {
    /// Reads the file at a host's root; a host without one has all the defaults.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let path: PathBuf = root.join(FILE_NAME);
        match read_text(&path, LARGEST_SETTINGS)? {
            Some(text) => Self::parse(&TomlFile::new(&path, &text, Code::BadConfig)),
            None => Ok(Self::default()),
        }
    }

    #[expect(clippy::too_many_lines, reason = "a paragraph for each key of the file")]
    fn parse(file: &TomlFile<'_>) -> Result<Self> {
        let raw: Raw = file.parse(CORRECT_IT)?;
        let mut mistakes = Vec::new();
        let mut dialect = |name: &Spanned<String>| match name.get_ref().parse::<Dialect>() {
            Ok(dialect) => Some(dialect),
            Err(message) => {
                let message = message.split(';').next().unwrap_or(&message).to_owned();
                mistakes.push(file.error(name, message).help(known_dialects()));
                None
            }
        };

        let mut stated_dialects = Vec::new();
        let mut empty = None;
        if let Some(names) = &raw.dialects {
            for name in names.get_ref() {
                stated_dialects.extend(dialect(name).filter(|dialect| !stated_dialects.contains(dialect)));
            }
            empty = names.get_ref().is_empty().then(|| {
                file.error(names, "the list of dialects is empty")
                    .help(format!("name at least one, or leave the key out; {}", known_dialects()))
            });
        }
        let setting = |url: Spanned<String>| Setting::new(file.stated(url));
        let scratch = raw.database.scratch.into_iter();
        let scratch = scratch.filter_map(|(name, url)| Some((dialect(&name)?, setting(url)))).collect();
        mistakes.extend(empty);
        let mut time = |stated: &Option<Spanned<String>>, default: Duration| {
            let Some(text) = stated else { return default };
            let time = text.get_ref().parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
            // To PostgreSQL, zero means no limit.
            time.filter(|time| !time.is_zero()).unwrap_or_else(|| {
                mistakes.push(
                    file.error(text, format!("`{}` is no length of time", text.get_ref()))
                        .help("write a number and a unit: `500ms`, `10s`, `5m`, `1h`"),
                );
                default
            })
        };
        let limits = Limits {
            lock: time(&raw.database.lock_timeout, Limits::default().lock),
            statement: time(&raw.database.statement_timeout, Limits::default().statement),
            lease: time(&raw.database.lease, Limits::default().lease),
            answer: time(&raw.database.answer_timeout, Limits::default().answer),
        };
        let database = raw.database.url.map(setting);
        let config = Config {
            stated_dialects,
            database,
            scratch,
            trust_scratch: raw.scratch.trust,
            extensions: raw.scratch.extensions,
            limits,
            online: raw.policy.online,
            policy: raw.policy.checked(file, &mut mistakes),
            lint: raw.lint.checked(file, &mut mistakes),
        };
        let plugin = raw.plugin.into_iter().map(|(name, plugin)| {
            let RawPlugin { path, sources, migrations, tables, prefix, prefix_exceptions, ignore, .. } = plugin;
            let RawPlugin { may_alter, trust, reviewers, enabled, .. } = plugin;
            let keys =
                RawKeys { sources, migrations, tables, prefix, prefix_exceptions, ignore, may_alter, trust, reviewers }
                    .placed(file);
            let path = path.map(|word| file.stated(word));
            let keys = OwnerKeys { path, is_disabled: enabled == Some(false), ..keys };
            (name.get_ref().clone(), (file.stated(name), keys))
        });
        let contents = Self {
            config,
            plugins: raw.plugins.map(|patterns| patterns.into_iter().map(|word| file.stated(word)).collect()),
            core: raw.core.placed(file),
            plugin: plugin.collect(),
        };
        Error::unless_clean(mistakes).map(|_: Vec<Diagnostic>| contents)
    }
}

fn known_dialects() -> String {
    let known: Vec<_> = Dialect::ALL.iter().map(|dialect| format!("`{dialect}`")).collect();
    format!("known dialects: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Contents> {
        Contents::parse(&TomlFile::new(Path::new("autogen.toml"), text, Code::BadConfig))
    }

    #[test]
    fn every_key_is_understood_and_has_its_place() {
        let contents = parse(
            "dialects = ['sqlite', 'sqlite']\nplugins = ['addons/*']\n\
             [database]\nurl = 'env:DATABASE_URL'\nscratch = { sqlite = 'x.db' }\n\
             [core]\nsources = ['app']\n\
             [plugin.usb]\npath = 'elsewhere/usb'\ntables = [\n  'usbdevices',\n]\n",
        )
        .expect("is well-formed");
        assert_eq!(contents.config.stated_dialects, [Dialect::Sqlite]);
        let Some(Setting::Env(variable)) = &contents.config.database else { panic!("{contents:?}") };
        assert_eq!(
            (variable.text.as_str(), variable.place.to_string()),
            ("DATABASE_URL", "autogen.toml:4:7".to_owned())
        );
        assert_eq!(contents.config.scratch[&Dialect::Sqlite], Setting::Text("x.db".into()));
        let (name, usb) = &contents.plugin["usb"];
        assert_eq!(name.place.to_string(), "autogen.toml:8:9");
        let pins = usb.tables.as_ref().expect("stated");
        assert_eq!((pins[0].text.as_str(), pins[0].place.line), ("usbdevices", 11));
    }

    #[test]
    fn all_unknown_dialects_are_listed_with_their_places() {
        let error = parse("dialects = ['sqlite', 'oracle']\n[database.scratch]\ndb2 = 'x'").expect_err("unknown");
        let places: Vec<_> = error.diagnostics.iter().map(|found| found.labels[0].place.to_string()).collect();
        assert_eq!(places, ["autogen.toml:1:23", "autogen.toml:3:1"]);
        assert_eq!(error.to_string(), "unknown dialect `oracle`");
        assert_eq!(parse("dialects = []").expect_err("empty").to_string(), "the list of dialects is empty");
    }

    #[test]
    fn limits_are_lengths_of_time() {
        let stated =
            "[database]\nlock_timeout = '500ms'\nstatement_timeout = '2h'\nlease = '1m'\nanswer_timeout = '5s'";
        let contents = parse(stated).expect("is well-formed");
        let limits = Limits {
            lock: Duration::from_millis(500),
            statement: Duration::from_secs(7200),
            lease: Duration::from_secs(60),
            answer: Duration::from_secs(5),
        };
        assert_eq!(contents.config.limits, limits);
        assert_eq!(parse("").expect("is well-formed").config.limits, Limits::default());
        for wrong in ["soon", "0s", "-1s", "5"] {
            let error = parse(&format!("[database]\nlock_timeout = '{wrong}'")).expect_err("is no time");
            assert_eq!(error.to_string(), format!("`{wrong}` is no length of time"));
        }
    }

    #[test]
    fn the_policy_is_stated_or_the_careful_one() {
        assert!(parse("[policy]\nonline = true").expect("is well-formed").config.online);
        assert!(!parse("").expect("is well-formed").config.online);
        assert_eq!(parse("[policy]\nofline = true").expect_err("unknown").to_string(), "unknown key `ofline`");
    }

    #[test]
    fn scratch_databases_are_not_trusted_unless_the_host_says_so() {
        let config = parse("[scratch]\ntrust = true\nextensions = ['postgis']").expect("is well-formed").config;
        assert_eq!((config.trust_scratch, config.extensions.concat().as_str()), (true, "postgis"));
        assert!(!parse("").expect("is well-formed").config.trust_scratch);
    }

    #[test]
    fn core_has_no_path() {
        let error = parse("[core]\npath = 'x'").expect_err("core is the root");
        assert_eq!(error.code(), Code::BadConfig);
        assert_eq!(error.to_string(), "unknown key `path`");
    }

    #[test]
    fn a_database_url_is_never_shown() {
        let contents = parse("[database]\nurl = 'postgres://u:secret@h/d'").expect("is well-formed");
        assert!(!format!("{contents:?}").contains("secret"));
    }
}

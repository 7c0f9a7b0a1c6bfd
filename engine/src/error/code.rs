//! The codes of everything that the program may say, with what each means and what to do about it.
//!
//! `docs/errors.md` lists the same rows; a test compares them. How a command ends isn't a property of a code: an
//! [`Error`](super::Error) ends it with 2, a finding of a check with 1, and a warning or a note changes nothing.

use std::fmt;

macro_rules! codes {
    ($($section:literal { $($(#[doc = $meaning:literal])+ $name:ident = $code:literal => $next_step:literal,)+ })+) => {
        /// What a message is about: a stable dashed word that scripts may look for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($($(#[doc = $meaning])+ $name,)+)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$($(Self::$name,)+)+];

            /// Returns the word: `no-such-plugin`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$name => $code,)+)+
                }
            }

            /// Returns the section of the documentation that lists the code.
            pub const fn section(self) -> &'static str {
                match self {
                    $($(Self::$name => $section,)+)+
                }
            }

            /// Returns what is the matter, in a sentence or two.
            pub fn meaning(self) -> &'static str {
                match self {
                    $($(Self::$name => concat!($($meaning),+).trim_start(),)+)+
                }
            }

            /// Returns what to do about it.
            pub const fn next_step(self) -> &'static str {
                match self {
                    $($(Self::$name => $next_step,)+)+
                }
            }
        }
    };
}

codes! {
    "The command line" {
        /// The command line can't be understood (only in documents; people see the usage).
        BadUsage = "bad-usage" => "`autogen --help`",
        /// An option of `generate` stands before another command.
        MisplacedOption = "misplaced-option" => "Put it after `generate`, or leave the command out.",
        /// A command has no results in the form that `--format` names.
        NoSuchForm = "no-such-form" => "Use one of its forms.",
        /// `--plugin` or `[plugin.NAME]` names nobody.
        NoSuchPlugin = "no-such-plugin" => "Correct the name, or say where the plugin is with `path`.",
        /// `downgrade` and `adopt` need exactly one `--plugin`.
        NoPlugin = "no-plugin" => "Name it; the host's own chain is `core`.",
        /// `SOURCE_DATE_EPOCH` is no number of seconds.
        BadClock = "bad-clock" => "Unset it, or set it to a whole number.",
        /// Standard output takes no more, for example because a disk is full.
        CantPrint = "can't-print" => "The work itself is done; look at it with `status` or `diff`.",
    }
    "The host" {
        /// A folder that is stated, or that `--root` names, isn't there.
        MissingFolder = "missing-folder" => "Make it, or correct the path.",
        /// `autogen.toml` can't be read.
        BadConfig = "bad-config" => "Correct it where the message points.",
        /// A `plugin.toml` or a `[package.metadata.autogen]` can't be read.
        BadManifest = "bad-manifest" => "Correct it where the message points.",
        /// `autogen new` or `init` would write a file that is there.
        ThereAlready = "there-already" => "Choose another name, or remove it.",
        /// A plugin has both.
        TwoManifests = "two-manifests" => "Keep one.",
        /// A folder's name can't go into file names.
        BadPluginName = "bad-plugin-name" => "Rename it, or name the plugin in `autogen.toml`.",
        /// Two folders are one plugin.
        PluginNamedTwice = "plugin-named-twice" => "Rename one, or name it in `autogen.toml`.",
        /// Two chains would lie in one folder.
        MigrationsShared = "migrations-shared" => "Give each a folder of its own.",
        /// A plugin's file or setting leads out of the plugin's folder.
        OutsidePlugin = "outside-plugin" => "Put the file there; only `autogen.toml` may name another place.",
        /// A folder of plugins holds a link to a folder outside the host.
        OutsideHost = "outside-host" => "Place the plugin by `path` in `autogen.toml`.",
        /// A plugin's own file gives the plugin leave to change another's table.
        LeaveOfTheHost = "leave-of-the-host" => "If the host agrees, state it in `autogen.toml`.",
        /// A file has more bytes than are read: 4 MiB of source, 32 MiB of SQL, 1 MiB of settings.
        TooLarge = "too-large" => "Split it.",
        /// A folder holds more than 20,000 revisions or sources.
        TooManyFiles = "too-many-files" => "Name the folders that count.",
        /// A file or folder can't be read, or isn't UTF-8.
        CantRead = "can't-read" => "Check its rights and contents.",
    }
    "Definitions in source" {
        /// A source can't be read.
        NoSuchSource = "no-such-source" => "Check `sources` in `autogen.toml`, and links.",
        /// Brackets or chains of operators are nested so deeply that parsing could exhaust the stack.
        SourceTooDeep = "source-too-deep" => "Move the definitions into a file of their own.",
        /// A column lists a value, or has a default, with letters that its character set on MariaDB and MySQL lacks.
        LettersNotInCharset = "letters-not-in-charset" => "Give it a collation of another character set.",
        /// A default, check, condition or backfill is more or less than one SQL expression.
        NotAnExpression = "not-an-expression" => "Write one expression, without comments and `;`.",
        /// A stated SQL type is more or less than one type.
        NotAType = "not-a-type" => "Write the type alone.",
        /// A name holds a character that no name has, or a word that stands without quotes isn't a plain word.
        NotAName = "not-a-name" => "Leave the character out.",
        /// A source isn't UTF-8.
        NotUtf8 = "not-utf8" => "Save it as UTF-8.",
        /// A source isn't Rust.
        RustSyntax = "rust-syntax" => "Correct it; the compiler says the same.",
        /// A `table!` or `joinable!` isn't well-formed.
        TableSyntax = "table-syntax" => "Correct it; the compiler says the same of `autogen::table!`.",
        /// Warning: Diesel's `table!` carries autogen's attributes openly.
        AttributeNotRead = "attribute-not-read" =>
            "Call `autogen::table!`, or hide them in `#[cfg_attr(any(), autogen(...))]`.",
        /// Warning: a macro makes tables that can't be seen.
        WrappedTable = "wrapped-table" => "Write the tables out, or let the macro pass its tokens on.",
        /// Two definitions of one table count.
        TableDefinedTwice = "table-defined-twice" => "Keep one, or tell them apart by `#[cfg]`.",
        /// An enum that a database is to know isn't well-formed.
        EnumSyntax = "enum-syntax" => "Correct it; the compiler says the same.",
        /// Two definitions give one enumerated type its values.
        EnumDefinedTwice = "enum-defined-twice" => "Keep one, and import it where the other one is.",
        /// Warning: an enum holds its values in a type whose definition can't be seen.
        EnumTypeNotFound = "enum-type-not-found" => "Put the file that derives `SqlType` for it among the sources.",
        /// Two columns have one name.
        ColumnDefinedTwice = "column-defined-twice" => "Rename one, or tell them apart by `#[cfg]`.",
        /// Columns or tables are renamed from one another, which no database can tell from being in sync.
        RenameCircle = "rename-circle" => "Go through a third name, in a revision of its own.",
        /// Something goes under the name from which a definition says it was renamed, and that definition's own name is
        /// taken already: nobody can tell which of the two has the values that are meant.
        AmbiguousRename = "ambiguous-rename" =>
            "Take `renamed_from` away if the rename was done long ago. If it is wanted now, leave the other out \
             first, in a revision of its own.",
        /// MySQL renames no column that is both in a foreign key and read by a computed column.
        RenameNotTaken = "rename-not-taken" =>
            "Leave out the computed column, write that revision, rename in the next one, and declare it again.",
        /// Two names are one to the database, which ignores case.
        NameDefinedTwice = "name-defined-twice" => "Rename one.",
        /// The database has no such type.
        TypeNotInDialect = "type-not-in-dialect" => "State one with `#[sql_type(...)]`.",
        /// A rule, an index or a column asks for what the database doesn't know: an index method, an operator class, an
        /// exclusion.
        NotInDialect = "not-in-dialect" => "Leave it out, or add `only = postgres` to have it there alone.",
        /// A text or blob of any length is in a key or an index, which MariaDB and MySQL don't take.
        UnboundedKey = "unbounded-key" =>
            "Say how long it gets: `Varchar` with `#[max_length]`, or `#[sql_type(mysql = \"varbinary(255)\")]`.",
        /// A foreign key goes from whole numbers of one width to those of another, or from texts of one collation to
        /// those of another, which MariaDB and MySQL don't take.
        KeyTypes = "key-types" => "Declare both columns alike, and change both ends in one run.",
        /// A check names a column that MariaDB and MySQL number by themselves, which they don't take.
        CheckOnNumbered = "check-on-numbered" => "Leave the column out, or add `only = postgres`.",
        /// A name is longer than the database takes. PostgreSQL would cut it, and two names may become one.
        NameTooLong = "name-too-long" => "Give a shorter `name`, or a `#[sql_name]`.",
        /// A reference names a column that isn't there.
        UnknownColumn = "unknown-column" => "Correct the name: as in Rust, not in SQL.",
        /// A reference may mean several tables.
        AmbiguousTable = "ambiguous-table" => "Name the owner in the path.",
        /// `#[allow]` names no hazard.
        UnknownHazard = "unknown-hazard" => "See [hazards.md](hazards.md).",
        /// Note: columns have types of the host's own, and nothing in sight says what these are in the database; a
        /// macro writes them, say. Their types aren't compared.
        TypeNotSeen = "type-not-seen" =>
            "Nothing; or derive `SqlType` in plain sight, or state the type by `#[cfg_attr(any(), autogen(sql_type = \
             \"...\"))]`.",
        /// Warning: a `joinable!` is about a table of another owner, and makes no foreign key.
        JoinableOfAnother = "joinable-of-another" => "State the key where the table is defined.",
        /// Warning: a `joinable!` is about a table that can't be seen.
        JoinableUnknownTable = "joinable-unknown-table" => "Define the table where it can be.",
        /// Note: `joinable!`s join one column to several tables, so that no foreign key is taken from them.
        JoinableToSeveral = "joinable-to-several" => "Nothing, or state the key by `#[references]`.",
        /// An `autogen::table!` has the name of a view.
        ViewInTheWay = "view-in-the-way" => "Declare the view by `diesel::table!`, or drop it.",
    }
    "Ownership" {
        /// A plugin that pins its tables defines another one.
        DefinitionNotPinned = "definition-not-pinned" => "Add it to `tables`.",
        /// A pinned table isn't defined.
        PinWithoutDefinition = "pin-without-definition" => "Define it, or take out the pin.",
        /// Two owners pin one table.
        TableOwnedTwice = "table-owned-twice" => "Take it out of one list.",
        /// An owner defines a table that another one pins.
        DefinitionOfAnothersTable = "definition-of-anothers-table" => "Import the definition, or move the pin.",
        /// An owner defines a table that another owner's chain has made.
        TableOfAnotherChain = "table-of-another-chain" =>
            "Say `#[moved_from(owner)]` if it changes hands, else define it where it was.",
        /// A table doesn't begin with its owner's prefix.
        Prefix = "prefix" => "Rename it, or except it.",
        /// Note: the database has tables that nobody owns.
        UnownedTable = "unowned-table" => "Nothing: they are left alone.",
    }
    "Chains on disk" {
        /// A folder among the migrations is none.
        NoUpSql = "no-up-sql" => "Add `up.sql`, or remove the folder: Diesel refuses the whole chain.",
        /// A program is to apply its chains, and one of them has nothing for the database's dialect.
        NoChainForDialect = "no-chain-for-dialect" =>
            "Add the dialect to `dialects` in `autogen.toml`, and let `autogen` write that part.",
        /// A host with several dialects has a chain that lies in no dialect's folder.
        MigrationsNotPerDialect = "migrations-not-per-dialect" => "Move it into one.",
        /// Finding: a revision has no part for a dialect.
        DialectsOutOfStep = "dialects-out-of-step" =>
            "Run `autogen` where that dialect has a server: it writes the part under the same version.",
        /// A `metadata.toml` can't be read.
        BadMetadata = "bad-metadata" => "Correct it; Diesel would ignore it.",
        /// Two folders have one version, of which Diesel would run one.
        VersionTaken = "version-taken" => "Rename the one that no database has applied.",
        /// No date comes after the version of a parent.
        VersionOrder = "version-order" => "Rename that migration so that it begins with a date.",
        /// A revision builds on one that isn't there, or is another owner's.
        UnknownParent = "unknown-parent" => "Bring it back, or correct `revises`.",
        /// A revision depends on one that no chain holds.
        UnknownDependency = "unknown-dependency" =>
            "Bring the plugin back; or remove this revision too, if the other was removed on purpose.",
        /// Revisions wait for each other.
        RevisionCycle = "revision-cycle" => "Take out one of the references.",
        /// A chain has two ends, each planned without the other. Nothing is written, applied or marked on top of that;
        /// going back stays possible.
        TwoHeads = "two-heads" => "Join them by `autogen merge`, or put one after the other by `autogen rebase`.",
        /// The heads of a chain can't be applied in either order, so they can be neither merged nor rebased.
        HeadsConflict = "heads-conflict" =>
            "Remove the one that no database has applied, and let `autogen` write what is still missing.",
        /// A revision is to get another place, but the database has applied it.
        AlreadyApplied = "already-applied" => "Rebase the other branch, or `autogen merge`.",
        /// There is no such revision.
        NoSuchRevision = "no-such-revision" => "Correct the name.",
        /// The beginning of a name is that of several revisions.
        AmbiguousRevision = "ambiguous-revision" => "Give more of it.",
        /// A folder of that name is there already.
        RevisionExists = "revision-exists" => "Give another message.",
        /// A revision can't be written; nothing was.
        CantWrite = "can't-write" => "Make the folder writable.",
    }
    "Adopting what is there" {
        /// No table of the database is what `adopt` was asked for, and free to be the plugin's.
        NothingToAdopt = "nothing-to-adopt" => "Say which by `--tables`; `autogen plugins` lists what is nobody's.",
        /// `--tables` or a mapping file holds something that is no pattern.
        BadPattern = "bad-pattern" => "Wildcards are `*`, `?`, `[abc]` and `{a,b}`.",
        /// The file given by `--mapping` can't be read.
        BadMapping = "bad-mapping" => "A line for every plugin: `usb = [\"usb*\"]`.",
        /// A table would go to two plugins.
        TableMappedTwice = "table-mapped-twice" => "Make the patterns of one of them narrower.",
        /// A warning: the database has something that no definition can say; it stays as it is.
        NotInDefinitions = "not-in-definitions" => "Nothing; or keep it in a migration of your own.",
        /// A composite type or a domain that adopted tables need is made of an enumerated type: it would have to be
        /// made before everything that definitions make, and they make the enumerated type.
        StandsOnEnum = "stands-on-enum" => "Leave those tables out by `--tables`.",
        /// The database refuses to remember that a chain is applied.
        CantMark = "can't-mark" => "Connect as a user that may write to Diesel's table.",
    }
    "Explaining" {
        /// `explain` was given something that names no table of a plugin.
        BadSubject = "bad-subject" => "Write `PLUGIN.TABLE` or `PLUGIN.TABLE.OBJECT`.",
        /// A plugin has no such table or type, or its table no such column or rule.
        NoSuchObject = "no-such-object" =>
            "Take one of the names that are suggested; `autogen explain PLUGIN.TABLE` lists what a table has.",
    }
    "Changes" {
        /// A column changes or goes in one of two tables of which one inherits it from the other.
        InheritedColumn = "inherited-column" => "Change it in both definitions, or undo the inheritance first.",
        /// A new key references a table that isn't there yet.
        MissingParent = "missing-parent" => "Write the revision of its owner first.",
        /// An enumerated type would have to be made anew, and views, functions, triggers or policies stand on it or its
        /// columns.
        EnumInUse = "enum-in-use" => "Write the migration by hand: drop them, change the type, make them again.",
        /// A foreign key references columns that no key holds: neither a primary key nor a unique rule; a deferrable
        /// one doesn't count.
        NoKeyThere = "no-key-there" => "Declare one, or reference other columns.",
        /// A table goes that another one references.
        StillReferenced = "still-referenced" => "Drop the foreign key first, in a revision of its owner.",
        /// A rebuild would lose what no definition can say.
        CannotRebuild = "cannot-rebuild" => "Write that migration by hand.",
        /// A change puts something at risk.
        HazardNotAllowed = "hazard-not-allowed" =>
            "Allow it by name, see [hazards.md](hazards.md); or say `#[renamed_from]`, `#[default]`, `#[backfill]`.",
        /// The database doesn't take a check, a default, an index or another expression of a definition: it calls what
        /// isn't there for the types of its columns, say.
        ExpressionRefused = "expression-refused" => "Correct it where the message points.",
        /// A migration doesn't do what it should on a scratch database, or a trigger, view or key no longer works after
        /// it.
        ProofFailed = "proof-failed" =>
            "The message says which file, what differs and in which statement, and which trigger or view is in the \
             way.",
    }
    "Databases" {
        /// A command needs a live database.
        NoDatabaseUrl = "no-database-url" => "Give `--database-url`, or set `DATABASE_URL`.",
        /// The URL's kind is unknown, or it names nothing.
        UnknownDatabase = "unknown-database" => "Use `sqlite:PATH` or a path.",
        /// A database or `--dialect` is of a dialect that autogen.toml doesn't state.
        DialectNotStated = "dialect-not-stated" => "Add it to `dialects`.",
        /// `--dialect` and the live database contradict each other.
        WrongDialect = "wrong-dialect" => "Leave `--dialect` out.",
        /// Warning: a dialect has no server to work on, so nothing was done for it. An error (`no-scratch-server`) with
        /// `--require-verify` or where `CI` is set.
        DialectLeftOut = "dialect-left-out" => "State one under `[database] scratch`.",
        /// The file isn't there.
        NoDatabase = "no-database" => "Correct the path, or make it with `autogen upgrade`.",
        /// The folder holds nothing of a host: no autogen.toml, no plugin, no source and no migrations.
        NoHost = "no-host" => "Run it in the host's folder, or give `--root`.",
        /// The host defines no table and has no migrations, so nothing of it could be in sync.
        NothingDefined = "nothing-defined" =>
            "Define a table, begin a plugin by `autogen new`, or take over a database by `autogen adopt`.",
        /// The file is something else, or damaged.
        NotADatabase = "not-a-database" => "Correct the path.",
        /// A PostgreSQL URL has a part that can't be understood.
        BadDatabaseUrl = "bad-database-url" => "Correct the part that the message names.",
        /// `autogen.toml` takes a value from an environment variable (`env:NAME`) that isn't set.
        VariableNotSet = "variable-not-set" =>
            "Set it; an empty value says that there is no such database. `--no-database` asks for no live one.",
        /// There is no PostgreSQL server where the URL says.
        NoServer = "no-server" => "Start it, or correct host and port.",
        /// The server refuses the user or the password.
        WrongPassword = "wrong-password" => "Correct them, in the URL, `PGPASSWORD` or the password file.",
        /// The server has no database of that name.
        NoSuchDatabase = "no-such-database" => "Make it, or correct the name.",
        /// The file of `sslrootcert` can't be used.
        BadCertificates = "bad-certificates" => "Give a file with PEM certificates, or `system`.",
        /// Scratch databases need a server.
        NoScratchServer = "no-scratch-server" =>
            "State `scratch` under `[database]` in autogen.toml, or give a live database.",
        /// The role may make neither scratch databases nor, on PostgreSQL, a schema that stands for one.
        CantMakeScratch = "can't-make-scratch" =>
            "Give it CREATEDB, or state another server under `[database] scratch`.",
        /// A plugin's revision holds something that may reach beyond its scratch database, and the server makes no role
        /// or user that would hold it back there.
        UntrustedRevision = "untrusted-revision" =>
            "Let the URL's account make roles or users, state another server under `[database] scratch`, or trust all \
             plugins by `trust = true` under `[scratch]`.",
        /// The role may make no databases, so a schema stands for one, and a statement can't be tried there: it names
        /// another schema or sets `search_path`, wants an extension that isn't there, calls what one brought into a
        /// schema with tables, uses a value in the transaction that added it to an enumerated type, or changes what the
        /// whole server sees.
        NeedsScratchDatabase = "needs-scratch-database" =>
            "Give it CREATEDB, or state another server under `[database] scratch`.",
        /// The database can't be asked how it spells an expression.
        CantAsk = "can't-ask" => "See the message; the role must be allowed to make temporary tables.",
        /// A statement took longer than statements may.
        StatementTimeout = "statement-timeout" =>
            "Give it more time by `statement_timeout` under `[database]` in autogen.toml.",
        /// The program gave no sign of life for longer than its turn lasts (it was stopped, or its machine slept), and
        /// another one goes on with the revision. It has written nothing since. On MariaDB and MySQL.
        TakenOver = "taken-over" =>
            "Wait for the other one. Where programs are stopped for long, state a longer `lease` under `[database]` \
             in autogen.toml.",
        /// The user of the connection may not do that.
        NotAllowed = "not-allowed" => "Connect as a user that owns the tables.",
        /// The database can't be opened.
        CantConnect = "can't-connect" => "Check the path and its folder.",
        /// The table of applied migrations can't be read.
        CantQuery = "can't-query" => "Check that it is Diesel's.",
        /// The schema can't be read.
        CantIntrospect = "can't-introspect" => "Check that no other program changes it.",
        /// Rows at stake can't be counted.
        CantCount = "can't-count" => "Bring the database to the start of the migration.",
        /// The schema can't be copied to a scratch database.
        CantCopy = "can't-copy" => "Make anew what the message names.",
        /// A scratch database refuses something.
        ScratchFailed = "scratch-failed" => "Please report it: this is a fault of autogen.",
        /// The database hasn't applied all of the chains that a new revision builds on.
        DatabaseBehind = "database-behind" =>
            "`autogen upgrade`, or `autogen stamp` where it has what they make. `--no-database` compares with the \
             chains alone.",
        /// Finding: definitions say more than the chain.
        ModelsAhead = "models-ahead" => "`autogen` writes the revision.",
        /// Somebody changed an owner's tables by hand: a finding of `check`, and a reason for `generate` and `diff` to
        /// stop, for the change is in no chain.
        DatabaseDrifted = "database-drifted" =>
            "Change it back. Or make the definitions say so, run `autogen --no-database`, and mark what that writes \
             by `autogen stamp`.",
        /// Finding: a revision's SQL isn't what the database has applied; comments and white space don't count.
        EditedRevision = "edited-revision" =>
            "Put it back and write a new revision, or accept it by `autogen status --repair`.",
        /// Finding: the database has applied what no chain holds.
        UnknownRevision = "unknown-revision" => "Bring the plugin back, or leave it.",
    }
    "Applying and reverting" {
        /// A statement failed.
        MigrationFailed = "migration-failed" =>
            "Correct the file or the rows; unless the message says otherwise, nothing of it was done.",
        /// Finding of `verify`: chains of several owners run in one order and not in another that they allow, or end
        /// differently.
        UndeclaredOrder = "undeclared-order" => "Add what must come first to `depends_on`.",
        /// A revision that no transaction holds together stopped in the middle (a finding of `check`), or its file
        /// doesn't begin with what ran then any more; or `downgrade --sql` meets one; or `upgrade` would go on from one
        /// whose folder is gone.
        HalfDone = "half-done" =>
            "Run the command again, which goes on there; put statements that ran back; leave `--sql` out. Where its \
             folder is gone: bring it back and downgrade, or make the tables what the chain without it says and run \
             `autogen stamp head`, which compares them. One that has changed nothing is forgotten by `autogen status \
             --repair`.",
        /// A revision has run in part, and what ran can't be taken back exactly, or the tables aren't as it left them.
        CantUndo = "can't-undo" =>
            "Run `autogen upgrade`, which goes on, and downgrade then; or put the tables back by hand.",
        /// A program applies migrations inside a transaction of its own.
        InTransaction = "in-transaction" => "Apply them before it begins.",
        /// A revision stopped by itself: a table, column or type that it states anew has something that it doesn't know
        /// and would drop, such as a column or an index that somebody added by hand; or a table that it doesn't know
        /// points at one that it drops. Nothing of it was done.
        TableChanged = "table-changed" =>
            "Take what the message names into the definitions, or drop it, and write the revision anew.",
        /// A view, a trigger or the like stands on what a statement changes or drops, or names what is gone; SQLite
        /// renames nothing while such a view or trigger is there.
        ObjectInTheWay = "object-in-the-way" =>
            "Drop what the message names, run the revision, and make it again where it is still wanted.",
        /// A revision stopped by itself because rows break a new rule; nothing of it was done.
        RowsInTheWay = "rows-in-the-way" =>
            "Correct the rows that the message counts; the query in the help lists them.",
        /// A file to be run is empty.
        EmptyMigration = "empty-migration" => "Write it; a comment says that nothing needs doing.",
        /// Another program holds the database.
        DatabaseBusy = "database-busy" => "Try again.",
        /// The connection was lost. Of a revision that was under way it is said whether it is applied, as far as a new
        /// connection shows.
        ConnectionLost = "connection-lost" =>
            "Run the command again; where it is unknown, look by `autogen status` first.",
        /// Note: what was done before something failed, and stays.
        DoneBefore = "done-before" => "Nothing.",
        /// A plugin's migration changes a table or type that another plugin or the core owns, or that no chain has
        /// made; nothing of it was done.
        ChangesAnothersTable = "changes-anothers-table" =>
            "Let the owner change it, or give leave by `may_alter = [\"TABLE\"]` under `[plugin.NAME]`.",
        /// A plugin takes over a table that nobody has given it; nothing of it was done.
        TableNotGiven = "table-not-given" =>
            "Write the revisions of both owners in one run (`--plugin OWNER --plugin PLUGIN`), let a revision of the \
             owner's or of the core's say `gives = { TABLE = \"PLUGIN\" }`, or let the host say `may_alter`.",
        /// A plugin's migration does what reaches beyond the plugin's own tables, or what nobody can tell to keep to
        /// them; nothing of it was done.
        NeedsTrust = "needs-trust" =>
            "Leave it to the core's migrations, or say `trust = true` under `[plugin.NAME]` if the host trusts the \
             plugin with everything.",
        /// `--sql`: the database's client would take a statement, or what follows it, for a command of its own.
        NotInAScript = "not-in-a-script" => "Write the statement another way, or leave `--sql` out.",
        /// Applied revisions need what would be reverted.
        HasDependents = "has-dependents" => "Revert those first; `--cascade` takes them along.",
        /// A revision isn't applied, but one that must come after it is.
        OutOfOrder = "out-of-order" =>
            "Revert that one first, as the message says; or mark the missing one by `autogen stamp`.",
        /// A revision has no way back.
        NoDown = "no-down" => "Write `down.sql`.",
        /// A place in the chains that makes no sense here: none, or several where one is meant.
        BadTarget = "bad-target" => "Give `-N`, `base` or a revision of the plugin.",
        /// A database isn't as `autogen stamp` would mark it.
        NotAsMarked = "not-as-marked" => "Apply the revisions, correct the database, or `--force`.",
        /// Fewer revisions are applied.
        NotThatMany = "not-that-many" => "`base` reverts all.",
        /// The revision to go back to isn't applied.
        NotApplied = "not-applied" => "See `autogen status`.",
    }
}

/// The word.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

//! The codes of everything that the program may say, with what each means and what to do about it.
//!
//! `docs/errors.md` lists the same rows; a test compares them. How a command ends isn't a property of a code: an
//! [`Error`](super::Error) ends it with 2, a finding of a check with 1, and a warning or a note changes nothing.

use std::fmt;

codes! {
    "The command line" {
        /// The command line can't be understood. Only in documents and reports; people see the usage.
        BadUsage = "bad-usage" => "Run `autogen --help`.",
        /// An option of `generate` stands before another command.
        MisplacedOption = "misplaced-option" => "Put it after `generate`, or leave the command out.",
        /// The command can't print the form that `--format` names.
        NoSuchForm = "no-such-form" => "Use one of its forms.",
        /// `--plugin` or `[plugin.NAME]` names an unknown plugin.
        NoSuchPlugin = "no-such-plugin" => "Correct the name, or say where the plugin is with `path`.",
        /// `downgrade` and `adopt` need exactly one `--plugin`.
        NoPlugin = "no-plugin" => "Name it. The host's own chain is `core`.",
        /// `SOURCE_DATE_EPOCH` isn't a number of seconds.
        BadClock = "bad-clock" => "Unset it, or set it to a whole number.",
        /// Standard output can't be written, for example because the disk is full.
        CantPrint = "can't-print" => "The work itself is done; run `status` or `diff` to see it.",
    }
    "The host" {
        /// `autogen codeowners` has nobody to name.
        NoReviewers = "no-reviewers" => "State `reviewers` under `[core]` or `[plugin.NAME]` in autogen.toml.",
        /// The host lies in no git repository, or in one that can't be read.
        NoRepository = "no-repository" => "Run `review` in a clone.",
        /// The clone lacks a commit: the base of a review, say.
        NoSuchCommit = "no-such-commit" => "Run `git fetch`, or name another.",
        /// The branch and its base have no commit in common, or a shallow clone lacks it.
        NoCommonCommit = "no-common-commit" => "Run `git fetch --unshallow`, or name another base.",
        /// A folder from the settings, or the one that `--root` names, doesn't exist.
        MissingFolder = "missing-folder" => "Create it, or correct the path.",
        /// `autogen.toml` can't be read.
        BadConfig = "bad-config" => "Correct it where the message points.",
        /// The file that `[policy] stats` names isn't there.
        MissingStats = "missing-stats" => "Write it by `autogen drift --export-stats FILE`, or take the key out.",
        /// A `plugin.toml` or a `[package.metadata.autogen]` can't be read.
        BadManifest = "bad-manifest" => "Correct it where the message points.",
        /// `autogen new` or `init` would overwrite a file.
        ThereAlready = "there-already" => "Choose another name, or remove the file.",
        /// A plugin has both a `plugin.toml` and a `[package.metadata.autogen]`.
        TwoManifests = "two-manifests" => "Keep one.",
        /// The folder's name can't be part of a file name.
        BadPluginName = "bad-plugin-name" => "Rename it, or name the plugin in `autogen.toml`.",
        /// Two folders have the same plugin's name.
        PluginNamedTwice = "plugin-named-twice" => "Rename one, or name it in `autogen.toml`.",
        /// Two chains would use the same folder.
        MigrationsShared = "migrations-shared" => "Give each its own.",
        /// A plugin's file or setting leads out of the plugin's folder.
        OutsidePlugin = "outside-plugin" => "Move the file. Only `autogen.toml` may name another place.",
        /// A folder of plugins holds a link to a folder outside the host.
        OutsideHost = "outside-host" => "State the plugin's `path` in `autogen.toml`.",
        /// A plugin's own file permits the plugin to change another's table.
        LeaveOfTheHost = "leave-of-the-host" => "If the host agrees, state it in `autogen.toml`.",
        /// A file is larger than the limit: 4 MiB of source, 32 MiB of SQL, 1 MiB of settings.
        TooLarge = "too-large" => "Split it.",
        /// A folder holds more than 20,000 revisions or sources.
        TooManyFiles = "too-many-files" => "Name the folders that count.",
        /// A file or folder can't be read, or isn't UTF-8.
        CantRead = "can't-read" => "Check its permissions and contents.",
    }
    "Definitions in source" {
        /// A source can't be read.
        NoSuchSource = "no-such-source" => "Check `sources` in `autogen.toml`, and links.",
        /// Brackets or operators are nested so deeply that parsing could exhaust the stack.
        SourceTooDeep = "source-too-deep" => "Move the definitions into a file of their own.",
        /// On MariaDB and MySQL, a value or default has letters that the column's character set lacks.
        LettersNotInCharset = "letters-not-in-charset" => "Give the column a collation of another character set.",
        /// A default, check, condition or backfill isn't exactly one SQL expression.
        NotAnExpression = "not-an-expression" => "Write one expression, without comments and `;`.",
        /// A stated SQL type isn't exactly one type.
        NotAType = "not-a-type" => "Write the type alone.",
        /// A name holds a character that isn't allowed, or an unquoted name isn't a plain word.
        NotAName = "not-a-name" => "Remove the character.",
        /// A source isn't UTF-8.
        NotUtf8 = "not-utf8" => "Save it as UTF-8.",
        /// A source isn't valid Rust.
        RustSyntax = "rust-syntax" => "Correct it; the compiler reports the same.",
        /// A `table!` or `joinable!` isn't well formed.
        TableSyntax = "table-syntax" =>
            "Correct it; the compiler reports the same for `autogen::table!`. The \
             [reference](reference.md#definitions) shows every form.",
        /// Warning: Diesel's `table!` has autogen's attributes in the open.
        AttributeNotRead = "attribute-not-read" =>
            "Use `autogen::table!`, or put them into `#[cfg_attr(any(), autogen(...))]`.",
        /// Warning: a macro makes tables that autogen can't see.
        WrappedTable = "wrapped-table" => "Write the tables out, or let the macro pass its tokens on.",
        /// A table has two definitions.
        TableDefinedTwice = "table-defined-twice" => "Keep one, or separate them by `#[cfg]`.",
        /// A definition of an enum isn't well formed.
        EnumSyntax = "enum-syntax" => "Correct it; the compiler reports the same.",
        /// An enumerated type has two definitions.
        EnumDefinedTwice = "enum-defined-twice" => "Keep one, and import it where the other one was.",
        /// Warning: an enum names a SQL type that no source defines.
        EnumTypeNotFound = "enum-type-not-found" => "Add the file that derives `SqlType` for it to the sources.",
        /// Two columns have one name.
        ColumnDefinedTwice = "column-defined-twice" => "Rename one, or separate them by `#[cfg]`.",
        /// Columns or tables are renamed from one another. That can't be told from being in sync.
        RenameCircle = "rename-circle" => "Rename through a third name, in a revision of its own.",
        /// A definition says it was renamed from something that goes, but its new name is already in the database. It
        /// isn't clear which of the two has the values.
        AmbiguousRename = "ambiguous-rename" =>
            "If the rename was done long ago, remove `renamed_from`. If it is wanted now, drop the other one first, \
             in its own revision.",
        /// MySQL can't rename a column that is both in a foreign key and read by a computed column.
        RenameNotTaken = "rename-not-taken" =>
            "Remove the computed column, write that revision, rename in the next one, and declare it again.",
        /// Two names differ only in case, which the database ignores.
        NameDefinedTwice = "name-defined-twice" => "Rename one.",
        /// The database has no such type.
        TypeNotInDialect = "type-not-in-dialect" => "State one with `#[sql_type(...)]`.",
        /// The database doesn't have this kind of rule, index or column, for example an index method, an operator class
        /// or an exclusion.
        NotInDialect = "not-in-dialect" => "Remove it, or declare it for one database with `only = postgres`.",
        /// A text or blob without a length is in a key or index. MariaDB and MySQL refuse that.
        UnboundedKey = "unbounded-key" =>
            "State a length: `Varchar` with `#[max_length]`, or `#[sql_type(mysql = \"varbinary(255)\")]`.",
        /// A foreign key joins integers of two widths, or texts of two collations. MariaDB and MySQL refuse that.
        KeyTypes = "key-types" => "Declare both columns alike, and change both in one run.",
        /// A check names an auto-increment column. MariaDB and MySQL refuse that.
        CheckOnNumbered = "check-on-numbered" => "Remove the column from it, or add `only = postgres`.",
        /// A name is longer than the database allows. PostgreSQL would cut it, and two names may become one.
        NameTooLong = "name-too-long" => "Give a shorter `name`, or a `#[sql_name]`.",
        /// A reference names a column that doesn't exist.
        UnknownColumn = "unknown-column" => "Correct the name. Attributes use Rust names, not `sql_name`.",
        /// A reference may mean several tables.
        AmbiguousTable = "ambiguous-table" => "Name the owner in the path.",
        /// `#[allow]` names no hazard.
        UnknownHazard = "unknown-hazard" => "See [hazards.md](hazards.md).",
        /// Note: columns have types of the host's own that no source explains; a macro may make them. Their types
        /// aren't compared.
        TypeNotSeen = "type-not-seen" =>
            "Nothing. Or derive `SqlType` in the source, or state the type with `#[cfg_attr(any(), autogen(sql_type = \
             \"...\"))]`.",
        /// Warning: a `joinable!` is about another owner's table, and makes no foreign key.
        JoinableOfAnother = "joinable-of-another" => "State the key where the table is defined.",
        /// Warning: a `joinable!` names a table that no source defines.
        JoinableUnknownTable = "joinable-unknown-table" => "Define the table in one of the sources.",
        /// Note: several `joinable!`s join one column to different tables, so no foreign key follows.
        JoinableToSeveral = "joinable-to-several" => "Nothing, or state the key with `#[references]`.",
        /// An `autogen::table!` has the name of a view.
        ViewInTheWay = "view-in-the-way" => "Declare the view with `diesel::table!`, or drop it.",
    }
    "Ownership" {
        /// A plugin defines a table that isn't in its `tables`.
        DefinitionNotPinned = "definition-not-pinned" => "Add it to `tables`.",
        /// A table in `tables` has no definition.
        PinWithoutDefinition = "pin-without-definition" => "Define it, or remove it from `tables`.",
        /// Two owners pin one table.
        TableOwnedTwice = "table-owned-twice" => "Remove it from one list.",
        /// An owner defines a table that another one pins.
        DefinitionOfAnothersTable = "definition-of-anothers-table" => "Import the definition, or move the pin.",
        /// An owner defines a table that another owner's chain made.
        TableOfAnotherChain = "table-of-another-chain" =>
            "If it changes hands, add `#[moved_from(owner)]`. Otherwise define it where it was.",
        /// A table's name doesn't begin with its owner's prefix.
        Prefix = "prefix" => "Rename it, or add it to `prefix_exceptions`.",
        /// Note: the database has tables that nobody owns.
        UnownedTable = "unowned-table" => "Nothing. They are left alone.",
    }
    "Chains on disk" {
        /// A folder among the migrations has no `up.sql`.
        NoUpSql = "no-up-sql" => "Add it, or remove the folder: Diesel refuses the whole chain.",
        /// A program that applies its chains has none for this database's dialect.
        NoChainForDialect = "no-chain-for-dialect" =>
            "Add the dialect to `dialects` in `autogen.toml`, and let `autogen` write that part.",
        /// A host with several dialects has a chain outside the dialects' folders.
        MigrationsNotPerDialect = "migrations-not-per-dialect" => "Move it into one.",
        /// Finding: a revision has no part for a dialect.
        DialectsOutOfStep = "dialects-out-of-step" =>
            "Run `autogen` where that dialect has a server. It writes the part under the same version.",
        /// A `metadata.toml` can't be read.
        BadMetadata = "bad-metadata" => "Correct it; Diesel would ignore it.",
        /// Two folders have one version, and Diesel would run only one.
        VersionTaken = "version-taken" => "Rename the one that no database has applied.",
        /// No date comes after the version of a parent.
        VersionOrder = "version-order" => "Rename that migration so that it begins with a date.",
        /// A revision builds on one that doesn't exist, or that is another owner's.
        UnknownParent = "unknown-parent" => "Restore it, or correct `revises`.",
        /// A revision depends on one that no chain holds.
        UnknownDependency = "unknown-dependency" =>
            "Restore the plugin. If it was removed on purpose, remove this revision too.",
        /// Revisions depend on each other in a circle.
        RevisionCycle = "revision-cycle" => "Remove one of the references.",
        /// A chain has branched: each of its ends was planned without the other. Nothing is written, applied or marked
        /// until they are joined; reverting stays possible.
        TwoHeads = "two-heads" => "Join them with `autogen merge`, or put one after the other with `autogen rebase`.",
        /// The heads of a chain can't be applied in either order, so they can be neither merged nor rebased.
        HeadsConflict = "heads-conflict" =>
            "Remove the one that no database has applied, and let `autogen` write what is missing.",
        /// A revision can't be rebased, because the database has applied it.
        AlreadyApplied = "already-applied" => "Rebase the other branch, or run `autogen merge`.",
        /// There is no such revision.
        NoSuchRevision = "no-such-revision" => "Correct the name.",
        /// Several revisions begin with this name.
        AmbiguousRevision = "ambiguous-revision" => "Give more of it.",
        /// A folder of that name exists.
        RevisionExists = "revision-exists" => "Give another message.",
        /// A revision couldn't be written, and nothing was.
        CantWrite = "can't-write" => "Make the folder writable.",
    }
    "Adopting a database" {
        /// No table matches what `adopt` was asked for, or all of them have an owner.
        NothingToAdopt = "nothing-to-adopt" =>
            "Name tables with `--tables`; `autogen plugins` lists those that nobody owns.",
        /// `--tables` or a mapping file holds an invalid pattern.
        BadPattern = "bad-pattern" => "Wildcards are `*`, `?`, `[abc]` and `{a,b}`.",
        /// The file of `--mapping` can't be read.
        BadMapping = "bad-mapping" => "Write a line for every plugin: `usb = [\"usb*\"]`.",
        /// A table would go to two plugins.
        TableMappedTwice = "table-mapped-twice" => "Make one of the patterns narrower.",
        /// A warning: the database has something that no definition can state. It stays as it is.
        NotInDefinitions = "not-in-definitions" => "Nothing, or keep it in a hand-written migration.",
        /// Adopted tables need a composite type or domain over an enumerated type. It would have to be made before the
        /// definitions, which make the enumerated type.
        StandsOnEnum = "stands-on-enum" => "Leave those tables out with `--tables`.",
        /// The database doesn't let autogen mark a chain as applied.
        CantMark = "can't-mark" => "Connect as a user that may write to Diesel's table.",
    }
    "Explaining" {
        /// The argument of `explain` names no table of a plugin.
        BadSubject = "bad-subject" => "Write `PLUGIN.TABLE` or `PLUGIN.TABLE.OBJECT`.",
        /// The plugin has no such table or type, or the table has no such column or rule.
        NoSuchObject = "no-such-object" =>
            "Take one of the suggested names; `autogen explain PLUGIN.TABLE` lists what a table has.",
    }
    "Changes" {
        /// A column comes, goes or changes in a PostgreSQL table that has its columns from a composite type.
        TypedTable = "typed-table" =>
            "Alter the type in a migration by hand, or detach the table from it (`NOT OF`) first.",
        /// A column that one table inherits from another changes in only one of the two definitions.
        InheritedColumn = "inherited-column" => "Change both, or undo the inheritance first.",
        /// A new foreign key references a table that doesn't exist yet.
        MissingParent = "missing-parent" => "Write the revision of its owner first.",
        /// An enumerated type would have to be recreated, but views, functions, triggers or policies depend on it or
        /// its columns.
        EnumInUse = "enum-in-use" => "Write the migration by hand: drop them, change the type, make them again.",
        /// A foreign key references columns without a primary key or unique rule. A deferrable one doesn't count.
        NoKeyThere = "no-key-there" => "Declare one, or reference other columns.",
        /// Another table references a table that goes.
        StillReferenced = "still-referenced" => "Drop the foreign key first, in a revision of its owner.",
        /// A rebuild would lose something that no definition can state.
        CannotRebuild = "cannot-rebuild" => "Write that migration by hand.",
        /// A change puts something at risk.
        HazardNotAllowed = "hazard-not-allowed" =>
            "Allow it by name, see [hazards.md](hazards.md); or add `#[renamed_from]`, `#[default]` or `#[backfill]`.",
        /// A change costs more on a large table than `[policy.budget]` allows. `generate` refuses it; also a finding of
        /// `check --deny` and `review --deny`.
        OverBudget = "over-budget" => "Split the change, see [large tables](how-to/large-tables.md); or raise the budget.",
        /// Finding of `check --deny`: an `#[allow(...)]` stands in the source, and no planned change needs it.
        UnusedAllow = "unused-allow" => "Take it out.",
        /// The database refuses an expression of a definition, for example because it calls a function that doesn't
        /// exist for the types of its columns.
        ExpressionRefused = "expression-refused" => "Correct it where the message points.",
        /// On a scratch database, a migration doesn't do what it should, or a trigger, view or key no longer works
        /// after it.
        ProofFailed = "proof-failed" =>
            "The message names the file, the statement and the difference, or the trigger or view.",
    }
    "SQL on disk" {
        /// Finding of `lint` and `review`: a rule has found something in the SQL of a migration. The message begins with
        /// the rule's name.
        Lint = "lint" => "See [lint.md](lint.md); change the SQL, or allow it there by a comment with a reason.",
        /// Note of `lint` and `review`: a statement that no rule understands.
        UnreadSql = "unread-sql" => "Read it yourself.",
        /// Finding of `lint` and `review`: a comment allows what nothing there does.
        UnusedAllowance = "unused-allowance" => "Take the comment out.",
        /// Finding of `lint` and `review`: a comment for `lint` names no rule or gives no reason.
        BadAllowance = "bad-allowance" => "Write `-- autogen-lint: allow RULE: reason`.",
        /// `lint` can't tell which database SQL is for.
        NoDialect = "no-dialect" => "State `--dialect`, `--database-url`, or `dialects` in `autogen.toml`.",
        /// Note of `lint --measure`: a revision can't be tried on a scratch database.
        NotMeasured = "not-measured" => "Run `autogen verify`, which says why.",
    }
    "Databases" {
        /// A command needs a live database.
        NoDatabaseUrl = "no-database-url" => "Give `--database-url`, or set `DATABASE_URL`.",
        /// The URL's scheme is unknown, or the URL names nothing.
        UnknownDatabase = "unknown-database" => "Use a path, `sqlite:PATH`, `postgres://...` or `mysql://...`.",
        /// The database, or `--dialect`, has a dialect that isn't in `autogen.toml`.
        DialectNotStated = "dialect-not-stated" => "Add it to `dialects`.",
        /// `--dialect` and the live database contradict each other.
        WrongDialect = "wrong-dialect" => "Leave `--dialect` out.",
        /// Warning: no server is known for a dialect, so nothing was done for it. With `--require-verify`, or where
        /// `CI` is set, it is an error (`no-scratch-server`).
        DialectLeftOut = "dialect-left-out" => "State a server under `[database] scratch`.",
        /// The database file doesn't exist.
        NoDatabase = "no-database" => "Correct the path, or create it with `autogen upgrade`.",
        /// The folder holds no autogen.toml, plugin, source or migrations.
        NoHost = "no-host" => "Run the command in the host's folder, or give `--root`.",
        /// The host defines no table and has no migrations, so there is nothing to compare.
        NothingDefined = "nothing-defined" =>
            "Define a table, begin a plugin with `autogen new`, or take over a database with `autogen adopt`.",
        /// The file isn't a SQLite database, or is damaged.
        NotADatabase = "not-a-database" => "Correct the path.",
        /// A part of a database URL can't be understood.
        BadDatabaseUrl = "bad-database-url" => "Correct the part that the message names.",
        /// `autogen.toml` reads an environment variable (`env:NAME`) that isn't set.
        VariableNotSet = "variable-not-set" =>
            "Set it. An empty value means that there is no such database. `--no-database` leaves the live one out.",
        /// No server answers where the URL says.
        NoServer = "no-server" => "Start it, or correct host and port.",
        /// The server refuses the user or the password.
        WrongPassword = "wrong-password" => "Correct them, in the URL, `PGPASSWORD` or the password file.",
        /// The server has no database of that name.
        NoSuchDatabase = "no-such-database" => "Create it, or correct the name.",
        /// The file of `sslrootcert` can't be used.
        BadCertificates = "bad-certificates" => "Give a file with PEM certificates, or `system`.",
        /// Scratch databases need a server.
        NoScratchServer = "no-scratch-server" =>
            "State `scratch` under `[database]` in autogen.toml, or give a live database.",
        /// The role may create neither databases nor, on PostgreSQL, schemas.
        CantMakeScratch = "can't-make-scratch" =>
            "Give it CREATEDB, or state another server under `[database] scratch`.",
        /// A plugin's revision could reach beyond its scratch database, and the server doesn't let autogen create an
        /// account that would prevent it.
        UntrustedRevision = "untrusted-revision" =>
            "Let the URL's account create roles or users, state another server under `[database] scratch`, or trust \
             all plugins with `trust = true` under `[scratch]`.",
        /// The role may create no databases, so a schema stands for one, and a statement can't be tried there: it names
        /// another schema or sets `search_path`, needs an extension that is missing or lies in a schema with tables,
        /// uses an enum value in the transaction that added it, or affects the whole server.
        NeedsScratchDatabase = "needs-scratch-database" =>
            "Give the role CREATEDB, or state another server under `[database] scratch`.",
        /// The database can't be asked how it prints an expression.
        CantAsk = "can't-ask" => "See the message; the role must be allowed to create temporary tables.",
        /// A statement took longer than allowed.
        StatementTimeout = "statement-timeout" => "Raise `statement_timeout` under `[database]` in autogen.toml.",
        /// On MariaDB and MySQL: the program gave no sign of life for longer than its lease, because it was stopped or
        /// its machine slept. Another program continues the revision. This one has written nothing since.
        TakenOver = "taken-over" =>
            "Wait for the other one. If programs are stopped for long, state a longer `lease` under `[database]` in \
             autogen.toml.",
        /// The user of the connection lacks a right.
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
        CantCopy = "can't-copy" => "Recreate what the message names.",
        /// A scratch database refuses a statement of autogen's.
        ScratchFailed = "scratch-failed" => "Please report it: this is a fault of autogen.",
        /// The database hasn't applied all revisions that a new one builds on.
        DatabaseBehind = "database-behind" =>
            "Run `autogen upgrade`; or `autogen stamp`, if the database already has what they make. `--no-database` \
             compares with the chains alone.",
        /// Finding: the definitions say more than the chain.
        ModelsAhead = "models-ahead" => "Run `autogen`, which writes the revision.",
        /// Somebody changed an owner's tables by hand. `check` reports it; `generate` and `diff` stop, because the
        /// change is in no chain.
        DatabaseDrifted = "database-drifted" =>
            "Undo the change. Or put it into the definitions, run `autogen --no-database`, and mark the revision with \
             `autogen stamp`.",
        /// Finding of `review`: the branch has edited a revision that the base has.
        MergedRevisionEdited = "merged-revision-edited" => "Put it back, and write a new revision.",
        /// Finding of `review`: the branch has removed a revision that the base has, or given it another version.
        MergedRevisionRemoved = "merged-revision-removed" => "Put it back, and write a new revision.",
        /// Finding of `review`: the header of a new `up.sql` says something else than its SQL does.
        HeaderDiffers = "header-differs" => "Let `autogen` write the revision anew, or correct the header.",
        /// Finding of `review`: what the branch adds doesn't go together with what the base has got meanwhile.
        BaseConflict = "base-conflict" =>
            "Merge the base into the branch, and let `autogen` write anew what stands in the way.",
        /// Finding of `review`: a program with the definitions of `--compatible-with` doesn't work on the new schema.
        IncompatibleChange = "incompatible-change" =>
            "Keep what the old program reads and writes, and change it in a later release.",
        /// Finding: a revision, or one that it builds on, was edited since its certificate in `metadata.toml` was written.
        StaleProof = "stale-proof" => "Restore it, or prove it anew with `autogen verify --record`.",
        /// Finding of `verify --certificates`: a revision's `metadata.toml` has no certificate.
        Unproven = "unproven" => "Prove it with `autogen verify --record`.",
        /// Finding: a revision's SQL was edited after the database applied it. Comments and white space don't count.
        EditedRevision = "edited-revision" =>
            "Restore it and write a new revision; or accept it with `autogen status --repair`.",
        /// Finding: the database has applied a revision that no chain holds.
        UnknownRevision = "unknown-revision" => "Restore the plugin, or leave it.",
    }
    "Applying and reverting" {
        /// A statement failed.
        MigrationFailed = "migration-failed" =>
            "Correct the file or the rows. Unless the message says otherwise, nothing was changed.",
        /// Finding of `verify`: chains of several owners work in one order and not in another that they allow, or end
        /// differently.
        UndeclaredOrder = "undeclared-order" => "Add what must come first to `depends_on`.",
        /// A revision without a transaction stopped in the middle. Or the statements that ran were edited since,
        /// `downgrade --sql` meets such a revision, or its folder is gone.
        HalfDone = "half-done" =>
            "Run the command again, which continues there; restore the edited statements; leave `--sql` out. If its \
             folder is gone, restore it and downgrade; or change the tables to what the chain says without it, and \
             run `autogen stamp head`, which compares. `autogen status --repair` forgets a revision that has changed \
             nothing.",
        /// A revision ran in part, and it can't be taken back exactly, or the tables were changed since.
        CantUndo = "can't-undo" =>
            "Run `autogen upgrade`, which continues, and downgrade then; or restore the tables by hand.",
        /// A program applies migrations inside a transaction of its own.
        InTransaction = "in-transaction" => "Apply them before it begins.",
        /// A revision stopped itself before it changed anything: a table, column or type that it restates has something
        /// that it doesn't know and would drop, such as an index added by hand, or an unknown table points at one that
        /// it drops.
        TableChanged = "table-changed" =>
            "Add what the message names to the definitions, or drop it, and write the revision again.",
        /// A view, a trigger or the like depends on what a statement changes or drops, or names something that is gone.
        /// SQLite renames nothing while such a view or trigger exists.
        ObjectInTheWay = "object-in-the-way" =>
            "Drop what the message names, run the revision, and recreate it if it is still wanted.",
        /// MariaDB or MySQL can't alter a table by the algorithm, or under the lock, that a statement asks for: it would copy
        /// the table, or keep others out for longer than the revision says.
        AlgorithmRefused = "algorithm-refused" =>
            "Leave `ALGORITHM` and `LOCK` out of the statement where that may be, and run the command again.",
        /// A revision stopped itself before it changed anything, because rows break a new rule.
        RowsInTheWay = "rows-in-the-way" => "Correct the rows. The query in the help lists them.",
        /// A file to be run is empty.
        EmptyMigration = "empty-migration" => "Write it. A comment says that nothing needs doing.",
        /// The user ended the command by Ctrl-C, or another program by SIGTERM. The message says what stays.
        Interrupted = "interrupted" => "Run the command again.",
        /// Another program holds the database.
        DatabaseBusy = "database-busy" => "Try again.",
        /// The connection was lost. The message says whether the revision under way was applied, if a new connection
        /// could find out.
        ConnectionLost = "connection-lost" => "Run the command again. If it is unknown, run `autogen status` first.",
        /// Note: what was done before something failed, and stays done.
        DoneBefore = "done-before" => "Nothing.",
        /// A plugin's migration changes a table or type that another owner has, or that no chain made. Nothing was
        /// changed.
        ChangesAnothersTable = "changes-anothers-table" =>
            "Let the owner change it, or permit it with `may_alter = [\"TABLE\"]` under `[plugin.NAME]`.",
        /// A plugin takes over a table that its owner hasn't given. Nothing was changed.
        TableNotGiven = "table-not-given" =>
            "Write both revisions in one run (`--plugin OWNER --plugin PLUGIN`); or let a revision of the owner or \
             the core say `gives = { TABLE = \"PLUGIN\" }`; or let the host say `may_alter`.",
        /// A plugin's migration does something that reaches beyond the plugin's tables, or that can't be shown to stay
        /// within them. Nothing was changed.
        NeedsTrust = "needs-trust" =>
            "Move it to the core's migrations, or say `trust = true` under `[plugin.NAME]` if the host trusts the \
             plugin with everything.",
        /// `--sql`: the database's client would take part of a statement for a command of its own.
        NotInAScript = "not-in-a-script" => "Write the statement another way, or leave `--sql` out.",
        /// Applied revisions depend on what would be reverted.
        HasDependents = "has-dependents" => "Revert those first; `--cascade` reverts them too.",
        /// `autogen forget`: the plugin's tables are still there.
        TablesStay = "tables-stay" => "Drop them first, or leave them to nobody with `--keep-tables`.",
        /// A pending revision would have to come before one that is already applied.
        OutOfOrder = "out-of-order" =>
            "Revert that one first, as the message says; or mark the missing one with `autogen stamp`.",
        /// A foreign key references what another owner's revision renames or drops; neither revision knows of the other.
        StaleReference = "stale-reference" =>
            "Write the one anew that no database has applied, or state their order by `after`.",
        /// A revision has no `down.sql`.
        NoDown = "no-down" => "Write it.",
        /// The target makes no sense here: it names nothing, or several revisions where one is needed.
        BadTarget = "bad-target" => "Give `-N`, `base` or a revision of the plugin.",
        /// The database isn't what `autogen stamp` would mark it as.
        NotAsMarked = "not-as-marked" => "Apply the revisions, correct the database, or add `--force`.",
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

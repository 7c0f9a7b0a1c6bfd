//! `autogen init` and `autogen new`: the first files of a host and of a plugin. Nothing that is there is overwritten.

use std::path::{Component, Path, PathBuf};

use autogen_engine::database::DatabaseUrl;
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::host::{FILE_NAME, FileScope, Host, problem_with_name};
use serde_json::json;
use toml::{Table, Value};

use crate::Outcome;
use crate::args::{Format, Global, New};
use crate::ui::Ui;

/// Turns a folder into a host by stating which databases its migrations are for.
pub(crate) fn init(global: &Global, ui: &Ui) -> Result<Outcome> {
    let root = global.root.clone().unwrap_or_else(|| PathBuf::from("."));
    let stated = global.database_url.as_deref().map(DatabaseUrl::parse).transpose()?;
    let dialect = global.dialect.or_else(|| stated.map(|url| url.dialect())).unwrap_or(Dialect::Sqlite);
    let text = format!(
        "# The databases that migrations are written for; of several, each gets a folder: [\"sqlite\", \"postgres\"].\n\
         dialects = [\"{dialect}\"]\n# Plugins are the folders in `plugins`: a folder's name is its plugin's.\n\n\
         [database]\n# The database that `autogen upgrade` and `status` are about, unless DATABASE_URL or `--database-url` names it.\n\
         # url = \"sqlite:app.db\"\n"
    );
    write(&root, &[(FILE_NAME.into(), text)])?;
    tell(&[root.join(FILE_NAME)], "init", ui);
    ui.remark("next: `autogen new NAME` begins a plugin, `autogen adopt` takes over an existing database");
    Ok(Outcome::Clean)
}

/// Starts a plugin: a crate with a definition, which compiles, and from which `autogen` writes its first
/// revision.
pub(crate) fn run(global: &Global, args: &New, ui: &Ui) -> Result<Outcome> {
    let root = global.options().root;
    let host = Host::load(&root)?;
    let name = &args.name;
    if let Some(problem) = problem_with_name(name) {
        return Err(Error::new(Code::BadPluginName, problem).help("choose another name"));
    }
    if let Some(owner) = host.owners.iter().find(|owner| owner.name.eq_ignore_ascii_case(name)) {
        return Err(there_already(&owner.root));
    }
    let folder = PathBuf::from("plugins").join(name);
    let files = files(&root, name, &folder)?;
    write(&root, &files)?;
    let written: Vec<_> = files.iter().map(|(path, _)| root.join(path)).collect();
    tell(&written, "new", ui);
    ui.remark(format!(
        "next: edit the definition in {}, and run `autogen --plugin {name}`",
        ui.paths.relative(&root.join(folder.join("src/schema.rs"))).display()
    ));
    Ok(Outcome::Clean)
}

fn tell(written: &[PathBuf], command: &'static str, ui: &Ui) {
    let paths: Vec<_> = written.iter().map(|path| ui.paths.relative(path).display().to_string()).collect();
    for path in &paths {
        ui.text(format!("wrote {path}"));
    }
    if ui.format == Format::Json {
        ui.json(command, json!({ "written": paths }));
    }
}

fn files(root: &Path, name: &str, folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let manifest = host_manifest(root)?;
    let table = format!("{}_items", name.replace('-', "_").to_lowercase());
    let package = match manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str) {
        Some(host) => format!("{host}-{name}"),
        None => name.to_owned(),
    };
    // The registry's `autogen` belongs to another project.
    let published = format!("{{ package = \"diesel-autogen\", version = \"{}\" }}", env!("CARGO_PKG_VERSION"));
    let autogen = dependency(&manifest, "autogen", folder, &published);
    let diesel = dependency(&manifest, "diesel", folder, "\"2.3\"");
    let cargo = format!(
        "[package]\nname = \"{package}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         # The tables that are this plugin's, and nobody else's.\n[package.metadata.autogen]\ntables = [\"{table}\"]\n\n\
         [dependencies]\nautogen = {autogen}\ndiesel = {diesel}\n"
    );
    let build = "//! Builds the crate anew when a migration comes or goes.\n\n\
                 fn main() {\n    println!(\"cargo::rerun-if-changed=migrations\");\n}\n";
    let library = format!(
        "//! The plugin `{name}`.\n\npub mod schema;\n\n/// The plugin and its chain of migrations, for `autogen::Host`.\n\
         pub fn plugin() -> autogen::Plugin {{\n    autogen::plugin!(\"{name}\")\n}}\n"
    );
    let schema = format!(
        "//! The tables that the plugin owns.\n\nautogen::table! {{\n    /// What the plugin keeps; an example to begin with.\n    \
         {table} (id) {{\n        #[auto_increment]\n        id -> Integer,\n        #[unique]\n        #[max_length = 100]\n        \
         name -> Varchar,\n        #[default(now)]\n        created_at -> Timestamp,\n    }}\n}}\n"
    );
    let texts =
        [("Cargo.toml", cargo), ("build.rs", build.to_owned()), ("src/lib.rs", library), ("src/schema.rs", schema)];
    Ok(texts.into_iter().map(|(path, text)| (folder.join(path), text)).collect())
}

/// Reads the host's `Cargo.toml`. Returns an empty table if there is none.
fn host_manifest(root: &Path) -> Result<Table> {
    let path = root.join("Cargo.toml");
    let Some(text) = FileScope::default().read_source(&path)? else { return Ok(Table::new()) };
    text.parse().map_err(|cause: toml::de::Error| {
        Error::new(Code::BadManifest, format!("can't read `{}`: {}", path.display(), cause.message()))
            .help("correct it; cargo says the same")
    })
}

/// Returns what the host's `Cargo.toml` states about a dependency, adapted to a plugin's folder. Returns
/// `unstated` if it states nothing.
fn dependency(manifest: &Table, name: &str, folder: &Path, unstated: &str) -> String {
    let of_the_workspace = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    if of_the_workspace.and_then(|dependencies| dependencies.get(name)).is_some() {
        return "{ workspace = true }".to_owned();
    }
    let stated = manifest.get("dependencies").and_then(|dependencies| dependencies.get(name)).cloned();
    let mut stated = match stated {
        None => return unstated.to_owned(),
        Some(Value::Table(table)) => table,
        Some(other) => return other.to_string(),
    };
    if let Some(Value::String(path)) = stated.get_mut("path")
        && Path::new(path.as_str()).is_relative()
    {
        let back = folder.components().filter(|part| matches!(part, Component::Normal(_))).map(|_| "../");
        *path = format!("{}{path}", back.collect::<String>());
    }
    // The host chooses its databases.
    if name == "autogen" {
        stated.remove("features");
    }
    Value::Table(stated).to_string()
}

/// Writes all files, or none if one of them exists already.
fn write(root: &Path, files: &[(PathBuf, String)]) -> Result<()> {
    if let Some((path, _)) = files.iter().find(|(path, _)| root.join(path).exists()) {
        return Err(there_already(&root.join(path)));
    }
    if let Some((path, _)) = files.iter().find(|(path, _)| leads_out(root, path)) {
        return Err(Error::new(
            Code::OutsideHost,
            format!("`{}` leads to a folder outside the host", root.join(path).display()),
        )
        .help("remove the link; only autogen.toml may place a plugin outside: [plugin.NAME] path = \"...\""));
    }
    // A folder that becomes a link only now leads nowhere either.
    let scope = FileScope::below([root.to_path_buf()]);
    for (path, text) in files {
        let path = root.join(path);
        scope.create(&path, text).map_err(|cause| {
            Error::new(Code::CantWrite, format!("can't write `{}`: {cause}", path.display()))
                .help("check that you may write there")
                .caused_by(cause)
        })?;
    }
    Ok(())
}

/// Checks whether a path that doesn't exist yet would lie outside a folder once links are followed.
fn leads_out(root: &Path, path: &Path) -> bool {
    let path = root.join(path);
    let there = path.ancestors().find_map(|folder| folder.canonicalize().ok());
    let root = root.ancestors().find_map(|folder| match folder.as_os_str().is_empty() {
        true => Path::new(".").canonicalize().ok(),
        false => folder.canonicalize().ok(),
    });
    path.is_symlink() || there.zip(root).is_some_and(|(there, root)| !there.starts_with(root))
}

fn there_already(path: &Path) -> Error {
    Error::new(Code::ThereAlready, format!("`{}` exists already; autogen overwrites nothing", path.display()))
        .help("choose another name, or remove it first")
}

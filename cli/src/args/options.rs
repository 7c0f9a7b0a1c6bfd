//! What the global options and the environment mean for opening a host.

use std::path::PathBuf;
use std::time::SystemTime;

use autogen_engine::host::Host;
use autogen_workspace::Options;

use super::Global;

impl Global {
    /// Returns the options for opening the host. Its folder is the stated one, or else the nearest one upwards
    /// that has an autogen.toml.
    pub(crate) fn options(&self) -> Options {
        let here = || PathBuf::from(".");
        let root = self.root.clone().unwrap_or_else(|| match std::env::current_dir() {
            // Paths in messages are shorter, and the same on every machine, when they are relative.
            Ok(current) => {
                match current.strip_prefix(Host::find_root(&current)).map(|below| below.components().count()) {
                    Ok(0) | Err(_) => here(),
                    Ok(below) => std::iter::repeat_n("..", below).collect(),
                }
            }
            Err(_) => here(),
        });
        Options {
            plugins: self.plugins.clone(),
            database_url: self.database_url.clone(),
            no_database: self.no_database,
            dialect: self.dialect,
            require_every_dialect: self.require_verify,
            variables: |name| std::env::var_os(name),
            program: program(),
            ..Options::of(root)
        }
    }
}

/// Returns what tells this program from others of the same name: its version, and the size and time of its file.
fn program() -> Option<String> {
    let file = std::env::current_exe().ok()?.metadata().ok()?;
    let time = file.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), file.len(), time.as_nanos()))
}

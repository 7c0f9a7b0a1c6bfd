//! What ends a server together with the program that has started it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// Runs until the process that has started it ends in whatever way: it waits for the end of its
/// input, and then stops the server and removes its files. Ctrl-C reaches it too, and must not end it.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
signal=$1 folder=$2
shift 2
"$@" >"$folder/log" 2>&1 </dev/null &
server=$!
read _
kill -$signal $server
wait $server
rm -rf "$folder/"* 2>/dev/null
rmdir "$folder" 2>/dev/null
true
"#;

/// A shell that keeps a server running until this value goes.
#[derive(Debug)]
pub(crate) struct Supervisor(Child);

impl Supervisor {
    /// Starts a server whose files are in `folder` and that ends by `signal`.
    pub(crate) fn start(mut shell: Command, signal: &str, folder: &Path, server: &[OsString]) -> Result<Self> {
        let started = shell
            .args(["-c", SCRIPT, "supervisor", signal])
            .arg(folder)
            .args(server)
            .stdin(Stdio::piped())
            // Whoever reads the tests' output need not wait for a server that is slow to go.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("can't start the server")?;
        Ok(Self(started))
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // The end of its input is what it waits for.
        drop(self.0.stdin.take());
        let _ended = self.0.wait();
    }
}

//! A private PgBouncer in front of the test server, which hands every transaction to another session.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::folder;
use crate::program::{find_or_install, is_root, other_user, write};
use crate::supervisor::Supervisor;

/// A running pooler, which ends with this value or with the process.
#[derive(Debug)]
pub struct Pooler {
    // It ends with the supervisor.
    _supervisor: Supervisor,
    port: u16,
}

impl Pooler {
    /// Starts a pooler in front of a server, whose socket is in `socket`, as another user where this is root. For each
    /// database it has as many `sessions`, and every client is the superuser.
    ///
    /// # Errors
    /// When PgBouncer isn't there and can't be installed, or doesn't start.
    pub(crate) fn start(socket: &Path, server: u16, user: &str, sessions: usize) -> Result<Self> {
        // Debian puts it where only root looks.
        let folders = || vec![PathBuf::from("/usr/sbin"), PathBuf::from("/opt/homebrew/bin")];
        let program = find_or_install("pgbouncer", &folders, "pgbouncer")?.join("pgbouncer");
        let folder = folder::new("autogen-pooler-")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let settings = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={} port={server} user={user}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
             default_pool_size = {sessions}\nmax_client_conn = 200\n",
            socket.display()
        );
        write(&settings, &text)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        let mut shell = Command::new("sh");
        shell.current_dir(&folder);
        if is_root() {
            let (user, group) = other_user("postgres")?;
            chown(&folder, Some(user), Some(group))?;
            shell.gid(group).uid(user);
        }
        // It keeps nothing, so it needs no time to end.
        let supervisor = Supervisor::start(shell, "KILL", &folder, &[program.into(), settings.into_os_string()])?;
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(Self { _supervisor: supervisor, port });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(folder.join("log")).context("it has no log")?;
        bail!("PgBouncer doesn't start; it says:\n{log}")
    }

    /// The URL of a database behind it.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }
}

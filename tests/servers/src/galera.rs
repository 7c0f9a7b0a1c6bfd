//! A private Galera cluster of MariaDB servers on one machine.

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::folder;
use crate::mysql::{USER, asked, asked_after, execute, url};
use crate::mysql_server::mariadb;
use crate::program::find_or_install;
use crate::supervisor::Supervisor;

/// What replicates; MariaDB's package brings it.
const LIBRARY: &str = "libgalera_smm.so";

/// Speed matters, rows don't.
const SETTINGS: [&str; 13] = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--binlog-format=ROW",
    "--innodb-autoinc-lock-mode=2",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=48M",
    "--innodb-log-file-size=16M",
    "--max-connections=150",
    "--wsrep-on=ON",
    "--wsrep-cluster-name=autogen",
    "--wsrep-sst-method=rsync",
    "--wsrep-slave-threads=2",
    "--character-set-server=utf8mb4",
];

/// Lets a session's queries wait until the node has what others have committed.
const WAIT: &str = "SET SESSION wsrep_sync_wait = 15";

/// A cluster whose nodes end with this value or with the process.
#[derive(Debug)]
pub struct GaleraCluster {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    // The server ends with it.
    _supervisor: Supervisor,
    folder: PathBuf,
}

impl GaleraCluster {
    /// Starts so many nodes, one after the other.
    ///
    /// # Panics
    /// When a node doesn't start; says what it says.
    pub fn of(nodes: usize) -> Self {
        Self::start(nodes).unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn start(nodes: usize) -> Result<Self> {
        let folders = || ["/usr/lib/galera", "/usr/lib64/galera-4", "/usr/lib64/galera"].map(PathBuf::from).to_vec();
        let provider = find_or_install(LIBRARY, &folders, "galera-4")?.join(LIBRARY);
        let groups: Vec<u16> = (0..nodes).map(|_| free_port()).collect::<Result<_>>()?;
        let mut started = Vec::new();
        for at in 0..nodes {
            started.push(Node::start(&provider, &groups, at)?);
            if at == 0 {
                let made = format!("CREATE USER '{USER}'@'localhost'; GRANT ALL ON *.* TO '{USER}'@'localhost'");
                execute(&url("root", &started[0].folder, "mysql"), &made)?;
            }
        }
        Ok(Self { nodes: started })
    }

    /// The URL of a database by way of a node.
    pub fn url(&self, node: usize, database: &str) -> String {
        url(USER, &self.nodes[node].folder, database)
    }

    /// Runs statements by way of the first node, and waits until every node has done what they do.
    ///
    /// # Panics
    /// When it refuses one.
    pub fn execute(&self, sql: &str) {
        execute(&self.url(0, "mysql"), sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
        for node in 0..self.nodes.len() {
            asked_after(&self.url(node, "mysql"), WAIT, "SELECT 1").unwrap_or_else(|error| panic!("{node}: {error:#}"));
        }
    }

    /// A query's rows by way of the first node, as [`MysqlDatabase::rows`](crate::MysqlDatabase::rows) tells them. What
    /// other nodes have committed is seen.
    ///
    /// # Panics
    /// When it refuses the query.
    pub fn rows(&self, database: &str, sql: &str) -> Vec<String> {
        asked_after(&self.url(0, database), WAIT, sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"))
    }

    /// Ends the last node without a warning.
    pub fn kill_last(&mut self) {
        drop(self.nodes.pop());
    }
}

impl Node {
    /// Starts a node that replicates over a port of its own, and waits until it has all that the others have. `groups` are
    /// all nodes' ports.
    fn start(provider: &Path, groups: &[u16], at: usize) -> Result<Self> {
        let folder = folder::new("autogen-galera-")?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        let (shell, mut arguments) = mariadb(&folder, None)?;
        arguments.extend(SETTINGS.map(OsString::from));
        let group = groups[at];
        let members: Vec<String> = groups[..at].iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let options = format!(
            "base_host=127.0.0.1;base_port={group};gmcast.listen_addr=tcp://127.0.0.1:{group};\
             ist.recv_addr=127.0.0.1:{};gcache.size=16M;pc.recovery=false",
            free_port()?
        );
        for (name, value) in [
            ("tmpdir", folder.display().to_string()),
            ("socket", folder.join("socket").display().to_string()),
            ("pid-file", folder.join("pid").display().to_string()),
            ("port", free_port()?.to_string()),
            ("wsrep-provider", provider.display().to_string()),
            ("wsrep-cluster-address", format!("gcomm://{}", members.join(","))),
            ("wsrep-node-name", format!("node{at}")),
            ("wsrep-node-address", format!("127.0.0.1:{group}")),
            ("wsrep-sst-receive-address", format!("127.0.0.1:{}", free_port()?)),
            ("wsrep-provider-options", options),
        ] {
            arguments.push(format!("--{name}={value}").into());
        }
        if at == 0 {
            arguments.push("--wsrep-new-cluster".into());
        }
        let supervisor = Supervisor::start(shell, "KILL", &folder, &arguments)?;
        let node = Self { _supervisor: supervisor, folder };
        if !node.wait() {
            let log = fs::read_to_string(node.folder.join("log")).unwrap_or_default();
            bail!("a node of the Galera cluster doesn't start; it says:\n{log}");
        }
        Ok(node)
    }

    /// Whether the node has all that the others have; gives up after two minutes.
    fn wait(&self) -> bool {
        let synced = "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS \
                      WHERE VARIABLE_NAME = 'wsrep_local_state_comment' AND VARIABLE_VALUE = 'Synced'";
        (0..600).any(|_| {
            let is_up = asked(&url("root", &self.folder, "mysql"), synced).is_ok_and(|rows| !rows.is_empty());
            if !is_up {
                std::thread::sleep(Duration::from_millis(200));
            }
            is_up
        })
    }
}

/// Returns a port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").context("no port is free")?.local_addr()?.port())
}

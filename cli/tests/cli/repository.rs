//! Hosts in git repositories that the tests make.

use std::process::{Command, Stdio};

use crate::support::Host;

pub const USB: &str = "plugins/usb/src/schema.rs";

/// Runs git in a host's folder, or below it, without any setting of this machine's.
pub fn git(host: &Host, arguments: &str) {
    let mut command = Command::new("git");
    command.args(arguments.split_whitespace()).current_dir(host.root()).stdin(Stdio::null());
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
        command.env(format!("GIT_{who}_DATE"), "2026-11-21T07:11:00Z");
    }
    let output = command.output().expect("git starts; these tests need it");
    assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

pub fn commit(host: &Host) {
    git(host, "add --all");
    git(host, "commit --quiet --allow-empty --message x");
}

/// The small host with its baselines on `main`, which is `origin/main` too, and a branch of it.
pub fn branch() -> Host {
    let host = Host::with_baselines();
    git(&host, "init --quiet --initial-branch main");
    commit(&host);
    git(&host, "update-ref refs/remotes/origin/main HEAD");
    git(&host, "switch --quiet --create work");
    host
}

/// Lets something happen on `origin/main` and comes back to the branch.
pub fn meanwhile(host: &Host, change: impl Fn(&Host)) {
    commit(host);
    git(host, "switch --quiet main");
    change(host);
    commit(host);
    git(host, "update-ref refs/remotes/origin/main HEAD");
    git(host, "switch --quiet work");
}

/// Writes the revision of one more column of devices, with a name of its own.
pub fn with_column(host: &Host, column: &str, name: &str) {
    host.edit(USB, "        serial ->", &format!("        {column},\n        serial ->"));
    host.done(&format!("--plugin usb -m {name}"));
}

/// Writes a revision of one more column of devices on `origin/main`, a little later than the branch's.
pub fn theirs(host: &Host, column: &str) {
    meanwhile(host, |host| {
        with_column(host, column, "theirs");
        let folder = |name: &str| host.path(&format!("plugins/usb/migrations/{name}"));
        std::fs::rename(folder("2026-11-21-071101-usb_theirs"), folder("2026-11-21-071105-usb_theirs")).expect("moved");
    });
}

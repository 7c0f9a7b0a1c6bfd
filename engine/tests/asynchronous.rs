//! A host over connections of diesel-async.

use std::sync::Arc;

use autogen::embedded::{Chain, Migration};
use autogen::error::Code;
use autogen::{Host, Plugin};
use autogen_test_servers::postgres;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

const CORE: Plugin = Plugin {
    name: "core",
    chains: &[Chain {
        dialect: None,
        migrations: &[Migration {
            name: "2026-11-20-083000-core_assets",
            up: "CREATE TABLE assets (id INTEGER PRIMARY KEY);",
            down: Some("DROP TABLE assets;"),
            metadata: None,
        }],
    }],
};

#[test]
fn many_upgrades_at_once_apply_each_revision_once() {
    let server = postgres();
    let url = server.url();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let host = Arc::new(Host::new([CORE]));
        let connect = || async { AsyncPgConnection::establish(&url).await.expect("connects") };
        let behind = host.check_async(connect().await).await.expect_err("nothing is applied");
        assert_eq!(behind.code(), Code::DatabaseBehind);
        assert_eq!(host.pending_async(connect().await).await.expect("is read").len(), 1);
        let upgrades: Vec<_> = (0..8)
            .map(|_| {
                let (host, url) = (host.clone(), url.clone());
                tokio::spawn(async move {
                    let connection = AsyncPgConnection::establish(&url).await.expect("connects");
                    host.upgrade_async(connection).await.expect("runs").len()
                })
            })
            .collect();
        let mut applied = 0;
        for upgrade in upgrades {
            applied += upgrade.await.expect("ends");
        }
        assert_eq!(applied, 1);
        // A pool gives something that points at a connection.
        assert_eq!(host.check_async(Box::new(connect().await)).await.expect("is in sync"), []);
    });
}

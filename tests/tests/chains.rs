//! Every story under `chains`, on every database.
//!
//! `UPDATE_EXPECT=1` writes what came out into the stories.

use std::fs;
use std::path::Path;

use autogen_tests::chains::{Story, servers};

#[test]
fn stories_of_chains() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1");
    let servers = servers().unwrap_or_else(|error| panic!("{error}"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("chains");
    let mut paths: Vec<_> =
        fs::read_dir(&folder).expect("the folder of stories").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut wrong = Vec::new();
    for path in &paths {
        let name = path.file_name().unwrap_or_default().display();
        let text = fs::read_to_string(path).expect("a story");
        let story = Story::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (position, server) in servers.iter().enumerate() {
            let dialect = server.dialect();
            match story.tell(server) {
                Err(error) => wrong.push(format!("{name} on {dialect}: {error}")),
                Ok(told) if told == text => {}
                // All other databases must tell what the first one told.
                Ok(told) if update && position == 0 => {
                    fs::write(path, &told).expect("a story can be written");
                }
                Ok(told) if update && fs::read_to_string(path).is_ok_and(|text| text == told) => {}
                Ok(told) => wrong.push(format!("{name} on {dialect} tells:\n{told}")),
            }
        }
    }
    assert!(paths.len() > 10, "the stories are not in {}", folder.display());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

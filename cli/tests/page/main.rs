//! The page that `autogen graph` writes, in a real browser: it is clicked, searched, filtered and used by keyboard.

mod driver;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use driver::Browser;
use tempfile::TempDir;

/// What leaves these tests out on a machine that can have no browser.
const WITHOUT: &str = "AUTOGEN_TEST_WITHOUT_BROWSER";

const TAB: &str = "\u{e004}";
const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

/// Returns whether there is no browser to test in, which the run says.
fn is_left_out() -> bool {
    let is_set = std::env::var_os(WITHOUT).is_some_and(|value| value == "1");
    if is_set {
        eprintln!("{WITHOUT} is set: the page of `autogen graph` is not tested");
    }
    is_set
}

/// Makes a host with a core and plugins, and the page of its tables.
fn page(plugins: usize, tables: usize, more: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: String, text: String| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let users = "autogen::table! { users (id) { id -> Integer, #[unique] name -> Text, } }\n";
    write("src/schema.rs".to_owned(), format!("{users}{more}"));
    for plugin in 0..plugins {
        let table = |number: usize| {
            let before = if number == 0 { "users".to_owned() } else { format!("p{plugin}_t{}", number / 2) };
            let columns: String = (0..number % 9).map(|at| format!("c{at} -> Nullable<Text>,\n")).collect();
            format!(
                "autogen::table! {{ p{plugin}_t{number} (id) {{ id -> Integer,\n\
                 #[references({before}(id))]\nbefore -> Integer,\n{columns}}} }}\n"
            )
        };
        write(format!("plugins/p{plugin}/src/schema.rs"), (0..tables).map(table).collect());
    }
    let page = folder.path().join("page.html");
    let output = Command::new(env!("CARGO_BIN_EXE_autogen"))
        .args(["graph", "--tables", "--no-database", "--output", "page.html"])
        .env("SCRATCH_URL", "")
        .current_dir(folder.path())
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (folder, page)
}

#[test]
fn three_hundred_tables_are_clicked_searched_and_filtered() {
    if is_left_out() {
        return;
    }
    let (_folder, page) = page(13, 23, "");
    let browser = Browser::start(1280, 800, false);
    browser.open(&page);
    assert_eq!(browser.text("#count"), "300 tables");
    assert_eq!(browser.value("document.querySelectorAll('.box').length"), 300);

    // A click shows the definition, and which tables belong together.
    browser.click("#b0 .name");
    assert_eq!(browser.text("#definition h2"), "users");
    assert!(browser.text("#definition").contains("unique"), "{}", browser.text("#definition"));
    assert_eq!(browser.value("document.querySelectorAll('.arrow.linked').length > 5"), true);
    browser.press(ESCAPE);
    assert_eq!(browser.value("document.getElementById('definition').hidden"), true);

    // What is searched for is found, by table and by column, and jumped to.
    browser.press("/");
    browser.type_into("#search", "p7_t8 c3");
    assert_eq!(browser.text("#results button"), "p7_t8.c3  p7");
    browser.press(ENTER);
    assert_eq!(browser.text("#definition h2"), "p7_t8");
    assert_eq!(browser.text("#picture .row.found tspan"), "c3");
    assert_eq!(browser.value("document.querySelector('.box.here').getBoundingClientRect().width > 100"), true);
    assert_eq!(browser.value("document.activeElement.classList.contains('here')"), true);
    browser.press(ESCAPE);
    browser.type_into("#search", "nowhere");
    assert_eq!(browser.text("#results"), "nothing of that name");
    browser.press(ESCAPE);

    // Owners are left out, and a jump brings them back.
    browser.click("#owners-toggle");
    browser.click("#owner-list li:nth-child(9) input");
    assert_eq!(browser.text("#count"), "277 of 300 tables");
    assert_eq!(browser.value("document.querySelectorAll('.box.hidden').length"), 23);
    browser.click("#none");
    assert_eq!(browser.text("#count"), "0 of 300 tables");
    browser.click("#all");
    assert_eq!(browser.text("#count"), "300 tables");
    assert_eq!(browser.complaints(), [] as [String; 0]);
}

#[test]
fn the_keyboard_is_enough() {
    if is_left_out() {
        return;
    }
    let (_folder, page) = page(1, 3, "");
    let browser = Browser::start(390, 844, true);
    browser.open(&page);
    let name = "document.activeElement.getAttribute('aria-label')";
    // Search, four buttons, and then the tables in order.
    browser.wait_for("(document.getElementById('theme').focus(), document.activeElement.id === 'theme')");
    browser.press(TAB);
    assert_eq!(browser.value(name), "table users");
    assert_eq!(browser.text("#definition h2"), "users");
    browser.press(TAB);
    assert_eq!(browser.value(name), "table p0_t0");
    let dark = "getComputedStyle(document.body).backgroundColor";
    let before = browser.value(dark);
    browser.click("#theme");
    assert_ne!(browser.value(dark), before);
    // Nothing is cut off on a telephone.
    assert_eq!(browser.value("document.documentElement.scrollWidth <= innerWidth"), true);
    assert_eq!(browser.complaints(), [] as [String; 0]);
}

#[test]
fn names_are_no_mark_up() {
    if is_left_out() {
        return;
    }
    let name = "</script><img src=x onerror=evil=1>{{data}}";
    let more = format!(
        "autogen::table! {{ #[sql_name = {name:?}] odd (id) {{ id -> Integer, #[sql_name = \"<b>\"] b -> Text, }} }}\n"
    );
    let (_folder, page) = page(0, 0, &more);
    let browser = Browser::start(1280, 800, false);
    browser.open(&page);
    assert_eq!(browser.value("document.querySelectorAll('img, b').length"), 0);
    assert_eq!(browser.value("typeof evil"), "undefined");
    assert_eq!(
        browser.value(&format!("[...document.querySelectorAll('.name')].some((at) => at.textContent === {name:?})")),
        true
    );
    browser.press("/");
    browser.type_into("#search", "script");
    browser.press(ENTER);
    assert_eq!(browser.text("#definition h2"), name);
    assert_eq!(browser.value("document.querySelectorAll('img, b').length"), 0);
    assert_eq!(browser.complaints(), [] as [String; 0]);
}

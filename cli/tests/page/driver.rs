//! A browser without a window, driven through WebDriver: the protocol that `chromedriver` speaks over HTTP.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use autogen_test_servers::client;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The key under which the protocol names elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser, which ends with this value.
pub struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    // Its files go with it.
    _folder: TempDir,
}

impl Browser {
    /// Starts a browser of this size. Its package is installed if it is missing.
    pub fn start(width: u32, height: u32, is_dark: bool) -> Self {
        let program = client("chromedriver", "chromium-driver");
        let folder = tempfile::tempdir().expect("a folder");
        // Another one may take the port that it has chosen.
        let (driver, port) =
            (0..5).find_map(|_| listening(&program, folder.path())).expect("chromedriver takes a port");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .new_agent();
        let mut browser = Self { driver, session: format!("http://127.0.0.1:{port}/session"), agent, _folder: folder };
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            format!("--window-size={width},{height}"),
        ];
        arguments.extend(is_dark.then(|| "--force-dark-mode".to_owned()));
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = browser.post("", &wanted);
        let id = session["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {session}"));
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    /// Opens a file, and waits until its script has run.
    pub fn open(&self, file: &Path) {
        self.post("/url", &json!({ "url": format!("file://{}", file.display()) }));
        self.wait_for("document.getElementById('count').textContent !== ''");
    }

    /// Returns the value of an expression.
    pub fn value(&self, expression: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": format!("return {expression}"), "args": [] }))
    }

    /// Returns the text of the first element that a selector matches.
    pub fn text(&self, selector: &str) -> String {
        let expression = format!("document.querySelector({}).textContent", json!(selector));
        self.value(&expression).as_str().unwrap_or_else(|| panic!("no text in {selector}")).to_owned()
    }

    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Types into an element.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses a key where the focus is. Special keys have letters of their own: `\u{e004}` is Tab, `\u{e00c}` Escape.
    pub fn press(&self, key: &str) {
        let actions = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }));
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn wait_for(&self, expression: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.value(expression) != true {
            assert!(Instant::now() < end, "never true: {expression}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns what the page has complained about.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        log.as_array().into_iter().flatten().map(|entry| entry["message"].to_string()).collect()
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("no {selector}: {found}")).to_owned()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let mut answer =
            self.agent.post(format!("{}{path}", self.session)).send_json(body).expect("chromedriver answers");
        let mut answer: Value = answer.body_mut().read_json().expect("JSON");
        let value = answer["value"].take();
        assert!(value.get("error").is_none(), "{path}: {value}");
        value
    }
}

/// Starts a driver whose files are in a folder, and returns its port, unless somebody else has that.
fn listening(program: &Path, folder: &Path) -> Option<(Child, String)> {
    let mut command = Command::new(program);
    command.arg("--port=0").env("TMPDIR", folder).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut driver = command.spawn().expect("chromedriver starts");
    let mut lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
    let port = lines.find_map(|line| {
        let line = line.expect("text");
        line.split_once("started successfully on port ").map(|(_, port)| port.trim_end_matches('.').to_owned())
    });
    let Some(port) = port else {
        driver.wait().expect("it has ended");
        return None;
    };
    // Nobody reads the rest, and it must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port))
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Nothing is left to do if it has gone already.
        let _ended = self.agent.delete(&self.session).call();
        let _killed = self.driver.kill();
        let _waited = self.driver.wait();
    }
}

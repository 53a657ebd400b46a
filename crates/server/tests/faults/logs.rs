//! The shape of log lines, and the data that must not be logged.

use std::{collections::HashMap, fmt::Write as _, fs, path::Path};

use serde_json::{Value, json};

use crate::{
    binary::Home,
    fake_model::{FakeModel, ModelReply},
    site::{OWNER, PASSWORD, QUESTION, ROOT, Site, text},
    wire::Answer,
};

const SECRET: &str = "the secret that tokens are signed with";
const MODEL_KEY: &str = "the-key-of-the-model";
const WRONG_PASSWORD: &str = "a-wrong-password";
const MATRIX_SIGNATURE: &str = "s3cret-of-a-link";
const BODY: &str = "my-private-words to somebody@private.example";
const UPLOAD: &str = "the-words-in-a-file";

/// All exchanges of the test session.
#[derive(Default)]
struct Exchanges {
    /// The status of each response, by request id.
    statuses: HashMap<String, u16>,
    /// Headers and bodies of the refusals.
    refusals: String,
}

/// Texts that must not leak.
struct Private {
    /// Texts that must not appear in logs, output or refusals.
    texts: Vec<String>,
    /// Texts that must not appear there, nor in any stored file.
    credentials: Vec<String>,
}

impl Exchanges {
    fn note(&mut self, answer: Answer) -> Value {
        let id = answer.header("x-request-id").to_owned();
        assert!(!id.is_empty(), "{answer:?}");
        if answer.status >= 400 {
            writeln!(self.refusals, "{:?} {}", answer.headers, answer.body).unwrap();
        }
        assert!(self.statuses.insert(id, answer.status).is_none(), "two requests with one id");
        answer.body
    }
}

#[tokio::test]
async fn every_line_is_an_object_that_names_its_request_and_keeps_what_is_private() {
    for home in Home::each() {
        let home = home.with("SWITCHBOARD_ENCODER", "on");
        let mut model = FakeModel::start();
        let home =
            home.with_model(&model.url).with("SWITCHBOARD_SECRET", SECRET).with("SWITCHBOARD_LLM_KEY", MODEL_KEY);
        let mut server = home.serve();
        let site = Site::open(&home, server.address).await;
        site.let_a_model_answer(&home);
        let mut exchanges = Exchanges::default();
        let private = session(&site, &mut model, &mut exchanges).await;
        home.database.lock_out();
        let failed = exchanges.statuses.len();
        exchanges.note(site.anybody.get("/readyz/").await);
        exchanges.note(site.anybody.login(OWNER, PASSWORD).await);
        home.database.let_in();
        assert_eq!(exchanges.statuses.len(), failed + 2);

        let log = server.kill();
        let lines = log.iter().map(|line| check_shape(line));
        let mut finished: HashMap<String, Vec<Value>> = HashMap::new();
        for line in lines.filter(|line| line["message"] == "request finished") {
            finished.entry(text(&line["span"]["request_id"]).to_owned()).or_default().push(line);
        }
        for (id, status) in &exchanges.statuses {
            let lines = finished.get(id).map_or(&[][..], Vec::as_slice);
            assert!(lines.len() == 1 && lines[0]["status"] == *status, "{id}: {lines:?} in {log:#?}");
            assert!(lines[0]["span"]["method"].is_string() && lines[0]["span"]["path"].is_string(), "{lines:?}");
        }
        let whole = log.join("\n");
        for secret in private.texts.iter().chain(&private.credentials) {
            assert!(!whole.contains(secret.as_str()), "{secret} is in {whole}");
        }
    }
}

#[tokio::test]
async fn nothing_that_is_written_at_the_highest_level_holds_a_secret() {
    for home in Home::each() {
        let mut model = FakeModel::start();
        let home =
            home.with_model(&model.url).with("SWITCHBOARD_SECRET", SECRET).with("SWITCHBOARD_LLM_KEY", MODEL_KEY);
        let home = home.with("SWITCHBOARD_LOG", "trace").with("SWITCHBOARD_ENCODER", "on");
        let mut server = home.serve();
        let site = Site::open(&home, server.address).await;
        site.let_a_model_answer(&home);
        let mut exchanges = Exchanges::default();
        let private = session(&site, &mut model, &mut exchanges).await;
        let log = server.kill().join("\n");
        assert!(log.contains("\"TRACE\""), "libraries log nothing at this level");
        for secret in private.texts.iter().chain(&private.credentials) {
            let line = log.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(line, None, "{secret} was written");
            assert!(!exchanges.refusals.contains(secret.as_str()), "{secret} is in {}", exchanges.refusals);
        }
        let (url, _) = home.database.urls();
        if let Some(database) = url.strip_prefix("sqlite:") {
            check_files(Path::new(database).parent().unwrap(), &private.credentials);
        }
        check_files(home.folder.path(), &private.credentials);
    }
}

#[tokio::test]
async fn lines_of_signed_in_calls_name_the_caller() {
    let home = Home::sqlite();
    let mut server = home.serve();
    let site = Site::open(&home, server.address).await;
    let mut callers = HashMap::new();
    for (caller, company) in
        [(&site.root, None), (&site.admin, Some(&site.company)), (&site.agent, Some(&site.company))]
    {
        let answer = caller.get("/api/auth/profile/").await;
        let id = answer.header("x-request-id").to_owned();
        let account = answer.ok();
        let expected = (account["id"].clone(), account["role"].clone(), json!(company));
        callers.insert(id, expected);
    }
    let session = site.introduced().await;
    let status = site.agent.get(&format!("/api/chatbot/session-status/?session_id={session}")).await;
    callers.insert(
        status.header("x-request-id").to_owned(),
        (site.agent.get("/api/auth/profile/").await.ok()["id"].clone(), json!("AGENT"), json!(site.company)),
    );
    let anonymous = site.anybody.get("/api/auth/profile/").await;
    callers.insert(anonymous.header("x-request-id").to_owned(), (Value::Null, Value::Null, Value::Null));

    let mut found = 0;
    for line in server.kill() {
        let line = check_shape(&line);
        let span = &line["span"];
        let Some(expected) = span["request_id"].as_str().and_then(|id| callers.get(id)) else { continue };
        found += 1;
        assert_eq!(*expected, (span["account"].clone(), span["role"].clone(), span["company"].clone()), "{line}");
    }
    assert_eq!(found, callers.len());
}

#[test]
fn no_command_repeats_a_password_that_it_was_given() {
    for home in Home::each() {
        home.run(&["migrate"], "").ok();
        let create = ["admin", "create-superadmin", "--username", ROOT, "--email", "r@x.example", "--password-stdin"];
        let set = ["admin", "set-password", "--login", ROOT, "--password-stdin"];
        let mut ran = vec![home.run(&create, PASSWORD), home.run(&create, PASSWORD), home.run(&set, WRONG_PASSWORD)];
        for url in ["postgres://ann:a-wrong-password@127.0.0.1:1/x", "postgres://ann:a-wrong-password@[/x"] {
            let unreachable = Home::sqlite().with("SWITCHBOARD_DATABASE", url).with("SWITCHBOARD_SECRET", SECRET);
            let unreachable = unreachable.with("SWITCHBOARD_LOG", "trace");
            ran.extend([unreachable.run(&["serve"], ""), unreachable.run(&["check"], "")]);
        }
        for ran in ran {
            for secret in [PASSWORD, WRONG_PASSWORD, SECRET] {
                assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{} {}", ran.stdout, ran.stderr);
            }
        }
    }
}

/// Asserts that no file below a folder contains a secret.
fn check_files(folder: &Path, secrets: &[String]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check_files(&path, secrets);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {}", path.display());
        }
    }
}

/// Asserts that a log line is an object with timestamp, level and message, and that docs/OPERATIONS.md explains its
/// keys.
fn check_shape(line: &str) -> Value {
    let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
    for key in ["timestamp", "level", "message"] {
        assert!(line[key].is_string(), "{key}: {line}");
    }
    let operations = include_str!("../../../../docs/OPERATIONS.md");
    let span = line["span"].as_object().into_iter().flatten().map(|(key, _)| format!("span.{key}"));
    for key in line.as_object().unwrap().keys().filter(|key| *key != "span").cloned().chain(span) {
        assert!(operations.contains(&format!("`{key}`")), "docs/OPERATIONS.md does not explain {key}: {line}");
    }
    line
}

/// Makes requests of many kinds; returns the texts that must not be logged.
async fn session(site: &Site, model: &mut FakeModel, exchanges: &mut Exchanges) -> Private {
    let signed_in = exchanges.note(site.anybody.login(ROOT, PASSWORD).await);
    exchanges.note(site.anybody.login(ROOT, WRONG_PASSWORD).await);
    let refresh = json!({"refresh": signed_in["refresh"]});
    let refreshed = exchanges.note(site.anybody.post("/api/auth/token/refresh/", &refresh).await);
    let chat = "/api/chatbot/chat/";
    let opened = exchanges.note(site.anybody.post(chat, &site.message(None, BODY, Some("a-key-of-the-visitor"))).await);
    let id = text(&opened["session_id"]);
    let profile =
        json!({"session_id": id, "name": "Ann Ray", "phone": "9841234567", "email": "somebody@private.example"});
    exchanges.note(site.anybody.post("/api/chatbot/create-profile/", &profile).await);
    exchanges.note(site.anybody.get(&format!("/api/chatbot/session-status/?session_id={id}")).await);
    exchanges
        .note(site.anybody.get(&format!("/api/chatbot/session-status/?session_id={}", id.replace('-', "%2D"))).await);
    exchanges.note(site.anybody.get(&format!("/nowhere/{id}/")).await);
    exchanges.note(site.anybody.get(&format!("/api/auth/profile/?token={}", site.agent.token())).await);
    for path in [
        format!("/api/auth/login/?username={ROOT}&password={PASSWORD}"),
        format!("/api/auth/profile/?access_token={}", site.agent.token()),
        format!("/api/auth/token/refresh/?refresh={}&page={}", text(&signed_in["refresh"]), site.agent.token()),
        format!("/api/auth/profile/?TOKEN={}", site.agent.token()),
        format!("/api/auth/{}/profile/", site.agent.token()),
        format!("/media/uploads;sig={MATRIX_SIGNATURE}/x"),
        format!("/api/auth/profile/;sig={MATRIX_SIGNATURE}?page=1;sig={MATRIX_SIGNATURE}"),
        format!(
            "/api/admin-dashboard/user-profiles/?search=somebody@private.example&page=1%26sig%3D{MATRIX_SIGNATURE}"
        ),
    ] {
        exchanges.note(site.anybody.get(&path.replace(' ', "%20")).await);
    }
    exchanges.note(site.anybody.with_token("not.a.token").get("/api/auth/profile/").await);
    exchanges.note(site.agent.get("/api/auth/profile/").await);
    exchanges.note(site.anybody.get("/healthz/").await);
    let question = site.message(Some(id), QUESTION, None);
    let (failed, _) = model.answer_all(ModelReply::raw(500, BODY), site.anybody.post(chat, &question)).await;
    assert_eq!(exchanges.note(failed)["mode"], "extractive");
    for bad in [json!([BODY]), json!({"company_id": site.company, "message": {"a": BODY}})] {
        exchanges.note(site.anybody.post(chat, &bad).await);
    }
    exchanges
        .note(site.anybody.post("/api/auth/login/", &json!({"username": BODY, "password": [WRONG_PASSWORD]})).await);
    let escalate = json!({"session_id": id, "reason": BODY});
    let handoff = exchanges.note(site.admin.post("/api/human-handoff/escalate/", &escalate).await);
    let write = json!({"session_id": id, "message": BODY});
    exchanges.note(site.agent.post("/api/human-handoff/send-message/", &write).await);
    exchanges.note(site.agent.get(&format!("/api/human-handoff/agent/sessions/{id}/messages/")).await);
    let resolve = json!({"handoff_session_id": handoff["handoff_session"]["id"], "notes": BODY});
    exchanges.note(site.agent.post("/api/human-handoff/resolve/", &resolve).await);
    let reset = exchanges
        .note(site.admin.post("/api/admin-dashboard/reset-agent-password/", &json!({"agent_id": site.agent_id})).await);

    let file = exchanges.note(site.anybody.upload(id, &site.company, "words.txt", UPLOAD).await);
    let link = text(&file["file_url"]);
    exchanges.note(site.anybody.get(link).await);
    exchanges.note(site.anybody.get(&link.replace("sig=", "sig=A")).await);

    let uuid = id.split_once('_').unwrap().1;
    let texts = [uuid, "private", UPLOAD, "9841234567", "switchboard-test", "a-key-of-the-visitor"];
    let credentials = [
        PASSWORD,
        WRONG_PASSWORD,
        SECRET,
        MODEL_KEY,
        MATRIX_SIGNATURE,
        site.agent.token(),
        site.admin.token(),
        text(&signed_in["access"]),
        text(&signed_in["refresh"]),
        text(&refreshed["access"]),
        text(&reset["new_password"]),
        link.rsplit('=').next().unwrap(),
    ];
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Private { texts: owned(&texts), credentials: owned(&credentials) }
}

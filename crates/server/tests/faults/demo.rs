//! `switchboard demo`, and the commands that it prints for pasting.

use std::{
    fs,
    net::TcpListener,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::binary::{Guarded, lines_of, run, switchboard};

#[test]
fn the_demo_takes_the_next_port_and_its_nine_steps_work_when_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let wanted = taken.local_addr().unwrap();
    let mut command = switchboard(["demo", "--listen", &wanted.to_string()]);
    command.env("TMPDIR", folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut demo = Guarded(command.spawn().unwrap());

    let mut lines = lines_of(demo.0.stdout.take().unwrap());
    let greeting = lines.next().unwrap();
    let address = greeting.split("http://").nth(1).unwrap().split(' ').next().unwrap();
    assert!(address.starts_with("127.0.0.1:") && address != wanted.to_string(), "{greeting}");
    let mut script = String::new();
    for line in lines.skip_while(|line| !line.starts_with("# 1.")) {
        let is_last = script.contains("# 9.");
        script.push_str(&line);
        script.push('\n');
        if is_last {
            break;
        }
    }
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok() {
        let mut bash = Command::new("bash");
        bash.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        check(&run(bash, &script).ok(), &script);
    } else {
        eprintln!("skipped the demo's steps: curl is not installed");
    }

    demo.terminate();
    assert!(demo.0.wait().unwrap().success());
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "the demo left its data behind");
}

fn check(printed: &str, script: &str) {
    assert_eq!(script.lines().filter(|line| line.starts_with('#')).count(), 9, "{script}");
    let replies: Vec<Value> = printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{printed}")))
        .collect();
    // The first reply goes to the terminal only.
    let [collected, answer, escalated, packet, sent, read, resolved] = replies.as_slice() else { panic!("{printed}") };
    assert_eq!(collected["temp_data"]["name"], "Ann Ray", "{printed}");
    assert_eq!((&answer["type"], &answer["collecting"]), (&json!("rag_response"), &json!("address")), "{printed}");
    assert!(!answer["citations"].as_array().unwrap().is_empty(), "{printed}");
    assert_eq!((&escalated["type"], &escalated["outcome"]), (&json!("escalated"), &json!("queued")), "{printed}");
    let kept = &packet["handoffs"][0]["packet"];
    assert_eq!(kept["reason"], "hm, can somebody real help me please", "{printed}");
    assert_eq!(kept["passages"].as_array().unwrap().len(), 2, "{printed}");
    assert_eq!(sent["chat_message"]["content"], "Hello Ann, how can I help?", "{printed}");
    assert_eq!(resolved["handoff_session"]["notes"], "Answered", "{printed}");
    assert!(resolved["handoff_session"]["resolved_at"].is_string(), "{printed}");
    let session = resolved["handoff_session"]["chat_session_id"].as_str().unwrap();
    assert!(session.starts_with("HAR001_"), "{printed}");
    assert_eq!(read["session"]["session_id"], session, "{printed}");
    let messages = read["messages"].as_array().unwrap();
    assert_eq!(messages.last().unwrap()["content"], "Hello Ann, how can I help?", "{printed}");
}

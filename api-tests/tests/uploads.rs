//! Files with entries, looked at and loaded.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;
use reqwest::{Method, multipart};

const UPLOADS: &str = "/api/knowledge/uploads/";
const ENTRIES: &str = "/api/knowledge/entries/";

on_each_database!(
    a_dry_run_says_what_would_change_and_changes_nothing,
    whoever_names_a_dry_run_loads_nothing,
    an_upload_replaces_the_documents_that_it_names,
    every_form_and_encoding_is_read,
    html_becomes_plain_text,
    html_of_single_entries_becomes_plain_text,
    an_export_is_read_again_as_it_is,
    every_problem_is_named_with_its_line_and_errors_load_nothing,
    what_is_not_read_is_refused_with_the_forms_that_are,
    an_upload_within_a_company_knows_its_limits,
    only_those_who_run_companies_upload,
);

fn paste(who: &impl Caller, text: &str) -> Call {
    who.client().post(UPLOADS, &json!({"text": text, "document": "Guide"}))
}

fn patch(who: &impl Caller, id: &str, body: &Value) -> Call {
    who.client().call(Method::PATCH, &format!("{ENTRIES}{id}/")).json(body)
}

fn send(who: &impl Caller, name: &str, bytes: &[u8]) -> Call {
    let part = multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    who.client().call(Method::POST, UPLOADS).parts(multipart::Form::new().part("file", part))
}

fn counts(report: &Value) -> [u64; 4] {
    ["added", "changed", "removed", "unchanged"].map(|key| report[key].as_u64().unwrap_or_else(|| panic!("{report}")))
}

async fn entries(who: &impl Caller) -> Value {
    who.client().get(ENTRIES).await.ok()["results"].clone()
}

/// Returns the questions of all entries.
async fn questions(who: &impl Caller) -> Vec<String> {
    let entries = entries(who).await;
    entries.as_array().unwrap().iter().map(|row| row["question"].as_str().unwrap().to_owned()).collect()
}

async fn a_dry_run_says_what_would_change_and_changes_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    paste(&tesla.admin, "id;question;answer\n1;One?;1\n2;Two?;2\n3;Three?;3\n").await.ok();
    let before = entries(&tesla.admin).await;
    let log = tesla.admin.client().get("/api/audit/").await.ok();
    let text = "id;question;answer\n2;Two?;zwei\n1;One?;1\n;Four?;4\n";
    let report = paste(&tesla.admin, text).query(&[("dry_run", "1")]).await.ok();
    assert_eq!(counts(&report), [1, 1, 1, 1]);
    assert_eq!((&report["dry_run"], &report["problems"]), (&json!(true), &json!([])));
    let entry = |line: Value, row: Value, change: &str, id: Value, question: &str, answer: &str| {
        json!({"line": line, "row": row, "change": change, "chunk_id": id, "document": "Guide", "section": "", "question": question,
            "alternatives": [], "answer": answer, "page": 0})
    };
    let expected = json!([
        entry(json!(2), json!(1), "changed", json!("2"), "Two?", "zwei"),
        entry(json!(4), json!(3), "added", Value::Null, "Four?", "4"),
        entry(Value::Null, Value::Null, "removed", json!("3"), "Three?", "3"),
    ]);
    assert_eq!(report["entries"], expected);
    assert_eq!(entries(&tesla.admin).await, before);
    assert_eq!(tesla.admin.client().get("/api/audit/").await.ok(), log);
    let report = paste(&tesla.admin, text).await.ok();
    assert_eq!((counts(&report), &report["dry_run"]), ([1, 1, 1, 1], &json!(false)));
    assert_eq!(report["entries"][1]["chunk_id"].as_str().unwrap().len(), 36);
    assert_eq!(questions(&tesla.admin).await, ["Two?", "One?", "Four?"]);
    assert_eq!(tesla.visitor().await.say("Two?").await["answer"], "zwei");
    paste(&tesla.admin, text).query(&[("dry_run", "perhaps")]).await.field_error("dry_run", "Must be a valid boolean.");
}

async fn whoever_names_a_dry_run_loads_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let upload = |path: &str, dry_run: Value| {
        tesla.admin.client().post(path, &json!({"text": "question,answer\nQ,A", "dry_run": dry_run}))
    };
    for path in ["/api/knowledge/uploads/?dry_run", "/api/knowledge/uploads/?dry_run="] {
        upload(path, json!(false)).await.field_error("dry_run", "This field may not be blank.");
    }
    upload(UPLOADS, json!("")).await.field_error("dry_run", "Must be a valid boolean.");
    upload(UPLOADS, Value::Null).await.field_error("dry_run", "This field may not be null.");
    for dry_run in [json!(true), json!("yes")] {
        assert_eq!(upload(UPLOADS, dry_run).await.ok()["dry_run"], json!(true));
    }
    assert_eq!(upload("/api/knowledge/uploads/?dry_run=1", json!(false)).await.ok()["dry_run"], json!(true));
    assert_eq!(entries(&tesla.admin).await, json!([]));
    assert_eq!(upload("/api/knowledge/uploads/?dry_run=0", json!(false)).await.ok()["dry_run"], json!(false));
    assert_eq!(questions(&tesla.admin).await, ["Q"]);
}

async fn an_upload_replaces_the_documents_that_it_names(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let faq = json!({"Handbook": {"Repairs": [
        {"question": "do you repair hydraulic brakes", "answer": "No.", "alternatives": ["Brakes?"]},
        {"question": "Do you sell bells?", "answer": "Yes."},
    ]}});
    world.clock.advance(Duration::from_secs(5));
    let before = entries(&tesla.admin).await;
    // An id takes no entry out of a document that the upload does not name.
    let taken = json!([
        {"question": "Do you sell bells?", "answer": "Yes.", "document": "Handbook"},
        {"question": "Rent?", "answer": "30 euros.", "document": "Handbook", "chunk_id": "rent_001"},
    ]);
    let message =
        "chunk_id: rent_001 is the id of an entry in the document \"Price list\", which is not in the upload.";
    let expected = json!([{"line": 1, "row": 2, "message": message, "severity": "error"}]);
    let refused = paste(&tesla.admin, &taken.to_string()).await;
    refused.field_error("file", "There are entries that cannot be loaded.");
    assert_eq!(refused.body["problems"], expected);
    let report = paste(&tesla.admin, &taken.to_string()).query(&[("dry_run", "1")]).await.ok();
    assert_eq!((&report["problems"], &report["has_errors"]), (&expected, &json!(true)));
    // The refused entry could be one of those that would be removed.
    assert_eq!(counts(&report), [1, 0, 0, 0]);
    assert_eq!(entries(&tesla.admin).await, before);
    let report = send(&tesla.admin, "faq.json", faq.to_string().as_bytes()).await.ok();
    assert_eq!(counts(&report), [1, 1, 2, 0]);
    let after = entries(&tesla.admin).await;
    let shown: Vec<_> = after.as_array().unwrap().iter().map(|row| (&row["document"], &row["chunk_id"])).collect();
    let new = &after[3]["chunk_id"];
    let expected =
        json!([["Price list", "rent_001"], ["Price list", "rent_002"], ["Handbook", "repair_002"], ["Handbook", new]]);
    assert_eq!(json!(shown), expected);
    assert_eq!((&after[0], &after[1]), (&before[0], &before[1]));
    // Once more, it changes nothing, and the entries without an id are found by their questions.
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(counts(&send(&tesla.admin, "faq.json", faq.to_string().as_bytes()).await.ok()), [0, 0, 0, 2]);
    assert_eq!(entries(&tesla.admin).await, after);
    // An upload without alternatives leaves them as they are, and other entries keep their time.
    let shorter = json!([{"question": "Do you repair hydraulic brakes?", "answer": "Never.", "document": "Handbook"},
        {"question": "Do you sell bells?", "answer": "Yes.", "document": "Handbook", "section": "Repairs"}]);
    let report = send(&tesla.admin, "x.json", shorter.to_string().as_bytes()).await.ok();
    assert_eq!(counts(&report), [0, 1, 0, 1]);
    let last = entries(&tesla.admin).await;
    assert_eq!((&last[2]["answer"], &last[2]["alternatives"]), (&json!("Never."), &json!(["Brakes?"])));
    assert_eq!(last[3], after[3]);
    assert_ne!(last[2]["updated_at"], after[2]["updated_at"]);
}

async fn every_form_and_encoding_is_read(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let caf = "Caf\u{e9} \u{20ac}5";
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let csv = |delimiter: &str| format!("Question{delimiter}Answer\nWhere?{delimiter}{caf}\n");
    let json = json!([["Where?", caf]]).to_string();
    let files: [(&str, Vec<u8>); 9] = [
        ("guide.csv", csv(",").into_bytes()),
        ("guide.csv", csv(";").into_bytes()),
        ("guide.tsv", csv("\t").into_bytes()),
        ("guide.csv", [b"\xef\xbb\xbf", csv(";").as_bytes()].concat()),
        ("guide.csv", [b"\xff\xfe".to_vec(), wide(&csv("\t"))].concat()),
        ("guide.csv", b"Question;Answer\r\nWhere?;Caf\xe9 \x805\r\n".to_vec()),
        ("guide.json", json.clone().into_bytes()),
        ("guide.json", [b"\xef\xbb\xbf", json.as_bytes()].concat()),
        (
            "guide.json",
            json!({"documents": {"guide": {"": [{"question": "Where?", "answer": caf}]}}}).to_string().into_bytes(),
        ),
    ];
    for (at, (name, bytes)) in files.into_iter().enumerate() {
        let report = send(&tesla.admin, name, &bytes).await.ok();
        assert_eq!(counts(&report), if at == 0 { [1, 0, 0, 0] } else { [0, 0, 0, 1] }, "{at}: {report}");
    }
    let stored = entries(&tesla.admin).await;
    assert_eq!((&stored[0]["document"], &stored[0]["answer"]), (&json!("guide"), &json!(caf)));
}

async fn html_becomes_plain_text(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let html = "<p>We open at <b>nine</b>&nbsp;&ndash; see <a href='https://a.example/hours'>hours</a>.</p><ul><li>Mon</li></ul>";
    let faq = json!([{"question": "<h1>When do you open&#63;</h1>", "answer": html}]);
    send(&tesla.admin, "x.json", faq.to_string().as_bytes()).await.ok();
    let reply = tesla.visitor().await.say("When do you open?").await;
    assert_eq!(reply["answer"], "We open at nine \u{2013} see hours (https://a.example/hours).<br><br>- Mon");
    let script = json!([["Is <script>alert(1)</script>it safe?", "Yes &lt;script&gt;alert(1)&lt;/script&gt;"]]);
    send(&tesla.admin, "y.json", script.to_string().as_bytes()).await.ok();
    let stored = entries(&tesla.admin).await[1].clone();
    let expected = (&json!("Is it safe?"), &json!("Yes < script>alert(1)< /script>"));
    assert_eq!((&stored["question"], &stored["answer"]), expected);
}

async fn html_of_single_entries_becomes_plain_text(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let html = json!({"question": "<h1>When do you open&#63;</h1>", "answer": "<ul><li>At <b>nine</b></li><li>or ten</li></ul>",
        "document": "A &amp; B", "section": "<i>Visits</i>", "alternatives": ["<p>Opening &eacute;</p>"], "chunk_id": "hours"});
    let created = tesla.admin.client().post(ENTRIES, &html).await.created();
    let fields =
        |entry: &Value| ["question", "answer", "document", "section", "alternatives"].map(|key| entry[key].clone());
    let plain = [
        json!("When do you open?"),
        json!("- At nine<br>- or ten"),
        json!("A & B"),
        json!("Visits"),
        json!(["Opening \u{e9}"]),
    ];
    assert_eq!(fields(&created), plain);
    let change = json!({"answer": "<div>At&nbsp;ten</div>", "alternatives": ["<b>Hours</b>", "Opening \u{e9}"]});
    let changed = patch(&tesla.admin, "hours", &change).await.ok();
    assert_eq!((&changed["answer"], &changed["alternatives"]), (&json!("At ten"), &json!(["Hours", "Opening \u{e9}"])));
    // Its length and whether it is blank are those of the plain text.
    let long = |length: usize| format!("<p class=\"question\">{}</p>", "x".repeat(length));
    patch(&tesla.admin, "hours", &json!({"question": long(1_000)})).await.ok();
    let over = patch(&tesla.admin, "hours", &json!({"question": long(1_001)})).await;
    over.field_error("question", "Ensure this field has no more than 1000 characters.");
    let blank = patch(&tesla.admin, "hours", &json!({"answer": "<p>&nbsp;</p>"})).await;
    blank.field_error("answer", "This field may not be blank.");
}

async fn an_export_is_read_again_as_it_is(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    tesla.knowledge(&sample::bicycle_faq()).await;
    let hours = json!({"question": "When do you open?", "answer": "At nine.", "document": "Handbook", "section": "Visits",
        "chunk_id": "hours", "page": 4, "alternatives": ["Opening hours?", "Are you open early"]});
    tesla.admin.client().post(ENTRIES, &hours).await.created();
    // As long as can be, with markup that is disarmed.
    let long =
        json!({"question": "<x".repeat(500), "answer": "<y>".repeat(3_333), "document": "D", "chunk_id": "long"});
    let long = tesla.admin.client().post(ENTRIES, &long).await.created();
    assert_eq!(long["question"], "< x".repeat(500));
    // And an example of HTML, which must not be read as HTML again.
    let html = json!({"question": "What is &amp;nbsp;?", "answer": "<p>Write &amp;nbsp; or</p><p>&lt;b&gt;.</p>",
        "document": "D", "chunk_id": "html"});
    let html = tesla.admin.client().post(ENTRIES, &html).await.created();
    let expected = (&json!("What is &nbsp;?"), &json!("Write &nbsp; or<br><br>< b>."));
    assert_eq!((&html["question"], &html["answer"]), expected);
    // Whatever is sent back as it is changes nothing.
    world.clock.advance(Duration::from_secs(3));
    for (id, entry) in [("long", &long), ("html", &html)] {
        assert_eq!(&patch(&tesla.admin, id, entry).await.ok(), entry);
    }
    let export = tesla.admin.client().get("/api/knowledge/entries/export/").await;
    assert_eq!(export.header("content-disposition"), "attachment; filename=\"knowledge.json\"");
    let export = export.ok();
    let entry = json!({"chunk_id": "hours", "document": "Handbook", "section": "Visits", "question": "When do you open?",
        "alternatives": ["Opening hours?", "Are you open early"], "answer": "At nine.", "page": 4});
    assert_eq!(export["documents"]["Handbook"]["Visits"], json!([entry]));
    assert_eq!(spacex.knowledge(&export).await["documents_count"], 8);
    let without_time = |mut rows: Value| {
        rows.as_array_mut().unwrap().iter_mut().for_each(|row| row["updated_at"] = Value::Null);
        rows
    };
    assert_eq!(without_time(entries(&spacex.admin).await), without_time(entries(&tesla.admin).await));
    assert_eq!(spacex.admin.client().get("/api/knowledge/entries/export/").await.ok(), export);
    let report = paste(&spacex.admin, &export.to_string()).await.ok();
    assert_eq!((&report["unchanged"], &report["problems"], &report["entries"]), (&json!(8), &json!([]), &json!([])));
}

async fn every_problem_is_named_with_its_line_and_errors_load_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let text = "id,question,answer\n1,When?,Now\n1,Who?,Me\n2,WHEN?,Later\n3,,Nothing\n";
    let problem = |line: u8, message: &str, severity: &str| json!({"line": line, "row": line - 1, "message": message, "severity": severity});
    let expected = json!([
        problem(3, "chunk_id: 1 is also the id of the entry in line 2.", "error"),
        problem(4, "The question is also asked in line 2.", "note"),
        problem(5, "question: This field is required.", "error"),
    ]);
    let report = paste(&tesla.admin, text).query(&[("dry_run", "true")]).await.ok();
    assert_eq!((&report["problems"], counts(&report)), (&expected, [2, 0, 0, 0]));
    let refused = paste(&tesla.admin, text).await;
    refused.field_error("file", "There are entries that cannot be loaded.");
    assert_eq!(refused.body["problems"], expected);
    assert_eq!(entries(&tesla.admin).await, json!([]));
    // A note prevents nothing.
    let report = paste(&tesla.admin, "question,answer\nWhen?,Now\nWhen,Later\n").await.ok();
    assert_eq!((counts(&report), report["problems"].as_array().unwrap().len()), ([2, 0, 0, 0], 1));
    // What cannot be decoded is no entry without a value, and a file in one line has rows.
    let half = r#"[["When?", "Now"], {"question": "Who?", "answer": "\ud83d"}, ["when", "Later"]]"#;
    let expected = json!([
        {"line": 1, "row": 2, "message": "answer: unexpected end of hex escape.", "severity": "error"},
        {"line": 1, "row": 3, "message": "The question is also asked in row 1.", "severity": "note"},
    ]);
    assert_eq!(paste(&tesla.admin, half).await.expect(400).body["problems"], expected);
    let broken = paste(&tesla.admin, "[\n[\"a\", \"b\"],\n").await.expect(400);
    assert!(broken.body["file"][0].as_str().unwrap().starts_with("Line 3 is not JSON: EOF"), "{broken:?}");
}

async fn what_is_not_read_is_refused_with_the_forms_that_are(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for (name, bytes, message) in [
        ("a.pdf", b"%PDF-1.4\n%\xe2\xe3\x81\0".as_slice(), "The file is not a text in UTF-8, UTF-16 or Latin-1."),
        ("a.xlsx", b"PK\x03\x04\x14\0\0\0", "The file is not a text in UTF-8, UTF-16 or Latin-1."),
        ("a.txt", b"Hello", "The first line names no columns question and answer."),
        ("a.csv", b"question;answer", "No entries were found."),
        ("a.json", b"{\"documents\": {}}", "No entries were found."),
    ] {
        let refused = send(&tesla.admin, name, bytes).await;
        refused.field_error("file", message);
        let expected = refused.body["expected"].to_string();
        assert!(["JSON", "CSV", "question", "answer"].iter().all(|word| expected.contains(word)), "{refused:?}");
    }
    send(&tesla.admin, "a.csv", b"").await.field_error("file", "The submitted file is empty.");
    tesla.admin.client().post(UPLOADS, &json!({})).await.field_error("file", "No file was submitted.");
    let many = format!("question,answer\n{}", "a,b\n".repeat(5_001));
    paste(&tesla.admin, &many).await.field_error("file", "There are more than 5000 entries.");
}

async fn an_upload_within_a_company_knows_its_limits(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let part = |part: usize| {
        let entry = |n: usize| json!({"question": format!("{n} {part}"), "answer": "a".repeat(9_990), "document": part.to_string()});
        json!((0..600).map(entry).collect::<Vec<_>>()).to_string()
    };
    send(&tesla.admin, "a.json", part(0).as_bytes()).await.ok();
    let refused = send(&tesla.admin, "b.json", part(1).as_bytes()).await;
    refused.field_error("file", "There are entries that cannot be loaded.");
    let report = send(&tesla.admin, "b.json", part(1).as_bytes()).query(&[("dry_run", "1")]).await.ok();
    let message = "There may be no more than 20000 questions and 10485760 characters altogether.";
    let expected = json!([{"line": 1, "row": null, "message": message, "severity": "error"}]);
    assert_eq!((&report["problems"], &report["has_errors"]), (&expected, &json!(true)));
    assert_eq!(refused.body["problems"], expected);
    assert_eq!(counts(&send(&tesla.admin, "a.json", part(0).as_bytes()).await.ok()), [0, 0, 0, 600]);
    // Another company's documents of the same name are others.
    assert_eq!(counts(&send(&space.admin, "a.json", part(0).as_bytes()).await.ok()), [600, 0, 0, 0]);
}

async fn only_those_who_run_companies_upload(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let superadmin = world.superadmin().await;
    let agent = tesla.agent("Bo Agent").await;
    paste(&agent, "question,answer\nQ,A").await.refuses_the_role();
    world.anybody().post(UPLOADS, &json!({})).await.asks_for_a_token();
    let client = superadmin.client();
    let upload = |more: Value| {
        let mut body = json!({"text": "question,answer\nQ,A", "document": "D"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.post(UPLOADS, &body)
    };
    upload(json!({})).await.error(400, "bad_request", "company_id or shared is required");
    upload(json!({"company_id": "ABC001"})).await.error(404, "not_found", "Company not found");
    assert_eq!(counts(&upload(json!({"company_id": tesla.id})).await.ok()), [1, 0, 0, 0]);
    assert_eq!(counts(&upload(json!({"shared": true})).query(&[("dry_run", "1")]).await.ok()), [1, 0, 0, 0]);
    assert_eq!(counts(&upload(json!({"shared": true})).await.ok()), [1, 0, 0, 0]);
    assert_eq!(questions(&tesla.admin).await, ["Q"]);
}

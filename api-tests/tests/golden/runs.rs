//! Runs, and thresholds that are computed from them.

use super::*;

on_each_database!(
    a_run_says_what_would_come_of_each_question,
    another_threshold_shows_what_flips,
    a_removed_entry_is_missing,
    the_library_counts_if_the_company_uses_it,
    a_threshold_is_found_for_a_precision,
    too_few_questions_and_too_great_a_precision_find_none,
);

async fn a_run_says_what_would_come_of_each_question(world: &World) {
    let tesla = taught(world).await;
    let empty = run(&tesla, &json!({})).await;
    let nothing = json!({"threshold": 0.35, "passed": 0, "failed": 0, "recall": null, "wrong": null,
        "false_answers": null, "missing": 0, "rows": []});
    assert_eq!(empty, nothing);
    for (question, expect) in [
        (EXACT, "rent_002"),
        ("How long does a puncture repair take?", "rent_001"),
        ("zzz", "rent_003"),
        ("qqq", "clarify"),
        (SIMILAR, "clarify"),
    ] {
        golden(&tesla.admin, question, expect).await.created();
    }
    let rows = || {
        world.lines("SELECT CAST(count(*) AS TEXT) AS line FROM audit_entries UNION ALL SELECT CAST(count(*) AS TEXT) FROM messages")
    };
    let before = rows();
    let report = run(&tesla, &json!({})).await;
    assert_eq!(rows(), before);
    let expected = [
        (EXACT, "passed"),
        ("How long does a puncture repair take?", "wrong"),
        ("zzz", "unanswered"),
        ("qqq", "passed"),
        (SIMILAR, "false_answer"),
    ];
    assert_eq!(outcomes(&report), expected);
    let third = 1.0 / 3.0;
    assert_eq!((&report["passed"], &report["failed"], &report["missing"]), (&json!(2), &json!(3), &json!(0)));
    assert_eq!((&report["recall"], &report["wrong"]), (&json!(third), &json!(third)));
    assert_eq!(report["false_answers"], 0.5);
    let row = |at: usize| &report["rows"][at];
    let first = json!({"id": row(0)["id"], "question": EXACT, "expect": "rent_002", "would": "answer",
        "chunk_id": "rent_002", "confidence": 1.0, "passed": true, "outcome": "passed", "flips": null});
    assert_eq!(*row(0), first);
    assert_eq!((&row(2)["would"], &row(2)["chunk_id"]), (&json!("clarify"), &Value::Null));
    // Each row says what the test box says.
    for row in report["rows"].as_array().unwrap() {
        let ask = json!({"question": row["question"]});
        let shown = tesla.admin.client().post("/api/knowledge/ask/", &ask).await.ok();
        assert_eq!((&shown["would"], &shown["confidence"]), (&row["would"], &row["confidence"]), "{row}");
        assert_eq!(shown["citations"][0]["chunk_id"], row["chunk_id"], "{row}");
    }
}

async fn another_threshold_shows_what_flips(world: &World) {
    let tesla = taught(world).await;
    for (question, expect) in [(EXACT, "rent_002"), (SIMILAR, "rent_002"), ("zzz", "clarify")] {
        golden(&tesla.admin, question, expect).await.created();
    }
    let strict = run(&tesla, &json!({"threshold": "0.999"})).await;
    assert_eq!(outcomes(&strict), [(EXACT, "passed"), (SIMILAR, "unanswered"), ("zzz", "passed")]);
    let flips: Vec<_> = strict["rows"].as_array().unwrap().iter().map(|row| row["flips"].as_bool()).collect();
    assert_eq!(flips, [Some(false), Some(true), Some(false)]);
    assert_eq!((&strict["threshold"], &strict["recall"]), (&json!(0.999), &json!(0.5)));
    assert_eq!(run(&tesla, &json!({"threshold": 0.35})).await["rows"][1]["flips"], false);
    assert_eq!(run(&tesla, &json!({})).await["threshold"], 0.35);
    let refused = tesla.admin.client().post(RUN, &json!({"threshold": 1.5})).await.expect(400);
    assert!(refused.body["threshold"].is_array(), "{refused:?}");
}

async fn a_removed_entry_is_missing(world: &World) {
    let tesla = taught(world).await;
    golden(&tesla.admin, EXACT, "rent_002").await.created();
    delete(&tesla.admin, "rent_002").query(&[("force", "true")]).await.ok();
    let report = run(&tesla, &json!({})).await;
    assert_eq!(outcomes(&report), [(EXACT, "missing")]);
    assert_eq!((&report["missing"], &report["failed"], &report["recall"]), (&json!(1), &json!(1), &json!(0.0)));
    // What failed before cannot be lost, and an entry that comes back is found again.
    tesla.knowledge(&sample::bicycle_faq()).await;
    assert_eq!(outcomes(&run(&tesla, &json!({})).await), [(EXACT, "passed")]);
}

async fn the_library_counts_if_the_company_uses_it(world: &World) {
    let tesla = taught(world).await;
    let superadmin = world.superadmin().await;
    superadmin.load_sample_documents().await.ok();
    tesla.admin.set_bot(&json!({"use_shared_library": true})).await.ok();
    let library = superadmin.client().get(ENTRIES).query(&[("shared", "true"), ("limit", "1")]).await.ok();
    let entry = &library["results"][0];
    let question = entry["question"].as_str().unwrap();
    golden(&tesla.admin, question, entry["chunk_id"].as_str().unwrap()).await.created();
    assert_eq!(outcomes(&run(&tesla, &json!({})).await), [(question, "passed")]);
    // An entry of the company goes before that of the library.
    let own = json!({"question": question, "answer": "So.", "document": "D"});
    assert_lost(&tesla.admin.client().post(ENTRIES, &own).await, &[(question, "wrong")]);
    tesla.admin.set_bot(&json!({"use_shared_library": false})).await.ok();
    assert_eq!(outcomes(&run(&tesla, &json!({})).await), [(question, "missing")]);
}

/// Adds ten questions that equal the question of `rent_002` or one of its alternatives.
async fn ten_exact(tesla: &Company) {
    let words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let alternatives: Vec<_> = words.iter().map(|word| format!("{word} {word} {word}")).collect();
    patch(&tesla.admin, "rent_002", &json!({"alternatives": alternatives})).await.ok();
    for question in alternatives.iter().map(String::as_str).chain([EXACT]) {
        golden(&tesla.admin, question, "rent_002").await.created();
    }
}

async fn a_threshold_is_found_for_a_precision(world: &World) {
    let tesla = taught(world).await;
    ten_exact(&tesla).await;
    golden(&tesla.admin, SIMILAR, "clarify").await.created();
    let find = |body: Value| tesla.admin.client().post(THRESHOLD, &body);
    let strict = find(json!({"precision": 1})).await.ok();
    let reached = json!({"threshold": 1.0, "precision": 1.0, "recall": 1.0, "answered": 10});
    let exact = json!({"threshold": 1.0, "reason": null, "reached": reached, "current": 0.35, "applied": false});
    assert_eq!(strict, exact);
    let loose = find(json!({"precision": "0.9"})).await.ok();
    assert_eq!((&loose["reached"]["answered"], &loose["applied"]), (&json!(11), &json!(false)));
    let threshold = loose["threshold"].as_f64().unwrap();
    assert!(threshold > 0.35 && threshold < 1.0, "{loose}");
    assert_eq!(tesla.admin.bot_settings().await.ok()["confidence_threshold"], 0.35);
    assert_eq!(outcomes(&run(&tesla, &json!({"threshold": threshold})).await)[10], (SIMILAR, "false_answer"));

    let applied = find(json!({"precision": 1, "apply": true})).await.ok();
    assert_eq!((&applied["applied"], &applied["current"]), (&json!(true), &json!(0.35)));
    assert_eq!(tesla.admin.bot_settings().await.ok()["confidence_threshold"], 1.0);
    let log = tesla.admin.client().get("/api/audit/").await.ok();
    assert_eq!(log["results"][0]["action"], "settings_changed", "{log}");
    let said = tesla.visitor().await.say(SIMILAR).await;
    assert_eq!(said["type"], "clarification_needed", "{said}");
}

async fn too_few_questions_and_too_great_a_precision_find_none(world: &World) {
    let tesla = taught(world).await;
    let find = |body: Value| tesla.admin.client().post(THRESHOLD, &body);
    golden(&tesla.admin, SIMILAR, "clarify").await.created();
    let few = find(json!({"precision": 0.5, "apply": true})).await.expect(409);
    assert_eq!((&few.body["code"], &few.body["answerable"]), (&json!("golden_too_few"), &json!(0)));
    let asked = find(json!({"precision": 0.5})).await.ok();
    let nothing = json!({"threshold": null, "reason": "too_few_questions", "reached": null, "current": 0.35,
        "applied": false});
    assert_eq!(asked, nothing);
    ten_exact(&tesla).await;
    golden(&tesla.admin, "How long does a puncture repair take?", "clarify").await.created();
    let out_of_reach = find(json!({"precision": 0.99, "apply": true})).await.expect(409);
    let best = &out_of_reach.body["best"];
    assert_eq!(out_of_reach.body["code"], "precision_out_of_reach");
    assert_eq!((&best["threshold"], &best["answered"]), (&json!(1.0), &json!(11)), "{best}");
    let asked = find(json!({"precision": 0.99})).await.ok();
    assert_eq!((&asked["threshold"], &asked["reason"]), (&Value::Null, &json!("out_of_reach")));
    assert_eq!(asked["reached"], *best);
    assert_eq!(tesla.admin.bot_settings().await.ok()["confidence_threshold"], 0.35);
    for body in [json!({}), json!({"precision": 1.1}), json!({"precision": null}), json!({"precision": 1, "apply": 3})]
    {
        find(body).await.expect(400);
    }
}

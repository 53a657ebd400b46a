//! The main job: a company opens, and a visitor is answered by the bot, then by a person.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(a_company_serves_a_visitor_from_the_first_hello_to_the_last_word);

async fn a_company_serves_a_visitor_from_the_first_hello_to_the_last_word(world: &World) {
    // The superadmin creates a plan and opens the company.
    let superadmin = world.superadmin().await;
    let plan = json!({"plan_name": "basic", "max_agents": 2, "price": "99.99"});
    let plan = superadmin.create_plan(&plan).await.created();
    let opening = json!({"name": "Tesla Motors", "email": "ann@tesla.example", "plan_id": plan["id"]});
    let opened = superadmin.create_admin(&opening).await.created();
    assert_eq!(opened["company_id"], "TES001");

    // The admin signs in, loads the knowledge and hires an agent.
    let password = opened["password"].as_str().unwrap();
    let signed_in = world.anybody().login("ann@tesla.example", password).await.ok();
    let admin = world.anybody().with_token(signed_in["access"].as_str().unwrap());
    let loaded = admin.load_documents(&sample::bicycle_faq()).await.ok();
    assert_eq!((&loaded["documents_count"], &loaded["company_id"]), (&json!(5), &json!("TES001")));
    let hire = json!({"name": "Bo Agent", "phone": "555-TEST", "email": "bo@tesla.example", "specialization": "All"});
    let hired = admin.create_agent(&hire).await.created();

    // The agent replaces the generated password and signs in.
    let first = world.anybody().login("bo@tesla.example", hired["password"].as_str().unwrap()).await.ok();
    assert_eq!((&first["code"], &first["access"]), (&json!("first_login_required"), &Value::Null));
    let choice = json!({"email": "bo@tesla.example", "current_password": hired["password"],
        "new_password": "NewPassword123", "confirm_password": "NewPassword123"});
    world.anybody().agent_first_login(&choice).await.ok();
    let signed_in = world.anybody().login("bo@tesla.example", "NewPassword123").await.ok();
    let bo = world.anybody().with_token(signed_in["access"].as_str().unwrap());
    assert_eq!(signed_in["agent"]["id"], hired["agent"]["id"]);

    // A visitor says hello, completes the intake, and is answered from the company's knowledge.
    let visitor = world.anybody();
    let welcome = visitor.chat(&json!({"message": "Hello", "company_id": "TES001"})).await.ok();
    let session = welcome["session_id"].as_str().unwrap();
    let say = async |text: &str| {
        visitor.chat(&json!({"message": text, "company_id": "TES001", "session_id": session})).await.ok()
    };
    for line in ["Asha Rai", "+1 United States", "5551234567", "asha@example.com"] {
        assert_eq!(say(line).await["type"], "profile_collection", "{line}");
    }
    assert_eq!(say("Kathmandu").await["type"], "profile_complete");
    let answer = say("what does renting a bicycle cost for one day?").await;
    assert_eq!((&answer["type"], &answer["mode"]), (&json!("rag_response"), &json!("extractive")), "{answer}");
    assert_eq!(answer["answer"], "A city bicycle is 25 euros a day; an electric one is 40 euros.");
    assert_eq!(answer["citations"][0]["chunk_id"], "rent_001");

    // The visitor asks for a person, and the bot stops answering.
    let escalated = say("Talk to a person").await;
    assert_eq!((&escalated["type"], &escalated["escalated"]), (&json!("escalated"), &json!(true)));
    let waiting = say("Is anybody there?").await;
    assert_eq!((&waiting["type"], &waiting["response"]), (&json!("human_handling"), &json!("")));
    let queue = bo.handoffs(&[("status", "unassigned")]).await.ok();
    let row = &queue[0];
    assert_eq!((&row["chat_session_id"], &row["user_profile"]["name"]), (&json!(session), &json!("Asha Rai")));

    // The agent answers, which takes the session over, and resolves it.
    let sent = bo.write(session, "Good morning, this is Bo.").await.ok();
    assert_eq!(sent["chat_message"]["content"], "Good morning, this is Bo.");
    assert_eq!(bo.own_sessions(&[]).await.ok()["sessions"][0]["chat_session"]["status"], "assigned");
    assert_eq!(say("Thank you, Bo").await["type"], "human_handling");
    let resolved = bo.resolve(row["id"].as_i64().unwrap(), "Answered").await.ok();
    assert_eq!(resolved["handoff_session"]["notes"], "Answered");
    assert_eq!(visitor.session_status(session).await.ok()["status"], "resolved");

    // The bot answers again. Every message is stored once, in order.
    let again = say("Do I need to leave a deposit?").await;
    assert_eq!((&again["type"], &again["confidence"]), (&json!("rag_response"), &json!(1.0)), "{again}");
    let history = bo.messages(session).await.ok();
    let messages = history["messages"].as_array().unwrap();
    let seqs: Vec<_> = messages.iter().map(|row| row["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=again["last_seq"].as_i64().unwrap()).collect::<Vec<_>>());
    let sides: String = messages.iter().map(|row| row["message_type"].as_str().unwrap()[..1].to_owned()).collect();
    assert_eq!(sides, "ububububububububuauub");
}

//! Answers that a model words.
#![cfg(test)]

use api_tests::prelude::*;
use llm_client::{ModelError, scripted::Outcome};
use tokio::{sync::oneshot, task::JoinHandle};

on_each_database!(
    a_model_words_the_answer_from_the_cited_sources,
    the_stored_answer_is_said_if_the_model_fails_or_strays,
    what_the_knowledge_does_not_answer_is_not_asked_of_the_model,
    a_question_in_the_intake_is_worded_too,
    the_message_is_stored_before_the_model_answers,
    a_person_who_acts_first_silences_the_model,
    a_prompt_holds_nothing_of_another_company,
);

const QUESTION: &str = "Do you repair hydraulic brakes?";
const STORED: &str = "Yes, bleeding hydraulic brakes takes one working day.";

/// A company whose answers a model words, and a visitor with a session of two messages.
async fn scene(world: &World) -> (Company, Visitor) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla.admin.set_bot(&json!({"answer_mode": "llm", "profile_when": "never"})).await.ok();
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    (tesla, visitor)
}

async fn after(visitor: &Visitor, seq: &str) -> Vec<Value> {
    let query = [("after", seq), ("wait", "25")];
    visitor.conversation(&visitor.session, &query).await.ok()["messages"].as_array().unwrap().clone()
}

fn senders(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["message_type"].as_str().unwrap()).collect()
}

async fn a_model_words_the_answer_from_the_cited_sources(world: &World) {
    let (_, mut visitor) = scene(world).await;
    world.model.push(Outcome::text(" We do: it takes one working day. "));
    let reply = visitor.say(QUESTION).await;
    assert_eq!((&reply["type"], &reply["mode"]), (&json!("rag_response"), &json!("llm")));
    assert_eq!(reply["response"], "We do: it takes one working day.");
    assert_eq!((&reply["answer"], &reply["last_seq"]), (&reply["response"], &json!(4)));
    assert_eq!(reply["citations"][0]["chunk_id"], "repair_002");
    let prompts = world.model.prompts();
    assert_eq!(prompts.len(), 1);
    let asked: String = prompts[0].messages.iter().map(|message| message.text.as_str()).collect();
    assert!(asked.contains(QUESTION) && asked.contains("bleeding hydraulic brakes"), "{asked}");
    let rows = after(&visitor, "2").await;
    assert_eq!(senders(&rows), ["user", "bot"]);
    assert_eq!((&rows[1]["content"], &rows[1]["reply"]["mode"]), (&reply["response"], &json!("llm")));
}

async fn the_stored_answer_is_said_if_the_model_fails_or_strays(world: &World) {
    let (_, mut visitor) = scene(world).await;
    // A model must not add numbers to its sources.
    for outcome in [Outcome::Error(ModelError::Empty), Outcome::text("Yes, for 500 euros.")] {
        world.model.push(outcome);
        let reply = visitor.say(QUESTION).await;
        assert_eq!((&reply["type"], &reply["mode"]), (&json!("rag_response"), &json!("extractive")));
        assert_eq!(reply["response"], STORED);
    }
    assert_eq!(world.model.prompts().len(), 2);
}

async fn what_the_knowledge_does_not_answer_is_not_asked_of_the_model(world: &World) {
    let (tesla, mut visitor) = scene(world).await;
    assert_eq!(visitor.say("Do zebras cross the moon?").await["type"], "clarification_needed");
    tesla.admin.set_bot(&json!({"answer_mode": "extractive"})).await.ok();
    assert_eq!(visitor.say(QUESTION).await["mode"], "extractive");
    assert_eq!(world.model.prompts().len(), 0);
}

async fn a_question_in_the_intake_is_worded_too(world: &World) {
    let (tesla, _) = scene(world).await;
    tesla.admin.set_bot(&json!({"profile_when": "first"})).await.ok();
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let asked = visitor.say("Ann Ray").await;
    world.model.push(Outcome::text("It takes one working day."));
    let reply = visitor.say(QUESTION).await;
    assert_eq!((&reply["type"], &reply["mode"]), (&json!("rag_response"), &json!("llm")));
    assert_eq!((&reply["collecting"], &reply["temp_data"]), (&json!("country_code"), &json!({"name": "Ann Ray"})));
    assert_eq!(reply["answer"], "It takes one working day.");
    let (answer, prompt) = reply["response"].as_str().unwrap().split_once("<br><br>").unwrap();
    assert_eq!(reply["answer"], answer);
    assert!(asked["response"].as_str().unwrap().ends_with(prompt), "{asked} {reply}");
}

/// Asks while the model takes its time, and waits until the question is stored. The sender ends the wait.
async fn asked(world: &World, visitor: &Visitor) -> (oneshot::Sender<String>, JoinHandle<Reply>) {
    let (answer, answered) = oneshot::channel();
    world.model.push(Outcome::later(async { answered.await.unwrap() }));
    let body = json!({"message": QUESTION, "company_id": visitor.company, "session_id": visitor.session});
    let call = tokio::spawn(visitor.chat(&body).into_future());
    let rows = after(visitor, "2").await;
    assert_eq!((senders(&rows), &rows[0]["content"]), (vec!["user"], &json!(QUESTION)));
    (answer, call)
}

async fn the_message_is_stored_before_the_model_answers(world: &World) {
    let (_, visitor) = scene(world).await;
    let (answer, call) = asked(world, &visitor).await;
    answer.send("We do, in one working day.".to_owned()).unwrap();
    let reply = call.await.unwrap().ok();
    assert_eq!((&reply["user_message"]["seq"], &reply["last_seq"]), (&json!(3), &json!(4)));
    assert_eq!((&reply["mode"], &reply["response"]), (&json!("llm"), &json!("We do, in one working day.")));
    assert_eq!(senders(&after(&visitor, "2").await), ["user", "bot"]);
}

async fn a_person_who_acts_first_silences_the_model(world: &World) {
    let (tesla, mut visitor) = scene(world).await;
    let (answer, call) = asked(world, &visitor).await;
    tesla.admin.escalate(&visitor.session, "I take this one").await.ok();
    tesla.admin.write(&visitor.session, "We do.").await.ok();
    answer.send("In one working day.".to_owned()).unwrap();
    let reply = call.await.unwrap().ok();
    assert_eq!((&reply["type"], &reply["response"]), (&json!("human_handling"), &json!("")));
    assert_eq!((&reply["escalated"], &reply["user_message"]["seq"]), (&json!(true), &json!(3)));
    visitor.say("Thank you").await;
    assert_eq!(senders(&after(&visitor, "2").await), ["user", "agent", "user"]);
}

/// Returns a company whose texts and knowledge contain `word`, and one of its visitors, who has said it.
async fn marked(world: &World, word: &str) -> (Company, Visitor) {
    let company = world.company(&format!("{word} Motors")).await;
    let entry = |question: &str, answer: &str| json!({"question": question, "answer": answer, "document": format!("{word} document")});
    let section = format!("{word} section");
    let entries = json!({word: {section: [
        entry("How long does a repair take?", &format!("{word}: a repair takes one day.")),
        entry(&format!("What is {word}?"), &format!("{word} is our word.")),
    ]}});
    company.knowledge(&entries).await;
    let settings = json!({"answer_mode": "llm", "profile_when": "never", "bot_name": word, "thanks_text": word,
        "greeting_text": format!("{word} greets you"), "quick_replies": [{"match": [word], "reply": word}]});
    company.admin.set_bot(&settings).await.ok();
    let mut visitor = company.stranger();
    visitor.say(&format!("Hello from {word}")).await;
    (company, visitor)
}

async fn a_prompt_holds_nothing_of_another_company(world: &World) {
    const WORDS: [&str; 3] = ["Zephyrine", "Quillfax", "Brontolux"];
    let mut visitors = Vec::new();
    for word in WORDS {
        visitors.push(marked(world, word).await);
    }
    let library =
        json!({"L": {"S": [{"question": "How long does a repair take?", "answer": "Librarium takes a year."}]}});
    let body = json!({"documents": library, "shared": true});
    world.superadmin().await.client().post("/api/chatbot/load-rag-documents/", &body).await.ok();
    for _ in 0..2 {
        for ((_, visitor), word) in visitors.iter_mut().zip(WORDS) {
            // What the model says is searched too: it says which company it was asked for.
            world.model.push(Outcome::text(format!("{word}: one day.")));
            let reply = visitor.say("How long does a repair take?").await;
            assert_eq!((&reply["mode"], &reply["response"]), (&json!("llm"), &json!(format!("{word}: one day."))));
        }
    }
    let prompts = world.model.prompts();
    assert_eq!(prompts.len(), 2 * WORDS.len());
    for (prompt, own) in prompts.iter().zip(WORDS.iter().cycle()) {
        let text = format!("{prompt:?}");
        assert!(text.contains(own), "{text}");
        for foreign in WORDS.iter().filter(|word| *word != own).chain(&["Librarium"]) {
            assert!(!text.contains(foreign), "{foreign} in {text}");
        }
    }
    for ((_, visitor), own) in visitors.iter().zip(WORDS) {
        let rows = after(visitor, "0").await;
        let text = json!(rows).to_string();
        assert!(
            text.contains(own) && WORDS.iter().filter(|word| **word != own).all(|word| !text.contains(word)),
            "{text}"
        );
    }
}

use super::*;

#[test]
fn a_question_without_an_answer_is_missed_and_nothing_else_is() {
    let missed = |snapshot: &Snapshot, text: &str| informed(snapshot, text).missed;
    let open = known(BotSettings::default());
    let question = "Do zebras cross the moon?";
    assert_eq!(missed(&open, question).as_deref(), Some(question));
    for text in ["hello", "thanks", "I want to talk to a person", "browse topics", "When are you open?"] {
        assert_eq!(missed(&open, text), None, "{text}");
    }
    // In the intake, a text is an answer unless it is a question.
    let asked = fresh(BotSettings::default());
    assert_eq!(missed(&asked, question).as_deref(), Some(question));
    assert_eq!(missed(&asked, "Ann Ray"), None);
    // The bot may call a person instead of asking back.
    let plan = informed(&known(BotSettings { handoff_after_misses: 1, ..BotSettings::default() }), question);
    assert_eq!((plan.stage, plan.missed.as_deref()), (Stage::Person, Some(question)));
}

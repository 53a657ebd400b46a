use super::*;
use crate::QuickReply;

#[test]
fn an_empty_document_means_the_defaults() {
    assert_eq!(serde_json::from_str::<BotSettings>("{}").unwrap(), BotSettings::default());
    let document = serde_json::to_string(&BotSettings::default()).unwrap();
    assert_eq!(serde_json::from_str::<BotSettings>(&document).unwrap(), BotSettings::default());
}

#[test]
fn a_document_uses_the_words_of_the_wire() {
    let settings: BotSettings = serde_json::from_str(
        r#"{"answer_mode":"llm","quick_replies":[{"match":["Choose country"],"reply":"Which?"},
            {"match":["A"],"reply":"B","suggestions":["C"],"type":"country_selection"}]}"#,
    )
    .unwrap();
    assert_eq!(settings.answer_mode, Mode::Llm);
    assert_eq!(settings.quick_replies[0].kind, "quick_reply");
    assert_eq!(settings.quick_replies[1].kind, "country_selection");
    let document = serde_json::to_value(&settings.quick_replies[1]).unwrap();
    assert_eq!(
        document,
        serde_json::json!({"match": ["A"], "reply": "B", "suggestions": ["C"], "type": "country_selection"})
    );
}

#[test]
fn the_defaults_pass_the_markup_rule() {
    let mut defaults = BotSettings::default();
    defaults.neutralise();
    assert_eq!(defaults, BotSettings::default());
}

#[test]
fn a_change_is_partial_and_a_reset_gives_the_default() {
    let to = |text: &str| Change::To(text.to_owned());
    let first = SettingsChange { bot_name: to("Kit"), greeting_text: to("Hi"), ..SettingsChange::default() };
    let first = first.of(&BotSettings::default());
    assert_eq!((first.bot_name.as_str(), first.greeting_text.as_str()), ("Kit", "Hi"));
    let second = SettingsChange { bot_name: Change::Reset, ..SettingsChange::default() }.of(&first);
    assert_eq!(second, BotSettings { greeting_text: "Hi".to_owned(), ..BotSettings::default() });
    assert_eq!(SettingsChange::default().of(&second), second);
}

#[test]
fn every_text_passes_the_markup_rule_and_keeps_its_breaks() {
    let tag = || "<b>a<br>".to_owned();
    let quick =
        QuickReply { matches: vec![tag()], reply: tag(), suggestions: vec![tag()], kind: "quick_reply".to_owned() };
    let changed = SettingsChange {
        bot_name: Change::To(tag()),
        escalation_phrases: Change::To(vec![tag()]),
        quick_replies: Change::To(vec![quick]),
        ..SettingsChange::default()
    };
    let changed = changed.of(&BotSettings::default());
    let safe = "< b>a<br>".to_owned();
    let [quick] = changed.quick_replies.as_slice() else { panic!("{changed:?}") };
    assert_eq!((&changed.bot_name, &changed.escalation_phrases), (&safe, &vec![safe.clone()]));
    assert_eq!((&quick.matches[0], &quick.reply, &quick.suggestions[0]), (&safe, &safe, &safe));
}

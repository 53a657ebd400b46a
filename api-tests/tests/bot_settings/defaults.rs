//! The default wordings of the bot's sentences.

use api_tests::prelude::*;

/// Returns the sentences, words and buttons that a company can word in its own way.
pub(crate) fn texts() -> Value {
    let mut texts = questions();
    texts.as_object_mut().unwrap().append(answers().as_object_mut().unwrap());
    texts
}

/// The questions of the intake, and the words in its answers.
fn questions() -> Value {
    json!({
        "name_question_text": "What's your full name?",
        "country_question_text": "Which country is your phone number from?",
        "country_again_text": "You can choose one or type its name or code, such as +352.",
        "more_countries_text": "Here are more countries. You can also type a country code, such as +352.",
        "phone_question_text": "What's your phone number?",
        "email_question_text": "What's your e-mail address?",
        "can_skip_text": "You can skip this.",
        "address_question_text": "And what's your address?",
        "name_example": "John Doe",
        "phone_example": "9841234567",
        "email_example": "your.email@example.com",
        "address_example": "City, Country",
        "name_noted_text": "Nice to meet you, {name}!",
        "fields_noted_text": "I have noted {fields}.",
        "fields_changed_text": "I have changed {fields}.",
        "profile_noted_text": "Thank you, I have noted your {fields}.",
        "field_text": "your {field}",
        "country_word": "the country",
        "name_word": "name",
        "phone_word": "phone number",
        "email_word": "e-mail address",
        "address_word": "address",
        "and_word": "and",
        "unknown_name": "Visitor",
    })
}

/// The other answers, and the buttons.
fn answers() -> Value {
    json!({
        "name_short_text": "A name has at least 2 characters.",
        "name_long_text": "A name has at most 100 characters.",
        "name_characters_text": "A name has only letters, spaces, hyphens, dots, apostrophes and parentheses.",
        "name_unclear_text": "I did not understand that as a name.",
        "name_is_country_text": "I understood \u{201c}{text}\u{201d} as a country. If it is your name, please write \
            \u{201c}My name is {text}\u{201d}.",
        "country_unsure_text": "Did you mean {countries}?",
        "country_unknown_text": "I can't find a country in \u{201c}{text}\u{201d}.",
        "phone_unclear_text": "{message}",
        "phone_noted_text": "{message}",
        "email_unclear_text": "I need exactly one e-mail address, such as ann@example.com.",
        "address_unclear_text": "I did not understand that as an address, such as a street and a town.",
        "skipped_text": "All right.",
        "given_up_text": "Let's leave that for now.",
        "greeting_again_text": "Hello!",
        "file_received_text": "Thank you, I have received your file.",
        "person_noted_text": "Our team knows that you want to talk to a person.",
        "question_noted_text": "I have noted that and will come back to it.",
        "question_answered_text": "You asked: \u{201c}{question}\u{201d}",
        "question_open_text": "I have no answer to \u{201c}{question}\u{201d} yet. I can pass it on to a person.",
        "question_with_team_text": "I have no answer to \u{201c}{question}\u{201d} yet. Our team sees your question.",
        "skip_suggestion": "Skip",
        "person_suggestion": "Talk to a person",
        "topics_suggestion": "Browse topics",
        "more_countries_suggestion": "Show more countries",
        "leave_email_suggestion": "Leave my e-mail address",
        "more_questions_text": "These are many questions at once. I have looked up the first four of them, so \
            please ask me the others again.",
        "topics_text": "Here are the topics I can help you with.",
        "no_topics_text": "There are no topics to browse yet. You can ask me, or talk to a person.",
        "topic_text": "What would you like to know about {topic}?",
        "file_question_text": "Thank you, I have received your file. What would you like to know about it?",
        "back_today_text": "We are back today at {time} ({timezone}).",
        "back_tomorrow_text": "We are back tomorrow at {time} ({timezone}).",
        "back_on_weekday_text": "We are back on {weekday} at {time} ({timezone}).",
        "back_on_date_text": "We are back on {date} at {time} ({timezone}).",
        "weekdays": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    })
}

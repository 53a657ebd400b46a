//! Recognising greetings.

const GREETINGS: [&str; 11] = [
    "hello",
    "hi",
    "hey",
    "how are you",
    "good morning",
    "good afternoon",
    "good evening",
    "greetings",
    "what's up",
    "how's it going",
    "namaste",
];

/// Whether a text is a greeting, or begins with one and a space.
///
/// Case and white space around the text are ignored.
pub fn is_greeting(text: &str) -> bool {
    let text = text.trim();
    GREETINGS.iter().any(|greeting| {
        text.split_at_checked(greeting.len()).is_some_and(|(head, rest)| {
            head.eq_ignore_ascii_case(greeting) && (rest.is_empty() || rest.starts_with(' '))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_is_the_text_or_its_first_words() {
        for greeting in GREETINGS {
            assert!(is_greeting(greeting), "{greeting}");
            assert!(is_greeting(&format!("  {} \n", greeting.to_uppercase())), "{greeting}");
            assert!(is_greeting(&format!("{greeting} there, I need help")), "{greeting}");
            assert!(!is_greeting(&format!("{greeting}x")), "{greeting}");
            assert!(!is_greeting(&format!("well {greeting}")), "{greeting}");
        }
    }

    #[test]
    fn only_a_space_ends_a_greeting() {
        for text in ["", " ", "hi!", "hello,", "hi\u{e9}", "hi\tthere", "good", "h\u{ed}", "Hiroshi", "good  morning"] {
            assert!(!is_greeting(text), "{text:?}");
        }
    }
}

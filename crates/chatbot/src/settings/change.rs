//! Reading and changing a company's bot settings.

use knowledge::Mode;
use tenancy::{
    StoreError,
    access::{ActingAs, Caller as _, Office},
    audit::{Action, Audit, Object},
};

use crate::{BotSettings, QuickReply, SettingsRecord};

/// What becomes of one setting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It gets its default again.
    Reset,
    /// It gets a value.
    To(T),
}

impl<T> Change<T> {
    fn apply(self, setting: &mut T, default: T) {
        match self {
            Self::Keep => {}
            Self::Reset => *setting = default,
            Self::To(value) => *setting = value,
        }
    }
}

macro_rules! settings_change {
    ($($field:ident: $type:ty,)*) => {
        /// A change of some settings, each named as in [`BotSettings`].
        #[derive(Debug, Clone, Default, PartialEq)]
        #[expect(missing_docs, reason = "the names are those of BotSettings")]
        pub struct SettingsChange {
            $(pub $field: Change<$type>,)*
        }

        impl SettingsChange {
            /// The settings after this change. Every text passes the markup rule.
            fn of(self, settings: &BotSettings) -> BotSettings {
                let (mut changed, defaults) = (settings.clone(), BotSettings::default());
                $(self.$field.apply(&mut changed.$field, defaults.$field);)*
                changed.disarm();
                changed
            }
        }
    };
}

settings_change! {
    bot_name: String,
    welcome_text: String,
    profile_done_text: String,
    profile_suggestions: Vec<String>,
    answer_suggestions: Vec<String>,
    greeting_text: String,
    greeting_suggestions: Vec<String>,
    clarification_text: String,
    clarification_suggestions: Vec<String>,
    escalation_text: String,
    escalation_phrases: Vec<String>,
    default_country_code: String,
    quick_replies: Vec<QuickReply>,
    use_shared_library: bool,
    confidence_threshold: f64,
    answer_mode: Mode,
}

/// The settings as they are, with defaults where the company has said nothing.
///
/// # Errors
/// Only when the store fails.
pub fn current<S>(store: &mut S) -> Result<BotSettings, StoreError>
where
    S: SettingsRecord + ActingAs<Office> + ?Sized,
{
    store.settings()
}

/// Changes settings and returns them as they are then. The next message is answered with them.
///
/// # Errors
/// Only when the store fails.
pub fn change<S>(store: &mut S, change: SettingsChange) -> Result<BotSettings, StoreError>
where
    S: SettingsRecord + Audit + ActingAs<Office> + ?Sized,
{
    let before = store.lock_settings()?;
    let after = change.of(&before);
    // Turns that were planned meanwhile have nothing to plan again for.
    if after != before {
        store.put_settings(&after)?;
        let company = store.caller().scope().company();
        store.record(Action::SettingsChanged, Object::Company(company));
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}

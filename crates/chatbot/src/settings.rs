//! A company's bot settings.
//!
//! [`bot_settings!`](crate::bot_settings) lists every setting once, with its documentation, name,
//! type and default. [`BotSettings`], [`SettingsChange`] and the body and the view of the
//! server's endpoint are made from that list. The store keeps a JSON document of the settings
//! that differ from their defaults, so a new setting needs no migration.
//!
//! # A new setting
//!
//! 1. Add a line to the list in `settings/list.rs`. Its position there is its position in JSON.
//! 2. Use the field, for example `snapshot.settings.handoff_after_misses` in `plan.rs`. A text is said
//!    through `Texts`, which fills its placeholders: `texts.say(&texts.settings.greeting_text)`.
//! 3. Add the default to `settings_are_shown_with_their_defaults` and the values that are refused
//!    to `each_setting_is_validated`, both in `api-tests/tests/bot_settings/`.
//!
//! Nothing that a visitor reads is written elsewhere in the code. `tests/texts.rs` fails otherwise.
//!
//! # A new type of setting
//!
//! For values that no [type](types) describes yet, such as opening hours or a number in a range:
//!
//! 1. Add the type to `settings/types.rs` and implement [`SettingType`](types::SettingType) for
//!    it. Limits are const parameters (`Number<1, 60>`), so that each line of the list sets its own.
//! 2. Implement `Accept` for it in the server's `routes/bot_settings/rules.rs`: the rule that
//!    reads and validates it.
//! 3. If its value is of a new Rust type, implement `Viewable` for that in the server's
//!    `views/settings.rs`.
//!
//! An enum that `tenancy::word_enum!` defines needs no type of its own: it is a
//! [`Word`](types::Word), with the steps 2 and 3 for the enum.

mod assignment;
pub(crate) mod buttons;
mod change;
mod fill;
mod hours;
pub mod limits;
mod list;
mod profile_steps;
mod quick_reply;
mod record;
mod texts;
pub mod types;

pub use assignment::Assignment;
pub use change::Change;
pub use fill::{Names, fill};
pub use hours::{Hours, InvalidHours};
pub use list::{BotSettings, SettingsChange, type_of};
pub use profile_steps::{ProfileSteps, ProfileWhen, Requirement};
pub use quick_reply::QuickReply;
pub use record::{ChangeError, SettingsRecord, change, current};
pub(crate) use texts::Texts;

//! A company's bot settings.

use chatbot::{
    BotSettings, QuickReply,
    settings::{type_of, types::SettingType},
};
use knowledge::Mode;
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::CompanyCode;

use super::{AsText, CompanyId};

/// A value of a setting that can be shown.
trait Viewable {
    /// The type whose JSON and schema are those of the value.
    type View;

    fn view(self) -> Self::View;
}

/// Values that are their own view.
macro_rules! viewed_unchanged {
    ($($value:ty),*) => {
        $(impl Viewable for $value {
            type View = Self;

            fn view(self) -> Self {
                self
            }
        })*
    };
}

viewed_unchanged!(String, Vec<String>, bool, f64);

impl Viewable for Mode {
    type View = &'static str;

    fn view(self) -> &'static str {
        self.as_str()
    }
}

impl Viewable for Vec<QuickReply> {
    type View = Vec<QuickReplyView>;

    fn view(self) -> Vec<QuickReplyView> {
        self.into_iter().map(QuickReplyView::from).collect()
    }
}

type ViewOf<T> = <<T as SettingType>::Value as Viewable>::View;

/// Declares the view from the list of settings.
macro_rules! view_of_settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr,)*) => {
        /// All settings, with defaults where the company has said nothing.
        #[derive(Debug, Serialize, JsonSchema)]
        pub(crate) struct BotSettingsView {
            company_id: CompanyId,
            $($name: ViewOf<type_of::$name>,)*
        }

        impl BotSettingsView {
            /// Shows the settings of a company.
            pub(crate) fn new(company: CompanyCode, settings: BotSettings) -> Self {
                Self { company_id: AsText(company), $($name: settings.$name.view(),)* }
            }
        }
    };
}

chatbot::bot_settings!(view_of_settings);

#[derive(Debug, Serialize, JsonSchema)]
struct QuickReplyView {
    #[serde(rename = "match")]
    matches: Vec<String>,
    reply: String,
    suggestions: Vec<String>,
    #[serde(rename = "type")]
    kind: String,
}

impl From<QuickReply> for QuickReplyView {
    fn from(quick: QuickReply) -> Self {
        Self { matches: quick.matches, reply: quick.reply, suggestions: quick.suggestions, kind: quick.kind }
    }
}

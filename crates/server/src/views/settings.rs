//! A company's bot settings.

use chatbot::{
    BotSettings, QuickReply,
    settings::{Assignment, Hours, ProfileSteps, ProfileWhen, Requirement, type_of, types::SettingType},
};
use knowledge::Mode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
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

viewed_unchanged!(String, Vec<String>, bool, u8, f64);

impl Viewable for Mode {
    type View = &'static str;

    fn view(self) -> &'static str {
        self.as_str()
    }
}

impl Viewable for ProfileWhen {
    type View = &'static str;

    fn view(self) -> &'static str {
        self.as_str()
    }
}

impl Viewable for Assignment {
    type View = &'static str;

    fn view(self) -> &'static str {
        self.as_str()
    }
}

impl Viewable for ProfileSteps {
    type View = ProfileStepsView;

    fn view(self) -> ProfileStepsView {
        let Self { name, phone, email, address } = self;
        let [name, phone, email, address] = [name, phone, email, address].map(Requirement::as_str);
        ProfileStepsView { name, phone, email, address }
    }
}

impl Viewable for Option<Hours> {
    type View = Option<Value>;

    fn view(self) -> Option<Value> {
        self.map(|hours| json!(hours))
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
            $($(#[$doc])* $name: ViewOf<type_of::$name>,)*
            /// Settings that have no effect, each with the reason.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            warnings: Vec<String>,
        }

        impl BotSettingsView {
            /// Shows the settings of a company. `has_model` tells whether the server has a model.
            pub(crate) fn new(company: CompanyCode, settings: BotSettings, has_model: bool) -> Self {
                let warnings = warnings(&settings, has_model);
                Self { company_id: AsText(company), $($name: settings.$name.view(),)* warnings }
            }
        }
    };
}

chatbot::bot_settings!(view_of_settings);

/// Why `answer_mode` `llm` has no effect on a server without a model.
pub(crate) const NO_MODEL: &str = "answers are extractive until --llm-url and --llm-model name a model";

fn warnings(settings: &BotSettings, has_model: bool) -> Vec<String> {
    if settings.answer_mode == Mode::Llm && !has_model {
        vec![format!("answer_mode is llm, but the server has no model: {NO_MODEL}")]
    } else {
        Vec::new()
    }
}

/// Whether each step of the intake is asked.
#[derive(Debug, Serialize, JsonSchema)]
struct ProfileStepsView {
    name: &'static str,
    phone: &'static str,
    email: &'static str,
    address: &'static str,
}

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

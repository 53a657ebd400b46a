//! Settings of rate limits, one number per bucket.

use std::{num::NonZeroU32, time::Duration};

use clap::Args;
use serde::Deserialize;

/// Allowed calls for each bucket, with the same names as [`Limits`].
#[derive(Args, Deserialize, Clone, Copy, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct LimitSettings {
    /// Calls to public endpoints without a limit of their own, per minute and IP [default: 120].
    #[arg(long = "limit-public", env = "SWITCHBOARD_LIMIT_PUBLIC", value_name = "N")]
    public: Option<NonZeroU32>,
    /// Calls of staff, per minute and user [default: 1200].
    #[arg(long = "limit-staff", env = "SWITCHBOARD_LIMIT_STAFF", value_name = "N")]
    staff: Option<NonZeroU32>,
    /// Calls to token/refresh, per minute and IP [default: 60].
    #[arg(long = "limit-refresh", env = "SWITCHBOARD_LIMIT_REFRESH", value_name = "N")]
    refresh: Option<NonZeroU32>,
    /// Calls to chat, per minute and IP [default: 300].
    #[arg(long = "limit-chat", env = "SWITCHBOARD_LIMIT_CHAT", value_name = "N")]
    chat: Option<NonZeroU32>,
    /// Calls to chat, per minute and session [default: 60].
    #[arg(long = "limit-chat-session", env = "SWITCHBOARD_LIMIT_CHAT_SESSION", value_name = "N")]
    chat_session: Option<NonZeroU32>,
    /// Calls to chat that start a session, per minute and IP [default: 60].
    #[arg(long = "limit-new-sessions", env = "SWITCHBOARD_LIMIT_NEW_SESSIONS", value_name = "N")]
    new_sessions: Option<NonZeroU32>,
    /// Uploads, per minute and IP [default: 60].
    #[arg(long = "limit-upload", env = "SWITCHBOARD_LIMIT_UPLOAD", value_name = "N")]
    upload: Option<NonZeroU32>,
    /// Uploads, per minute and session [default: 20].
    #[arg(long = "limit-upload-session", env = "SWITCHBOARD_LIMIT_UPLOAD_SESSION", value_name = "N")]
    upload_session: Option<NonZeroU32>,
    /// Calls by which visitors read and rate their conversation, per minute and IP [default: 6000].
    #[arg(long = "limit-conversation", env = "SWITCHBOARD_LIMIT_CONVERSATION", value_name = "N")]
    conversation: Option<NonZeroU32>,
    /// Calls by which visitors read and rate their conversation, per minute and session [default: 120].
    #[arg(long = "limit-conversation-session", env = "SWITCHBOARD_LIMIT_CONVERSATION_SESSION", value_name = "N")]
    conversation_session: Option<NonZeroU32>,
    /// Handshakes of sockets, per minute and IP [default: 60].
    #[arg(long = "limit-sockets", env = "SWITCHBOARD_LIMIT_SOCKETS", value_name = "N")]
    sockets: Option<NonZeroU32>,
    /// Calls to chat, per ten seconds and company; 0 means no limit [default: 1000].
    #[arg(long = "limit-chat-company", env = "SWITCHBOARD_LIMIT_CHAT_COMPANY", value_name = "N")]
    chat_company: Option<u32>,
    /// Uploads, per ten seconds and company; 0 means no limit [default: 100].
    #[arg(long = "limit-upload-company", env = "SWITCHBOARD_LIMIT_UPLOAD_COMPANY", value_name = "N")]
    upload_company: Option<u32>,
    /// Failed sign-ins, per window and IP [default: 50].
    #[arg(long = "limit-sign-in", env = "SWITCHBOARD_LIMIT_SIGN_IN", value_name = "N")]
    sign_in: Option<NonZeroU32>,
    /// Failed sign-ins at one account, per window, for each IP that the account is known to use, and for
    /// all other IPs together [default: 10].
    #[arg(long = "limit-sign-in-account", env = "SWITCHBOARD_LIMIT_SIGN_IN_ACCOUNT", value_name = "N")]
    sign_in_account: Option<NonZeroU32>,
    /// The window: how long a failed sign-in counts, in minutes [default: 15].
    #[arg(long = "limit-sign-in-minutes", env = "SWITCHBOARD_LIMIT_SIGN_IN_MINUTES", value_name = "N")]
    sign_in_minutes: Option<NonZeroU32>,
}

/// Allowed calls for each bucket; see docs/compatibility.md, Rate limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Public endpoints without a limit of their own, per minute and IP.
    pub public: u32,
    /// Staff calls, per minute and user.
    pub staff: u32,
    /// Exchanges of refresh tokens, per minute and IP.
    pub refresh: u32,
    /// Chat, per minute and IP.
    pub chat: u32,
    /// Chat, per minute and session.
    pub chat_session: u32,
    /// Chat that creates a session, per minute and IP.
    pub new_sessions: u32,
    /// Uploads, per minute and IP.
    pub upload: u32,
    /// Uploads, per minute and session.
    pub upload_session: u32,
    /// Calls by which visitors read and rate their conversation, per minute and IP.
    pub conversation: u32,
    /// Calls by which visitors read and rate their conversation, per minute and session.
    pub conversation_session: u32,
    /// Handshakes of sockets, per minute and IP.
    pub sockets: u32,
    /// Chat, per ten seconds and company: its budget. `None` means no limit.
    pub chat_company: Option<NonZeroU32>,
    /// Uploads, per ten seconds and company: its budget. `None` means no limit.
    pub upload_company: Option<NonZeroU32>,
    /// Failed sign-ins, per window and IP.
    pub sign_in: u32,
    /// Failed sign-ins at one account, per window: from each known IP, and from all others together.
    pub sign_in_account: u32,
    /// How long a failed sign-in counts.
    pub sign_in_window: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            public: 120,
            staff: 1200,
            refresh: 60,
            chat: 300,
            chat_session: 60,
            new_sessions: 60,
            upload: 60,
            upload_session: 20,
            conversation: 6000,
            conversation_session: 120,
            sockets: 60,
            chat_company: NonZeroU32::new(1000),
            upload_company: NonZeroU32::new(100),
            sign_in: 50,
            sign_in_account: 10,
            sign_in_window: Duration::from_mins(15),
        }
    }
}

impl Limits {
    /// Removes the budgets of companies.
    #[must_use]
    pub fn without_budgets(self) -> Self {
        Self { chat_company: None, upload_company: None, ..self }
    }
}

impl LimitSettings {
    /// Fills in the numbers of `file` where these settings have none.
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            public: self.public.or(file.public),
            staff: self.staff.or(file.staff),
            refresh: self.refresh.or(file.refresh),
            chat: self.chat.or(file.chat),
            chat_session: self.chat_session.or(file.chat_session),
            new_sessions: self.new_sessions.or(file.new_sessions),
            upload: self.upload.or(file.upload),
            upload_session: self.upload_session.or(file.upload_session),
            conversation: self.conversation.or(file.conversation),
            conversation_session: self.conversation_session.or(file.conversation_session),
            sockets: self.sockets.or(file.sockets),
            chat_company: self.chat_company.or(file.chat_company),
            upload_company: self.upload_company.or(file.upload_company),
            sign_in: self.sign_in.or(file.sign_in),
            sign_in_account: self.sign_in_account.or(file.sign_in_account),
            sign_in_minutes: self.sign_in_minutes.or(file.sign_in_minutes),
        }
    }

    /// Returns the limits, with the defaults for missing numbers.
    pub(super) fn build(&self) -> Limits {
        let default = Limits::default();
        let limit = |number: Option<NonZeroU32>, default| number.map_or(default, NonZeroU32::get);
        let budget = |number: Option<u32>, default| number.map_or(default, NonZeroU32::new);
        Limits {
            public: limit(self.public, default.public),
            staff: limit(self.staff, default.staff),
            refresh: limit(self.refresh, default.refresh),
            chat: limit(self.chat, default.chat),
            chat_session: limit(self.chat_session, default.chat_session),
            new_sessions: limit(self.new_sessions, default.new_sessions),
            upload: limit(self.upload, default.upload),
            upload_session: limit(self.upload_session, default.upload_session),
            conversation: limit(self.conversation, default.conversation),
            conversation_session: limit(self.conversation_session, default.conversation_session),
            sockets: limit(self.sockets, default.sockets),
            chat_company: budget(self.chat_company, default.chat_company),
            upload_company: budget(self.upload_company, default.upload_company),
            sign_in: limit(self.sign_in, default.sign_in),
            sign_in_account: limit(self.sign_in_account, default.sign_in_account),
            sign_in_window: self
                .sign_in_minutes
                .map_or(default.sign_in_window, |minutes| Duration::from_mins(minutes.get().into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_wins_over_the_file_and_the_file_over_the_defaults() {
        let number = NonZeroU32::new;
        let flags = LimitSettings { chat: number(7), sign_in_minutes: number(1), ..LimitSettings::default() };
        let file: LimitSettings = toml::from_str("chat = 8\nchat-session = 9\n").unwrap();
        let wanted = Limits { chat: 7, chat_session: 9, sign_in_window: Duration::from_mins(1), ..Limits::default() };
        assert_eq!(flags.or(file).build(), wanted);
    }

    #[test]
    fn a_budget_of_nought_is_no_budget() {
        let file: LimitSettings = toml::from_str("chat-company = 0\n").unwrap();
        assert_eq!(file.build(), Limits { chat_company: None, ..Limits::default() });
        let limits = file.or(LimitSettings { upload_company: Some(3), ..LimitSettings::default() }).build();
        assert_eq!(limits.upload_company, NonZeroU32::new(3));
    }

    #[test]
    fn nothing_and_unknown_buckets_are_refused() {
        assert!(toml::from_str::<LimitSettings>("chat = 0\n").is_err());
        assert!(toml::from_str::<LimitSettings>("chats = 1\n").is_err());
    }
}

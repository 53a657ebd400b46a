//! The table of access rights of all endpoints.

use crate::{
    calls::{self as by, Sending},
    rights::{
        ALL, CAP, CAP_ALL, CAP_CO, CAP_MINE_Q, CO, Cell, MINE, MINE_403, MINE_Q, MINE_Q_403, MINE_Q_409, NO, NO_AGENT,
        NO_COMPANY, NO_PROFILE, NO_WRITER, NONE, PUB, SAME, SELF, UNLIMITED,
    },
};

/// Method and path, how to call it, and the rights of ANON, AGENT, ADMIN and SUPERADMIN.
pub(crate) type Row = (&'static str, fn() -> Sending, [Cell; 4]);

#[rustfmt::skip]
pub(crate) const ACCOUNTS: &[Row] = &[
    //                                                                            ANON    AGENT   ADMIN   SUPERADMIN
    ("POST auth/login",                             by::login,                    [PUB,   PUB,    PUB,    PUB]),
    ("POST auth/token/refresh",                     by::refresh,                  [PUB,   PUB,    PUB,    PUB]),
    ("POST auth/admin-first-login",                 by::admin_first_login,        [PUB,   PUB,    PUB,    PUB]),
    ("POST admin-dashboard/agent-first-login",      by::agent_first_login,        [PUB,   PUB,    PUB,    PUB]),
    ("POST admin-dashboard/agent-login",            by::agent_login,              [PUB,   PUB,    PUB,    PUB]),
    ("GET auth/profile",                            by::own_account,              [NO,    SELF,   SELF,   SELF]),
    ("POST auth/change-password",                   by::same_password,            [NO,    SAME,   SAME,   SAME]),
    ("POST auth/logout-all",                        by::own_account,              [NO,    SELF,   SELF,   SELF]),
    ("POST auth/ws-ticket",                         by::own_account,              [NO,    SELF,   SELF,   SELF]),
    ("POST auth/create-admin",                      by::create_admin,             [NO,    NO,     NO,     ALL]),
    ("POST auth/reset-admin-password",              by::reset_admin_password,     [NO,    NO,     NO,     ALL]),
    ("GET auth/list-admins?page_size=100",          by::list_admins,              [NO,    NO,     NO,     ALL]),
    ("PUT auth/update-admin/{id}",                  by::update_admin,             [NO,    NO,     NO,     ALL]),
    ("PATCH auth/update-admin/{id}",                by::update_admin,             [NO,    NO,     NO,     ALL]),
    ("DELETE auth/delete-admin/{id}",               by::delete_admin,             [NO,    NO,     NO,     ALL]),
    ("POST auth/create-plan",                       by::create_plan,              [NO,    NO,     NO,     ALL]),
    ("POST auth/change-admin-plan/{id}",            by::change_admin_plan,        [NO,    NO,     NO,     ALL]),
    ("POST auth/cancel-subscription",               by::cancel_subscription,      [NO,    NO,     NO,     ALL]),
    ("POST auth/renew-subscription",                by::renew_subscription,       [NO,    NO,     NO,     ALL]),
    ("POST auth/upgrade-plan",                      by::upgrade_plan,             [NO,    NO,     NO,     ALL]),
    ("GET auth/list-plans",                         by::list_plans,               [NO,    NO,     NO,     ALL]),
    ("GET auth/list-user-plan-assignments",         by::list_assignments,         [NO,    NO,     NO,     ALL]),
];

#[rustfmt::skip]
pub(crate) const STAFF: &[Row] = &[
    //                                                                            ANON    AGENT   ADMIN   SUPERADMIN
    ("POST admin-dashboard/create-agent",           by::create_agent,             [NO,    NO,     CO,     NO_COMPANY]),
    ("GET admin-dashboard/check-agent-limit",       by::check_agent_limit,        [NO,    NO,     CO,     UNLIMITED]),
    ("GET admin-dashboard/list-agents",             by::list_agents,              [NO,    NO,     CO,     ALL]),
    ("GET admin-dashboard/agent-sessions",          by::agent_sessions,           [NO,    NO,     CO,     ALL]),
    ("PUT admin-dashboard/update-agent/{id}",       by::update_agent,             [NO,    NO,     CO,     ALL]),
    ("PATCH admin-dashboard/update-agent/{id}",     by::update_agent,             [NO,    NO,     CO,     ALL]),
    ("DELETE admin-dashboard/delete-agent/{id}",    by::delete_agent,             [NO,    NO,     CO,     ALL]),
    ("POST admin-dashboard/reset-agent-password",   by::reset_agent_password,     [NO,    NO,     CO,     ALL]),
    ("POST admin-dashboard/agent-logout",           by::own_account,              [NO,    SELF,   NO,     NO]),
    ("POST admin-dashboard/update-agent-status",    by::update_agent_status,      [NO,    SELF,   NO,     NO]),
    ("GET admin-dashboard/bot-settings",            by::bot_settings,             [NO,    NO,     CO,     ALL]),
    ("PUT admin-dashboard/bot-settings",            by::change_bot_settings,      [NO,    NO,     CO,     ALL]),
    ("PATCH admin-dashboard/bot-settings",          by::change_bot_settings,      [NO,    NO,     CO,     ALL]),
    ("POST admin-dashboard/bot-settings/preview",   by::preview_bot,              [NO,    NO,     CO,     ALL]),
    ("GET platform/jobs",                           by::list_jobs,                [NO,    NO,     NO,     ALL]),
    ("GET audit",                                   by::audit_log,                [NO,    NO,     CO,     ALL]),
];

#[rustfmt::skip]
pub(crate) const PROFILES: &[Row] = &[
    //                                                                            ANON    AGENT   ADMIN   SUPERADMIN
    ("GET admin-dashboard/user-profiles?per_page=100", by::list_profiles,         [NO,    NO,     CO,     ALL]),
    ("GET admin-dashboard/user-profiles/{id}",      by::one_profile,              [NO,    NO,     CO,     ALL]),
    ("GET admin-dashboard/user-profiles/stats",     by::profile_stats,            [NO,    NO,     CO,     ALL]),
    ("DELETE admin-dashboard/user-profiles/{id}/delete", by::delete_profile,      [NO,    NO,     CO,     ALL]),
];

#[rustfmt::skip]
pub(crate) const CHATBOT: &[Row] = &[
    //                                                                            ANON    AGENT   ADMIN   SUPERADMIN
    ("POST chatbot/chat",                           by::chat,                     [CAP,   CAP,    CAP,    CAP]),
    ("POST chatbot/upload",                         by::upload,                   [CAP,   CAP,    CAP,    CAP]),
    ("POST chat/upload",                            by::upload,                   [CAP,   CAP,    CAP,    CAP]),
    ("GET chatbot/files?session_id={session}",      by::files_of_a_session,       [NO,    MINE_Q, CO,     ALL]),
    ("POST chatbot/create-profile",                 by::create_profile,           [CAP,   CAP,    CAP,    CAP]),
    ("GET chatbot/session-status?session_id={session}", by::session_status, [CAP, CAP_MINE_Q,     CAP_CO, CAP_ALL]),
    ("GET chatbot/chat-history?session_id={session}&company_id={company}", by::chat_history,
                                                                                  [NO,    MINE_Q, CO,     ALL]),
    ("GET chatbot/messages?session_id={session}",   by::own_conversation,         [CAP,   CAP,    CAP,    CAP]),
    ("GET chatbot/transcript?session_id={session}", by::own_transcript,           [CAP,   CAP,    CAP,    CAP]),
    ("POST chatbot/read",                           by::mark_read,                [CAP,   CAP,    CAP,    CAP]),
    ("POST chatbot/feedback",                       by::give_feedback,            [CAP,   CAP,    CAP,    CAP]),
    ("POST chatbot/rate",                           by::rate,                     [CAP,   CAP,    CAP,    CAP]),
    ("POST chatbot/request-person",                 by::request_person,           [CAP,   CAP,    CAP,    CAP]),
    ("POST chatbot/end",                            by::leave,                    [CAP,   CAP,    CAP,    CAP]),
    ("POST chatbot/validate-phone",                 by::validate_phone,           [PUB,   PUB,    PUB,    PUB]),
    ("GET chatbot/country-codes",                   by::country_codes,            [PUB,   PUB,    PUB,    PUB]),
    ("GET chatbot/load-rag-documents",              by::load_sample,              [NO,    NO,     NO,     ALL]),
    ("POST chatbot/load-rag-documents",             by::load_documents,           [NO,    NO,     CO,     ALL]),
    ("POST chatbot/load-rag-documents",             by::load_shared_documents,    [NO,    NO,     CO,     ALL]),
];

#[rustfmt::skip]
pub(crate) const KNOWLEDGE: &[Row] = &[
    //                                                                            ANON    AGENT   ADMIN   SUPERADMIN
    ("GET knowledge/entries?limit=200&company_id={company}", by::list_entries,    [NO,    CO,     CO,     ALL]),
    ("GET knowledge/documents?company_id={company}", by::list_documents,          [NO,    CO,     CO,     ALL]),
    ("GET knowledge/entries/export",                by::export_entries,           [NO,    CO,     CO,     ALL]),
    ("POST knowledge/entries",                      by::create_entry,             [NO,    NO,     CO,     ALL]),
    ("PATCH knowledge/entries/{entry}",             by::update_entry,             [NO,    NO,     CO,     ALL]),
    ("DELETE knowledge/entries/{entry}",            by::delete_entry,             [NO,    NO,     CO,     ALL]),
    ("POST knowledge/ask",                          by::ask_knowledge,            [NO,    CO,     CO,     ALL]),
    ("GET knowledge/unanswered?limit=200&company_id={company}", by::list_unanswered, [NO, NO,    CO,     ALL]),
    ("POST knowledge/unanswered/{id}/close",        by::close_unanswered,         [NO,    NO,     CO,     ALL]),
    ("POST knowledge/unanswered/{id}/answer",       by::answer_unanswered,        [NO,    NO,     CO,     ALL]),
    ("POST knowledge/uploads",                      by::upload_entries,           [NO,    NO,     CO,     ALL]),
    ("GET knowledge/golden?limit=200&company_id={company}", by::list_golden,      [NO,    CO,     CO,     ALL]),
    ("POST knowledge/golden",                       by::add_golden,               [NO,    NO,     CO,     ALL]),
    ("PATCH knowledge/golden/{id}",                 by::change_golden,            [NO,    NO,     CO,     ALL]),
    ("DELETE knowledge/golden/{id}",                by::remove_golden,            [NO,    NO,     CO,     ALL]),
    ("POST knowledge/golden/run",                   by::run_golden,               [NO,    NO,     CO,     ALL]),
    ("POST knowledge/golden/threshold",             by::find_threshold,           [NO,    NO,     CO,     ALL]),
];

#[rustfmt::skip]
pub(crate) const HANDOFF: &[Row] = &[
    //                                                                            ANON    AGENT     ADMIN SUPERADMIN
    ("POST human-handoff/escalate",                 by::escalate,                 [NO,    CO,       CO,   ALL]),
    ("POST human-handoff/assign",                   by::assign,                   [NO,    NO,       CO,   ALL]),
    ("POST human-handoff/resolve",                  by::resolve,                  [NO,    MINE_403, CO,   ALL]),
    ("GET human-handoff/sessions",                  by::handoffs,                 [NO,    MINE_Q,   CO,   ALL]),
    ("GET human-handoff/dashboard",                 by::dashboard,                [NO,    MINE_Q,   NO_AGENT, NO_AGENT]),
    ("GET desk/sessions?limit=200&company_id={company}", by::conversations,     [NO,    MINE_Q,   CO,   ALL]),
    ("GET desk/sessions/{session}",                 by::packet,                   [NO,    MINE_Q,   CO,   ALL]),
    ("PATCH desk/sessions/{session}",               by::change_session,           [NO,    MINE_Q_403, CO, ALL]),
    ("GET desk/sessions/{session}/messages",        by::desk_messages,            [NO,    MINE_Q,   CO,   ALL]),
    ("POST desk/sessions/{session}/notes",          by::write_note,               [NO,    MINE_Q,   CO,   ALL]),
    ("POST desk/sessions/{session}/read",           by::staff_read,               [NO,    MINE_Q,   CO,   NO]),
    ("GET desk/replies",                            by::saved_replies,            [NO,    SELF,     NONE, NO]),
    ("GET desk/replies?session_id={session}",       by::filled_replies,           [NO,    MINE_Q,   CO,   NO]),
    ("POST desk/replies",                           by::save_reply,               [NO,    SELF,     SELF, NO]),
    ("PATCH desk/replies/{id}",                     by::change_reply,             [NO,    SELF,     NONE, NO]),
    ("DELETE desk/replies/{id}",                    by::delete_reply,             [NO,    SELF,     NONE, NO]),
    ("GET desk/colleagues",                         by::colleagues,               [NO,    CO,       CO,   NO]),
    ("POST desk/sessions/{session}/claim",          by::claim,                    [NO,    MINE_Q_409, NO,   NO]),
    ("POST desk/sessions/{session}/release",        by::release,                  [NO,    MINE_403, CO,   ALL]),
    ("POST desk/sessions/{session}/transfer",       by::transfer,                 [NO,    MINE_403, CO,   ALL]),
    ("POST desk/sessions/{session}/reopen",         by::reopen,                   [NO,    MINE_403, CO,   ALL]),
    ("POST desk/sessions/{session}/return-to-bot",  by::return_to_bot,            [NO,    MINE_403, CO,   ALL]),
    ("GET human-handoff/activities?limit=200",      by::activities,               [NO,    SELF,     CO,   ALL]),
];

#[rustfmt::skip]
pub(crate) const DESK: &[Row] = &[
    //                                                                     ANON  AGENT       ADMIN       SUPERADMIN
    ("GET human-handoff/agent/sessions",            by::own_sessions,      [NO,  MINE,       NO_PROFILE, NO_PROFILE]),
    ("GET human-handoff/agent/sessions/{session}/messages", by::messages,  [NO,  MINE_403,   NO_PROFILE, NO_PROFILE]),
    ("POST human-handoff/agent/send-message",       by::send_message,      [NO,  MINE_Q_403, CO,         NO_WRITER]),
    ("POST human-handoff/send-message",             by::send_message,      [NO,  MINE_Q_403, CO,         NO_WRITER]),
    ("POST human-handoff/agent/upload",             by::agent_upload,      [NO,  MINE_403,   NO,         NO]),
];

#[rustfmt::skip]
pub(crate) const MEDIA: &[Row] = &[
    //                                                                            ANON    AGENT   ADMIN   SUPERADMIN
    ("GET /media/{link}",                           by::signed_file,              [PUB,   PUB,    PUB,    PUB]),
    ("GET /media/{file}",                           by::file,                     [NO,    MINE_Q, CO,     ALL]),
];

/// Public endpoints outside `/api/`.
#[rustfmt::skip]
pub(crate) const OPEN: &[Row] = &[
    ("GET /",                                       by::open,                     [PUB,   PUB,    PUB,    PUB]),
    ("GET /healthz/",                               by::open,                     [PUB,   PUB,    PUB,    PUB]),
    ("GET /readyz/",                                by::open,                     [PUB,   PUB,    PUB,    PUB]),
    ("GET /openapi.json",                           by::open,                     [PUB,   PUB,    PUB,    PUB]),
    ("GET /docs/",                                  by::open,                     [PUB,   PUB,    PUB,    PUB]),
    ("GET /docs/{page}/",                           by::page_of_the_document,     [PUB,   PUB,    PUB,    PUB]),
];

/// The whole table.
pub(crate) const ALL_ROWS: [&[Row]; 9] = [ACCOUNTS, STAFF, PROFILES, CHATBOT, KNOWLEDGE, HANDOFF, DESK, MEDIA, OPEN];

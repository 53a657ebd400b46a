//! Two synthetic companies with a row in every table. They are never committed.

use tenancy::CompanyCode;

/// Their codes. Issued codes end in digits, so no company has one of these.
pub(super) const CODES: [&str; 2] = ["SELFTESTA", "SELFTESTB"];

/// A table whose rows each belong to one company, and a row for it.
pub(super) struct CompanyTable {
    /// Its name.
    pub(super) name: &'static str,
    /// The column with the company's code.
    pub(super) key: &'static str,
    /// Whether the lobby reads it, to find the company of an account, a session or a file.
    pub(super) in_lobby: bool,
    /// Whether its rows name accounts, so that inserting them needs login names enabled.
    names_account: bool,
    insert: &'static str,
}

/// A row that is shared between companies or belongs to an account.
pub(super) struct OtherRow {
    /// The name of the table.
    pub(super) table: &'static str,
    /// The condition that finds the row.
    pub(super) key: &'static str,
    /// A column that can be set to itself if the row may be changed at all.
    pub(super) column: &'static str,
    /// The door that may write the row, as a value of `app.door`.
    pub(super) door: &'static str,
    insert: &'static str,
}

/// What differs between the two databases.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    moment: &'static str,
    /// What goes before and after hexadecimal digits.
    bytes: [&'static str; 2],
    forced: &'static str,
    /// What goes before a statement that needs login names enabled.
    logins: &'static str,
}

pub(super) const SQLITE: Dialect = Dialect { moment: "0", bytes: ["X'", "'"], forced: "", logins: "" };
/// Ids are set explicitly and below zero, so that the tables' sequences do not move.
pub(super) const POSTGRES: Dialect = Dialect {
    moment: "'epoch'",
    bytes: ["decode('", "', 'hex')"],
    forced: "OVERRIDING SYSTEM VALUE",
    logins: "SET LOCAL app.logins = 'on'; ",
};

impl Dialect {
    fn fill(self, insert: &str, number: usize) -> String {
        let Self { moment, bytes: [before, after], forced, .. } = self;
        let code = CODES.get(number).copied().unwrap_or_default();
        insert
            .replace(":code", &format!("'{code}'"))
            .replace(":id", &format!("-{}", number + 1))
            .replace(":admin", &format!("-{}", number + 11))
            .replace(":text", &format!("' selftest {}'", number + 1))
            .replace(":moment", moment)
            .replace(":bytes", &format!("{before}{}{after}", format!("{:02}", number + 1).repeat(32)))
            .replace(") VALUES", &format!(") {forced} VALUES"))
    }
}

impl CompanyTable {
    /// Returns the statement that inserts the row of the first or second company.
    pub(super) fn insert(&self, dialect: Dialect, number: usize) -> String {
        let before = if self.names_account { dialect.logins } else { "" };
        format!("{before}{}", dialect.fill(&format!("INSERT INTO {} {}", self.name, self.insert), number))
    }

    /// Returns the table and condition that find a company's row.
    pub(super) fn of(&self, code: &str) -> String {
        format!("{} WHERE {} = '{code}'", self.name, self.key)
    }

    /// Returns whether this is the table of companies, whose rows only the platform inserts.
    pub(super) fn is_companies(&self) -> bool {
        self.name == "companies"
    }
}

impl OtherRow {
    /// Returns the statement that inserts the first or second row.
    pub(super) fn insert(&self, dialect: Dialect, number: usize) -> String {
        dialect.fill(&format!("INSERT INTO {} {}", self.table, self.insert), number)
    }

    /// Returns the table and condition that find the first or second row.
    pub(super) fn of(&self, dialect: Dialect, number: usize) -> String {
        dialect.fill(&format!("{} WHERE {}", self.table, self.key), number)
    }
}

/// The codes as values.
pub(super) fn codes() -> Vec<CompanyCode> {
    CODES.iter().filter_map(|code| CompanyCode::parse(code).ok()).collect()
}

const fn company(name: &'static str, insert: &'static str) -> CompanyTable {
    CompanyTable { name, key: "company_id", in_lobby: false, names_account: false, insert }
}

const fn read_by_lobby(name: &'static str, insert: &'static str) -> CompanyTable {
    CompanyTable { in_lobby: true, ..company(name, insert) }
}

const fn staff(name: &'static str, insert: &'static str) -> CompanyTable {
    CompanyTable { names_account: true, ..read_by_lobby(name, insert) }
}

/// Rows that are inserted before those of the companies.
pub(super) const OTHERS: &[OtherRow] = &[
    OtherRow {
        table: "accounts",
        key: "id = :id",
        column: "username",
        door: "lobby",
        insert: "(id, username, email, email_key, password_hash, role, token_version, is_active, first_login, \
                 first_name, last_name, date_joined) VALUES (:id, :text, :text, :text, '', 'AGENT', 0, FALSE, FALSE, \
                 '', '', :moment), (:admin, :text || 'admin', '', :text || 'admin', '', 'ADMIN', 0, FALSE, FALSE, '', \
                 '', :moment)",
    },
    OtherRow {
        table: "refresh_families",
        key: "id = :text",
        column: "role",
        door: "lobby",
        insert: "(id, user_id, role, token_version, access_id, refresh_id, issued_at, access_expires, \
                 refresh_expires, revoked) VALUES (:text, :id, 'AGENT', 0, '', '', 0, 0, 0, TRUE)",
    },
    OtherRow {
        table: "sign_in_addresses",
        key: "user_id = :id",
        column: "last_at",
        door: "lobby",
        insert: "(user_id, address, last_at) VALUES (:id, '', :moment)",
    },
    OtherRow {
        table: "tickets",
        key: "user_id = :id",
        column: "expires_at",
        door: "lobby",
        insert: "(hash, user_id, token_version, expires_at) VALUES (:bytes, :id, 0, :moment)",
    },
    OtherRow {
        table: "processes",
        key: "id = :text",
        column: "connected",
        door: "lobby",
        insert: "(id, revision, connected, expires_at) VALUES (:text, 1, '', :moment)",
    },
    OtherRow {
        table: "plans",
        key: "id = :id",
        column: "name",
        door: "platform",
        insert: "(id, name, max_agents, price_cents, is_active, company_name, search_key, created_at) VALUES (:id, \
                 'basic', 0, 0, FALSE, '', '', :moment)",
    },
    OtherRow {
        table: "company_numbers",
        key: "prefix = :text",
        column: "last_number",
        door: "platform",
        insert: "(prefix, last_number) VALUES (:text, 1)",
    },
];

/// The company tables, parents first.
pub(super) const TABLES: &[CompanyTable] = &[
    CompanyTable {
        name: "companies",
        key: "code",
        in_lobby: true,
        names_account: false,
        insert: "(code, name, status, created_at) VALUES (:code, '', 'closed', :moment)",
    },
    staff(
        "admins",
        "(company_id, user_id, name, name_key, address, contact_person, contact_number, phone_number) VALUES (:code, \
         :admin, '', '', '', '', '', '')",
    ),
    staff(
        "agents",
        "(id, company_id, user_id, name, phone, specialization, status, created_at) VALUES (:id, :code, :id, '', '', \
         '', 'PENDING', :moment)",
    ),
    company("agent_sessions", "(id, company_id, agent_id, login_time) VALUES (:id, :code, :id, :moment)"),
    company(
        "activities",
        "(id, company_id, agent_id, kind, description, metadata, created_at) VALUES (:id, :code, :id, 'login', '', \
         '{}', :moment)",
    ),
    company(
        "assignments",
        "(id, company_id, plan_id, status, start_at, expiry_at, notes, created_at) VALUES (:id, :code, :id, \
         'active', :moment, :moment, '', :moment)",
    ),
    read_by_lobby(
        "sessions",
        "(key, company_id, id, status, step, welcomed, person_acted, last_seq, bot_epoch, revision, handled_by, \
         last_used, created_at, updated_at) VALUES (:id, :code, :code || '_00000000-0000-4000-8000-000000000000', \
         'active', 'complete', FALSE, FALSE, 1, 0, 1, :id, :moment, :moment, :moment)",
    ),
    company(
        "profiles",
        "(id, company_id, session_key, persistent_user_id, name, phone, country_code, search_key, created_at) VALUES \
         (:id, :code, :id, :text, '', '', '', '', :moment)",
    ),
    company(
        "messages",
        "(id, company_id, session_key, seq, detail, created_at) VALUES (:id, :code, :id, 1, '{\"by\":\"user\",\"context\":\"\"}', :moment)",
    ),
    read_by_lobby(
        "attachments",
        "(id, company_id, session_key, original_name, filename, blob_key, size, kind, content_type, uploader, \
         uploaded_at) VALUES (:id, :code, :id, '', '', 'selftest/' || :code || '/file.pdf', 0, 'document', '', \
         'user', :moment)",
    ),
    company("message_files", "(company_id, message_id, position, attachment_id) VALUES (:code, :id, 0, :id)"),
    company(
        "handoffs",
        "(id, company_id, session_key, agent_id, escalated_at, reason, priority, packet) VALUES (:id, :code, :id, :id, \
         :moment, '', 'low', '{}')",
    ),
    company("transfers", "(id, company_id, handoff_id, created_at) VALUES (:id, :code, :id, :moment)"),
    company(
        "idempotency_keys",
        "(company_id, session_key, side, key, body_hash, seq, last_seq) VALUES (:code, :id, 'visitor', '', :bytes, 1, 1)",
    ),
    company("opening_keys", "(company_id, ip, key, session_key, created_at) VALUES (:code, '', '', :id, :moment)"),
    company("feedback", "(company_id, session_key, seq, helpful, created_at) VALUES (:code, :id, 1, FALSE, :moment)"),
    company("ratings", "(company_id, session_key, score, created_at) VALUES (:code, :id, 5, :moment)"),
    company(
        "misses",
        "(id, company_id, session_key, seq, cause, question, created_at) VALUES (:id, :code, :id, 1, 'low', :code, \
         :moment)",
    ),
    company(
        "golden_questions",
        "(id, company_id, question, question_hash, created_at) VALUES (:id, :code, :code, :bytes, :moment)",
    ),
    company("documents", "(id, company_id, title, created_at) VALUES (:id, :code, :code, :moment)"),
    company(
        "notes",
        "(id, company_id, session_key, after_seq, author, text, created_at, idempotency_key) VALUES (:id, :code, :id, 0, \
         'admin', :code, :moment, 'key')",
    ),
    company(
        "saved_replies",
        "(id, company_id, agent_id, shortcut, title, text, created_at) VALUES (:id, :code, :id, 'x', '', :code, :moment)",
    ),
    company(
        "chunks",
        "(id, company_id, document_id, chunk_id, section, question, answer, page, position) VALUES (:id, :code, :id, \
         :code, '', '', :code, 0, 0)",
    ),
    company("profile_counts", "(company_id, profiles) VALUES (:code, 1)"),
    company("handoff_counts", "(company_id, agent_id, assigned, resolved) VALUES (:code, :id, 1, 0)"),
    read_by_lobby("queue_counts", "(company_id, waiting) VALUES (:code, 1)"),
    read_by_lobby(
        "jobs",
        "(company_id, kind, revision, due_at, attempts, created_at) VALUES (:code, 'encode_entries', 1, :moment, 0, \
         :moment)",
    ),
    company("entry_vectors", "(company_id, model, text_hash, vector) VALUES (:code, '', :bytes, :bytes)"),
    company("audit_heads", "(company_id, entries, mac) VALUES (:code, 1, :bytes)"),
    company(
        "audit_entries",
        "(company_id, seq, at, actor_kind, action, object_kind, mac) VALUES (:code, 1, :moment, '', '', '', :bytes)",
    ),
];

//! The tables as Diesel sees them, the same on both databases.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    company_numbers (prefix) {
        prefix -> Text,
        last_number -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    companies (code) {
        code -> Text,
        name -> Text,
        status -> Text,
        settings -> Nullable<Doc>,
        settings_version -> BigInt,
        knowledge_version -> BigInt,
        created_at -> Instant,
        visitor_salt -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    accounts (id) {
        id -> BigInt,
        username -> Text,
        email -> Text,
        email_key -> Text,
        password_hash -> Text,
        role -> Text,
        token_version -> BigInt,
        is_active -> Bool,
        first_login -> Bool,
        first_name -> Text,
        last_name -> Text,
        date_joined -> Instant,
        handed_out_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    refresh_families (id) {
        id -> Text,
        user_id -> BigInt,
        role -> Text,
        company -> Nullable<Text>,
        token_version -> BigInt,
        access_id -> Text,
        refresh_id -> Text,
        issued_at -> BigInt,
        access_expires -> BigInt,
        refresh_expires -> BigInt,
        spent_id -> Nullable<Text>,
        spent_at -> Nullable<Instant>,
        revoked -> Bool,
        started_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    sign_in_addresses (user_id, address) {
        user_id -> BigInt,
        address -> Text,
        last_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    processes (id) {
        id -> Text,
        revision -> BigInt,
        connected -> Text,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    tickets (hash) {
        hash -> Binary,
        user_id -> BigInt,
        token_version -> BigInt,
        expires_at -> Instant,
        family -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    plans (id) {
        id -> BigInt,
        name -> Text,
        max_agents -> Integer,
        price_cents -> BigInt,
        is_active -> Bool,
        company_name -> Text,
        search_key -> Text,
        expiry_date -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    admins (company_id, user_id) {
        company_id -> Text,
        user_id -> BigInt,
        name -> Text,
        name_key -> Text,
        address -> Text,
        contact_person -> Text,
        contact_number -> Text,
        phone_number -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    agents (id) {
        id -> BigInt,
        company_id -> Text,
        user_id -> BigInt,
        name -> Text,
        phone -> Text,
        specialization -> Text,
        status -> Text,
        last_active -> Nullable<Instant>,
        last_seen -> Nullable<Instant>,
        created_at -> Instant,
        connected_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    agent_sessions (id) {
        id -> BigInt,
        company_id -> Text,
        agent_id -> BigInt,
        login_time -> Instant,
        logout_time -> Nullable<Instant>,
        ip -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    activities (id) {
        id -> BigInt,
        company_id -> Text,
        agent_id -> BigInt,
        kind -> Text,
        description -> Text,
        metadata -> Doc,
        created_at -> Instant,
        ip -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    assignments (id) {
        id -> BigInt,
        company_id -> Text,
        plan_id -> BigInt,
        status -> Text,
        start_at -> Instant,
        expiry_at -> Instant,
        notes -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    sessions (key) {
        key -> BigInt,
        company_id -> Text,
        id -> Text,
        status -> Text,
        step -> Text,
        collected -> Nullable<Doc>,
        dialogue -> Nullable<Doc>,
        welcomed -> Bool,
        person_acted -> Bool,
        last_seq -> BigInt,
        bot_epoch -> BigInt,
        revision -> BigInt,
        visitor_read_seq -> BigInt,
        staff_read_seq -> BigInt,
        left_at -> Nullable<Instant>,
        handled_by -> Nullable<BigInt>,
        last_used -> Instant,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    profiles (id) {
        id -> BigInt,
        company_id -> Text,
        session_key -> BigInt,
        persistent_user_id -> Text,
        name -> Text,
        phone -> Text,
        email -> Nullable<Text>,
        address -> Nullable<Text>,
        country_code -> Text,
        is_favorite -> Bool,
        search_key -> Text,
        created_at -> Instant,
        phone_key -> Text,
        email_key -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    messages (id) {
        id -> BigInt,
        company_id -> Text,
        session_key -> BigInt,
        seq -> BigInt,
        content -> Nullable<Text>,
        detail -> Doc,
        client_message_id -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    attachments (id) {
        id -> BigInt,
        company_id -> Text,
        session_key -> BigInt,
        original_name -> Text,
        filename -> Text,
        blob_key -> Text,
        size -> BigInt,
        kind -> Text,
        content_type -> Text,
        uploader -> Text,
        uploaded_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    message_files (company_id, message_id, position) {
        company_id -> Text,
        message_id -> BigInt,
        position -> BigInt,
        attachment_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    handoffs (id) {
        id -> BigInt,
        company_id -> Text,
        session_key -> BigInt,
        agent_id -> Nullable<BigInt>,
        escalated_at -> Instant,
        resolved_at -> Nullable<Instant>,
        reason -> Text,
        notes -> Nullable<Text>,
        priority -> Text,
        packet -> Nullable<Doc>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    transfers (id) {
        id -> BigInt,
        company_id -> Text,
        handoff_id -> BigInt,
        from_agent_id -> Nullable<BigInt>,
        to_agent_id -> Nullable<BigInt>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    idempotency_keys (company_id, session_key, side, key) {
        company_id -> Text,
        session_key -> BigInt,
        side -> Text,
        key -> Text,
        body_hash -> Binary,
        seq -> BigInt,
        lease_until -> Nullable<Instant>,
        reply_seq -> Nullable<BigInt>,
        last_seq -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    opening_keys (company_id, ip, key) {
        company_id -> Text,
        ip -> Text,
        key -> Text,
        session_key -> BigInt,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    feedback (company_id, session_key, seq) {
        company_id -> Text,
        session_key -> BigInt,
        seq -> BigInt,
        helpful -> Bool,
        comment -> Nullable<Text>,
        question -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    ratings (company_id, session_key) {
        company_id -> Text,
        session_key -> BigInt,
        score -> BigInt,
        comment -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    golden_questions (id) {
        id -> BigInt,
        company_id -> Text,
        question -> Text,
        question_hash -> Binary,
        chunk_id -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    misses (id) {
        id -> BigInt,
        company_id -> Text,
        session_key -> BigInt,
        seq -> BigInt,
        cause -> Text,
        question -> Text,
        model -> Nullable<Text>,
        vector -> Nullable<Binary>,
        created_at -> Instant,
        closed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    notes (id) {
        id -> BigInt,
        company_id -> Text,
        session_key -> BigInt,
        after_seq -> BigInt,
        author -> Text,
        name -> Nullable<Text>,
        text -> Text,
        created_at -> Instant,
        idempotency_key -> Nullable<Text>,
        client_message_id -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    saved_replies (id) {
        id -> BigInt,
        company_id -> Text,
        agent_id -> Nullable<BigInt>,
        admin_id -> Nullable<BigInt>,
        shortcut -> Text,
        title -> Text,
        text -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    documents (id) {
        id -> BigInt,
        company_id -> Text,
        title -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    chunks (id) {
        id -> BigInt,
        company_id -> Text,
        document_id -> BigInt,
        chunk_id -> Text,
        section -> Text,
        question -> Text,
        answer -> Text,
        page -> BigInt,
        position -> BigInt,
        alternatives -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    profile_counts (company_id) {
        company_id -> Text,
        profiles -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    handoff_counts (company_id, agent_id) {
        company_id -> Text,
        agent_id -> BigInt,
        assigned -> BigInt,
        resolved -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    queue_counts (company_id) {
        company_id -> Text,
        waiting -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    jobs (company_id, kind) {
        company_id -> Text,
        kind -> Text,
        revision -> BigInt,
        due_at -> Instant,
        attempts -> BigInt,
        leased_until -> Nullable<Instant>,
        last_error -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    entry_vectors (company_id, model, text_hash) {
        company_id -> Text,
        model -> Text,
        text_hash -> Binary,
        vector -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    audit_heads (company_id) {
        company_id -> Text,
        entries -> BigInt,
        mac -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Doc, Instant};

    audit_entries (company_id, seq) {
        company_id -> Text,
        seq -> BigInt,
        at -> Instant,
        actor_kind -> Text,
        actor_user -> Nullable<BigInt>,
        action -> Text,
        object_kind -> Text,
        object_id -> Nullable<Text>,
        reason -> Nullable<Text>,
        mac -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    company_numbers,
    companies,
    accounts,
    refresh_families,
    sign_in_addresses,
    processes,
    plans,
    admins,
    agents,
    agent_sessions,
    activities,
    assignments,
    sessions,
    profiles,
    messages,
    attachments,
    message_files,
    handoffs,
    golden_questions,
    misses,
    notes,
    saved_replies,
    transfers,
    idempotency_keys,
    opening_keys,
    feedback,
    ratings,
    documents,
    chunks,
    profile_counts,
    handoff_counts,
    queue_counts,
    jobs,
    entry_vectors,
    audit_heads,
    audit_entries,
);

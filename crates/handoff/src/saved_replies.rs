//! Saved replies: texts that staff write again and again, of the whole company or of one person.

use chatbot::Sessions;
use tenancy::{
    SavedReplyId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Actor, Desk},
};

use crate::{Handoffs, reading::in_sight};

/// Maximum length of a shortcut, in characters.
pub const LONGEST_SHORTCUT: usize = 32;

/// Maximum length of a title, in characters.
pub const LONGEST_TITLE: usize = 100;

/// Maximum length of a text, in characters.
pub const LONGEST_TEXT: usize = 4000;

/// Maximum number of the company's replies, and of one person's own.
pub const MOST_REPLIES: i64 = 200;

tenancy::word_enum! {
    /// Whose a saved reply is.
    pub enum Scope {
        /// All staff of the company use it, and admins change it.
        Company => "company",
        /// Only the person who wrote it sees it.
        Own => "own",
    }
}

/// A shortcut: lower-case letters, digits, `-` and `_`, at most [`LONGEST_SHORTCUT`] of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortcut(String);

impl Shortcut {
    /// Reads a shortcut. Capitals become small letters. `None` if it has other characters or is too long.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let fits = !text.is_empty() && text.chars().count() <= LONGEST_SHORTCUT;
        (fits && text.chars().all(is_part)).then_some(Self(text))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a saved reply says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyText {
    /// What is typed to find it; unique among the replies of its scope.
    pub shortcut: Shortcut,
    /// What lists show.
    pub title: String,
    /// The text, in which `{name}` stands for the visitor's name and `{agent}` for the writer's.
    pub text: String,
}

/// A stored reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedReply {
    /// Id.
    pub id: SavedReplyId,
    /// Whose it is.
    pub scope: Scope,
    /// What it says.
    pub reply: ReplyText,
}

/// Changes of a saved reply. What is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplyChange {
    /// The shortcut.
    pub shortcut: Option<Shortcut>,
    /// The title.
    pub title: Option<String>,
    /// The text.
    pub text: Option<String>,
}

/// The saved replies that the store's caller sees: the company's and its own.
pub trait SavedReplies {
    /// Returns all of them, by shortcut, the caller's own first among equal ones.
    fn saved_replies(&mut self) -> Result<Vec<SavedReply>, StoreError>;

    /// Returns one of them.
    fn saved_reply(&mut self, id: SavedReplyId) -> Result<Option<SavedReply>, StoreError>;

    /// Counts the replies of the company or of the caller.
    fn count_replies(&mut self, scope: Scope) -> Result<i64, StoreError>;

    /// Stores a reply of the company or of the caller. Returns its id, or `None` if the shortcut is in use there.
    fn insert_reply(
        &mut self,
        scope: Scope,
        reply: &ReplyText,
        now: Timestamp,
    ) -> Result<Option<SavedReplyId>, StoreError>;

    /// Writes one of the replies that the caller sees. Returns false, and changes nothing, if the shortcut is in use.
    fn update_reply(&mut self, reply: &SavedReply) -> Result<bool, StoreError>;

    /// Deletes one of the replies that the caller sees.
    fn delete_reply(&mut self, id: SavedReplyId) -> Result<(), StoreError>;
}

/// Why a saved reply was not stored, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum SavedReplyError {
    /// There is no such reply, or it is another person's own.
    #[error("saved reply not found")]
    NotFound,
    /// Only admins change the company's replies.
    #[error("only admins change the replies of the company")]
    OnlyAdmins,
    /// Another reply of the same scope has the shortcut.
    #[error("the shortcut is in use")]
    ShortcutInUse,
    /// There are [`MOST_REPLIES`] of this scope already.
    #[error("there are too many saved replies")]
    TooMany,
    /// The store failed.
    #[error("the saved reply could not be stored")]
    Store(#[from] StoreError),
}

/// Why replies were not filled in for a session.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// The company has no such session, or the caller may not see it.
    #[error("session not found")]
    SessionNotFound,
    /// The store failed.
    #[error("the session could not be read")]
    Store(#[from] StoreError),
}

/// The names that are filled into saved replies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The visitor's, if it is known.
    pub visitor: Option<String>,
    /// The calling agent's or admin's.
    pub agent: Option<String>,
}

impl Names {
    /// Fills the names into a text. An unknown name is left out.
    pub fn fill(&self, text: &str) -> String {
        let (visitor, agent) = (self.visitor.as_deref(), self.agent.as_deref());
        // In one pass, so that a visitor whose name is `{agent}` changes nothing.
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let (name, behind) = match (after.strip_prefix("name}"), after.strip_prefix("agent}")) {
                (Some(behind), _) => (visitor.unwrap_or_default(), behind),
                (None, Some(behind)) => (agent.unwrap_or_default(), behind),
                (None, None) => ("{", after),
            };
            filled.push_str(name);
            rest = behind;
        }
        filled.push_str(rest);
        filled
    }
}

/// Returns the names for a session that the caller may see.
///
/// # Errors
/// [`FillError`].
pub fn names<S>(store: &mut S, session: SessionId) -> Result<Names, FillError>
where
    S: Sessions + Handoffs + ActingAs<Desk> + ?Sized,
{
    let session = in_sight(store, session)?.ok_or(FillError::SessionNotFound)?;
    let visitor = match session.profile {
        Some((_, name)) => Some(name),
        None => session.collected.name.value().map(str::to_owned),
    };
    let agent = match store.caller().actor() {
        Actor::Agent { name, .. } | Actor::Admin { name, .. } => Some(name.clone()),
        Actor::Superadmin { .. } => None,
    };
    Ok(Names { visitor, agent })
}

/// Stores a new reply. Agents store their own only.
///
/// # Errors
/// [`SavedReplyError`].
pub fn create<S>(store: &mut S, scope: Scope, reply: ReplyText, now: Timestamp) -> Result<SavedReply, SavedReplyError>
where
    S: SavedReplies + ActingAs<Desk> + ?Sized,
{
    may_change(store, scope)?;
    if store.count_replies(scope)? >= MOST_REPLIES {
        return Err(SavedReplyError::TooMany);
    }
    let id = store.insert_reply(scope, &reply, now)?.ok_or(SavedReplyError::ShortcutInUse)?;
    Ok(SavedReply { id, scope, reply })
}

/// Changes a reply. Agents change their own only.
///
/// # Errors
/// [`SavedReplyError`].
pub fn update<S>(store: &mut S, id: SavedReplyId, change: ReplyChange) -> Result<SavedReply, SavedReplyError>
where
    S: SavedReplies + ActingAs<Desk> + ?Sized,
{
    let mut saved = find(store, id)?;
    let ReplyChange { shortcut, title, text } = change;
    let reply = &mut saved.reply;
    reply.shortcut = shortcut.unwrap_or_else(|| reply.shortcut.clone());
    reply.title = title.unwrap_or_else(|| reply.title.clone());
    reply.text = text.unwrap_or_else(|| reply.text.clone());
    if store.update_reply(&saved)? { Ok(saved) } else { Err(SavedReplyError::ShortcutInUse) }
}

/// Deletes a reply. Agents delete their own only.
///
/// # Errors
/// [`SavedReplyError`].
pub fn delete<S>(store: &mut S, id: SavedReplyId) -> Result<(), SavedReplyError>
where
    S: SavedReplies + ActingAs<Desk> + ?Sized,
{
    find(store, id)?;
    Ok(store.delete_reply(id)?)
}

/// Returns a reply that the caller sees and may change.
fn find<S>(store: &mut S, id: SavedReplyId) -> Result<SavedReply, SavedReplyError>
where
    S: SavedReplies + ActingAs<Desk> + ?Sized,
{
    let found = store.saved_reply(id)?.ok_or(SavedReplyError::NotFound)?;
    may_change(store, found.scope)?;
    Ok(found)
}

fn may_change<S>(store: &S, scope: Scope) -> Result<(), SavedReplyError>
where
    S: ActingAs<Desk> + ?Sized,
{
    match (scope, store.caller().agent()) {
        (Scope::Company, Some(_)) => Err(SavedReplyError::OnlyAdmins),
        (Scope::Company, None) | (Scope::Own, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_once() {
        let names = Names { visitor: Some("{agent}".into()), agent: Some("Bo".into()) };
        assert_eq!(names.fill("Hi {name}, {agent} here. {other} {"), "Hi {agent}, Bo here. {other} {");
        assert_eq!(Names::default().fill("Hi {name}!{{agent}}"), "Hi !{}");
    }

    #[test]
    fn a_shortcut_has_letters_digits_and_two_signs() {
        let read = |text: &str| Shortcut::parse(text).map(|shortcut| shortcut.as_str().to_owned());
        assert_eq!(read("Refund-2_b"), Some("refund-2_b".to_owned()));
        assert_eq!(read("\u{c9}t\u{e9}"), Some("\u{e9}t\u{e9}".to_owned()));
        for refused in ["", "a b", "/refund", &"x".repeat(33)] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }
}

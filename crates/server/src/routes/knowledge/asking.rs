//! Asks many questions of a company's knowledge, a few at a time.

use std::sync::Arc;

use chatbot::{BotSettings, Search, settings::SettingsRecord as _};
use encoder::Vector;
use knowledge::{
    Index, KnowledgeBase as _, Meanings,
    golden::{self, Golden, Holdings},
    unanswered::Group,
};
use storage::{CompanyStore, Place};
use tenancy::{
    CompanyCode, StoreError,
    access::{ActingAs as _, Caller as _, Desk, Housekeeper, Refused, Staff},
};

use crate::{
    app::App,
    background,
    fair::{PausablePermit, Permit},
    http::error::ApiError,
    turn,
};

/// A question that is asked.
pub(super) trait Question: Send + 'static {
    /// Returns its text.
    fn text(&self) -> &str;

    /// Returns the vector of the text by the server's model, if it is stored.
    fn vector(&self) -> Option<&Vector>;
}

impl Question for Golden {
    fn text(&self) -> &str {
        &self.question
    }

    fn vector(&self) -> Option<&Vector> {
        None
    }
}

impl Question for Group {
    fn text(&self) -> &str {
        self.question()
    }

    fn vector(&self) -> Option<&Vector> {
        Self::vector(self)
    }
}

/// Questions that are asked with one permit.
const BATCH: usize = 16;

/// The knowledge that questions are asked of, with the settings that visitors are answered with.
pub(super) struct Asked {
    pub(super) keeper: Housekeeper,
    pub(super) settings: BotSettings,
    own: Arc<Index>,
    shared: Option<Arc<Index>>,
    pub(super) holdings: Holdings,
}

impl Asked {
    pub(super) fn new(keeper: Housekeeper, settings: BotSettings, own: Arc<Index>, shared: Option<Arc<Index>>) -> Self {
        let holdings = Holdings::of(own.chunks(), shared.iter().flat_map(|index| index.chunks()));
        Self { keeper, settings, own, shared, holdings }
    }

    /// Returns the search for a visitor's first question.
    pub(super) fn search<'s>(&'s self, settings: &BotSettings) -> Search<'s> {
        Search::new(&self.own, self.shared.as_deref(), settings, None)
    }
}

/// Asks questions, some at a time, each time with a permit of the company's share of chat turns. `answer` runs on a thread
/// of its own.
pub(super) async fn each<Q: Question, T: Send + 'static>(
    app: &App,
    asked: &Arc<Asked>,
    questions: Vec<Q>,
    answer: impl Fn(&Asked, Q, &Meanings) -> T + Clone + Send + 'static,
) -> Result<Vec<T>, StoreError> {
    let mut answers = Vec::with_capacity(questions.len());
    let mut rest = questions.into_iter();
    while !rest.as_slice().is_empty() {
        let permit = app.turn_permits.acquire(asked.keeper.scope().company()).await?;
        let mut batch = Vec::with_capacity(BATCH);
        for question in rest.by_ref().take(BATCH) {
            let search = asked.search(&asked.settings);
            let known = question.vector().map(|vector| (question.text(), vector));
            let meanings = turn::meanings(app, &asked.keeper, search, question.text(), known).await;
            batch.push((question, meanings));
        }
        let (asked, answer) = (Arc::clone(asked), answer.clone());
        let ask = move || {
            let answers: Vec<T> =
                batch.into_iter().map(|(question, meanings)| answer(&asked, question, &meanings)).collect();
            // Held until the work is done, even if the caller has disconnected.
            drop(permit);
            answers
        };
        answers.extend(background::run(ask).await?);
    }
    Ok(answers)
}

/// A company's golden questions, and the knowledge that they are asked of. The permit is held for as long as they are
/// asked: a company asks them once at a time.
pub(super) struct Ready {
    pub(super) golden: Vec<Golden>,
    pub(super) asked: Arc<Asked>,
    pub(super) permit: Permit,
}

/// Prepares to ask all golden questions of the knowledge as it is.
///
/// # Errors
/// 404 for a company that does not exist, and those of the store.
pub(super) async fn ready(app: &App, staff: Staff, company: CompanyCode) -> Result<Ready, ApiError> {
    let permit = app.golden_permits.acquire(company).await?;
    let (golden, asked) = with(app, staff, company, |store| golden::all(store)).await?;
    Ok(Ready { golden, asked, permit })
}

/// Returns the knowledge of a company as it is, and what else `read` reads of the company.
///
/// # Errors
/// 404 for a company that does not exist, and those of the store.
pub(super) async fn with<T: Send + 'static>(
    app: &App,
    staff: Staff,
    company: CompanyCode,
    read: impl FnOnce(&mut CompanyStore<'_, Desk>) -> Result<T, StoreError> + Send + 'static,
) -> Result<(T, Arc<Asked>), ApiError> {
    let read = move |store: &mut CompanyStore<'_, Desk>| {
        let (settings, keeper) = settings_of(store)?;
        Ok::<_, StoreError>((keeper, settings, store.version()?, read(store)?))
    };
    let read = app.desk_read(staff, Place::Company(company), read).await?;
    let (keeper, settings, version, also) = read.ok_or(Refused::CompanyNotFound)?;
    let mut turn = PausablePermit::acquire(&app.turn_permits, company).await?;
    let (own, shared) = turn::knowledge(app, &keeper, version, settings.use_shared_library, &mut turn).await?;
    drop(turn);
    let asked = background::run(move || Arc::new(Asked::new(keeper, settings, own, shared))).await?;
    Ok((also, asked))
}

/// Returns the settings that visitors are answered with, and who reads the knowledge for them.
pub(super) fn settings_of(store: &mut CompanyStore<'_, Desk>) -> Result<(BotSettings, Housekeeper), StoreError> {
    Ok((store.settings()?, Housekeeper::from(store.caller().clone())))
}

//! Throttling of failed sign-ins.
//!
//! An attempt is counted before the password is compared, and taken back if the password was right.
//! So attempts in progress count, and guesses sent at the same time are limited like guesses sent one
//! after the other. If a bucket is full, the password is not compared at all: the refusal must not
//! reveal whether it was right. Failures at an account are counted separately for each origin that has
//! signed in to it before, so that an attacker elsewhere cannot lock its owner out.
//!
//! The work after the look-up is queued under a fairness key: that of the account's company at a known
//! origin, else that of the origin. A key of the login would not do, because an attacker could invent
//! logins and get a share for each.

use actix_web::{HttpRequest, ResponseError as _};
use identity::{
    Origin,
    sign_in::{self, Candidate},
};
use storage::{FairnessKey, LobbyStore};
use tenancy::{StoreError, Timestamp, UserId, access::Directory as _};

use crate::{
    app::App,
    http::{error::ApiError, origin},
    limits::{
        BucketName, Limiter,
        bucket_name::Subject,
        buckets::{Level, Taken},
        headers,
    },
};

/// Looks up an account by its login and checks the password, within the limits of failed sign-ins.
///
/// `find` is the read in the lobby. `check` is everything after it, and runs under the fairness key that
/// it is given. An attempt that `check` refuses stays counted and is recorded in the audit log. An
/// attempt that succeeds, or that the server failed, is taken back and not recorded. A throttled attempt
/// is not recorded either, so the limits also bound the growth of the audit log.
///
/// # Errors
/// 429 `login_throttled`, or the error of `find` or `check`.
pub(crate) async fn attempt<T>(
    req: &HttpRequest,
    login: String,
    find: impl FnOnce(&mut LobbyStore<'_>, &str, Origin, Timestamp) -> Result<Candidate, StoreError> + Send + 'static,
    check: impl AsyncFnOnce(Candidate, FairnessKey) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let mut attempt = Attempt::new(req)?;
    let outcome = attempt.make(login, find, check).await;
    let failed = outcome.as_ref().is_err_and(|error| !error.status_code().is_server_error());
    let compared = attempt.compared;
    attempt.settle(failed).await;
    if let (true, Some((subject, key))) = (failed, compared) {
        App::of(req)?.db.lobby_write_in(key, move |lobby| sign_in::failed(lobby, subject)).await?;
    }
    outcome
}

/// One attempt and the buckets that it is counted in.
struct Attempt<'r> {
    req: &'r HttpRequest,
    app: &'r App,
    limiter: &'r Limiter,
    origin: Origin,
    now: Timestamp,
    counted: Vec<(BucketName, Level)>,
    /// The account whose password was compared, if there is one, and the fairness key of the work. `None`
    /// before the comparison.
    compared: Option<(Option<UserId>, FairnessKey)>,
}

impl<'r> Attempt<'r> {
    fn new(req: &'r HttpRequest) -> Result<Self, ApiError> {
        let (app, limiter, origin) = (App::of(req)?, Limiter::of(req)?, origin::of(req)?);
        Ok(Self { req, app, limiter, origin, now: app.now(), counted: Vec::new(), compared: None })
    }

    async fn make<T>(
        &mut self,
        login: String,
        find: impl FnOnce(&mut LobbyStore<'_>, &str, Origin, Timestamp) -> Result<Candidate, StoreError> + Send + 'static,
        check: impl AsyncFnOnce(Candidate, FairnessKey) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.reserve(BucketName::SignIn(self.origin)).await?;
        let unknown = Subject::unknown(&login);
        let (origin, now) = (self.origin, self.now);
        let find = move |lobby: &mut LobbyStore<'_>| {
            let candidate = find(lobby, &login, origin, now)?;
            // Read even if there is no account, so that both cases take the same time.
            let state = lobby.account_state(candidate.subject().unwrap_or(UserId::new(0)), None)?;
            Ok::<_, StoreError>((candidate, state))
        };
        let (candidate, state) = self.app.lobby_of(&unknown, find).await?;
        let key = match state {
            Some(state) if candidate.from_known() => FairnessKey::of_staff(state.role.company()),
            Some(_) | None => self.app.db.fairness_key(&origin),
        };
        self.reserve(match candidate.subject() {
            Some(user) if candidate.from_known() => BucketName::SignInKnown(user, origin),
            Some(user) => BucketName::SignInElsewhere(Subject::Account(user)),
            None => BucketName::SignInElsewhere(unknown),
        })
        .await?;
        self.compared = Some((candidate.subject(), key));
        check(candidate, key).await
    }

    /// Counts the attempt in another bucket.
    async fn reserve(&mut self, name: BucketName) -> Result<(), ApiError> {
        match self.limiter.take(&name, self.now).await {
            None => Ok(()),
            Some(Taken::Counted(level)) => {
                self.counted.push((name, level));
                Ok(())
            }
            Some(Taken::Refused(level)) => {
                headers::note(self.req, level);
                Err(ApiError::login_throttled(level.reset))
            }
        }
    }

    /// Keeps the attempt counted if it failed, else takes it back.
    async fn settle(self, failed: bool) {
        for (name, counted) in self.counted {
            let level =
                if failed { Some(counted) } else { self.limiter.give_back(&name, self.now, self.limiter.now()).await };
            if let Some(level) = level {
                headers::note(self.req, level);
            }
        }
    }
}

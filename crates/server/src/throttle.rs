//! Failed sign-ins: counted before the password is looked at, given back when it was right.
//!
//! Attempts under way count, so that guesses sent together are no more than guesses sent one by
//! one. Where an attempt finds no room the password is not compared at all, so that the refusal
//! cannot tell whether it was right. Failures at an account are counted apart for each origin it
//! is known to sign in from, so that nobody elsewhere can lock its owner out.
//!
//! What follows the look-up takes turns: at a known origin the account's company's, from elsewhere
//! that of the origin. Logins cost nothing, so whoever made them up would have as many turns.

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

/// Looks somebody up by a login and compares the password, within the limits of failed sign-ins.
///
/// `find` is the lobby read, `check` everything that follows, in the line that it is given. An attempt that `check` refuses
/// stays counted and is recorded; one that the server itself failed does not, nor does one that
/// succeeds. What finds no room is not recorded, so the audit log grows no faster than the limits
/// of failed sign-ins let it.
///
/// # Errors
/// 429 `login_throttled`, or whatever the two end with.
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
    if let (true, Some((subject, line))) = (failed, compared) {
        App::of(req)?.db.lobby_write_in(line, move |lobby| sign_in::failed(lobby, subject)).await?;
    }
    outcome
}

/// One attempt and the buckets it is counted in.
struct Attempt<'r> {
    req: &'r HttpRequest,
    app: &'r App,
    limiter: &'r Limiter,
    origin: Origin,
    now: Timestamp,
    counted: Vec<(BucketName, Level)>,
    /// Whom the password was compared for, once it was, and in whose turn.
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
        let nobody = Subject::nobody(&login);
        let (origin, now) = (self.origin, self.now);
        let find = move |lobby: &mut LobbyStore<'_>| {
            let candidate = find(lobby, &login, origin, now)?;
            // Asked whether or not there is an account.
            let standing = lobby.account_state(candidate.subject().unwrap_or(UserId::new(0)))?;
            Ok::<_, StoreError>((candidate, standing))
        };
        let (candidate, standing) = self.app.lobby_of(&nobody, find).await?;
        let line = match standing {
            Some(standing) if candidate.from_known() => FairnessKey::of_staff(standing.role.company()),
            Some(_) | None => self.app.db.fairness_key(&origin),
        };
        self.reserve(match candidate.subject() {
            Some(user) if candidate.from_known() => BucketName::SignInKnown(user, origin),
            Some(user) => BucketName::SignInElsewhere(Subject::Account(user)),
            None => BucketName::SignInElsewhere(nobody),
        })
        .await?;
        self.compared = Some((candidate.subject(), line));
        check(candidate, line).await
    }

    /// Counts the attempt in one more bucket.
    async fn reserve(&mut self, key: BucketName) -> Result<(), ApiError> {
        match self.limiter.take(&key, self.now).await {
            None => Ok(()),
            Some(Taken::Counted(level)) => {
                self.counted.push((key, level));
                Ok(())
            }
            Some(Taken::Refused(level)) => {
                headers::note(self.req, level);
                Err(ApiError::login_throttled(level.reset))
            }
        }
    }

    /// Leaves the attempt counted if it failed, else takes it back.
    async fn settle(self, failed: bool) {
        for (key, counted) in self.counted {
            let level =
                if failed { Some(counted) } else { self.limiter.give_back(&key, self.now, self.limiter.now()).await };
            if let Some(level) = level {
                headers::note(self.req, level);
            }
        }
    }
}

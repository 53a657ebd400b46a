//! Random histories of sign-ins, refreshes and revocations, compared with a model that remembers every
//! token.

use proptest::{collection::vec, prelude::*};
use tenancy::{AgentId, CompanyCode, UserId};

use super::*;
use crate::{
    PasswordHash,
    admins::Platform as _,
    agents::change::{AgentChange, change},
    sign_out,
    tokens::{Signer, TokenError, TokenPair},
};

/// An event in the history of an account and its tokens.
#[derive(Debug, Clone)]
enum Step {
    SignIn,
    /// Presents the refresh token at this position among all ever issued, counted from the newest.
    Present(usize),
    /// Two callers present tokens at the same moment. The positions are counted from the newest.
    Race(usize, usize),
    Wait(u64),
    LogoutAll,
    NewPassword,
    Deactivate,
    Activate,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::SignIn),
        12 => (0_usize..6).prop_map(Step::Present),
        3 => (0_usize..40).prop_map(Step::Present),
        4 => (0_usize..4, 0_usize..4).prop_map(|(one, two)| Step::Race(one, two)),
        6 => prop_oneof![Just(1), Just(9), Just(10), Just(11), Just(900), Just(604_800)].prop_map(Step::Wait),
        1 => Just(Step::LogoutAll),
        1 => Just(Step::NewPassword),
        1 => Just(Step::Deactivate),
        2 => Just(Step::Activate),
    ]
}

/// One pair of tokens, and what the model remembers about it.
struct Issued {
    pair: TokenPair,
    grant: Grant,
    used: Option<Timestamp>,
    successor: Option<usize>,
}

/// The required result of presenting a refresh token.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Expired,
    Inactive,
    Outdated,
    Dead,
    Fresh,
    Replayed(usize),
    Reused,
}

struct Model {
    world: World,
    signer: Signer,
    company: CompanyCode,
    user: UserId,
    agent: AgentId,
    active: bool,
    version: i64,
    issued: Vec<Issued>,
    dead: Vec<FamilyId>,
}

impl Model {
    fn new() -> Self {
        let mut world = World::default();
        let company = world.company("Tesla");
        let (user, agent) = world.agent("bo@t.com", company, false);
        let version = world.credentials(user).version.0;
        let signer = Signer::new(b"a secret of at least thirty-two bytes");
        Self { world, signer, company, user, agent, active: true, version, issued: Vec::new(), dead: Vec::new() }
    }

    fn issue(&mut self, grant: Grant) -> usize {
        let pair = self.signer.sign(&grant).unwrap();
        self.issued.push(Issued { pair, grant, used: None, successor: None });
        self.issued.len() - 1
    }

    /// Returns the required result of presenting the token now.
    fn expected(&self, at: usize) -> Outcome {
        let token = &self.issued[at];
        let now = self.world.now;
        if token.grant.refresh_expires <= now.seconds() {
            return Outcome::Expired;
        }
        if !self.active {
            return Outcome::Inactive;
        }
        if token.grant.version.0 != self.version {
            return Outcome::Outdated;
        }
        if self.dead.contains(&token.grant.family) {
            return Outcome::Dead;
        }
        match (token.used, token.successor) {
            (Some(used), Some(next)) if self.issued[next].used.is_none() && now.since(used) <= GRACE => {
                Outcome::Replayed(next)
            }
            (Some(_), _) => Outcome::Reused,
            (None, _) => Outcome::Fresh,
        }
    }

    /// Presents the signed text of a token, as a client does.
    fn present(&mut self, at: usize) -> Result<(), TestCaseError> {
        let (expected, now) = (self.expected(at), self.world.now);
        let token = match self.signer.verify_refresh(&self.issued[at].pair.refresh, now) {
            Ok(token) => token,
            Err(error) => {
                prop_assert_eq!((error, expected), (TokenError::Expired, Outcome::Expired));
                return Ok(());
            }
        };
        match rotate(&mut self.world, &token, Lifetimes::default(), now) {
            Ok(Rotation::Fresh(grant)) => {
                prop_assert_eq!(expected, Outcome::Fresh);
                prop_assert_eq!(grant.family, self.issued[at].grant.family);
                let next = self.issue(grant);
                (self.issued[at].used, self.issued[at].successor) = (Some(now), Some(next));
            }
            Ok(Rotation::Replayed(grant)) => {
                let Outcome::Replayed(next) = expected else {
                    return Err(TestCaseError::fail(format!("replayed, not {expected:?}")));
                };
                let pair = self.signer.sign(&grant).unwrap();
                prop_assert!(pair == self.issued[next].pair, "the same pair, byte for byte");
            }
            Ok(Rotation::Reused) => {
                prop_assert_eq!(expected, Outcome::Reused);
                self.dead.push(token.family);
            }
            Err(RefreshError::Denied(Denied::Inactive)) => prop_assert_eq!(expected, Outcome::Inactive),
            Err(RefreshError::Denied(Denied::Outdated)) => prop_assert_eq!(expected, Outcome::Outdated),
            Err(RefreshError::Invalid) => prop_assert_eq!(expected, Outcome::Dead),
            Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
        }
        Ok(())
    }

    fn apply(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let back = |back: usize, issued: &[Issued]| issued.len().checked_sub(back + 1);
        match *step {
            Step::SignIn if self.active => {
                let grant = self.world.sign_in(self.user);
                self.issue(grant);
            }
            Step::SignIn => {}
            Step::Present(one) => {
                if let Some(at) = back(one, &self.issued) {
                    self.present(at)?;
                }
            }
            Step::Race(one, two) => {
                // The second caller sees the result of the first, with no time in between.
                for at in [back(one, &self.issued), back(two, &self.issued)].into_iter().flatten() {
                    self.present(at)?;
                }
            }
            Step::Wait(seconds) => self.world.now = self.world.now.plus(Duration::from_secs(seconds)),
            Step::LogoutAll => {
                sign_out::everywhere(&mut self.world, self.user).unwrap();
                self.version += 1;
                self.dead.extend(self.issued.iter().map(|token| token.grant.family));
            }
            Step::NewPassword => {
                let hash = PasswordHash::from_stored("other".into());
                crate::accounts::set_password(&mut self.world, "bo@t.com", &hash).unwrap();
                self.version += 1;
            }
            Step::Deactivate | Step::Activate => {
                let active = matches!(step, Step::Activate);
                if self.active && !active {
                    self.version += 1;
                    self.dead.extend(self.issued.iter().map(|token| token.grant.family));
                }
                self.active = active;
                let (values, now) = (AgentChange { is_active: Some(active), ..AgentChange::default() }, self.world.now);
                change(self.world.enter(self.company).unwrap().as_mut(), self.agent, values, now).unwrap();
            }
        }
        Ok(())
    }

    /// Checks what must hold after every step.
    fn check(&mut self) -> Result<(), TestCaseError> {
        for family in &self.world.families {
            let id = family.newest.family;
            // Exactly the families that were revoked are revoked.
            prop_assert_eq!(family.revoked, self.dead.contains(&id));
            let of = self.issued.iter().filter(|token| token.grant.family == id);
            let decisions = of.map(|token| family.decide(token.grant.refresh_id, self.world.now));
            let live = decisions.filter(|decision| *decision == Decision::Rotate).count();
            prop_assert_eq!(live, usize::from(!family.revoked), "one live token of a live family, none of a dead one");
        }
        // An access token is valid until it expires or its family ends.
        let now = self.world.now;
        for token in &self.issued {
            let verified = self.signer.verify_access(&token.pair.access, now);
            let admitted = verified.ok().and_then(|token| {
                access::bearer(&mut self.world, token.claims.user, token.claims.version, token.family).ok()
            });
            let good = token.grant.access_expires > now.seconds() && !self.dead.contains(&token.grant.family);
            let good = good && self.active && token.grant.version.0 == self.version;
            prop_assert_eq!(admitted.is_some(), good);
        }
        let working = (0..self.issued.len()).filter(|at| self.expected(*at) == Outcome::Fresh);
        let families: Vec<_> = working.map(|at| self.issued[at].grant.family).collect();
        let distinct: std::collections::BTreeSet<_> = families.iter().collect();
        prop_assert_eq!(distinct.len(), families.len(), "at most one lineage in a family");
        prop_assert!(distinct.iter().all(|family| !self.dead.contains(family)));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_history_leaves_one_lineage_and_what_was_revoked_stays_so(steps in vec(step(), 1..60)) {
        let mut model = Model::new();
        model.apply(&Step::SignIn)?;
        for step in &steps {
            model.apply(step)?;
            model.check()?;
        }
    }
}

#[test]
fn two_histories_that_look_alike_end_apart() {
    // The last second of the grace period, and the one after it.
    for (wait, spared) in [(10, true), (11, false)] {
        let mut model = Model::new();
        for step in [Step::SignIn, Step::Present(0), Step::Wait(wait), Step::Present(1)] {
            model.apply(&step).unwrap();
            model.check().unwrap();
        }
        assert_eq!(model.dead.is_empty(), spared);
    }
    // Activating an agent again does not make its old tokens valid again.
    let mut model = Model::new();
    for step in [Step::SignIn, Step::Deactivate, Step::Activate, Step::Present(0)] {
        model.apply(&step).unwrap();
        model.check().unwrap();
    }
    assert_eq!((model.expected(0), model.issued.len()), (Outcome::Outdated, 1));
}

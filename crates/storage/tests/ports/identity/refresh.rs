//! Refreshes, token reuse and revocations at the same time, on real rows.

use std::time::Duration;

use identity::{
    accounts,
    agents::change::{self, AgentChange},
    refresh::{self, RefreshError, Rotation},
    sign_out,
    tokens::{Grant, Lifetimes},
};
use proptest::{collection::vec, prelude::*};
use storage::Ticket;
use tenancy::{
    AgentId, Timestamp, UserId,
    access::{Denied, Office},
    plans::PlanName,
};

use super::sign_in::{grant, presented, replace_password, rotate};
use crate::world::{World, hash, now};

const LOGIN: &str = "agent@t.com";

/// One of the concurrent calls of a round.
#[derive(Debug, Clone, Copy)]
enum Call {
    /// Presents the unspent token, within ten seconds after its predecessor was spent.
    Newest,
    /// The same, after the ten seconds.
    NewestLate,
    /// Presents its predecessor, within the ten seconds in which a repeat gets the same pair.
    Spent,
    /// The same, after the ten seconds.
    SpentLate,
    /// Presents the token before the predecessor, which the family does not store any more.
    Forgotten,
    LogoutAll,
    NewPassword,
    Deactivate,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        8 => Just(Call::Newest),
        2 => Just(Call::NewestLate),
        4 => Just(Call::Spent),
        1 => Just(Call::SpentLate),
        1 => Just(Call::Forgotten),
        1 => Just(Call::LogoutAll),
        1 => Just(Call::NewPassword),
        1 => Just(Call::Deactivate),
    ]
}

/// A call that was started and not awaited yet, with its ticket.
enum Begun {
    Refresh(usize, Ticket<Rotation, RefreshError>),
    End(Ticket<(), Box<dyn std::error::Error + Send + Sync>>),
}

struct Account {
    world: World,
    office: Office,
    user: UserId,
    agent: AgentId,
}

impl Account {
    fn each() -> Vec<Self> {
        World::each().into_iter().map(Self::new).collect()
    }

    fn new(world: World) -> Self {
        let created = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 2)).unwrap();
        let office = world.office(&created);
        let agent = world.hire(&office, LOGIN).wait().unwrap();
        replace_password(&world, LOGIN).unwrap();
        Self { world, office, user: agent.user, agent: agent.id }
    }

    /// Makes a family of three tokens, the last of which was issued at [`at`]`(20)`.
    fn family(&self) -> [Grant; 3] {
        let first = grant(&self.world, LOGIN, now());
        let second = fresh(rotate(&self.world, &first, at(10)));
        let third = fresh(rotate(&self.world, &second, at(20)));
        [first, second, third]
    }

    fn set_active(&self, is_active: bool) -> Ticket<(), Box<dyn std::error::Error + Send + Sync>> {
        let (agent, update) = (self.agent, AgentChange { is_active: Some(is_active), ..AgentChange::default() });
        self.world.db.write(self.office.clone(), move |store| {
            change::change(store, agent, update, at(20))?;
            Ok(())
        })
    }

    fn begin(&self, call: Call, family: &[Grant; 3]) -> Begun {
        let refresh = |of: usize, seconds| {
            let token = presented(&family[of]);
            let job = move |store: &mut storage::LobbyStore<'_>| {
                refresh::rotate(store, &token, Lifetimes::default(), at(seconds))
            };
            Begun::Refresh(of, self.world.db.lobby_write(job))
        };
        let user = self.user;
        match call {
            Call::Newest => refresh(2, 25),
            Call::NewestLate => refresh(2, 31),
            Call::Spent => refresh(1, 25),
            Call::SpentLate => refresh(1, 31),
            Call::Forgotten => refresh(0, 25),
            Call::LogoutAll => Begun::End(self.world.db.lobby_write(move |store| {
                sign_out::everywhere(store, user)?;
                Ok(())
            })),
            Call::NewPassword => Begun::End(self.world.db.lobby_write(|store| {
                accounts::set_password(store, LOGIN, &hash())?;
                Ok(())
            })),
            Call::Deactivate => Begun::End(self.set_active(false)),
        }
    }

    /// Returns whether the family is revoked, and the id of its newest refresh token.
    fn stored(&self, family: &Grant) -> (bool, String) {
        let query = format!(
            "SELECT (CASE WHEN revoked THEN 'revoked ' ELSE 'live ' END) || refresh_id AS line \
             FROM refresh_families WHERE id = '{}'",
            family.family
        );
        let row = self.world.scratch.lines(&query).concat();
        let (state, id) = row.split_once(' ').unwrap();
        (state == "revoked", id.to_owned())
    }

    /// Starts all calls before awaiting any of them, then checks the results.
    fn round(&self, calls: &[Call]) -> Result<(), TestCaseError> {
        let family = self.family();
        let begun: Vec<_> = calls.iter().map(|call| self.begin(*call, &family)).collect();
        let (mut made, mut replayed, mut reused) = (Vec::new(), Vec::new(), false);
        for begun in begun {
            match begun {
                Begun::End(ticket) => ticket.wait().unwrap(),
                Begun::Refresh(of, ticket) => match ticket.wait() {
                    Ok(Rotation::Fresh(grant)) => {
                        prop_assert_eq!(of, 2, "only the newest token is exchanged");
                        made.push(grant);
                    }
                    Ok(Rotation::Replayed(grant)) => replayed.push((of, grant)),
                    Ok(Rotation::Reused) => reused = true,
                    Err(RefreshError::Invalid | RefreshError::Denied(Denied::Outdated | Denied::Inactive)) => {}
                    Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
                },
            }
        }
        prop_assert!(made.len() <= 1, "at most one successor: {:?}", made);
        for (of, grant) in replayed {
            let wanted = if of == 1 { Some(&family[2]) } else { made.first() };
            prop_assert_eq!(Some(&grant), wanted, "a repeat gets the same pair as the first call");
        }
        let revokes = |call: &Call| matches!(call, Call::LogoutAll | Call::Deactivate);
        let (revoked, newest) = self.stored(&family[0]);
        prop_assert_eq!(revoked, reused || calls.iter().any(revokes));
        prop_assert_eq!(newest, made.first().unwrap_or(&family[2]).refresh_id.to_string());

        // Reactivating the agent does not make its old tokens valid again.
        self.set_active(true).wait().unwrap();
        let ended = revoked || calls.iter().any(|call| matches!(call, Call::NewPassword));
        let last = made.first().unwrap_or(&family[2]).clone();
        let works = matches!(rotate(&self.world, &last, at(40)), Ok(Rotation::Fresh(_)));
        prop_assert_eq!(works, !ended);
        for token in family.iter().chain(&made) {
            let again = rotate(&self.world, token, at(60));
            prop_assert!(matches!(again, Ok(Rotation::Reused) | Err(_)), "{:?}", again);
        }
        prop_assert!(ended || self.stored(&family[0]).0, "reuse has revoked the family by now");
        Ok(())
    }
}

fn at(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}

fn fresh(rotation: Result<Rotation, RefreshError>) -> Grant {
    match rotation {
        Ok(Rotation::Fresh(grant)) => grant,
        other => panic!("{other:?}"),
    }
}

#[test]
fn calls_at_one_time_leave_one_lineage_and_what_was_revoked_stays_so() {
    for account in Account::each() {
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        runner.run(&vec(call(), 1..14), |calls| account.round(&calls)).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn sign_ins_beside_a_sign_out_everywhere_are_over_or_begin_anew() {
    for account in Account::each() {
        for _ in 0..8 {
            let before = account.family();
            let user = account.user;
            let sign_out = move |store: &mut storage::LobbyStore<'_>| sign_out::everywhere(store, user);
            let ticket = account.world.db.lobby_write(sign_out);
            let concurrent = grant(&account.world, LOGIN, at(20));
            ticket.wait().unwrap();
            assert!(rotate(&account.world, &before[2], at(21)).is_err());
            // A sign-in before the sign-out is revoked entirely; one after it works entirely.
            let (revoked, _) = account.stored(&concurrent);
            let works = matches!(rotate(&account.world, &concurrent, at(21)), Ok(Rotation::Fresh(_)));
            assert_eq!((works, concurrent.version > before[2].version), (!revoked, !revoked));
        }
    }
}

//! The staff, visitors and objects that the rows are tried with.

mod objects;

use std::{collections::HashMap, time::Duration};

use api_tests::{calls::Caller as _, prelude::*};

use crate::{
    callers::{Caller, Home, Who},
    rights::Whose,
    watch::{Reader, Record},
};

/// The kind of object that a call is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    /// No object, or the caller's own account.
    Nothing,
    /// A session with a profile, a file and, for some owners, a handoff.
    Session,
    /// An agent, signed in.
    Agent,
    /// An agent who has not yet chosen a password.
    NewAgent,
    /// A saved reply of an agent's own.
    SavedReply,
    /// A company with its owner and its subscription.
    Company,
    /// A company whose owner has not yet replaced a reset password.
    NewOwner,
    /// An entry of a company's knowledge.
    Entry,
    /// A question of a visitor that was not answered.
    Miss,
    /// A golden question of a company.
    Golden,
}

/// An object with all identifiers that calls use for it.
#[derive(Clone, Default, Debug)]
pub(crate) struct Thing {
    /// Id of the agent, of the admin, or of the visitor's profile.
    pub(crate) id: i64,
    /// Name of the agent or of the visitor.
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) company: String,
    /// Country code of the visitor.
    pub(crate) country: String,
    pub(crate) session: String,
    pub(crate) handoff: i64,
    /// An agent of the same company, to whom the session may be assigned.
    pub(crate) agent: i64,
    pub(crate) assignment: i64,
    /// The file's path below `/media/`, without its signature.
    pub(crate) file: String,
    /// The same path with its signature.
    pub(crate) link: String,
    /// A plan that the company does not have.
    pub(crate) plan: i64,
    /// A valid refresh token.
    pub(crate) refresh: String,
    /// A number that no other object has.
    pub(crate) number: usize,
    /// Id of the file.
    pub(crate) attachment: i64,
    /// The id of an entry of the company's knowledge.
    pub(crate) entry: String,
    /// A text that occurs in all data of this session, and nowhere else.
    pub(crate) secret: String,
}

/// Identifiers of objects. `id` is the account of the company's owner, the rest is as in any [`Thing`].
pub(crate) struct Identifiers {
    pub(crate) own: Thing,
    pub(crate) foreign: Thing,
    pub(crate) absent: Thing,
    /// Ids of a profile of the other company, and of no profile.
    pub(crate) profiles: [i64; 2],
    /// Ids of a saved reply of the other company, and of none.
    pub(crate) replies: [i64; 2],
    /// Ids of an unanswered question of the other company, and of none.
    pub(crate) misses: [i64; 2],
    /// Ids of a golden question of the other company, and of none.
    pub(crate) golden: [i64; 2],
    /// Id of a file of another session of the own company.
    pub(crate) colleagues_file: i64,
    /// Id of the account of an agent of the own company; it is not the id of any agent.
    pub(crate) account: i64,
    /// Id of the account of an agent of the other company.
    pub(crate) foreign_account: i64,
}

/// Two companies with their staff and objects.
pub(crate) struct Scene<'a> {
    pub(crate) world: &'a World,
    own: Company,
    foreign: Company,
    superadmin: Superadmin,
    caller: Agent,
    colleague: Agent,
    foreigner: Agent,
    /// An agent whose account is deactivated.
    deactivated: Client,
    /// An agent whose token has expired.
    expired: Client,
    other_visitor: String,
    /// Texts that occur in all data of the own company, and in all data of the other one.
    canaries: [String; 2],
    reader: Reader,
    plan: i64,
    prepared: HashMap<(Kind, Whose), Thing>,
    made: usize,
}

const NOWHERE: i64 = 999_999;

impl<'a> Scene<'a> {
    pub(crate) async fn new(world: &'a World) -> Self {
        let word = uuid::Uuid::new_v4().simple().to_string();
        let canaries = ["a", "b"].map(|side| format!("cnry{side}{}", word.get(..12).unwrap_or_default()));
        let [at_home, abroad] = &canaries;
        let mut own = world.company_with_seats(&format!("Tesla {at_home}"), 500).await;
        let mut foreign = world.company_with_seats(&format!("SpaceX {abroad}"), 400).await;
        for (company, canary) in [(&own, at_home), (&foreign, abroad)] {
            let faq = json!({canary: {canary: [{"question": format!("What is {canary}?"), "answer": canary,
                "document": canary, "chunk_id": "one"}]}});
            company.knowledge(&faq).await;
            company.admin.set_bot(&json!({"bot_name": canary})).await.ok();
        }
        let superadmin = world.superadmin().await;
        let plan = json!({"plan_name": "gold", "max_agents": 900, "price": 500});
        let plan = superadmin.create_plan(&plan).await.created()["id"].as_i64().unwrap();
        let (caller, colleague) =
            (own.agent(&format!("Bo {at_home}")).await, own.agent(&format!("Cy {at_home}")).await);
        let foreigner = foreign.agent(&format!("Di {abroad}")).await;
        let expired = caller.client().clone();
        // Longer than the lifetime of an access token.
        world.clock.advance(Duration::from_mins(16));
        own.admin = own.admin.signed_in_again().await;
        foreign.admin = foreign.admin.signed_in_again().await;
        let left = own.agent("Ed Left").await;
        own.admin.update_agent(left.id, &json!({"is_active": false})).await.ok();
        let mut other = own.stranger();
        other.say("Hello").await;
        Self {
            world,
            own,
            foreign,
            superadmin: world.superadmin().await,
            caller,
            colleague,
            foreigner,
            deactivated: left.client().clone(),
            expired,
            other_visitor: other.session,
            canaries,
            reader: Reader::new(world),
            plan,
            prepared: HashMap::new(),
            made: 0,
        }
    }

    /// Returns all callers with new tokens, because a row may revoke the tokens of the previous ones.
    pub(crate) async fn callers(&mut self) -> Vec<Caller> {
        self.caller = self.caller.signed_in_again().await;
        self.colleague = self.colleague.signed_in_again().await;
        self.foreigner = self.foreigner.signed_in_again().await;
        self.own.admin = self.own.admin.signed_in_again().await;
        self.foreign.admin = self.foreign.admin.signed_in_again().await;
        self.superadmin = self.world.superadmin().await;
        let client = |who| match who {
            Who::Anonymous | Who::Visitor | Who::OtherVisitor => self.world.anybody(),
            Who::Garbage => self.world.anybody().with_token("not.a.token"),
            Who::Expired => self.expired.clone(),
            Who::Assigned => self.caller.client().clone(),
            Who::Colleague => self.colleague.client().clone(),
            Who::Foreigner => self.foreigner.client().clone(),
            Who::Admin => self.own.admin.client().clone(),
            Who::ForeignAdmin => self.foreign.admin.client().clone(),
            Who::Deactivated => self.deactivated.clone(),
            Who::Superadmin => self.superadmin.client().clone(),
        };
        Who::ALL.map(|who| Caller { who, client: client(who) }).into()
    }

    /// Returns the agents of the own and of the other company, and one that does not exist.
    pub(crate) fn agents(&self) -> [i64; 3] {
        [self.caller.id, self.foreigner.id, NOWHERE]
    }

    /// Signs an agent in again.
    pub(crate) async fn signed_in_again(&self, who: Who) -> Client {
        let agent = match who {
            Who::Colleague => &self.colleague,
            Who::Foreigner => &self.foreigner,
            _ => &self.caller,
        };
        agent.signed_in_again().await.client().clone()
    }

    /// Returns a refresh token of the other company's agent.
    pub(crate) fn refresh_of_the_foreigner(&self) -> String {
        self.foreigner.refresh.clone()
    }

    /// Reads all rows of the database.
    pub(crate) fn record(&self) -> Record {
        self.reader.read(self.world)
    }

    /// Returns the codes of the own company and of the other one.
    pub(crate) fn codes(&self) -> [&str; 2] {
        [&self.own.id, &self.foreign.id]
    }

    /// Returns the code of the company that a caller belongs to, empty if it is not exactly one.
    pub(crate) fn code(&self, home: Home) -> &str {
        match home {
            Home::Own => &self.own.id,
            Home::Foreign => &self.foreign.id,
            Home::None | Home::All => "",
        }
    }

    /// Returns the texts that callers of this company must not see. Texts of the company `of` are allowed.
    pub(crate) fn forbidden(&self, home: Home, of: &str) -> Vec<&str> {
        let [at_home, abroad] = &self.canaries;
        let mut forbidden = match home {
            Home::All => Vec::new(),
            Home::Own => vec![abroad.as_str()],
            Home::Foreign => vec![at_home.as_str()],
            Home::None => vec![at_home.as_str(), abroad.as_str()],
        };
        forbidden.retain(|canary| match of {
            of if of == self.own.id => canary != at_home,
            of if of == self.foreign.id => canary != abroad,
            _ => true,
        });
        forbidden
    }

    /// Returns the texts of both companies.
    pub(crate) fn canaries(&self) -> [&str; 2] {
        [&self.canaries[0], &self.canaries[1]]
    }

    /// Returns the object as another visitor would name it: with its ids, but with the visitor's own session.
    pub(crate) fn by_another_visitor(&self, thing: Thing) -> Thing {
        Thing { session: self.other_visitor.clone(), name: "Somebody".to_owned(), ..thing }
    }

    /// Prepares objects of one kind, unless they exist already.
    pub(crate) async fn prepare(&mut self, kind: Kind, whose: &[Whose]) {
        for whose in whose {
            // Objects of the kind `Nothing` hold credentials, which a row may revoke.
            if kind == Kind::Nothing || !self.prepared.contains_key(&(kind, *whose)) {
                let thing = match (kind, whose) {
                    (Kind::Agent, Whose::Mine) => self.signed_in_agent(&self.caller),
                    (Kind::Agent, Whose::Colleagues) => self.signed_in_agent(&self.colleague),
                    (Kind::Agent, Whose::Foreign) => self.signed_in_agent(&self.foreigner),
                    (Kind::Company, Whose::Colleagues) => self.owner(&self.own).await,
                    (Kind::Company, Whose::Foreign) => self.owner(&self.foreign).await,
                    _ => self.fresh(kind, *whose).await,
                };
                self.prepared.insert((kind, *whose), thing);
            }
        }
    }

    /// Returns an object that was prepared before.
    pub(crate) fn prepared(&self, kind: Kind, whose: Whose) -> Thing {
        self.prepared.get(&(kind, whose)).unwrap_or_else(|| panic!("no {kind:?} of {whose:?} was prepared")).clone()
    }

    /// Creates a new object, for a call that uses it up.
    pub(crate) async fn fresh(&mut self, kind: Kind, whose: Whose) -> Thing {
        self.made += 1;
        let number = self.made;
        let thing = match (kind, whose) {
            // The company is there, so that the entry or the question alone is missing.
            (Kind::Entry | Kind::Miss | Kind::Golden, Whose::Absent) => {
                Thing { company: self.own.id.clone(), ..objects::absent(self.plan) }
            }
            (_, Whose::Absent) => objects::absent(self.plan),
            (Kind::Nothing, _) => self.signed_in_agent(&self.colleague),
            (Kind::Session, _) => self.session(whose, number).await,
            (Kind::Agent | Kind::NewAgent, _) => self.agent(self.company(whose), number).await,
            (Kind::SavedReply, _) => self.saved_reply(whose, number).await,
            (Kind::Company, _) => self.opened(number).await,
            (Kind::NewOwner, _) => self.reset_owner(number).await,
            (Kind::Entry, _) => self.entry(whose, number).await,
            (Kind::Miss, _) => self.miss(whose, number).await,
            (Kind::Golden, _) => self.golden(whose, number).await,
        };
        Thing { number, ..thing }
    }

    fn company(&self, whose: Whose) -> &Company {
        if whose.is_own_company() { &self.own } else { &self.foreign }
    }

    fn signed_in_agent(&self, agent: &Agent) -> Thing {
        let agent = agent.clone();
        Thing {
            id: agent.id,
            name: agent.name,
            email: agent.email,
            password: agent.password,
            company: agent.company,
            refresh: agent.refresh,
            plan: self.plan,
            ..Thing::default()
        }
    }
}

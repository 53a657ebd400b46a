//! The creation of objects through the API.

use api_tests::prelude::*;

use super::{Kind, NOWHERE, Scene, Thing};
use crate::rights::Whose;

impl Scene<'_> {
    pub(super) async fn agent(&self, company: &Company, number: usize) -> Thing {
        let created = company.admin.create_agent(&company.agent_body(&format!("New {number}"))).await.created();
        Thing {
            id: created["agent"]["id"].as_i64().unwrap(),
            email: created["email"].as_str().unwrap().to_owned(),
            password: created["password"].as_str().unwrap().to_owned(),
            company: company.id.clone(),
            ..Thing::default()
        }
    }

    /// Saves a reply of the agent to whom such objects belong.
    pub(super) async fn saved_reply(&self, whose: Whose, number: usize) -> Thing {
        let (agent, [own, foreign]) = match whose {
            Whose::Mine => (&self.caller, &self.canaries),
            Whose::Foreign => (&self.foreigner, &self.canaries),
            _ => (&self.colleague, &self.canaries),
        };
        let canary = if whose.is_own_company() { own } else { foreign };
        let body = json!({"shortcut": format!("r{number}"), "title": canary, "text": canary});
        // The agent's token may have expired.
        let saved = agent.signed_in_again().await.save_reply(&body).await.created();
        Thing { id: saved["id"].as_i64().unwrap(), company: agent.company.clone(), ..Thing::default() }
    }

    pub(super) async fn owner(&self, company: &Company) -> Thing {
        let row = self.superadmin.list_admins(&[("admin_id", &company.admin.id.to_string())]).await.ok();
        Thing {
            id: company.admin.id,
            email: company.admin.email.clone(),
            password: company.admin.password.clone(),
            company: company.id.clone(),
            assignment: row["current_plan"]["assignment_id"].as_i64().unwrap(),
            plan: self.plan,
            ..Thing::default()
        }
    }

    /// Adds an entry in a document of its own, whose title is the entry's id.
    pub(super) async fn entry(&self, whose: Whose, number: usize) -> Thing {
        let [at_home, abroad] = &self.canaries;
        let (company, canary) = if whose.is_own_company() { (&self.own, at_home) } else { (&self.foreign, abroad) };
        let id = format!("{canary}-{number}");
        let body = json!({"question": id, "answer": canary, "document": id, "section": canary, "chunk_id": id});
        company.admin.client().post("/api/knowledge/entries/", &body).await.created();
        Thing { company: company.id.clone(), entry: id, ..Thing::default() }
    }

    /// Lets a visitor ask what the company does not know. No other object has a word of the question.
    pub(super) async fn miss(&self, whose: Whose, number: usize) -> Thing {
        let [at_home, abroad] = &self.canaries;
        let (company, canary) = if whose.is_own_company() { (&self.own, at_home) } else { (&self.foreign, abroad) };
        let question = format!("Do you sell {canary}q{number}?");
        company.stranger().say(&question).await;
        let listed = company.admin.client().get("/api/knowledge/unanswered/").await.ok();
        assert_eq!(listed["results"][0]["question"], question.as_str(), "{listed}");
        let id = listed["results"][0]["id"].as_i64().unwrap();
        Thing { id, company: company.id.clone(), ..Thing::default() }
    }

    /// Adds a golden question.
    pub(super) async fn golden(&self, whose: Whose, number: usize) -> Thing {
        let [at_home, abroad] = &self.canaries;
        let (company, canary) = if whose.is_own_company() { (&self.own, at_home) } else { (&self.foreign, abroad) };
        let body = json!({"question": format!("Is {canary}g{number} sold?"), "expect": "clarify"});
        let added = company.admin.client().post("/api/knowledge/golden/", &body).await.created();
        Thing { id: added["id"].as_i64().unwrap(), company: company.id.clone(), ..Thing::default() }
    }

    pub(super) async fn opened(&self, number: usize) -> Thing {
        self.owner(&self.world.company(&format!("Firm {number}")).await).await
    }

    pub(super) async fn reset_owner(&self, number: usize) -> Thing {
        let owner = self.opened(number).await;
        let body = json!({"admin_id": owner.id});
        let reset = self.superadmin.client().post("/api/auth/reset-admin-password/", &body).await.ok();
        Thing { password: reset["new_password"].as_str().unwrap().to_owned(), ..owner }
    }

    /// Lets the other company, and the superadmin within it, change rows and counts of that company.
    pub(crate) async fn neighbour_works(&mut self, theirs: &Thing) {
        let made = self.fresh(Kind::Session, Whose::Foreign).await;
        self.fresh(Kind::Session, Whose::ForeignQuiet).await;
        let agent = self.fresh(Kind::Agent, Whose::Foreign).await;
        let Self { foreign, foreigner, superadmin, plan, .. } = &*self;
        let admin = &foreign.admin;
        foreigner.write(&made.session, "Good day").await.ok();
        foreigner.resolve(made.handoff, "done").await.ok();
        foreigner.agent_login(&foreigner.email, &foreigner.password).await.ok();
        foreigner.update_agent_status("BUSY").await.ok();
        admin.delete_profile(theirs.id).await.ok();
        admin.update_agent(agent.id, &json!({"name": "Other Name", "is_active": false})).await.ok();
        admin.delete_agent(agent.id).await.ok();
        admin.set_bot(&json!({"bot_name": "Other", "use_shared_library": true})).await.ok();
        foreign.knowledge(&json!({"c": {"s": [{"question": "What is other?", "answer": "This."}]}})).await;
        superadmin.update_admin(admin.id, &json!({"name": "Renamed", "address": "Elsewhere 1"})).await.ok();
        superadmin.change_admin_plan(admin.id, &json!({"new_plan_id": plan, "reason": "grows"})).await.ok();
    }

    pub(super) async fn session(&self, whose: Whose, number: usize) -> Thing {
        let company = self.company(whose);
        let secret = format!("{}s{number}e", self.canaries[usize::from(!whose.is_own_company())]);
        let mut visitor = company.stranger();
        visitor.say(&format!("Hello {secret}")).await;
        // Visitors of the two companies have different country codes, so that statistics tell them apart.
        let country = if whose.is_own_company() { "+977" } else { "+1" };
        let name = format!("Asha {secret}");
        let profile = json!({"session_id": visitor.session, "name": name, "phone": "9841234567",
            "country_code": country, "email": format!("{secret}@mail.example"), "address": secret});
        let profile = visitor.create_profile(&profile).await.ok();
        let shared = visitor.share(&format!("{secret}.pdf"), format!("%PDF-{secret}").as_bytes()).await;
        let link = shared["file_url"].as_str().unwrap().strip_prefix("/media/").unwrap().to_owned();
        let agent = match whose {
            Whose::Mine | Whose::Done => Some(&self.caller),
            Whose::Colleagues => Some(&self.colleague),
            Whose::Foreign => Some(&self.foreigner),
            Whose::Queued | Whose::Quiet | Whose::ForeignQuiet | Whose::Absent => None,
        };
        let mut handoff = NOWHERE;
        if !matches!(whose, Whose::Quiet | Whose::ForeignQuiet) {
            let escalated = company.admin.escalate(&visitor.session, &secret).await.ok();
            handoff = escalated["handoff_session"]["id"].as_i64().unwrap();
        }
        if let Some(agent) = agent {
            company.admin.assign(handoff, agent.id).await.ok();
        }
        if whose == Whose::Done {
            company.admin.resolve(handoff, &secret).await.ok();
        }
        let transfer = if whose.is_own_company() { &self.colleague } else { &self.foreigner };
        Thing {
            id: profile["profile"]["id"].as_i64().unwrap(),
            name,
            attachment: shared["id"].as_i64().unwrap(),
            secret,
            company: company.id.clone(),
            country: country.to_owned(),
            session: visitor.session.clone(),
            handoff,
            agent: transfer.id,
            file: link.split('?').next().unwrap_or_default().to_owned(),
            link,
            ..Thing::default()
        }
    }
}

/// Returns identifiers that no object has.
pub(super) fn absent(plan: i64) -> Thing {
    let file = "uploads/TES001/00000000/TES001_20261123_025203_000000000000_cv.pdf";
    Thing {
        id: NOWHERE,
        name: "Nobody".to_owned(),
        email: "nobody@nowhere.example".to_owned(),
        password: "nobody's password".to_owned(),
        company: "TES999".to_owned(),
        session: "TES001_00000000-0000-4000-8000-000000000000".to_owned(),
        handoff: NOWHERE,
        agent: 1,
        assignment: NOWHERE,
        attachment: NOWHERE,
        file: file.to_owned(),
        link: file.to_owned(),
        plan,
        entry: "no-entry".to_owned(),
        ..Thing::default()
    }
}

//! Saved replies and colleagues on real rows.

use handoff::{
    colleagues,
    saved_replies::{self, ReplyChange, ReplyText, SavedReplies as _, SavedReply, SavedReplyError, Scope, Shortcut},
};
use tenancy::{SavedReplyId, access::Desk};

use crate::{stage::later, world::World};

fn reply(shortcut: &str) -> ReplyText {
    ReplyText { shortcut: Shortcut::parse(shortcut).unwrap(), title: "Refund".into(), text: "Hi {name}".into() }
}

fn create(world: &World, desk: &Desk, scope: Scope, shortcut: &str) -> Result<SavedReply, SavedReplyError> {
    let reply = reply(shortcut);
    world.db.write(desk.clone(), move |store| saved_replies::create(store, scope, reply, later(1))).wait()
}

fn seen(world: &World, desk: &Desk) -> Vec<SavedReplyId> {
    let read = world.db.read(desk.clone(), |store| store.saved_replies());
    read.wait().unwrap().into_iter().map(|saved| saved.id).collect()
}

#[test]
fn a_person_sees_and_changes_its_own_replies_and_never_anothers() {
    for world in World::each() {
        let [company, other] = ["tesla", "space"].map(|name| world.company(name));
        let [ben, cleo] = ["ben", "cleo"].map(|name| Desk::from(world.agent(&company, name)));
        let (admin, foreign) = (company.desk(), other.desk());
        let own = create(&world, &ben, Scope::Own, "a").unwrap();
        let of_admin = create(&world, &admin, Scope::Own, "a").unwrap();
        let shared = create(&world, &admin, Scope::Company, "a").unwrap();
        let refused = create(&world, &cleo, Scope::Company, "b");
        assert!(matches!(refused, Err(SavedReplyError::OnlyAdmins)), "{refused:?}");
        assert_eq!(seen(&world, &ben), [own.id, shared.id]);
        assert_eq!(seen(&world, &cleo), [shared.id]);
        assert_eq!(seen(&world, &admin), [of_admin.id, shared.id]);
        assert_eq!(seen(&world, &foreign), []);

        // The ports themselves do not reach another person's or company's reply.
        let changed = SavedReply { reply: reply("changed"), ..own.clone() };
        for stranger in [&cleo, &admin, &foreign] {
            let (changed, id) = (changed.clone(), own.id);
            let tried = world.db.write(stranger.clone(), move |store| {
                store.update_reply(&changed)?;
                store.delete_reply(id)
            });
            tried.wait().unwrap();
            let id = own.id;
            let deleted = world.db.write(stranger.clone(), move |store| saved_replies::delete(store, id)).wait();
            assert!(matches!(deleted, Err(SavedReplyError::NotFound)), "{deleted:?}");
        }
        let kept = world.db.read(ben.clone(), |store| store.saved_replies()).wait().unwrap();
        assert_eq!(kept[0], own);
        let id = own.id;
        let change = ReplyChange { shortcut: Shortcut::parse("z"), ..ReplyChange::default() };
        let updated =
            world.db.write(ben.clone(), move |store| saved_replies::update(store, id, change)).wait().unwrap();
        assert_eq!((updated.reply.shortcut.as_str(), updated.reply.text.as_str()), ("z", "Hi {name}"));
        world.db.write(ben.clone(), move |store| saved_replies::delete(store, id)).wait().unwrap();
        assert_eq!(seen(&world, &ben), [shared.id]);
    }
}

#[test]
fn a_shortcut_is_unique_within_its_scope_and_a_refusal_changes_nothing() {
    for world in World::each() {
        let company = world.company("tesla");
        let ben = Desk::from(world.agent(&company, "ben"));
        for (desk, scope) in [(&ben, Scope::Own), (&company.desk(), Scope::Own), (&company.desk(), Scope::Company)] {
            create(&world, desk, scope, "a").unwrap();
            let again = create(&world, desk, scope, "A");
            assert!(matches!(again, Err(SavedReplyError::ShortcutInUse)), "{again:?}");
        }
        let id = create(&world, &ben, Scope::Own, "b").unwrap().id;
        let change = ReplyChange { shortcut: Shortcut::parse("a"), ..ReplyChange::default() };
        let taken = world.db.write(ben.clone(), move |store| saved_replies::update(store, id, change)).wait();
        assert!(matches!(taken, Err(SavedReplyError::ShortcutInUse)), "{taken:?}");
        assert_eq!(world.count("saved_replies"), "4");
    }
}

#[test]
fn colleagues_are_the_active_agents_of_the_company() {
    for world in World::each() {
        let [company, other] = ["tesla", "space"].map(|name| world.company(name));
        let [cleo, ben] = ["cleo", "ben"].map(|name| world.agent(&company, name));
        world.agent(&other, "dan");
        for _ in 0..2 {
            let (session, _) = world.session(&company, "Ann Ray");
            let id = world.escalated(&company, session, later(1));
            let agent = ben.id();
            let assigned =
                world.db.write(company.office.clone(), move |store| handoff::desk::assign(store, id, agent, later(2)));
            assigned.wait().unwrap();
        }
        let listed = world.db.read(Desk::from(cleo.clone()), |store| colleagues::list(store)).wait().unwrap();
        let listed: Vec<_> = listed.into_iter().map(|one| (one.id, one.open)).collect();
        assert_eq!(listed, [(ben.id(), 2), (cleo.id(), 0)]);
    }
}

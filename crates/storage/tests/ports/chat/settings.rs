//! A company's bot settings.

use chatbot::{
    BotSettings, QuickReply, SettingsRecord as _,
    settings::{self, Change, SettingsChange},
};

use handoff::turn::Committed;

use crate::{
    stage::{Company, later, text},
    world::World,
};

impl World {
    fn change(&self, company: &Company, change: SettingsChange) -> BotSettings {
        self.db.write(company.office.clone(), move |store| settings::change(store, change)).wait().unwrap()
    }

    fn version(&self, company: &Company) -> String {
        let code = company.code;
        self.scratch
            .lines(&format!(
                "SELECT CAST(settings_version AS TEXT) || ' ' || coalesce(CAST(settings AS TEXT), '-') AS line \
                 FROM companies WHERE code = '{code}'"
            ))
            .concat()
    }
}

fn renamed(name: &str) -> SettingsChange {
    SettingsChange { bot_name: Change::To(name.to_owned()), ..SettingsChange::default() }
}

#[test]
fn settings_are_kept_as_far_as_they_are_not_the_defaults() {
    for world in World::each() {
        let (tesla, other) = (world.company("tesla"), world.company("other"));
        assert_eq!(world.see(&tesla, |store| settings::current(store)), BotSettings::default());
        assert_eq!(world.version(&tesla), "0 -");
        let quick = QuickReply {
            matches: vec!["Visa \u{1f6c2}".to_owned()],
            reply: "Which?".to_owned(),
            suggestions: Vec::new(),
            kind: "visa_selection".to_owned(),
        };
        let changed = SettingsChange {
            quick_replies: Change::To(vec![quick]),
            use_shared_library: Change::To(true),
            confidence_threshold: Change::To(1.0),
            escalation_phrases: Change::To(Vec::new()),
            ..renamed("Kit")
        };
        let stored = world.change(&tesla, changed);
        assert_eq!(world.see(&tesla, |store| settings::current(store)), stored);
        assert_eq!((stored.bot_name.as_str(), stored.escalation_phrases.len()), ("Kit", 0));
        let line = world.version(&tesla);
        assert!(line.starts_with("1 {") && !line.contains("welcome_text"), "{line}");

        // An equal value changes nothing, and default settings are stored as no document.
        world.change(&tesla, renamed("Kit"));
        assert!(world.version(&tesla).starts_with("1 {"));
        let defaults = BotSettings::default();
        world.db.write(tesla.office.clone(), move |store| store.put_settings(&defaults)).wait().unwrap();
        assert_eq!(world.version(&tesla), "2 -");
        assert_eq!(world.version(&other), "0 -");
    }
}

#[test]
fn changes_at_the_same_time_do_not_undo_each_other() {
    for world in World::each() {
        let tesla = world.company("tesla");
        let text = |text: &str| Change::To(text.to_owned());
        let changes = [
            renamed("Kit"),
            SettingsChange { welcome_text: text("Welcome"), ..SettingsChange::default() },
            SettingsChange { greeting_text: text("Hey"), ..SettingsChange::default() },
            SettingsChange { escalation_text: text("Wait"), ..SettingsChange::default() },
        ];
        let tickets: Vec<_> = changes
            .into_iter()
            .map(|change| world.db.write(tesla.office.clone(), move |store| settings::change(store, change)))
            .collect();
        for ticket in tickets {
            ticket.wait().unwrap();
        }
        let now = world.see(&tesla, |store| settings::current(store));
        let texts = [&now.bot_name, &now.welcome_text, &now.greeting_text, &now.escalation_text];
        assert_eq!(texts, ["Kit", "Welcome", "Hey", "Wait"]);
        assert!(world.version(&tesla).starts_with("4 {"));
    }
}

#[test]
fn a_turn_in_flight_is_planned_again_with_the_new_settings() {
    for world in World::each() {
        let tesla = world.company("tesla");
        let (session, _) = world.session(&tesla, "Ann Ray");
        let visitor = world.visitor(&tesla, Some(session));
        let pending = world.pending(&visitor, &text("hello"), later(1));
        world.change(&tesla, SettingsChange { greeting_text: Change::To("Hey".to_owned()), ..renamed("Kit") });
        let Committed::Again(mut moved) = world.commit(&visitor, pending, later(1)).unwrap() else { panic!("stored") };
        world.look_up(&visitor, &mut moved);
        match world.commit(&visitor, moved, later(1)).unwrap() {
            Committed::Done(exchange) => assert_eq!(exchange.reply.response, "Hey"),
            other => panic!("{other:?}"),
        }
    }
}

//! Noticing that sessions have changed.

use chatbot::{SessionHead, Sessions as _, Side};
use tenancy::SessionRowId;

use crate::{
    stage::text,
    world::{World, now},
};

#[test]
fn heads_tell_changes_and_read_positions_of_any_companys_sessions() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let opened = [&tesla, &spacex].map(|company| world.turn(&world.visitor(company, None), &text("hi"), now()));
        let [one, two] = opened.each_ref().map(|exchange| exchange.user.session);
        let heads = || {
            let asked = [two, SessionRowId::new(999), one];
            let mut heads = world.db.lobby(move |lobby| lobby.heads(&asked)).wait().unwrap();
            heads.sort_by_key(|(row, _)| row.get());
            heads
        };
        let head = |revision, staff_read_seq, last_seq| SessionHead { revision, staff_read_seq, last_seq };
        assert_eq!(heads(), [(one, head(1, 0, 2)), (two, head(1, 0, 2))]);
        let read = world.db.write(tesla.office.clone(), move |store| {
            store.raise_read_seq(one, Side::Staff, 2)?;
            store.raise_read_seq(one, Side::Staff, 1)?;
            store.raise_read_seq(one, Side::Visitor, 2)
        });
        read.wait().unwrap();
        world.turn(&world.visitor(&spacex, Some(opened[1].session)), &text("Ann Ray"), now());
        assert_eq!(heads(), [(one, head(1, 2, 2)), (two, head(2, 0, 4))]);
        let session = world.stored(&tesla, opened[0].session);
        assert_eq!((session.visitor_read_seq, session.staff_read_seq), (2, 2));
        assert_eq!(session.head(), head(1, 2, 2));
    }
}

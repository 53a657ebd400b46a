//! The refresh token families and tickets of the world.

use tenancy::{StoreError, Timestamp, UserId};

use super::World;
use crate::{
    refresh::{Families, Family},
    tickets::{TicketHash, TicketRecord, Tickets},
    tokens::FamilyId,
};

impl Families for World {
    fn family_for_update(&mut self, id: FamilyId) -> Result<Option<Family>, StoreError> {
        Ok(self.families.iter().find(|family| family.newest.family == id).cloned())
    }

    fn insert_family(&mut self, family: &Family, _: Timestamp) -> Result<(), StoreError> {
        self.families.push(family.clone());
        Ok(())
    }

    fn update_family(&mut self, family: &Family) -> Result<(), StoreError> {
        let id = family.newest.family;
        *self.families.iter_mut().find(|stored| stored.newest.family == id).unwrap() = family.clone();
        Ok(())
    }

    fn revoke_families(&mut self, user: UserId) -> Result<(), StoreError> {
        self.families.iter_mut().filter(|family| family.newest.user == user).for_each(|family| family.revoked = true);
        Ok(())
    }
}

impl Tickets for World {
    fn insert_ticket(&mut self, hash: TicketHash, ticket: &TicketRecord, now: Timestamp) -> Result<(), StoreError> {
        self.tickets.retain(|(_, kept)| kept.user != ticket.user || kept.expires_at > now);
        self.tickets.push((hash, *ticket));
        Ok(())
    }

    fn take_ticket(&mut self, hash: TicketHash) -> Result<Option<TicketRecord>, StoreError> {
        let at = self.tickets.iter().position(|(stored, _)| *stored == hash);
        Ok(at.map(|at| self.tickets.remove(at).1))
    }
}

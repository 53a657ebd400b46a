//! Background jobs, and the vectors that they make.

use std::{collections::HashSet, time::Duration};

use ::jobs::{Job, JobList as _, JobState, Jobs as _, Kind, LONGEST_BACK_OFF, Schedule as _};
use encoder::Vector;
use knowledge::{EntryVectors as _, KnowledgeBase as _, TextHash, Version};
use storage::CompanyStore;
use tenancy::{CompanyCode, StoreError, Timestamp, access::Office, companies::CompanyRecord as _};

use crate::{
    stage::{Company, later},
    world::{Read, World, now},
};

const LEASE: Duration = Duration::from_mins(1);

/// The worlds, each with two companies.
fn worlds() -> impl Iterator<Item = (World, Company, Company)> {
    World::each().into_iter().map(|world| {
        let [one, two] = ["tesla", "spacex"].map(|name| world.company(name));
        (world, one, two)
    })
}

fn write<T: Send + 'static>(
    world: &World,
    company: &Company,
    job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Read<T> + Send + 'static,
) -> T {
    world.db.write(company.office.clone(), job).wait().unwrap()
}

fn enqueue(world: &World, company: &Company, at: Timestamp) {
    write(world, company, move |store| store.enqueue(Kind::Encode, at));
}

fn claim(world: &World, company: &Company, at: Timestamp) -> Option<Job> {
    write(world, company, move |store| store.claim(Kind::Encode, at, LEASE))
}

fn due(world: &World, at: Timestamp) -> Vec<CompanyCode> {
    let due = world.db.lobby(move |lobby| lobby.due(at, 9)).wait().unwrap();
    due.into_iter().map(|(company, _)| company).collect()
}

/// Returns company, state, attempts, due time and error of every job.
fn listed(world: &World, at: Timestamp) -> Vec<(CompanyCode, JobState, u32, Timestamp, Option<String>)> {
    let jobs = world.db.platform_read(world.boss.clone(), |platform| platform.jobs(None, 9)).wait().unwrap();
    jobs.into_iter().map(|job| (job.company, job.state(at), job.attempts, job.due_at, job.last_error)).collect()
}

#[test]
fn a_job_is_made_sure_of_without_changing_one_that_waits() {
    for (world, one, two) in worlds() {
        write(&world, &one, |store| store.ensure(Kind::Encode, later(1)));
        assert_eq!(listed(&world, later(1)), [(one.code, JobState::Due, 0, later(1), None)]);
        let job = claim(&world, &one, later(1)).unwrap();
        write(&world, &one, move |store| store.fail(&job, "no model", later(2)));
        let failed = listed(&world, later(2));
        write(&world, &one, |store| store.ensure(Kind::Encode, later(3)));
        assert_eq!(listed(&world, later(2)), failed);
        assert_eq!(due(&world, later(3)), []);
        assert_eq!(claim(&world, &two, later(3)), None);
    }
}

#[test]
fn a_job_is_claimed_by_one_process_until_its_lease_expires() {
    for (world, one, two) in worlds() {
        assert_eq!((due(&world, later(9)), claim(&world, &one, later(9))), (vec![], None));
        enqueue(&world, &one, later(2));
        enqueue(&world, &two, later(1));
        assert_eq!(due(&world, now()), []);
        assert_eq!(due(&world, later(2)), [two.code, one.code]);
        assert_eq!(claim(&world, &one, later(1)), None);

        let job = claim(&world, &one, later(2)).unwrap();
        assert_eq!((job.revision, job.attempts, job.leased_until), (1, 1, later(62)));
        assert_eq!(due(&world, later(61)), [two.code]);
        assert_eq!(claim(&world, &one, later(61)), None);
        let leased = world.db.lobby(|lobby| lobby.leased()).wait().unwrap();
        assert_eq!(leased, [(one.code, Kind::Encode)]);

        let held = job.clone();
        let renewed = write(&world, &one, move |store| store.renew(&held, later(60), LEASE)).unwrap();
        assert_eq!((renewed.leased_until, claim(&world, &one, later(119))), (later(120), None));
        let next = claim(&world, &one, later(120)).unwrap();
        assert_eq!((next.revision, next.attempts), (1, 2));

        // The first process has lost the job, and changes nothing more.
        let lost = write(&world, &one, move |store| {
            store.fail(&renewed, "late", later(130))?;
            Ok((store.renew(&renewed, later(130), LEASE)?, store.finish(&renewed)?))
        });
        assert_eq!(lost, (None, false));
        let listed = listed(&world, later(130));
        assert_eq!(listed[0], (one.code.min(two.code), JobState::Due, 0, later(1), None));
        assert_eq!(listed[1], (one.code.max(two.code), JobState::Running, 2, later(2), None));
        assert!(write(&world, &one, move |store| store.finish(&next)));
        assert_eq!(due(&world, later(999)), [two.code]);
    }
}

#[test]
fn a_change_during_a_run_makes_another_run() {
    for (world, company, _) in worlds() {
        enqueue(&world, &company, now());
        enqueue(&world, &company, now());
        let job = claim(&world, &company, now()).unwrap();
        assert_eq!(job.revision, 2);
        enqueue(&world, &company, later(5));
        assert_eq!(claim(&world, &company, later(6)), None, "the lease stays");
        assert!(!write(&world, &company, move |store| store.finish(&job)));
        let again = claim(&world, &company, later(6)).unwrap();
        assert_eq!((again.revision, again.attempts), (3, 1));
        assert!(write(&world, &company, move |store| store.finish(&again)));
        assert_eq!(listed(&world, later(9)), []);
    }
}

#[test]
fn a_failed_job_waits_longer_each_time_and_a_change_makes_it_due() {
    for (world, company, _) in worlds() {
        enqueue(&world, &company, now());
        let mut at = now();
        for attempt in 1..=12_u32 {
            let job = claim(&world, &company, at).unwrap();
            assert_eq!(job.attempts, attempt);
            write(&world, &company, move |store| store.fail(&job, "no model", at));
            let expected = at.plus(::jobs::back_off(attempt));
            let failed = (company.code, JobState::Failed, attempt, expected, Some("no model".to_owned()));
            assert_eq!(listed(&world, at), [failed]);
            at = expected;
        }
        assert_eq!(claim(&world, &company, at.minus(Duration::from_micros(1))), None);
        enqueue(&world, &company, at.minus(LONGEST_BACK_OFF));
        assert_eq!(
            listed(&world, at),
            [(company.code, JobState::Due, 0, at.minus(LONGEST_BACK_OFF), None)],
            "a change forgets the failures"
        );

        let job = claim(&world, &company, at).unwrap();
        enqueue(&world, &company, at);
        write(&world, &company, move |store| store.fail(&job, "changed", at));
        let next = claim(&world, &company, at).unwrap();
        assert_eq!(next.attempts, 2, "the run that failed may have stored something");
    }
}

#[test]
fn a_lease_that_nobody_holds_can_be_ended() {
    for (world, company, _) in worlds() {
        enqueue(&world, &company, now());
        claim(&world, &company, now()).unwrap();
        write(&world, &company, |store| store.release(Kind::Encode));
        assert_eq!(claim(&world, &company, now()).unwrap().attempts, 2);
    }
}

#[test]
fn every_change_of_the_knowledge_or_the_name_asks_for_vectors() {
    for (world, company, other) in worlds() {
        let takes = |at: u64| {
            let job = claim(&world, &company, later(at)).map(|job| job.revision);
            write(&world, &company, |store| store.release(Kind::Encode));
            job
        };
        assert_eq!(takes(0), None);
        world.teach(&company, "When?", "Now.");
        assert_eq!(takes(1), Some(1));
        write(&world, &company, |store| store.merge_faq(&[], later(2)));
        assert_eq!(takes(3), Some(2));
        write(&world, &company, |store| store.rename("Other Motors", later(4)));
        assert_eq!(takes(5), Some(3));
        assert_eq!(write(&world, &company, |store| store.publish_vectors()), Version::new(3));
        assert_eq!(takes(6), Some(3), "publishing asks for nothing");
        assert_eq!(due(&world, later(9)), [company.code]);
        assert_eq!(world.see(&other, |store| store.version()), Version::NONE);

        let undone = world.db.write(company.office.clone(), |store| {
            store.replace_faq(&[], later(7))?;
            Err::<(), _>(StoreError::new(tenancy::Fault::Broken, "on purpose"))
        });
        assert!(undone.wait().is_err());
        assert_eq!(takes(8), Some(3));
    }
}

#[test]
fn superadmins_list_jobs_page_by_page() {
    for (world, one, two) in worlds() {
        enqueue(&world, &one, now());
        enqueue(&world, &two, now());
        let page = |after, limit| {
            let jobs = world.db.platform_read(world.boss.clone(), move |platform| platform.jobs(after, limit));
            jobs.wait().unwrap().into_iter().map(|job| job.company).collect::<Vec<_>>()
        };
        let [first, second] = [one.code.min(two.code), one.code.max(two.code)];
        assert_eq!(page(None, 1), [first]);
        assert_eq!(page(Some((first, Kind::Encode)), 9), [second]);
        assert_eq!(page(Some((second, Kind::Encode)), 9), []);
    }
}

/// A hash and a vector that differ for each number.
fn vector(number: u8) -> (TextHash, Vector) {
    let mut values = [0.0; 384];
    values[usize::from(number)] = 1.0;
    (TextHash::new([number; TextHash::BYTES]), Vector::unit(&values))
}

fn hashes(numbers: &[u8]) -> HashSet<TextHash> {
    numbers.iter().map(|&number| vector(number).0).collect()
}

#[test]
fn vectors_are_stored_by_model_and_text() {
    for (world, company, other) in worlds() {
        write(&world, &company, |store| {
            store.put_vectors("one", &[vector(1), vector(2)])?;
            store.put_vectors("two", &[vector(1), vector(3)])?;
            let changed = (vector(2).0, vector(9).1);
            store.put_vectors("one", &[changed, vector(4)])?;
            store.put_vectors("one", &[])
        });
        let stored = world.see(&company, |store| store.vectors("one"));
        assert_eq!(stored, [1, 2, 4].map(vector).into(), "a text keeps its vector");
        assert_eq!(world.see(&company, |store| store.vector_hashes("two")), hashes(&[1, 3]));
        assert_eq!(world.see(&company, |store| store.vector_hashes("three")), hashes(&[]));
        assert_eq!(world.see(&other, |store| store.vectors("one")), [].into());

        write(&world, &other, |store| store.put_vectors("one", &[vector(7)]));
        write(&world, &company, |store| store.drop_other_vectors("one", &hashes(&[2, 5])));
        assert_eq!(world.see(&company, |store| store.vector_hashes("one")), hashes(&[2]));
        assert_eq!(world.count("entry_vectors"), "2", "the other model's vectors are gone, the other company's stay");
    }
}

#[test]
fn vectors_of_models_with_different_dimensions_are_stored() {
    for (world, company, _) in worlds() {
        let stored = [("narrow", 64), ("usual", 384), ("wide", 1024)].map(|(model, dimensions)| {
            let (hash, vector) = (vector(1).0, Vector::unit(&vec![0.5; dimensions]));
            let row = (hash, vector.clone());
            write(&world, &company, move |store| store.put_vectors(model, &[row]));
            (model, [(hash, vector)])
        });
        for (model, vectors) in stored {
            assert_eq!(world.see(&company, move |store| store.vectors(model)), vectors.into());
        }
    }
}

#[test]
fn the_vectors_of_the_largest_knowledge_are_stored_and_dropped() {
    for (world, company, _) in worlds() {
        let many: Vec<_> = (0..20_000_u32)
            .map(|number| {
                let mut bytes = [0; TextHash::BYTES];
                bytes[..4].copy_from_slice(&number.to_le_bytes());
                (TextHash::new(bytes), vector(1).1)
            })
            .collect();
        let keep: HashSet<_> = many.iter().map(|(hash, _)| *hash).step_by(2).collect();
        let kept = keep.clone();
        write(&world, &company, move |store| store.put_vectors("one", &many));
        write(&world, &company, move |store| store.drop_other_vectors("one", &kept));
        assert_eq!(world.see(&company, |store| store.vector_hashes("one")), keep);
    }
}

//! Background jobs, as superadmins see them.
#![cfg(test)]

use std::time::{Duration, Instant};

use api_tests::{Setup, prelude::*};

/// How long the jobs of a test may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Jobs on servers whose encoder is off: they wait.
mod waiting {
    use super::*;

    on_each_database!(a_load_enqueues_one_job_of_its_company, jobs_are_listed_page_by_page, odd_cursors_are_refused);

    async fn a_load_enqueues_one_job_of_its_company(world: &World) {
        let [tesla, _spacex] = [world.company("Tesla Motors").await, world.company("SpaceX").await];
        let superadmin = world.superadmin().await;
        assert_eq!(superadmin.jobs(&[]).await.ok(), json!({"results": [], "next": null}));
        tesla.knowledge(&sample::bicycle_faq()).await;
        let first = superadmin.jobs(&[]).await.ok()["results"][0].clone();
        let due_at = first["due_at"].clone();
        let waiting = json!({
            "company_id": tesla.id, "kind": "encode_entries", "state": "due", "attempts": 0,
            "created_at": due_at, "due_at": due_at, "last_error": null,
        });
        assert_eq!(first, waiting);
        world.clock.advance(Duration::from_secs(5));
        tesla.knowledge(&sample::bicycle_faq()).await;
        let jobs = superadmin.jobs(&[]).await.ok()["results"].clone();
        assert_eq!(jobs.as_array().unwrap().len(), 1, "{jobs}");
        assert_eq!(jobs[0]["created_at"], due_at);
        assert_ne!(jobs[0]["due_at"], due_at);
    }

    async fn jobs_are_listed_page_by_page(world: &World) {
        let superadmin = world.superadmin().await;
        let mut expected = Vec::new();
        for name in ["Cargo", "Alpha", "Beta"] {
            let company = world.company(name).await;
            company.knowledge(&sample::bicycle_faq()).await;
            expected.push(company.id);
        }
        expected.sort();
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut query = vec![("limit", "2")];
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = superadmin.jobs(&query).await.ok();
            seen.extend(page["results"].as_array().unwrap().iter().map(|job| job["company_id"].clone()));
            cursor = match &page["next"] {
                Value::String(next) => Some(next.clone()),
                _ => break,
            };
        }
        assert_eq!(json!(seen), json!(expected));
        for (limit, rows) in [("0", 1), ("-3", 1), ("1000", 3)] {
            let page = superadmin.jobs(&[("limit", limit)]).await.ok();
            assert_eq!(page["results"].as_array().unwrap().len(), rows, "{limit}");
        }
    }

    async fn odd_cursors_are_refused(world: &World) {
        let superadmin = world.superadmin().await;
        for odd in ["x", "TES001", "TES001.", "TES001.other", ".encode_entries", "t.encode_entries"] {
            superadmin.jobs(&[("cursor", odd)]).await.error(400, "bad_request", "Invalid cursor parameter");
        }
        superadmin.jobs(&[("limit", "x")]).await.error(400, "bad_request", "Invalid limit parameter");
    }
}

/// Jobs on servers whose encoder is on: they run.
mod running {
    use super::*;

    fn encoding() -> Setup {
        Setup { encoder: true, ..Setup::default() }
    }

    on_each_database!(
        with encoding:
        every_entry_gets_a_vector_and_no_more,
        a_renamed_company_keeps_its_vectors,
        a_job_that_fails_is_tried_again_later_and_its_error_is_shown,
    );

    /// Waits until no job is left.
    async fn settled(superadmin: &Superadmin) {
        let since = Instant::now();
        while superadmin.jobs(&[]).await.ok()["results"] != json!([]) {
            assert!(since.elapsed() < PATIENCE, "{:?}", superadmin.jobs(&[]).await);
        }
    }

    /// Waits until the only job has failed this many times, and returns it.
    async fn failed(superadmin: &Superadmin, times: u32) -> Value {
        let since = Instant::now();
        loop {
            let job = superadmin.jobs(&[]).await.ok()["results"][0].clone();
            if (&job["state"], &job["attempts"]) == (&json!("failed"), &json!(times)) {
                return job;
            }
            assert!(since.elapsed() < PATIENCE, "{job}");
        }
    }

    fn vectors(world: &World, company: &Company) -> Vec<String> {
        let hash = if world.is_sqlite() { "hex(text_hash)" } else { "upper(encode(text_hash, 'hex'))" };
        world.lines(&format!("SELECT {hash} AS line FROM entry_vectors WHERE company_id = '{}' ORDER BY 1", company.id))
    }

    fn version(world: &World, company: &Company) -> i64 {
        let query =
            format!("SELECT CAST(knowledge_version AS TEXT) AS line FROM companies WHERE code = '{}'", company.id);
        world.lines(&query).concat().parse().unwrap()
    }

    fn faq(questions: &[&str]) -> Value {
        let entries: Vec<_> = questions
            .iter()
            .enumerate()
            .map(|(at, question)| json!({"question": question, "answer": "Yes.", "chunk_id": at.to_string()}))
            .collect();
        json!({"Shop": {"Orders": entries}})
    }

    async fn every_entry_gets_a_vector_and_no_more(world: &World) {
        let [tesla, spacex] = [world.company("Tesla Motors").await, world.company("SpaceX").await];
        let superadmin = world.superadmin().await;
        let many: Vec<_> = (0..20).map(|number| format!("Is offer {number} open?")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        tesla.knowledge(&faq(&many)).await;
        spacex.knowledge(&faq(&["Do you ship?", "Do you ship?"])).await;
        settled(&superadmin).await;
        assert_eq!((vectors(world, &tesla).len(), vectors(world, &spacex).len()), (20, 1));
        let before = vectors(world, &tesla);
        // The load and the vectors each raised it once.
        assert_eq!(version(world, &tesla), 2);

        tesla.knowledge(&faq(&many[..3])).await;
        settled(&superadmin).await;
        let after = vectors(world, &tesla);
        assert_eq!(after.len(), 3);
        assert!(after.iter().all(|hash| before.contains(hash)), "{before:?} {after:?}");
        assert_eq!(version(world, &tesla), 3, "nothing new was published");
        assert_eq!(vectors(world, &spacex).len(), 1);
    }

    async fn a_job_that_fails_is_tried_again_later_and_its_error_is_shown(world: &World) {
        let [tesla, spacex] = [world.company("Tesla Motors").await, world.company("SpaceX").await];
        let superadmin = world.superadmin().await;
        tesla.knowledge(&faq(&["Do you ship?"])).await;
        settled(&superadmin).await;
        world.execute(&format!(
            "UPDATE entry_vectors SET text_hash = substr(text_hash, 1, 3) WHERE company_id = '{}'",
            tesla.id
        ));
        tesla.knowledge(&faq(&["Do you open at nine?"])).await;
        let first = failed(&superadmin, 1).await;
        assert_eq!(first["company_id"], tesla.id);
        assert_eq!(first["last_error"], "the store failed: a row holds an unknown hash of a text");
        assert!(first["due_at"].as_str() > first["created_at"].as_str(), "{first}");

        // The server goes on with the jobs of others.
        spacex.knowledge(&faq(&["Do you ship?"])).await;
        let since = Instant::now();
        while vectors(world, &spacex).is_empty() {
            assert!(since.elapsed() < PATIENCE);
        }
        world.clock.advance(Duration::from_secs(5));
        let second = failed(&superadmin, 2).await;
        assert!(second["due_at"].as_str() > first["due_at"].as_str(), "{second}");

        world.execute(&format!("DELETE FROM entry_vectors WHERE company_id = '{}'", tesla.id));
        world.clock.advance(Duration::from_secs(10));
        settled(&superadmin).await;
        assert_eq!(vectors(world, &tesla).len(), 1);
    }

    async fn a_renamed_company_keeps_its_vectors(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        let superadmin = world.superadmin().await;
        tesla.knowledge(&faq(&["Does Tesla Motors ship?", "Do you open at nine?"])).await;
        settled(&superadmin).await;
        let before = vectors(world, &tesla);
        superadmin.update_admin(tesla.admin.id, &json!({"name": "Edison Works"})).await.ok();
        settled(&superadmin).await;
        let after = vectors(world, &tesla);
        assert_eq!(after.len(), 2);
        assert_eq!(after.iter().filter(|hash| before.contains(hash)).count(), 1, "one text named the company");
    }
}

//! Jobs and their kinds.

use tenancy::{CompanyCode, Timestamp};

tenancy::word_enum! {
    /// What a job does.
    #[derive(Hash)]
    pub enum Kind {
        /// Computes the missing vectors of a company's entries, and removes those that no entry needs.
        Encode => "encode_entries",
        /// Computes the missing vectors of a company's unanswered questions.
        EncodeMisses => "encode_misses",
    }
}

tenancy::word_enum! {
    /// The state of a job, as seen at one moment.
    pub enum JobState {
        /// It waits for its first attempt, or for the next one after a change.
        Due => "due",
        /// A process has claimed it.
        Running => "running",
        /// Its last attempt failed, and it waits for the next one.
        Failed => "failed",
    }
}

/// A claimed job: the right to run it until the lease expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What to do.
    pub kind: Kind,
    /// The revision that was claimed. It rises when the job is enqueued again.
    pub revision: i64,
    /// How often it was claimed since it was enqueued while no lease was held, this claim included. Above 1, an
    /// earlier run may have been cut off.
    pub attempts: u32,
    /// When the lease expires. Each claim and each renewal gives a later moment, so it also tells two claims of one
    /// job apart.
    pub leased_until: Timestamp,
}

/// A job of any company, for superadmins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedJob {
    /// The company.
    pub company: CompanyCode,
    /// What it does.
    pub kind: Kind,
    /// When it was first enqueued.
    pub created_at: Timestamp,
    /// When it is to be run, if no process holds its lease.
    pub due_at: Timestamp,
    /// The number of attempts, a running one included.
    pub attempts: u32,
    /// When the lease of the last claim expires. A job that waits has none.
    pub leased_until: Option<Timestamp>,
    /// Why the last attempt failed, for people.
    pub last_error: Option<String>,
}

impl ListedJob {
    /// Returns the state at this moment. A job whose lease has expired is not running.
    pub fn state(&self, now: Timestamp) -> JobState {
        if self.leased_until.is_some_and(|until| until > now) {
            JobState::Running
        } else if self.last_error.is_some() {
            JobState::Failed
        } else {
            JobState::Due
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_runs_while_its_lease_lasts() {
        let at = Timestamp::from_micros;
        let job = ListedJob {
            company: CompanyCode::parse("TES001").unwrap(),
            kind: Kind::Encode,
            created_at: at(0),
            due_at: at(0),
            attempts: 1,
            leased_until: Some(at(10)),
            last_error: None,
        };
        assert_eq!((job.state(at(9)), job.state(at(10))), (JobState::Running, JobState::Due));
        let failed = ListedJob { last_error: Some("no model".to_owned()), ..job };
        assert_eq!((failed.state(at(9)), failed.state(at(10))), (JobState::Running, JobState::Failed));
    }

    #[test]
    fn kinds_and_states_are_read_by_their_words() {
        assert_eq!(Kind::ALL.map(|kind| Kind::parse(kind.as_str())), Kind::ALL.map(Some));
        assert_eq!(JobState::WORDS, ["due", "running", "failed"]);
        assert_eq!(Kind::parse("Encode"), None);
    }
}

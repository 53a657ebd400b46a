//! Long work in the background, on threads of its own.

use std::thread;

use tenancy::{Fault, StoreError};

/// The niceness of work that a caller waits for: about a third of a usual thread's share of a busy processor.
const WAITED_FOR: i32 = 5;
/// The niceness of work that nobody waits for: a small part of what the other threads leave.
const IDLE: i32 = 19;

/// Runs long work on a new thread of lower priority than the threads that handle requests.
///
/// # Errors
/// No thread could be started, or the work panicked.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    at(WAITED_FOR, work).await
}

/// Runs long work that nobody waits for, on a new thread of the lowest priority.
///
/// # Errors
/// As [`run`].
pub(crate) async fn run_idle<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    at(IDLE, work).await
}

async fn at<T: Send + 'static>(niceness: i32, work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let (sender, receiver) = oneshot::channel();
    let run = move || {
        lower_priority(niceness);
        // Fails if the caller has disconnected.
        let _ = sender.send(work());
    };
    let started = thread::Builder::new().name("background".to_owned()).spawn(run);
    started.map_err(|error| StoreError::new(Fault::Unavailable, error))?;
    receiver.await.map_err(|error| StoreError::new(Fault::Broken, error))
}

/// Lowers the priority of the calling thread. Only on Linux: elsewhere this would apply to the whole process.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only Linux has priorities of threads"))]
fn lower_priority(niceness: i32) {
    // If this fails, the usual priority will do.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, niceness);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn work_is_done_and_a_panic_is_an_error() {
        assert_eq!(run(|| 7).await.unwrap(), 7);
        let lost = run(|| -> u8 { panic!("on purpose") }).await.unwrap_err();
        assert_eq!(lost.fault(), Fault::Broken);
    }

    #[cfg(target_os = "linux")]
    #[actix_web::test]
    async fn only_the_thread_beside_steps_back() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let before = niceness();
        assert_eq!(run(niceness).await.unwrap(), WAITED_FOR);
        assert_eq!(run_idle(niceness).await.unwrap(), IDLE);
        assert_eq!(niceness(), before);
    }
}

//! Long work in the background, on threads of its own.

use std::thread;

use tenancy::{Fault, StoreError};

/// Runs long work on a new thread of lower priority than the threads that handle requests.
///
/// # Errors
/// No thread could be started, or the work panicked.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let (sender, receiver) = oneshot::channel();
    let run = move || {
        lower_priority();
        // Fails if the caller has disconnected.
        let _ = sender.send(work());
    };
    let started = thread::Builder::new().name("background".to_owned()).spawn(run);
    started.map_err(|error| StoreError::new(Fault::Unavailable, error))?;
    receiver.await.map_err(|error| StoreError::new(Fault::Broken, error))
}

/// Gives the calling thread about a third of a usual thread's share of a busy processor. Only on Linux:
/// elsewhere this would apply to the whole process.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        const NICENESS: i32 = 5;
        // If this fails, the usual priority will do.
        let _ = rustix::process::setpriority_process(None, NICENESS);
    }
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
        assert_eq!(run(niceness).await.unwrap(), 5);
        assert_eq!(niceness(), before);
    }
}

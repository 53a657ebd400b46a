//! Long work beside the requests.

use std::thread;

use tenancy::{Fault, StoreError};

/// Runs long work on a thread of its own that leaves the processor to whoever answers requests.
///
/// # Errors
/// There is no thread to be had, or the work panicked.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let (tell, told) = oneshot::channel();
    let run = move || {
        step_back();
        // A caller that went away is not told.
        let _ = tell.send(work());
    };
    let started = thread::Builder::new().name("aside".to_owned()).spawn(run);
    started.map_err(|error| StoreError::new(Fault::Unavailable, error))?;
    told.await.map_err(|error| StoreError::new(Fault::Broken, error))
}

/// A third of a usual thread's share where processors are short. On Linux this is of the calling
/// thread alone; elsewhere it would be of the whole process.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        const NICENESS: i32 = 5;
        // As it was is good enough.
        let _ = rustix::process::setpriority_process(None, NICENESS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn work_is_done_and_a_panic_is_an_error() {
        assert_eq!(aside(|| 7).await.unwrap(), 7);
        let lost = aside(|| -> u8 { panic!("on purpose") }).await.unwrap_err();
        assert_eq!(lost.fault(), Fault::Broken);
    }

    #[cfg(target_os = "linux")]
    #[actix_web::test]
    async fn only_the_thread_beside_steps_back() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let before = niceness();
        assert_eq!(aside(niceness).await.unwrap(), 5);
        assert_eq!(niceness(), before);
    }
}

//! Makes a handler refuse the caller before it refuses the body.
//!
//! Actix polls all extractors of a handler together and answers with the first error. A body is often
//! read before the store has identified the caller. Without this, an anonymous caller would get
//! messages about fields instead of 401.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use actix_web::{HttpMessage, HttpRequest};

#[derive(Default)]
struct Gate {
    open: bool,
    waiting: Option<Waker>,
}

type Shared = Rc<RefCell<Gate>>;

/// Keeps the gate closed until it is dropped.
#[must_use]
pub(crate) struct Hold(Shared);

/// Closes the gate of a request.
///
/// An extractor of the caller does this in `from_request`, before anything is polled, and keeps the hold
/// in its future until the caller is known. In the handler's arguments it must come before the body.
pub(crate) fn hold(req: &HttpRequest) -> Hold {
    let gate = Shared::default();
    req.extensions_mut().insert(gate.clone());
    Hold(gate)
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut gate = self.0.borrow_mut();
        gate.open = true;
        if let Some(waker) = gate.waiting.take() {
            waker.wake();
        }
    }
}

/// Ready once the caller is known, or at once if no extractor closed the gate.
pub(crate) struct Pass(Option<Shared>);

/// Waits at the gate of a request.
pub(crate) fn pass(req: &HttpRequest) -> Pass {
    Pass(req.extensions().get::<Shared>().cloned())
}

impl Future for Pass {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(gate) = &self.0 else { return Poll::Ready(()) };
        let mut gate = gate.borrow_mut();
        if gate.open {
            return Poll::Ready(());
        }
        gate.waiting = Some(cx.waker().clone());
        Poll::Pending
    }
}

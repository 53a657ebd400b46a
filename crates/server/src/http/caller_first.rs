//! Keeps the refusal of a body behind the refusal of its sender.
//!
//! Actix polls all extractors of a handler together and answers with the first
//! error. A body is often read before the store has said who is calling, so
//! without this an anonymous caller would learn about fields, not get its 401.

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

/// Holds back what waits behind the gate until it is dropped.
#[must_use]
pub(crate) struct Hold(Shared);

/// Closes the gate of a request.
///
/// An extractor of the caller does this in `from_request`, before anything is
/// polled, and keeps the hold in its future until the caller is known. It must
/// stand before the body in the handler's arguments.
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

/// Ready once the caller is known; at once where nobody asks.
pub(crate) struct Pass(Option<Shared>);

/// The way through the gate of a request.
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

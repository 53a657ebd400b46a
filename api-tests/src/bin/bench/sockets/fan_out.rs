//! What it costs to send one message to many sockets.

use std::{cell::Cell, rc::Rc};

use tokio::{net::TcpStream, sync::Notify, task::LocalSet};

use super::{
    client::Tap,
    scene::{Bench, micros},
};
use crate::{http::Connection, process::Server};

/// Connections of one session, and the frames that they have received.
struct Audience {
    tasks: LocalSet,
    heard: Rc<Heard>,
    size: usize,
}

#[derive(Default)]
struct Heard {
    frames: Cell<usize>,
    goal: Cell<usize>,
    reached: Notify,
    /// Length of the payload of the last frame.
    length: Cell<usize>,
}

impl Audience {
    fn new(taps: Vec<Tap>) -> Self {
        let (tasks, heard, size) = (LocalSet::new(), Rc::new(Heard::default()), taps.len());
        for mut tap in taps {
            let heard = Rc::clone(&heard);
            tasks.spawn_local(async move {
                loop {
                    heard.length.set(tap.text().await.len());
                    heard.frames.set(heard.frames.get() + 1);
                    if heard.frames.get() == heard.goal.get() {
                        heard.reached.notify_one();
                    }
                }
            });
        }
        Self { tasks, heard, size }
    }

    /// Waits until every connection has received a frame for this message.
    async fn hears(&self, say: impl FnOnce()) {
        self.heard.goal.set(self.heard.frames.get() + self.size);
        say();
        self.tasks.run_until(self.heard.reached.notified()).await;
    }
}

/// Sends `messages` messages to `sockets` sockets of one session. Returns the server's processor time for each
/// delivery, and what a bare `write` of the same frame costs, in microseconds.
pub(super) fn measure(bench: &Bench, sockets: usize, messages: usize) -> (f64, f64) {
    let visitor = 0;
    let (delivery, length) = bench.runtime.block_on(async {
        let mut taps = Vec::with_capacity(sockets);
        for _ in 0..sockets {
            taps.push(bench.open(visitor, None).await.0);
        }
        let audience = Audience::new(taps);
        // The server closes connections that are idle for long.
        let mut writer = Connection::open(bench.server.address());
        let mut say = |text: &str| {
            writer.json(&bench.world.said_by_staff(visitor, text));
        };
        // Unmeasured, so that the first use of each connection is not counted.
        for _ in 0..3 {
            audience.hears(|| say("Are you there?")).await;
        }
        let before = bench.server.cpu();
        for _ in 0..messages {
            audience.hears(|| say("I have looked it up, and the part will be here on Monday morning.")).await;
        }
        (micros(bench.server.cpu() - before, sockets * messages), audience.heard.length.get())
    });
    (delivery, bare(bench, sockets, messages, length))
}

fn bare(bench: &Bench, sockets: usize, messages: usize, length: usize) -> f64 {
    let mut writer = Server::start_bare(sockets, length);
    bench.runtime.block_on(async {
        let mut taps = Vec::with_capacity(sockets);
        for _ in 0..sockets {
            taps.push(Tap::bare(TcpStream::connect(writer.address()).await.expect("a connection")));
        }
        let audience = Audience::new(taps);
        for _ in 0..3 {
            audience.hears(|| writer.send_line()).await;
        }
        let before = writer.cpu();
        for _ in 0..messages {
            audience.hears(|| writer.send_line()).await;
        }
        micros(writer.cpu() - before, sockets * messages)
    })
}

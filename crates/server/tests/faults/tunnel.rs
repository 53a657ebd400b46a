//! A way to a server that a test can close.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Passes connections on to a server, on threads of its own.
pub(crate) struct Tunnel {
    address: SocketAddr,
    /// The ends of the open connections, `None` while the tunnel is closed.
    ends: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Tunnel {
    /// Opens one to the server of an `http` URL.
    pub(crate) fn open(url: &str) -> Self {
        let server = url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tunnel = Self { address: listener.local_addr().unwrap(), ends: Arc::new(Mutex::new(Some(Vec::new()))) };
        let ends = Arc::clone(&tunnel.ends);
        // It ends with the process: a test that is over may leave connections behind.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A closed tunnel drops the connection.
                if let Some(ends) = ends.lock().unwrap().as_mut()
                    && let Ok(server) = TcpStream::connect(&server)
                {
                    pass(&client, &server);
                    pass(&server, &client);
                    ends.extend([client, server]);
                }
            }
        });
        tunnel
    }

    /// Returns the URL of this end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends all connections, and every new one at once.
    pub(crate) fn close(&mut self) {
        for end in self.ends.lock().unwrap().take().into_iter().flatten() {
            // It may have ended already.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Passes connections on again.
    pub(crate) fn reopen(&mut self) {
        *self.ends.lock().unwrap() = Some(Vec::new());
    }
}

/// Copies one direction, on a new thread.
fn pass(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        let copied = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
        copied
    });
}

//! Connections: each client has its share of them, and whoever does not read is left.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Shutdown},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use ipnet::IpNet;
use socket2::{SockRef, Socket};

use super::client::Client;
use crate::config::Limits;

/// How long a client may take nothing of what is sent to it. The kernel ends the connection then
/// (`TCP_USER_TIMEOUT`, RFC 5482), and what was to be sent is free again.
const TAKES_NOTHING: Duration = Duration::from_secs(30);

/// The open connections of each client.
pub(super) struct Connections {
    /// How many one client may have.
    share: usize,
    proxies: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    /// The oldest first.
    of: HashMap<Client, VecDeque<(u64, Socket)>>,
}

/// Ends with its connection.
struct Counted {
    connections: Arc<Connections>,
    client: Client,
    number: u64,
}

impl Connections {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            share: if limits.enabled {
                limits.connections.get()
            } else {
                usize::MAX
            },
            proxies: limits.proxies.clone(),
            open: Mutex::default(),
        })
    }

    /// Takes note of a new connection. Where its client has had its share, the oldest of that client
    /// is closed for it: a slow one, as others have ended. So nobody who opens many keeps even
    /// themselves out, nor others who come from the same address.
    pub(super) fn opened(self: &Arc<Self>, stream: &TcpStream, kept: &mut Extensions) {
        let socket = SockRef::from(stream);
        if let Err(error) = socket.set_tcp_user_timeout(Some(TAKES_NOTHING)) {
            tracing::warn!(%error, "a client that does not read will not be left");
        }
        let Ok(peer) = stream.peer_addr() else {
            return;
        };
        let address: IpAddr = peer.ip().to_canonical();
        if self.proxies.iter().any(|proxy| proxy.contains(&address)) {
            return;
        }
        let Ok(handle) = socket.try_clone() else {
            return;
        };
        let client = Client::of(address);
        let mut open = self.open();
        open.next += 1;
        let number = open.next;
        let of_client = open.of.entry(client).or_default();
        of_client.push_back((number, handle));
        if of_client.len() > self.share
            && let Some((_, oldest)) = of_client.pop_front()
        {
            // Its end is noticed as if the client had closed it.
            let _ = oldest.shutdown(Shutdown::Both);
        }
        drop(open);
        kept.insert(Arc::new(Counted {
            connections: Arc::clone(self),
            client,
            number,
        }));
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        if let Some(of_client) = open.of.get_mut(&self.client) {
            of_client.retain(|(number, _)| *number != self.number);
            if of_client.is_empty() {
                open.of.remove(&self.client);
            }
        }
    }
}

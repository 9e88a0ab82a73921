use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::time::timeout;

use crate::error::Error;
use crate::folder::Folder;
use crate::nats::{Membership, Nats, NatsOptions};
use crate::probe::Probe;
use crate::{port, secret};

/// The smallest cluster that can lose a node and go on.
const NODES: usize = 3;
/// How long the nodes may take to find each other and a leader.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How often to try other ports, in case some are taken between being chosen and being used.
const ATTEMPTS: usize = 3;

/// Three private `nats-server`s that form a JetStream cluster. Each is a [`Nats`] like any other: it can be killed,
/// paused, and started again with its data on its port.
#[derive(Debug)]
pub struct NatsCluster {
    nodes: Vec<Nats>,
    url: SecretString,
    // Dropped last, when no node uses the folders in it any more.
    _folder: Folder,
}

impl NatsCluster {
    /// Starts the nodes, each with a folder in `data_dir`, and returns once they know each other and JetStream uses
    /// all of them. Ignores `port`, since each node takes a free one.
    pub async fn start(options: NatsOptions) -> Result<Self, Error> {
        let folder = Folder::open(&options.data_dir)?;
        let token = secret::load_or_create(&folder.path().join("token"))?;
        let mut attempt = 1;
        let nodes = loop {
            match start_nodes(&options, folder.path(), &token).await {
                Err(Error::DidNotStart { .. }) if attempt < ATTEMPTS => attempt += 1,
                started => break started?,
            }
        };
        for node in &nodes {
            let probe =
                Probe::NatsCluster { port: node.port(), token: token.clone(), members: NODES };
            let ready = timeout(START_LIMIT, probe.until_ready()).await;
            ready.map_err(|_| node.did_not_join(START_LIMIT))?;
        }
        let urls: Vec<&str> = nodes.iter().map(|node| node.url().expose_secret()).collect();
        let url = urls.join(",").into();
        Ok(Self { nodes, url, _folder: folder })
    }

    /// The addresses of all nodes, separated by commas. A client that knows only one would learn of the others only
    /// once it has reached that one.
    pub fn url(&self) -> &SecretString {
        &self.url
    }

    /// The nodes, by [`Nats::name`] `axis-1` to `axis-3`.
    pub fn nodes(&self) -> &[Nats] {
        &self.nodes
    }
}

async fn start_nodes(
    options: &NatsOptions,
    folder: &Path,
    token: &SecretString,
) -> Result<Vec<Nats>, Error> {
    let ports: Vec<u16> = (0..2 * NODES).map(|_| port::free_port()).collect();
    let (clients, routes) = ports.split_at(NODES);
    let token_text = token.expose_secret();
    let addresses: Vec<String> =
        routes.iter().map(|port| format!("nats://axis:{token_text}@127.0.0.1:{port}")).collect();
    let start = |index: usize| {
        let name = format!("axis-{}", index + 1);
        let (data_dir, port) = (folder.join(&name), Some(clients[index]));
        let cluster = json!({
            "name": "axis",
            "listen": format!("127.0.0.1:{}", routes[index]),
            "authorization": { "user": "axis", "password": token_text },
            "routes": addresses,
        });
        let membership = Membership { name, token: token.clone(), cluster };
        Nats::start_as(NatsOptions { data_dir, port, ..options.clone() }, Some(membership))
    };
    // Started together, since a node that starts alone waits for the others.
    let (first, second, third) = tokio::join!(start(0), start(1), start(2));
    Ok(vec![first?, second?, third?])
}

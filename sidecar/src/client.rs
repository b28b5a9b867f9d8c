//! How subcommands speak to a sidecar: the one that has the data directory, or one of their own.
//!
//! Where a running sidecar has the directory they call its private API (`sidecar.json`, `token`);
//! else they take the lock and start one in this process, on a port of its own, for as long as the
//! command runs. Either way the work is done by the same code.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use empmix_protocol::{
    ErrorBody, Method, Request,
    endpoint::{self, Endpoint, Nothing},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    config::{Config, Roles},
    data_dir::{self, DataDir, DirectoryLock},
    runtime::Runtime,
};

/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long an announced sidecar may take to answer at first.
const ATTACH: Duration = Duration::from_secs(10);

/// A way to call a sidecar.
pub struct Client {
    http: reqwest::Client,
    data_dir: PathBuf,
    own: Option<Runtime>,
}

impl Client {
    /// Finds or starts a sidecar for the configuration's data directory, and waits until it
    /// answers.
    pub async fn open(config: &Config) -> Result<Self> {
        let client = Self::reach(config, Roles::ALL).await?;
        client.wait_for_projects().await?;
        Ok(client)
    }

    /// The sidecar that has the directory, or one of our own with these roles, whatever the
    /// configuration says of its roles and its address.
    pub async fn reach(config: &Config, roles: Roles) -> Result<Self> {
        let own = match DataDir::take(&config.data_dir)? {
            DirectoryLock::Ours(data) => {
                let mut config = config.clone();
                config.serve.listen = SocketAddr::from(([127, 0, 0, 1], 0));
                config.serve.roles = roles;
                Some(Runtime::start(&config, data, None).await?)
            }
            DirectoryLock::InUse => None,
        };
        Self::new(config, own)
    }

    /// Only a sidecar that runs already.
    pub async fn attach(config: &Config) -> Result<Self> {
        if matches!(DataDir::take(&config.data_dir)?, DirectoryLock::Ours(_)) {
            bail!(
                "no sidecar runs on {}; start one with `empmix-sidecar serve`",
                config.data_dir.display()
            );
        }
        Self::new(config, None)
    }

    fn new(config: &Config, own: Option<Runtime>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(DEADLINE)
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            data_dir: config.data_dir.clone(),
            own,
        })
    }

    /// A fresh store makes its first project in the background.
    async fn wait_for_projects(&self) -> Result<()> {
        let began = std::time::Instant::now();
        loop {
            let listed = self.call(&endpoint::PROJECTS, &[], &Nothing {}).await;
            let ready = listed.as_ref().is_ok_and(|list| !list.projects.is_empty());
            if ready {
                return Ok(());
            }
            if began.elapsed() > ATTACH {
                listed.context("the sidecar does not answer")?;
                bail!(
                    "the sidecar has no project yet; its store may be unreachable (see `empmix-sidecar doctor`)"
                );
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The address of the sidecar, read again: a restarted one may have another.
    pub fn url(&self) -> Result<String> {
        if let Some(own) = &self.own {
            return Ok(own.url.clone());
        }
        let running = data_dir::running(&self.data_dir)
            .context("the sidecar has not announced its address")?;
        Ok(running.url)
    }

    /// A request with the directory's token.
    pub fn request(&self, method: Method, path: &str) -> Result<reqwest::RequestBuilder> {
        let token = data_dir::token(&self.data_dir)?;
        Ok(self
            .http
            .request(method.as_http(), format!("{}{path}", self.url()?))
            .bearer_auth(token))
    }

    /// Calls an endpoint: the ids of its path in order, and what it sends.
    pub async fn call<Q: Serialize, R: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<Q, R>,
        ids: &[&str],
        sends: &Q,
    ) -> Result<R> {
        let Request { method, path, body } = endpoint.request(ids, sends);
        let mut request = self.request(method, &path)?;
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        read(request.send().await?).await
    }

    /// Ends a sidecar of our own, if there is one, once all it took is stored.
    pub async fn close(self) {
        if let Some(own) = self.own {
            own.stop().await;
        }
    }
}

/// A reply as JSON, or its error's message.
pub async fn read<T: DeserializeOwned>(response: reqwest::Response) -> Result<T> {
    let status = response.status();
    let bytes = response.bytes().await?;
    if status.is_success() {
        return serde_json::from_slice(&bytes).context("the sidecar's reply cannot be read");
    }
    match serde_json::from_slice::<ErrorBody>(&bytes) {
        Ok(body) => Err(RefusedCall {
            status: status.as_u16(),
            message: body.error.message,
        }
        .into()),
        Err(_) => bail!("the sidecar answered {status}"),
    }
}

/// An error that the sidecar answered with.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct RefusedCall {
    /// The HTTP status.
    pub status: u16,
    /// As text.
    pub message: String,
}

//! `token`: the bearer token, or a link that opens the console once.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::say;
use crate::{client::Client, config::Config, data_dir};

#[derive(Args)]
pub(super) struct TokenArgs {
    /// A link to the console of the running sidecar, valid once and for ten minutes
    #[arg(long)]
    link: bool,
}

pub(super) async fn run(config: Config, args: TokenArgs) -> Result<ExitCode> {
    if args.link {
        let client = Client::attach(&config).await?;
        let reply: Value = client.post("/api/v1/login/code", &json!({})).await?;
        say(&format!(
            "{}/#t={}",
            client.url()?,
            reply["code"].as_str().unwrap_or_default()
        ));
    } else {
        say(&data_dir::token(&config.data_dir)?);
    }
    Ok(ExitCode::SUCCESS)
}

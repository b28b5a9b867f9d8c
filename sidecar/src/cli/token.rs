//! `token`: the bearer token, or a link that opens the console once.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use empmix_protocol::endpoint::{self, Nothing};

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
        let made = client.call(&endpoint::LOGIN_CODE, &[], &Nothing {}).await?;
        say(&format!("{}/#t={}", client.url()?, made.code));
    } else {
        say(&data_dir::token(&config.data_dir)?);
    }
    Ok(ExitCode::SUCCESS)
}

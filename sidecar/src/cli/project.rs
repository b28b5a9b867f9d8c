//! `project`: creates and lists projects, replaces their keys.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use empmix_model::{ids::ProjectId, project::WeekStart};
use empmix_protocol::{
    call::{KeyKind, NewProjectRequest},
    endpoint::{self, Nothing},
    reply::CreatedProject,
};
use serde_json::{Value, json};

use super::say;
use crate::{client::Client, config::Config};

#[derive(Subcommand)]
pub(super) enum ProjectCommand {
    /// Creates a project and prints its keys, the secret one for the only time
    Create {
        /// Its name
        name: String,
        /// IANA name of the zone that its days begin in
        #[arg(long, default_value = "UTC")]
        timezone: String,
    },
    /// Prints all projects
    List,
    /// Replaces a key; the old one stops within a second
    Rotate {
        /// The project's id
        id: ProjectId,
        /// The key that apps carry
        #[arg(long, conflicts_with = "secret", required_unless_present = "secret")]
        public: bool,
        /// The key with full access
        #[arg(long)]
        secret: bool,
    },
}

pub(super) async fn run(config: Config, command: ProjectCommand) -> Result<ExitCode> {
    let client = Client::open(&config).await?;
    let said = call(&client, command).await;
    client.close().await;
    say(&said?.to_string());
    Ok(ExitCode::SUCCESS)
}

async fn call(client: &Client, command: ProjectCommand) -> Result<Value> {
    match command {
        ProjectCommand::Create { name, timezone } => {
            let new = NewProjectRequest {
                name,
                timezone,
                week_start: WeekStart::default(),
            };
            let CreatedProject {
                project,
                secret_key,
            } = client.call(&endpoint::CREATE_PROJECT, &[], &new).await?;
            Ok(
                json!({"id": project.id, "name": project.name, "public_key": project.public_key, "secret_key": secret_key}),
            )
        }
        ProjectCommand::List => Ok(serde_json::to_value(
            client.call(&endpoint::PROJECTS, &[], &Nothing {}).await?,
        )?),
        ProjectCommand::Rotate { id, public, .. } => {
            let kind = if public {
                KeyKind::Public
            } else {
                KeyKind::Secret
            };
            let ids = [&id.to_string(), kind.name()];
            let rotated = client
                .call(&endpoint::ROTATE_KEY, &ids, &Nothing {})
                .await?;
            let kind = kind.name();
            Ok(json!({"id": id, format!("{kind}_key"): rotated.key}))
        }
    }
}

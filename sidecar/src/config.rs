//! Configuration: a flag wins over its environment variable, that over the file, that over the
//! default. Resolved once at start.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;

/// The options that every subcommand takes.
#[derive(Debug, Clone, Default, Args)]
pub struct CommonArgs {
    /// Folder of queue, store, token and lock [default: the system's folder for application data]
    #[arg(long, env = "EMPMIX_DATA_DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// `embedded`, or amqp(s)://… of a RabbitMQ server
    #[arg(long, env = "EMPMIX_BROKER", hide_env_values = true, global = true)]
    pub broker: Option<String>,
    /// A file that holds the broker's address, for secrets
    #[arg(long, env = "EMPMIX_BROKER_FILE", global = true)]
    pub broker_file: Option<PathBuf>,
    /// `local`, or mongodb(+srv)://… of a replica set
    #[arg(long, env = "EMPMIX_STORE", hide_env_values = true, global = true)]
    pub store: Option<String>,
    /// A file that holds the store's address, for secrets
    #[arg(long, env = "EMPMIX_STORE_FILE", global = true)]
    pub store_file: Option<PathBuf>,
    /// A TOML file with any of these options
    #[arg(long, env = "EMPMIX_CONFIG", global = true)]
    pub config: Option<PathBuf>,
}

/// The options of `serve`, which `doctor` looks at too.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// Address to listen on; port 0 picks one [default: 127.0.0.1:7070]
    #[arg(long, env = "EMPMIX_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// What this process does, of api, consumer, console [default: all]
    #[arg(long, env = "EMPMIX_ROLES", value_delimiter = ',')]
    pub roles: Option<Vec<String>>,
    /// Address that others reach this process under (may be repeated)
    #[arg(long, env = "EMPMIX_PUBLIC_URL", value_delimiter = ',')]
    pub public_url: Option<Vec<String>>,
    /// A folder with the console instead of the built-in one
    #[arg(long, env = "EMPMIX_CONSOLE_DIR")]
    pub console_dir: Option<PathBuf>,
    /// Bytes of request bodies in flight, beyond which requests get 503 [default: 64 MiB]
    #[arg(long, env = "EMPMIX_MAX_INFLIGHT")]
    pub max_inflight: Option<usize>,
    /// Bytes that the embedded queue may hold, beyond which requests get 503 [default: 4 GiB]
    #[arg(long, env = "EMPMIX_QUEUE_MAX_BYTES")]
    pub queue_max_bytes: Option<u64>,
}

/// The file, in full.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    data_dir: Option<PathBuf>,
    broker: Option<String>,
    broker_file: Option<PathBuf>,
    store: Option<String>,
    store_file: Option<PathBuf>,
    listen: Option<SocketAddr>,
    roles: Option<Vec<String>>,
    public_url: Option<Vec<String>>,
    console_dir: Option<PathBuf>,
    max_inflight: Option<usize>,
    queue_max_bytes: Option<u64>,
}

/// What a process is told, resolved.
#[derive(Clone)]
pub struct Config {
    /// The folder.
    pub data_dir: PathBuf,
    /// `None`: the embedded broker; else its URI, which may hold a password.
    pub broker: Option<String>,
    /// `None`: the local store; else its URI, which may hold a password.
    pub store: Option<String>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// What this process does.
    pub roles: Roles,
    /// Further addresses of this process.
    pub public_urls: Vec<String>,
    /// A console in a folder.
    pub console_dir: Option<PathBuf>,
    /// Bytes of bodies in flight.
    pub max_inflight: usize,
    /// Bytes that the embedded queue may hold.
    pub queue_max_bytes: u64,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// The public API.
    pub api: bool,
    /// Moves messages from the broker to the store.
    pub consumer: bool,
    /// The private API and the console's files.
    pub console: bool,
}

impl Roles {
    /// Everything.
    pub const ALL: Self = Self {
        api: true,
        consumer: true,
        console: true,
    };

    /// Reads the names of roles.
    pub fn parse<S: AsRef<str>>(names: &[S]) -> Result<Self> {
        let mut roles = Self {
            api: false,
            consumer: false,
            console: false,
        };
        for name in names {
            match name.as_ref().trim() {
                "api" => roles.api = true,
                "consumer" => roles.consumer = true,
                "console" => roles.console = true,
                other => bail!("unknown role '{other}'; the roles are api, consumer and console"),
            }
        }
        Ok(roles)
    }

    /// The names of the roles.
    pub fn names(self) -> Vec<String> {
        let all = [
            ("api", self.api),
            ("consumer", self.consumer),
            ("console", self.console),
        ];
        all.iter()
            .filter(|(_, on)| *on)
            .map(|(name, _)| (*name).to_owned())
            .collect()
    }
}

impl Config {
    /// Resolves what was given.
    pub fn resolve(common: &CommonArgs, serve: &ServeArgs) -> Result<Self> {
        let file = read_file(common.config.as_deref())?;
        let data_dir = match common.data_dir.clone().or(file.data_dir) {
            Some(dir) => dir,
            None => default_data_dir()?,
        };
        let broker = secret(
            &common.broker,
            &common.broker_file,
            file.broker,
            file.broker_file,
        )?;
        let store = secret(
            &common.store,
            &common.store_file,
            file.store,
            file.store_file,
        )?;
        let roles = match serve.roles.clone().or(file.roles) {
            Some(names) => Roles::parse(&names)?,
            None => Roles::ALL,
        };
        Ok(Self {
            data_dir,
            broker: address(broker, "broker", "embedded", &["amqp://", "amqps://"])?,
            store: address(store, "store", "local", &["mongodb://", "mongodb+srv://"])?,
            listen: serve
                .listen
                .or(file.listen)
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 7070))),
            roles,
            public_urls: serve
                .public_url
                .clone()
                .or(file.public_url)
                .unwrap_or_default(),
            console_dir: serve.console_dir.clone().or(file.console_dir),
            max_inflight: serve.max_inflight.or(file.max_inflight).unwrap_or(64 << 20),
            queue_max_bytes: serve
                .queue_max_bytes
                .or(file.queue_max_bytes)
                .unwrap_or(4 << 30),
        })
    }
}

fn read_file(path: Option<&Path>) -> Result<File> {
    let Some(path) = path else {
        return Ok(File::default());
    };
    let text = fs::read_to_string(path)
        .with_context(|| format!("the configuration {} cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("the configuration {} is wrong", path.display()))
}

fn secret(
    value: &Option<String>,
    value_file: &Option<PathBuf>,
    in_file: Option<String>,
    in_file_file: Option<PathBuf>,
) -> Result<Option<String>> {
    let from_file = |path: &PathBuf| {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(Some(text.trim().to_owned()))
    };
    match (value, value_file, in_file, in_file_file) {
        (Some(value), ..) => Ok(Some(value.clone())),
        (None, Some(path), ..) => from_file(path),
        (None, None, Some(value), _) => Ok(Some(value)),
        (None, None, None, Some(path)) => from_file(&path),
        (None, None, None, None) => Ok(None),
    }
}

/// `None` for the embedded kind, the address for another. The message never shows the address: it
/// may hold a password.
fn address(
    value: Option<String>,
    what: &str,
    embedded: &str,
    schemes: &[&str],
) -> Result<Option<String>> {
    match value {
        None => Ok(None),
        Some(value) if value == embedded => Ok(None),
        Some(value) if schemes.iter().any(|scheme| value.starts_with(scheme)) => Ok(Some(value)),
        Some(_) => bail!(
            "--{what} must be '{embedded}' or begin with {}",
            schemes.join(" or ")
        ),
    }
}

/// The folder that the desktop app uses too.
fn default_data_dir() -> Result<PathBuf> {
    let base = dirs::data_dir()
        .context("this system names no folder for application data; give --data-dir")?;
    Ok(base.join("io.empmix.console"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("empmix.toml");
        fs::write(
            &path,
            "data_dir = '/from/file'\nlisten = '127.0.0.1:1'\nroles = ['api']\n",
        )
        .unwrap();
        let common = CommonArgs {
            config: Some(path),
            ..CommonArgs::default()
        };
        let serve = ServeArgs {
            listen: Some(([127, 0, 0, 1], 2).into()),
            ..ServeArgs::default()
        };
        let config = Config::resolve(&common, &serve).unwrap();
        assert_eq!(config.data_dir, PathBuf::from("/from/file"));
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.roles.names(), ["api"]);
        assert_eq!(config.max_inflight, 64 << 20);
    }

    #[test]
    fn a_wrong_address_is_named_without_its_password() {
        let common = CommonArgs {
            broker: Some("amqpx://u:CANARY@h".into()),
            ..CommonArgs::default()
        };
        let error = Config::resolve(&common, &ServeArgs::default())
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("--broker") && !error.contains("CANARY"),
            "{error}"
        );
    }

    #[test]
    fn a_misspelt_option_of_the_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("empmix.toml");
        fs::write(&path, "lissten = '127.0.0.1:1'").unwrap();
        let common = CommonArgs {
            config: Some(path),
            ..CommonArgs::default()
        };
        assert!(Config::resolve(&common, &ServeArgs::default()).is_err());
    }
}

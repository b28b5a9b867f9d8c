//! Configuration: a flag wins over its environment variable, that over the file, that over the
//! default. Resolved once at start.
//!
//! An option stands in one place, as a field of [`CommonOptions`] or [`ServeOptions`]: its flag, its
//! variable, its name in the file, its default and its help. The values of the file are given to the
//! parser of the command line as defaults, so that a value means the same wherever it comes from.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, Result, anyhow, bail};
use clap::{ArgMatches, Args, Command, FromArgMatches, parser::ValueSource};
use empmix_broker::embedded::QUEUE_MAX_BYTES;
use empmix_store_local::SEAL_ROWS;

/// The options that every subcommand takes.
#[derive(Debug, Clone, Args)]
pub struct CommonOptions {
    /// Folder of queue, store, token and lock [default: the system's folder for application data]
    #[arg(long, env = "EMPMIX_DATA_DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// `embedded`, or amqp(s)://… of a RabbitMQ server [default: embedded]
    #[arg(long, env = "EMPMIX_BROKER", hide_env_values = true, global = true)]
    pub broker: Option<String>,
    /// A file that holds the broker's address, for secrets
    #[arg(long, env = "EMPMIX_BROKER_FILE", global = true)]
    pub broker_file: Option<PathBuf>,
    /// `local`, or mongodb(+srv)://… of a replica set [default: local]
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
#[derive(Debug, Clone, Args)]
pub struct ServeOptions {
    /// Address to listen on; port 0 picks one
    #[arg(long, env = "EMPMIX_LISTEN", default_value = "127.0.0.1:7070")]
    pub listen: SocketAddr,
    /// What this process does, of api, consumer, console
    #[arg(long, env = "EMPMIX_ROLES", default_value = "api,consumer,console")]
    pub roles: Roles,
    /// Address that others reach this process under (may be repeated)
    #[arg(long, env = "EMPMIX_PUBLIC_URL", value_delimiter = ',')]
    pub public_url: Vec<String>,
    /// A folder with the console instead of the built-in one
    #[arg(long, env = "EMPMIX_CONSOLE_DIR")]
    pub console_dir: Option<PathBuf>,
    /// Bytes of request bodies in flight, beyond which requests get 503
    #[arg(long, env = "EMPMIX_MAX_INFLIGHT", default_value_t = 64 << 20)]
    pub max_inflight: usize,
    /// Bytes that the embedded queue may hold, beyond which requests get 503
    #[arg(long, env = "EMPMIX_QUEUE_MAX_BYTES", default_value_t = QUEUE_MAX_BYTES)]
    pub queue_max_bytes: u64,
    /// Events of a project that the local store gathers in memory before it writes them to a part
    #[arg(long, env = "EMPMIX_SEAL_ROWS", default_value_t = SEAL_ROWS)]
    pub seal_rows: usize,
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
    /// The rest, as it was given.
    pub serve: ServeOptions,
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

impl FromStr for Roles {
    type Err = anyhow::Error;

    /// Reads names of roles with commas between them.
    fn from_str(text: &str) -> Result<Self> {
        let mut roles = Self {
            api: false,
            consumer: false,
            console: false,
        };
        for name in text.split(',') {
            match name.trim() {
                "api" => roles.api = true,
                "consumer" => roles.consumer = true,
                "console" => roles.console = true,
                other => bail!("unknown role '{other}'; the roles are api, consumer and console"),
            }
        }
        Ok(roles)
    }
}

impl Config {
    /// Resolves the options of a command line, whichever of them its subcommand takes.
    pub fn resolve(given: &ArgMatches) -> Result<Self> {
        let matches = matches(given)?;
        let common = CommonOptions::from_arg_matches(&matches)?;
        let data_dir = match common.data_dir {
            Some(dir) => dir,
            None => default_data_dir()?,
        };
        let broker = secret(common.broker, common.broker_file)?;
        let store = secret(common.store, common.store_file)?;
        Ok(Self {
            data_dir,
            broker: address(broker, "broker", "embedded", &["amqp://", "amqps://"])?,
            store: address(store, "store", "local", &["mongodb://", "mongodb+srv://"])?,
            serve: ServeOptions::from_arg_matches(&matches)?,
        })
    }
}

/// All options, as a command of their own.
fn options() -> Command {
    let command = Command::new("options").disable_help_flag(true);
    ServeOptions::augment_args(CommonOptions::augment_args(command))
}

/// What all options are: as given, else as in the file that is given, else their defaults.
fn matches(given: &ArgMatches) -> Result<ArgMatches> {
    let given = given_options(given);
    let path = given.get("config").and_then(|values| values.first());
    let file = match path {
        Some(path) => read_file(Path::new(path))?,
        None => BTreeMap::new(),
    };
    let flags = given.iter().flat_map(|(id, values)| {
        let flag = format!("--{}=", id.replace('_', "-"));
        values.iter().map(move |value| {
            let mut argument = OsString::from(&flag);
            argument.push(value);
            argument
        })
    });
    let is_given = |id: &str| {
        let other = id
            .strip_suffix("_file")
            .map_or_else(|| format!("{id}_file"), str::to_owned);
        given.contains_key(id) || given.contains_key(&other)
    };
    let command = options().mut_args(|option| match file.get(option.get_id().as_str()) {
        Some(text) if !is_given(option.get_id().as_str()) => option.default_value(text.clone()),
        _ => option,
    });
    command
        .try_get_matches_from(std::iter::once(OsString::from("options")).chain(flags))
        .map_err(|error| {
            let said = error.to_string();
            let said = said.trim().trim_start_matches("error: ");
            match path {
                Some(path) => anyhow!("{said} (from {} or a variable)", Path::new(path).display()),
                None => anyhow!("{said} (from a variable)"),
            }
        })
}

/// The options that flags or variables give, by name.
fn given_options(given: &ArgMatches) -> BTreeMap<String, Vec<OsString>> {
    let levels = [
        Some(given),
        given.subcommand().map(|(_, subcommand)| subcommand),
    ];
    let mut found = BTreeMap::new();
    for option in options().get_arguments() {
        let id = option.get_id().as_str();
        for level in levels.into_iter().flatten() {
            let Ok(Some(values)) = level.try_get_raw(id) else {
                continue;
            };
            if level.value_source(id) != Some(ValueSource::DefaultValue) {
                found.insert(id.to_owned(), values.map(OsString::from).collect());
            }
        }
    }
    found
}

/// The file's options as text; a list with commas between its entries.
fn read_file(path: &Path) -> Result<BTreeMap<String, String>> {
    let place = path.display();
    let text = fs::read_to_string(path)
        .with_context(|| format!("the configuration {place} cannot be read"))?;
    let table: toml::Table =
        toml::from_str(&text).with_context(|| format!("the configuration {place} is not valid"))?;
    let known = options();
    let mut found = BTreeMap::new();
    for (name, value) in table {
        let is_option = |option: &clap::Arg| option.get_id() == name.as_str();
        if name == "config" || !known.get_arguments().any(is_option) {
            bail!("the configuration {place} is not valid: there is no option '{name}'");
        }
        let text = as_text(&value).with_context(|| {
            format!("the configuration {place} is not valid: '{name}' must be a text, a number or a list of texts")
        })?;
        found.insert(name, text);
    }
    Ok(found)
}

fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(list) => {
            let texts: Option<Vec<_>> = list.iter().map(toml::Value::as_str).collect();
            Some(texts?.join(","))
        }
        _ => None,
    }
}

/// A value, or what the file that is named instead holds.
fn secret(value: Option<String>, file: Option<PathBuf>) -> Result<Option<String>> {
    let (None, Some(path)) = (&value, file) else {
        return Ok(value);
    };
    let text =
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Some(text.trim().to_owned()))
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

    fn resolve(arguments: &[&str]) -> Result<Config> {
        let all = std::iter::once("options").chain(arguments.iter().copied());
        Config::resolve(&options().try_get_matches_from(all)?)
    }

    fn file(text: &str) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("empmix.toml");
        fs::write(&path, text).unwrap();
        let flag = format!("--config={}", path.display());
        (dir, flag)
    }

    /// Two values that an option takes.
    fn values(option: &clap::Arg) -> [String; 2] {
        let takes = |value: &&str| {
            let flag = format!("--{}={value}", option.get_long().unwrap());
            let matches = options().try_get_matches_from(["options", &flag]);
            matches.is_ok()
        };
        let candidates = ["127.0.0.1:1", "127.0.0.1:2", "7", "8", "api", "console"];
        let mut good = candidates.iter().copied().filter(takes);
        [(); 2].map(|()| good.next().unwrap().to_owned())
    }

    #[test]
    fn each_option_is_a_flag_a_variable_and_a_name_in_the_file() {
        let raw = |arguments: &[&str], id: &str| {
            let all = std::iter::once("options").chain(arguments.iter().copied());
            let matches = matches(&options().get_matches_from(all)).unwrap();
            matches.get_raw(id).unwrap().next().unwrap().to_owned()
        };
        let known = options();
        let all: Vec<_> = known.get_arguments().collect();
        assert_eq!(all.len(), 13);
        for option in all {
            let id = option.get_id().as_str();
            let (name, variable) = (option.get_long().unwrap(), option.get_env().unwrap());
            assert_eq!(name, id.replace('_', "-"));
            assert_eq!(variable, &*format!("EMPMIX_{}", id.to_uppercase()));
            assert!(option.get_help().is_some(), "{id}");
            if id == "config" {
                continue;
            }
            let [first, second] = values(option);
            let (_dir, config) = file(&format!("{id} = '{first}'"));
            assert_eq!(raw(&[&config], id), &*first, "{id}");
            let flag = format!("--{name}={second}");
            assert_eq!(raw(&[&config, &flag], id), &*second, "{id}");
        }
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let (_dir, config) = file(
            "data_dir = '/from/file'\nlisten = '127.0.0.1:1'\nroles = ['api', 'console']\nmax_inflight = 5\n\
             public_url = ['https://a', 'https://b']\nbroker = 'amqp://in-file'",
        );
        let resolved = resolve(&[&config, "--listen", "127.0.0.1:2"]).unwrap();
        assert_eq!(resolved.data_dir, PathBuf::from("/from/file"));
        assert_eq!(resolved.serve.listen.port(), 2);
        assert_eq!(resolved.serve.roles.names(), ["api", "console"]);
        assert_eq!(resolved.serve.max_inflight, 5);
        assert_eq!(resolved.serve.public_url, ["https://a", "https://b"]);
        assert_eq!(resolved.serve.queue_max_bytes, 4 << 30);
        assert_eq!(resolved.broker.as_deref(), Some("amqp://in-file"));
        assert_eq!(resolved.store, None);
        let embedded = resolve(&[&config, "--broker", "embedded"]).unwrap();
        assert_eq!(embedded.broker, None);
    }

    #[test]
    fn a_given_file_of_an_address_wins_over_the_address_in_the_configuration() {
        let (dir, config) = file("broker = 'amqp://in-configuration'");
        let secret = dir.path().join("secret");
        fs::write(&secret, "amqp://secret\n").unwrap();
        let flag = format!("--broker-file={}", secret.display());
        let resolved = resolve(&[&config, &flag]).unwrap();
        assert_eq!(resolved.broker.as_deref(), Some("amqp://secret"));
    }

    #[test]
    fn a_wrong_address_is_named_without_its_password() {
        let error = resolve(&["--broker", "amqpx://u:CANARY@h"])
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("--broker") && !error.contains("CANARY"),
            "{error}"
        );
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named() {
        for (text, named) in [
            ("lissten = '127.0.0.1:1'", "lissten"),
            ("listen = 'here'", "--listen"),
            ("roles = ['cook']", "cook"),
            ("max_inflight = 1.5", "max_inflight"),
            ("config = 'x'", "config"),
        ] {
            let (_dir, config) = file(text);
            let error = resolve(&[&config]).map(|_| ()).unwrap_err();
            let said = format!("{error:#}");
            assert!(
                said.contains(named) && said.contains("empmix.toml"),
                "{said}"
            );
        }
    }
}

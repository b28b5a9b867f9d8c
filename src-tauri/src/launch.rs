//! One sidecar process: started with a lease on its stdin, and known by its first line.
//!
//! The lease is a line `{"token":…}` with a token made for this launch; the pipe stays open for as
//! long as the app lives, so the sidecar drains and ends when the app does, however it ends. On
//! Linux the kernel signals it as well.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use empmix_child::{EndSignal, end_with_parent};
use serde::Deserialize;

/// The deadline for the first line of a sidecar.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sidecar that answers.
pub(crate) struct Launched {
    pub(crate) child: Child,
    /// Closing it ends the sidecar.
    pub(crate) lease: ChildStdin,
    pub(crate) url: String,
    pub(crate) token: String,
}

/// What a launch came to.
pub(crate) enum Outcome {
    Ready(Box<Launched>),
    /// It said why it cannot run.
    Failed {
        reason: String,
        message: String,
    },
}

/// The first line of a sidecar's stdout.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum FirstLine {
    Ready { url: String, version: String },
    Failed { reason: String, message: String },
}

/// The sidecar beside this executable; `EMPMIX_SIDECAR` names another one in development.
pub(crate) fn program() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("EMPMIX_SIDECAR") {
        return Ok(path.into());
    }
    let own = std::env::current_exe().context("this program cannot find its own path")?;
    let name = format!("empmix-sidecar{}", std::env::consts::EXE_SUFFIX);
    Ok(own.with_file_name(name))
}

/// Starts a sidecar and waits for its first line. The calling thread must live as long as the app:
/// on Linux the sidecar is told when it ends.
pub(crate) fn launch(program: &Path, data_dir: &Path, port: u16) -> Result<Outcome> {
    let token = fresh_token()?;
    let mut child = command(program, data_dir, port)
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let (Some(mut lease), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        bail!("the sidecar has no pipes");
    };
    keep_log(stderr);
    let handed_over = writeln!(lease, "{}", serde_json::json!({"token": token}));
    let Some(line) = first_line(stdout, PATIENCE) else {
        end(&mut child);
        bail!("the sidecar did not say that it is ready; its log may say why")
    };
    match serde_json::from_str(&line) {
        Ok(FirstLine::Ready { url, version }) if version == env!("CARGO_PKG_VERSION") => {
            handed_over.context("the sidecar did not take its lease")?;
            Ok(Outcome::Ready(Box::new(Launched {
                child,
                lease,
                url,
                token,
            })))
        }
        Ok(FirstLine::Ready { version, .. }) => {
            end(&mut child);
            bail!(
                "the sidecar is version {version}, the app {}; install both again",
                env!("CARGO_PKG_VERSION")
            )
        }
        Ok(FirstLine::Failed { reason, message }) => {
            end(&mut child);
            Ok(Outcome::Failed { reason, message })
        }
        Err(_) => {
            end(&mut child);
            bail!("the sidecar ended before it was ready; its log says why")
        }
    }
}

fn command(program: &Path, data_dir: &Path, port: u16) -> Command {
    let mut command = empmix_child::command(program);
    let data_dir: OsString = data_dir.into();
    command.args([
        "serve",
        "--lease",
        "stdin",
        "--listen",
        &format!("127.0.0.1:{port}"),
        "--data-dir",
    ]);
    command
        .arg(data_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    end_with_parent(&mut command, EndSignal::Terminate);
    command
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The first line, if it comes in time; what follows is read and dropped, so that the sidecar is
/// never held up by a full pipe.
fn first_line(stdout: ChildStdout, patience: Duration) -> Option<String> {
    let (said, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        if stdout.read_line(&mut line).is_ok() && said.send(line).is_ok() {
            let _ = std::io::copy(&mut stdout, &mut std::io::sink());
        }
    });
    heard.recv_timeout(patience).ok()
}

/// The sidecar's log goes into ours.
fn keep_log(stderr: impl std::io::Read + Send + 'static) {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            tracing::info!(target: "sidecar", "{line}");
        }
    });
}

fn fresh_token() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the operating system gives no randomness")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_is_read_and_its_further_fields_are_not_minded() {
        let ready = r#"{"event":"ready","url":"http://127.0.0.1:1","pid":5,"version":"0.1.0"}"#;
        let expected = FirstLine::Ready {
            url: "http://127.0.0.1:1".into(),
            version: "0.1.0".into(),
        };
        assert_eq!(serde_json::from_str::<FirstLine>(ready).unwrap(), expected);
        assert!(serde_json::from_str::<FirstLine>("").is_err());
    }

    #[test]
    fn a_token_is_new_each_time_and_never_an_argument() {
        assert_ne!(fresh_token().unwrap(), fresh_token().unwrap());
        let command = command(Path::new("sidecar"), Path::new("/data"), 7070);
        let arguments: Vec<_> = command
            .get_args()
            .map(|a| a.to_string_lossy().into_owned())
            .collect();
        let expected = [
            "serve",
            "--lease",
            "stdin",
            "--listen",
            "127.0.0.1:7070",
            "--data-dir",
            "/data",
        ];
        assert_eq!(arguments, expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_sidecar_that_stays_silent_is_given_up() {
        let mut silent = empmix_child::command("sleep")
            .arg("60")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(silent.stdout.take().unwrap(), Duration::from_millis(100));
        end(&mut silent);
        assert_eq!(line, None);
    }

    #[test]
    fn a_program_that_is_not_a_sidecar_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(launch(Path::new("/bin/true"), dir.path(), 0).is_err());
        assert!(launch(&dir.path().join("none"), dir.path(), 0).is_err());
    }
}

//! `cargo xtask run`: from a clean clone to a console with a chart.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Deserialize;

use crate::artefacts::Artefacts;
use crate::cargo::{self, Selection};
use crate::console::{self, Profile};
use crate::context::{Context, step};
use crate::process::Running;

/// The options of `run`.
#[derive(Args)]
pub(crate) struct RunArgs {
    /// No desktop window: the sidecar, with the console in the browser
    #[arg(long)]
    headless: bool,
    /// Load the sample data into the project `Default`
    #[arg(long)]
    sample: bool,
    /// Port of the sidecar on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 7070)]
    port: u16,
    /// Where the data lies [default: the system's folder for application data]
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Further options of `empmix-sidecar serve`, after `--` (headless only)
    #[arg(last = true)]
    serve: Vec<OsString>,
}

/// The sample that the repository carries.
const SAMPLE: &str = "sidecar/assets/sample.ndjson.gz";

/// `cargo xtask run`.
pub(crate) fn run(context: &Context, args: &RunArgs) -> Result<()> {
    if args.headless || !has_display() {
        if !args.headless {
            step("no display here: the console is served to a browser");
        }
        return headless(context, args);
    }
    desktop(context, args)
}

fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

fn built(context: &Context, selection: Selection, programs: &[&str]) -> Result<Artefacts> {
    console::build(context, selection, Profile::Dev)?;
    console::files(context)?;
    step(programs.join(" and "));
    let targets: Vec<&str> = programs.iter().flat_map(|name| ["--bin", name]).collect();
    cargo::build(context, selection, &targets, Duration::from_secs(60 * 60))
}

fn desktop(context: &Context, args: &RunArgs) -> Result<()> {
    let selection = Selection::with_desktop(context)?;
    let made = built(context, selection, &["empmix-sidecar", "empmix"])?;
    if args.sample {
        // The app's sidecar has the folder to itself once it runs, so the sample goes in before.
        load_sample(context, made.program("empmix-sidecar")?, args)?;
    }
    step("the desktop app");
    let mut app = context.cmd(made.program("empmix")?);
    if let Some(dir) = &args.data_dir {
        app = app.env("EMPMIX_DATA_DIR", dir);
    }
    let status = app.start(false)?.wait()?;
    if !status.success() {
        bail!("the desktop app ended with {status}");
    }
    Ok(())
}

fn headless(context: &Context, args: &RunArgs) -> Result<()> {
    must_be_free(args.port)?;
    let selection = Selection::of_this_machine(context);
    let made = built(context, selection, &["empmix-sidecar"])?;
    let sidecar = made.program("empmix-sidecar")?;
    let (serving, url) = serve(context, sidecar, args)?;
    if args.sample {
        load_sample(context, sidecar, args)?;
    }
    let link = subcommand(context, sidecar, args, &["token", "--link"]).read()?;
    println!("{}", link.trim());
    step(format!("the sidecar is at {url}; Ctrl-C ends it"));
    let status = serving.wait()?;
    if !status.success() {
        bail!("the sidecar ended with {status}");
    }
    Ok(())
}

fn must_be_free(port: u16) -> Result<()> {
    TcpListener::bind(("127.0.0.1", port))
        .map(drop)
        .with_context(|| {
            format!(
                "port {port} of 127.0.0.1 is in use: end the program that listens there \
                 (another Emp-Mix?), or choose another port with `--port`"
            )
        })
}

/// The line that a sidecar prints when it can keep its promise.
#[derive(Deserialize)]
struct Ready {
    url: String,
}

fn serve(context: &Context, sidecar: &Path, args: &RunArgs) -> Result<(Running, String)> {
    step("empmix-sidecar serve");
    let listen = format!("127.0.0.1:{}", args.port);
    let serving = subcommand(context, sidecar, args, &["serve", "--listen", &listen])
        .args(&args.serve)
        .start(true)?;
    let line = serving
        .next_line(Duration::from_secs(60))
        .context("empmix-sidecar")?;
    let ready: Ready = serde_json::from_str(&line)
        .with_context(|| format!("the sidecar's first line is not the ready line: {line}"))?;
    Ok((serving, ready.url))
}

/// A subcommand of the sidecar, on the data of this run.
fn subcommand(
    context: &Context,
    sidecar: &Path,
    args: &RunArgs,
    words: &[&str],
) -> crate::process::Cmd {
    let cmd = context.cmd(sidecar).args(words);
    match &args.data_dir {
        Some(dir) => cmd.arg("--data-dir").arg(dir),
        None => cmd,
    }
}

/// Loads the sample: importing it again changes nothing.
fn load_sample(context: &Context, sidecar: &Path, args: &RunArgs) -> Result<()> {
    step("the sample data");
    let list = subcommand(context, sidecar, args, &["project", "list"]).read()?;
    let project = project_id(&list, "Default")?;
    subcommand(context, sidecar, args, &["import", "--project", &project])
        .arg(context.path(SAMPLE))
        .deadline(Duration::from_secs(10 * 60))
        .run()
}

/// The id of a project, from what `project list` prints: JSON, one line, the last.
fn project_id(list: &str, name: &str) -> Result<String> {
    #[derive(Deserialize)]
    struct Project {
        id: String,
        name: String,
    }
    #[derive(Deserialize)]
    struct Projects {
        projects: Vec<Project>,
    }
    let line = list.trim_end().lines().last().unwrap_or_default();
    let listed: Projects =
        serde_json::from_str(line).with_context(|| format!("`project list` printed {line:?}"))?;
    listed
        .projects
        .into_iter()
        .find(|project| project.name == name)
        .map(|project| project.id)
        .with_context(|| format!("there is no project {name}"))
}

#[cfg(test)]
mod tests {
    use super::project_id;

    #[test]
    fn a_project_is_found_by_name() {
        let list = r#"{"projects":[{"id":"p1","name":"Shop"},{"id":"p2","name":"Default"}]}"#;
        assert_eq!(project_id(list, "Default").unwrap(), "p2");
        assert!(project_id(list, "Gone").is_err());
    }
}

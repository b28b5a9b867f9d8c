//! The D-Bus session that a window starts in.

use std::{
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::spawn::{Process, wait_for};

/// What kind of session bus there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bus {
    /// A bus of the session's own, as on a desktop.
    Own,
    /// No address: Xvfb, a bare window manager, `ssh -X`.
    None,
    /// An address where connections are accepted and nothing answers.
    Silent,
}

/// A session bus; it ends when this is dropped.
#[derive(Default)]
pub(crate) struct SessionBus {
    address: Option<PathBuf>,
    _daemon: Option<Process>,
    _listener: Option<UnixListener>,
}

impl SessionBus {
    /// Starts it with its socket in the folder.
    pub(crate) fn start(bus: Bus, folder: &Path) -> Self {
        let socket = folder.join("session-bus");
        let mut session = Self::default();
        match bus {
            Bus::None => return session,
            Bus::Own => session._daemon = Some(daemon(&socket)),
            Bus::Silent => {
                session._listener = Some(UnixListener::bind(&socket).expect("a socket"));
            }
        }
        session.address = Some(socket);
        session
    }

    /// Tells a command of the bus.
    pub(crate) fn describe(&self, command: &mut Command) {
        command.env_remove("DBUS_SESSION_BUS_ADDRESS");
        if let Some(socket) = &self.address {
            let address = format!("unix:path={}", socket.display());
            command.env("DBUS_SESSION_BUS_ADDRESS", address);
        }
    }
}

fn daemon(socket: &Path) -> Process {
    let daemon = Process::start("dbus-daemon", |command| {
        command
            .args(["--session", "--nofork", "--nopidfile"])
            .arg(format!("--address=unix:path={}", socket.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
    });
    wait_for("session bus", Duration::from_secs(10), || {
        socket.exists().then_some(())
    });
    daemon
}

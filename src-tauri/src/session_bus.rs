//! Whether the D-Bus session bus answers.
//!
//! GTK and WebKit ask the session bus for the theme, for settings and for accessibility, and wait for
//! its answer on the main thread. Where no address is known libdbus starts a bus of its own through
//! `dbus-launch`; where the address leads to a bus that is silent it waits for as long as that lasts.
//! Either way no window comes. So before GTK starts each address is tried with the first line of the
//! D-Bus authentication, and an address list without an answer is replaced by `disabled:`, which makes
//! every attempt fail at once. The app then runs without the desktop's theme changes and its keyring.
//!
//! Addresses: D-Bus specification, *Server addresses*; first line: *Authentication protocol*.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    os::unix::net::UnixStream,
    path::PathBuf,
    time::Duration,
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::environment::Setting;

/// The bytes of a value that are not escaped, beside letters and digits.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'/')
    .remove(b'.')
    .remove(b'\\')
    .remove(b'*');

/// How long a bus may take to answer the first line.
const DEADLINE: Duration = Duration::from_secs(1);

/// What `DBUS_SESSION_BUS_ADDRESS` must be instead, if the session bus does not answer.
pub(crate) fn replacement(
    address: Option<String>,
    runtime_dir: Option<PathBuf>,
) -> Option<Setting> {
    let setting = |value: String, reason: String| Setting {
        name: "DBUS_SESSION_BUS_ADDRESS",
        value,
        reason,
    };
    let known = address.filter(|text| !text.is_empty()).or_else(|| {
        let socket = runtime_dir?.join("bus");
        let path = socket.exists().then(|| socket.to_str())??;
        let path = utf8_percent_encode(path, ESCAPED);
        Some(format!("unix:path={path}"))
    });
    let Some(known) = known else {
        let reason = "this session has no D-Bus address".to_owned();
        return Some(setting("disabled:".to_owned(), reason));
    };
    let entries = || known.split(';').filter(|entry| !entry.is_empty());
    let good: Vec<&str> = entries().filter(|entry| may_answer(entry)).collect();
    if good.len() == entries().count() && !good.is_empty() {
        return None;
    }
    let value = if good.is_empty() {
        "disabled:".to_owned()
    } else {
        good.join(";")
    };
    let reason = format!("no D-Bus server answers at {known}");
    Some(setting(value, reason))
}

/// Whether a server answers at one entry of an address list. An entry of a kind that cannot be tried
/// counts as answering, except one that would start a server.
fn may_answer(entry: &str) -> bool {
    let (transport, rest) = entry.split_once(':').unwrap_or((entry, ""));
    let value = |key: &str| -> Option<Vec<u8>> {
        let mut pairs = rest.split(',').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == key)?;
        Some(percent_decode_str(value).collect())
    };
    let answered = match transport {
        "unix" => match (value("path"), value("abstract")) {
            (Some(path), _) => SocketAddrUnix::new(path)
                .map_err(io::Error::from)
                .and_then(ask_socket),
            (None, Some(name)) => SocketAddrUnix::new_abstract_name(&name)
                .map_err(io::Error::from)
                .and_then(ask_socket),
            (None, None) => return true,
        },
        "tcp" => ask_tcp(value("host"), value("port")),
        "autolaunch" | "disabled" => return false,
        _ => return true,
    };
    answered.unwrap_or(false)
}

fn ask_socket(address: SocketAddrUnix) -> io::Result<bool> {
    // A blocking connect would wait for a listener whose queue is full.
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    net::connect(&socket, &address)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    answers(stream)
}

fn ask_tcp(host: Option<Vec<u8>>, port: Option<Vec<u8>>) -> io::Result<bool> {
    let text = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let port = text(port).and_then(|port| port.parse::<u16>().ok());
    let (Some(host), Some(port)) = (text(host), port) else {
        return Ok(false);
    };
    let Some(address) = (host, port).to_socket_addrs()?.next() else {
        return Ok(false);
    };
    let stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    answers(stream)
}

/// Sends the first line of the authentication; any line in reply is an answer.
fn answers(mut stream: impl Read + Write) -> io::Result<bool> {
    stream.write_all(b"\0AUTH\r\n")?;
    let mut reply = [0; 1];
    Ok(stream.read(&mut reply)? > 0)
}

#[cfg(test)]
mod tests {
    use std::{io::BufRead, os::unix::net::UnixListener};

    use super::*;

    fn value(address: Option<&str>) -> Option<String> {
        replacement(address.map(str::to_owned), None).map(|setting| setting.value)
    }

    fn address(socket: &std::path::Path) -> String {
        format!(
            "unix:path={}",
            utf8_percent_encode(socket.to_str().unwrap(), ESCAPED)
        )
    }

    /// A listener that replies as a D-Bus server does.
    fn server(socket: &std::path::Path) {
        let listener = UnixListener::bind(socket).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut line = String::new();
                io::BufReader::new(&stream).read_line(&mut line).unwrap();
                stream.write_all(b"REJECTED EXTERNAL\r\n").unwrap();
            }
        });
    }

    #[test]
    fn a_bus_that_answers_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("bus, with a name=odd");
        server(&socket);
        assert_eq!(value(Some(&address(&socket))), None);
        assert_eq!(value(Some(&format!("{},guid=00", address(&socket)))), None);
        let runtime_dir = dir.path().join("run");
        std::fs::create_dir(&runtime_dir).unwrap();
        server(&runtime_dir.join("bus"));
        assert_eq!(replacement(None, Some(runtime_dir.clone())), None);
        assert_eq!(replacement(Some(String::new()), Some(runtime_dir)), None);
    }

    #[test]
    fn without_an_answer_the_bus_is_disabled() {
        let dir = tempfile::tempdir().unwrap();
        let silent = dir.path().join("silent");
        let _listener = UnixListener::bind(&silent).unwrap();
        let gone = dir.path().join("gone");
        for none in [
            address(&silent),
            address(&gone),
            "autolaunch:".to_owned(),
            "tcp:host=127.0.0.1,port=1".to_owned(),
        ] {
            assert_eq!(value(Some(&none)).as_deref(), Some("disabled:"), "{none}");
        }
        assert_eq!(value(None).as_deref(), Some("disabled:"));
        let empty = replacement(None, Some(dir.path().to_path_buf())).unwrap();
        assert_eq!(empty.value, "disabled:");
    }

    #[test]
    fn of_several_addresses_those_that_answer_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (good, gone) = (dir.path().join("good"), dir.path().join("gone"));
        server(&good);
        let both = format!("{};{}", address(&gone), address(&good));
        assert_eq!(value(Some(&both)), Some(address(&good)));
    }
}

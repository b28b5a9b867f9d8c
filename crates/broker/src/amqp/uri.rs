//! Addresses, with the password hidden.

use std::fmt;
use std::str::FromStr;

use lapin::uri::AMQPUri;

use super::options::AmqpOptions;
use crate::BrokerError;

/// The address of a RabbitMQ server and virtual host; shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedUri(AMQPUri);

impl RedactedUri {
    /// What to connect to, with our heartbeat and timeout where the address names none.
    pub(super) fn resolved(&self, options: &AmqpOptions) -> AMQPUri {
        let mut uri = self.0.clone();
        uri.query.heartbeat.get_or_insert(options.heartbeat_s);
        let timeout = u64::try_from(options.connect_timeout.as_millis()).unwrap_or(u64::MAX);
        uri.query.connection_timeout.get_or_insert(timeout);
        uri
    }

    /// `text` with the password masked, should a server or library repeat it.
    pub(super) fn scrub(&self, text: &str) -> String {
        let password = &self.0.authority.userinfo.password;
        let user = &self.0.authority.userinfo.username;
        // A password that is also the user's name would mask half of every sentence.
        if password.is_empty() || password == user {
            return text.to_owned();
        }
        text.replace(password.as_str(), "***")
    }
}

impl FromStr for RedactedUri {
    type Err = BrokerError;

    /// Reads `amqp://user:password@host:port/vhost`. The error does not repeat the text.
    fn from_str(text: &str) -> Result<Self, BrokerError> {
        let refuse = |why: &str| BrokerError::Unavailable(format!("the broker's address {why}"));
        // The parser would quietly take localhost instead.
        if text.contains('[') {
            return Err(refuse("must name the host, not an IPv6 address"));
        }
        text.parse()
            .map(Self)
            .map_err(|_: String| refuse("is not of the form amqp://user:password@host:port/vhost"))
    }
}

impl fmt::Display for RedactedUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(uri) = self;
        write!(
            f,
            "{}://{}:***@{}:{}/{}",
            uri.scheme,
            uri.authority.userinfo.username,
            uri.authority.host,
            uri.authority.port,
            uri.vhost.replace('/', "%2f"),
        )
    }
}

impl fmt::Debug for RedactedUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_display_nor_debug_nor_an_error_shows_the_password() {
        let uri: RedactedUri = "amqp://me:CANARY@host:1234/%2f".parse().unwrap();
        assert_eq!(uri.to_string(), "amqp://me:***@host:1234/%2f");
        assert_eq!(format!("{uri:?}"), uri.to_string());
        assert_eq!(uri.scrub("bad CANARY"), "bad ***");
        for bad in [
            "amqp:CANARY",
            "http://me:CANARY@host/",
            "amqp://me:CANARY@[::1]/",
            "CANARY",
        ] {
            let error = bad.parse::<RedactedUri>().unwrap_err();
            assert!(!format!("{error:?} {error}").contains("CANARY"), "{error}");
        }
    }

    #[test]
    fn our_heartbeat_applies_unless_the_address_names_one() {
        let options = AmqpOptions::default();
        let plain: RedactedUri = "amqp://host".parse().unwrap();
        assert_eq!(plain.resolved(&options).query.heartbeat, Some(10));
        let own: RedactedUri = "amqp://host/?heartbeat=5".parse().unwrap();
        assert_eq!(own.resolved(&options).query.heartbeat, Some(5));
    }
}

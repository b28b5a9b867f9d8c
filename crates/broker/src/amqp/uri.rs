//! Broker addresses that hide their password.

use std::fmt;
use std::str::FromStr;

use lapin::uri::AMQPUri;

use super::options::AmqpOptions;
use crate::BrokerError;

/// The address of a RabbitMQ server and virtual host. Its text does not contain the password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedUri(AMQPUri);

impl RedactedUri {
    /// The address to connect to, with the options' heartbeat and timeout if it names none.
    pub(super) fn resolved(&self, options: &AmqpOptions) -> AMQPUri {
        let mut uri = self.0.clone();
        uri.query.heartbeat.get_or_insert(options.heartbeat_s);
        let timeout = u64::try_from(options.connect_timeout.as_millis()).unwrap_or(u64::MAX);
        uri.query.connection_timeout.get_or_insert(timeout);
        uri
    }

    /// Masks the password in a text, because a server or the library may repeat it.
    pub(super) fn scrub(&self, text: &str) -> String {
        let password = &self.0.authority.userinfo.password;
        let user = &self.0.authority.userinfo.username;
        // A password that equals the user's name would mask ordinary words.
        if password.is_empty() || password == user {
            return text.to_owned();
        }
        text.replace(password.as_str(), "***")
    }
}

impl FromStr for RedactedUri {
    type Err = BrokerError;

    /// Parses `amqp://user:password@host:port/vhost`. The error does not contain the text.
    fn from_str(text: &str) -> Result<Self, BrokerError> {
        let refuse = |why: &str| BrokerError::Unavailable(format!("the broker's address {why}"));
        // The parser would use localhost instead, without an error.
        if text.contains('[') {
            return Err(refuse(
                "must contain a host name or an IPv4 address, not an IPv6 address",
            ));
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
    fn display_debug_and_errors_do_not_contain_the_password() {
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
    fn the_heartbeat_of_the_address_takes_precedence_over_the_option() {
        let options = AmqpOptions::default();
        let plain: RedactedUri = "amqp://host".parse().unwrap();
        assert_eq!(plain.resolved(&options).query.heartbeat, Some(10));
        let own: RedactedUri = "amqp://host/?heartbeat=5".parse().unwrap();
        assert_eq!(own.resolved(&options).query.heartbeat, Some(5));
    }
}

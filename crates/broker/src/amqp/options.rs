//! Options of the broker on RabbitMQ.

use std::time::Duration;

/// Options of the broker on RabbitMQ.
#[derive(Debug, Clone)]
pub struct AmqpOptions {
    /// The number of publishing channels, which is the maximum number of publishes in flight.
    pub channels: usize,
    /// The timeout of a publish or another request.
    pub confirm_deadline: Duration,
    /// The timeout of connecting and declaring.
    pub connect_timeout: Duration,
    /// The heartbeat in seconds. With the server's default it takes minutes to detect that a server
    /// does not answer.
    pub heartbeat_s: u16,
    /// The minimum and maximum delay between two attempts to connect (jitter may double them).
    pub backoff: (Duration, Duration),
    /// The name of the connections at the server; `/publish` or `/consume` is appended.
    pub connection_name: String,
}

impl Default for AmqpOptions {
    fn default() -> Self {
        Self {
            channels: 16,
            confirm_deadline: Duration::from_secs(3),
            connect_timeout: Duration::from_secs(5),
            heartbeat_s: 10,
            backoff: (Duration::from_millis(500), Duration::from_millis(2500)),
            connection_name: format!("empmix/{}", std::process::id()),
        }
    }
}

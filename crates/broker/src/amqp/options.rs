//! How RabbitMQ is used.

use std::time::Duration;

/// How RabbitMQ is used.
#[derive(Debug, Clone)]
pub struct AmqpOptions {
    /// How many channels publish, and so how many publishes are in flight.
    pub channels: usize,
    /// How long a publish (and any other request) may take.
    pub confirm_deadline: Duration,
    /// How long connecting and declaring may take.
    pub connect_timeout: Duration,
    /// The heartbeat in seconds; the server's own default leaves a silent server unnoticed for
    /// minutes.
    pub heartbeat_s: u16,
    /// The shortest and the longest pause between two attempts to connect (the jitter may double
    /// them).
    pub backoff: (Duration, Duration),
    /// How the connections are called at the server; `/publish` and `/consume` are added.
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

//! Routes that are rows of the list of endpoints.

use axum::{
    Router,
    handler::Handler,
    routing::{MethodFilter, on},
};
use empmix_protocol::{
    Method,
    endpoint::{Endpoint, Route},
};

use super::Shared;

/// A router below [`BASE`](empmix_protocol::endpoint::BASE), and what it serves.
#[derive(Default)]
pub(super) struct Routes {
    router: Router<Shared>,
    served: Vec<Route>,
}

impl Routes {
    /// Serves an endpoint.
    pub(super) fn on<Q, R, H, T>(mut self, endpoint: &Endpoint<Q, R>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        let method = match endpoint.route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Delete => MethodFilter::DELETE,
        };
        self.router = self.router.route(endpoint.route.path, on(method, handler));
        self.served.push(endpoint.route);
        self
    }

    /// Both, to be mounted.
    pub(super) fn into_parts(self) -> (Router<Shared>, Vec<Route>) {
        (self.router, self.served)
    }
}

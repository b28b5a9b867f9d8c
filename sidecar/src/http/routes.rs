//! Routes that are rows of the list of endpoints, each with a handler that gives the row's reply.

use std::marker::PhantomData;

use axum::{
    Json, Router,
    handler::Handler,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter, on},
};
use empmix_protocol::{
    Method,
    endpoint::{Endpoint, Route},
};

use super::{Shared, json::Failure};

/// What a handler returns that answers with an `R`.
pub(super) type Reply<R> = Result<Json<R>, Failure>;

/// The same, with a status of its own.
pub(super) type ReplyWith<R> = Result<(StatusCode, Json<R>), Failure>;

/// A response that streams `R`s.
pub(super) struct StreamOf<R> {
    response: Response,
    messages: PhantomData<fn() -> R>,
}

impl<R> StreamOf<R> {
    pub(super) fn new(response: impl IntoResponse) -> Self {
        Self {
            response: response.into_response(),
            messages: PhantomData,
        }
    }
}

impl<R> IntoResponse for StreamOf<R> {
    fn into_response(self) -> Response {
        self.response
    }
}

/// A router below [`BASE`](empmix_protocol::endpoint::BASE), and what it serves.
#[derive(Default)]
pub(super) struct Routes {
    router: Router<Shared>,
    served: Vec<Route>,
}

impl Routes {
    /// Serves an endpoint with a handler that gives its reply.
    pub(super) fn on<Q, R, H, T>(self, endpoint: &Endpoint<Q, R>, handler: H) -> Self
    where
        H: Gives<R, T>,
        T: 'static,
    {
        self.on_layered(endpoint, handler, |route| route)
    }

    /// The same, with layers around the handler.
    pub(super) fn on_layered<Q, R, H, T>(
        mut self,
        endpoint: &Endpoint<Q, R>,
        handler: H,
        layers: impl FnOnce(MethodRouter<Shared>) -> MethodRouter<Shared>,
    ) -> Self
    where
        H: Gives<R, T>,
        T: 'static,
    {
        let method = match endpoint.route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Put => MethodFilter::PUT,
            Method::Patch => MethodFilter::PATCH,
            Method::Delete => MethodFilter::DELETE,
        };
        let route = layers(on(method, handler));
        self.router = self.router.route(endpoint.route.path, route);
        self.served.push(endpoint.route);
        self
    }

    /// Both, to be mounted.
    pub(super) fn into_parts(self) -> (Router<Shared>, Vec<Route>) {
        (self.router, self.served)
    }
}

/// A handler whose reply is an `R`: the compiler compares it with the endpoint's row.
pub(super) trait Gives<R, T>: Handler<T, Shared> {}

/// What a handler may return to give an `R`.
pub(super) trait ReplyOf<R> {}

impl<R> ReplyOf<R> for Json<R> {}
impl<R> ReplyOf<R> for Reply<R> {}
impl<R> ReplyOf<R> for ReplyWith<R> {}
impl<R> ReplyOf<R> for Result<StreamOf<R>, Failure> {}

macro_rules! gives {
    ($($argument:ident)*) => {
        impl<H, O, R, M, $($argument),*> Gives<R, (M, $($argument,)*)> for H
        where
            H: FnOnce($($argument),*) -> O + Handler<(M, $($argument,)*), Shared>,
            O: Future,
            O::Output: ReplyOf<R>,
        {}
    };
}

gives!(A);
gives!(A B);
gives!(A B C);
gives!(A B C D);

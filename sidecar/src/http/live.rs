//! What arrives, as server-sent events ([`empmix_protocol::sse`]). What keeps the stream alive also shows
//! within five seconds that a viewer is gone.

use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use empmix_model::stored::LiveItem;
use empmix_protocol::{call::LiveQuery, reply::Lagged, sse};
use empmix_store::{Missed, Watched};
use futures::{Stream, StreamExt, stream::BoxStream};
use serde::Serialize;
use tokio::sync::broadcast;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};
use tokio_util::sync::CancellationToken;

use crate::machine;

/// Items that wait for a slow reader; beyond it the oldest are dropped.
const BUFFER: usize = 1000;

fn admits(query: &LiveQuery, item: &LiveItem) -> bool {
    let is =
        |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|wanted| wanted == own);
    match item {
        LiveItem::Warning(_) => true,
        LiveItem::Event(event) => {
            is(&query.event, &event.event) && is(&query.distinct_id, &event.distinct_id)
        }
    }
}

/// A stream of a store as a response; it ends when the process stops.
pub(super) fn respond(
    mut items: BoxStream<'static, Watched>,
    query: LiveQuery,
    stop: CancellationToken,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = broadcast::channel(BUFFER);
    tokio::spawn(async move {
        loop {
            let item = tokio::select! {
                item = items.next() => item,
                // The viewer has gone, also one whose filter admits nothing.
                () = sender.closed() => break,
            };
            let Some(item) = item else { break };
            if item.as_ref().map_or(true, |item| admits(&query, item)) {
                // No viewer is left: the next turn ends.
                let _ = sender.send(item);
            }
        }
    });
    let opened = futures::stream::iter([Ok(Event::default().comment("open"))]);
    let events = BroadcastStream::new(receiver).map(|item| Ok(to_event(item)));
    let until_stopped = opened.chain(events).take_until(stop.cancelled_owned());
    Sse::new(until_stopped).keep_alive(KeepAlive::new().interval(sse::KEEP_ALIVE))
}

fn to_event(item: Result<Watched, BroadcastStreamRecvError>) -> Event {
    let dropped = match item {
        Ok(Ok(LiveItem::Event(event))) => return named(sse::EVENT, &event),
        Ok(Ok(LiveItem::Warning(warning))) => return named(sse::WARNING, &warning),
        Ok(Err(Missed(dropped))) => dropped,
        Err(BroadcastStreamRecvError::Lagged(dropped)) => dropped,
    };
    let at = machine::now();
    named(sse::LAGGED, &Lagged { dropped, at })
}

fn named(name: &str, data: &impl Serialize) -> Event {
    Event::default()
        .event(name)
        .json_data(data)
        .unwrap_or_else(|_| Event::default().comment("unreadable"))
}

//! A bounded queue between the source of answers (a fetch, a Tauri channel) and the frame.

use std::{cell::RefCell, collections::VecDeque, fmt, rc::Rc};

struct Shared<T> {
    queue: VecDeque<T>,
    capacity: usize,
    dropped: u64,
    closed: bool,
    /// Whether the source ended it without a word.
    cut: bool,
    on_close: Option<Box<dyn FnOnce()>>,
}

/// The end that is read.
pub struct Inbox<T> {
    shared: Rc<RefCell<Shared<T>>>,
}

/// The end that is written.
pub struct Outbox<T> {
    shared: Rc<RefCell<Shared<T>>>,
    wake: Rc<dyn Fn()>,
}

/// A queue of at most `capacity` items; `wake` is called for each item sent.
pub fn mailbox<T>(capacity: usize, wake: impl Fn() + 'static) -> (Outbox<T>, Inbox<T>) {
    let shared = Rc::new(RefCell::new(Shared {
        queue: VecDeque::new(),
        capacity,
        dropped: 0,
        closed: false,
        cut: false,
        on_close: None,
    }));
    let outbox = Outbox {
        shared: Rc::clone(&shared),
        wake: Rc::new(wake),
    };
    (outbox, Inbox { shared })
}

impl<T> Inbox<T> {
    /// The oldest item, if there is one.
    pub fn take(&mut self) -> Option<T> {
        self.shared.borrow_mut().queue.pop_front()
    }

    /// Whether nothing more will come since the source was told to end.
    pub fn is_cut(&self) -> bool {
        self.shared.borrow().cut
    }

    /// Items that were dropped since the last time this was asked, because they were not read.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.shared.borrow_mut().dropped)
    }
}

impl<T> fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.shared.borrow().queue.len();
        f.debug_struct("Inbox").field("waiting", &waiting).finish()
    }
}

impl<T> Drop for Inbox<T> {
    fn drop(&mut self) {
        let on_close = {
            let mut shared = self.shared.borrow_mut();
            shared.closed = true;
            shared.queue.clear();
            shared.on_close.take()
        };
        if let Some(on_close) = on_close {
            on_close();
        }
    }
}

impl<T> Outbox<T> {
    /// Sends an item; when the queue is full the oldest item is dropped and counted.
    pub fn send(&self, item: T) {
        {
            let mut shared = self.shared.borrow_mut();
            if shared.closed {
                return;
            }
            if shared.queue.len() == shared.capacity {
                shared.queue.pop_front();
                shared.dropped += 1;
            }
            shared.queue.push_back(item);
        }
        (self.wake)();
    }

    /// Ends it for both ends: the source stops, and the reader finds it cut.
    pub fn cut(&self) {
        let on_close = {
            let mut shared = self.shared.borrow_mut();
            shared.closed = true;
            shared.cut = true;
            shared.on_close.take()
        };
        if let Some(on_close) = on_close {
            on_close();
        }
        (self.wake)();
    }

    /// Whether the reader has gone.
    pub fn is_closed(&self) -> bool {
        self.shared.borrow().closed
    }

    /// What to do when the reader goes: abort a request, say. At once, if it has gone already.
    pub fn on_close(&self, action: impl FnOnce() + 'static) {
        if self.is_closed() {
            action();
        } else {
            self.shared.borrow_mut().on_close = Some(Box::new(action));
        }
    }
}

impl<T> Clone for Outbox<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Rc::clone(&self.shared),
            wake: Rc::clone(&self.wake),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_full_queue_drops_the_oldest_and_says_how_many() {
        let (out, mut inbox) = mailbox(2, || {});
        (1..=5).for_each(|n| out.send(n));
        assert_eq!(inbox.take_dropped(), 3);
        assert_eq!(
            (inbox.take(), inbox.take(), inbox.take()),
            (Some(4), Some(5), None)
        );
        assert_eq!(inbox.take_dropped(), 0);
    }

    #[test]
    fn a_reader_that_goes_is_noticed_once() {
        let closed = Rc::new(Cell::new(0));
        let (out, inbox) = mailbox::<u8>(1, || {});
        let counter = Rc::clone(&closed);
        out.on_close(move || counter.set(counter.get() + 1));
        drop(inbox);
        out.send(1);
        assert_eq!(closed.get(), 1);
    }

    #[test]
    fn a_cut_stops_the_source_and_is_seen_by_the_reader() {
        let stopped = Rc::new(Cell::new(0));
        let (out, mut inbox) = mailbox(2, || {});
        let counter = Rc::clone(&stopped);
        out.on_close(move || counter.set(counter.get() + 1));
        out.send(1);
        assert!(!inbox.is_cut());
        out.cut();
        out.send(2);
        assert_eq!((inbox.take(), inbox.take()), (Some(1), None));
        assert!(inbox.is_cut() && out.is_closed());
        drop(inbox);
        assert_eq!(stopped.get(), 1);
    }

    #[test]
    fn each_item_wakes_the_frame() {
        let woken = Rc::new(Cell::new(0));
        let counter = Rc::clone(&woken);
        let (out, _inbox) = mailbox(9, move || counter.set(counter.get() + 1));
        out.send(());
        out.send(());
        assert_eq!(woken.get(), 2);
    }
}

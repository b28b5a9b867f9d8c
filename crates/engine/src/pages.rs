//! A list that is shared by copies and copied on write, page by page.
//!
//! A store's writer keeps one and gives every snapshot a copy, which costs one reference count however
//! long the list is. The first change after that copies the pages that it touches, of [`PAGE`] elements
//! each, and the list of pages, of one pointer each.

use std::{ops::Index, sync::Arc};

/// Elements of a page: a change copies few, and the list of pages stays short.
const PAGE: usize = 1024;

/// A list, copied on write by pages.
#[derive(Debug)]
pub struct Pages<T> {
    pages: Arc<Vec<Arc<Vec<T>>>>,
    len: usize,
}

impl<T> Pages<T> {
    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The element at a place, if there is one.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.pages.get(at / PAGE)?.get(at % PAGE)
    }

    /// All elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flat_map(|page| page.iter())
    }
}

impl<T: Clone> Pages<T> {
    /// Adds an element at the end.
    pub fn push(&mut self, element: T) {
        let pages = Arc::make_mut(&mut self.pages);
        if self.len.is_multiple_of(PAGE) {
            pages.push(Arc::default());
        }
        if let Some(last) = pages.last_mut() {
            Arc::make_mut(last).push(element);
        }
        self.len += 1;
    }

    /// Replaces an element.
    ///
    /// # Panics
    ///
    /// If there is none at this place.
    pub fn set(&mut self, at: usize, element: T) {
        let page = &mut Arc::make_mut(&mut self.pages)[at / PAGE];
        Arc::make_mut(page)[at % PAGE] = element;
    }
}

impl<T> Index<usize> for Pages<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        &self.pages[at / PAGE][at % PAGE]
    }
}

impl<T> Clone for Pages<T> {
    fn clone(&self) -> Self {
        Self {
            pages: Arc::clone(&self.pages),
            len: self.len,
        }
    }
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            pages: Arc::default(),
            len: 0,
        }
    }
}

impl<T: Clone> Extend<T> for Pages<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        elements.into_iter().for_each(|element| self.push(element));
    }
}

impl<T: Clone> FromIterator<T> for Pages<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut pages = Self::default();
        pages.extend(elements);
        pages
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pages that two lists do not share.
    fn own_pages<T>(list: &Pages<T>, other: &Pages<T>) -> usize {
        let shared = |page: &Arc<Vec<T>>| other.pages.iter().any(|its| Arc::ptr_eq(its, page));
        list.pages.iter().filter(|page| !shared(page)).count()
    }

    #[test]
    fn a_change_copies_the_pages_that_it_touches() {
        let before: Pages<usize> = (0..10 * PAGE).collect();
        let mut after = before.clone();
        assert_eq!(own_pages(&after, &before), 0);
        after.set(3 * PAGE, 7);
        after.set(3 * PAGE + 1, 8);
        after.push(9);
        assert_eq!(own_pages(&after, &before), 2);
        assert_eq!(before[3 * PAGE], 3 * PAGE);
        assert_eq!((after[3 * PAGE], after[10 * PAGE]), (7, 9));
    }

    proptest! {
        #[test]
        fn copies_stay_as_they_were(
            first in 0..3 * PAGE,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..50),
        ) {
            let mut list: Pages<usize> = (0..first).collect();
            let mut expected: Vec<usize> = (0..first).collect();
            for (number, (place, is_push)) in changes.into_iter().enumerate() {
                let (copy, as_it_was) = (list.clone(), expected.clone());
                if is_push || expected.is_empty() {
                    list.push(number);
                    expected.push(number);
                } else {
                    let at = place.index(expected.len());
                    list.set(at, number);
                    expected[at] = number;
                }
                prop_assert!(copy.iter().eq(&as_it_was));
                prop_assert!(list.iter().eq(&expected));
                prop_assert_eq!(list.len(), expected.len());
            }
        }
    }
}

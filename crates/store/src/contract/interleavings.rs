//! What may happen to a store, in random orders: messages and links that come once or again, one by one
//! or at the same time, reopenings, and between them reports, which must be the reference's over what was
//! written so far. A store that moves rows by itself (to files, to another user) does so at any point.

use std::{collections::BTreeSet, sync::Arc};

use empmix_model::{envelope::Envelope, ids::ProjectId};
use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    Harness,
    agreement::{agree, create, fits, reference_of, samples},
    fixtures,
    random::{Case, cases},
};
use crate::{Batch, ItemOutcome, Store, StoreError};

/// The number of sequences by default.
const SEQUENCES: u64 = 6;
/// Reports that are asked.
const REPORTS: usize = 4;

/// Something that happens to a store. An index is a message's, or a report's.
#[derive(Debug, Clone)]
enum Step {
    Write(Vec<Index>),
    /// Two batches at the same time.
    WriteTogether(Vec<Index>, Vec<Index>),
    Ask(Index),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let messages = || vec(any::<Index>(), 1..4);
    let step = prop_oneof![
        4 => messages().prop_map(Step::Write),
        2 => (messages(), messages()).prop_map(|(one, other)| Step::WriteTogether(one, other)),
        3 => any::<Index>().prop_map(Step::Ask),
        1 => Just(Step::Reopen),
    ];
    vec(step, 10..30)
}

/// A store, and what was written to it.
struct Model<'a, H> {
    harness: &'a H,
    store: Arc<dyn Store>,
    project: ProjectId,
    case: &'a Case,
    messages: Vec<Envelope>,
    written: BTreeSet<usize>,
}

/// Whatever happens in whatever order, every answer is the reference's over what was written so far.
pub async fn any_interleaving_agrees_with_the_reference(harness: &impl Harness) {
    let mut store = harness.open().await;
    for (number, (case, steps)) in (0..).zip(samples((cases(REPORTS), steps()), SEQUENCES)) {
        let project = create(store.as_ref(), &case, number).await;
        let messages = (0..).zip(&case.messages);
        let messages =
            messages.map(|(number, items)| fixtures::message(project, number, items.clone()));
        let mut model = Model {
            harness,
            store,
            project,
            case: &case,
            messages: messages.collect(),
            written: BTreeSet::new(),
        };
        for step in &steps {
            model.take(step).await;
        }
        for report in 0..case.reports.len() {
            model.ask(report).await;
        }
        store = model.store;
    }
    store.close().await;
}

impl<H: Harness> Model<'_, H> {
    async fn take(&mut self, step: &Step) {
        match step {
            Step::Write(_) | Step::WriteTogether(..) if self.messages.is_empty() => {}
            Step::Write(messages) => self.write(messages).await,
            Step::WriteTogether(one, other) => {
                let (one, other) = (self.places(one), self.places(other));
                tokio::join!(self.write_at_last(&one), self.write_at_last(&other));
                self.written.extend(one.into_iter().chain(other));
            }
            Step::Ask(report) => self.ask(report.index(self.case.reports.len())).await,
            Step::Reopen => {
                self.store.close().await;
                self.store = self.harness.open().await;
            }
        }
    }

    async fn write(&mut self, messages: &[Index]) {
        let places = self.places(messages);
        let written = self.store.write(self.batch(&places)).await.unwrap();
        for (place, outcomes) in places.iter().zip(&written.outcomes) {
            let expected = match self.written.insert(*place) {
                true => ItemOutcome::Stored,
                false => ItemOutcome::Redelivered,
            };
            let mut outcomes = outcomes.iter();
            assert!(outcomes.all(|outcome| *outcome == expected), "{written:?}");
        }
    }

    /// Writes a batch; of two writers of one item, one may have to try again.
    async fn write_at_last(&self, places: &[usize]) {
        for _ in 0..100 {
            match self.store.write(self.batch(places)).await {
                Ok(_) => return,
                Err(StoreError::Unavailable(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        panic!("it is never written");
    }

    fn places(&self, messages: &[Index]) -> Vec<usize> {
        let places = messages.iter();
        places
            .map(|message| message.index(self.messages.len()))
            .collect()
    }

    fn batch(&self, places: &[usize]) -> Batch {
        Batch {
            project: self.project,
            envelopes: places
                .iter()
                .map(|place| self.messages[*place].clone())
                .collect(),
        }
    }

    async fn ask(&self, report: usize) {
        let report = &self.case.reports[report];
        if !fits(self.case, report) {
            return;
        }
        let written: Vec<&Envelope> = self.written.iter().map(|at| &self.messages[*at]).collect();
        let reference = reference_of(&written);
        agree(
            self.store.as_ref(),
            self.project,
            self.case,
            &reference,
            report,
        )
        .await;
    }
}

//! The segments of rows, as dense indices.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use empmix_query::{
    report::Breakdown,
    segment::{Segment, ShownSegments},
    value,
};
use serde_json::Value;

use crate::{
    error::EngineError,
    resolve::resolve,
    snapshot::{Part, Snapshot},
};

/// The distinct segments in the columns of all parts, each with an index.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    list: Vec<Segment>,
    indices: HashMap<Segment, u32>,
}

impl Segments {
    /// The number of segments.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The segments by index.
    pub(crate) fn into_list(self) -> Vec<Segment> {
        self.list
    }

    /// The segments of a part's rows.
    pub(crate) fn of_part(
        &mut self,
        snapshot: &Snapshot,
        part: &dyn Part,
        breakdown: &Breakdown,
    ) -> Result<PartSegments, EngineError> {
        let property = &breakdown.property;
        let not_set = vec![self.index(Segment::NotSet)];
        let Some(column) = resolve(snapshot, part, &property.property)? else {
            return Ok(PartSegments {
                codes: None,
                by_code: Vec::new(),
                missing: not_set,
            });
        };
        let (codes, values) = column.coded();
        let segments = |value: &Value| {
            let read = value::read(Cow::Borrowed(value), property.cast);
            let segments = Segment::of(read.as_deref());
            segments
                .into_iter()
                .map(|segment| self.index(segment))
                .collect()
        };
        Ok(PartSegments {
            codes: Some(codes),
            by_code: values.iter().map(segments).collect(),
            missing: not_set,
        })
    }

    fn index(&mut self, segment: Segment) -> u32 {
        if let Some(index) = self.indices.get(&segment) {
            return *index;
        }
        let index = crate::column::next_code(self.list.len());
        self.list.push(segment.clone());
        self.indices.insert(segment, index);
        index
    }
}

/// The indices of the segments of each row of a part.
#[derive(Debug)]
pub(crate) struct PartSegments {
    /// Per row an index into `by_code`; `None` if no row has a value.
    codes: Option<Arc<[u32]>>,
    by_code: Vec<Vec<u32>>,
    missing: Vec<u32>,
}

impl PartSegments {
    /// One segment for all rows, for a report without a breakdown.
    pub(crate) fn single() -> Self {
        Self {
            codes: None,
            by_code: Vec::new(),
            missing: vec![0],
        }
    }

    /// The segment of all rows, if they have the same one.
    pub(crate) fn only(&self) -> Option<u32> {
        match (&self.codes, self.missing.as_slice()) {
            (None, [segment]) => Some(*segment),
            _ => None,
        }
    }

    /// The distinct segments of a row.
    #[inline]
    pub(crate) fn of_row(&self, row: u32) -> &[u32] {
        let code = self.codes.as_ref().map(|codes| codes[row as usize]);
        let segments = code.and_then(|code| self.by_code.get(code as usize));
        segments.unwrap_or(&self.missing)
    }

    /// Replaces segment indices by positions in the answer, without duplicates: a row with several
    /// segments beyond the limit counts once in the rest.
    pub(crate) fn renumber(&mut self, positions: &[u32]) {
        for segments in self.by_code.iter_mut().chain([&mut self.missing]) {
            for segment in segments.iter_mut() {
                *segment = positions[*segment as usize];
            }
            segments.sort_unstable();
            segments.dedup();
        }
    }
}

/// The position of each segment in the answer: its own if it is shown, else that of the rest.
pub(crate) fn positions(segments: &[Segment], shown: &ShownSegments) -> Vec<u32> {
    let at = |(position, segment)| (segment, crate::column::next_code(position));
    let shown_at: HashMap<&Segment, u32> = shown.segments.iter().enumerate().map(at).collect();
    let rest = crate::column::next_code(shown.segments.len());
    let position = |segment| shown_at.get(segment).copied().unwrap_or(rest);
    segments.iter().map(position).collect()
}

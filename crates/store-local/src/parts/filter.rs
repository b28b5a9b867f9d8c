//! A Bloom filter over item hashes: ten bits an id, seven probes, about one false hit in a
//! hundred. Item hashes are evenly spread already, so the probes are taken from their bytes.

use empmix_model::ids::ItemHash;

const BITS_PER_ID: usize = 10;
const PROBES: u64 = 7;

/// Tells for sure that an id is not there, or that it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdFilter(Vec<u8>);

impl IdFilter {
    /// The filter of some ids.
    pub(crate) fn of(ids: impl ExactSizeIterator<Item = ItemHash>) -> Self {
        let mut filter = Self(vec![0; (ids.len() * BITS_PER_ID / 8).max(8)]);
        for id in ids {
            for bit in filter.probes(id) {
                filter.0[bit / 8] |= 1 << (bit % 8);
            }
        }
        filter
    }

    /// Whether the id may be there.
    pub(crate) fn may_contain(&self, id: ItemHash) -> bool {
        self.probes(id)
            .all(|bit| self.0[bit / 8] & (1 << (bit % 8)) != 0)
    }

    /// What is stored of it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads what was stored; `None` if it is empty.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    fn probes(&self, id: ItemHash) -> impl Iterator<Item = usize> + use<> {
        let bits = self.0.len() as u64 * 8;
        let number = |from: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&id.0[from..from + 8]);
            u64::from_le_bytes(bytes)
        };
        let (start, step) = (number(0), number(8) | 1);
        (0..PROBES).map(move |probe| {
            let bit = start.wrapping_add(probe.wrapping_mul(step)) % bits;
            usize::try_from(bit).unwrap_or(0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> ItemHash {
        ItemHash::of("u", &n.to_string(), None)
    }

    #[test]
    fn it_knows_every_id_and_few_others() {
        let filter = IdFilter::of((0..10_000).map(id).collect::<Vec<_>>().into_iter());
        assert!((0..10_000).all(|n| filter.may_contain(id(n))));
        let wrong = (10_000..20_000)
            .filter(|n| filter.may_contain(id(*n)))
            .count();
        assert!(wrong < 300, "{wrong} of 10,000");
        let read = IdFilter::from_bytes(filter.bytes().to_vec());
        assert_eq!(read, Some(filter));
    }
}

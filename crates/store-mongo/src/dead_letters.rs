//! Dead letters, and the tries of items that may have ended the process.
//!
//! A letter: `_id` its id, `p` project, `at` when it was kept (the server's clock), `body` in JSON. Tries:
//! `_id` the item, `n` how many.

use empmix_model::dead::{DeadLetter, LetterId};
use mongodb::bson::{Binary, Document, doc};

use super::{
    MongoStore,
    calls::{listed, within},
    documents::{binary, project_id},
    facts::broken,
};
use empmix_store::StoreError;

fn letter_id(id: LetterId) -> Binary {
    binary(id.0)
}

impl MongoStore {
    pub(super) async fn insert_letters(&self, letters: &[DeadLetter]) -> Result<(), StoreError> {
        let statements: Vec<Document> = letters.iter().map(statement).collect::<Result<_, _>>()?;
        self.update_all("dead_letters", statements).await
    }

    pub(super) async fn newest_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let letters = self.newest("dead_letters");
        let call = letters
            .find(doc! {})
            .sort(doc! {"at": -1, "_id": -1})
            .limit(i64::try_from(limit).unwrap_or(i64::MAX));
        let found = listed(self.options.call_deadline, call).await?;
        found
            .iter()
            .map(|letter| {
                let body = letter.get_str("body").ok();
                body.and_then(|body| serde_json::from_str(body).ok())
                    .ok_or_else(|| broken("a dead letter"))
            })
            .collect()
    }

    pub(super) async fn count_try(&self, item: LetterId) -> Result<u32, StoreError> {
        let tries = self.collection("tries");
        let call = tries
            .find_one_and_update(doc! {"_id": letter_id(item)}, doc! {"$inc": {"n": 1_i64}})
            .upsert(true);
        let before = within(self.options.call_deadline, call).await?;
        let before = before.map_or(Ok(0), |before| before.get_i64("n"));
        let before = before.ok().and_then(|before| u32::try_from(before).ok());
        before.ok_or_else(|| broken("the tries of an item"))
    }

    pub(super) async fn forget_tries(&self, items: &[LetterId]) -> Result<(), StoreError> {
        let ids: Vec<_> = items.iter().copied().map(letter_id).collect();
        let tries = self.collection("tries");
        let call = tries.delete_many(doc! {"_id": {"$in": ids}});
        within(self.options.call_deadline, call).await.map(drop)
    }
}

/// The statement that keeps a letter unless it is kept already.
fn statement(letter: &DeadLetter) -> Result<Document, StoreError> {
    let body = serde_json::to_string(letter)
        .map_err(|error| StoreError::Invalid(format!("a dead letter is not JSON: {error}")))?;
    let kept = |field: &str, new: mongodb::bson::Bson| {
        doc! {"$ifNull": [format!("${field}"), {"$literal": new}]}
    };
    let set = doc! {
        "p": kept("p", letter.project.map(project_id).into()),
        "body": kept("body", body.into()),
        "at": {"$ifNull": ["$at", "$$NOW"]},
    };
    Ok(doc! {"q": {"_id": letter_id(letter.id())}, "u": [{"$set": set}], "upsert": true})
}

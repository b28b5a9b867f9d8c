//! Projects and their keys.

use empmix_model::{
    ids::ProjectId,
    key::{PublicKey, SecretKey},
    project::{Project, WeekStart},
};

use super::{
    Harness,
    fixtures::{NOON, new_project},
};
use crate::{NewProject, StoreError};

/// Projects are listed oldest first, whole, and a name is taken once.
pub async fn projects_are_listed_oldest_first(harness: &impl Harness) {
    let store = harness.open().await;
    assert_eq!(store.projects().await.unwrap(), []);
    let secret = SecretKey::from_random([9; 16]);
    let shop = NewProject {
        timezone: "Asia/Kolkata".into(),
        week_start: WeekStart::Sunday,
        secret_hash: Some(secret.hash()),
        ..new_project(5, "Shop $where 🦀")
    };
    let made = store.create_project(shop.clone()).await.unwrap();
    let expected = Project {
        id: shop.id,
        name: shop.name.clone(),
        timezone: "Asia/Kolkata".into(),
        week_start: WeekStart::Sunday,
        public_key: shop.public_key.clone(),
        has_secret_key: true,
        created_at: NOON + 5,
    };
    assert_eq!(made, expected);
    let older = store.create_project(new_project(2, "older")).await.unwrap();
    let taken = NewProject {
        name: shop.name,
        ..new_project(7, "")
    };
    let result = store.create_project(taken).await;
    assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    assert_eq!(store.projects().await.unwrap(), [older, expected.clone()]);
    store.close().await;
    drop(store);
    let store = harness.open().await;
    assert_eq!(store.projects().await.unwrap()[1], expected);
}

/// A project that is listed, itself or its keys, can be asked about: also while others are made.
pub async fn a_listed_project_is_there(harness: &impl Harness) {
    const PROJECTS: u8 = 100;
    let store = harness.open().await;
    let making = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 1..=PROJECTS {
                let new = new_project(number, &number.to_string());
                store.create_project(new).await.unwrap();
            }
        }
    });
    while !making.is_finished() {
        let listed = store.projects().await.unwrap().last().map(|last| last.id);
        let keys = store.keys().await.unwrap();
        let has_key = keys.last().map(|last| last.project);
        for project in listed.into_iter().chain(has_key) {
            store.schema(project).await.unwrap();
        }
    }
    making.await.unwrap();
    let listed = store.projects().await.unwrap().len();
    assert_eq!(listed, usize::from(PROJECTS));
}

/// A key that was replaced is the only one.
pub async fn keys_are_replaced(harness: &impl Harness) {
    let store = harness.open().await;
    let new = new_project(1, "one");
    store.create_project(new.clone()).await.unwrap();
    let keys = store.keys().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(
        (keys[0].project, &keys[0].public),
        (new.id, &new.public_key)
    );
    assert_eq!(keys[0].secret, None);
    let public = PublicKey::from_random([8; 16]);
    let secret = SecretKey::from_random([9; 16]);
    store.set_public_key(new.id, public.clone()).await.unwrap();
    store.set_secret_key(new.id, secret.hash()).await.unwrap();
    let keys = store.keys().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].public, public);
    assert!(keys[0].secret.unwrap().matches(secret.reveal()));
    let project = store.projects().await.unwrap().remove(0);
    assert_eq!(
        (project.public_key, project.has_secret_key),
        (public.clone(), true)
    );
    let unknown = store.set_public_key(ProjectId([9; 8]), public).await;
    assert!(
        matches!(unknown, Err(StoreError::NotFound(_))),
        "{unknown:?}"
    );
}

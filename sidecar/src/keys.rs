//! The keys of projects, answered from memory.
//!
//! They are read again from the store twice a second, so a rotated key stops within one second
//! on every process; the last known ones are kept in `keys.json` for a start while the store is
//! unreachable. A key that is unknown during that time is answered with *not now*, never refused.
//! One that comes while the store is read for the first time waits for what that read says.
//! A key is refused after a look into the store that began after its request came: one that another
//! process made a moment ago opens at once, and its sender, who would not try again, loses nothing.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock, RwLockWriteGuard},
    time::{Duration, Instant},
};

use empmix_alarm::Guard;
use empmix_model::{
    ids::ProjectId,
    item::Authority,
    key::{KeyHash, ProjectKeys, PublicKey, is_well_formed},
};
use empmix_store::{Catalogue, Store, StoreError};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::data_dir;

/// The least time between two reads that unknown keys cause, however many come.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// How often the keys are read again.
const REFRESH: Duration = Duration::from_millis(500);

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The project.
    pub project: ProjectId,
    /// The authority of the request.
    pub authority: Authority,
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    /// It opens a project.
    Known(Grant),
    /// It opens nothing.
    Unknown,
    /// It is not known here, and the store, which may know it, is unreachable.
    NotNow,
}

/// Keys of all projects, in memory.
pub struct Keys {
    known: RwLock<KnownKeys>,
    /// When the last read of the store that ended began; held while one is under way, so that an older answer
    /// never replaces a newer one.
    read: tokio::sync::Mutex<Option<Instant>>,
    file: PathBuf,
}

#[derive(Default)]
struct KnownKeys {
    public: HashMap<PublicKey, ProjectId>,
    secret: Vec<(KeyHash, ProjectId)>,
    store: LastRead,
}

/// What came of the last time that the store was asked for its keys.
#[derive(Default)]
enum LastRead {
    /// It was not asked yet.
    #[default]
    Never,
    /// It could not be reached; why.
    Away(String),
    /// What is known is what it holds.
    Current,
}

/// One project's keys in `keys.json`.
#[derive(Serialize, Deserialize)]
struct SavedKeys {
    project: ProjectId,
    public: PublicKey,
    secret_sha256: Option<Vec<u8>>,
}

impl Keys {
    /// Starts with what `keys.json` in `data_dir` holds.
    pub fn load(data_dir: &std::path::Path) -> Self {
        let file = data_dir.join("keys.json");
        let saved: Vec<SavedKeys> = std::fs::read(&file).map_or_else(
            |_| Vec::new(),
            |bytes| {
                serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                    tracing::warn!(%error, "keys.json is damaged and not used; the store has the keys");
                    Vec::new()
                })
            },
        );
        let keys: Vec<_> = saved.into_iter().map(SavedKeys::into_keys).collect();
        let known = KnownKeys {
            store: LastRead::Never,
            ..KnownKeys::of(&keys)
        };
        Self {
            known: RwLock::new(known),
            read: tokio::sync::Mutex::new(None),
            file,
        }
    }

    /// What a key opens; an unknown one is looked up in the store first.
    pub async fn find(&self, key: &str, store: &dyn Catalogue) -> KeyStatus {
        let came = Instant::now();
        let status = self.check(key);
        if !is_well_formed(key) || !self.may_change(status) {
            return status;
        }
        let mut read = self.read.lock().await;
        if read.is_none_or(|began| began <= came) && self.may_change(status) {
            if let Some(began) = *read {
                tokio::time::sleep(BETWEEN_LOOKS.saturating_sub(began.elapsed())).await;
            }
            let began = Instant::now();
            if let Err(error) = self.read_from(store).await {
                tracing::debug!(%error, "an unknown key could not be looked up");
            }
            // After the read: one that a caller abandons halfway counts for none of the others.
            *read = Some(began);
        }
        drop(read);
        self.check(key)
    }

    /// Whether a read of the store may find more: one that just failed is not repeated.
    fn may_change(&self, status: KeyStatus) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match status {
            KeyStatus::Known(_) => false,
            KeyStatus::Unknown | KeyStatus::NotNow => !matches!(known.store, LastRead::Away(_)),
        }
    }

    /// What a key opens, as far as is known here.
    pub fn check(&self, key: &str) -> KeyStatus {
        if !is_well_formed(key) {
            return KeyStatus::Unknown;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let public = known.public.get(&PublicKey(key.to_owned()));
        let secret = known
            .secret
            .iter()
            .find(|(hash, _)| key.starts_with("sk_") && hash.matches(key));
        match (public, secret) {
            (Some(project), _) => KeyStatus::Known(Grant {
                project: *project,
                authority: Authority::Client,
            }),
            (None, Some((_, project))) => KeyStatus::Known(Grant {
                project: *project,
                authority: Authority::Server,
            }),
            (None, None) if matches!(known.store, LastRead::Current) => KeyStatus::Unknown,
            (None, None) => KeyStatus::NotNow,
        }
    }

    /// Why the store could not be read the last time, if it could not.
    pub fn store_away(&self) -> Option<String> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &known.store {
            LastRead::Away(reason) => Some(reason.clone()),
            LastRead::Never | LastRead::Current => None,
        }
    }

    /// The public key of the first project, for the demo page.
    pub async fn first_public_key(store: &dyn Catalogue) -> Option<PublicKey> {
        store
            .projects()
            .await
            .ok()?
            .into_iter()
            .next()
            .map(|project| project.public_key)
    }

    /// Reads the keys from the store now.
    pub async fn refresh(&self, store: &dyn Catalogue) -> Result<(), StoreError> {
        let mut read = self.read.lock().await;
        let began = Instant::now();
        let outcome = self.read_from(store).await;
        *read = Some(began);
        outcome
    }

    async fn read_from(&self, store: &dyn Catalogue) -> Result<(), StoreError> {
        let keys = match store.keys().await {
            Ok(keys) => keys,
            Err(error) => {
                self.write().store = LastRead::Away(error.to_string());
                return Err(error);
            }
        };
        let fresh = KnownKeys::of(&keys);
        let changed = {
            let mut known = self.write();
            let changed = known.public != fresh.public || known.secret != fresh.secret;
            *known = fresh;
            changed
        };
        if changed {
            self.save(&keys);
        }
        Ok(())
    }

    fn write(&self) -> RwLockWriteGuard<'_, KnownKeys> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the keys again and again until stopped.
    pub async fn keep_fresh(
        self: Arc<Self>,
        store: Arc<dyn Store>,
        stop: CancellationToken,
        guard: &Guard,
    ) {
        while !stop.is_cancelled() {
            guard.turn();
            if let Err(error) = self.refresh(store.as_ref()).await {
                tracing::debug!(%error, "the keys could not be read again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(REFRESH) => {}
            }
        }
    }

    fn save(&self, keys: &[ProjectKeys]) {
        let saved: Vec<_> = keys.iter().map(SavedKeys::of).collect();
        let written = serde_json::to_vec(&saved)
            .map_err(Into::into)
            .and_then(|json| data_dir::replace(&self.file, &json));
        if let Err(error) = written {
            tracing::warn!(%error, "keys.json could not be written");
        }
    }
}

impl KnownKeys {
    fn of(keys: &[ProjectKeys]) -> Self {
        Self {
            public: keys
                .iter()
                .map(|keys| (keys.public.clone(), keys.project))
                .collect(),
            secret: keys
                .iter()
                .filter_map(|keys| Some((keys.secret?, keys.project)))
                .collect(),
            store: LastRead::Current,
        }
    }
}

impl SavedKeys {
    fn of(keys: &ProjectKeys) -> Self {
        let secret_sha256 = keys.secret.map(|hash| hash.0.to_vec());
        Self {
            project: keys.project,
            public: keys.public.clone(),
            secret_sha256,
        }
    }

    fn into_keys(self) -> ProjectKeys {
        let secret = self
            .secret_sha256
            .and_then(|bytes| bytes.try_into().ok())
            .map(KeyHash);
        ProjectKeys {
            project: self.project,
            public: self.public,
            secret,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use empmix_model::project::{Project, WeekStart};
    use empmix_store::NewProject;
    use empmix_store_local::{LocalOptions, LocalStore};

    use super::*;
    use crate::machine;

    fn shop() -> NewProject {
        NewProject {
            id: ProjectId([2; 8]),
            name: "Shop".into(),
            timezone: "UTC".into(),
            week_start: WeekStart::Monday,
            public_key: PublicKey::from_random([2; 16]),
            secret_hash: None,
            created_at: machine::now(),
        }
    }

    const GRANT: KeyStatus = KeyStatus::Known(Grant {
        project: ProjectId([2; 8]),
        authority: Authority::Client,
    });

    /// A catalogue whose answers are read at once and arrive when they are let through.
    struct Slow {
        store: LocalStore,
        reads: AtomicUsize,
        answers: tokio::sync::Semaphore,
    }

    #[async_trait]
    impl Catalogue for Slow {
        async fn projects(&self) -> Result<Vec<Project>, StoreError> {
            self.store.projects().await
        }

        async fn create_project(&self, new: NewProject) -> Result<Project, StoreError> {
            self.store.create_project(new).await
        }

        async fn set_public_key(&self, id: ProjectId, key: PublicKey) -> Result<(), StoreError> {
            self.store.set_public_key(id, key).await
        }

        async fn set_secret_key(&self, id: ProjectId, hash: KeyHash) -> Result<(), StoreError> {
            self.store.set_secret_key(id, hash).await
        }

        async fn keys(&self) -> Result<Vec<ProjectKeys>, StoreError> {
            let keys = self.store.keys().await;
            self.reads.fetch_add(1, Ordering::SeqCst);
            self.answers.acquire().await.unwrap().forget();
            keys
        }
    }

    impl Slow {
        async fn wait_for_reads(&self, reads: usize) {
            while self.reads.load(Ordering::SeqCst) < reads {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// Two requests with a new key wait for a read that began before the key was made. The first one
    /// reads again and is abandoned; the second must not take that for an answer.
    #[tokio::test]
    async fn a_read_that_its_caller_abandons_counts_for_no_other_request() {
        let dir = tempfile::tempdir().unwrap();
        let slow = Arc::new(Slow {
            store: LocalStore::open(dir.path(), &LocalOptions::default()).unwrap(),
            reads: AtomicUsize::new(0),
            answers: tokio::sync::Semaphore::new(1),
        });
        let keys = Arc::new(Keys::load(dir.path()));
        keys.refresh(slow.as_ref()).await.unwrap();
        let refresh = tokio::spawn({
            let (keys, slow) = (keys.clone(), slow.clone());
            async move { keys.refresh(slow.as_ref()).await }
        });
        slow.wait_for_reads(2).await;
        slow.create_project(shop()).await.unwrap();
        let [abandoned, request] = [(), ()].map(|()| {
            let (keys, slow) = (keys.clone(), slow.clone());
            tokio::spawn(async move { keys.find(&shop().public_key.0, slow.as_ref()).await })
        });
        tokio::task::yield_now().await;
        slow.answers.add_permits(1);
        refresh.await.unwrap().unwrap();
        slow.wait_for_reads(3).await;
        abandoned.abort();
        slow.answers.add_permits(1);
        assert_eq!(request.await.unwrap(), GRANT);
    }

    #[tokio::test]
    async fn a_key_that_another_process_made_opens_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::open(dir.path(), &LocalOptions::default()).unwrap();
        let keys = Keys::load(dir.path());
        keys.refresh(&store).await.unwrap();
        store.create_project(shop()).await.unwrap();
        let key = shop().public_key.0;
        assert_eq!(keys.check(&key), KeyStatus::Unknown);
        assert_eq!(keys.find(&key, &store).await, GRANT);
        let strange = PublicKey::from_random([9; 16]);
        assert_eq!(keys.find(&strange.0, &store).await, KeyStatus::Unknown);
    }

    /// The first read of the store is under way, and the project was made after it began.
    #[tokio::test]
    async fn a_key_that_comes_before_the_first_read_ends_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let slow = Arc::new(Slow {
            store: LocalStore::open(dir.path(), &LocalOptions::default()).unwrap(),
            reads: AtomicUsize::new(0),
            answers: tokio::sync::Semaphore::new(0),
        });
        let keys = Arc::new(Keys::load(dir.path()));
        let refresh = tokio::spawn({
            let (keys, slow) = (keys.clone(), slow.clone());
            async move { keys.refresh(slow.as_ref()).await }
        });
        slow.wait_for_reads(1).await;
        slow.create_project(shop()).await.unwrap();
        let request = tokio::spawn({
            let (keys, slow) = (keys.clone(), slow.clone());
            async move { keys.find(&shop().public_key.0, slow.as_ref()).await }
        });
        tokio::task::yield_now().await;
        slow.answers.add_permits(2);
        refresh.await.unwrap().unwrap();
        assert_eq!(request.await.unwrap(), GRANT);
    }

    #[test]
    fn before_the_store_was_read_an_unknown_key_is_not_refused() {
        let dir = tempfile::tempdir().unwrap();
        let key = PublicKey::from_random([3; 16]);
        assert_eq!(Keys::load(dir.path()).check(&key.0), KeyStatus::NotNow);
        assert_eq!(Keys::load(dir.path()).check("pk_typo"), KeyStatus::Unknown);
        let keys = Keys::load(dir.path());
        keys.save(&[ProjectKeys {
            project: ProjectId([1; 8]),
            public: key.clone(),
            secret: Some(KeyHash::of("s")),
        }]);
        let grant = Grant {
            project: ProjectId([1; 8]),
            authority: Authority::Client,
        };
        assert_eq!(
            Keys::load(dir.path()).check(&key.0),
            KeyStatus::Known(grant)
        );
    }
}

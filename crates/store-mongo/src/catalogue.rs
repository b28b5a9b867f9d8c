//! Projects and their keys.

use empmix_model::{
    ids::ProjectId,
    key::{KeyHash, ProjectKeys, PublicKey},
    project::Project,
};
use futures::FutureExt;
use mongodb::{
    ClientSession,
    bson::{Bson, Document, doc},
    error::{Error, ErrorKind, Result as DriverResult, WriteFailure},
};

use super::{
    MongoStore,
    calls::{answered, failed, listed, within},
    documents::{binary, project_id, time},
    facts::broken,
};
use empmix_store::{NewProject, StoreError};

const DUPLICATE_KEY: i32 = 11_000;

impl MongoStore {
    /// All projects, oldest first.
    pub(super) async fn all_projects(&self) -> Result<Vec<Project>, StoreError> {
        let found = listed(
            self.options.call_deadline,
            self.newest("projects")
                .find(doc! {})
                .sort(doc! {"created_at": 1, "_id": 1}),
        )
        .await?;
        // After the projects: each of them has its keys by then, also one that is being made.
        let keys = self.all_keys().await?;
        let project = |document: &Document| {
            let id = document.get_binary_generic("_id").ok()?;
            let id = ProjectId::from_slice(id).ok()?;
            let keys = keys.iter().find(|keys| keys.project == id)?;
            read_project(id, document, keys)
        };
        found
            .iter()
            .map(|document| project(document).ok_or_else(|| broken("a project")))
            .collect()
    }

    /// The keys of every project.
    pub(super) async fn all_keys(&self) -> Result<Vec<ProjectKeys>, StoreError> {
        let found = listed(
            self.options.call_deadline,
            self.newest("keys").find(doc! {}).sort(doc! {"_id": 1}),
        )
        .await?;
        found
            .iter()
            .map(|document| read_keys(document).ok_or_else(|| broken("a key")))
            .collect()
    }

    /// Makes a project with its keys.
    pub(super) async fn make_project(&self, new: NewProject) -> Result<Project, StoreError> {
        let call = async {
            let mut session = self.client.start_session().await?;
            session
                .start_transaction()
                .write_concern(self.options.durable())
                .and_run((self, &new), |session, (store, new)| {
                    store.make_project_in(session, new).boxed()
                })
                .await
        };
        if let Err(error) = answered(self.options.call_deadline, call).await? {
            return Err(if is_duplicate(&error) {
                StoreError::Conflict(format!("a project named {:?} exists already", new.name))
            } else {
                failed(&error)
            });
        }
        Ok(Project {
            id: new.id,
            name: new.name,
            timezone: new.timezone,
            week_start: new.week_start,
            public_key: new.public_key,
            has_secret_key: new.secret_hash.is_some(),
            created_at: new.created_at,
        })
    }

    /// Replaces one key of a project.
    pub(super) async fn set_key(
        &self,
        project: ProjectId,
        key: Document,
    ) -> Result<(), StoreError> {
        let keys = self.collection("keys");
        let call = keys.update_one(doc! {"_id": project_id(project)}, doc! {"$set": key});
        match within(self.options.call_deadline, call)
            .await?
            .matched_count
        {
            0 => Err(StoreError::NotFound("the project")),
            _ => Ok(()),
        }
    }

    async fn make_project_in(
        &self,
        session: &mut ClientSession,
        new: &NewProject,
    ) -> DriverResult<()> {
        let project = doc! {
            "_id": project_id(new.id),
            "name": new.name.as_str(),
            "timezone": new.timezone.as_str(),
            "week_start": mongodb::bson::to_bson(&new.week_start)?,
            "created_at": time(new.created_at),
            "identity_version": 0_i64,
        };
        let mut keys = doc! {"_id": project_id(new.id)};
        keys.extend(public_key(&new.public_key));
        keys.extend(secret_key(new.secret_hash.as_ref()));
        self.collection("projects")
            .insert_one(project)
            .session(&mut *session)
            .await?;
        self.collection("keys")
            .insert_one(keys)
            .session(session)
            .await?;
        Ok(())
    }
}

/// A public key as fields.
pub(super) fn public_key(key: &PublicKey) -> Document {
    doc! {"public": key.0.as_str()}
}

/// A secret key's hash as fields.
pub(super) fn secret_key(hash: Option<&KeyHash>) -> Document {
    let hash = hash.map_or(Bson::Null, |hash| Bson::Binary(binary(hash.0)));
    doc! {"secret_hash": hash}
}

pub(crate) fn is_duplicate(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        ErrorKind::Command(error) => error.code == DUPLICATE_KEY,
        _ => false,
    }
}

fn read_project(id: ProjectId, document: &Document, keys: &ProjectKeys) -> Option<Project> {
    Some(Project {
        id,
        name: document.get_str("name").ok()?.to_owned(),
        timezone: document.get_str("timezone").ok()?.to_owned(),
        week_start: mongodb::bson::from_bson(document.get("week_start")?.clone()).ok()?,
        public_key: keys.public.clone(),
        has_secret_key: keys.secret.is_some(),
        created_at: document.get_datetime("created_at").ok()?.timestamp_millis(),
    })
}

fn read_keys(document: &Document) -> Option<ProjectKeys> {
    let secret = match document.get("secret_hash") {
        None | Some(Bson::Null) => None,
        Some(_) => {
            let hash = document.get_binary_generic("secret_hash").ok()?;
            Some(KeyHash(hash.as_slice().try_into().ok()?))
        }
    };
    let id = document.get_binary_generic("_id").ok()?;
    Some(ProjectKeys {
        project: ProjectId::from_slice(id).ok()?,
        public: PublicKey(document.get_str("public").ok()?.to_owned()),
        secret,
    })
}

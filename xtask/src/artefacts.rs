//! What a build made, read from cargo's messages (one JSON object a line).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// Programs and test programs.
#[derive(Debug, Default)]
pub(crate) struct Artefacts {
    programs: BTreeMap<String, PathBuf>,
    /// The test programs, in the order of their packages.
    pub(crate) tests: Vec<TestProgram>,
}

/// A program with tests in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestProgram {
    /// Name of its target: `empmix_store`, `store_contract`.
    pub(crate) target: String,
    /// Folder of its package; the tests start there, as under `cargo test`.
    pub(crate) package_dir: PathBuf,
    /// The file to run.
    pub(crate) executable: PathBuf,
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        manifest_path: PathBuf,
        target: Target,
        profile: Profile,
        executable: Option<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

impl Artefacts {
    /// Reads one line; other lines than cargo's messages are skipped.
    pub(crate) fn read(&mut self, line: &str) {
        let Ok(Message::CompilerArtifact {
            manifest_path,
            target,
            profile,
            executable: Some(executable),
        }) = serde_json::from_str(line)
        else {
            return;
        };
        if profile.test {
            let dir = manifest_path.parent().unwrap_or(Path::new("."));
            self.tests.push(TestProgram {
                target: target.name,
                package_dir: dir.to_path_buf(),
                executable,
            });
        } else if target.kind.iter().any(|kind| kind == "bin") {
            self.programs.insert(target.name, executable);
        }
    }

    /// The path of a program.
    pub(crate) fn program(&self, name: &str) -> Result<&Path> {
        self.programs
            .get(name)
            .map(PathBuf::as_path)
            .with_context(|| format!("the build made no {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, test: bool, executable: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","manifest_path":"/w/sidecar/Cargo.toml","target":{{"name":"empmix-sidecar","kind":["{kind}"]}},"profile":{{"test":{test}}},"executable":{executable}}}"#
        )
    }

    #[test]
    fn programs_and_their_tests_are_distinguished() {
        let mut made = Artefacts::default();
        made.read(&message("bin", false, r#""/t/empmix-sidecar""#));
        made.read(&message("bin", true, r#""/t/deps/empmix_sidecar-1""#));
        made.read(&message("lib", false, "null"));
        made.read(r#"{"reason":"build-finished","success":true}"#);
        made.read("not JSON");
        assert_eq!(
            made.program("empmix-sidecar").unwrap(),
            Path::new("/t/empmix-sidecar")
        );
        assert_eq!(made.tests.len(), 1);
        assert_eq!(made.tests[0].package_dir, Path::new("/w/sidecar"));
        assert!(made.program("empmix").is_err());
    }
}

//! Carries the console, the SDK and the demo shop inside the binary, compressed with brotli where
//! that helps. An empty `ui/dist` is fine: the page then says how to build the console.

#![allow(clippy::expect_used, reason = "a build script fails by saying why")]

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut table = String::from("static CARRIED: &[Carried] = &[\n");
    for (folder, prefix) in [
        ("ui/dist", "/"),
        ("sdk/js/dist", "/sdk/"),
        ("sdk/js/demo", "/demo/"),
    ] {
        let folder = root.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        for file in files(&folder) {
            println!("cargo::rerun-if-changed={}", file.display());
            let name = file
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let packed = out.join(format!("{}{name}.br", prefix.replace('/', "_")));
            compress(&file, &packed);
            table.push_str(&format!(
                "    Carried {{ path: {:?}, brotli: include_bytes!({:?}) }},\n",
                format!("{prefix}{name}"),
                packed,
            ));
        }
    }
    table.push_str("];\n");
    fs::write(out.join("carried.rs"), table).expect("the build folder is writable");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let visible = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| !name.to_string_lossy().starts_with('.'))
    };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && visible(path))
        .collect();
    files.sort();
    files
}

fn compress(from: &Path, to: &Path) {
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let quality = if release { 11 } else { 4 };
    let bytes = fs::read(from).expect("the folder was just listed");
    let file = fs::File::create(to).expect("the build folder is writable");
    let mut writer = brotli::CompressorWriter::new(file, 1 << 16, quality, 22);
    writer
        .write_all(&bytes)
        .and_then(|()| writer.flush())
        .expect("the build folder is writable");
}

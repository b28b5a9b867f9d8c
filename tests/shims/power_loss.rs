//! A library to preload into a process: it notes what the process made durable, so that a test can build
//! what a loss of power would leave of its files.
//!
//! A file's content is durable as it was when it was last synced; a name (of a new file, of one that was
//! renamed or removed) is durable as it was when its folder was last synced. That is what POSIX promises,
//! and less than most file systems keep.
//!
//! `fsync` and `fdatasync` write nothing to the disk here. They copy the file, or the list of the
//! folder's names, to `$POWER_LOSS_KEPT/KEY`; the key of a file outlives its name. `tests/src/power.rs`
//! reads them. `$POWER_LOSS_FORGET` is the sabotage: the end of the paths whose syncs do nothing, or
//! `late` for syncs that have their effect only some time after they return.
//!
//! `rustc` compiles this file by itself, without a crate.

use std::{
    env, fs,
    fs::{File, Metadata},
    io,
    mem::ManuallyDrop,
    os::{
        fd::FromRawFd,
        unix::fs::{FileExt, MetadataExt},
    },
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, UNIX_EPOCH},
};

/// # Safety
/// As of the C library's function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(descriptor: i32) -> i32 {
    synced(descriptor)
}

/// # Safety
/// As of the C library's function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(descriptor: i32) -> i32 {
    synced(descriptor)
}

fn synced(descriptor: i32) -> i32 {
    let Ok(path) = fs::read_link(format!("/proc/self/fd/{descriptor}")) else {
        return -1;
    };
    let forgotten = env::var("POWER_LOSS_FORGET").unwrap_or_default();
    if forgotten == "late" {
        // What is copied is of a later moment: more may survive than was promised.
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(500));
            File::open(&path).and_then(|file| keep(&file, &path))
        });
        return 0;
    }
    if !forgotten.is_empty() && path.to_string_lossy().ends_with(&forgotten) {
        return 0;
    }
    // Not opened again: to close another descriptor of a file drops the locks that SQLite has on it.
    // SAFETY: the caller's descriptor is open, and is not closed here.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    match keep(&file, &path) {
        Ok(()) => 0,
        Err(_) => -1,
    }
}

fn keep(file: &File, path: &Path) -> io::Result<()> {
    let Some(kept) = env::var_os("POWER_LOSS_KEPT").map(PathBuf::from) else {
        return Ok(());
    };
    let metadata = file.metadata()?;
    let content = match metadata.is_dir() {
        true => names(path)?.into_bytes(),
        false => content(file, path)?,
    };
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let aside = kept.join(format!("{}.new", NUMBER.fetch_add(1, Ordering::Relaxed)));
    fs::write(&aside, content)?;
    fs::rename(aside, kept.join(key(&metadata)))
}

/// A line for each name: the key, what it is, the name.
fn names(folder: &Path) -> io::Result<String> {
    let mut lines = String::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // One that was removed meanwhile has no name any more.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let kind = if metadata.is_dir() { "folder" } else { "file" };
        let name = entry.file_name();
        lines += &format!("{} {kind} {}\n", key(&metadata), name.to_string_lossy());
    }
    Ok(lines)
}

fn content(file: &File, path: &Path) -> io::Result<Vec<u8>> {
    let mut content = vec![0; usize::try_from(file.metadata()?.len()).unwrap_or(0)];
    let mut read = 0;
    while read < content.len() {
        match file.read_at(&mut content[read..], read as u64) {
            Ok(0) => break,
            Ok(bytes) => read += bytes,
            // It was opened to be written only.
            Err(_) => return fs::read(path),
        }
    }
    content.truncate(read);
    Ok(content)
}

/// Tells a file from every other, also from one that gets its inode later.
fn key(metadata: &Metadata) -> String {
    let made = metadata.created().ok();
    let made = made.and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    format!("{}-{}", metadata.ino(), made.unwrap_or_default().as_nanos())
}

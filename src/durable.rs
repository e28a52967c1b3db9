//! Files that are there whole or not at all, also after a crash or a full disk.
//!
//! A file is written under another name in the same folder, synced, and renamed; then the folder is
//! synced. What a crash leaves has a name that begins with `.tmp-` and the number of its process,
//! and [`sweep`] removes it.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use tempfile::NamedTempFile;

/// The beginning of the names of files that are not whole yet.
const ASIDE: &str = ".tmp-";
/// The mode of files that are nobody else's to read.
pub const PRIVATE: u32 = 0o600;

/// Makes the folder, and sees to it that its own entry is on disk.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    sync_folder(folder_of(folder))
}

/// Writes a file aside, synced. It is gone again unless it is renamed.
///
/// # Errors
/// When it cannot be written, as on a full disk; then nothing is left.
pub fn write_aside(folder: &Path, text: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let file = write_aside_unsynced(folder, text, mode)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The same, not synced yet: after a crash of the machine it may be empty.
///
/// # Errors
/// When it cannot be written, as on a full disk; then nothing is left.
pub fn write_aside_unsynced(folder: &Path, text: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(&format!("{ASIDE}{}-", std::process::id()))
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(folder)?;
    file.write_all(text)?;
    Ok(file)
}

/// Puts a file with this text in the place of what there is.
///
/// # Errors
/// When it cannot be written; then what there was is still there.
pub fn replace(file: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    let folder = folder_of(file);
    write_aside(folder, text, mode)?.persist(file)?;
    sync_folder(folder)
}

/// Makes a file that was not there, of what `write` writes, some at a time.
///
/// # Errors
/// That of `write`; or when it cannot be written, or is there already. Then nothing is left.
pub fn write_new<E: From<io::Error>>(
    file: &Path,
    mode: u32,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), E>,
) -> Result<(), E> {
    let folder = folder_of(file);
    let aside = write_aside_unsynced(folder, b"", mode)?;
    let mut out = BufWriter::new(aside.as_file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    aside.as_file().sync_all()?;
    aside.persist_noclobber(file).map_err(|error| error.error)?;
    Ok(sync_folder(folder)?)
}

/// Sees to it that the names in this folder are on disk.
///
/// # Errors
/// When they cannot be.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Sees to it that all files of the filesystem that holds this folder are on disk, in one call for
/// however many.
///
/// # Errors
/// When they cannot be.
pub fn sync_all_in(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

/// Removes what processes left half written that are no more, and answers with how many files
/// those were. To be called before this process writes anything there: what has its number is of
/// one before it.
///
/// # Errors
/// When the folder cannot be read, or a file in it not be removed.
pub fn sweep(folder: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(ASIDE)) else {
            continue;
        };
        let process = name
            .split_once('-')
            .and_then(|(process, _)| process.parse().ok());
        if process.is_none_or(|process| process == std::process::id() || is_gone(process)) {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Whether there is no process with this number on this machine.
pub fn is_gone(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    process.is_some_and(|process| test_kill_process(process) == Err(Errno::SRCH))
}

/// The folder in which a file is.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The file beside the data folder that has its name and this ending, as in `submissions.key`.
pub fn beside(data: &Path, ending: &str) -> PathBuf {
    let mut name = data.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

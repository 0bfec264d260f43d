//! A disk that fails on demand: it loses power, runs full, refuses calls or swallows syncs.
//!
//! [`FaultyFolder`] is a folder in memory which remembers what a real disk would have held at
//! each moment. What was written since the last sync of a file is *pending*: when the power fails,
//! an arbitrary part of it, cut at sectors of 512 bytes and in any order, is there afterwards. The
//! same holds for names since the last sync of their folder, except that those keep their order,
//! as file systems with a journal do.
//!
//! Everything arbitrary follows from seeds, so every failure found can be seen again.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use bonsaidb_store::{Backing, Folder, OpenMode};

/// What a disk writes as a whole or not at all.
const SECTOR_BYTES: usize = 512;

/// The action that counts as a sync.
const SYNC: &str = "sync";

/// Numbers that look random and follow from a seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts the sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        usize::try_from(self.number() % end).unwrap_or(0)
    }

    /// Returns true `percent` times of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// What goes wrong, and when. Counting starts when the faults are set.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The power fails when the n-th sync, counted from 1, is called: before it has done anything.
    pub power_off_at_sync: Option<u64>,
    /// The power fails at the n-th call of any kind, counted from 1.
    pub power_off_at_call: Option<u64>,
    /// The n-th call of any kind fails with an error, those after it do not.
    pub error_at_call: Option<u64>,
    /// Only this many more bytes can be written.
    pub room_bytes: Option<usize>,
    /// Syncs of files whose names end so report success and do nothing, as a disk with a broken
    /// cache does. Those of all files and folders with an empty end.
    pub swallow_syncs: Option<&'static str>,
}

/// How often the disk was used since the faults were set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls of any kind.
    pub calls: u64,
    /// Syncs of files and folders.
    pub syncs: u64,
    /// Bytes written.
    pub bytes: usize,
}

/// One call that failed because it was the n-th.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCall {
    /// What was asked of the disk.
    pub action: &'static str,
    /// Of which file or folder; nothing when it was a file that has no name any more.
    pub path: Option<String>,
    /// Who asked, by the name of the thread.
    pub thread: String,
}

/// A folder on a disk that fails on demand. Clones are the same folder.
#[derive(Clone, Debug)]
pub struct FaultyFolder {
    disk: Arc<Mutex<Disk>>,
}

impl FaultyFolder {
    /// Makes an empty folder. The seed decides what a failed sync leaves behind.
    pub fn new(seed: u64) -> Self {
        Self::on(Disk::new(seed))
    }

    fn on(disk: Disk) -> Self {
        Self {
            disk: Arc::new(Mutex::new(disk)),
        }
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the faults to come, and starts counting anew.
    pub fn set_faults(&self, faults: Faults) {
        let mut disk = self.disk();
        disk.faults = faults;
        disk.counts = Counts::default();
        disk.failed_call = None;
    }

    /// The call that failed because of [`Faults::error_at_call`], since the faults were set.
    pub fn failed_call(&self) -> Option<FailedCall> {
        self.disk().failed_call.clone()
    }

    /// How often the disk was used since the faults were set.
    pub fn counts(&self) -> Counts {
        self.disk().counts
    }

    /// Whether the power has failed.
    pub fn is_off(&self) -> bool {
        self.disk().is_off
    }

    /// Switches the power off. From here on every call fails.
    pub fn power_off(&self) {
        self.disk().is_off = true;
    }

    /// Switches the power off, if it is on, and returns the folder as it is found afterwards. The
    /// seed decides which of the pending changes are there.
    #[must_use]
    pub fn restart(&self, seed: u64) -> Self {
        let mut disk = self.disk();
        disk.is_off = true;
        Self::on(disk.after_power_loss(seed))
    }

    /// Returns a copy of the folder without any pending changes lost.
    #[must_use]
    pub fn fork(&self) -> Self {
        let disk = self.disk();
        let mut copy = Disk::new(0);
        copy.folders.clone_from(&disk.folders);
        for (name, file) in &disk.names {
            let content = disk.files[*file].current.clone();
            copy.names.insert(name.clone(), copy.files.len());
            copy.files.push(File::holding(content));
        }
        copy.durable_names.clone_from(&copy.names);
        Self::on(copy)
    }

    /// The content of a file, without counting or failing.
    pub fn content(&self, path: &str) -> Option<Vec<u8>> {
        let disk = self.disk();
        let file = *disk.names.get(path)?;
        Some(disk.files[file].current.to_vec())
    }

    /// Replaces the content of a file, durably, without counting or failing.
    pub fn set_content(&self, path: &str, content: Vec<u8>) {
        let mut disk = self.disk();
        let file = disk.files.len();
        disk.files.push(File::holding(content));
        disk.names.insert(path.to_owned(), file);
        disk.durable_names.insert(path.to_owned(), file);
    }

    /// The names of all files.
    pub fn files(&self) -> Vec<String> {
        self.disk().names.keys().cloned().collect()
    }
}

/// What a call is about.
#[derive(Clone, Copy)]
enum Target<'a> {
    Path(&'a str),
    File(usize),
}

#[derive(Debug)]
struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// Changes of names that are not durable yet, in order.
    pending_names: Vec<NameChange>,
    /// Creating a folder is durable at once.
    folders: BTreeSet<String>,
    faults: Faults,
    counts: Counts,
    failed_call: Option<FailedCall>,
    is_off: bool,
    random: Random,
}

#[derive(Clone, Debug)]
struct NameChange {
    /// The folder whose sync makes this durable.
    folder: String,
    /// What each of these names stands for afterwards.
    names: Vec<(String, Option<usize>)>,
}

#[derive(Debug)]
struct File {
    current: Content,
    durable: Content,
    pending: Vec<Change>,
}

/// The bytes of a file. What is past `written` is zeros, which take no memory.
#[derive(Clone, Debug, Default)]
struct Content {
    written: Vec<u8>,
    length: usize,
}

impl Content {
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if self.written.len() < end {
            self.written.resize(end, 0);
        }
        self.written[offset..end].copy_from_slice(bytes);
        self.length = self.length.max(end);
    }

    fn resize(&mut self, length: usize) {
        self.written.truncate(length);
        self.length = length;
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) -> Option<()> {
        let end = offset.checked_add(buffer.len())?;
        if end > self.length {
            return None;
        }
        let written = self.written.get(offset..).unwrap_or_default();
        let count = written.len().min(buffer.len());
        buffer[..count].copy_from_slice(&written[..count]);
        buffer[count..].fill(0);
        Some(())
    }

    fn to_vec(&self) -> Vec<u8> {
        let mut bytes = self.written.clone();
        bytes.resize(self.length, 0);
        bytes
    }
}

impl From<Vec<u8>> for Content {
    fn from(written: Vec<u8>) -> Self {
        let length = written.len();
        Self { written, length }
    }
}

#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Resize(usize),
}

impl Change {
    fn apply(&self, content: &mut Content) {
        match self {
            Self::Write { offset, bytes } => content.write(*offset, bytes),
            Self::Resize(length) => content.resize(*length),
        }
    }

    /// The change in pieces that a disk does whole or not at all.
    fn torn(&self) -> Vec<Self> {
        let Self::Write { offset, bytes } = self else {
            return vec![self.clone()];
        };
        let mut pieces = Vec::new();
        let mut start = *offset;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let count = rest.len().min(SECTOR_BYTES - start % SECTOR_BYTES);
            let (now, later) = rest.split_at(count);
            pieces.push(Self::Write {
                offset: start,
                bytes: now.to_vec(),
            });
            start += count;
            rest = later;
        }
        pieces
    }
}

impl File {
    fn holding(content: impl Into<Content>) -> Self {
        let content = content.into();
        Self {
            durable: content.clone(),
            current: content,
            pending: Vec::new(),
        }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.current);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// What the disk holds when some of what is pending is lost.
    fn after_loss(&self, random: &mut Random) -> Content {
        let mut content = self.durable.clone();
        match random.below(6) {
            // Everything pending is lost, or nothing is.
            0 => {}
            1 => self
                .pending
                .iter()
                .for_each(|change| change.apply(&mut content)),
            // It was written in order up to some point, the last piece torn.
            2 => {
                let kept = random.below(self.pending.len() + 1);
                for change in &self.pending[..kept] {
                    change.apply(&mut content);
                }
                if let Some(last) = self.pending.get(kept) {
                    let pieces = last.torn();
                    let kept = random.below(pieces.len() + 1);
                    for piece in &pieces[..kept] {
                        piece.apply(&mut content);
                    }
                }
            }
            // Whole changes are missing.
            3 => {
                let percent = random.below(101);
                for change in &self.pending {
                    if random.chance(percent) {
                        change.apply(&mut content);
                    }
                }
            }
            // Single sectors are missing; in the last case an older one may win over a newer.
            reordering => {
                let percent = random.below(101);
                let mut pieces: Vec<Change> = self
                    .pending
                    .iter()
                    .flat_map(Change::torn)
                    .filter(|_| random.chance(percent))
                    .collect();
                if reordering == 5 {
                    for last in (1..pieces.len()).rev() {
                        pieces.swap(last, random.below(last + 1));
                    }
                }
                for piece in &pieces {
                    piece.apply(&mut content);
                }
            }
        }
        content
    }
}

fn error(kind: io::ErrorKind, text: &str) -> io::Error {
    io::Error::new(kind, format!("{text} (simulated)"))
}

impl Disk {
    fn new(seed: u64) -> Self {
        Self {
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            pending_names: Vec::new(),
            folders: BTreeSet::new(),
            faults: Faults::default(),
            counts: Counts::default(),
            failed_call: None,
            is_off: false,
            random: Random::new(seed),
        }
    }

    /// Counts one call. Returns whether it is to fail although the power stays on.
    fn call(&mut self, action: &'static str, target: Target<'_>) -> io::Result<bool> {
        let is_sync = action == SYNC;
        let off = || error(io::ErrorKind::Other, "the power is off");
        if self.is_off {
            return Err(off());
        }
        self.counts.calls += 1;
        self.counts.syncs += u64::from(is_sync);
        let at_call = self.faults.power_off_at_call == Some(self.counts.calls);
        let at_sync = is_sync && self.faults.power_off_at_sync == Some(self.counts.syncs);
        if at_call || at_sync {
            self.is_off = true;
            return Err(off());
        }
        let fails = self.faults.error_at_call == Some(self.counts.calls);
        if fails {
            self.failed_call = Some(FailedCall {
                action,
                path: self.name_of(target),
                thread: thread::current().name().unwrap_or_default().to_owned(),
            });
        }
        Ok(fails)
    }

    fn name_of(&self, target: Target<'_>) -> Option<String> {
        match target {
            Target::Path(path) => Some(path.to_owned()),
            Target::File(file) => {
                let mut names = self.names.iter();
                let found = names.find(|(_, named)| **named == file);
                found.map(|(name, _)| name.clone())
            }
        }
    }

    /// Counts one call that fails without having done anything when it is to fail.
    fn plain_call(&mut self, action: &'static str, target: Target<'_>) -> io::Result<()> {
        if self.call(action, target)? {
            return Err(error(io::ErrorKind::Other, "the call failed"));
        }
        Ok(())
    }

    fn write(&mut self, file: usize, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let fails = self.call("write", Target::File(file))?;
        let mut room = bytes.len();
        if let Some(left) = &mut self.faults.room_bytes {
            room = room.min(*left);
            *left -= room;
        }
        let written = if fails { room / 2 } else { room };
        if written > 0 {
            self.counts.bytes += written;
            self.files[file].change(Change::Write {
                offset,
                bytes: bytes[..written].to_vec(),
            });
        }
        if fails {
            Err(error(io::ErrorKind::Other, "the write failed"))
        } else if written < bytes.len() {
            Err(error(io::ErrorKind::StorageFull, "the disk is full"))
        } else {
            Ok(())
        }
    }

    /// A sync that fails leaves some of what was pending, and forgets the rest: a later sync does
    /// not write it any more. That is what operating systems do.
    fn sync(&mut self, file: usize) -> io::Result<()> {
        let fails = self.call(SYNC, Target::File(file))?;
        let is_swallowed = self.faults.swallow_syncs.is_some_and(|end| {
            let name = self.name_of(Target::File(file));
            name.unwrap_or_default().ends_with(end)
        });
        let file = &mut self.files[file];
        if fails {
            file.durable = file.after_loss(&mut self.random);
            file.pending.clear();
            return Err(error(io::ErrorKind::Other, "the sync failed"));
        }
        if !is_swallowed {
            file.sync();
        }
        Ok(())
    }

    fn change_names(&mut self, folder: &str, names: Vec<(String, Option<usize>)>) {
        let change = NameChange {
            folder: folder.to_owned(),
            names,
        };
        apply_names(&change, &mut self.names);
        self.pending_names.push(change);
    }

    fn sync_names(&mut self, folder: &str) -> io::Result<()> {
        if self.call(SYNC, Target::Path(folder))? {
            return Err(error(io::ErrorKind::Other, "the sync failed"));
        }
        if self.faults.swallow_syncs == Some("") {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending_names);
        for change in pending {
            if change.folder == folder {
                apply_names(&change, &mut self.durable_names);
            } else {
                self.pending_names.push(change);
            }
        }
        Ok(())
    }

    fn after_power_loss(&self, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut found = Self::new(seed);
        found.folders.clone_from(&self.folders);
        found.files = self
            .files
            .iter()
            .map(|file| File::holding(file.after_loss(&mut random)))
            .collect();
        let mut names = self.durable_names.clone();
        let kept = random.below(self.pending_names.len() + 1);
        for change in &self.pending_names[..kept] {
            apply_names(change, &mut names);
        }
        found.durable_names.clone_from(&names);
        found.names = names;
        found
    }

    fn find(&self, path: &str) -> io::Result<usize> {
        self.names
            .get(path)
            .copied()
            .ok_or_else(|| error(io::ErrorKind::NotFound, "there is no such file"))
    }
}

fn apply_names(change: &NameChange, names: &mut BTreeMap<String, usize>) {
    for (name, file) in &change.names {
        match file {
            Some(file) => names.insert(name.clone(), *file),
            None => names.remove(name),
        };
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

impl Folder for FaultyFolder {
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn Backing>> {
        let mut disk = self.disk();
        disk.plain_call("open", Target::Path(path))?;
        let file = if mode == OpenMode::Create {
            let file = disk.files.len();
            disk.files.push(File::holding(Vec::new()));
            disk.change_names(parent(path), vec![(path.to_owned(), Some(file))]);
            file
        } else {
            disk.find(path)?
        };
        Ok(Arc::new(FaultyFile {
            folder: self.clone(),
            file,
            is_writable: mode != OpenMode::Read,
        }))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        let mut disk = self.disk();
        disk.plain_call("look for", Target::Path(path))?;
        Ok(disk.names.contains_key(path) || disk.folders.contains(path))
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let mut disk = self.disk();
        disk.plain_call("list", Target::Path(path))?;
        let all = disk.names.keys().chain(&disk.folders);
        Ok(all
            .filter(|name| !name.is_empty() && parent(name) == path)
            .map(|name| name.rsplit('/').next().unwrap_or(name).to_owned())
            .collect())
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.plain_call("create folder", Target::Path(path))?;
        disk.folders.insert(path.to_owned());
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.plain_call("remove", Target::Path(path))?;
        disk.find(path)?;
        disk.change_names(parent(path), vec![(path.to_owned(), None)]);
        Ok(())
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.plain_call("remove folder", Target::Path(path))?;
        if disk.names.keys().any(|name| parent(name) == path) {
            return Err(error(io::ErrorKind::DirectoryNotEmpty, "there are files"));
        }
        disk.folders.remove(path);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.plain_call("rename", Target::Path(from))?;
        let file = disk.find(from)?;
        disk.change_names(
            parent(to),
            vec![(from.to_owned(), None), (to.to_owned(), Some(file))],
        );
        Ok(())
    }

    fn sync(&self, path: &str) -> io::Result<()> {
        self.disk().sync_names(path)
    }

    fn locate(&self, path: &str) -> PathBuf {
        PathBuf::from("(simulated)").join(path)
    }
}

#[derive(Debug)]
struct FaultyFile {
    folder: FaultyFolder,
    file: usize,
    is_writable: bool,
}

impl FaultyFile {
    fn writable(&self) -> io::Result<()> {
        if self.is_writable {
            return Ok(());
        }
        Err(error(
            io::ErrorKind::PermissionDenied,
            "the file was opened for reading",
        ))
    }
}

fn position(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

impl Backing for FaultyFile {
    fn length(&self) -> io::Result<u64> {
        let mut disk = self.folder.disk();
        disk.plain_call("measure", Target::File(self.file))?;
        Ok(disk.files[self.file].current.length as u64)
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut disk = self.folder.disk();
        disk.plain_call("read", Target::File(self.file))?;
        let start = position(offset)?;
        let content = &disk.files[self.file].current;
        content
            .read(start, buffer)
            .ok_or_else(|| error(io::ErrorKind::UnexpectedEof, "the file is shorter"))
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.writable()?;
        let offset = position(offset)?;
        self.folder.disk().write(self.file, offset, bytes)
    }

    fn resize(&self, length: u64) -> io::Result<()> {
        self.writable()?;
        let mut disk = self.folder.disk();
        disk.plain_call("resize", Target::File(self.file))?;
        disk.files[self.file].change(Change::Resize(position(length)?));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.folder.disk().sync(self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All contents in which a file of three sectors, one of them rewritten, can be found.
    fn found_after_loss(synced: bool) -> BTreeSet<Vec<u8>> {
        (0..400)
            .map(|seed| {
                let folder = FaultyFolder::new(0);
                let file = folder.open("f", OpenMode::Create).unwrap();
                folder.sync("").unwrap();
                file.write(0, &[1; 3 * SECTOR_BYTES]).unwrap();
                file.sync().unwrap();
                file.write(0, &[2; 3 * SECTOR_BYTES]).unwrap();
                file.write(0, &[3; SECTOR_BYTES]).unwrap();
                if synced {
                    file.sync().unwrap();
                }
                let content = folder.restart(seed).content("f").unwrap();
                content
                    .chunks(SECTOR_BYTES)
                    .map(|sector| {
                        assert!(sector.iter().all(|byte| *byte == sector[0]));
                        sector[0]
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn synced_writes_are_there_and_pending_ones_in_every_mixture() {
        let synced: Vec<_> = found_after_loss(true).into_iter().collect();
        assert_eq!(synced, [vec![3, 2, 2]]);
        let pending = found_after_loss(false);
        for first in 1..=3 {
            for rest in [[1, 1], [1, 2], [2, 1], [2, 2]] {
                assert!(pending.contains(&[&[first], &rest[..]].concat()));
            }
        }
    }

    #[test]
    fn names_are_durable_only_after_their_folder_is_synced() {
        let found = |synced: bool| -> BTreeSet<Vec<String>> {
            (0..50)
                .map(|seed| {
                    let folder = FaultyFolder::new(0);
                    folder.open("d/old", OpenMode::Create).unwrap();
                    folder.sync("d").unwrap();
                    folder.open("d/new", OpenMode::Create).unwrap();
                    folder.rename("d/new", "d/old").unwrap();
                    if synced {
                        folder.sync("d").unwrap();
                    }
                    folder.restart(seed).files()
                })
                .collect()
        };
        assert_eq!(found(true).len(), 1);
        assert_eq!(found(false).len(), 2);
    }

    #[test]
    fn what_a_failed_sync_left_pending_is_not_written_by_the_next() {
        let lost = (0..20).any(|seed| {
            let folder = FaultyFolder::new(seed);
            let file = folder.open("f", OpenMode::Create).unwrap();
            folder.sync("").unwrap();
            file.write(0, &[1; 10]).unwrap();
            folder.set_faults(Faults {
                error_at_call: Some(1),
                ..Faults::default()
            });
            file.sync().unwrap_err();
            file.sync().unwrap();
            folder.restart(seed).content("f").unwrap().is_empty()
        });
        assert!(lost);
    }
}

//! Real files below a path of the operating system.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Backing, Folder, OpenMode, parent};

/// A folder of the file system.
#[derive(Debug)]
pub struct DiskFolder {
    root: PathBuf,
}

impl DiskFolder {
    /// Names the folder at `root`. Nothing is touched until it is used.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl Folder for DiskFolder {
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn Backing>> {
        let writes = mode != OpenMode::Read;
        let creates = mode == OpenMode::Create;
        let file = OpenOptions::new()
            .read(true)
            .write(writes)
            .create(creates)
            .truncate(creates)
            .open(self.locate(path))?;
        Ok(Arc::new(DiskFile::new(file)))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        self.locate(path).try_exists()
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.locate(path)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            // A name that is not text cannot be one of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        let located = self.locate(path);
        if located.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&located)?;
        if path.is_empty() {
            match self.root.parent() {
                Some(above) if !above.as_os_str().is_empty() => sync_folder(above),
                _ => sync_folder(Path::new(".")),
            }
        } else {
            self.sync(parent(path))
        }
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.locate(path))
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        fs::remove_dir(self.locate(path))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.locate(from), self.locate(to))
    }

    fn sync(&self, path: &str) -> io::Result<()> {
        sync_folder(&self.locate(path))
    }

    fn locate(&self, path: &str) -> PathBuf {
        if path.is_empty() {
            return self.root.clone();
        }
        let mut located = self.root.clone();
        located.extend(path.split('/'));
        located
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere folders cannot be opened, and the file system keeps their names in order itself.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
#[derive(Debug)]
struct DiskFile {
    file: File,
}

#[cfg(unix)]
impl DiskFile {
    fn new(file: File) -> Self {
        Self { file }
    }
}

#[cfg(unix)]
impl Backing for DiskFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
    }

    fn resize(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Where reading and writing at a position is not to be had, one thread at a time seeks.
#[cfg(not(unix))]
#[derive(Debug)]
struct DiskFile {
    file: std::sync::Mutex<File>,
}

#[cfg(not(unix))]
impl DiskFile {
    fn new(file: File) -> Self {
        Self {
            file: std::sync::Mutex::new(file),
        }
    }
}

#[cfg(not(unix))]
impl Backing for DiskFile {
    fn length(&self) -> io::Result<u64> {
        Ok(crate::sync::lock(&self.file).metadata()?.len())
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = crate::sync::lock(&self.file);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        use std::io::{Seek, SeekFrom, Write};
        let mut file = crate::sync::lock(&self.file);
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    fn resize(&self, length: u64) -> io::Result<()> {
        crate::sync::lock(&self.file).set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        crate::sync::lock(&self.file).sync_data()
    }
}

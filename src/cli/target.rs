//! Where results go: standard output, or a file that is there only once all of it is.

use std::fs::{File, Permissions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Failure;
use super::args::Output;
use crate::output::Format;

pub(super) enum Target {
    StandardOutput,
    /// Becomes the file of this name in the end.
    New(NamedTempFile, PathBuf),
    /// A pipe or a device: nothing can be put in its place.
    Special(File),
}

impl Target {
    pub(super) fn new(output: &Output) -> Result<Self, Failure> {
        let Some(path) = &output.file else { return Ok(Self::StandardOutput) };
        let target = match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => File::create(path).map(Self::Special),
            Ok(metadata) => Self::beside(path, Some(metadata.permissions())),
            Err(_) => Self::beside(path, None),
        };
        target.map_err(|e| failure(path, &e))
    }

    /// A file in the same folder, as a new file would be: readable as the user's umask says.
    fn beside(path: &Path, permissions: Option<Permissions>) -> io::Result<Self> {
        // A file that exists must be one that may be written.
        if permissions.is_some() {
            File::options().append(true).open(path)?;
        }
        // What the name leads to is replaced, not a link that leads there.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(".gtq-").make_in(folder, |name| File::create_new(name))?;
        if let Some(permissions) = permissions {
            file.as_file().set_permissions(permissions)?;
        }
        Ok(Self::New(file, path))
    }

    pub(super) fn writer(&mut self, format: Format) -> Result<Box<dyn Write + Send + '_>, Failure> {
        Ok(match self {
            Self::New(file, _) => Box::new(file),
            Self::Special(file) => Box::new(file),
            Self::StandardOutput if format.is_binary() && io::stdout().is_terminal() => {
                return Err(Failure::Usage(format!(
                    "{format} is a binary format: write it to a file with -o"
                )));
            }
            Self::StandardOutput => Box::new(io::stdout()),
        })
    }

    /// All has been written.
    pub(super) fn finish(self) -> Result<(), Failure> {
        if let Self::New(file, path) = self {
            file.persist(&path).map_err(|e| failure(&path, &e.error))?;
        }
        Ok(())
    }
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("can't write {}: {error}", path.display()))
}

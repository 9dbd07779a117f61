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
    /// Becomes the file of this name in the end; whether it may replace one.
    New {
        file: NamedTempFile,
        path: PathBuf,
        replaces: bool,
    },
    /// A pipe or a device: nothing can be put in its place.
    Special(File),
}

impl Target {
    pub(super) fn new(output: &Output) -> Result<Self, Failure> {
        output.file.as_deref().map_or(Ok(Self::StandardOutput), Self::at)
    }

    /// What has this name, or will have it.
    pub(super) fn at(path: &Path) -> Result<Self, Failure> {
        let target = match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => File::create(path).map(Self::Special),
            Ok(metadata) => Self::beside(path, Some(metadata.permissions())),
            Err(_) => Self::beside(path, None),
        };
        target.map_err(|e| failure(path, &e))
    }

    /// A file that is not there yet.
    pub(super) fn fresh(path: &Path) -> Result<Self, Failure> {
        if path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        let mut target = Self::at(path)?;
        if let Self::New { replaces, .. } = &mut target {
            *replaces = false;
        }
        Ok(target)
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
        Ok(Self::New { file, path, replaces: true })
    }

    pub(super) fn writer(&mut self, format: Format) -> Result<Box<dyn Write + Send + '_>, Failure> {
        if matches!(self, Self::StandardOutput) && format.is_binary() && io::stdout().is_terminal() {
            return Err(Failure::Usage(format!("{format} is a binary format: write it to a file with -o")));
        }
        Ok(self.out())
    }

    /// Takes anything.
    pub(super) fn out(&mut self) -> Box<dyn Write + Send + '_> {
        match self {
            Self::New { file, .. } => Box::new(file),
            Self::Special(file) => Box::new(file),
            Self::StandardOutput => Box::new(io::stdout()),
        }
    }

    /// What has been written so far, to read it; None: it is gone already, to whoever reads it.
    pub(super) fn written(&self) -> Option<File> {
        match self {
            Self::New { file, .. } => file.reopen().ok(),
            Self::Special(_) | Self::StandardOutput => None,
        }
    }

    /// All has been written.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Self::New { file, path, replaces } = self else { return Ok(()) };
        let put = if replaces { file.persist(&path) } else { file.persist_noclobber(&path) };
        match put {
            Ok(_) => Ok(()),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(&path)),
            Err(e) => Err(failure(&path, &e.error)),
        }
    }
}

fn exists(path: &Path) -> Failure {
    Failure::Usage(format!(
        "{} is there already: name another file with -o, or replace it with --force",
        path.display()
    ))
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("can't write {}: {error}", path.display()))
}

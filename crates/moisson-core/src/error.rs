//! One error type, its variants named after who has to act.

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, by who acts. Messages are lower case, without a final stop: what, where, why, what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The pipeline, a preset or an option is wrong: the user mends it.
    #[error("{0}")]
    Config(String),
    /// The data as a whole cannot be used: its producer, or whoever named it, mends it.
    /// A bad *record* is no error but a [`crate::Decision`].
    #[error("{0}")]
    Input(String),
    /// Storage failed: disk full, permission, network. A later run resumes.
    #[error("{0}")]
    Store(String),
    /// The run was asked to stop; what is committed stays and the next run resumes.
    #[error("stopped on request; run the same command again to resume")]
    Interrupted,
    /// A bug of moisson.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}

impl Error {
    /// A [`Error::Config`] from anything printable.
    pub fn config(message: impl Into<String>) -> Self {
        Self::Config(message.into())
    }

    /// A [`Error::Input`] from anything printable.
    pub fn input(message: impl Into<String>) -> Self {
        Self::Input(message.into())
    }

    /// A [`Error::Store`] naming the place and the cause.
    pub fn store(place: impl std::fmt::Display, cause: impl std::fmt::Display) -> Self {
        Self::Store(format!("{place}: {cause}"))
    }

    /// A [`Error::Internal`] from anything printable.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(message.into())
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Internal(format!("arrow: {error}"))
    }
}

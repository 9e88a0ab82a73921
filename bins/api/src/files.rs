//! Files: received with messages, and given out to those who may read the conversation.
//!
//! ```text
//! POST …/messages (form) ──► receive ──► object store ──► one transaction: message, outbox, files
//! GET /attachments/{id}  ──► part    ◄── object store
//!                        ──► headers
//! ```
//!
//! Nothing here holds a file in memory: bytes pass by in pieces.

mod form;
mod headers;
mod part;
mod receive;

use std::sync::Arc;

use objects::Objects;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::ApiError;

pub(crate) use form::{Form, is_form};
pub(crate) use headers::{Headers, Untouched};
pub(crate) use part::Asked;
pub(crate) use receive::Receipt;

/// Messages with files that one process receives at the same time.
const MOST_RECEIVED: usize = 32;

/// Where files are, and how many may be under way. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) objects: Objects,
    receiving: Arc<Semaphore>,
}

impl Files {
    pub(crate) fn new(objects: Objects) -> Self {
        Self { objects, receiving: Arc::new(Semaphore::new(MOST_RECEIVED)) }
    }

    fn room(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        self.receiving.try_acquire().map_err(|_| ApiError::Busy)
    }
}

//! Bounds the bytes that all connections together hold of requests whose headers have yet to be completed. Whoever sends
//! them may be anybody, and may take a minute.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::UNREAD;

/// What a connection may hold without being counted. Nearly all headers are shorter, and come whole.
const SHORT: usize = 8 * 1024;
/// The buffers that all connections may hold of longer ones.
pub(super) const MOST: usize = 128 << 20;

/// The room that all connections share. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Heads(Arc<Semaphore>);

/// What a connection holds of it. Clones are of the same connection.
#[derive(Debug, Clone)]
pub(super) struct Head {
    all: Heads,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    /// Bytes read since the last request began or was answered.
    bytes: usize,
    /// Whether a request is being answered: what is read meanwhile is its body.
    is_answering: bool,
    room: Option<OwnedSemaphorePermit>,
}

impl Heads {
    pub(super) fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.0.available_permits()
    }

    /// A new connection's.
    pub(super) fn head(&self) -> Head {
        Head { all: self.clone(), held: Arc::default() }
    }
}

impl Head {
    /// Wraps what the connection reads from.
    pub(super) fn counting<T>(&self, stream: T) -> Counting<T> {
        Counting { stream, head: self.clone() }
    }

    /// Takes room for what was read before more is read. So headers that come whole need none. Fails if there is none.
    fn claim(&self) -> io::Result<()> {
        let held = &mut *self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Buffers double when they are full.
        let counted = if held.bytes > SHORT { 2 * held.bytes.min(UNREAD) } else { 0 };
        let more = counted - held.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).map_err(io::Error::other)?;
        let room = Arc::clone(&self.all.0).try_acquire_many_owned(more).map_err(|_| {
            io::Error::other("too many connections have sent long headers without their end")
        })?;
        match &mut held.room {
            Some(before) => before.merge(room),
            none => *none = Some(room),
        }
        Ok(())
    }

    fn note(&self, bytes: usize) {
        let held = &mut *self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.is_answering {
            held.bytes = held.bytes.saturating_add(bytes);
        }
    }

    /// Gives the room back: the headers are complete, and what comes now is the body.
    pub(super) fn is_read(&self) {
        self.set(Held { is_answering: true, ..Held::default() });
    }

    /// Counts what comes from now on: it belongs to the next request.
    pub(super) fn is_awaited(&self) {
        self.set(Held::default());
    }

    fn set(&self, held: Held) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }
}

/// A stream, whose bytes are counted until a request begins.
pub(super) struct Counting<T> {
    stream: T,
    head: Head,
}

impl<T: AsyncRead + Unpin> AsyncRead for Counting<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.head.claim()?;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.head.note(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counting<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

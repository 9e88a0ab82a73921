//! Makes streams that are fed by a background task, which ends when the stream is dropped.

use std::future::Future;

use futures_util::{Stream, stream};
use tokio::sync::mpsc;

/// How many items are buffered for a slow reader before the task that feeds it has to wait.
const CAPACITY: usize = 256;

/// A stream of what `task` sends. Dropping the stream stops the task at its next await.
pub(crate) fn stream_of<T, F, Fut>(task: F) -> impl Stream<Item = T> + Send + Unpin + use<T, F, Fut>
where
    T: Send + 'static,
    F: FnOnce(mpsc::Sender<T>) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let (sender, mut receiver) = mpsc::channel(CAPACITY);
    let feed = task(sender.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = sender.closed() => {}
            () = feed => {}
        }
    });
    stream::poll_fn(move |cx| receiver.poll_recv(cx))
}

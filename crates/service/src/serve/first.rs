//! Notes the first request of a connection, which may take less time than later ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::service::Service;

/// Whether a connection has brought a request yet.
#[derive(Debug, Clone, Default)]
pub(super) struct First(Arc<AtomicBool>);

impl First {
    pub(super) fn has_come(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Wraps a service so that it notes when a request has come.
    pub(super) fn noting<S>(&self, service: S) -> Noting<S> {
        Noting { service, first: self.clone() }
    }
}

/// A service that notes that a request has come.
#[derive(Debug, Clone)]
pub(super) struct Noting<S> {
    service: S,
    first: First,
}

impl<S: Service<R>, R> Service<R> for Noting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, request: R) -> Self::Future {
        self.first.0.store(true, Ordering::Relaxed);
        self.service.call(request)
    }
}

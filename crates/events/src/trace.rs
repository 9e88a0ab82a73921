//! The trace that a message is part of (W3C Trace Context, version 00).

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A `traceparent`: a trace, and a step of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

/// The text is not a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent of the form 00-<32 hex>-<16 hex>-<2 hex>")]
pub struct InvalidTraceParent;

impl TraceParent {
    /// The header's name, in HTTP and in NATS.
    pub const HEADER: &'static str = "traceparent";

    /// Starts a new trace.
    pub fn generate() -> Self {
        Self { trace: Uuid::new_v4().as_u128(), span: random_span(), flags: 1 }
    }

    /// The next step of the same trace.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { span: random_span(), ..*self }
    }

    /// The trace's id: 32 hex digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }
}

fn random_span() -> u64 {
    // The upper half of a random UUID has 60 random bits and is never 0.
    Uuid::new_v4().as_u64_pair().0
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let mut hex = |len: usize| {
            parts
                .next()
                .filter(|p| p.len() == len && p.bytes().all(|b| b.is_ascii_hexdigit()))
                .and_then(|p| u128::from_str_radix(p, 16).ok())
        };
        let (version, trace, span, flags) = (hex(2), hex(32), hex(16), hex(2));
        match (version, trace, span, flags) {
            (Some(version), Some(trace), Some(span), Some(flags))
                if version != 0xff && trace != 0 && span != 0 =>
            {
                Ok(Self {
                    trace,
                    span: u64::try_from(span).map_err(|_| InvalidTraceParent)?,
                    flags: u8::try_from(flags).map_err(|_| InvalidTraceParent)?,
                })
            }
            _ => Err(InvalidTraceParent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_child_stays_in_the_trace() {
        let parent = TraceParent::generate();
        let child = parent.child();
        assert_eq!(parent.trace_id(), child.trace_id());
        assert_ne!(parent, child);
        assert_eq!(parent.to_string().parse(), Ok(parent));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-f-]{0,60}|.*") {
            if let Ok(parent) = text.parse::<TraceParent>() {
                prop_assert_eq!(parent.to_string().parse(), Ok(parent));
            }
        }
    }
}

//! What the server itself has to be set to.

use super::Drift;
use crate::{Bus, MAX_MESSAGE_BYTES};

pub(super) const WHAT: &str = "the NATS server";
/// By its name in the server's configuration. What NATS has by itself, 1 MiB, is too little.
const MAX_PAYLOAD: &str = "max_payload";
/// In words of the configuration, for [`MAX_MESSAGE_BYTES`].
pub(super) const MEND: &str = "set `max_payload: 8MB` in the configuration of the NATS servers";

/// What differs with the server that this is connected to, or was last.
pub(super) fn difference(bus: &Bus) -> Option<Drift> {
    let takes = bus.client().try_server_info()?.max_payload;
    (takes < MAX_MESSAGE_BYTES).then(|| Drift {
        what: WHAT.to_owned(),
        field: Some(MAX_PAYLOAD.to_owned()),
        wanted: MAX_MESSAGE_BYTES.to_string(),
        found: takes.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_to_be_set_is_enough() {
        assert_eq!(MAX_MESSAGE_BYTES, 8 << 20);
        assert!(MEND.contains(&format!("{MAX_PAYLOAD}: 8MB")), "NATS counts 1024 KB to the MB");
    }
}

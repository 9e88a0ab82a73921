//! Checks the settings of the server itself.

use super::Drift;
use crate::{Bus, MAX_MESSAGE_BYTES};

pub(super) const WHAT: &str = "the NATS server";
/// The setting's name in the server's configuration. The default of NATS, 1 MiB, is too little.
const MAX_PAYLOAD: &str = "max_payload";
/// How to set [`MAX_MESSAGE_BYTES`] in the server's configuration.
pub(super) const MEND: &str = "set `max_payload: 8MB` in the configuration of the NATS servers";

/// Checks the server that this is, or was last, connected to. Returns `None` if nothing differs or none is known.
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

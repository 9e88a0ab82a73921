//! The names of tenants.

use serde::{Deserialize, Serialize};

/// A tenant: 1 to 64 of `a-z`, `0-9`, `-` and `_`, so that it is one token of a subject, safe in a
/// log line and readable in an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^[a-z0-9_-]{1,64}$", example = "mock-tenant-id")]
pub struct TenantId(String);

/// The text cannot be a tenant's name.
#[derive(Debug, thiserror::Error)]
#[error("a tenant's name has 1 to 64 of the characters a-z, 0-9, - and _; got {0:?}")]
pub struct InvalidTenant(String);

impl TenantId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TenantId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for TenantId {
    type Err = InvalidTenant;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidTenant;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(InvalidTenant(text.chars().take(80).collect()))
        }
    }
}

impl<'de> Deserialize<'de> for TenantId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::TenantId;

    #[test]
    fn only_subject_safe_names_are_tenants() {
        assert!("mock-tenant-id".parse::<TenantId>().is_ok());
        for bad in ["", "a.b", "a b", "*", ">", "Ä", "UPPER", &"x".repeat(65)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad:?}");
        }
    }
}

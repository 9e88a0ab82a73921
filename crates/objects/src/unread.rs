//! Settings of AWS's own tools that are not read here.
//!
//! Whoever sets one expects it to count. If it stands in the place of a setting of ours, files would go to another bucket
//! than expected, or the bucket would be asked for them as nobody: that is a mistake. The others are told of only, since
//! the machine may have them for other programs, and without them a bucket works or is seen not to.

use std::collections::HashSet;
use std::env;

use crate::{Access, OpenError};

/// What AWS's own tools read where this setting of ours is missing.
const INSTEAD: [(&str, &[&str]); 3] = [
    (
        "AWS_ACCESS_KEY_ID",
        &[
            "AWS_PROFILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_CONFIG_FILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_ROLE_ARN",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ],
    ),
    ("AWS_REGION", &["AWS_DEFAULT_REGION"]),
    ("AWS_ENDPOINT", &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]),
];

/// The names of the variables that are set.
#[derive(Debug, Default)]
pub(crate) struct Environment(HashSet<String>);

impl Environment {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        let set = env::vars_os().filter(|(_, value)| !value.is_empty() && value != "false");
        Self(set.filter_map(|(name, _)| name.into_string().ok()).collect())
    }

    fn sets(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Fails if something else is set in the place of this setting of ours, which is missing.
    pub(crate) fn has_nothing_instead_of(&self, setting: &'static str) -> Result<(), OpenError> {
        let others = INSTEAD.iter().find(|(ours, _)| *ours == setting);
        let mut others = others.into_iter().flat_map(|(_, others)| *others);
        match others.find(|name| self.sets(name)) {
            Some(unread) => Err(OpenError::Unread { unread, setting }),
            None => Ok(()),
        }
    }

    /// Fails because this setting of ours is missing.
    pub(crate) fn misses<T>(&self, setting: &'static str) -> Result<T, OpenError> {
        self.has_nothing_instead_of(setting)?;
        Err(OpenError::Unset(setting))
    }

    /// What else is set and not read, and what to do about each.
    pub(crate) fn unread(&self, access: &Access) -> Vec<(&'static str, &'static str)> {
        let of_amazon = access.aws_endpoint.is_none();
        let told = [
            (
                "AWS_CA_BUNDLE",
                "name the file in SSL_CERT_FILE, or add its certificates to the system's",
                !self.sets("SSL_CERT_FILE"),
            ),
            ("AWS_DEFAULT_REGION", "set AWS_REGION", access.aws_region.is_none()),
            ("AWS_USE_FIPS_ENDPOINT", "name the endpoint in AWS_ENDPOINT", of_amazon),
            ("AWS_USE_DUALSTACK_ENDPOINT", "name the endpoint in AWS_ENDPOINT", of_amazon),
        ];
        let unread = told.into_iter().filter(|(name, _, counts)| *counts && self.sets(name));
        unread.map(|(name, instead, _)| (name, instead)).collect()
    }
}

#[cfg(test)]
impl From<&[&str]> for Environment {
    fn from(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_for_other_programs_is_told_of_only_where_it_would_count() {
        let all = [
            "AWS_PROFILE",
            "AWS_CA_BUNDLE",
            "AWS_DEFAULT_REGION",
            "AWS_USE_FIPS_ENDPOINT",
            "AWS_USE_DUALSTACK_ENDPOINT",
        ];
        let told = |set: &[&str], access: &Access| {
            let unread = Environment::from(set).unread(access);
            unread.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(told(&all, &Access::default()), all[1..]);
        let named = Access {
            aws_region: Some("eu-central-1".to_owned()),
            aws_endpoint: Some("https://s3.example.com".to_owned()),
            ..Access::default()
        };
        assert_eq!(told(&all, &named), ["AWS_CA_BUNDLE"]);
        assert!(told(&["AWS_CA_BUNDLE", "SSL_CERT_FILE"], &named).is_empty());
        assert!(told(&["AWS_PAGER"], &Access::default()).is_empty());
    }
}

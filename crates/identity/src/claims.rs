//! What a token says about a person.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::config::Settings;
use crate::error::Reason;

/// The person that a token identifies, as the provider describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The person's id at the provider.
    pub subject: String,
    /// The person's name, or id if there is none.
    pub name: String,
    /// The person's e-mail address, if the provider has verified it.
    pub email: Option<String>,
    /// The values of the tenant claim.
    pub tenants: Vec<String>,
    /// The values of the role claims, without the prefix; those that lack the prefix are left out.
    pub roles: Vec<String>,
    /// When the token expires.
    pub expires_at: DateTime<Utc>,
}

impl Identity {
    /// Reads the claims of a token that has been verified.
    pub(crate) fn read(claims: &Map<String, Value>, settings: &Settings) -> Result<Self, Reason> {
        // Only access tokens are accepted: an id token tells an application who somebody is, and lets nobody in.
        // Keycloak says by this claim which it is.
        if claims.get("typ").and_then(Value::as_str).is_some_and(|typ| typ != "Bearer") {
            return Err(Reason::NotAccess);
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let subject = text("sub").filter(|sub| fit(sub)).ok_or(Reason::NoSubject)?;
        let name = text("name").or_else(|| text("preferred_username")).or_else(|| text("email"));
        let verified = claims.get("email_verified").and_then(Value::as_bool) == Some(true);
        let email = text("email").filter(|email| verified && fit(email));
        let seconds = claims.get("exp").and_then(|exp| {
            #[expect(clippy::cast_possible_truncation, reason = "a second more or less is nothing")]
            exp.as_i64().or_else(|| exp.as_f64().map(|seconds| seconds as i64))
        });
        let expires_at = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let roles = settings.roles_claims.iter().flat_map(|claim| words(claims, claim));
        let ours = |role: String| role.strip_prefix(&settings.role_prefix).map(str::to_owned);
        Ok(Self {
            name: name.filter(|name| fit(name)).unwrap_or_else(|| subject.clone()),
            subject,
            email,
            tenants: words(claims, &settings.tenant_claim),
            roles: roles.filter_map(ours).collect(),
            expires_at: expires_at.ok_or(Reason::NoExpiry)?,
        })
    }
}

fn fit(text: &str) -> bool {
    unfit(text).is_none()
}

/// Says why the value of a claim is ignored, if it is: it has to fit into a column and a line of a log.
pub fn unfit(text: &str) -> Option<&'static str> {
    let fits = (1..=255).contains(&text.len()) && !text.contains(char::is_control);
    (!fits).then_some("must have 1 to 255 bytes and no control characters")
}

/// The values of a claim: a text, a list of texts, or the names of an object's fields, as Keycloak writes its
/// organizations.
fn words(claims: &Map<String, Value>, path: &str) -> Vec<String> {
    let words: Vec<&str> = match find(claims, path) {
        Some(Value::String(word)) => vec![word],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        Some(Value::Object(fields)) => fields.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    words.into_iter().filter(|word| fit(word)).map(str::to_owned).collect()
}

/// Finds the claim of exactly this name, which may contain dots, or else the one that the dots lead to.
fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Config;

    fn read(claims: &Value, config: Config) -> Result<Identity, Reason> {
        let config = Config {
            oidc_issuer: Some("https://id.example.com".to_owned()),
            oidc_audience: Some("axis".to_owned()),
            ..config
        };
        Identity::read(claims.as_object().unwrap(), &config.settings().unwrap())
    }

    #[test]
    fn claims_are_found_where_the_operator_says() {
        let claims = json!({
            "sub": "7", "exp": 1_790_000_000, "preferred_username": "ana", "name": "",
            "tenant": "acme", "organization": { "acme": {}, "other": {} },
            "https://example.com/tenant": ["one", 2],
            "realm_access": { "roles": ["axis-agent", "offline_access"] },
            "roles": ["axis-approver"],
        });
        let usual = read(&claims, Config::default()).unwrap();
        assert_eq!((&*usual.subject, &*usual.name), ("7", "7"));
        assert_eq!((usual.tenants, usual.roles.len()), (vec!["acme".to_owned()], 3));
        assert_eq!(usual.expires_at.timestamp(), 1_790_000_000);
        let of = |claim: &str| {
            let config = Config {
                oidc_tenant_claim: claim.to_owned(),
                oidc_role_prefix: "axis-".to_owned(),
                ..Config::default()
            };
            read(&claims, config).unwrap()
        };
        assert_eq!(of("organization").tenants, ["acme", "other"]);
        assert_eq!(of("https://example.com/tenant").tenants, ["one"]);
        assert_eq!(of("none.such").tenants, Vec::<String>::new());
        assert_eq!(of("sub.x").roles, ["agent", "approver"]);
    }

    #[test]
    fn what_is_no_access_token_of_somebody_is_none() {
        for claims in [
            json!({ "sub": "7", "exp": 1, "typ": "ID" }),
            json!({ "sub": "7", "exp": 1, "typ": "Refresh" }),
            json!({ "sub": "", "exp": 1 }),
            json!({ "sub": "a\0", "exp": 1 }),
            json!({ "exp": 1 }),
            json!({ "sub": "7" }),
            json!({ "sub": "7", "exp": 1e300 }),
        ] {
            assert!(read(&claims, Config::default()).is_err(), "{claims}");
        }
        assert!(
            read(&json!({ "sub": "7", "exp": 1.5, "typ": "Bearer" }), Config::default()).is_ok()
        );
    }
}

//! People, by an access token of the OpenID provider.

use domain::{Permissions, Role};
use identity::{Provider, Refusal};

use super::{CallerKind, Principal};
use crate::App;
use crate::database::Credential;
use crate::error::ApiError;

/// Who shows this token. Which tenant the provider means, the operator said; what roles it names,
/// the person has.
pub(super) async fn bearer(
    token: &str,
    provider: &Provider,
    app: &App,
) -> Result<Principal, ApiError> {
    let identity = provider.verify(token).await.map_err(refused)?;
    let mut transaction = app.gate(Credential::SignedToken).await?;
    let mut tenants =
        store::tenant_claims::resolve(&mut transaction, &identity.tenants).await?.into_iter();
    let (Some(tenant), None) = (tenants.next(), tenants.next()) else {
        return Err(ApiError::NoTenant);
    };
    // Names that are no role of ours are the provider's own business.
    let roles = identity.roles.iter().filter_map(|role| role.parse::<Role>().ok());
    Ok(Principal {
        tenant,
        kind: CallerKind::Member,
        id: identity.subject,
        name: identity.name,
        email: identity.email,
        permissions: roles.collect::<Permissions>(),
        ends_at: Some(identity.expires_at),
    })
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Invalid(reason) => {
            metrics::counter!("axis_api_tokens_refused_total", "reason" => reason).increment(1);
            tracing::debug!(reason, "a token is not accepted");
            ApiError::Unauthorized
        }
        Refusal::Unknown(error) => ApiError::NoProvider(error),
    }
}

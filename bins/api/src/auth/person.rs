//! People, identified by an access token of the OpenID provider.

use domain::{Permissions, Role};
use identity::{Provider, Refusal};

use super::{CallerKind, Identified, Principal};
use crate::App;
use crate::database::Credential;
use crate::error::ApiError;

/// Returns whom this token was issued to. The operator has said which tenant the token's claims mean; the
/// person has the roles that the token names.
pub(super) async fn bearer(
    token: &str,
    provider: &Provider,
    app: &App,
) -> Result<Identified, ApiError> {
    let identity = provider.verify(token).await.map_err(refused)?;
    let mut transaction = app.gate(Credential::SignedToken(&identity.subject)).await?;
    let mut tenants =
        store::tenant_claims::resolve(&mut transaction, &identity.tenants).await?.into_iter();
    let (Some(tenant), None) = (tenants.next(), tenants.next()) else {
        return Ok(Identified::Outside(identity.subject));
    };
    // The provider may use roles of its own, which mean nothing here.
    let roles = identity.roles.iter().filter_map(|role| role.parse::<Role>().ok());
    Ok(Identified::Within(Principal {
        tenant,
        kind: CallerKind::Member,
        id: identity.subject,
        name: identity.name,
        email: identity.email,
        permissions: roles.collect::<Permissions>(),
        ends_at: Some(identity.expires_at),
    }))
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

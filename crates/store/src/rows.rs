//! Reading columns whose values the database does not check.

use domain::TenantId;
use sqlx::types::Json;

use crate::Error;

/// What a column of free-form JSON is read as.
pub(crate) type FreeForm = Json<domain::FreeForm>;

/// The tenant in the column `tenant_id` of a row of `table`.
pub(crate) fn tenant(table: &'static str, text: String) -> Result<TenantId, Error> {
    TenantId::try_from(text).map_err(|_| Error::Unreadable { table, column: "tenant_id" })
}

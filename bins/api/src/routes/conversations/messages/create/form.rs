//! A message as a form: the fields of the JSON as text, and files.

use super::CreateMessage;
use crate::error::ApiError;
use crate::files::{Form, Receipt};

/// Reads a form to its end, and stores its files.
pub(super) async fn receive(
    mut form: Form,
    receipt: &mut Receipt<'_>,
) -> Result<CreateMessage, ApiError> {
    let mut wanted = CreateMessage::default();
    while let Some(part) = form.next().await? {
        let name = part.name().to_owned();
        match name.as_str() {
            "attachments[]" | "attachments" => receipt.take(part).await?,
            "content" => wanted.content = part.text().await?,
            "clientId" => wanted.client_id = Some(part.text().await?),
            "private" => {
                wanted.private = part
                    .text()
                    .await?
                    .trim()
                    .parse()
                    .map_err(|_| ApiError::field("private", "must be true or false"))?;
            }
            "inReplyTo" => {
                let id = part.text().await?;
                let id = id.trim().parse();
                let id = id.map_err(|_| ApiError::field("inReplyTo", "must be an id"))?;
                wanted.in_reply_to = Some(id);
            }
            _ => return Err(ApiError::field(&name, "is not a field of a message")),
        }
    }
    Ok(wanted)
}

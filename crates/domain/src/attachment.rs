//! Files, places and cards that come with messages.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::{AccountKey, AttachmentId};

/// A file, a place or a card that comes with a message, as clients see it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Attachment {
    /// Our id, the same before and after Chatwoot has it.
    pub id: Option<AttachmentId>,
    /// Number in Chatwoot; none until Chatwoot has it.
    pub chatwoot_id: Option<i64>,
    /// `image`, `audio`, `video`, `file`, `location`, `fallback`, `contact`, …
    #[schema(example = "image")]
    pub file_type: String,
    /// Media type, where it is known.
    #[schema(example = "image/png")]
    pub content_type: Option<String>,
    /// Name of the file.
    #[schema(example = "scratch.png")]
    pub file_name: Option<String>,
    /// Bytes.
    pub file_size: Option<i64>,
    /// Name or address in words, for places and cards.
    pub title: Option<String>,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Degrees.
    pub latitude: Option<f64>,
    /// Degrees.
    pub longitude: Option<f64>,
    /// What was said, for audio.
    pub transcript: Option<String>,
    /// Where the API serves the file, to those who may read the conversation; none without a file.
    #[schema(example = "/api/v1/attachments/0199b6d3-6f52-7d2f-a6f5-0a5c3f2f8f11")]
    pub url: Option<String>,
    /// Where the API serves a small picture of it.
    pub thumb_url: Option<String>,
    /// Where it is on the web, if Chatwoot has no copy of it: posts, links, what came by Instagram, a place's page.
    pub link: Option<String>,
}

impl Attachment {
    /// Where the API serves a file.
    pub fn address(id: AttachmentId) -> String {
        format!("/api/v1/attachments/{id}")
    }

    /// A message's attachments as clients see them. If Chatwoot has as many as were uploaded here, the uploads are
    /// shown, completed by what Chatwoot says; otherwise Chatwoot's are shown, or the uploads alone while it has none.
    pub fn all(
        account: AccountKey,
        uploads: Vec<Upload>,
        mut mirrored: Vec<MirroredAttachment>,
    ) -> Vec<Self> {
        if mirrored.is_empty() {
            return uploads.into_iter().map(Upload::shown).collect();
        }
        if mirrored.len() != uploads.len() {
            return mirrored.into_iter().map(|attachment| attachment.shown(account)).collect();
        }
        // Chatwoot stores them in the order in which they were sent.
        mirrored.sort_by_key(|attachment| attachment.id);
        let both = mirrored.into_iter().zip(uploads);
        both.map(|(theirs, ours)| {
            let (theirs, ours) = (theirs.shown(account), ours.shown());
            Self {
                id: ours.id,
                url: ours.url,
                content_type: ours.content_type,
                file_name: ours.file_name,
                file_size: ours.file_size,
                thumb_url: None,
                link: None,
                ..theirs
            }
        })
        .collect()
    }
}

/// A file that was uploaded here, as its message and its command know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// Our id.
    pub id: AttachmentId,
    /// Its key in the object store.
    pub key: String,
    /// Its name.
    pub file_name: String,
    /// Media type, as the sender stated it.
    pub content_type: String,
    /// Bytes.
    pub file_size: i64,
}

impl Upload {
    fn shown(self) -> Attachment {
        let kind = self.content_type.split('/').next().unwrap_or_default();
        let kind = Some(kind).filter(|kind| matches!(*kind, "image" | "audio" | "video"));
        Attachment {
            id: Some(self.id),
            file_type: kind.unwrap_or("file").to_owned(),
            url: Some(Attachment::address(self.id)),
            content_type: Some(self.content_type),
            file_name: Some(self.file_name),
            file_size: Some(self.file_size),
            ..Attachment::default()
        }
    }
}

/// What Chatwoot says about an attachment; part of its message's snapshot. It is not for clients, since whoever has the
/// addresses can read the file.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MirroredAttachment {
    /// Number in Chatwoot.
    pub id: Option<i64>,
    /// `image`, `audio`, `video`, `file`, `location`, `fallback`, `contact`, …
    pub file_type: String,
    /// Media type, where Chatwoot says it.
    pub content_type: Option<String>,
    /// Bytes.
    pub file_size: Option<i64>,
    /// Name or address in words, for places and cards.
    pub title: Option<String>,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Degrees.
    pub latitude: Option<f64>,
    /// Degrees.
    pub longitude: Option<f64>,
    /// What was said, for audio.
    pub transcript: Option<String>,
    /// Where Chatwoot serves it.
    pub data_url: Option<String>,
    /// Where Chatwoot serves a small picture of it.
    pub thumb_url: Option<String>,
}

/// Leaves out the addresses, which open the file to anybody who reads a log.
impl std::fmt::Debug for MirroredAttachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MirroredAttachment")
            .field("id", &self.id)
            .field("file_type", &self.file_type)
            .field("file_size", &self.file_size)
            .finish_non_exhaustive()
    }
}

impl MirroredAttachment {
    /// The name of the file, which is the end of its address.
    pub fn file_name(&self) -> Option<String> {
        let address = self.data_url.as_deref()?.split(['?', '#']).next()?;
        let (_, name) = address.rsplit_once('/')?;
        let name = percent_decode_str(name).decode_utf8().ok()?;
        let name: String = name.chars().filter(|c| !c.is_control()).take(255).collect();
        (!name.is_empty()).then_some(name)
    }

    fn shown(self, account: AccountKey) -> Attachment {
        let file_name = self.file_name();
        let address = self.id.map(|id| Attachment::address(AttachmentId::of(account, id)));
        let (mut url, mut thumb_url, mut link) = (None, None, None);
        if self.is_stored() {
            let thumb = address.as_ref().filter(|_| self.thumb_url.is_some());
            thumb_url = thumb.map(|address| format!("{address}?thumb=true"));
            url = address;
        } else {
            link = self.data_url.filter(|address| is_web(address));
        }
        Attachment {
            id: self.id.map(|id| AttachmentId::of(account, id)),
            chatwoot_id: self.id,
            file_type: self.file_type,
            content_type: self.content_type,
            file_name: file_name.filter(|_| url.is_some()),
            file_size: self.file_size,
            title: self.title,
            width: self.width,
            height: self.height,
            latitude: self.latitude,
            longitude: self.longitude,
            transcript: self.transcript,
            url,
            thumb_url,
            link,
        }
    }

    /// Whether Chatwoot has the file. Its storage's path tells, whatever its host is called. Everything else is
    /// elsewhere on the web: posts, links, the pictures that Instagram's customers send, and the page of a place.
    fn is_stored(&self) -> bool {
        let path = self.data_url.as_deref().and_then(|address| address.split(['?', '#']).next());
        path.is_some_and(|path| path.contains("/rails/active_storage/"))
    }
}

fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const CHATWOOT: &str = "https://chat.example.com/rails/active_storage/blobs/redirect/sig--1";

    fn account() -> AccountKey {
        AccountKey(Uuid::from_u128(1))
    }

    fn mirrored(id: i64, kind: &str, data_url: &str) -> MirroredAttachment {
        MirroredAttachment {
            id: Some(id),
            file_type: kind.to_owned(),
            data_url: Some(data_url.to_owned()),
            thumb_url: (kind == "image").then(|| data_url.to_owned()),
            ..MirroredAttachment::default()
        }
    }

    fn upload(name: &str) -> Upload {
        Upload {
            id: AttachmentId::generate(),
            key: "t/k".to_owned(),
            file_name: name.to_owned(),
            content_type: "image/png".to_owned(),
            file_size: 7,
        }
    }

    #[test]
    fn clients_see_no_address_of_chatwoot() {
        let picture = mirrored(4, "image", &format!("{CHATWOOT}/a%20b.png?disposition=inline"));
        let link = mirrored(5, "fallback", "https://example.com/post/1");
        let copied = mirrored(6, "share", &format!("{CHATWOOT}/c.mp4"));
        let trick = mirrored(7, "embed", "javascript:alert(1)");
        let shown = Attachment::all(account(), Vec::new(), vec![picture, link, copied, trick]);
        assert!(!serde_json::to_string(&shown).unwrap().contains("rails"));
        let address = Attachment::address(AttachmentId::of(account(), 4));
        assert_eq!(shown[0].url.as_deref(), Some(address.as_str()));
        assert_eq!(shown[0].thumb_url, Some(format!("{address}?thumb=true")));
        assert_eq!(shown[0].file_name.as_deref(), Some("a b.png"));
        assert_eq!(shown[1].link.as_deref(), Some("https://example.com/post/1"));
        assert_eq!(shown[1].url, None);
        assert!(shown[2].url.is_some() && shown[2].link.is_none());
        assert!(shown[3].url.is_none() && shown[3].link.is_none());
    }

    #[test]
    fn what_is_only_elsewhere_on_the_web_is_a_link_of_whatever_type() {
        let there = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=17&signature=/rails/active_storage/";
        for kind in ["image", "video", "audio", "file", "share", "location"] {
            let shown = Attachment::all(account(), Vec::new(), vec![mirrored(4, kind, there)]);
            assert_eq!(shown[0].link.as_deref(), Some(there), "{kind}");
            let (none, shown) = (Attachment::default(), &shown[0]);
            assert_eq!((&shown.url, &shown.thumb_url), (&none.url, &none.thumb_url), "{kind}");
            assert_eq!(shown.file_name, None, "{kind}");
        }
    }

    #[test]
    fn a_file_written_here_keeps_its_id_when_chatwoot_has_it() {
        let uploads = vec![upload("a.png"), upload("b.png")];
        let before = Attachment::all(account(), uploads.clone(), Vec::new());
        let theirs = vec![mirrored(9, "image", CHATWOOT), mirrored(8, "image", CHATWOOT)];
        let after = Attachment::all(account(), uploads.clone(), theirs.clone());
        let ids = |shown: &[Attachment]| shown.iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(ids(&before), ids(&after));
        assert_eq!(after[0].chatwoot_id, Some(8));
        assert_eq!(after[0].url, before[0].url);
        // Fewer than were sent: Chatwoot's word counts.
        let fewer = Attachment::all(account(), uploads, theirs[..1].to_vec());
        assert_eq!(fewer[0].id, Some(AttachmentId::of(account(), 9)));
    }
}

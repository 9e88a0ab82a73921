//! Files, places and cards that come with a message.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::json::Object;

/// One attachment. Which fields are there depends on `file_type`.
#[derive(Clone, PartialEq, Serialize)]
pub struct Attachment {
    /// Attachment id.
    pub id: Option<i64>,
    /// `image`, `audio`, `video`, `file`, `location`, `fallback`, `contact`, `ig_reel`, …
    pub file_type: Option<String>,
    /// Where the file is; whoever has this URL can read it.
    pub data_url: Option<String>,
    /// Where its preview is; images only.
    pub thumb_url: Option<String>,
    /// Extension of the file's name; often absent.
    pub extension: Option<String>,
    /// Media type; newer versions only.
    pub content_type: Option<String>,
    /// Bytes.
    pub file_size: Option<i64>,
    /// Pixels; absent until Chatwoot has analysed the file.
    pub width: Option<i64>,
    /// Pixels; absent until Chatwoot has analysed the file.
    pub height: Option<i64>,
    /// Text to show in its place: a place's name, a link's title, a card's number.
    pub fallback_title: Option<String>,
    /// Degrees north.
    pub coordinates_lat: Option<f64>,
    /// Degrees east.
    pub coordinates_long: Option<f64>,
    /// What is said in an audio file.
    pub transcribed_text: Option<String>,
    /// Further facts (a card's names).
    pub meta: Map<String, Value>,
}

impl Attachment {
    pub(crate) fn read(mut object: Object<'_>) -> Self {
        Self {
            id: object.int("id"),
            file_type: object.filled("file_type"),
            data_url: object.filled("data_url"),
            thumb_url: object.filled("thumb_url"),
            extension: object.filled("extension"),
            content_type: object.filled("content_type"),
            file_size: object.int("file_size"),
            width: object.int("width"),
            height: object.int("height"),
            fallback_title: object.filled("fallback_title"),
            coordinates_lat: object.number("coordinates_lat"),
            coordinates_long: object.number("coordinates_long"),
            transcribed_text: object.filled("transcribed_text"),
            meta: object.map("meta"),
        }
    }
}

/// Leaves out the URLs, which open the file to anybody who reads a log.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("id", &self.id)
            .field("file_type", &self.file_type)
            .field("content_type", &self.content_type)
            .field("file_size", &self.file_size)
            .finish_non_exhaustive()
    }
}

//! `/approvals`

pub(super) mod create;
pub(super) mod decide;
pub(super) mod get;
pub(super) mod list;
pub(super) mod withdraw;

use domain::{Activity, Approval, Conversation, TenantId};
use events::{Announcement, AnnouncementSubject, TraceParent};

use crate::App;

/// Announces what became of an approval.
fn tell(
    app: &App,
    tenant: &TenantId,
    activity: Activity,
    approval: Approval,
    conversation: Option<Conversation>,
    trace: &TraceParent,
) {
    let subject = AnnouncementSubject::approval(conversation, approval);
    app.announcer.tell(tenant, &Announcement::new(activity, subject), trace);
}

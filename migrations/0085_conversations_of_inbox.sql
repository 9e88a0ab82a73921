-- no-transaction
-- As the migration before this one, for inboxes.

create index concurrently if not exists conversations_of_inbox on conversations (tenant_id, inbox_id);

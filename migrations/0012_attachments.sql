-- Files. What customers sent stays in Chatwoot and is fetched when somebody looks; what is written
-- here is kept by us, since Chatwoot has to get it later.

create table uploads (
  id uuid primary key,
  tenant_id text not null references tenants,
  message_id uuid references messages on delete set null,
  position smallint not null default 0,
  object_key text not null,
  file_name text not null,
  content_type text not null,
  file_size bigint not null default 0,
  digest bytea,
  created_at timestamptz not null default now()
);
comment on table uploads is 'Files that people attach. The row is there before the file, so that nothing is kept unknown';
comment on column uploads.message_id is 'The message that has it; null while it is being received, and when the message is gone: then it is swept away';
comment on column uploads.position is 'Its place among the files of the message';
comment on column uploads.object_key is 'Where the file is in the object store';
comment on column uploads.content_type is 'Media type, as the sender said';
comment on column uploads.file_size is 'Bytes; 0 until it is received';
comment on column uploads.digest is 'SHA-256 of the file; null until it is received';
create index uploads_left on uploads (created_at) where message_id is null;
create index uploads_of_message on uploads (message_id);
select axis_fence('uploads', 'select, insert, update, delete', 'select, update, delete');

alter table messages add column uploads jsonb not null default '[]';
comment on column messages.uploads is 'What its uploads look like, in their order; Chatwoot''s own words on them are in attachments';

create table attachments (
  id uuid primary key,
  tenant_id text not null references tenants,
  account_id uuid not null references chatwoot_accounts on delete cascade,
  chatwoot_id bigint not null,
  message_chatwoot_id bigint not null
);
comment on table attachments is 'Which message has an attachment of Chatwoot''s; what it is, the message says';
comment on column attachments.id is 'Computed from account and number';
comment on column attachments.chatwoot_id is 'Number of the attachment in the Chatwoot installation';
comment on column attachments.message_chatwoot_id is 'Number of its message there';
create index attachments_of_message on attachments (account_id, message_chatwoot_id);
select axis_fence('attachments', 'select', 'select, insert, update, delete');

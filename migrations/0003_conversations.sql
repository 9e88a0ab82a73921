-- What Chatwoot knows, mirrored. Every row keeps the version of the snapshot that it shows:
-- (version_at, version_step, version_digest), compared as a row; a snapshot is written only over a
-- smaller one. Columns said to grow only are merged by themselves. So any order of the same events
-- ends in the same rows.

create extension if not exists pg_trgm;
create extension if not exists btree_gin;

create table contacts (
  id uuid primary key,
  tenant_id text not null references tenants,
  account_id uuid not null references chatwoot_accounts,
  chatwoot_id bigint not null,
  version_at bigint not null,
  version_step bigint not null,
  version_digest bigint not null,
  name text,
  email text,
  phone_number text,
  identifier text,
  thumbnail text,
  additional_attributes jsonb not null default '{}',
  custom_attributes jsonb not null default '{}',
  first_seen_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, chatwoot_id)
);
comment on table contacts is 'People who write to the tenants';
comment on column contacts.chatwoot_id is 'Number in the Chatwoot installation';
comment on column contacts.version_at is 'Newest instant the shown snapshot knows of, microseconds since 1970, 0 unknown';
comment on column contacts.version_step is 'Order among snapshots of one instant';
comment on column contacts.version_digest is 'Settles what is left';
comment on column contacts.identifier is 'The company''s own id of the person';
comment on column contacts.thumbnail is 'Address of a picture';
comment on column contacts.first_seen_at is 'When the row was made here';
comment on column contacts.updated_at is 'When the row last changed here';
create index contacts_search on contacts using gin (
  tenant_id,
  (coalesce(name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone_number, '')) gin_trgm_ops
);
select axis_fence('contacts', 'select', 'select, insert, update, delete');
create policy search on contacts for select to axis_search using (true);
grant select (id, tenant_id, name, email, phone_number) on contacts to axis_search;

create table conversations (
  id uuid primary key,
  tenant_id text not null references tenants,
  account_id uuid not null references chatwoot_accounts,
  display_id bigint not null,
  version_at bigint not null,
  version_step bigint not null,
  version_digest bigint not null,
  status text not null,
  priority text,
  inbox_id bigint,
  channel text,
  contact_chatwoot_id bigint,
  contact_id uuid references contacts,
  assignee_id bigint,
  assignee_type text,
  assignee_name text,
  team_id bigint,
  team_name text,
  labels text[] not null default '{}',
  can_reply boolean,
  snoozed_until timestamptz,
  first_reply_at timestamptz,
  waiting_since timestamptz,
  custom_attributes jsonb not null default '{}',
  additional_attributes jsonb not null default '{}',
  created_at timestamptz not null,
  last_activity_at timestamptz not null,
  agent_last_seen_at timestamptz,
  contact_last_seen_at timestamptz,
  updated_at timestamptz not null default now(),
  unique (account_id, display_id)
);
comment on table conversations is 'Conversations as Chatwoot last described them';
comment on column conversations.display_id is 'Number within the Chatwoot account, as agents know it';
comment on column conversations.version_at is 'Chatwoot''s updated_at of the shown snapshot, microseconds since 1970, 0 unknown';
comment on column conversations.version_step is 'last_activity_at of the shown snapshot, seconds since 1970';
comment on column conversations.version_digest is 'Settles what is left';
comment on column conversations.status is 'open, resolved, pending, snoozed, or another of the installation';
comment on column conversations.priority is 'low, medium, high, urgent or none';
comment on column conversations.contact_chatwoot_id is 'Number of the contact in Chatwoot';
comment on column conversations.contact_id is 'The contact''s row';
comment on column conversations.assignee_id is 'Number of the user or bot in charge';
comment on column conversations.assignee_type is 'user or agent_bot';
comment on column conversations.can_reply is 'The channel''s reply window is open';
comment on column conversations.waiting_since is 'The customer waits since then';
comment on column conversations.created_at is 'When Chatwoot created it';
comment on column conversations.last_activity_at is 'When something last happened in it; grows only';
comment on column conversations.agent_last_seen_at is 'Grows only';
comment on column conversations.contact_last_seen_at is 'Grows only';
comment on column conversations.updated_at is 'When the row last changed here';
create index conversations_newest on conversations (tenant_id, last_activity_at desc, id desc);
create index conversations_by_status on conversations (tenant_id, status, last_activity_at desc, id desc);
create index conversations_by_assignee on conversations (tenant_id, assignee_id, last_activity_at desc, id desc);
create index conversations_waiting on conversations
  (tenant_id, coalesce(waiting_since, 'infinity'), id);
create index conversations_urgent on conversations
  (tenant_id, (case priority when 'urgent' then 4 when 'high' then 3 when 'medium' then 2
               when 'low' then 1 else 0 end) desc, last_activity_at desc, id desc);
create index conversations_by_contact on conversations (contact_id);
create index conversations_by_label on conversations using gin (tenant_id, labels);
select axis_fence('conversations', 'select, update', 'select, insert, update, delete');
create policy search on conversations for select to axis_search using (true);
grant select (id, tenant_id, account_id, display_id, contact_id) on conversations to axis_search;

create table messages (
  id uuid primary key,
  tenant_id text not null references tenants,
  account_id uuid not null references chatwoot_accounts,
  conversation_id uuid not null references conversations,
  chatwoot_id bigint,
  version_at bigint not null default 0,
  version_step bigint not null default 0,
  version_digest bigint not null default 0,
  message_type text not null,
  content_type text not null,
  content text,
  content_attributes jsonb not null default '{}',
  private boolean not null,
  deleted boolean not null default false,
  sender_type text,
  sender_id bigint,
  sender_name text,
  source_id text,
  inbox_id bigint,
  attachments jsonb not null default '[]',
  delivery_rank smallint not null default 0,
  delivery_succeeded_at bigint not null default 0,
  delivery_failed_at bigint not null default 0,
  outbound_state text check (
    outbound_state in ('queued', 'sending', 'sent', 'retrying', 'failed', 'unknown')
  ),
  outbound_reason text,
  outbound_attempts integer not null default 0,
  outbound_next_at timestamptz,
  client_id text,
  created_at timestamptz not null,
  updated_at timestamptz not null default now(),
  unique (account_id, chatwoot_id),
  unique (conversation_id, client_id)
);
comment on table messages is 'Messages and notes, Chatwoot''s and our own on their way there';
comment on column messages.id is 'For what was written here: the operation, which is the marker inside Chatwoot too';
comment on column messages.chatwoot_id is 'Number in the Chatwoot installation; null until Chatwoot has it';
comment on column messages.version_at is 'Newest instant the shown snapshot knows of, microseconds since 1970, 0 unknown';
comment on column messages.version_step is 'Created before updated before submitted, within one instant';
comment on column messages.version_digest is 'Settles what is left';
comment on column messages.message_type is 'incoming, outgoing, activity, template, or another of the installation';
comment on column messages.private is 'Only the team sees it';
comment on column messages.deleted is 'Deleted once is deleted for good';
comment on column messages.sender_type is 'contact, user, agent_bot, member, or another of the installation';
comment on column messages.sender_id is 'Number among those of its type';
comment on column messages.source_id is 'The channel''s own id';
comment on column messages.attachments is 'Files and places, part of the snapshot';
comment on column messages.delivery_rank is 'Furthest success seen: 0 none, 1 sent, 2 delivered, 3 read; grows only';
comment on column messages.delivery_succeeded_at is 'Microseconds since 1970 of the last success seen; grows only';
comment on column messages.delivery_failed_at is 'Microseconds since 1970 of the last failure seen; grows only';
comment on column messages.outbound_state is 'How far our own message is on its way to Chatwoot; null for others';
comment on column messages.outbound_reason is 'Why it is not further, in words';
comment on column messages.outbound_attempts is 'Tries so far';
comment on column messages.outbound_next_at is 'When the next try is due';
comment on column messages.client_id is 'The client''s own id of it: a second one of a conversation is the same message';
comment on column messages.created_at is 'When it was written; the finest precision seen stays';
create index messages_of_conversation on messages (conversation_id, created_at desc, id desc);
create index messages_search on messages
  using gin (tenant_id, to_tsvector('simple', left(content, 20000)))
  where content is not null;
select axis_fence('messages', 'select, insert, update, delete', 'select, insert, update, delete');
create policy search on messages for select to axis_search using (true);
grant select (tenant_id, conversation_id, content) on messages to axis_search;

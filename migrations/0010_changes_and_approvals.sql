-- What people do with conversations besides writing, what they ask of each other, and the answers
-- that are given again to a request that is sent again.

create table conversation_changes (
  number bigint generated always as identity,
  operation_id uuid primary key,
  tenant_id text not null references tenants,
  conversation_id uuid not null references conversations,
  field text not null check (
    field in ('status', 'priority', 'assignee', 'team', 'labels', 'customAttributes')
  ),
  wanted jsonb not null,
  told jsonb not null,
  told_at bigint not null,
  told_step bigint not null,
  told_digest bigint not null,
  settled_at timestamptz
);
comment on table conversation_changes is 'What people want of conversations, until Chatwoot is known to show it too; the rows of conversations show it already';
comment on column conversation_changes.number is 'Of one field, the change with the greatest number is on show';
comment on column conversation_changes.operation_id is 'Its command in the outbox';
comment on column conversation_changes.wanted is 'The field, as axis_changeable has it';
comment on column conversation_changes.told is 'The field as Chatwoot told it last; on show again if Chatwoot refuses the change';
comment on column conversation_changes.told_at is 'With told_step and told_digest the version of the snapshot that told it';
comment on column conversation_changes.settled_at is 'When Chatwoot did it; null: pending';
create index conversation_changes_of on conversation_changes (conversation_id, number);
select axis_fence('conversation_changes', 'select, insert', 'select, insert, update, delete');

create function axis_changeable(c conversations) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'status', jsonb_build_object(
      'status', c.status, 'until', floor(extract(epoch from c.snoozed_until))::bigint),
    'priority', c.priority,
    'assignee', case when c.assignee_id is not null then jsonb_build_object(
      'id', c.assignee_id, 'type', c.assignee_type, 'name', c.assignee_name) end,
    'team', case when c.team_id is not null then jsonb_build_object(
      'id', c.team_id, 'name', c.team_name) end,
    'labels', to_jsonb(c.labels),
    'customAttributes', c.custom_attributes)
$$;
comment on function axis_changeable is 'The fields of a conversation that people may change, as the row shows them';

create function axis_same(field text, a jsonb, b jsonb) returns boolean language sql immutable as $$
  select case when field in ('assignee', 'team') then (a -> 'id') is not distinct from (b -> 'id')
    else a = b end
$$;
comment on function axis_same is 'Whether two values of a field mean the same: names may be unknown';

alter table conversations
  add column marked_seen_until timestamptz,
  add column marked_at timestamptz;
comment on column conversations.marked_seen_until is 'What was written until then was seen, by the word of somebody here';
comment on column conversations.marked_at is 'When that was said; it counts if it is later than agent_last_seen_at';

alter table messages add column delete_operation uuid;
comment on column messages.delete_operation is 'The command that deletes it in Chatwoot; it is shown as deleted from then on';

create table drafts (
  conversation_id uuid not null references conversations,
  principal_id text not null,
  tenant_id text not null references tenants,
  content text not null,
  private boolean not null,
  updated_at timestamptz not null default now(),
  primary key (conversation_id, principal_id)
);
comment on table drafts is 'What people have begun to write; one per person and conversation';
comment on column drafts.principal_id is 'The person, within the tenant';
comment on column drafts.private is 'It is to be a note';
select axis_fence('drafts', 'select, insert, update, delete', 'select, delete');

create table idempotency_keys (
  tenant_id text not null references tenants,
  principal_id text not null,
  key text not null,
  request bytea not null,
  status smallint not null,
  location text,
  body bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (tenant_id, principal_id, key)
);
comment on table idempotency_keys is 'Answers of requests that changed something, to be given again; written with the change';
comment on column idempotency_keys.principal_id is 'The caller, within the tenant';
comment on column idempotency_keys.key is 'The caller''s own name of the request';
comment on column idempotency_keys.request is 'SHA-256 of method, address and body';
comment on column idempotency_keys.location is 'The answer''s header, if it had one';
comment on column idempotency_keys.body is 'The answer''s body';
create index idempotency_keys_expired on idempotency_keys (tenant_id, expires_at);
select axis_fence('idempotency_keys', 'select, insert, update, delete', 'select, delete');

alter table approvals
  add column requested_by_id text,
  add column decided_by_id text,
  add column snapshot jsonb not null default '{}',
  add column heard_until timestamptz,
  add column message_id uuid,
  add column updated_at timestamptz not null default now();
comment on column approvals.requested_by is 'Who asked, by name';
comment on column approvals.requested_by_id is 'Who asked, within the tenant; they may not decide';
comment on column approvals.decided_by is 'Who decided or withdrew, by name';
comment on column approvals.decided_by_id is 'Who decided or withdrew, within the tenant';
comment on column approvals.snapshot is 'The conversation as it was when it was asked';
comment on column approvals.heard_until is 'The newest message of the customer at that time; a newer one makes the request stale';
comment on column approvals.message_id is 'The message that was sent by its approval';
comment on column approvals.updated_at is 'When the row last changed';

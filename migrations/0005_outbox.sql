create table outbox (
  sequence bigint generated always as identity,
  operation_id uuid primary key,
  tenant_id text not null references tenants,
  account_id uuid not null references chatwoot_accounts,
  conversation_id uuid not null references conversations,
  command text not null,
  payload jsonb not null,
  traceparent text not null,
  due_at timestamptz not null default now(),
  not_before timestamptz,
  publications integer not null default 0,
  attempts integer not null default 0,
  created_at timestamptz not null default now()
);
comment on table outbox is 'What clients asked for and Chatwoot has not settled yet; a row goes when it is settled';
comment on column outbox.sequence is 'Commands of one conversation are carried out in this order';
comment on column outbox.operation_id is 'The marker inside a reply; the id of its message';
comment on column outbox.command is 'send_message, set_status, …';
comment on column outbox.payload is 'The full wanted state';
comment on column outbox.traceparent is 'The trace of the request';
comment on column outbox.due_at is 'When the relay publishes the row (again)';
comment on column outbox.not_before is 'Not tried before then, whatever wakes the worker; null: at once';
comment on column outbox.publications is 'Times published; part of the message id';
comment on column outbox.attempts is 'Times tried in Chatwoot';
create index outbox_due on outbox (due_at, sequence);
create index outbox_of_conversation on outbox (conversation_id, sequence);
select axis_fence('outbox', 'select, insert, update, delete', 'select, insert, update, delete');

create function axis_notify_outbox() returns trigger language plpgsql as $$
begin
  perform pg_notify('outbox', '');
  return null;
end
$$;
comment on function axis_notify_outbox is 'Wakes the relay when rows were added';
create trigger outbox_added after insert on outbox
  for each statement execute function axis_notify_outbox();

create table outbound_attempts (
  operation_id uuid not null,
  attempt integer not null,
  tenant_id text not null references tenants,
  account_id uuid not null references chatwoot_accounts,
  conversation_id uuid not null,
  highest_message_id bigint not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  outcome text check (outcome in ('done', 'retry', 'unknown', 'absent', 'failed')),
  detail text,
  primary key (operation_id, attempt)
);
comment on table outbound_attempts is 'Every try at a command; written before the try, so that a crash leaves a trace';
comment on column outbound_attempts.highest_message_id is 'Highest message number known in the conversation before the try: an unknown outcome is looked up after it';
comment on column outbound_attempts.finished_at is 'Null while under way, or if the program died';
comment on column outbound_attempts.outcome is 'Null while under way; absent: looked up and not there';
comment on column outbound_attempts.detail is 'The cause, in words';
create index outbound_attempts_started on outbound_attempts (started_at);
select axis_fence('outbound_attempts', 'select', 'select, insert, update, delete');

-- What was taken back before it left was gone with its client's id. A device that never heard that it was written sent
-- it again under that id, and the customer got what somebody had taken back.

create table withdrawn_messages (
  conversation_id uuid not null references conversations on delete cascade,
  client_id text not null,
  tenant_id text not null references tenants,
  withdrawn_at timestamptz not null default now(),
  primary key (conversation_id, client_id)
);
comment on table withdrawn_messages is 'Client''s ids of messages that were taken back or discarded: nothing is written under them any more';
comment on column withdrawn_messages.client_id is 'The client''s own id of the message';
comment on column withdrawn_messages.withdrawn_at is 'When it was taken back';
select axis_fence('withdrawn_messages', 'select, insert', 'select');

-- A message's own webhook says how far it got only while it is the newest of its conversation. A report on an earlier one
-- was not known until the next walk, which took it for something that no webhook had told of.
set local lock_timeout = '1s';

create table unheard_deliveries (
  account_id uuid not null references chatwoot_accounts on delete cascade,
  tenant_id text not null references tenants,
  display_id bigint not null,
  chatwoot_id bigint not null,
  noted_at timestamptz not null,
  primary key (account_id, chatwoot_id)
);
create index unheard_deliveries_by_time on unheard_deliveries (account_id, noted_at);
comment on table unheard_deliveries is 'Messages of which an update was told, but not how far they got by it: a sweep looks at each once';
comment on column unheard_deliveries.display_id is 'Chatwoot''s number of the conversation';
comment on column unheard_deliveries.chatwoot_id is 'Chatwoot''s number of the message';
comment on column unheard_deliveries.noted_at is 'When the newest such update was told';
select axis_fence('unheard_deliveries', '', 'select, insert, update, delete');

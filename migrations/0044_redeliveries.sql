-- A message's own webhook has no time of its own. Where its conversation has a newer message, a failure after it was
-- handed to its channel again is dated like the failure before, and was taken for it.
-- Where somebody reads for long, as a backup does, this gives up at once and is to be run again.

set local lock_timeout = '1s';

create table redeliveries (
  message_id uuid primary key references messages on delete cascade,
  tenant_id text not null references tenants,
  account_id uuid not null references chatwoot_accounts on delete cascade,
  handed_over_at timestamptz not null
);
create index redeliveries_by_account on redeliveries (account_id, handed_over_at);
comment on table redeliveries is 'Messages that were handed to their channel again of late: sweeps look what came of them';
comment on column redeliveries.handed_over_at is 'When Chatwoot had last taken it up';
select axis_fence('redeliveries', '', 'select, insert, update, delete');

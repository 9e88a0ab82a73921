-- What the accounts of a tenant consist of was looked for among all tenants' rows. These tables are small and hardly ever
-- written, so the indexes are made at once.
-- Where somebody reads or writes for long, this gives up at once and is to be run again.

set local lock_timeout = '1s';

create index if not exists agents_of_tenant on agents (tenant_id);
create index if not exists teams_of_tenant on teams (tenant_id);
create index if not exists labels_of_tenant on labels (tenant_id);
create index if not exists inboxes_of_tenant on inboxes (tenant_id);
create index if not exists canned_responses_of_tenant on canned_responses (tenant_id);

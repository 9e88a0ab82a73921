create table tenants (
  id text primary key check (id ~ '^[a-z0-9_-]{1,64}$'),
  name text not null,
  created_at timestamptz not null default now()
);
comment on table tenants is 'Companies that share this deployment and never meet';
comment on column tenants.id is 'A short name, safe in subjects and addresses';
comment on column tenants.name is 'For people';

alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant on tenants to axis_api using (id = current_setting('axis.tenant', true));
create policy worker on tenants to axis_worker using (true) with check (true);
grant select on tenants to axis_api;
grant select, insert, update on tenants to axis_worker;

create table chatwoot_accounts (
  id uuid primary key,
  tenant_id text not null references tenants,
  base_url text not null,
  chatwoot_account_id bigint not null,
  name text,
  sealed_api_token bytea not null,
  sealed_webhook_secrets bytea[] not null default '{}',
  webhook_id bigint,
  allow_unsigned boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (base_url, chatwoot_account_id)
);
comment on table chatwoot_accounts is 'Chatwoot accounts that are served, each for one tenant';
comment on column chatwoot_accounts.id is 'The account key: opaque, in subjects and webhook addresses';
comment on column chatwoot_accounts.base_url is 'Scheme and host of the installation, without a trailing slash';
comment on column chatwoot_accounts.chatwoot_account_id is 'Its number in that installation';
comment on column chatwoot_accounts.sealed_api_token is 'Administrator''s token, sealed under AXIS_SECRET_KEY';
comment on column chatwoot_accounts.sealed_webhook_secrets is 'Secrets valid now, newest first, each sealed under AXIS_SECRET_KEY';
comment on column chatwoot_accounts.webhook_id is 'Number of our webhook in Chatwoot, once registered';
comment on column chatwoot_accounts.allow_unsigned is 'The operator said that it signs nothing (before 4.11.2)';
select axis_fence('chatwoot_accounts', '', 'select, insert, update, delete');
-- Sealed or not: who serves clients has no business with secrets.
grant select (id, tenant_id, base_url, chatwoot_account_id, name, webhook_id, allow_unsigned,
              created_at, updated_at) on chatwoot_accounts to axis_api;
create policy search on chatwoot_accounts for select to axis_search using (true);
grant select (id, tenant_id) on chatwoot_accounts to axis_search;

-- Accounts may be disconnected, and tenants renamed by their administrators.

alter table chatwoot_accounts add column disconnected_at timestamptz;
comment on column chatwoot_accounts.disconnected_at is 'Since when it is not served any more; its token and secrets are gone, its data are there; null: it is served';
grant select (disconnected_at) on chatwoot_accounts to axis_api;

alter table chatwoot_accounts add column public_only boolean not null default false;
comment on column chatwoot_accounts.public_only is 'A caller named its address, and no operator: it is called at public addresses only';

grant update (name) on tenants to axis_api;

-- What operators of a tenant see and do through the API.

-- What rate limits are counted by: host and port of an installation's address.
create function axis_host(base_url text) returns text language sql immutable as $$
  select case when authority ~ ':[0-9]+$' then authority
              when base_url ilike 'http:%' then authority || ':80'
              else authority || ':443' end
  from (select lower(split_part(split_part(base_url, '://', 2), '/', 1)) as authority) as address
$$;
comment on function axis_host is 'Host and port of an installation''s address';

-- Accounts on one installation share what may be asked of it, whosever they are; who has one there may
-- see how much is left, and not how much was asked.
create policy tenant on chatwoot_hosts for select to axis_api using (
  exists (
    select from chatwoot_accounts a
    where a.tenant_id = current_setting('axis.tenant', true) and axis_host(a.base_url) = host
  )
);
grant select (host, per_minute, tokens, filled_at, paused_until) on chatwoot_hosts to axis_api;

-- An operator may have an account compared now.
grant update (sweep_due_at, walk_due_at) on reconciliations to axis_api;

create index outbound_attempts_of_tenant on outbound_attempts (tenant_id, started_at desc);
create index outbox_of_tenant on outbox (tenant_id, account_id);
create index announcements_of_tenant on announcements (tenant_id, created_at);

-- How something ended that takes long stands in a row of its own, which names the row of its
-- beginning.
create index audit_endings on audit ((details ->> 'begun')) where details ? 'begun';

-- Who may come in: API keys, tickets for live streams, and what an OpenID provider says of tenants.
--
--   axis_gate    finds whose a key, a ticket or a claim is, before the tenant is known: reads those
--                few columns of all tenants, and nothing else

do $$
begin
  begin
    create role axis_gate nologin;
  exception
    when duplicate_object or unique_violation then null;
  end;
  begin
    grant axis_gate to current_user;
  exception
    when unique_violation then null;
  end;
  execute format('grant usage on schema %I to axis_gate', current_schema());
end
$$;

create table api_keys (
  id uuid primary key,
  tenant_id text not null references tenants,
  name text not null,
  digest bytea not null unique,
  permissions text[] not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
comment on table api_keys is 'Machines that may come in';
comment on column api_keys.name is 'What it is for, for people';
comment on column api_keys.digest is 'SHA-256 of the key, which is random and kept nowhere';
comment on column api_keys.permissions is 'What it may do; names that a program does not know are worth nothing';
comment on column api_keys.created_by is 'Who made it';
comment on column api_keys.expires_at is 'From when on it is worth nothing; null: for good';
comment on column api_keys.last_used_at is 'When it last came in, to the minute';
comment on column api_keys.revoked_at is 'From when on it is worth nothing, by somebody''s word';
create index api_keys_newest on api_keys (tenant_id, created_at desc, id desc);
select axis_fence('api_keys', 'select, insert', 'select, insert, update');
grant update (revoked_at) on api_keys to axis_api;
create policy gate on api_keys to axis_gate using (true) with check (true);
grant select (id, tenant_id, name, digest, permissions, expires_at, last_used_at, revoked_at)
  on api_keys to axis_gate;
grant update (last_used_at) on api_keys to axis_gate;

create table stream_tickets (
  digest bytea primary key,
  tenant_id text not null references tenants,
  caller jsonb not null,
  expires_at timestamptz not null,
  session_ends_at timestamptz
);
comment on table stream_tickets is 'Each opens one live stream, once, for browsers, which cannot send a header there';
comment on column stream_tickets.digest is 'SHA-256 of the ticket, which is random and kept nowhere';
comment on column stream_tickets.caller is 'Who asked for it: kind, id, name, permissions';
comment on column stream_tickets.expires_at is 'Until when it can be used';
comment on column stream_tickets.session_ends_at is 'When the stream ends, with the token that the ticket was asked with; null: never';
create index stream_tickets_of_tenant on stream_tickets (tenant_id, expires_at);
select axis_fence('stream_tickets', 'select, insert, delete', 'select, insert, delete');
create policy gate on stream_tickets to axis_gate using (true);
grant select, delete on stream_tickets to axis_gate;

create table tenant_claims (
  claim text primary key,
  tenant_id text not null references tenants,
  created_at timestamptz not null default now()
);
comment on table tenant_claims is 'Which tenant the OpenID provider means';
comment on column tenant_claims.claim is 'What the provider''s tenant claim says';
create index tenant_claims_of_tenant on tenant_claims (tenant_id);
select axis_fence('tenant_claims', 'select', 'select, insert, update, delete');
create policy gate on tenant_claims for select to axis_gate using (true);
grant select on tenant_claims to axis_gate;

-- What the workers of a deployment know together: who may call Chatwoot now. The bus may lose it,
-- and a worker may die with it.

create table chatwoot_hosts (
  host text primary key,
  per_minute integer not null default 0,
  tokens double precision not null default 0,
  away double precision not null default 0,
  filled_at timestamptz not null default 'epoch',
  granted bigint not null default 0,
  paused_until timestamptz,
  pauses integer not null default 0
);
comment on table chatwoot_hosts is 'Chatwoot installations, and how much may be asked of each; all accounts on one share it';
comment on column chatwoot_hosts.host is 'Host and port, as calls are counted by';
comment on column chatwoot_hosts.per_minute is 'Requests a minute by the settings of the worker that took some last';
comment on column chatwoot_hosts.tokens is 'Requests that may be made now and are in no worker''s lease';
comment on column chatwoot_hosts.away is 'Callers sent away that have not had their turn';
comment on column chatwoot_hosts.filled_at is 'When the two were reckoned; long ago means a full bucket';
comment on column chatwoot_hosts.granted is 'Requests granted ever, less those given back: its growth is the rate';
comment on column chatwoot_hosts.paused_until is 'It asked to slow down; nothing is asked of it until then';
comment on column chatwoot_hosts.pauses is 'Pauses since it last answered well; each is longer';
alter table chatwoot_hosts enable row level security;
alter table chatwoot_hosts force row level security;
create policy worker on chatwoot_hosts to axis_worker using (true) with check (true);
grant select, insert, update, delete on chatwoot_hosts to axis_worker;

create table chatwoot_breakers (
  account_id uuid primary key references chatwoot_accounts on delete cascade,
  tenant_id text not null references tenants,
  failures integer not null default 0,
  opened integer not null default 0,
  state text not null default 'closed' check (state in ('closed', 'open', 'trial')),
  until timestamptz,
  check ((state = 'closed') = (until is null))
);
comment on table chatwoot_breakers is 'Accounts whose Chatwoot does not answer; one that does has no row';
comment on column chatwoot_breakers.failures is 'Calls in a row that were not answered';
comment on column chatwoot_breakers.opened is 'Times the account was put to rest since it last answered';
comment on column chatwoot_breakers.state is 'closed: called as ever; open: at rest; trial: one worker tries';
comment on column chatwoot_breakers.until is 'The end of the rest, or of the wait for the trial''s outcome';
select axis_fence('chatwoot_breakers', 'select', 'select, insert, update, delete');

-- The relay gives every account its turn.
create index outbox_due_of_account on outbox (account_id, due_at, sequence);

create table announcements (
  activity_id uuid primary key,
  tenant_id text not null references tenants,
  state_of uuid unique,
  activity jsonb not null,
  created_at timestamptz not null default now()
);
comment on table announcements is 'What is committed and not known to be announced; whoever wrote it announces it at once and removes the row, an outbound worker does what is left';
comment on column announcements.state_of is 'The message whose state it tells: a newer state takes the place of an older one';
comment on column announcements.activity is 'What happened; its rows are added as they are when it is announced';
create index announcements_oldest on announcements (created_at);
select axis_fence('announcements', 'select, insert, delete', 'select, insert, update, delete');

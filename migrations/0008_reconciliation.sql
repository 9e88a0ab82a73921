-- Webhooks are at most once, so Chatwoot is asked too. What an account consists of besides its
-- conversations is only ever asked for.

alter table conversations add column gone_at bigint not null default 0;
comment on column conversations.gone_at is 'Microseconds since 1970 at which Chatwoot last no longer knew it; grows only. It is gone if that is after version_at';
alter table contacts add column gone_at bigint not null default 0;
comment on column contacts.gone_at is 'Microseconds since 1970 at which Chatwoot last no longer knew the person (deleted, or merged into another); grows only. Gone if that is after version_at';

create table reconciliations (
  account_id uuid primary key references chatwoot_accounts,
  tenant_id text not null references tenants,
  holder uuid,
  held_until timestamptz not null default '-infinity',
  sweep_due_at timestamptz not null default '-infinity',
  swept_to timestamptz,
  walk_due_at timestamptz not null default '-infinity',
  walk_page integer not null default 0,
  walk_place bigint not null default 0,
  walk_contacts boolean not null default false,
  walk_total bigint,
  walk_done bigint not null default 0,
  walked_at timestamptz,
  brought_in bigint not null default 0,
  drift_found bigint not null default 0,
  drift_repaired bigint not null default 0,
  failures integer not null default 0,
  last_error text,
  updated_at timestamptz not null default now()
);
comment on table reconciliations is 'How far each account has been compared with its Chatwoot';
comment on column reconciliations.holder is 'The process that compares it now';
comment on column reconciliations.held_until is 'Until then nobody else does, unless an operator says so';
comment on column reconciliations.sweep_due_at is 'When what changed lately is asked for next';
comment on column reconciliations.swept_to is 'Everything that changed before then has been compared once';
comment on column reconciliations.walk_due_at is 'When the way through everything goes on, or begins anew';
comment on column reconciliations.walk_page is 'Pages of conversations that the walk has behind it; 0: none';
comment on column reconciliations.walk_place is 'Highest display id behind the walk, or number of the last contact';
comment on column reconciliations.walk_contacts is 'The walk is through with the conversations and looks at contacts without one';
comment on column reconciliations.walk_total is 'How many conversations Chatwoot said there are';
comment on column reconciliations.walk_done is 'How many of them are behind the walk';
comment on column reconciliations.walked_at is 'When a walk last came to its end; null: the account has not been brought in whole';
comment on column reconciliations.brought_in is 'Rows that the first walk found missing: history, not drift';
comment on column reconciliations.drift_found is 'Rows that were missing, different or gone since then';
comment on column reconciliations.drift_repaired is 'Those of them whose repair is in INBOUND';
comment on column reconciliations.failures is 'Tries in a row that Chatwoot, the database or NATS ended';
comment on column reconciliations.last_error is 'Why the last try ended; null: it did not fail';
select axis_fence('reconciliations', 'select', 'select, insert, update, delete');

create table agents (
  account_id uuid not null references chatwoot_accounts,
  chatwoot_id bigint not null,
  tenant_id text not null references tenants,
  name text,
  available_name text,
  email text,
  role text,
  availability text,
  confirmed boolean,
  thumbnail text,
  updated_at timestamptz not null default now(),
  primary key (account_id, chatwoot_id)
);
comment on table agents is 'People who answer, as Chatwoot last listed them';
comment on column agents.chatwoot_id is 'Number of the user in the Chatwoot installation';
comment on column agents.available_name is 'The name that customers see';
comment on column agents.role is 'agent, administrator, or another of the installation';
comment on column agents.availability is 'online, busy or offline when it was asked for';
comment on column agents.confirmed is 'The invitation was accepted';
comment on column agents.updated_at is 'When the row last changed here';
select axis_fence('agents', 'select', 'select, insert, update, delete');

create table teams (
  account_id uuid not null references chatwoot_accounts,
  chatwoot_id bigint not null,
  tenant_id text not null references tenants,
  name text,
  description text,
  updated_at timestamptz not null default now(),
  primary key (account_id, chatwoot_id)
);
comment on table teams is 'Teams, as Chatwoot last listed them';
comment on column teams.chatwoot_id is 'Number in the Chatwoot installation';
comment on column teams.updated_at is 'When the row last changed here';
select axis_fence('teams', 'select', 'select, insert, update, delete');

create table inboxes (
  account_id uuid not null references chatwoot_accounts,
  chatwoot_id bigint not null,
  tenant_id text not null references tenants,
  name text,
  channel text,
  updated_at timestamptz not null default now(),
  primary key (account_id, chatwoot_id)
);
comment on table inboxes is 'Inboxes, as Chatwoot last listed them';
comment on column inboxes.chatwoot_id is 'Number in the Chatwoot installation';
comment on column inboxes.channel is 'Channel::WebWidget, Channel::Email, …';
comment on column inboxes.updated_at is 'When the row last changed here';
select axis_fence('inboxes', 'select', 'select, insert, update, delete');

create table labels (
  account_id uuid not null references chatwoot_accounts,
  chatwoot_id bigint not null,
  tenant_id text not null references tenants,
  title text not null,
  description text,
  color text,
  show_on_sidebar boolean,
  updated_at timestamptz not null default now(),
  primary key (account_id, chatwoot_id)
);
comment on table labels is 'Labels that conversations can bear, as Chatwoot last listed them';
comment on column labels.chatwoot_id is 'Number in the Chatwoot installation';
comment on column labels.title is 'What conversations name it by';
comment on column labels.color is '#rrggbb';
comment on column labels.show_on_sidebar is 'Chatwoot''s own screen lists it';
comment on column labels.updated_at is 'When the row last changed here';
select axis_fence('labels', 'select', 'select, insert, update, delete');

create table canned_responses (
  account_id uuid not null references chatwoot_accounts,
  chatwoot_id bigint not null,
  tenant_id text not null references tenants,
  short_code text not null,
  content text not null,
  updated_at timestamptz not null default now(),
  primary key (account_id, chatwoot_id)
);
comment on table canned_responses is 'Prepared answers, as Chatwoot last listed them';
comment on column canned_responses.chatwoot_id is 'Number in the Chatwoot installation';
comment on column canned_responses.short_code is 'What an agent types to get it';
comment on column canned_responses.updated_at is 'When the row last changed here';
select axis_fence('canned_responses', 'select', 'select, insert, update, delete');

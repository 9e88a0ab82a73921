-- Replies go out under the name of whoever wrote them, with the Chatwoot token that they have linked.
-- Where somebody reads for long, as a backup does, this gives up at once and is to be run again.

set local lock_timeout = '1s';

create table account_links (
  account_id uuid not null references chatwoot_accounts on delete cascade,
  member_id text not null,
  tenant_id text not null references tenants,
  chatwoot_user_id bigint not null,
  chatwoot_user_name text,
  sealed_token bytea not null,
  linked_at timestamptz not null default now(),
  refused_at timestamptz,
  primary key (account_id, member_id)
);
comment on table account_links is 'People''s own Chatwoot tokens: what they write here goes out with them';
comment on column account_links.member_id is 'The person''s id within the tenant, as in messages.author_id';
comment on column account_links.chatwoot_user_id is 'Number of the Chatwoot user whose token it is';
comment on column account_links.chatwoot_user_name is 'Their name there when it was linked';
comment on column account_links.sealed_token is 'Their token, sealed under AXIS_SECRET_KEY; empty once Chatwoot has refused it';
comment on column account_links.refused_at is 'Since when it has been refused; null: it is used';
select axis_fence('account_links', '', 'select, insert, update, delete');
-- Sealed or not: who serves clients has no business with secrets.
grant select (account_id, member_id, tenant_id, chatwoot_user_id, chatwoot_user_name, linked_at,
              refused_at) on account_links to axis_api;
grant delete on account_links to axis_api;

alter table outbox add column as_account boolean not null default false;
comment on column outbox.as_account is 'Its author''s own token was refused for it: it goes out with the account''s';

alter table outbound_attempts add column chatwoot_user_id bigint;
comment on column outbound_attempts.chatwoot_user_id is 'The Chatwoot user as whom a reply was sent; null: the account''s token''s owner';

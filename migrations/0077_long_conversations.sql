-- A conversation whose messages never end kept a walk at one step for ever. What is very long is compared in parts, between
-- which others have their turn.
set local lock_timeout = '1s';

create table long_conversations (
  account_id uuid not null references chatwoot_accounts on delete cascade,
  tenant_id text not null references tenants,
  display_id bigint not null,
  compared_after bigint not null,
  compared_before bigint,
  parts integer not null default 1,
  primary key (account_id, display_id)
);
comment on table long_conversations is 'Conversations that a walk has compared in part, and goes on with at its end';
comment on column long_conversations.display_id is 'Chatwoot''s number of the conversation';
comment on column long_conversations.compared_after is 'Messages up to this number have been compared';
comment on column long_conversations.compared_before is
  'Messages from this number on have been compared too, where the newest are read first';
comment on column long_conversations.parts is 'How many parts have been compared';
select axis_fence('long_conversations', '', 'select, insert, update, delete');

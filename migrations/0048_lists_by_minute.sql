-- no-transaction
-- Each step is a transaction of its own, gives up where somebody reads or writes for long, and may be done again; what
-- is left is done when `axis migrate` is run again. While an index is made, a second or two for a million
-- conversations, these are read and not written. A version before this one sorts its lists without the indexes
-- that go: they are slower, and the same.

begin;
set local lock_timeout = '1s';
alter table conversations
  drop constraint if exists conversations_activity_minute,
  add constraint conversations_activity_minute check (activity_minute is not null) not valid;
commit;

begin;
set local lock_timeout = '1s';
alter table conversations validate constraint conversations_activity_minute;
commit;

-- What is validated need not be looked through again.
begin;
set local lock_timeout = '1s';
alter table conversations alter column activity_minute set not null;
alter table conversations drop constraint conversations_activity_minute;
commit;

begin;
set local lock_timeout = '1s';
create index if not exists conversations_latest on conversations (tenant_id, activity_minute desc);
commit;

begin;
set local lock_timeout = '1s';
create index if not exists conversations_of_status on conversations (tenant_id, status, activity_minute desc);
commit;

begin;
set local lock_timeout = '1s';
create index if not exists conversations_of_assignee on conversations (tenant_id, assignee_id, activity_minute desc);
commit;

begin;
set local lock_timeout = '1s';
create index if not exists conversations_most_urgent on conversations
  (tenant_id, (case priority when 'urgent' then 4 when 'high' then 3 when 'medium' then 2
               when 'low' then 1 else 0 end) desc, activity_minute desc);
commit;

begin;
set local lock_timeout = '1s';
drop index if exists conversations_newest, conversations_by_status, conversations_by_assignee, conversations_urgent;
commit;

-- A message's account and tenant are those of its conversation, which is looked up for each message anyway.
begin;
set local lock_timeout = '1s';
alter table messages
  drop constraint if exists messages_tenant_id_fkey,
  drop constraint if exists messages_account_id_fkey;
commit;

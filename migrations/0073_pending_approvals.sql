-- Whether a request about a conversation waits is read with every row of a list. Requests are few, so the index is made at
-- once: for about a second per million they are read and not written.
-- Where somebody reads or writes for long, this gives up at once and is to be run again.

set local lock_timeout = '1s';

create index if not exists approvals_pending on approvals (conversation_id) include (tenant_id)
  where status = 'submitted';

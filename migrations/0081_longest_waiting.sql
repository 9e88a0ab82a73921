-- no-transaction
-- Whoever may see one tenant's rows only read all of them for the second page of those who wait longest: PostgreSQL does
-- not know that coalesce() tells nobody what it saw, so it kept a policy's readers from looking for a place in that order.
-- It knows so of `case`. Made while others read and write. One statement only: this one may be in no transaction, and
-- several would be in one.

create index concurrently if not exists conversations_longest_waiting on conversations
  (tenant_id, (case when waiting_since is null then 'infinity'::timestamptz else waiting_since end), id);

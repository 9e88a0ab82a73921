-- The index over the longest waiting that 0081 replaces. A version before that reads all of a tenant's conversations for its
-- list of those who wait longest, as it did for the second page anyway. In a migration of its own: whoever has just made an
-- index again (0086) keeps readers waiting, and must not wait for them.
-- Where somebody reads or writes for long, this gives up at once and is to be run again.

set local lock_timeout = '1s';

drop index if exists conversations_waiting;

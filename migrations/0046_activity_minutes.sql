-- Each event of a conversation moves its last activity, which stood in four indexes, so each was entered anew into all
-- nine of the table. Lists are to follow the minute of the activity, and to sort what falls into one. A row that stays in
-- its minute is written beside its predecessor, where its page has room, and into no index: Chatwoot tells two to five
-- things of every message within seconds.
-- Where somebody reads or writes for long, this gives up at once and is to be run again.

set local lock_timeout = '1s';

create function axis_minute(at timestamptz) returns timestamptz
  language sql immutable parallel safe
  return date_bin('1 minute', at, '2000-01-01 00:00:00+00');
comment on function axis_minute is 'The beginning of the minute';

alter table conversations add column activity_minute timestamptz;
comment on column conversations.activity_minute is
  'The minute of last_activity_at, kept by a trigger: what lists are read along';

create function axis_keep_minute() returns trigger language plpgsql as $$
begin
  new.activity_minute := axis_minute(new.last_activity_at);
  return new;
end
$$;
-- The condition is seen to without a call, and most events fall into the minute of the one before.
create trigger activity_minute before insert or update of last_activity_at on conversations
  for each row when (new.activity_minute is distinct from axis_minute(new.last_activity_at))
  execute function axis_keep_minute();

alter table conversations set (fillfactor = 70);

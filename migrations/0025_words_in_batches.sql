-- Each message has some twenty entries in the index over words, and those of its spans of time go to the same few
-- places as everybody's: one by one they were a seventh of what an event costs. Collected and taken in many at a time
-- they are next to nothing, if whoever takes them in is nobody whose transaction others wait for: that is the workers'
-- affair, some times a second. Left alone (by programs that do not know of it), a writer takes them in once they fill
-- 16 MiB.

alter index messages_search set (fastupdate = on, gin_pending_list_limit = 16384);

-- By name, so that the index can be made anew.
create function axis_take_in_words() returns bigint
  language sql security definer set search_path from current
  as $$select gin_clean_pending_list('messages_search')$$;
comment on function axis_take_in_words is
  'Takes collected words of messages into their index; gives back how many pages they had filled';
revoke all on function axis_take_in_words from public;
grant execute on function axis_take_in_words to axis_worker;

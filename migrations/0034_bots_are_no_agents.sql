-- Bots are numbered for themselves: one in charge was taken for the agent of the same number, and giving its
-- conversation to that agent for done.

create or replace function axis_same(field text, a jsonb, b jsonb) returns boolean language sql immutable as $$
  select case
    when field = 'assignee' then (a -> 'id') is not distinct from (b -> 'id')
      and coalesce(a ->> 'type', 'user') = coalesce(b ->> 'type', 'user')
    when field = 'team' then (a -> 'id') is not distinct from (b -> 'id')
    else a = b
  end
$$;

-- The spans of a message were worked out by a function that is a query: it is prepared for each statement that
-- writes messages and run like one for each of them, one part in twenty of what PostgreSQL does for an event. As
-- a procedure it is an expression. What it gives is the same, so the index over it stays.

create or replace function axis_search_spans(tenant text, at timestamptz) returns text[]
  language plpgsql immutable strict parallel safe as $$
begin
  return array[
    tenant || '/day' || ((at at time zone 'UTC')::date - date '2000-01-01'),
    tenant || '/week' || ((at at time zone 'UTC')::date - date '2000-01-01') / 7,
    tenant || '/quarter' || ((at at time zone 'UTC')::date - date '2000-01-01') / 91,
    tenant
  ];
end
$$;

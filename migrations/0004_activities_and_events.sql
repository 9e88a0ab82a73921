-- The two tables that only grow. Both are cut by month, so that what is too old is dropped as a
-- whole; a default part takes what no month was made for.

create table activities (
  id uuid not null,
  tenant_id text not null,
  occurred_at timestamptz not null,
  kind text not null,
  source text not null,
  account_id uuid,
  conversation_id uuid,
  actor jsonb,
  data jsonb not null default '{}',
  primary key (occurred_at, id)
) partition by range (occurred_at);
comment on table activities is 'The timeline: what happened, told once';
comment on column activities.id is 'The same for every telling of the same thing';
comment on column activities.occurred_at is 'When it happened, by Chatwoot''s clock where it has one';
comment on column activities.kind is 'message_created, conversation_status_changed, …';
comment on column activities.source is 'Where it was done: chatwoot or axis';
comment on column activities.actor is '{type, id, name}, where known';
comment on column activities.data is 'Facts of this kind that can never change';
create index activities_newest on activities (tenant_id, occurred_at desc, id desc);
create index activities_of_conversation on activities (conversation_id, occurred_at desc, id desc);
create index activities_id on activities (id);
create table activities_other partition of activities default;
select axis_fence('activities', 'select, insert', 'select, insert, update, delete');

create table webhook_events (
  received_at timestamptz not null,
  event_id uuid not null,
  tenant_id text not null,
  account_id uuid not null,
  event text not null,
  origin text not null,
  delivery text,
  digest bytea not null,
  stream_sequence bigint not null,
  outcome text not null check (outcome in ('applied', 'ignored', 'rejected')),
  detail text,
  processed_at timestamptz not null default now(),
  primary key (received_at, event_id)
) partition by range (received_at);
comment on table webhook_events is 'The audit of what came in and what became of it; bodies stay in the stream';
comment on column webhook_events.received_at is 'When it was made durable';
comment on column webhook_events.event_id is 'The same for equal bodies of one account';
comment on column webhook_events.origin is 'webhook, or reconciler for what was fetched';
comment on column webhook_events.delivery is 'Chatwoot''s id of the delivery';
comment on column webhook_events.digest is 'SHA-256 of the body';
comment on column webhook_events.stream_sequence is 'Where the body is in INBOUND';
comment on column webhook_events.outcome is 'applied, ignored (nothing to apply) or rejected (dead letter)';
comment on column webhook_events.detail is 'Why it was rejected';
create index webhook_events_newest on webhook_events (tenant_id, received_at desc);
create index webhook_events_rejected on webhook_events (received_at desc) where outcome = 'rejected';
create table webhook_events_other partition of webhook_events default;
select axis_fence('webhook_events', 'select', 'select, insert, update, delete');

create function axis_make_partitions(months_ahead integer default 2)
returns void language plpgsql security definer set search_path from current as $$
declare
  parent text;
  month date;
  part text;
begin
  -- One maker at a time, so that two programs that start together do not collide.
  perform pg_advisory_xact_lock(hashtext('axis_make_partitions'));
  foreach parent in array array['activities', 'webhook_events'] loop
    for ahead in -1..months_ahead loop
      month := (date_trunc('month', now() at time zone 'utc') + make_interval(months => ahead))::date;
      part := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
      if to_regclass(part) is null then
        begin
          execute format(
            'create table %I partition of %I for values from (%L) to (%L)',
            part, parent, month::text || ' 00:00:00+00',
            (month + interval '1 month')::date::text || ' 00:00:00+00');
        exception
          -- The default part holds rows of that month already; it goes on taking them.
          when check_violation then
            raise warning 'part % cannot be made: the default part of % holds rows of that month',
              part, parent;
        end;
      end if;
    end loop;
  end loop;
end
$$;
comment on function axis_make_partitions is 'Makes the parts of last month, this month and the months ahead';
revoke all on function axis_make_partitions from public;
grant execute on function axis_make_partitions to axis_worker;
select axis_make_partitions();

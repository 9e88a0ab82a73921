-- That a reply had failed was seen in a list only while it was the newest message: once the customer wrote again, nothing
-- told of it. Whoever reads a conversation now finds the failed ones in a table of their own, since an index over messages
-- by what is known of their delivery would be written with every delivery report, and so would all other indexes.
-- Where somebody reads or writes for long, this gives up at once and is to be run again.

set local lock_timeout = '1s';

-- As `messages::DeliveryFacts` has it.
create function axis_failed(m messages) returns boolean
  language sql immutable parallel safe
  return m.message_type in ('outgoing', 'template') and not m.deleted and m.delete_operation is null
    and case
      when m.chatwoot_id is null and m.outbound_state is not null then m.outbound_state = 'failed'
      else m.delivery_failed_at > m.delivery_succeeded_at
        and coalesce(m.outbound_state not in ('queued', 'retrying'), true)
    end;
comment on function axis_failed is 'Whether a message shows as failed, and nobody has asked to delete it';

create table failed_messages (
  message_id uuid primary key references messages on delete cascade,
  conversation_id uuid not null,
  tenant_id text not null references tenants,
  failed_at timestamptz not null
);
create index failed_messages_of_conversation
  on failed_messages (conversation_id, failed_at desc) include (tenant_id);
comment on table failed_messages is 'The messages that show as failed; kept by triggers on messages';
comment on column failed_messages.failed_at is
  'When it failed on its way to Chatwoot, or when Chatwoot said that it had; that is not dated well, so ten minutes after the message was written at the latest';
select axis_fence('failed_messages', 'select, insert, delete', 'select, insert, update, delete');

create function axis_failed_at(m messages) returns timestamptz
  language sql stable parallel safe
  return case
    when m.chatwoot_id is null and m.outbound_state is not null then m.updated_at
    else least(to_timestamp(least(m.delivery_failed_at, 32503680000000000) / 1000000.0),
               m.created_at + interval '10 minutes')
  end;
comment on function axis_failed_at is 'What failed_messages.failed_at is for a message that has just failed';

create function axis_replied(conversation uuid, since timestamptz) returns boolean
  language sql stable
  -- Most conversations are short, so all of a long one would be read for its end. And a plan may have been made when there
  -- was hardly a message.
  set enable_bitmapscan = off
  set enable_seqscan = off
  return exists (
    select from (
      select m.message_type, m.private, m.sender_type, m.chatwoot_id, m.delivery_succeeded_at,
             m.delivery_failed_at
      from messages m
      where m.conversation_id = conversation and m.created_at > since
      order by m.created_at desc, m.id desc limit 100
    ) m
    where m.message_type = 'outgoing' and not m.private
      and m.sender_type in ('user', 'member', 'api_key')
      and m.chatwoot_id is not null and m.delivery_failed_at <= m.delivery_succeeded_at
  );
comment on function axis_replied is
  'Whether an agent''s reply that was written later has gone out: one of the hundred newest messages, so that a flood of others costs no more';

-- By triggers, so that no writer of messages, of whatever version, can forget it. Their conditions are planned anew with
-- each statement, so they are short: nearly all messages have neither failed nor did.
create function axis_keep_failed() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if axis_failed(old) = axis_failed(new)
      and (not axis_failed(new)
        or (old.conversation_id, old.chatwoot_id, old.delivery_failed_at, old.created_at)
          is not distinct from (new.conversation_id, new.chatwoot_id, new.delivery_failed_at, new.created_at))
    then
      return null;
    end if;
    delete from failed_messages where message_id = new.id;
  end if;
  if axis_failed(new) then
    insert into failed_messages (message_id, conversation_id, tenant_id, failed_at)
    values (new.id, new.conversation_id, new.tenant_id, axis_failed_at(new))
    on conflict do nothing;
  end if;
  return null;
end
$$;
comment on function axis_keep_failed is 'Writes failed_messages as messages are';
create trigger messages_failed after insert on messages
  for each row
  when (new.outbound_state = 'failed' or new.delivery_failed_at > new.delivery_succeeded_at)
  execute function axis_keep_failed();
create trigger messages_failed_or_not after update on messages
  for each row
  when (old.outbound_state = 'failed' or old.delivery_failed_at > old.delivery_succeeded_at
    or new.outbound_state = 'failed' or new.delivery_failed_at > new.delivery_succeeded_at)
  execute function axis_keep_failed();

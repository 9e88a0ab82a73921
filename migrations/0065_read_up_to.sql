-- A message that came late was read by whoever had read the conversation before.

set local lock_timeout = '1s';

alter table conversations
  add column marked_up_to bigint,
  add column marked_there_at timestamptz;
comment on column conversations.marked_up_to is
  'Number in Chatwoot of the newest message that was there when somebody here marked the conversation as read';
comment on column conversations.marked_there_at is
  'The agent_last_seen_at that Chatwoot set when told of that: nobody saw more there then than here';
comment on column conversations.marked_seen_until is
  'What was there and written until then was seen, by the word of somebody here';
comment on column conversations.marked_at is
  'When that was said; it counts if it is later than agent_last_seen_at, or if that is marked_there_at';

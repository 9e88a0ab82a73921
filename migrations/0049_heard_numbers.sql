-- The time of a message that came in whole seconds is told finer by its webhook: by it, the message that was known when
-- somebody asked looked like a newer one. Its number stays.
set local lock_timeout = '1s';
alter table approvals add column heard_number bigint;
comment on column approvals.heard_number is
  'Chatwoot''s number of the customer''s newest message at that time, 0 without one; null: asked for by a version that goes by heard_until';

-- What waits behind something else of its conversation could not say what for.
set local lock_timeout = '1s';
alter table outbox add column wait_reason text, add column waits_since timestamptz;
comment on column outbox.wait_reason is 'Why it was put off last, in words, if it was with a word';
comment on column outbox.waits_since is 'When that was';

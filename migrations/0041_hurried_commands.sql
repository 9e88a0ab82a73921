-- Who asked for a reply to be sent at once of which nobody knew yet whether Chatwoot has it was forgotten by the next look
-- that did not find it.
set local lock_timeout = '1s';
alter table outbox add column hurried boolean not null default false;
comment on column outbox.hurried is 'Somebody wants it tried at once: until it is, it waits for certainty only';

-- A reply and a note can be begun in the same conversation, what goes out can be edited by who
-- approves it, lists of approvals are read by who asked and who decided, and the catalogue is added to.

-- A program of before cannot keep drafts beside this, and says so to its clients; it goes on reading.
alter table drafts
  drop constraint drafts_pkey,
  add primary key (conversation_id, principal_id, private);
comment on table drafts is 'What people have begun to write; one per caller, conversation and kind';
create index drafts_newest
  on drafts (tenant_id, principal_id, updated_at desc, conversation_id, private);

alter table approvals add column edited_content text;
comment on column approvals.edited_content is 'The text that went out instead of the proposed one; null: as it was proposed';
create index approvals_asked_by
  on approvals (tenant_id, requested_by_id, created_at desc, id desc);
create index approvals_decided_by
  on approvals (tenant_id, decided_by_id, created_at desc, id desc)
  where decided_by_id is not null;
create index approvals_waiting
  on approvals (tenant_id, created_at desc, id desc)
  where status = 'submitted';

-- What is made in Chatwoot from here is shown at once, in the transaction of its answer.
grant insert, update on labels, canned_responses to axis_api;

-- no-transaction
-- The tries of a conversation's changes stayed when it was erased: they were found by its messages. Erasing now finds all
-- of a conversation, by this index. Made while others read and write. One statement only: this one may be in no
-- transaction, and several would be in one.

create index concurrently if not exists outbound_attempts_of_conversation
  on outbound_attempts (conversation_id);

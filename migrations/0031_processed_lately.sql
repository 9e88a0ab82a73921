-- How fast events are processed is counted by when they were, however long they had waited. They are
-- written in that order, so that an index of ranges of pages is enough: it costs an event nothing.
create index webhook_events_processed on webhook_events
  using brin (processed_at) with (autosummarize = on);

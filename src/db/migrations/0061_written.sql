-- Up Migration

-- What was written of a flow last, as a hash: who finds its own there has nothing to add.
alter table flows add column written text;

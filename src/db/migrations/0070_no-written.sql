-- Up Migration

-- Nothing has read or written it since what a command did is told by its projection (docs/decisions/0014).
alter table flows drop column written;

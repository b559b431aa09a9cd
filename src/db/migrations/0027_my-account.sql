-- Up Migration

-- Came in by a link from their mail: for a while such a person may choose a new password without the old one.
alter table sessions add column by_link boolean not null default false;

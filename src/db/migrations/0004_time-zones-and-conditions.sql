-- Up Migration

-- An IANA time zone: due dates are days in it. A flow keeps the one it was made with.
alter table orgs add column time_zone text not null default 'UTC' check (length(time_zone) between 1 and 100);
alter table flows add column time_zone text not null default 'UTC';

alter table tasks add column condition jsonb;
alter table tasks add column skipped_by text;
update tasks set due = due || '{"unit": "calendar"}' where jsonb_typeof(due) = 'object' and not due ? 'unit';

-- Up Migration

-- Row-level security lets only functions that can't leak use an index, and lower() is none of them: a name is looked
-- up by a column that is lower-case already.
alter table flows add column name_key text not null generated always as (lower(name)) stored;
drop index flows_by_name;
create index flows_by_name on flows (org_id, name_key);
alter table tasks add column title_key text not null generated always as (lower(title)) stored;
drop index tasks_by_title;
create index tasks_by_title on tasks (org_id, title_key);

-- All tasks of an org, what is due first first.
create index tasks_by_due on tasks (org_id, due_order, id);

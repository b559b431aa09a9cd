-- Up Migration

-- How long tasks took, the latest first: what a forecast goes by where a step has no past of its own.
create index tasks_done on tasks (org_id, done_at desc) where status = 'COMPLETED';

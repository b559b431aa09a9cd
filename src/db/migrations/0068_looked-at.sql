-- Up Migration

-- When a worker first looked for what is to be passed on or erased. What was sent to a flow while every worker was away, such
-- as a task given to whoever left then, shows up within moments of that, however long ago they left.
alter table hand_overs add column looked_at timestamptz;
alter table erasures add column looked_at timestamptz;

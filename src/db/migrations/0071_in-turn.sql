-- Up Migration

-- Those that no worker looked at go first, and of the others each has its turn: many that wait for flows which answer nothing
-- were the oldest for good, and all that were looked at.
create or replace function open_hand_overs(most int) returns table (org_id text, id text)
  language sql volatile security definer set search_path from current as $$
  select h.org_id, h.id from hand_overs h where h.finished_at is null
  order by h.looked_at is not null, random() limit most
$$;
create or replace function open_erasures(before timestamptz, most int) returns table (org_id text, id text)
  language sql volatile security definer set search_path from current as $$
  select e.org_id, e.id from erasures e where e.finished_at is null and e.created_at < before
  order by e.looked_at is not null, random() limit most
$$;

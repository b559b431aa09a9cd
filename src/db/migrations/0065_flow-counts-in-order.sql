-- Up Migration

-- A flow that is paused and one that is resumed at the same time each lower the count that the other raises. Both counts
-- are locked first, in the order of their statuses, so that neither waits for the other. Whoever counted in the old order
-- while this was brought in could still meet them so, and is tried again as before.
create or replace function count_flows() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if old.status = new.status then
      return null;
    end if;
    perform from flow_counts where org_id = new.org_id and status in (old.status, new.status) order by status for update;
  end if;
  if tg_op <> 'INSERT' then
    update flow_counts set n = n - 1 where org_id = old.org_id and status = old.status;
  end if;
  if tg_op <> 'DELETE' then
    insert into flow_counts values (new.org_id, new.status, 1)
      on conflict (org_id, status) do update set n = flow_counts.n + 1;
  end if;
  return null;
end $$;

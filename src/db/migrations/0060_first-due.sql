-- Up Migration

-- When the first of a flow's READY tasks is due, kept with the flow: which flows are late is then told by an index, at 100
-- flows and at 100,000.
alter table flows add column first_due timestamptz not null default 'infinity';

create function keep_first_due() returns trigger language plpgsql as $$
begin
  update flows set first_due = now_due.at
    from (
      select org_id, flow_id, coalesce((
          select min(t.due_order) from tasks t
            where t.org_id = touched.org_id and t.flow_id = touched.flow_id and t.status = 'READY'
        ), 'infinity') as at
        from (select distinct org_id, flow_id from touched) touched
    ) now_due
    where flows.org_id = now_due.org_id and flows.id = now_due.flow_id and flows.first_due <> now_due.at;
  return null;
end $$;
create trigger first_due_after_insert after insert on tasks referencing new table as touched
  for each statement execute function keep_first_due();
create trigger first_due_after_update after update on tasks referencing new table as touched
  for each statement execute function keep_first_due();
create trigger first_due_after_delete after delete on tasks referencing old table as touched
  for each statement execute function keep_first_due();

update flows set first_due = due.at
  from (select org_id, flow_id, min(due_order) as at from tasks where status = 'READY' group by org_id, flow_id) due
  where flows.org_id = due.org_id and flows.id = due.flow_id and due.at < 'infinity';

create index flows_by_first_due on flows (org_id, first_due) where status = 'ACTIVE';

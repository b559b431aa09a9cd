-- Up Migration

-- Mails that an attempt is handing over now: no other attempt does until then, and no transaction stays open for as long as
-- the mail server takes. A row that stays behind, of a process that died, is the next attempt's to take.
create table mails_under_way (
  org_id text not null references orgs on delete cascade,
  key text not null,
  attempt text not null,
  until timestamptz not null,
  primary key (org_id, key)
);
alter table mails_under_way enable row level security;
create policy own_org on mails_under_way to booflow_app using (org_id = (select current_org()))
  with check (org_id = (select current_org()));
grant select, insert, update, delete on mails_under_way to booflow_app;

-- Many flows made from one table: what was asked for, line by line, and what became of each.
create table flow_imports (
  org_id text not null references orgs on delete cascade,
  id text not null,
  template_id text not null,
  template_name text not null,
  -- Who asked for it, as they were let in: a member.
  by jsonb not null,
  total int not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (org_id, id)
);
create index flow_imports_list on flow_imports (org_id, created_at desc);

create table flow_import_lines (
  org_id text not null,
  import_id text not null,
  -- As in the file, the heading being line 1.
  line int not null,
  input jsonb not null,
  state text not null check (state in ('PENDING', 'DONE', 'FAILED')),
  flow_id text,
  error text,
  primary key (org_id, import_id, line),
  foreign key (org_id, import_id) references flow_imports on delete cascade
);
create index flow_import_lines_pending on flow_import_lines (org_id, import_id, line) where state = 'PENDING';

do $$
declare t text;
begin
  foreach t in array array['flow_imports', 'flow_import_lines'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy own_org on %I to booflow_app using (org_id = (select current_org())) '
                   'with check (org_id = (select current_org()))', t);
    execute format('grant select, insert, update, delete on %I to booflow_app', t);
  end loop;
end $$;

-- Up Migration

-- An import can be stopped. A line is marked as begun before anything is made of it, so that whoever stops and whoever
-- makes never both have it: what has begun is finished, the rest is left out.
alter table flow_imports add column stopped_at timestamptz, add column stopped_by text;
alter table flow_import_lines add column begun boolean not null default false;
alter table flow_import_lines drop constraint flow_import_lines_state_check;
alter table flow_import_lines add constraint flow_import_lines_state_check
  check (state in ('PENDING', 'DONE', 'FAILED', 'STOPPED'));

-- A hash of template and lines, by which the same table is known when it comes again.
alter table flow_imports add column table_hash text;
create index flow_imports_same on flow_imports (org_id, table_hash, created_at);

-- Up Migration

-- `version` 0: never published. `revision` counts every save of the draft, every publishing and every discarding, and
-- never goes back: whoever saves says which one they saw. `draft` is the revision the draft has; null without one.
alter table templates
  alter column version set default 0,
  add column revision int not null default 0,
  add column draft int,
  add column archived_at timestamptz,
  add constraint templates_of_org unique (org_id, id);

-- Who published it, by name, and the revision of the draft it was.
alter table template_versions add column published_by text, add column revision int;

-- The saves of a draft, the last of them the draft itself: what was removed can be put back from an earlier one.
create table template_drafts (
  org_id text not null,
  template_id text not null,
  revision int not null,
  definition jsonb not null,
  saved_by text not null,
  saved_at timestamptz not null default now(),
  primary key (org_id, template_id, revision),
  foreign key (org_id, template_id) references templates (org_id, id) on delete cascade
);
alter table template_drafts enable row level security;
create policy own_org on template_drafts to booflow_app
  using (org_id = (select current_org())) with check (org_id = (select current_org()));
grant select, insert, update, delete on template_drafts to booflow_app;

-- Up Migration

-- The words a flow is found by: those of its name, and of the names and addresses of its clients. A word is looked up by
-- its beginning: the comparison of text can't leak, so row-level security lets it use the index.
create function words_of(given text) returns setof text language sql immutable parallel safe
  as $$ select distinct left(w, 60) from regexp_split_to_table(lower(given), '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+') w
        where w <> '' $$;

create table flow_words (
  org_id text not null,
  flow_id text not null,
  word text collate "C" not null,
  primary key (org_id, word, flow_id),
  foreign key (org_id, flow_id) references flows on delete cascade
);
create index flow_words_of_flow on flow_words (org_id, flow_id, word);
alter table flow_words enable row level security;
create policy own_org on flow_words to booflow_app using (org_id = (select current_org()))
  with check (org_id = (select current_org()));
grant select, insert, update, delete on flow_words to booflow_app;

create function index_words(org text, flow text, given text) returns void language sql
  as $$ insert into flow_words select org, flow, w from words_of(given) w on conflict do nothing $$;
create function index_flow() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from flow_words where org_id = new.org_id and flow_id = new.id;
    perform index_words(org_id, flow_id, name || ' ' || email) from external_users
      where org_id = new.org_id and flow_id = new.id;
  end if;
  perform index_words(new.org_id, new.id, new.name);
  return null;
end $$;
create function index_external_user() returns trigger language plpgsql as $$
begin
  perform index_words(new.org_id, new.flow_id, new.name || ' ' || new.email);
  return null;
end $$;
create trigger flow_indexed after insert on flows for each row execute function index_flow();
create trigger flow_indexed_anew after update of name on flows for each row
  when (old.name is distinct from new.name) execute function index_flow();
create trigger external_user_indexed after insert on external_users for each row execute function index_external_user();
create trigger external_user_indexed_anew after update of name, email on external_users for each row
  when (old.name is distinct from new.name or old.email is distinct from new.email)
  execute function index_external_user();

insert into flow_words
  select org_id, id, w from flows, words_of(name) w
  union
  select org_id, flow_id, w from external_users, words_of(name || ' ' || email) w;

-- Whom a flow waits on, and the flows of a template, newest first.
create index tasks_waiting on tasks (org_id, assignee_kind, assignee_id, flow_id) where status = 'READY';
create index flows_by_template on flows (org_id, template_id, created_at desc, id desc);

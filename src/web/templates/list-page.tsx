/** The org's templates: those on offer, those being written, those shut away. */

import type { z } from 'zod';
import type { Session } from '../../oauth/session.ts';
import type { listTemplates } from '../../operations/list-templates.ts';
import { count } from '../../operations/words.ts';
import { named } from '../kit/named.ts';
import { numberWord } from '../kit/number.ts';
import { renderPage } from '../kit/page.tsx';
import { Csrf, Notice } from '../kit/parts.tsx';
import { Shell } from '../kit/shell.tsx';
import { Day } from '../kit/when.tsx';

type Listed = z.output<typeof listTemplates.output>['templates'][number];

export interface ListView {
  readonly session: Session;
  readonly templates: readonly Listed[];
  readonly now: number;
  readonly commandId: string;
  readonly problem: string | null;
  readonly notice: string | null;
  /** What was typed into a form that was refused. */
  readonly typed: { readonly name: string; readonly file: string };
}

export function listHeadline(templates: readonly Listed[]): string {
  const offered = templates.filter((t) => t.version > 0 && !t.archived).length;
  const drafts = templates.filter((t) => t.draft && !t.archived).length;
  if (templates.length === 0) return 'Make your first template, or copy one';
  const have = offered === 1 ? 'One template' : `${numberWord(offered)} templates`;
  return drafts === 0
    ? `${have} to make flows from`
    : `${have}, ${drafts === 1 ? 'one draft' : `${numberWord(drafts).toLowerCase()} drafts`} to publish`;
}

export function listPage(view: ListView): string {
  const { session, templates, now } = view;
  const may = session.org?.role !== 'MEMBER';
  const active = templates.filter((t) => !t.archived);
  const archived = templates.filter((t) => t.archived);
  return renderPage({
    title: 'Templates',
    styles: ['/assets/templates.css'],
    scripts: ['/assets/import.js'],
    children: (
      <Shell session={session} here="/templates">
        <div class="head">
          <div>
            <h1>{listHeadline(templates)}</h1>
            <p class="small">A flow is made from a template: its steps, who does them, and what waits for what.</p>
          </div>
          <div class="row">
            <a class="button" href="/marketplace">
              Browse the marketplace
            </a>
          </div>
        </div>
        <Notice text={view.notice} />
        <Notice text={view.problem} bad />
        {active.length > 0 && <Table templates={active} now={now} />}
        {active.length === 0 && (
          <p class="card sheet">
            Nothing here yet. Copy a public template from the marketplace and change what is different with you
            {may ? ', or begin with a blank one below.' : '; an owner or admin can.'}
          </p>
        )}
        {may && <New {...view} />}
        {archived.length > 0 && (
          <details class="as-list">
            <summary>{count(archived.length, 'archived template')}</summary>
            <Table templates={archived} now={now} />
          </details>
        )}
      </Shell>
    ),
  });
}

const Table = ({ templates, now }: { readonly templates: readonly Listed[]; readonly now: number }) => (
  <div class="card table">
    <div class="template th" aria-hidden="true">
      <span>Template</span>
      <span>Steps</span>
      <span>Version</span>
      <span>Published</span>
      <span>Flows</span>
    </div>
    {templates.map((t) => (
      <a class="template" href={`/templates/${t.id}`} key={t.id}>
        <span>
          <b>{named(t.name)}</b>
          <span class="small">{t.category || 'No category'}</span>
        </span>
        <span class="num small">{count(t.steps, 'step')}</span>
        <span class="facts">
          {t.archived ? (
            <span class="chip">Archived</span>
          ) : (
            t.version > 0 && <span class="num small">Version {t.version}</span>
          )}
          {t.draft && <span class="chip late">{t.version === 0 ? 'Draft, never published' : 'Draft'}</span>}
        </span>
        <span class="num small">{t.publishedAt ? <Day at={t.publishedAt} now={now} /> : '–'}</span>
        <span class={t.flows === 0 ? 'num small none' : 'num small'}>
          {t.flows === 0 ? '–' : count(t.flows, 'flow')}
        </span>
      </a>
    ))}
  </div>
);

const New = ({ session, commandId, typed }: ListView) => (
  <div class="cols new">
    <form method="post" action="/templates" class="card pad stack">
      <h2>A blank template</h2>
      <Csrf secret={session.secret} />
      <input type="hidden" name="command_id" value={commandId} />
      <div class="field">
        <label for="name">Name</label>
        <input id="name" name="name" value={typed.name} required maxLength={200} autocomplete="off" />
      </div>
      <button type="submit" class="button">
        Make it and add steps
      </button>
    </form>
    <form method="post" action="/templates/import" class="card pad stack">
      <h2>From a file</h2>
      <Csrf secret={session.secret} />
      <input type="hidden" name="command_id" value={`${commandId}-file`} />
      <div class="field">
        <label for="file">An exported template, as JSON</label>
        <textarea id="file" name="file" rows={4} required aria-describedby="file-help" spellcheck={false}>
          {typed.file}
        </textarea>
        <span class="small" id="file-help">
          <span data-file-chooser hidden>
            <input id="file-chooser" type="file" accept=".json,application/json" aria-label="Choose a file" />
          </span>
          Its <a href="/schemas/template.json">JSON Schema</a> says how it is written.
        </span>
      </div>
      <button type="submit" class="button">
        Import
      </button>
    </form>
  </div>
);

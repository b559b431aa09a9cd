/** One template to look at: its graph, its steps, who takes part, its versions, and what can be done with it. */

import type { z } from 'zod';
import type { Session } from '../../oauth/session.ts';
import type { getTemplate } from '../../operations/get-template.ts';
import type { listTemplateVersions } from '../../operations/list-template-versions.ts';
import { count } from '../../operations/words.ts';
import { Face } from '../kit/face.tsx';
import { named } from '../kit/named.ts';
import { renderPage } from '../kit/page.tsx';
import { Csrf, dot, Notice } from '../kit/parts.tsx';
import { Day } from '../kit/when.tsx';
import { TemplateGraph } from './graph.tsx';
import { OpenFrame } from './marketplace-page.tsx';
import { StepsList } from './steps-list.tsx';
import { parts } from './words.ts';

type Shown = z.output<typeof getTemplate.output>;
type Versions = z.output<typeof listTemplateVersions.output>['versions'];

export interface TemplateView {
  readonly session: Session | null;
  readonly shown: Shown;
  readonly versions: Versions;
  readonly now: number;
  readonly commandId: string;
  readonly notice: string | null;
  readonly problem: string | null;
}

export function templatePage(view: TemplateView): string {
  const { session, shown, versions, now } = view;
  const { template, definition } = shown;
  const home = template.public ? '/marketplace' : '/templates';
  const old = shown.shown === 'published' && shown.version !== template.version;
  return renderPage({
    title: definition.name || template.name,
    styles: ['/assets/templates.css'],
    children: (
      <OpenFrame session={session} next={`${home}/${template.id}`}>
        <div class="head">
          <div>
            <p class="small">
              <a href={home}>{template.public ? 'Marketplace' : 'Templates'}</a>
              {definition.category && ` / ${definition.category}`}
            </p>
            <h1>{named(definition.name || template.name)}</h1>
            <div class="facts small">
              <State shown={shown} />
              <span class="num">
                {count(definition.steps.length, 'step')}
                <LastPublished view={view} />
              </span>
            </div>
          </div>
          <Actions {...view} />
        </div>
        <Notice text={view.notice} />
        <Notice text={view.problem} bad />
        {shown.shown === 'published' && template.draft && (
          <p class="notice plain">
            A draft has changes that are not published.{' '}
            <a href={`/templates/${template.id}/${session?.org?.role === 'MEMBER' ? '?show=draft' : 'edit'}`}>
              {session?.org?.role === 'MEMBER' ? 'Look at it' : 'Go on editing'}
            </a>
          </p>
        )}
        {(old || (shown.shown === 'draft' && template.version > 0)) && (
          <p class="notice plain">
            {old ? `This is version ${shown.version}, as it was.` : 'This is the draft, not yet published.'}{' '}
            <a href={`/templates/${template.id}`}>Show version {template.version}</a>
          </p>
        )}
        {definition.description && <p class="lead">{definition.description}</p>}
        {definition.steps.length === 0 ? (
          <p class="card sheet">It has no steps yet.</p>
        ) : (
          <>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
            <section class="card graph steps-graph" tabIndex={0} aria-label="Steps as a graph, scrolls">
              <TemplateGraph
                steps={definition.steps}
                wrap={(step, classes, inside) => (
                  <a class={classes} href={`#step-${step.key}`}>
                    {inside}
                  </a>
                )}
              />
            </section>
            <div class="cols">
              <section>
                <h2>Steps</h2>
                <StepsList steps={definition.steps} />
              </section>
              <div class="stack">
                <section class="card pad">
                  <h2>Who takes part</h2>
                  <ul class="people">
                    {parts(definition).map((p) => (
                      <li key={`${p.kind} ${p.name}`}>
                        <Face kind={p.kind} name={p.name} />
                        <span class="grow">{p.name}</span>
                        <span class="num small">{count(p.steps, 'step')}</span>
                      </li>
                    ))}
                  </ul>
                </section>
                {versions.length > 0 && !template.public && <VersionsCard {...{ template, versions, now }} />}
              </div>
            </div>
          </>
        )}
      </OpenFrame>
    ),
  });
}

function State({ shown: { template, shown, version } }: { readonly shown: Shown }) {
  if (template.archived) return <span class="chip">Archived</span>;
  if (template.public) return <span class="chip">Public</span>;
  if (shown === 'draft') return <span class="chip late">{version === 0 ? 'Draft, never published' : 'Draft'}</span>;
  return <span class="chip brand">Version {version}</span>;
}

function LastPublished({ view: { versions, shown, now } }: { readonly view: TemplateView }) {
  const version = versions.find((v) => v.version === shown.version);
  const flows = versions.reduce((n, v) => n + v.flows, 0);
  if (!version || shown.template.public) return null;
  return (
    <>
      {dot}published <Day at={version.publishedAt} now={now} />
      {version.publishedBy && ` by ${version.publishedBy}`}
      {dot}
      {flows === 0 ? 'no flow made from it yet' : `${count(flows, 'flow')} made from it`}
    </>
  );
}

function Actions({ session, shown, commandId }: TemplateView) {
  const { template } = shown;
  const may = session !== null && session.org?.role !== 'MEMBER';
  const file = template.public
    ? `/marketplace/${template.id}/template.json`
    : `/templates/${template.id}/template.json${shown.version === template.version ? '' : `?version=${shown.version}`}`;
  return (
    <div class="row">
      {shown.shown === 'published' && (
        <a class="button quiet" href={file} download>
          Export
        </a>
      )}
      {may && !template.public && <More {...{ session, template, commandId }} />}
      {may && template.public && (
        <>
          <a class="button" href={`/flows/new?${new URLSearchParams({ template: template.id })}`}>
            Create a flow
          </a>
          <form method="post" action={`/templates/${template.id}/copy`}>
            <Csrf secret={session.secret} />
            <input type="hidden" name="command_id" value={commandId} />
            <button type="submit" class="button primary">
              Copy to my organization
            </button>
          </form>
        </>
      )}
      {session === null && (
        <a class="button primary" href={`/sign-in?${new URLSearchParams({ next: `/marketplace/${template.id}` })}`}>
          Sign in to copy it
        </a>
      )}
      {may && !template.public && !template.archived && (
        <>
          <a class={template.version === 0 ? 'button primary' : 'button'} href={`/templates/${template.id}/edit`}>
            Edit
          </a>
          {template.version > 0 && (
            <a class="button primary" href={`/flows/new?${new URLSearchParams({ template: template.id })}`}>
              Create a flow
            </a>
          )}
        </>
      )}
    </div>
  );
}

interface MoreProps {
  readonly session: Session;
  readonly template: Shown['template'];
  readonly commandId: string;
}

const More = ({ session, template, commandId }: MoreProps) => (
  <>
    <form method="post" action={`/templates/${template.id}/copy`}>
      <Csrf secret={session.secret} />
      <input type="hidden" name="command_id" value={commandId} />
      <button type="submit" class="button quiet">
        Duplicate
      </button>
    </form>
    <form method="post" action={`/templates/${template.id}/archive`}>
      <Csrf secret={session.secret} />
      <input type="hidden" name="archived" value={template.archived ? 'false' : 'true'} />
      <button type="submit" class={template.archived ? 'button primary' : 'button quiet'}>
        {template.archived ? 'Offer it again' : 'Archive'}
      </button>
    </form>
  </>
);

interface VersionsProps {
  readonly template: Shown['template'];
  readonly versions: Versions;
  readonly now: number;
}

const VersionsCard = ({ template, versions, now }: VersionsProps) => (
  <section class="card pad">
    <h2>Versions</h2>
    <ul class="people">
      {versions.map((v) => (
        <li key={v.version}>
          <span class="grow">
            <a href={`/templates/${template.id}?version=${v.version}`}>Version {v.version}</a>
            <span class="small block">
              <Day at={v.publishedAt} now={now} />
              {v.publishedBy && ` by ${v.publishedBy}`}
              {dot}
              {count(v.steps, 'step')}
            </span>
          </span>
          <span class="num small">{v.flows === 0 ? 'no flows' : count(v.flows, 'flow')}</span>
        </li>
      ))}
    </ul>
  </section>
);

/** A new flow, in two steps that need no script: from which template, then what to call it. */
import type { z } from 'zod';
import type { Roles } from '../domain/template.ts';
import type { Session } from '../oauth/session.ts';
import type { findSameFlows } from '../operations/find-same-flows.ts';
import type { listOrgMembers } from '../operations/list-org-members.ts';
import type { listPublicTemplates } from '../operations/list-public-templates.ts';
import { count } from '../operations/words.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, dot, Notice } from './kit/parts.tsx';
import { Shell } from './kit/shell.tsx';

type Templates = z.output<typeof listPublicTemplates.output>['templates'];

interface ChooseView {
  readonly session: Session;
  readonly own: Templates;
  readonly open: Templates;
  readonly problem: string | null;
}

export const chooseTemplatePage = ({ session, own, open, problem }: ChooseView): string =>
  renderPage({
    title: 'New flow',
    children: (
      <Shell session={session} here="/flows">
        <p class="small">
          <a href="/flows">Flows</a> / New flow
        </p>
        <h1>Which template is it made from?</h1>
        <p class="small">
          Many at once: <a href="/flows/import">from a table</a>. Those made so far:{' '}
          <a href="/flows/imports">imports</a>.
        </p>
        <Notice text={problem} bad />
        <Group title="Yours" templates={own} />
        <Group title="Public" templates={open} />
      </Shell>
    ),
  });

const Group = ({ title, templates }: { readonly title: string; readonly templates: Templates }) =>
  templates.length === 0 ? null : (
    <section class="choose">
      <h2>{title}</h2>
      <ul class="tiles">
        {templates.map((t) => (
          <li class="card tile">
            <a class="whole" href={`/flows/new?template=${t.id}`} data-row>
              {t.name}
            </a>
            <span class="small">
              {count(t.steps, 'step')}
              {t.category && `${dot}${t.category}`}
            </span>
            <span class="small about">{t.description}</span>
          </li>
        ))}
      </ul>
    </section>
  );

export interface NewFlowView {
  readonly session: Session;
  readonly template: Templates[number];
  readonly commandId: string;
  /** What was typed, by the fields' names. */
  readonly typed: Readonly<Record<string, string>>;
  readonly roles: Roles;
  readonly members: z.output<typeof listOrgMembers.output>['members'];
  readonly problem: string | null;
  /** Flows that are called so already. */
  readonly same: z.output<typeof findSameFlows.output>['flows'];
}

export function newFlowPage(view: NewFlowView): string {
  const { session, template, commandId, typed, roles, members, problem, same } = view;
  /** The name that another one is wanted of: it was told of, now or before. */
  const again = same.length > 0 ? typed.name : typed.again;
  return renderPage({
    title: 'New flow',
    children: (
      <Shell session={session} here="/flows">
        <div class="narrow">
          <p class="small">
            <a href="/flows">Flows</a> / <a href="/flows/new">New flow</a>
          </p>
          <h1>Whom is this {template.name} for?</h1>
          <p class="small">
            {count(template.steps, 'step')}. {template.description}
          </p>
          <Notice text={problem} bad />
          {same.length > 0 && <Same flows={same} />}
          <form method="post" action="/flows" class="stack new">
            <Csrf secret={session.secret} />
            {again !== undefined && <input type="hidden" name="again" value={again} />}
            <input type="hidden" name="command_id" value={commandId} />
            <input type="hidden" name="template" value={template.id} />
            <div class="field">
              <label for="name">Name</label>
              <input
                id="name"
                name="name"
                required
                maxLength={200}
                value={typed.name ?? ''}
                placeholder="Acme Corp"
                aria-describedby="name-help"
              />
              <span class="small" id="name-help">
                Such as the client. It stands in mails and in the client's portal.
              </span>
            </div>
            {roles.internal.map((role, i) => (
              <div class="field">
                <label for={`role-${i}`}>Who is the {role}?</label>
                <select id={`role-${i}`} name={`role.${role}`}>
                  <option value="">Nobody yet</option>
                  {members.map((m) => (
                    <option value={m.id} selected={typed[`role.${role}`] === m.id}>
                      {m.name}
                    </option>
                  ))}
                </select>
              </div>
            ))}
            {roles.client.map((role, i) => (
              <div class="field">
                <label for={`client-${i}`}>Mail address of the {role}</label>
                <input
                  id={`client-${i}`}
                  name={`role.${role}`}
                  type="email"
                  maxLength={254}
                  value={typed[`role.${role}`] ?? ''}
                  aria-describedby={`client-help-${i}`}
                />
                <span class="small" id={`client-help-${i}`}>
                  May be left for later. They are invited when the flow is started.
                </span>
              </div>
            ))}
            <div class="row">
              <button type="submit" class={same.length > 0 ? 'button' : 'button primary'}>
                {same.length > 0 ? 'Make another one all the same' : 'Make the draft'}
              </button>
              <a class="button quiet" href="/flows/new">
                Another template
              </a>
            </div>
            <p class="small">Nothing is sent to anyone until you start it.</p>
          </form>
        </div>
      </Shell>
    ),
  });
}

const shownMost = 5;

const Same = ({ flows }: { readonly flows: NewFlowView['same'] }) => (
  <div class="notice bad" role="alert">
    <p>
      Nothing is made yet: {flows.length === 1 ? 'a flow is' : `${flows.length} flows are`} called so already. Open{' '}
      {flows.length === 1 ? 'it' : 'one'}, or give this one another name.
    </p>
    <ul>
      {flows.slice(0, shownMost).map((f) => (
        <li>
          <a href={`/flows/${f.id}`}>{f.name}</a>, {f.status.toLowerCase()}
        </li>
      ))}
    </ul>
  </div>
);

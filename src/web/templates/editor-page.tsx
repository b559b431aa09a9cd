/** The editor: the graph, the list of steps, and the one step that is open. One form, so that no button loses what is typed. */

import { createHash } from 'node:crypto';
import type { ComponentChildren, VNode } from 'preact';
import type { Draft, DraftProblem } from '../../domain/draft.ts';
import type { Session } from '../../oauth/session.ts';
import { count } from '../../operations/words.ts';
import { named } from '../kit/named.ts';
import { numberWord } from '../kit/number.ts';
import { renderPage } from '../kit/page.tsx';
import { Csrf, dot } from '../kit/parts.tsx';
import { render } from '../kit/render.ts';
import { Shell } from '../kit/shell.tsx';
import { TemplateGraph } from './graph.tsx';
import type { Member } from './step-form.ts';
import { DetailsPanel, StepPanel } from './step-panel.tsx';
import { TypeIcon } from './type-icon.tsx';
import { whoWords } from './words.ts';

export interface EditorView {
  readonly session: Session;
  readonly template: { readonly id: string; readonly name: string; readonly version: number; readonly draft: boolean };
  /** Of the draft that the form is made from. */
  readonly revision: number;
  readonly draft: Draft;
  readonly problems: readonly DraftProblem[];
  readonly saved: { readonly by: string; readonly at: string } | null;
  /** The step that is open; '' for the template's details. */
  readonly open: string;
  readonly members: readonly Member[];
  /** A refusal, such as of publishing. */
  readonly problem: string | null;
  /** What another person did to the same step, while what was typed here waits. */
  readonly clash: string | null;
  /** A step that was just removed, and the revision that still has it. */
  readonly removed: { readonly key: string; readonly title: string; readonly revision: number } | null;
  readonly now: number;
}

/** The parts that a save or another step changes, each with a tag: one that is known already is not sent again. */
export interface Region {
  readonly id: 'state' | 'told' | 'graph' | 'steps' | 'panel';
  readonly tag: string;
  readonly html: string;
}

const tagOf = (html: string): string => createHash('sha256').update(html).digest('base64url').slice(0, 16);
const region = (id: Region['id'], node: VNode): Region => {
  const html = render(node);
  return { id, html, tag: tagOf(html) };
};

export function regions(view: EditorView): Region[] {
  // Which step is open is said beside, so that opening another one changes neither the graph nor the list.
  const closed = { ...view, open: '' };
  return [
    region('state', <State {...view} />),
    region('told', <Told {...view} />),
    region('graph', <GraphRegion {...closed} />),
    region('steps', <StepsRegion {...closed} />),
    region('panel', <Panel {...view} />),
  ];
}

export function headline({ problems, draft, template, saved }: EditorView): string {
  const name = named(draft.name || template.name);
  if (draft.steps.length === 0) return `${name} needs a first step`;
  if (problems.length > 0)
    return `${name} has ${problems.length === 1 ? 'one thing' : `${numberWord(problems.length).toLowerCase()} things`} to mend before you publish`;
  if (saved === null) return `Nothing in ${name} is changed yet`;
  return `${name} is ready to ${template.version === 0 ? 'be published' : `become version ${template.version + 1}`}`;
}

export function editorPage(view: EditorView): string {
  const { session, template, revision, open } = view;
  return renderPage({
    title: `Edit ${view.draft.name || template.name}`,
    styles: ['/assets/templates.css'],
    scripts: ['/assets/editor.js'],
    children: (
      <Shell session={session} here="/templates" wide>
        <form method="post" action={`/templates/${template.id}/edit`} id="editor" class="editor" novalidate>
          <Csrf secret={session.secret} />
          <input type="hidden" name="revision" value={revision} />
          <input type="hidden" name="open" value={open} />
          {/* Enter in a field presses the first button of a form. */}
          <button type="submit" name="do" value="save" class="unseen" tabIndex={-1}>
            Save
          </button>
          <div id="state">
            <State {...view} />
          </div>
          <div id="told" aria-live="polite">
            <Told {...view} />
          </div>
          <div class="edit">
            <div class="overview">
              <div id="graph">
                <GraphRegion {...view} />
              </div>
              <div id="steps">
                <StepsRegion {...view} />
              </div>
            </div>
            <div id="panel">
              <Panel {...view} />
            </div>
          </div>
        </form>
        <Discard {...view} />
      </Shell>
    ),
  });
}

const State = (view: EditorView) => {
  const { template, draft, saved, problems } = view;
  return (
    <div class="head">
      <div>
        <p class="small">
          <a href="/templates">Templates</a> / <a href={`/templates/${template.id}`}>{draft.name || template.name}</a>
        </p>
        <h1>{headline(view)}</h1>
        <p class="facts small">
          <span class={saved ? 'chip late' : 'chip brand'}>{saved ? 'Draft' : `Version ${template.version}`}</span>
          <span class="num">
            {count(draft.steps.length, 'step')}
            {dot}
            <span data-saved>
              {saved ? `saved by ${saved.by}` : 'changes make a draft; flows that run keep theirs'}
            </span>
          </span>
        </p>
      </div>
      <div class="row">
        <button type="submit" name="do" value="save" class="button">
          Save draft
        </button>
        {saved && draft.steps.length > 0 && (
          <button type="submit" name="do" value="publish" class={problems.length > 0 ? 'button' : 'button primary'}>
            {template.version === 0 ? 'Publish' : `Publish version ${template.version + 1}`}
          </button>
        )}
      </div>
    </div>
  );
};

const shownProblems = 6;

const Told = ({ problem, clash, removed, problems, draft }: EditorView) => (
  <>
    {clash && (
      <p class="notice late" role="alert">
        {clash}
      </p>
    )}
    {problem && (
      <p class="notice bad" role="alert">
        {problem}
      </p>
    )}
    {removed && (
      <p class="notice undo" role="status">
        <span class="grow">“{removed.title || 'A step'}” is removed.</span>
        <button type="submit" name="do" value={`undo:${removed.revision}:${removed.key}`} class="button">
          Undo
        </button>
      </p>
    )}
    {problems.length > 0 && draft.steps.length > 0 && (
      <div class="notice bad" id="problems">
        <ul>
          {problems.slice(0, shownProblems).map((p) => (
            <li key={`${p.step} ${p.at} ${p.message}`}>
              <a href={`?${new URLSearchParams({ step: p.step })}#${anchorOf(p.at)}`} data-open={p.step}>
                {p.title && !p.message.includes(`"${p.title}"`) && `${p.title}: `}
                {p.message}
              </a>
            </li>
          ))}
        </ul>
        {problems.length > shownProblems && <p>And {problems.length - shownProblems} more.</p>}
      </div>
    )}
  </>
);

/** The id of the field that a problem is about. */
export const anchorOf = (at: string): string => (at === '' ? 'panel' : `f-${at.replaceAll('.', '-')}`);

const OpenButton = ({
  step,
  current,
  classes,
  children,
}: {
  readonly step: string;
  readonly current: boolean;
  readonly classes: string;
  readonly children: ComponentChildren;
}) => (
  <button
    type="submit"
    name="do"
    value={`open:${step}`}
    class={classes}
    data-open={step}
    aria-current={current ? 'true' : undefined}
  >
    {children}
  </button>
);

const wrongSteps = (problems: readonly DraftProblem[]): Set<string> => new Set(problems.map((p) => p.step));

const GraphRegion = ({ draft, open, problems }: EditorView) => {
  if (draft.steps.length === 0) return <p class="unseen">No graph yet.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="card graph steps-graph" tabIndex={0} aria-label="Steps as a graph, scrolls">
      <TemplateGraph
        steps={draft.steps}
        selected={open}
        direction="TB"
        wrong={wrongSteps(problems)}
        wrap={(step, classes, inside) => (
          <OpenButton step={step.key} current={step.key === open} classes={classes}>
            {inside}
          </OpenButton>
        )}
      />
    </section>
  );
};

const StepsRegion = ({ draft, open, problems }: EditorView) => {
  // How many steps there are is told where one adds them, and is nothing to mend in the name and description.
  const number = problems.filter((p) => p.step === '' && p.at === 'steps');
  const wrong = wrongSteps(problems.filter((p) => !number.includes(p)));
  return (
    <section class="card" aria-label="Steps">
      <div class="scrolls">
        <OpenButton step="" current={open === ''} classes="step-row">
          <span class="grow">
            <b>Name and description</b>
          </span>
          {wrong.has('') && <span class="chip bad">To mend</span>}
        </OpenButton>
        <ol>
          {draft.steps.map((s, i) => (
            <li key={s.key}>
              <OpenButton step={s.key} current={s.key === open} classes="step-row">
                <span class="num small">{i + 1}</span>
                <TypeIcon type={s.type} />
                <span class="grow">
                  <b>{s.title || 'Without a title'}</b>
                  <span class="small">{whoWords(s)}</span>
                </span>
                {wrong.has(s.key) && <span class="chip bad">To mend</span>}
              </OpenButton>
            </li>
          ))}
        </ol>
      </div>
      <div class="add" id="f-steps">
        <div class="field">
          <label for="new-title">Title of a new step</label>
          {number.length > 0 && (
            <span class={draft.steps.length === 0 ? 'small' : 'wrong'} id="e-steps">
              {number.map((p) => p.message).join(' ')}
            </span>
          )}
          <input
            id="new-title"
            name="new_title"
            maxLength={200}
            autocomplete="off"
            placeholder="Such as “Sign the contract”"
            aria-describedby={number.length > 0 ? 'e-steps' : undefined}
          />
        </div>
        <button type="submit" name="do" value="add" class="button">
          Add step
        </button>
      </div>
    </section>
  );
};

function Panel(view: EditorView) {
  const { draft, open, problems, members } = view;
  const step = draft.steps.find((s) => s.key === open);
  const mine = problems.filter((p) => p.step === open);
  return step ? (
    <StepPanel step={step} draft={draft} problems={mine} members={members} />
  ) : (
    <DetailsPanel draft={draft} problems={mine} />
  );
}

/** What is lost is said before the button. */
const Discard = ({ session, template, revision, saved }: EditorView) =>
  saved === null ? null : (
    <details class="as-list discard">
      <summary>{template.version === 0 ? 'Delete this template…' : 'Discard the draft…'}</summary>
      <form method="post" action={`/templates/${template.id}/discard`} class="card pad">
        <Csrf secret={session.secret} />
        <input type="hidden" name="revision" value={revision} data-revision />
        <p>
          {template.version === 0
            ? 'It was never published, so nothing of it remains.'
            : `All changes since version ${template.version} are lost. Version ${template.version} stays as it is.`}
        </p>
        <button type="submit" class="button bad">
          {template.version === 0 ? 'Delete it for good' : 'Discard for good'}
        </button>
      </form>
    </details>
  );

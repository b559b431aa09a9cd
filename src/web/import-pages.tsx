/** The pages of imports: all there were, and how far one is. */
import type { z } from 'zod';
import type { Session } from '../oauth/session.ts';
import type { getImport, lineStates } from '../operations/get-import.ts';
import type { listImports } from '../operations/list-imports.ts';
import { byWhom } from '../operations/words.ts';
import { numberWord, wholeNumber } from './kit/number.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf } from './kit/parts.tsx';
import { Shell } from './kit/shell.tsx';
import { Ago } from './kit/when.tsx';

type Listed = z.output<typeof listImports.output>['imports'][number];
type Found = z.output<typeof getImport.output>;
type LineState = (typeof lineStates)[number];

const flows = (n: number): string => (n === 1 ? '1 flow' : `${wholeNumber(n)} flows`);

/** What became of the lines, in words. */
function outcome({ total, done, failed, stopped, pending, stoppedAt }: Listed): string {
  if (pending > 0)
    return stoppedAt === null
      ? `${wholeNumber(done)} of ${flows(total)} made so far`
      : `Stopped, and ${flows(pending)} under way ${pending === 1 ? 'is' : 'are'} finished`;
  const unmade = [
    ...(failed > 0 ? [`${wholeNumber(failed)} could not be`] : []),
    ...(stopped > 0 ? [`${wholeNumber(stopped)} left out`] : []),
  ];
  if (unmade.length > 0) return [`${flows(done)} made`, ...unmade].join(', ');
  return total === 1 ? 'The flow is made' : `All ${flows(total)} are made`;
}

const state = ({ pending, failed, stopped }: Listed): readonly [string, string] => {
  if (pending > 0) return ['chip ready', 'going on'];
  if (failed > 0) return ['chip bad', 'some failed'];
  return stopped > 0 ? ['chip', 'stopped'] : ['chip done', 'made'];
};

export interface ImportsView {
  readonly session: Session;
  readonly imports: readonly Listed[];
  readonly nextCursor: string | null;
  /** Is it the first page, with the newest on it? */
  readonly first: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

function headline({ imports, first }: ImportsView): string {
  const going = imports.filter((i) => i.pending > 0).length;
  const [last] = imports;
  if (!first) return 'Earlier imports';
  if (last === undefined) return 'No table was imported yet';
  if (going > 0) return going === 1 ? 'One import is going on' : `${numberWord(going)} imports are going on`;
  return `The last import: ${outcome(last).replace(/^(All|The)/, (word) => word.toLowerCase())}`;
}

export function importsPage(view: ImportsView): string {
  const { session, imports, nextCursor, first, now } = view;
  const heading = headline(view);
  return renderPage({
    title: 'Imports',
    children: (
      <Shell session={session} here="/flows">
        <div class="narrow stack">
          <div>
            <p class="small">
              <a href="/flows">Flows</a> / Imports
            </p>
            <h1>{heading}</h1>
          </div>
          {imports.length === 0 && first && (
            <p class="small">A table makes many flows at once: one for each of its lines.</p>
          )}
          <p>
            <a class="button primary" href="/flows/import">
              Make flows from a table
            </a>
          </p>
          {imports.length > 0 && (
            <ul class="card list">
              {imports.map((i) => (
                <li>
                  <span class="grow">
                    <a href={`/flows/imports/${i.id}`} data-row>
                      {flows(i.total)} from “{i.template}”
                    </a>{' '}
                    <span class={state(i)[0]}>{state(i)[1]}</span>
                    <span class="small">
                      {outcome(i)}. {byWhom(i.by, i.through)}, <Ago at={i.createdAt} now={now} />
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          )}
          {(nextCursor !== null || !first) && (
            <nav class="pager" aria-label="Pages">
              {!first && (
                <a class="button" href="/flows/imports">
                  Newest
                </a>
              )}
              {nextCursor !== null && (
                <a class="button" href={`/flows/imports?${new URLSearchParams({ cursor: nextCursor })}`} rel="next">
                  Older
                </a>
              )}
            </nav>
          )}
        </div>
      </Shell>
    ),
  });
}

const marks: Readonly<Record<LineState, readonly [string, string]>> = {
  DONE: ['chip done', 'made'],
  FAILED: ['chip bad', 'failed'],
  STOPPED: ['chip', 'left out'],
  PENDING: ['chip', 'to come'],
};

export interface ImportView {
  readonly session: Session;
  readonly found: Found;
  /** Only lines of it are shown. */
  readonly state: LineState | undefined;
  readonly commandId: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** While it goes on, what is marked `data-fresh` is kept true by a script, and without one the page loads itself anew. */
export function importPage(view: ImportView): string {
  const { session, found, now, commandId } = view;
  const { id, template, pending, done, failed, stopped, total, lines, nextLine, stoppedBy } = found;
  const heading = outcome(found);
  const query = new URLSearchParams({ ...(view.state && { state: view.state }), after: String(nextLine) });
  return renderPage({
    title: heading,
    ...(pending > 0 && { scripts: ['/assets/progress.js'], refreshWithoutScript: 3 }),
    children: (
      <Shell session={session} here="/flows">
        <div class="narrow stack">
          <div>
            <p class="small">
              <a href="/flows">Flows</a> / <a href="/flows/imports">Imports</a>
            </p>
            <h1 id="heading" tabIndex={-1} data-fresh>
              {heading}
            </h1>
            <p class="unseen" role="status" data-said />
            <p class="small">
              From “{template}”, begun by {byWhom(found.by, found.through)}, <Ago at={found.createdAt} now={now} />
              {stoppedBy !== null && `, stopped by ${stoppedBy}`}.
            </p>
          </div>
          <progress
            id="progress"
            class="bar"
            value={done + failed + stopped}
            max={total}
            aria-label="Lines done"
            data-fresh
          />
          <div id="stop" class="stack" data-fresh data-going={pending > 0 ? '' : undefined}>
            {pending > 0 && (
              <p class="small">It goes on by itself, also when you leave this page. You find it again in Imports.</p>
            )}
            {pending > 0 && found.stoppedAt === null && (
              <form method="post" action={`/flows/imports/${id}/stop`} class="sure">
                <Csrf secret={session.secret} />
                <input type="hidden" name="command_id" value={commandId} />
                <button type="submit" class="button">
                  Stop, and leave out what has not begun
                </button>
                <span class="small">Flows that are made stay.</span>
              </form>
            )}
            {pending === 0 && found.unmade > 0 && <Left found={found} />}
          </div>
          <Filters view={view} />
          <ul class="card list" id="lines" data-fresh>
            {lines.map((l) => (
              <li>
                <span class="grow">
                  {l.flowId ? (
                    <a href={`/flows/${l.flowId}`} data-row>
                      {l.name}
                    </a>
                  ) : (
                    <b>{l.name}</b>
                  )}{' '}
                  <span class={marks[l.state][0]}>{marks[l.state][1]}</span>
                  <span class="small">
                    Line {l.line}
                    {l.error && `: ${l.error}`}
                  </span>
                </span>
              </li>
            ))}
            {lines.length === 0 && <li class="small">No line of these.</li>}
          </ul>
          <p id="more" data-fresh>
            {nextLine !== null && (
              <a class="button" href={`/flows/imports/${id}?${query}`} rel="next">
                More lines
              </a>
            )}
          </p>
        </div>
      </Shell>
    ),
  });
}

/** No `download` on the link: where it is refused, the page that says why is shown and not saved. */
const Left = ({ found: { id, templateId, unmade } }: { readonly found: Found }) => (
  <div class="sure">
    <a class="button primary" href={`/flows/imports/${id}/left.csv`}>
      Download what is left
    </a>
    <span class="small">
      A table of the {unmade === 1 ? 'line' : `${wholeNumber(unmade)} lines`} that no flow was made of: mend what needs
      it, and <a href={`/flows/import?${new URLSearchParams({ template: templateId })}`}>import it</a>.
    </span>
  </div>
);

function Filters({ view: { found, state: shown } }: { readonly view: ImportView }) {
  const { id, total, done, failed, stopped, pending } = found;
  const chips: readonly (readonly [LineState | undefined, string, number])[] = [
    [undefined, 'All', total],
    ['FAILED', 'Failed', failed],
    ['DONE', 'Made', done],
    ['STOPPED', 'Left out', stopped],
    ['PENDING', 'To come', pending],
  ];
  return (
    <nav class="filters" aria-label="Lines" id="filters" data-fresh>
      {chips.map(
        ([is, title, n]) =>
          (n > 0 || is === shown) && (
            <a
              class={is === shown ? 'chip brand' : 'chip'}
              href={`/flows/imports/${id}${is ? `?state=${is}` : ''}`}
              aria-current={is === shown ? 'true' : undefined}
            >
              {title} <span class="num">{wholeNumber(n)}</span>
            </a>
          ),
      )}
    </nav>
  );
}

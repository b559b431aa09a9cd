/** The form that takes a table, and the page between: what to look at before anything is made. */
import type { z } from 'zod';
import type { Session } from '../oauth/session.ts';
import { csvMost, type tableProblems, type thereAlready } from '../operations/import-flows.ts';
import { linesMost, startWords, type TableReading } from '../operations/import-table.ts';
import type { listPublicTemplates } from '../operations/list-public-templates.ts';
import type { listTemplates } from '../operations/list-templates.ts';
import { wholeNumber } from './kit/number.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf } from './kit/parts.tsx';
import { Shell } from './kit/shell.tsx';
import { Ago } from './kit/when.tsx';
import { saveAsUtf8 } from './table-text.ts';

type Templates =
  | z.output<typeof listTemplates.output>['templates']
  | z.output<typeof listPublicTemplates.output>['templates'];

/** Why nothing was made: what to mend in the table, or something else. */
export type Problem =
  | ({ readonly ofTable: true } & z.infer<typeof tableProblems>)
  | { readonly ofTable: false; readonly text: string };

interface FormView {
  readonly session: Session;
  readonly own: Templates;
  readonly open: Templates;
  readonly chosen: string;
  readonly commandId: string;
  readonly problem: Problem | null;
}

const Columns = () => (
  <dl class="columns">
    <dt>
      <code>name</code>
    </dt>
    <dd>What to call the flow, such as the client. Only this column is needed.</dd>
    <dt>
      <code>client_email</code>, <code>client_name</code>, <code>client_role</code>
    </dt>
    <dd>Whom to invite. Empty where nobody is yet.</dd>
    <dt>
      <code>start</code>
    </dt>
    <dd>
      {startWords.yes.join(', ')}: the flow is started at once, and its client is mailed. {startWords.no.join(', ')}, or
      empty: it stays a draft.
    </dd>
    <dt>
      <code>start_date</code>
    </dt>
    <dd>The day it starts on, as 2026-12-31, where start is yes. Empty: today.</dd>
  </dl>
);

export function formPage({ session, own, open, chosen, commandId, problem }: FormView): string {
  const options = (templates: Templates) =>
    templates.map((t) => (
      <option value={t.id} selected={t.id === chosen}>
        {t.name}
      </option>
    ));
  const wrong = problem?.ofTable === true;
  return renderPage({
    title: problem ? 'Nothing was made: flows from a table' : 'Flows from a table',
    children: (
      <Shell session={session} here="/flows">
        <div class="narrow stack">
          <div>
            <p class="small">
              <a href="/flows">Flows</a> / <a href="/flows/imports">Imports</a> / From a table
            </p>
            <h1>Make a flow for each line of a table</h1>
          </div>
          {problem && <Summary problem={problem} />}
          <form method="post" action="/flows/import" enctype="multipart/form-data" class="stack">
            <Csrf secret={session.secret} />
            <input type="hidden" name="command_id" value={commandId} />
            <div class="field">
              <label for="template">Template</label>
              <select id="template" name="template" required>
                <optgroup label="Yours">{options(own)}</optgroup>
                <optgroup label="Public">{options(open)}</optgroup>
              </select>
            </div>
            <div class={wrong ? 'field wrong' : 'field'}>
              <label for="table">Table</label>
              {wrong && (
                <span class="problem" id="table-problem">
                  Choose the mended table.
                </span>
              )}
              <input
                id="table"
                name="table"
                type="file"
                accept=".csv,.tsv,.txt,text/csv"
                required
                aria-invalid={wrong ? true : undefined}
                aria-describedby={wrong ? 'table-problem table-help' : 'table-help'}
              />
              <span class="small" id="table-help">
                CSV with commas, semicolons or tabs: up to {wholeNumber(linesMost)} lines and {wholeNumber(csvMost)}{' '}
                characters.
              </span>
            </div>
            <div>
              <button type="submit" class="button primary">
                Check the table and make the flows
              </button>
            </div>
            <p class="small">All lines are checked before anything is made.</p>
          </form>
          <section>
            <h2>What is in the table</h2>
            <p class="small">
              Its first line names the columns, in any order.{' '}
              <a href="/assets/flows-sample.csv" download="flows.csv">
                A table to begin with
              </a>
            </p>
            <Columns />
          </section>
        </div>
      </Shell>
    ),
  });
}

const shownMost = 20;

/** What is to be mended, all in one place, where the reader is put: line by line, since the table is not on this page. */
function Summary({ problem }: { readonly problem: Problem }) {
  const Line = ({ line, message }: { readonly line: number; readonly message: string }) => (
    <li>
      {line === 0 ? (
        <a href="#table">{message}</a>
      ) : (
        <>
          <b>Line {line}:</b> {message}
        </>
      )}
    </li>
  );
  const told = problem.ofTable ? problem.problems : [];
  const more = problem.ofTable ? problem.count - shownMost : 0;
  const unknown = problem.ofTable ? problem.count - told.length : 0;
  return (
    <div class="notice bad" role="alert" id="problems" tabIndex={-1} autofocus>
      <p>
        {problem.ofTable ? (
          <b>
            Nothing was made.{' '}
            {problem.count === 1
              ? 'One thing is to be mended:'
              : `${wholeNumber(problem.count)} things are to be mended:`}
          </b>
        ) : (
          problem.text
        )}
      </p>
      {told.length > 0 && <ul>{told.slice(0, shownMost).map(Line)}</ul>}
      {more > 0 && (
        <details>
          <summary>{wholeNumber(more)} more</summary>
          <ul>{told.slice(shownMost).map(Line)}</ul>
          {unknown > 0 && <p>And {wholeNumber(unknown)} more, told when these are mended.</p>}
        </details>
      )}
    </div>
  );
}

/** A table as it was asked for. */
export interface Attempt {
  readonly template: string;
  readonly commandId: string;
  readonly text: string;
  /** How its letters are written was guessed, and nobody has looked at them yet. */
  readonly guessed: boolean;
  readonly again: boolean;
}

interface Letters {
  readonly line: number;
  readonly text: string;
}

/** What would be wrong if the letters were guessed wrongly. */
export const strangeLetters = ({ lines }: TableReading & { readonly ok: true }): Letters[] =>
  lines.flatMap(({ line, name, clientName, role }) =>
    [name, clientName, role].filter((text) => /[^\x20-\x7e]/.test(text)).map((text) => ({ line, text })),
  );

type Look =
  | { readonly at: 'letters'; readonly letters: readonly Letters[]; readonly total: number }
  | ({ readonly at: 'there' } & z.infer<typeof thereAlready>);

interface SureView {
  readonly session: Session;
  readonly asked: Attempt;
  readonly look: Look;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const flows = (n: number): string => (n === 1 ? '1 flow' : `${wholeNumber(n)} flows`);

function headingOf(look: Look): string {
  if (look.at === 'letters') return 'Are these letters right?';
  if (look.before) return 'This table was imported before';
  if (look.count === 1) return 'One of these names is there already';
  return `${wholeNumber(look.count)} of these names are there already`;
}

/** Nothing is made yet: whoever looks says that it is right, or chooses another file. */
export function surePage({ session, asked, look, now }: SureView): string {
  const heading = headingOf(look);
  const { template, commandId, text } = asked;
  return renderPage({
    title: heading,
    children: (
      <Shell session={session} here="/flows">
        <div class="narrow stack">
          <div>
            <p class="small">
              <a href="/flows">Flows</a> / <a href="/flows/import">From a table</a>
            </p>
            <h1>{heading}</h1>
          </div>
          {look.at === 'letters' ? <LookAtLetters letters={look.letters} /> : <LookAtThere look={look} now={now} />}
          <form method="post" action="/flows/import/sure" class="sure">
            <Csrf secret={session.secret} />
            <input type="hidden" name="command_id" value={commandId} />
            <input type="hidden" name="template" value={template} />
            <input type="hidden" name="table" value={Buffer.from(text).toString('base64url')} />
            {look.at === 'there' && <input type="hidden" name="again" value="yes" />}
            <button type="submit" class={look.at === 'letters' ? 'button primary' : 'button'}>
              {look.at === 'letters' ? `They are right, make ${flows(look.total)}` : 'Import all the same'}
            </button>
            <a
              class={look.at === 'letters' ? 'button' : 'button primary'}
              href={`/flows/import?${new URLSearchParams({ template })}`}
            >
              Choose another file
            </a>
          </form>
        </div>
      </Shell>
    ),
  });
}

const LookAtLetters = ({ letters }: { readonly letters: readonly Letters[] }) => (
  <>
    <p>
      Nothing is made yet. The file is not in UTF-8 and does not say in what it is, so it was read as Windows-1252,
      which Excel writes in much of Europe and America.
    </p>
    <ul class="card list">
      {letters.slice(0, shownMost).map(({ line, text }) => (
        <li>
          <span class="grow">
            <b>{text}</b>
            <span class="small">Line {line}</span>
          </span>
        </li>
      ))}
    </ul>
    {letters.length > shownMost && <p class="small">And {wholeNumber(letters.length - shownMost)} more.</p>}
    <p class="small">Where they are wrong, save the table as UTF-8 and choose that file. {saveAsUtf8}</p>
  </>
);

const LookAtThere = ({ look, now }: { readonly look: Look & { at: 'there' }; readonly now: number }) => (
  <>
    <p>
      Nothing is made yet.{' '}
      {look.before && (
        <>
          {look.before.by} imported the same lines with the same template <Ago at={look.before.at} now={now} />.{' '}
          <a href={`/flows/imports/${look.before.import}`}>See what became of them</a>
        </>
      )}
    </p>
    {look.count > 0 && (
      <>
        <p>
          {look.count === 1 ? 'One name' : `${wholeNumber(look.count)} names`} of a table with{' '}
          {look.total === 1 ? 'one line' : `${wholeNumber(look.total)} lines`} {look.count === 1 ? 'is' : 'are'} there
          already, or about to be made:
        </p>
        <ul class="card list">
          {look.names.map((name) => (
            <li>
              <b>{name}</b>
            </li>
          ))}
        </ul>
        {look.count > look.names.length && <p class="small">And {wholeNumber(look.count - look.names.length)} more.</p>}
      </>
    )}
    <p>
      Imported all the same, {look.total === 1 ? 'a new flow is made' : `${flows(look.total)} more are made`}, and the
      clients in the table are invited to them.
    </p>
  </>
);

/** A table of flows to make, as CSV: the columns it may have, and what is wrong with a line. */
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { ImportLine } from '../db/schema.ts';
import { dayMs, isCalendarDay } from '../domain/dates.ts';
import { lengthOf, limits } from '../domain/limits.ts';
import { composed, nameTrouble } from '../domain/naming.ts';
import { isStorable } from '../domain/storable.ts';
import { addressOf } from './invitees.ts';
import { quote } from './words.ts';

/** Lines a table may have. */
export const linesMost = 5_000;

export const columns = ['name', 'client_email', 'client_name', 'client_role', 'start', 'start_date'] as const;
type Column = (typeof columns)[number];

export interface TableProblem {
  /** As in the file, the heading being line 1; 0: the whole table. */
  readonly line: number;
  readonly message: string;
}

export type TableReading =
  | { readonly ok: true; readonly lines: readonly ImportLine[] }
  | { readonly ok: false; readonly problems: readonly TableProblem[] };

/** Where it ends, by the line and by the text that was read since the record before, blank lines included. */
const readTo = z.object({ lines: z.number(), raw: z.string() });
const recordSchema = z.array(
  z.object({ record: z.array(z.string()), raw: z.string(), info: readTo.pick({ lines: true }) }),
);

/** What stands for yes and no in the column `start`. */
export const startWords = { yes: ['yes', 'y', 'true', '1', 'x'], no: ['no', 'n', 'false', '0'] } as const;
const yes = new Set<string>(startWords.yes);
const no = new Set<string>(['', ...startWords.no]);

/**
 * What a spreadsheet would take for a formula is written with an apostrophe before it, which is how people write it there
 * as text: it runs nothing, and is not reckoned to something else before the table is saved and imported again.
 */
const guarded = (text: string): string => (/^'*[=+\-@]/.test(text) ? `'${text}` : text);
const unguarded = (text: string): string => text.replace(/^'(?='*[=+\-@])/, '');

const recordMost = 20_000;
const grouped = (n: number): string => n.toLocaleString('en');

/** A comma, a semicolon or a tab, by the country of whose spreadsheet wrote it; no column's name has any of them in it. */
function delimiterOf(csv: string): string {
  const heading = csv.split('\n').find((l) => l.trim() !== '') ?? '';
  const times = (d: string): number => heading.split(d).length;
  return [',', ';', '\t'].reduce((most, d) => (times(d) > times(most) ? d : most));
}

/** A day that no flow starts on, of whatever time zone, would be told only when the flow is made and its client invited. */
function isWithinReach(day: string): boolean {
  const at = Date.parse(day);
  return at >= dayMs && at <= limits.moment - dayMs;
}

/** The line where it begins: a quoted cell may go over several. */
const beginOf = ({ lines, raw }: z.infer<typeof readTo>): number =>
  lines - (raw.trimStart().replace(/\n$/, '').split('\n').length - 1);

/** What stopped the reading, as whoever has the table before them would see it. */
function unreadable(error: CsvError): TableProblem {
  const at = readTo.safeParse(error);
  const line = at.success ? beginOf(at.data) : 0;
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return { line, message: 'A quotation mark (") opens here and is never closed.' };
    case 'CSV_MAX_RECORD_SIZE':
      return {
        line,
        message: `It is longer than ${grouped(recordMost)} characters. Perhaps a quotation mark (") opens here and is never closed.`,
      };
    default:
      return {
        line,
        message:
          'A quotation mark (") stands inside a cell, or is not closed. Put the whole cell in quotation marks, and write those inside it twice.',
      };
  }
}

/**
 * Reads a table: with commas, semicolons or tabs, with or without a byte order mark. Tells everything that is wrong with
 * it, by the lines where its records begin.
 */
export function readTable(text: string): TableReading {
  const whole = (message: string): TableReading => ({ ok: false, problems: [{ line: 0, message }] });
  // One kind of line break, so that lines are counted as an editor counts them, in quoted cells too.
  const csv = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  let records: z.infer<typeof recordSchema>;
  try {
    const read: unknown = parse(csv, {
      ...{ delimiter: delimiterOf(csv), info: true, raw: true, record_delimiter: '\n', max_record_size: recordMost },
      ...{ trim: true, relax_column_count: true, skip_empty_lines: true, skip_records_with_empty_values: true },
    });
    records = recordSchema.parse(read);
  } catch (error) {
    if (error instanceof CsvError) return { ok: false, problems: [unreadable(error)] };
    throw error;
  }
  const [heading, ...rows] = records;
  if (!heading) return whole('The table is empty. Its first line names the columns, such as: name,client_email,start');
  const named = heading.record.map((h) =>
    h
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_'),
  );
  const known = new Set<string>(columns);
  const names = named.filter((n) => n !== '');
  const strange = names.filter((n) => !known.has(n));
  if (strange.length > 0)
    return whole(
      `There is no column ${strange.map((s) => quote(s)).join(', ')}. The columns are: ${columns.join(', ')}.`,
    );
  if (new Set(names).size !== names.length) return whole('Two columns have the same name.');
  if (!named.includes('name'))
    return whole('The column "name" is missing: what to call each flow, such as the client.');
  if (rows.length === 0) return whole('The table has a heading and no line below it.');
  if (rows.length > linesMost)
    return whole(
      `The table has ${grouped(rows.length)} lines; ${grouped(linesMost)} is the most. Make several imports of it.`,
    );

  const problems: TableProblem[] = [];
  const firstWith = new Map<string, number>();
  const lines = rows.map(({ record, raw, info }): ImportLine => {
    const line = beginOf({ lines: info.lines, raw });
    const say = (message: string): void => void problems.push({ line, message });
    const cell = (column: Column): string => unguarded(composed(record[named.indexOf(column)] ?? ''));
    // Spreadsheets write empty cells to the right of a table, too.
    const cells = record.findLastIndex((c) => c !== '') + 1;
    if (cells > named.length) say(`It has ${cells} cells, and the heading ${named.length}.`);
    const stray = record.find((c, i) => c !== '' && named[i] === '');
    if (stray !== undefined) say(`${quote(stray)} stands in a column without a name.`);
    const name = cell('name');
    if (name === '') say('The name is empty.');
    if (lengthOf(name) > limits.name)
      say(`The name has ${grouped(lengthOf(name))} letters; ${limits.name} is the most.`);
    const written = cell('client_email');
    const email = written === '' ? null : addressOf(written);
    if (written !== '' && email === null) say(`${quote(written)} is no mail address.`);
    if (email === null && (cell('client_name') !== '' || cell('client_role') !== ''))
      say('A client has a name or role here, and no address.');
    if (lengthOf(cell('client_name')) > limits.name || lengthOf(cell('client_role')) > limits.role)
      say('The name or role of the client is too long.');
    for (const [what, text] of [
      ['The name', name],
      ["The client's name", cell('client_name')],
      ["The client's role", cell('client_role')],
    ] as const) {
      const trouble = nameTrouble(text);
      if (trouble !== null) say(`${what}, ${quote(text)}, ${trouble}.`);
    }
    const start = cell('start').toLowerCase();
    if (!yes.has(start) && !no.has(start)) say(`start is ${quote(cell('start'))}; it must be yes or no.`);
    const startDate = cell('start_date') === '' ? null : cell('start_date');
    if (startDate !== null && !isCalendarDay(startDate)) say(`start_date is ${quote(startDate)}; write it YYYY-MM-DD.`);
    else if (startDate !== null && !isWithinReach(startDate))
      say(`start_date is ${quote(startDate)}; it must be a day from 1970 to 3000.`);
    if (startDate !== null && !yes.has(start)) say('It has a start_date, and start is not yes.');
    const same = JSON.stringify([name.toLowerCase(), email]);
    const first = firstWith.get(same);
    if (first === undefined) firstWith.set(same, line);
    else if (name !== '')
      say(
        `It is the same as line ${first}: ${quote(name)}${email === null ? '' : ` for ${email}`}. Leave one of them out.`,
      );
    if (!isStorable(record)) say("It has characters that can't be stored.");
    return {
      line,
      name,
      email,
      clientName: cell('client_name'),
      role: cell('client_role'),
      start: yes.has(start),
      startDate,
    };
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, lines };
}

/** A table that `readTable` reads as these lines; as spreadsheets know best to take it, like the table to begin with. */
export function writeTable(lines: readonly ImportLine[]): string {
  const quoted = (text: string): string => (/[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = lines.map(({ name, email, clientName, role, start, startDate }) => {
    // Of a client whose data was erased, what stands for the name is left, and nobody can be invited by that.
    const client = email === null ? ['', '', ''] : [email, clientName, role];
    return [name, ...client, start ? 'yes' : 'no', startDate ?? ''].map((text) => quoted(guarded(text)));
  });
  return `\ufeff${[columns, ...rows].map((cells) => `${cells.join(',')}\r\n`).join('')}`;
}

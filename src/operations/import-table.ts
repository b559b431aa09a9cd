/** A table of flows to make, as CSV: the columns it may have, and what is wrong with a line. */
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { ImportLine } from '../db/schema.ts';
import { isCalendarDay } from '../domain/dates.ts';
import { limits } from '../domain/limits.ts';
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

const recordSchema = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));

const yes = new Set(['yes', 'y', 'true', '1', 'x']);
const no = new Set(['', 'no', 'n', 'false', '0']);

/** Reads a table: with commas or semicolons, with or without a byte order mark. Tells everything that is wrong with it. */
export function readTable(csv: string): TableReading {
  const whole = (message: string): TableReading => ({ ok: false, problems: [{ line: 0, message }] });
  let records: z.infer<typeof recordSchema>;
  try {
    const firstLine = csv.slice(0, csv.indexOf('\n') === -1 ? csv.length : csv.indexOf('\n'));
    const delimiter = firstLine.includes(';') && !firstLine.includes(',') ? ';' : ',';
    const read: unknown = parse(csv, {
      ...{ bom: true, delimiter, info: true, skip_empty_lines: true, skip_records_with_empty_values: true },
      ...{ trim: true, relax_column_count: true, max_record_size: 20_000 },
    });
    records = recordSchema.parse(read);
  } catch (error) {
    if (error instanceof CsvError) return whole(`This is not a table in CSV: ${error.message}.`);
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
  const strange = named.filter((n) => !known.has(n));
  if (strange.length > 0)
    return whole(
      `There is no column ${strange.map((s) => quote(s)).join(', ')}. The columns are: ${columns.join(', ')}.`,
    );
  if (new Set(named).size !== named.length) return whole('Two columns have the same name.');
  if (!named.includes('name'))
    return whole('The column "name" is missing: what to call each flow, such as the client.');
  if (rows.length === 0) return whole('The table has a heading and no line below it.');
  if (rows.length > linesMost)
    return whole(`The table has ${rows.length} lines; ${linesMost} is the most. Make several imports of it.`);

  const problems: TableProblem[] = [];
  const lines = rows.map(({ record, info }): ImportLine => {
    const line = info.lines;
    const say = (message: string): void => void problems.push({ line, message });
    const cell = (column: Column): string => record[named.indexOf(column)] ?? '';
    if (record.length > named.length) say(`It has ${record.length} cells, and the heading ${named.length}.`);
    const name = cell('name');
    if (name === '') say('The name is empty.');
    if (name.length > limits.name) say(`The name has ${name.length} letters; ${limits.name} is the most.`);
    const written = cell('client_email');
    const email = written === '' ? null : addressOf(written);
    if (written !== '' && email === null) say(`${quote(written)} is no mail address.`);
    if (email === null && (cell('client_name') !== '' || cell('client_role') !== ''))
      say('A client has a name or role here, and no address.');
    if (cell('client_name').length > limits.name || cell('client_role').length > limits.role)
      say('The name or role of the client is too long.');
    const start = cell('start').toLowerCase();
    if (!yes.has(start) && !no.has(start)) say(`start is ${quote(cell('start'))}; it must be yes or no.`);
    const startDate = cell('start_date') === '' ? null : cell('start_date');
    if (startDate !== null && !isCalendarDay(startDate)) say(`start_date is ${quote(startDate)}; write it YYYY-MM-DD.`);
    if (startDate !== null && !yes.has(start)) say('It has a start_date, and start is not yes.');
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

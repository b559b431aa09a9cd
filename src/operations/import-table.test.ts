/** What a table of flows is taken for, and how what is wrong with one is told. */
import { describe, expect, test } from 'vitest';
import { createFlowFromTemplate } from './create-flow-from-template.ts';
import { readTable, writeTable } from './import-table.ts';

const problems = (csv: string): string[] => {
  const reading = readTable(csv);
  return reading.ok ? [] : reading.problems.map((p) => `${p.line}: ${p.message}`);
};
const lines = (csv: string) => {
  const reading = readTable(csv);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.lines;
};

test('names that no flow or client may have are told before anything is made', () => {
  const csv =
    'name,client_email,client_name,client_role\n\u202eevil,,,\n"two\nlines",a@b.test,\u200b,"x\ny"\nfine,c@d.test,Jane,client';
  expect(problems(csv)).toEqual([
    expect.stringMatching(/^2: The name, .* has line breaks, control characters/),
    expect.stringMatching(/^3: The name, "two lines", has line breaks/),
    expect.stringMatching(/^3: The client's name, .* has nothing in it that can be seen\.$/),
    expect.stringMatching(/^3: The client's role, "x y", has line breaks/),
  ]);
});

test.each([
  ['', ['0: The table is empty. Its first line names the columns, such as: name,client_email,start']],
  ['\ufeff \n\n', [expect.stringMatching(/^0: The table is empty\./)]],
  ['name\n', ['0: The table has a heading and no line below it.']],
  ['client_email\na@b.test', ['0: The column "name" is missing: what to call each flow, such as the client.']],
  ['name,name\na,b', ['0: Two columns have the same name.']],
  ['name,colour\na,red', [expect.stringMatching(/^0: There is no column "colour"\. The columns are: name, /)]],
  ['name,start\na,perhaps', ['2: start is "perhaps"; it must be yes or no.']],
  ['name,start,start_date\na,yes,tomorrow', ['2: start_date is "tomorrow"; write it YYYY-MM-DD.']],
  ...['0206-12-01', '1970-01-01', '3001-01-01'].map((day): [string, string[]] => [
    `name,start,start_date\na,yes,${day}\nb,yes,2026-12-01`,
    [`2: start_date is "${day}"; it must be a day from 1970 to 3000.`],
  ]),
  ['name,start_date\na,2026-12-01', ['2: It has a start_date, and start is not yes.']],
  ['name,client_email\n,x@y.test\nb,nobody', ['2: The name is empty.', '3: "nobody" is no mail address.']],
  ['name;client_role\na;client', ['2: A client has a name or role here, and no address.']],
  ['name\na,b,c', ['2: It has 3 cells, and the heading 1.']],
  ['name,\na,\nb,red', ['3: "red" stands in a column without a name.']],
  ['name,start\n\u00a0,no', ['2: The name is empty.']],
  [
    `name\n${Array.from({ length: 5_001 }, (_, n) => `x ${n}\n`).join('')}`,
    [expect.stringMatching(/5,001 lines; 5,000 is the most/)],
  ],
])('is told line by line: %j', (csv, told) => expect(problems(csv)).toEqual(told));

describe('lines that are the same', () => {
  test('are told with both their lines', () =>
    expect(problems('name,client_email\nHarbor,Jane@harbor.test\nPine,\nharbor,jane@HARBOR.test\nPine,\n')).toEqual([
      '4: It is the same as line 2: "harbor" for jane@harbor.test. Leave one of them out.',
      '5: It is the same as line 3: "Pine". Leave one of them out.',
    ]));
  test('are others when the client is another', () =>
    expect(problems('name,client_email\nHarbor,jane@harbor.test\nHarbor,john@harbor.test\nHarbor,')).toEqual([]));
});

describe('a line is where its record begins', () => {
  test.each(['\n', '\r\n', '\r'])('with %j between lines, and in quoted cells', (br) => {
    const csv = ['name,start', '"Pine', 'Oak",perhaps', '', '  ', 'Elm,no', '"', 'Ash', '",perhaps', 'Yew,perhaps'];
    const told = problems(csv.join(br));
    const perhaps = told.filter((t) => t.includes('perhaps'));
    expect(perhaps).toEqual([2, 7, 10].map((n) => `${n}: start is "perhaps"; it must be yes or no.`));
    expect(told.filter((t) => t.includes('line breaks'))).toEqual([expect.stringMatching(/^2: The name, "Pine Oak"/)]);
    expect(problems(csv.slice(0, -1).join(br))).toHaveLength(told.length - 1);
  });
  test('where a line break stands in a name, which none may have', () =>
    expect(problems('name\r\nElm\r\n"Pine\r\nOak"\r\n')).toEqual([expect.stringMatching(/^3: The name, "Pine Oak"/)]));
});

describe('quotation marks', () => {
  const open = 'A quotation mark (") opens here and is never closed.';
  const inside = expect.stringContaining('A quotation mark (") stands inside a cell, or is not closed.');
  test.each([
    ['name\n"Pine\nOak\nElm', `2: ${open}`],
    ['name\r\nElm\r\n\r\n"Pine\r\nOak\r\n', `4: ${open}`],
    ['name,start\n"Pine,no\nOak,no\n"Elm",no', inside],
    ['name\nPine "and" Oak', inside],
    ['name\n"Pine" and Oak', inside],
    [`name\nElm\n"Pine\n${'Oak\n'.repeat(6_000)}`, expect.stringMatching(/^3: It is longer than 20,000 characters\./)],
  ])('that are wrong are told in a person’s words, with the line that they are on: %j', (csv, told) =>
    expect(problems(csv)).toEqual([told]),
  );
  test('have the line they are on', () => {
    const reading = readTable('name,start\nElm,no\n"Pine,no\nOak,no\n"Ash",no');
    expect(reading).toMatchObject({ ok: false, problems: [{ line: 3 }] });
  });
});

describe('what spreadsheets write', () => {
  const expected = [{ name: 'Pine, Oak; Elm', email: 'jane@pine.test', start: true }];
  test.each([
    ['commas', 'name,client_email,start\n"Pine, Oak; Elm",jane@pine.test,yes'],
    ['semicolons', 'name;client_email;start\n"Pine, Oak; Elm";jane@pine.test;yes'],
    ['tabs', 'name\tclient_email\tstart\n"Pine, Oak; Elm"\tjane@pine.test\tyes'],
    ['tabs, and empty cells before', 'start_date\tname\tclient_email\tstart\n\tPine, Oak; Elm\tjane@pine.test\tyes'],
    ['a blank line first', '\n\nname;client_email;start\n"Pine, Oak; Elm";jane@pine.test;yes'],
    ['empty columns to the right', 'name;client_email;start;;\n"Pine, Oak; Elm";jane@pine.test;yes;;\n;;;;\n'],
    ['empty cells to the right', 'name;client_email;start\n"Pine, Oak; Elm";jane@pine.test;yes;;;\n'],
  ])('is read: %s', (_what, csv) => expect(lines(csv)).toMatchObject(expected));
});

/** The narrowest that one and the other take; more is refused. */
test.each([
  ['letters', 'a'],
  ['letters beyond the first plane', '𝒜'],
  ['emoji', '🌲'],
])('a name is as long in a table as in a call of its own: %s', (_what, letter) => {
  for (const [length, fits] of [
    [200, true],
    [201, false],
  ] as const) {
    const name = letter.repeat(length);
    const input = createFlowFromTemplate.input.safeParse({ template: 'Client Onboarding', name });
    expect([input.success, problems(`name\n${name}`).length === 0]).toEqual([fits, fits]);
  }
  expect(problems(`name\n${letter.repeat(1_201)}`)).toEqual(['2: The name has 1,201 letters; 200 is the most.']);
});

test('what is written is read as the same lines', () => {
  const texts = [
    'Plain',
    '=1+1',
    '+49',
    '-5%',
    '@home',
    "'=x",
    "''-x",
    "'s Hertogenbosch",
    'a "b", c; d',
    'Žofie 👩‍🚀',
  ];
  const some = texts.map((name, n) => ({
    ...{ line: n + 2, name, email: n % 2 === 0 ? `+${n}@a.test` : null },
    ...{ clientName: n % 2 === 0 ? name : '', role: n % 4 === 0 ? name : '' },
    ...{ start: n > 4, startDate: n > 6 ? '2027-01-04' : null },
  }));
  expect(lines(writeTable(some))).toEqual(some);
  // Nothing in it is a formula to a spreadsheet.
  expect(writeTable(some)).not.toMatch(/(^|[,\n"])[=+\-@]/);
});

test('of a client whose data was erased nothing is written that a table may not have', () => {
  const erased = { line: 2, name: 'A', email: null, clientName: 'Erased person', role: '', start: false };
  expect(lines(writeTable([{ ...erased, startDate: null }]))).toMatchObject([
    { name: 'A', email: null, clientName: '' },
  ]);
});

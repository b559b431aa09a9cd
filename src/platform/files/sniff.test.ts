import { describe, expect, it } from 'vitest';
import { servedType, sniff } from './sniff.ts';

const of = (...bytes: number[]) => Buffer.from(bytes);
const text = (s: string) => Buffer.from(s);
const cfb = Buffer.concat([of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1), Buffer.alloc(600)]);
const png = Buffer.concat([
  of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d),
  text('IHDR'),
  Buffer.alloc(40),
  text('IDAT'),
]);

/** A zip archive with stored entries: what an office document is. */
function zip(...entries: [string, string][]): Buffer {
  const locals = entries.map(([name, content]) => {
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(20, 4);
    head.writeUInt32LE(content.length, 18);
    head.writeUInt32LE(content.length, 22);
    head.writeUInt16LE(name.length, 26);
    return Buffer.concat([head, text(name), text(content)]);
  });
  return Buffer.concat([...locals, of(0x50, 0x4b, 0x05, 0x06), Buffer.alloc(18)]);
}
const office = (part: string) =>
  zip([
    '[Content_Types].xml',
    `<?xml version="1.0"?><Types><Override ContentType="application/vnd.openxmlformats-officedocument.${part}.main+xml"/></Types>`,
  ]);

describe('a file is what its bytes say', () => {
  it.each([
    ['logo.png', png, 'image/png', 'image'],
    ['evil.html', png, 'image/png', 'image'],
    ['contract.pdf', text('%PDF-1.7\n%âãÏÓ\n'), 'application/pdf', 'pdf'],
    ['notes.pdf', text('Just some words.'), 'text/plain', 'text'],
    ['list.csv', text('name;amount\nJane;12\n'), 'text/csv', 'spreadsheet'],
    ['old.csv', Buffer.from('Müller;12\n', 'latin1'), 'text/csv', 'spreadsheet'],
    ['utf16.txt', Buffer.concat([of(0xff, 0xfe), Buffer.from('words', 'utf16le')]), 'text/plain', 'text'],
    ['letter.docx', office('wordprocessingml.document'), /wordprocessingml/, 'document'],
    ['table.xlsx', office('spreadsheetml.sheet'), /spreadsheetml/, 'spreadsheet'],
    ['talk.pptx', office('presentationml.presentation'), /presentationml/, 'presentation'],
    ['letter.doc', cfb, 'application/msword', 'document'],
    ['logos.zip', zip(['a.txt', 'a']), 'application/zip', 'archive'],
    ['logo.svg', text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml', 'image'],
    ['page.txt', text('  <!doctype html><script>alert(1)</script>'), 'text/html', 'text'],
    ['page.txt', text('<!-- x --><svg onload=alert(1)>'), 'image/svg+xml', 'image'],
    ['noise', Buffer.from([0, 1, 2, 3, 254, 0]), 'application/octet-stream', 'other'],
  ])('%s', async (name, bytes, mediaType, kind) => {
    const is = await sniff(bytes, name);
    expect(is?.kind).toBe(kind);
    if (typeof mediaType === 'string') expect(is?.mediaType).toBe(mediaType);
    else expect(is?.mediaType).toMatch(mediaType);
  });

  it.each([
    ['setup.pdf', Buffer.concat([text('MZ'), Buffer.alloc(200)])],
    ['photo.jpg', Buffer.concat([of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1), Buffer.alloc(200)])],
    ['app', Buffer.concat([of(0xcf, 0xfa, 0xed, 0xfe), Buffer.alloc(200)])],
    ['setup.msi', cfb],
    ['code.png', Buffer.concat([of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), Buffer.alloc(20)])],
  ])('%s is a program, whatever it is called', async (name, bytes) => {
    expect(await sniff(bytes, name)).toBeNull();
  });

  it('what could run in a browser is served as bytes', () => {
    for (const type of ['text/html', 'image/svg+xml', 'application/xml', 'application/javascript', 'text/xml'])
      expect(servedType(type)).toBe('application/octet-stream');
    expect(servedType('application/pdf')).toBe('application/pdf');
  });
});

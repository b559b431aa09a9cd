/** What a file is, by its bytes. What was declared is never believed; a name only tells formats with the same bytes apart. */
import { fileTypeFromBuffer } from 'file-type';

export type Kind = 'image' | 'pdf' | 'document' | 'spreadsheet' | 'presentation' | 'text' | 'archive' | 'other';

export interface Sniffed {
  readonly mediaType: string;
  readonly kind: Kind;
}

/** Formats that run, mount or install when they are opened: nobody has to send those. */
const programs = new Set([
  'application/x-msdownload',
  'application/x-elf',
  'application/x-mach-binary',
  'application/x-ms-shortcut',
  'application/x.ms.shortcut',
  'application/x.apple.alias',
  'application/x-ms-regedit',
  'application/vnd.android.package-archive',
  'application/java-archive',
  'application/java-vm',
  'application/wasm',
  'application/x-apple-diskimage',
  'application/x-deb',
  'application/x-rpm',
  'application/x-msi',
]);

const kinds: readonly (readonly [RegExp, Kind])[] = [
  [/^image\//, 'image'],
  [/^application\/pdf$/, 'pdf'],
  [/wordprocessingml|opendocument\.text|rtf$|msword|epub/, 'document'],
  [/spreadsheetml|opendocument\.spreadsheet|ms-excel|^text\/csv$/, 'spreadsheet'],
  [/presentationml|opendocument\.presentation|ms-powerpoint/, 'presentation'],
  [/^text\/|^application\/(xml|json)$/, 'text'],
  [/zip|gzip|x-7z|x-rar|x-tar|x-bzip2|x-xz|zstd/, 'archive'],
];

/** Null when it is a program. `head` is the file's beginning. */
export async function sniff(head: Buffer, name: string): Promise<Sniffed | null> {
  const mediaType = await mediaTypeOf(head, name.toLowerCase().split('.').at(-1) ?? '');
  if (programs.has(mediaType)) return null;
  return { mediaType, kind: kinds.find(([pattern]) => pattern.test(mediaType))?.[1] ?? 'other' };
}

/** The old office formats share their container with installers. */
const containers: Readonly<Record<string, string>> = {
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
  msi: 'application/x-msi',
};

async function mediaTypeOf(head: Buffer, extension: string): Promise<string> {
  // Marked as UTF-16, which others take for a sound.
  const found = isUtf16(head) ? undefined : (await fileTypeFromBuffer(head))?.mime;
  if (found === 'application/x-cfb') return containers[extension] ?? found;
  if (found !== undefined && found !== 'application/xml') return found;
  const text = textOf(head);
  if (text === null) return found ?? 'application/octet-stream';
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*(<!doctype svg[^>]*>\s*)?<svg[\s>]/i.test(text))
    return 'image/svg+xml';
  if (/^\s*(<!--[\s\S]*?-->\s*)*<(!doctype html|html|head|body|script)[\s>]/i.test(text)) return 'text/html';
  if (found !== undefined) return found;
  return extension === 'csv' ? 'text/csv' : 'text/plain';
}

const isUtf16 = (head: Buffer): boolean =>
  (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);

/** As text, or null when it is none: not UTF-8 or marked UTF-16, or with control characters. */
function textOf(head: Buffer): string | null {
  const utf16 = isUtf16(head);
  try {
    // The end may be half a character of a text that goes on.
    const text = new TextDecoder(utf16 ? (head[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8', {
      fatal: true,
    }).decode(head, { stream: true });
    return [...text.slice(0, 4_000)].some((c) => c < ' ' && !'\t\n\r\f\u001b'.includes(c)) ? null : text;
  } catch {
    return latin1(head); // "no UTF-8" is the answer; older programs write tables in Latin 1
  }
}

function latin1(head: Buffer): string | null {
  const odd = head
    .subarray(0, 4_000)
    .some((b) => (b < 0x20 && ![9, 10, 12, 13].includes(b)) || (b >= 0x7f && b < 0xa0));
  return odd ? null : head.toString('latin1');
}

/** Types that are told as they are when a file is served; anything else is bytes. Nothing is ever shown in place. */
const plain = new Set([
  'application/pdf',
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'text/plain',
  'text/csv',
  'application/zip',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
]);

/** The Content-Type a file is served with. */
export const servedType = (mediaType: string): string =>
  plain.has(mediaType) ? mediaType : 'application/octet-stream';

/** Every relative link, image and anchor of every page of documentation leads somewhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter(Boolean);

/** Without code, in which brackets are no links. */
const prose = (text: string): string => text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/(`+)[^`][\s\S]*?\1/g, '');

/** Targets of `[…](…)`, `![…](…)`, `[…]: …`, `<img src>` and `<a href>`. */
function targetsIn(text: string): string[] {
  const found = [
    ...prose(text).matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g),
    ...prose(text).matchAll(/^\[[^\]]+\]:\s*<?(\S+?)>?\s*$/gm),
    ...prose(text).matchAll(/<(?:img|a|source)\b[^>]*\b(?:src|href|srcset)="([^"]+)"/g),
  ];
  return found.flatMap(([, target]) => target ?? []);
}

/** As GitHub makes them: letters, figures, hyphens and underscores of a heading, in lower case; a second one gets `-1`. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  const withoutCode = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '');
  for (const [, heading = ''] of withoutCode.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
    const n = seen.get(slug) ?? 0;
    seen.set(slug, n + 1);
    anchors.add(n === 0 ? slug : `${slug}-${n}`);
  }
  for (const [, id = ''] of text.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** What is wrong with a target that stands in this file; null for nothing, and for what is elsewhere. */
function problemOf(file: string, target: string): string | null {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) return null;
  const [path = '', anchor] = decodeURI(target).split('#');
  const to = path === '' ? file : normalize(path.startsWith('/') ? path.slice(1) : join(dirname(file), path));
  if (to.startsWith('..')) return `${target} leads out of the repository`;
  if (!existsSync(join(root, to))) return `${target} is not there`;
  if (anchor === undefined || statSync(join(root, to)).isDirectory()) return null;
  return anchorsOf(read(to)).has(anchor) ? null : `${target}: ${to} has no heading of that name`;
}

describe('documentation', () => {
  it('is found', () => {
    expect(files).toContain('README.md');
    expect(files.flatMap((f) => targetsIn(read(f))).length).toBeGreaterThan(20);
  });

  it.each(files)('%s has no link, image or anchor that leads nowhere', (file) => {
    expect(targetsIn(read(file)).flatMap((target) => problemOf(file, target) ?? [])).toEqual([]);
  });

  it('would be told', () => {
    expect(problemOf('README.md', 'docs/nowhere.md')).toContain('is not there');
    expect(problemOf('README.md', '#no-such-heading')).toContain('no heading');
    expect(targetsIn('See [a](b.md) and `[c](d.md)`, <img src="e.png">')).toEqual(['b.md', 'e.png']);
    expect([...anchorsOf('# One `two`, three\n## A\n## A')]).toEqual(['one-two-three', 'a', 'a-1']);
  });
});

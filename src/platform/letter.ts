/**
 * A mail as text and as HTML from the same parts: the thing, one button, the plain link below it, who it is from and
 * why it came. The one layout of every mail.
 */
import { type Markup, markup, type Part } from './markup.ts';
import { firstLetter, firstName, plainLine, plainText, shortened } from './plain-line.ts';

/** A colour and what can be read on it, each `#rrggbb`. */
export interface Shade {
  readonly brand: string;
  readonly ink: string;
}

/** Whose mail it is. */
export interface Letterhead {
  readonly name: string;
  readonly light: Shade;
  readonly dark: Shade;
  /** An https address of a picture; the name stands in its place where pictures are off. */
  readonly logo: string | null;
}

export const booflowHead: Letterhead = {
  name: 'Booflow',
  light: { brand: '#0b6b58', ink: '#ffffff' },
  dark: { brand: '#4fc3a5', ink: '#06231c' },
  logo: null,
};

/** One of the things a mail is about. */
export interface Point {
  readonly title: string;
  /** Under it, small: "due Fri 27 Nov". */
  readonly note?: string;
  readonly late?: boolean;
  /** What people said of it, in their words. */
  readonly quotes?: readonly { readonly by: string; readonly text: string }[];
}

export interface Letter {
  /** Booflow's own when left out. */
  readonly head?: Letterhead;
  /** The thing itself, as a heading; the greeting stands there when left out. */
  readonly title?: string;
  /** What a list of mails shows after the subject; the opening when left out. */
  readonly preheader?: string;
  readonly hello: string;
  readonly opening: string;
  readonly points: readonly (string | Point)[];
  /** What the button says; null with no link: there is nothing left to open. */
  readonly button: string | null;
  readonly link: string | null;
  readonly signature: readonly string[];
  readonly why: string;
  /** Where reminders are switched off; only in reminders. */
  readonly unsubscribe?: { readonly text: string; readonly link: string } | null;
}

export interface WrittenLetter {
  readonly text: string;
  readonly html: string;
}

/** A mail about a person's own account, ready to be handed over. */
export interface AddressedLetter extends WrittenLetter {
  readonly to: string;
  readonly subject: string;
}

/** "Hello Jane,": by the first of someone's names. */
export function greeting(name: string): string {
  const first = firstName(name);
  return first === '' ? 'Hello,' : `Hello ${first},`;
}

/** Names may hold anything: each part is made one line, and what was said keeps its own lines. */
export function letter(written: Letter): WrittenLetter {
  const l = tidy(written);
  return { text: textOf(l), html: htmlOf(l) };
}

type Tidy = Required<Omit<Letter, 'points'>> & { readonly points: readonly Required<Point>[] };

const tidy = (l: Letter): Tidy => {
  const head = l.head ?? booflowHead;
  const opening = plainLine(l.opening);
  return {
    ...l,
    head: { ...head, name: shortened(plainLine(head.name), 60) },
    title: shortened(plainLine(l.title ?? ''), 200),
    preheader: shortened(plainLine(l.preheader ?? opening), 140),
    hello: plainLine(l.hello),
    opening,
    points: l.points.map((p) => tidyPoint(typeof p === 'string' ? { title: p } : p)),
    signature: l.signature.map((line) => shortened(plainLine(line), 120)).filter((line) => line !== ''),
    why: plainLine(l.why),
    unsubscribe: l.unsubscribe ?? null,
  };
};

const tidyPoint = ({ title, note, late, quotes }: Point): Required<Point> => ({
  title: shortened(plainLine(title), 200),
  note: plainLine(note ?? ''),
  late: late ?? false,
  quotes: (quotes ?? []).map((q) => ({ by: shortened(plainLine(q.by), 80), text: shortened(plainText(q.text), 600) })),
});

function textOf({ hello, opening, points, button, link, signature, why, unsubscribe }: Tidy): string {
  const said = (text: string): string => text.replace(/^.*$/gm, (line) => `  > ${line}`.trimEnd());
  const parts = [
    hello,
    opening,
    points
      .flatMap((p) => [
        `- ${p.title}${p.note === '' ? '' : `, ${p.note}`}`,
        ...p.quotes.flatMap((q) => [...(q.by === '' ? [] : [`  ${q.by}:`]), said(q.text)]),
      ])
      .join('\n'),
    button !== null && link !== null ? `${button}:\n${link}` : '',
    signature.join('\n'),
    why,
    unsubscribe ? `${unsubscribe.text}:\n${unsubscribe.link}` : '',
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/*
 * The colours of mails: those of the tokens, written out, since mail programs know no variables. Sizes and spaces are
 * the tokens' too.
 */
const light = {
  paper: '#faf9f6',
  card: '#ffffff',
  ink: '#1d1c19',
  soft: '#5d5a52',
  line: '#e4e1d8',
  late: '#9a5b00',
} as const;
const dark = {
  paper: '#131513',
  card: '#1b1e1b',
  ink: '#eceae4',
  soft: '#a9a69d',
  line: '#2c312d',
  late: '#f0b45a',
} as const;
const font = "-apple-system,BlinkMacSystemFont,'Segoe UI',Inter,Roboto,Helvetica,Arial,sans-serif";

/** For programs that read a style sheet: dark mode, and a phone's width. All else is written where it is used. */
const sheet = (brand: Shade): Markup => markup`
:root { color-scheme: light dark; supported-color-schemes: light dark; }
a { text-decoration: underline; }
@media (max-width: 620px) {
  .card { padding: 24px 20px !important; }
  .side { padding-left: 4px !important; padding-right: 4px !important; }
  .button a { display: block !important; }
}
@media (prefers-color-scheme: dark) {
  .paper { background-color: ${dark.paper} !important; }
  .card { background-color: ${dark.card} !important; border-color: ${dark.line} !important; }
  .ink { color: ${dark.ink} !important; }
  .soft { color: ${dark.soft} !important; }
  .late { color: ${dark.late} !important; }
  .said { border-color: ${dark.line} !important; }
  .point { border-color: ${dark.line} !important; }
  .mark, .button { background-color: ${brand.brand} !important; }
  .mark, .button a { color: ${brand.ink} !important; }
}
`;

const table = markup`role="presentation" width="100%" border="0" cellpadding="0" cellspacing="0"`;

function htmlOf(l: Tidy): string {
  const { head, title, hello, opening, points } = l;
  const heading = title === '' ? hello : title;
  // The one thing stands in the heading already.
  const [one] = points.length === 1 && points[0]?.title === title ? points : [];
  const p = (text: string): Markup =>
    markup`<p class="ink" dir="auto" style="margin:0 0 16px;color:${light.ink};font-size:15px;line-height:24px">${text}</p>`;
  return markup`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="x-apple-disable-message-reformatting">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${heading}</title>
<style>${sheet(head.dark)}</style>
</head>
<body class="paper" style="margin:0;padding:0;background-color:${light.paper};-webkit-text-size-adjust:100%;word-break:break-word">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${l.preheader}</div>
<div role="article" aria-roledescription="email" aria-label="${heading}" lang="en" style="font-family:${font}">
<table ${table} class="paper" style="background-color:${light.paper}"><tr><td align="center" class="side" style="padding:24px 16px">
<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0"><tr><td><![endif]-->
<table ${table} style="max-width:600px;font-family:${font}">
<tr><td style="padding:8px 4px 16px">${letterhead(head)}</td></tr>
<tr><td class="card" style="padding:32px;background-color:${light.card};border:1px solid ${light.line};border-radius:10px">
<h1 class="ink" dir="auto" style="margin:0 0 ${one && one.note !== '' ? 4 : 16}px;color:${light.ink};font-size:24px;line-height:30px;font-weight:650;letter-spacing:-0.015em">${heading}</h1>
${one ? below(one.note, one.late, 16) : null}
${title === '' ? null : p(hello)}
${p(opening)}
${one ? one.quotes.map(quote) : points.length === 0 ? null : list(points)}
${one && one.quotes.length > 0 ? markup`<div style="height:12px;line-height:12px">&nbsp;</div>` : null}
${l.button !== null && l.link !== null ? button(l.button, l.link, head.light) : null}
${signature(l.signature)}
</td></tr>
<tr><td style="padding:20px 4px 8px">${footer(l)}</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</div>
</body>
</html>
`.html;
}

/** The picture with its name as what stands there without it; else the first letter on the colour, and the name. */
function letterhead({ name, light: shade, logo }: Letterhead): Markup {
  const word = markup`class="ink" dir="auto" style="color:${light.ink};font-size:18px;line-height:26px;font-weight:650;letter-spacing:-0.015em"`;
  if (logo !== null) {
    return markup`<img src="${logo}" alt="${name}" height="40" style="display:block;height:40px;width:auto;max-width:240px;border:0;color:${light.soft};font-size:18px;line-height:40px;font-weight:650">`;
  }
  const first = firstLetter(name).toUpperCase();
  return markup`<table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr><td width="32" valign="top" aria-hidden="true"><div class="mark" style="width:32px;height:32px;border-radius:8px;background-color:${shade.brand};color:${shade.ink};text-align:center;font-size:15px;line-height:32px;font-weight:650">${first}</div></td><td style="padding:0 0 0 12px"><span ${word}>${name}</span></td></tr></table>`;
}

const list = (points: readonly Required<Point>[]): Markup =>
  markup`<table ${table} style="margin:0 0 24px">${points.map(point)}</table>`;

const below = (note: string, late: boolean, space: number): Markup | null => {
  if (note === '') return null;
  const tone = late ? 'late' : 'soft';
  return markup`<div class="${tone}" dir="auto" style="margin:0 0 ${space}px;color:${light[tone]};font-size:13px;line-height:20px">${note.slice(0, 1).toUpperCase()}${note.slice(1)}</div>`;
};

const point = ({ title, note, late, quotes }: Required<Point>): Markup =>
  markup`<tr><td class="point" style="padding:12px 0;border-top:1px solid ${light.line}"><div class="ink" dir="auto" style="color:${light.ink};font-size:15px;line-height:22px;font-weight:600">${title}</div>${below(note, late, 0)}${quotes.map(quote)}</td></tr>`;

const quote = ({ by, text }: { readonly by: string; readonly text: string }): Markup =>
  markup`<div class="said" style="margin:12px 0 4px;padding:2px 0 2px 12px;border-left:3px solid ${light.line}">${
    by === ''
      ? null
      : markup`<div class="soft" dir="auto" style="color:${light.soft};font-size:13px;line-height:20px">${by}</div>`
  }<div class="ink" dir="auto" style="color:${light.ink};font-size:15px;line-height:24px">${withBreaks(text)}</div></div>`;

const withBreaks = (text: string): Part => text.split('\n').map((line, i) => [i === 0 ? null : markup`<br>`, line]);

const button = (text: string, link: string, shade: Shade): Markup =>
  markup`<table role="presentation" border="0" cellpadding="0" cellspacing="0" style="margin:0 0 16px"><tr><td class="button" align="center" bgcolor="${shade.brand}" style="border-radius:8px;background-color:${shade.brand};mso-padding-alt:14px 24px"><a href="${link}" style="display:inline-block;padding:14px 24px;color:${shade.ink};font-size:15px;line-height:20px;font-weight:600;text-decoration:none;border-radius:8px">${text}</a></td></tr></table>
<p class="soft" style="margin:0 0 24px;color:${light.soft};font-size:13px;line-height:20px">Or copy this link: <span style="word-break:break-all">${link}</span></p>`;

const signature = (lines: readonly string[]): Markup =>
  markup`<p class="ink" dir="auto" style="margin:0;color:${light.ink};font-size:15px;line-height:24px">${lines.map((line, i) => [i === 0 ? null : markup`<br>`, line])}</p>`;

const footer = ({ why, unsubscribe }: Tidy): Markup => {
  const small = markup`class="soft" style="margin:0 0 8px;color:${light.soft};font-size:12px;line-height:18px"`;
  const off =
    unsubscribe === null
      ? null
      : markup`<p ${small}><a class="soft" href="${unsubscribe.link}" style="color:${light.soft};text-decoration:underline">${unsubscribe.text}</a></p>`;
  return markup`<p ${small}>${why}</p>${off}`;
};

/** A mail as text and as HTML from the same parts: one button, the plain link below it, who it is from and why it came. */

export interface Letter {
  readonly hello: string;
  readonly opening: string;
  readonly points: readonly string[];
  readonly button: string;
  readonly link: string;
  readonly signature: readonly string[];
  readonly why: string;
}

export interface WrittenLetter {
  readonly text: string;
  readonly html: string;
}

export function letter(l: Letter): WrittenLetter {
  const { hello, opening, points, button, link, signature, why } = l;
  const lines = [
    hello,
    '',
    opening,
    ...points.map((p) => `- ${p}`),
    '',
    `${button}: ${link}`,
    '',
    ...signature,
    '',
    why,
  ];
  return { text: lines.join('\n').replace(/\n{3,}/g, '\n\n'), html: htmlOf(l) };
}

const escaped = (s: string): string => s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function htmlOf({ hello, opening, points, button, link, signature, why }: Letter): string {
  const p = (s: string) => `<p style="margin:0 0 16px">${escaped(s)}</p>`;
  const list =
    points.length === 0
      ? ''
      : `<ul style="margin:0 0 24px;padding-left:20px">${points.map((t) => `<li style="margin:0 0 8px">${escaped(t)}</li>`).join('')}</ul>`;
  return `<!doctype html><html lang="en"><body style="margin:0;background:#f7f6f2;color:#1d1f1c;font:16px/1.5 -apple-system,Segoe UI,Inter,Helvetica,Arial,sans-serif"><div style="max-width:520px;margin:0 auto;padding:32px 24px">${p(hello)}${p(opening)}${list}<p style="margin:0 0 16px"><a href="${escaped(link)}" style="display:inline-block;background:#1f6f4a;color:#fff;text-decoration:none;padding:12px 20px;border-radius:8px;font-weight:600">${escaped(button)}</a></p><p style="margin:0 0 24px;font-size:13px;color:#5c605a;word-break:break-all">${escaped(link)}</p>${p(signature.join('\n')).replace('\n', '<br>')}<p style="margin:24px 0 0;font-size:13px;color:#5c605a">${escaped(why)}</p></div></body></html>`;
}

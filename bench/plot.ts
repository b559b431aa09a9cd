/** Bars of milliseconds as an SVG that suits a light and a dark page. */
export function bars(title: string, all: readonly { readonly name: string; readonly ms: number }[]): string {
  const most = Math.max(...all.map((b) => b.ms));
  const [left, wide, high, top] = [270, 380, 26, 44];
  const text = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const rows = all.map(({ name, ms }, n) => {
    const y = top + n * high;
    const width = Math.max(1, (ms / most) * wide).toFixed(1);
    const middle = y + 13;
    return [
      `<text x="${left - 10}" y="${middle}" text-anchor="end">${text(name)}</text>`,
      `<rect x="${left}" y="${y}" width="${width}" height="18" rx="3"/>`,
      `<text x="${left + Number(width) + 8}" y="${middle}">${ms.toFixed(1)} ms</text>`,
    ].join('');
  });
  const height = top + all.length * high + 12;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 740 ${height}" width="740" height="${height}" role="img" aria-label="${text(title)}">
<style>text{font:13px system-ui,sans-serif;fill:#1f2933}rect{fill:#3b6fd4}.page{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e6e9ef}rect{fill:#7aa2f7}.page{fill:#14171c}}</style>
<rect class="page" width="740" height="${height}"/>
<text x="16" y="26" font-weight="600">${text(title)}</text>
${rows.join('\n')}
</svg>
`;
}

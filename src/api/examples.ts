/** Each call's example, as one would type it. */
import { type Place, requestFor } from './place.ts';

const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export function curlOf(place: Place, publicUrl: string): string {
  const { method, url, body } = requestFor(place, place.rest.example);
  const parts = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${shellQuote(publicUrl + url)}`,
    ...(place.operation.access === 'public' ? [] : ['-H "Authorization: Bearer $BOOFLOW_KEY"']),
    ...(place.operation.kind === 'write' ? ['-H "Idempotency-Key: $(openssl rand -hex 16)"'] : []),
    ...(body === null || place.inRest.length === 0
      ? []
      : ["-H 'Content-Type: application/json'", `-d ${shellQuote(JSON.stringify(body))}`]),
  ];
  return parts.join(' \\\n  ');
}

export function typescriptOf(place: Place, publicUrl: string): string {
  const { method, url, body } = requestFor(place, place.rest.example);
  const sends = body !== null && place.inRest.length > 0;
  const headers = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code to show
    ...(place.operation.access === 'public' ? [] : ['authorization: `Bearer ${process.env.BOOFLOW_KEY}`']),
    ...(place.operation.kind === 'write' ? ["'idempotency-key': crypto.randomUUID()"] : []),
    ...(sends ? ["'content-type': 'application/json'"] : []),
  ];
  const options = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    ...(headers.length > 0 ? [`  headers: { ${headers.join(', ')} },`] : []),
    ...(sends ? [`  body: JSON.stringify(${JSON.stringify(body)}),`] : []),
  ];
  const call = `fetch('${publicUrl}${url}'${options.length > 0 ? `, {\n${options.join('\n')}\n}` : ''})`;
  return [
    `const answer = await ${call};`,
    'if (!answer.ok) throw new Error(await answer.text());',
    'const facts = await answer.json();',
  ].join('\n');
}

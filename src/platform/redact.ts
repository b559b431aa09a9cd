/** Takes secrets out of text before it is written anywhere a person or a machine keeps it. */

const hidden = '[redacted]';

const secretKeys =
  'authorization|proxy-authorization|cookie|set-cookie|password|client_secret|code_verifier|access_token|refresh_token';

const rules: readonly (readonly [RegExp, string])[] = [
  // Members of JSON: a string, or a list of strings.
  [new RegExp(`"(${secretKeys})":\\s*(?:"(?:[^"\\\\]|\\\\.)*"|\\[[^\\]]*\\])`, 'gi'), `"$1":"${hidden}"`],
  // The same inside a JSON text that is itself a JSON string.
  [new RegExp(`\\\\"(${secretKeys})\\\\":\\s*\\\\".*?\\\\"(?=[,}\\s])`, 'gi'), `\\"$1\\":\\"${hidden}\\"`],
  // A header as plain text.
  [/\b(authorization|cookie|set-cookie)(\s*[:=]\s*)(?!")[^\r\n"\\]+/gi, `$1$2${hidden}`],
  [/\b(bearer)\s+[\w~+/.=-]{16,}/gi, `$1 ${hidden}`],
  [/(bflow_[a-z]+_)[A-Za-z0-9_-]{8,}/g, `$1${hidden}`],
  // Also as the place to come back to, in the query of another address.
  [
    /((?:\/|%(?:25)*2f)(?:portal|reminders|sign-in(?:\/|%(?:25)*2f)link|sign-up|join)(?:\/|%(?:25)*2f))[A-Za-z0-9_-]{8,}/gi,
    `$1${hidden}`,
  ],
  [
    /([?&](?:code|token|secret|key|password|client_secret|code_verifier|access_token|refresh_token)=)[^&\s"'\\]+/gi,
    `$1${hidden}`,
  ],
  // The password in a URL.
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/?#"'\\]*):[^\s@/?#"'\\]+@/gi, `$1:${hidden}@`],
];

/** `text` with credentials replaced: headers, our keys and links, passwords in URLs. A line of JSON stays JSON. */
export function redact(text: string): string {
  let safe = text;
  for (const [pattern, replacement] of rules) safe = safe.replace(pattern, replacement);
  return safe;
}

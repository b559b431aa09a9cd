/** Operations' prompts as MCP prompts: what is listed, what one says, and how its arguments are completed. */
import {
  type CompleteResult,
  type GetPromptResult,
  type Prompt as ListedPrompt,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import type { Caller } from '../operations/operation.ts';
import { completeArgument, type Prompt, prompts } from '../operations/prompts.ts';
import { completeResource } from '../operations/resources.ts';

export const listedPrompts: ListedPrompt[] = prompts.map((p) => ({
  name: p.name,
  title: p.title,
  description: p.description,
  arguments: p.arguments.map(({ name, title, description, required }) => ({ name, title, description, required })),
}));

/** Letters of an argument at most; more than any name or address has. */
const longestArgument = 254;

const invalid = (text: string): ProtocolError => new ProtocolError(ProtocolErrorCode.InvalidParams, text);

function findPrompt(name: string): Prompt {
  const prompt = prompts.find((p) => p.name === name);
  if (!prompt)
    throw invalid(`There is no prompt called ${JSON.stringify(name.slice(0, 100))}. prompts/list shows them.`);
  return prompt;
}

/** The prompt's text with these arguments. Throws a `ProtocolError` for an unknown prompt or argument. */
export function getPrompt(name: string, given: Readonly<Record<string, string>> = {}, now: number): GetPromptResult {
  const prompt = findPrompt(name);
  const read: Record<string, string> = {};
  for (const [key, value] of Object.entries(given)) {
    if (!prompt.arguments.some((a) => a.name === key))
      throw invalid(`${prompt.title} has no argument ${JSON.stringify(key.slice(0, 100))}.`);
    if (value.length > longestArgument) throw invalid(`${key}: ${longestArgument} letters at most.`);
    if (value.trim() !== '') read[key] = value.trim();
  }
  const missing = prompt.arguments.find((a) => a.required && read[a.name] === undefined);
  if (missing) throw invalid(`${prompt.title} needs ${missing.name}: ${missing.description}.`);
  return {
    description: prompt.description,
    messages: [{ role: 'user', content: { type: 'text', text: prompt.text(read, now) } }],
  };
}

type Reference =
  | { readonly type: 'ref/prompt'; readonly name: string }
  | { readonly type: 'ref/resource'; readonly uri: string };

/** Values for an argument of a prompt, or for the id of a resource's address, that fit what was typed so far. */
export async function complete(
  caller: Caller,
  ref: Reference,
  argument: { readonly name: string; readonly value: string },
): Promise<CompleteResult> {
  if (argument.value.length > longestArgument) return { completion: { values: [], hasMore: false } };
  if (ref.type === 'ref/resource') {
    const { ids, more } = await completeResource(caller, ref.uri, argument.value);
    return { completion: { values: ids, hasMore: more } };
  }
  const wanted = findPrompt(ref.name).arguments.find((a) => a.name === argument.name);
  if (!wanted) throw invalid(`This prompt has no argument ${JSON.stringify(argument.name.slice(0, 100))}.`);
  const { names, more } = await completeArgument(caller, wanted, argument.value);
  return { completion: { values: names, hasMore: more } };
}

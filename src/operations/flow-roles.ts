/** People for the roles of a template, as a caller names them. */
import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { listMembers } from '../db/people.ts';
import { lengthOf, limits } from '../domain/limits.ts';
import { composed, lineOf, nameTrouble } from '../domain/naming.ts';
import type { Client, FilledRole } from '../domain/roles.ts';
import { type AssigneeHint, rolesOf, sameRole, type Template } from '../domain/template.ts';
import { addressOf, invitee } from './invitees.ts';
import { findMember } from './names.ts';
import { Refusal } from './refusal.ts';
import { count, lines, plain, quote } from './words.ts';

const most = 50;

export const rolesInput = z
  .record(
    z.string().overwrite(composed).min(1).max(limits.role),
    z.union([
      z
        .string()
        .overwrite(composed)
        .min(1)
        .max(limits.name + limits.email),
      z.strictObject({ email: z.string().max(limits.email), name: lineOf(limits.name).optional() }),
    ]),
  )
  .refine((roles) => Object.keys(roles).length <= most, `at most ${most} roles`)
  .optional()
  .describe("Who fills the template's roles, by role: a member's name, or a client's address");

type Given = NonNullable<z.output<typeof rolesInput>>;

export interface People {
  readonly memberFor: (hint: AssigneeHint) => { id: string; name: string } | null;
  readonly clients: readonly Client[];
  /** Steps' own members who left the org meanwhile. */
  readonly gone: readonly string[];
}

/** Finds them. Throws a Refusal for a role the template does not have, and for people who can't be found. */
export async function peopleFor(
  trx: Trx,
  template: Template,
  given: Given,
  flowId: string,
  me: string,
): Promise<People> {
  const roles = rolesOf(template);
  const members: { role: string; id: string; name: string }[] = [];
  const clients: Client[] = [];
  for (const [asked, who] of Object.entries(given)) {
    // As the template writes it, by which a client's steps are found.
    const role = [...roles.internal, ...roles.client].find((r) => sameRole(r, asked));
    if (role === undefined) throw unknownRole(asked, template);
    if (roles.internal.includes(role)) {
      const { id, name } = await findMember(trx, typeof who === 'string' ? who : who.email, me);
      members.push({ role, id, name });
    } else clients.push({ role, person: clientOf(flowId, role, who) });
  }
  const all = await listMembers(trx);
  const memberFor = (hint: AssigneeHint) => {
    if (hint.kind === 'role') return members.find((m) => sameRole(m.role, hint.role)) ?? null;
    return hint.kind === 'member' ? (all.find((m) => m.id === hint.userId) ?? null) : null;
  };
  const wanted = template.steps.flatMap(({ assignee }) => (assignee.kind === 'member' ? [assignee] : []));
  return { memberFor, clients, gone: [...new Set(wanted.filter((m) => memberFor(m) === null).map((m) => m.name))] };
}

/** From "Jane Alder <jane@acme.com>", from "jane@acme.com", or from address and name apart. */
function clientOf(flowId: string, role: string, who: string | { email: string; name?: string | undefined }) {
  const written = typeof who === 'string' ? /^(.*?)<([^<>]+)>$/s.exec(who) : null;
  const [address, name] =
    typeof who !== 'string'
      ? [who.email, who.name ?? '']
      : written
        ? [written[2] ?? '', written[1]?.trim() ?? '']
        : [who, ''];
  const email = addressOf(address);
  const trouble = nameTrouble(name);
  if (trouble !== null) {
    throw new Refusal(
      'bad_input',
      `The name ${quote(name)} of the client whose role is ${quote(role)} ${trouble}. Nothing changed.`,
    );
  }
  if (lengthOf(name) > limits.name) {
    throw new Refusal(
      'bad_input',
      `The name of the client whose role is ${quote(role)} has ${lengthOf(name)} letters; ${limits.name} is the most. Nothing changed.`,
    );
  }
  if (email !== null) return invitee(flowId, email, name, role);
  throw new Refusal(
    'bad_address',
    `The role ${quote(role)} is a client's, so give their mail address; ${quote(address)} is none. Nothing changed.`,
  );
}

function unknownRole(role: string, template: Template): Refusal {
  const { internal, client } = rolesOf(template);
  const has =
    internal.length + client.length === 0
      ? 'It has no roles.'
      : lines(
          internal.length > 0 && `Inside the organization: ${internal.map(plain).join(', ')}.`,
          client.length > 0 && `Of clients: ${client.map(plain).join(', ')}.`,
        );
  return new Refusal('not_found', `${quote(template.name)} has no role ${quote(role)}. Nothing changed.\n${has}`, {
    roles: { internal, client },
  });
}

export const roleShape = z.object({
  role: z.string(),
  of: z.enum(['member', 'client']),
  person: z.string().nullable().describe('null: not filled'),
});

/** Who has which role, and which nobody has. */
export function roleLines(roles: readonly FilledRole[]): string {
  const open = roles.filter((r) => r.person === null);
  return lines(
    roles.flatMap((r) =>
      r.person === null ? [] : [`- ${plain(r.role)}: ${r.of === 'client' ? 'client ' : ''}${plain(r.person)}`],
    ),
    open.length > 0 && `${count(open.length, 'role')} not filled yet: ${open.map((r) => plain(r.role)).join(', ')}.`,
  );
}

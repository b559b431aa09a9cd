/**
 * The editor's routes. A save brings the open step and the revision it was made from: it is laid onto the draft as it
 * is now when nobody changed that step since, so that two people who write different steps don't stop each other.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Draft } from '../../domain/draft.ts';
import { discardDraft } from '../../operations/discard-draft.ts';
import { getTemplate } from '../../operations/get-template.ts';
import { listOrgMembers } from '../../operations/list-org-members.ts';
import { publishTemplate } from '../../operations/publish-template.ts';
import { saveTemplateDraft } from '../../operations/save-template-draft.ts';
import { callerOf, type MemberRoutes, type Visit } from '../kit/member.ts';
import { need, settled } from '../kit/need.ts';
import {
  addDependency,
  addField,
  addStep,
  duplicateStep,
  type Edited,
  moveField,
  moveStep,
  putBack,
  removeDependency,
  removeField,
  removeStep,
  replaceStep,
} from './edit.ts';
import { type EditorView, editorPage, regions } from './editor-page.tsx';
import { applyForm, type Fields, type Member } from './step-form.ts';

type Shown = z.output<typeof getTemplate.output>;

/** Of the largest form a step may have: 50 fields, each with 100 options. */
const editMost = { bytes: 4_000_000, letters: 60_000 };

/** How often a save is tried again, when others save at the same moment. */
const tries = 5;

interface Told {
  readonly problem?: string;
  readonly clash?: string;
  readonly removed?: EditorView['removed'];
}

export function editorRoutes({ page, form }: Pick<MemberRoutes, 'page' | 'form'>): void {
  const read = async (visit: Visit): Promise<Shown> =>
    need(await getTemplate.run(callerOf(visit), { template: visit.params.id, show: 'draft' }));
  const membersOf = async (visit: Visit): Promise<readonly Member[]> =>
    need(await listOrgMembers.run(callerOf(visit), {})).members;

  const answer = async (
    visit: Visit,
    reply: FastifyReply,
    given: { shown: Shown; open: string; members: readonly Member[]; fields: Fields; status?: number } & Told,
  ) => {
    const { shown, fields, members } = given;
    const { template, definition, problems, saved } = shown;
    const open = definition.steps.some((s) => s.key === given.open) ? given.open : '';
    const view: EditorView = {
      ...{ session: visit.session, template, revision: template.revision, draft: definition, problems },
      ...{ saved, open, members, now: visit.tools.now },
      ...{ problem: given.problem ?? null, clash: given.clash ?? null, removed: given.removed ?? null },
    };
    const status = given.status ?? 200;
    if (fields.parts === undefined) return reply.code(status).type('text/html').send(editorPage(view));
    // The script has what it has: only what differs is sent.
    const changed = regions(view).filter((r) => fields[`tag.${r.id}`] !== r.tag);
    const { revision } = template;
    return reply.code(status).send({ revision, open, clash: given.clash !== undefined, parts: changed });
  };

  page('/templates/:id/edit', async (visit, reply) => {
    const { id } = visit.params;
    if (visit.principal.role === 'MEMBER') return reply.redirect(`/templates/${id}?show=draft`, 303);
    const [shown, members] = await Promise.all([read(visit), membersOf(visit)]);
    if (shown.template.public || shown.template.archived) return reply.redirect(`/templates/${id}`, 303);
    const { step: open = '', removed: key, undo } = visit.query;
    const removed = key && undo ? await removedStep(visit, key, Number(undo)) : null;
    return answer(visit, reply, { shown, members, open, fields: visit.query, removed });
  });

  /** The step of an earlier save that the draft lacks by now. */
  const removedStep = async (visit: Visit, key: string, revision: number): Promise<EditorView['removed']> => {
    const before = await draftAt(visit, revision);
    const step = before?.steps.find((s) => s.key === key);
    return step ? { key, title: step.title, revision } : null;
  };
  const draftAt = async (visit: Visit, revision: number): Promise<Draft | null> => {
    if (!Number.isInteger(revision)) return null;
    const template = visit.params.id;
    const saved = await getTemplate.run(callerOf(visit), { template, revision });
    if (saved.ok) return saved.facts.definition;
    // Before its first save a draft is what is published.
    const published = await getTemplate.run(callerOf(visit), { template, show: 'published' });
    return published.ok && published.facts.shown === 'published' ? published.facts.definition : null;
  };

  const edit = async (visit: Visit, fields: Fields, reply: FastifyReply): Promise<FastifyReply> => {
    const { id } = visit.params;
    const [action = 'save', ...words] = (fields.do ?? 'save').split(':');
    const argument = words.join(':');
    const opened = fields.open ?? '';
    const seen = Number(fields.revision);
    const members = await membersOf(visit);
    const base = await draftAt(visit, seen);
    for (let n = 0; n < tries; n++) {
      const shown = await read(visit);
      const now = shown.definition;
      const mine = shown.template.revision === seen || sameStep(base, now, opened);
      const written = applyForm(mine ? now : (base ?? now), opened, fields, members);
      if (!mine && !sameStep(written.draft, now, written.open) && !sameStep(base, written.draft, opened)) {
        // Theirs is saved, this is not: both are there, and the next save decides.
        const typed = applyForm(now, opened, fields, members);
        const clash = `${shown.saved?.by ?? 'Somebody'} changed this while you did. What you typed is below, and not saved. Save it in place of theirs, or open the step anew to see theirs.`;
        const both = { ...shown, definition: typed.draft };
        return answer(visit, reply, { shown: both, members, open: typed.open, fields, clash, status: 409 });
      }
      const before = { draft: mine ? written.draft : now, open: written.open };
      const { draft, open } = await act(visit, before, action, argument, fields);
      const told = action === 'remove' ? { key: opened, revision: shown.template.revision + 1 } : null;

      let { revision } = shown.template;
      if (told && !isDeepStrictEqual(before.draft, now)) {
        // What was typed into the step goes into a save of its own, which undoing comes back to.
        const first = settled(
          await saveTemplateDraft.run(callerOf(visit), {
            template: id,
            revision,
            definition: before.draft,
          }),
        );
        if (!first.ok && first.code === 'conflict') continue;
        if (first.ok) revision = first.facts.template.revision;
      }
      const undoFrom = revision;
      if (!isDeepStrictEqual(draft, now)) {
        const saved = settled(
          await saveTemplateDraft.run(callerOf(visit), { template: id, revision, definition: draft }),
        );
        if (!saved.ok && saved.code === 'conflict') continue;
        if (!saved.ok) {
          const typed = { ...shown, definition: draft };
          return answer(visit, reply, { shown: typed, members, open, fields, problem: saved.text, status: 422 });
        }
        revision = saved.facts.template.revision;
      }
      if (action === 'publish') {
        const published = settled(await publishTemplate.run(callerOf(visit), { template: id, revision }));
        if (published.ok) {
          const to = `/templates/${id}?told=published`;
          return fields.parts === undefined ? reply.redirect(to, 303) : reply.send({ to });
        }
        const problem =
          published.code === 'template_problems'
            ? 'Not published yet: see below what is to be mended.'
            : published.text;
        return answer(visit, reply, { shown: await read(visit), members, open, fields, problem, status: 422 });
      }
      if (fields.parts === undefined) {
        const query = new URLSearchParams({ step: open, ...(told && { removed: told.key, undo: String(undoFrom) }) });
        return reply.redirect(`/templates/${id}/edit?${query}`, 303);
      }
      const removed = told ? await removedStep(visit, told.key, undoFrom) : null;
      return answer(visit, reply, { shown: await read(visit), members, open, fields, removed });
    }
    const shown = await read(visit);
    const typed = { ...shown, definition: applyForm(shown.definition, opened, fields, members).draft };
    const problem = 'Not saved: others save here at this very moment. Try once more.';
    return answer(visit, reply, { shown: typed, members, open: opened, fields, problem, status: 409 });
  };
  form('/templates/:id/edit', edit, editMost);

  const act = async (
    visit: Visit,
    { draft, open }: Edited,
    action: string,
    argument: string,
    fields: Fields,
  ): Promise<Edited> => {
    const title = (fields.new_title ?? '').trim();
    const step = draft.steps.find((s) => s.key === open);
    const onStep = (change: (s: NonNullable<typeof step>) => NonNullable<typeof step>): Edited =>
      step ? { draft: replaceStep(draft, open, change(step)), open } : { draft, open };
    const n = Number(argument);
    switch (action) {
      case 'open':
        return { draft, open: argument };
      case 'duplicate':
        return duplicateStep(draft, open);
      case 'remove':
        return removeStep(draft, open);
      case 'up':
        return moveStep(draft, open, -1);
      case 'down':
        return moveStep(draft, open, 1);
      case 'depend':
        return onStep((s) => addDependency(s, fields.depend ?? ''));
      case 'undepend':
        return onStep((s) => removeDependency(s, argument));
      case 'field-add':
        return onStep(addField);
      case 'field-remove':
        return onStep((s) => removeField(s, n));
      case 'field-up':
        return onStep((s) => moveField(s, n, -1));
      case 'field-down':
        return onStep((s) => moveField(s, n, 1));
      case 'undo': {
        const [revision = '', ...key] = argument.split(':');
        const before = await draftAt(visit, Number(revision));
        return before ? putBack(draft, before, key.join(':')) : { draft, open };
      }
      default:
        // Enter in the title of a new step means to add it.
        return title === '' ? { draft, open } : addStep(draft, title, open);
    }
  };

  form('/templates/:id/discard', async (visit, fields, reply) => {
    const { id } = visit.params;
    const done = settled(
      await discardDraft.run(callerOf(visit, fields), { template: id, revision: Number(fields.revision) }),
    );
    if (done.ok) return reply.redirect(done.facts.gone ? '/templates?gone=1' : `/templates/${id}?told=discarded`, 303);
    const [shown, members] = await Promise.all([read(visit), membersOf(visit)]);
    return answer(visit, reply, { shown, members, open: '', fields, problem: done.text, status: 422 });
  });
}

/** Is the step (with '' the template's own details) the same in both? */
function sameStep(a: Draft | null, b: Draft, key: string): boolean {
  if (a === null) return false;
  if (key === '') return a.name === b.name && a.description === b.description && a.category === b.category;
  return isDeepStrictEqual(
    a.steps.find((s) => s.key === key),
    b.steps.find((s) => s.key === key),
  );
}

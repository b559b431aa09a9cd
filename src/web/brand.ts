/** What shows an org's brand: its logo, and its colour as a style sheet. Open to all; neither tells whose it is. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { brandShades } from '../domain/brand.ts';
import { getLogo } from '../operations/get-logo.ts';
import type { Tools } from '../operations/operation.ts';

/** What an address names never changes. */
const forever = 'public, max-age=31536000, immutable';

export async function brandRoutes(app: FastifyInstance, { tools }: { readonly tools: () => Tools }): Promise<void> {
  app.get('/brand/logo/:hash', async (request, reply) => {
    const { hash } = z.object({ hash: z.string() }).parse(request.params);
    const found = await getLogo.run({ ...tools(), principal: null }, { hash });
    if (!found.ok) return reply.code(404).type('text/plain').send('No logo is at this address.');
    return reply
      .headers({
        'cache-control': forever,
        'content-security-policy': "default-src 'none'; sandbox",
        // Mail programs on the web show it on their own pages.
        'cross-origin-resource-policy': 'cross-origin',
        'x-content-type-options': 'nosniff',
      })
      .type(found.facts.type)
      .send(Buffer.from(found.facts.base64, 'base64'));
  });

  app.get('/brand/colour/:file', async (request, reply) => {
    const { file } = z.object({ file: z.string() }).parse(request.params);
    const colour = /^([0-9a-f]{6})\.css$/.exec(file)?.[1];
    if (colour === undefined) return reply.code(404).type('text/plain').send('No colour is at this address.');
    const { light, dark } = brandShades(`#${colour}`);
    const css = `:root {
  --brand: light-dark(${light.brand}, ${dark.brand});
  --brand-ink: light-dark(${light.ink}, ${dark.ink});
  --brand-soft: light-dark(${light.soft}, ${dark.soft});
}
`;
    return reply.header('cache-control', forever).type('text/css; charset=utf-8').send(css);
  });
}

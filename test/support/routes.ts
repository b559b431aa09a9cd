import type { FastifyInstance } from 'fastify';

/** Every route of the server that takes this method, as `printRoutes` draws them: a branch of the tree a line. */
export function routesOf(app: FastifyInstance, method: 'GET' | 'POST'): string[] {
  const branch: string[] = [];
  const found: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', path, methods = ''] = /^([│├└─ \u00a0]*)(\S*) \((.*)\)$/.exec(line) ?? [];
    if (path === undefined) continue;
    branch.splice(indent.length / 4 - 1);
    branch.push(path);
    if (methods.split(', ').includes(method)) found.push(branch.join('').replace(/^\/\//, '/'));
  }
  return found;
}

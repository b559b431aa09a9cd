/** The API as an OpenAPI 3.1 document, from the same schemas that check its input and shape its answers. */
import { z } from 'zod';
import { scopeWords } from '../oauth/scopes.ts';
import { type Operation, scopeOf } from '../operations/operation.ts';
import { apiPath, type Place } from './place.ts';
import { problemKinds } from './problem.ts';
import { webhookSchemas, webhooksDocument } from './webhooks-document.ts';

type Json = Readonly<Record<string, unknown>>;

const ref = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` });

export function openApiOf(
  places: readonly Place[],
  about: { readonly publicUrl: string; readonly version: string },
): Json {
  const paths: Record<string, Record<string, Json>> = {
    '/openapi.json': {
      get: {
        operationId: 'get_openapi',
        summary: 'This document',
        tags: ['About'],
        security: [],
        responses: {
          200: {
            description: 'The document',
            headers: limitHeaders,
            content: { 'application/json': { schema: { type: 'object' } } },
          },
          ...problems([401, 429, 500, 503]),
        },
      },
    },
  };
  for (const place of places) {
    const at = paths[place.rest.path] ?? {};
    at[place.rest.method.toLowerCase()] = operationOf(place);
    paths[place.rest.path] = at;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Booflow',
      version: about.version,
      description: `Client-facing flows, made from templates. The reference for people, with examples: ${about.publicUrl}/docs/api`,
    },
    servers: [{ url: about.publicUrl + apiPath }],
    security: [{ key: [] }, { oauth: [] }],
    paths,
    webhooks: webhooksDocument,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key, `bflow_sk_…`, from Settings, API keys' },
        oauth: {
          type: 'oauth2',
          flows: {
            authorizationCode: {
              authorizationUrl: `${about.publicUrl}/oauth/authorize`,
              tokenUrl: `${about.publicUrl}/oauth/token`,
              refreshUrl: `${about.publicUrl}/oauth/token`,
              scopes: scopeWords,
            },
          },
        },
      },
      schemas: { Problem: problemSchema, ...webhookSchemas },
      headers,
      responses: Object.fromEntries(
        Object.entries(problemTexts).map(([status, description]) => [
          `Problem${status}`,
          problemResponse(Number(status), description),
        ]),
      ),
    },
  };
}

const problemSchema = {
  type: 'object',
  description:
    'RFC 9457. Further members depend on the code, such as `candidates` for a name that fits several things.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'Where the reference tells what the code means' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is so, and what to do instead' },
    code: { enum: Object.keys(problemKinds), description: 'Stable, for programs. There may be new ones' },
  },
};

const headers = {
  RateLimitLimit: { description: 'Requests a minute for this credential', schema: { type: 'integer' } },
  RateLimitRemaining: { description: 'Requests left in this minute', schema: { type: 'integer' } },
  RateLimitReset: { description: 'Seconds until the minute is over', schema: { type: 'integer' } },
  ETag: { description: 'For If-None-Match (RFC 9110)', schema: { type: 'string' } },
  ListsMayLag: {
    description: 'Sent where the answer may lag some seconds behind commands that were answered before',
    schema: { type: 'string', enum: ['true'] },
  },
  Link: {
    description: 'The pages before and after this one, `prev` and `next` (RFC 8288)',
    schema: { type: 'string' },
  },
  Location: { description: 'Where the new thing is', schema: { type: 'string' } },
  RetryAfter: { description: 'Seconds to wait', schema: { type: 'integer' } },
  WwwAuthenticate: { description: 'How to sign in (RFC 6750)', schema: { type: 'string' } },
};

const limitHeaders = {
  'RateLimit-Limit': ref('headers', 'RateLimitLimit'),
  'RateLimit-Remaining': ref('headers', 'RateLimitRemaining'),
  'RateLimit-Reset': ref('headers', 'RateLimitReset'),
};

export const problemTexts: Readonly<Record<number, string>> = {
  400: 'The input does not fit',
  401: 'No token, or one that is unknown, expired or revoked',
  403: 'The caller may not, or the token lacks the scope',
  404: 'There is no such thing in your organization',
  409: 'It does not fit how things are: the code says why',
  412: 'If-Match or If-None-Match on a write, which compares no ETags',
  413: 'The body is too large',
  415: 'The body is no JSON',
  422: 'Understood, and not acceptable: an Idempotency-Key used for something else, answers or a reason that are missing',
  429: 'Too many requests',
  500: 'A fault of Booflow',
  503: 'The database or the flow engine is away; try again',
};

const problemHeaders: Readonly<Record<number, Json>> = {
  401: { 'WWW-Authenticate': ref('headers', 'WwwAuthenticate') },
  429: { 'Retry-After': ref('headers', 'RetryAfter') },
  503: { 'Retry-After': ref('headers', 'RetryAfter') },
};

const problemResponse = (status: number, description: string): Json => ({
  description,
  ...(status in problemHeaders && { headers: problemHeaders[status] }),
  content: { 'application/problem+json': { schema: ref('schemas', 'Problem') } },
});

const problems = (statuses: readonly number[]): Json =>
  Object.fromEntries(statuses.map((s) => [s, ref('responses', `Problem${s}`)]));

/** Of the first part of the path: what it is about. */
export const tagOf = ({ rest }: Place): string => {
  const first = rest.path.split('/')[1] ?? '';
  return tagNames[first] ?? first.charAt(0).toUpperCase() + first.slice(1).replaceAll('-', ' ');
};

/** Of parts that are no name for people. */
const tagNames: Readonly<Record<string, string>> = {
  'flow-imports': 'Imports',
  'hand-overs': 'Hand-overs',
  me: 'Yourself',
  org: 'Your organization',
  public: 'For everybody',
};

/** Who may call it, as a sentence. */
export const whoMay = ({ operation }: Place): string =>
  `${who(operation)}${operation.forApps ? '' : ' Not for connected apps: with an API key alone.'}`;

const who = (operation: Operation): string => {
  switch (operation.access) {
    case 'public':
      return 'Anyone, without a token.';
    case 'member':
      return operation.kind === 'read' ? 'Any member.' : 'Any member; a MEMBER only what is theirs.';
    case 'admin':
      return 'An OWNER or ADMIN.';
    case 'owner':
      return 'An OWNER.';
    case 'portal':
      return 'Clients in their portal.';
  }
};

const securityOf = (operation: Operation): Json[] => {
  if (operation.access === 'public') return [{}];
  return [{ key: [] }, ...(operation.forApps ? [{ oauth: [scopeOf(operation)] }] : [])];
};

function operationOf(place: Place): Json {
  const { operation, rest } = place;
  const write = operation.kind === 'write';
  return {
    operationId: operation.name,
    summary: operation.title,
    description: `${operation.description}\n\n${whoMay(place)}`,
    tags: [tagOf(place)],
    ...(rest.deprecated && { deprecated: true }),
    security: securityOf(operation),
    parameters: parametersOf(place),
    ...(place.hasBody && place.inRest.length > 0 && { requestBody: bodyOf(place) }),
    responses: {
      ...successOf(place),
      ...problems(
        [400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503].filter(
          (s) => write || ![412, 413, 415].includes(s),
        ),
      ),
    },
  };
}

const parametersOf = (place: Place): Json[] => [
  ...place.inPath.map((name) => ({
    ...{ name, in: 'path', required: true },
    ...describe(place, name),
  })),
  ...(place.hasBody ? [] : place.inRest).map((name) => ({
    ...{ name, in: 'query', required: place.required.includes(name) },
    ...describe(place, name),
  })),
  ...(place.operation.kind === 'write'
    ? [
        {
          ...{ name: 'Idempotency-Key', in: 'header', required: false },
          description: 'The same key twice does it once and gives the same answer; with another input it is refused',
          schema: { type: 'string', pattern: '^[!-~]{1,128}$' },
        },
      ]
    : []),
];

function describe({ fields }: Place, name: string): Json {
  const { description, ...schema } = fields[name] ?? {};
  return { ...(description !== undefined && { description }), schema };
}

function bodyOf(place: Place): Json {
  const required = place.required.filter((f) => place.inRest.includes(f));
  return {
    required: required.length > 0,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          properties: Object.fromEntries(place.inRest.map((f) => [f, place.fields[f]])),
          ...(required.length > 0 && { required }),
          additionalProperties: false,
        },
        example: Object.fromEntries(Object.entries(place.rest.example).filter(([f]) => place.inRest.includes(f))),
      },
    },
  };
}

/** JSON Schema (2020-12) of what an operation answers. */
export function answerSchemaOf({ output }: Operation): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(output, {
    io: 'output',
    // An answer has its fields; what a template's step is without them is no matter of answers.
    override: ({ jsonSchema }) => {
      delete jsonSchema.default;
    },
  });
  return schema;
}

function successOf({ operation, rest }: Place): Json {
  const schema = answerSchemaOf(operation);
  const content = { 'application/json': { schema } };
  if (operation.kind === 'read') {
    const pages = 'nextCursor' in operation.output.shape;
    const unpaged = {
      ...limitHeaders,
      ETag: ref('headers', 'ETag'),
      'Lists-May-Lag': ref('headers', 'ListsMayLag'),
    };
    const reading = { ...unpaged, ...(pages && { Link: ref('headers', 'Link') }) };
    return {
      200: { description: 'As it is', headers: reading, content },
      304: {
        description: 'As it was when the ETag was given',
        headers: unpaged,
      },
    };
  }
  const done =
    rest.location === undefined
      ? { 200: { description: 'Done', headers: limitHeaders, content } }
      : { 201: { description: 'Made', headers: { ...limitHeaders, Location: ref('headers', 'Location') }, content } };
  // What a flow is told may wait for a worker.
  return 'state' in operation.output.shape
    ? { ...done, 202: { description: 'Stored, and done as soon as a worker answers', headers: limitHeaders, content } }
    : done;
}

/**
 * Requests of the 2025 protocols. The SDK answers them as a stream of events, unless told otherwise as here: nothing is
 * told before the result, and one piece costs both sides less.
 */
import {
  type HandleRequestOptions,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';

/** Without state, so that only POST means something; `server` is closed once it has answered. */
export async function answerOlder(server: McpServer, request: Request, given: HandleRequestOptions): Promise<Response> {
  if (request.method !== 'POST')
    return Response.json(
      { jsonrpc: '2.0', error: { code: -32000, message: 'Method not allowed.' }, id: null },
      { status: 405, headers: { allow: 'POST' } },
    );
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  try {
    return await transport.handleRequest(request, given);
  } finally {
    await server.close();
  }
}

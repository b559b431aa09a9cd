/** Temporal as operators have it: behind TLS, with a client's certificate or an API key, and with limited rights. */
import { readFileSync } from 'node:fs';
import { connect, constants, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { fileURLToPath } from 'node:url';

export interface GateOptions {
  /** Asks for a certificate that the tests' authority signed. */
  readonly mutual?: boolean;
  /** Lets in who says this. */
  readonly apiKey?: string;
  /** gRPC methods that get PERMISSION_DENIED, such as `/temporal.api.operatorservice.v1.OperatorService/…`. */
  readonly denied?: RegExp;
}

export interface Gate {
  /** host:port */
  readonly address: string;
  /** Methods that passed. */
  readonly passed: ReadonlySet<string>;
  stop(): Promise<void>;
}

export const tlsFile = (name: string): string => fileURLToPath(new URL(`./tls/${name}`, import.meta.url));

/** Listens on a free port of this machine and passes everything that may pass to Temporal at `address`. */
export async function startGate(address: string, options: GateOptions): Promise<Gate> {
  const upstream = connect(`http://${address}`);
  const passed = new Set<string>();
  const server = createSecureServer({
    key: readFileSync(tlsFile('temporal-server-key.pem')),
    cert: readFileSync(tlsFile('temporal-server.pem')),
    ca: readFileSync(tlsFile('temporal-ca.pem')),
    requestCert: options.mutual ?? false,
    rejectUnauthorized: options.mutual ?? false,
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => stream.close());
    const method = String(headers[constants.HTTP2_HEADER_PATH]);
    const refuse = (status: number, message: string): void => {
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status, 'grpc-message': message },
        { endStream: true },
      );
    };
    if (options.apiKey !== undefined && headers.authorization !== `Bearer ${options.apiKey}`)
      return refuse(16, 'Request unauthorized.');
    if (options.denied?.test(method)) return refuse(7, 'Request unauthorized.');
    passed.add(method);
    // As pairs, which leaves out what Node notes beside them.
    const plain = Object.fromEntries(Object.entries(headers));
    const onward = upstream.request({ ...plain, ':authority': address, ':scheme': 'http' });
    onward.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    stream.on('close', () => onward.close());
    onward.on('response', (answer, flags) => {
      if (stream.destroyed) return;
      const last = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      stream.respond(answer, { endStream: last, waitForTrailers: !last });
      if (last) return;
      let trailers: IncomingHttpHeaders = {};
      onward.on('trailers', (t) => {
        trailers = t;
      });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      onward.pipe(stream);
    });
    stream.pipe(onward);
  });
  server.on('sessionError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('No port was given');
  return {
    address: `127.0.0.1:${at.port}`,
    passed,
    async stop() {
      upstream.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Connections that clients keep open.
        setTimeout(resolve, 500).unref();
      });
    },
  };
}

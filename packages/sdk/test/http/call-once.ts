/** Run by process-end.test.ts: calls two servers, one of TLS, by either client, says what came, and leaves everything open. */
import { FetchClient } from '../../src/http/fetch-client.ts';
import { SocketClient } from '../../src/http/socket-client.ts';

const [origin = '', tlsOrigin = '', ca = '', body = ''] = process.argv.slice(2);
const request = {
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'text/plain' },
  body,
  timeoutMs: 60_000,
} as const;
const socketClient = new SocketClient({ origin });
const answers = [
  await socketClient.send(request),
  await socketClient.send(request),
  await new SocketClient({ origin: tlsOrigin, ca }).send(request),
  await new FetchClient({ origin, fetch }).send(request),
];
const failure = await new SocketClient({ origin: 'http://127.0.0.1:1' }).send(request).catch((error) => error.kind);
process.stdout.write(JSON.stringify([...answers.map((answer) => answer.body), failure, process.versions.node]));

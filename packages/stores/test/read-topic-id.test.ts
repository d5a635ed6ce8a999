import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { readTopicId } from '../src/kafka/read-topic-id.ts';

/** Something that answers a question in its own way, and whether the one who asked has gone. */
async function answering(answer: (socket: Socket) => void) {
  const closed = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('close', () => closed.resolve());
    socket.once('data', () => answer(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // listening on TCP
  const read = readTopicId({ brokers: [`127.0.0.1:${port}`], topic: 'validation.v1' });
  return { read, closed: closed.promise, [Symbol.dispose]: () => void server.close() };
}

const reasonOf = (read: Promise<string>) => read.catch((error: AggregateError) => String(error.errors[0]));

test('an answer that is none is refused, and its sender left alone', async () => {
  for (const bytes of [
    Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
    Buffer.alloc(8),
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
    Buffer.concat([Buffer.from([0, 0, 1, 0]), Buffer.alloc(256, 0xff)]),
  ]) {
    using other = await answering((socket) => void socket.end(bytes));
    expect(await reasonOf(other.read)).toMatch(/Error: /);
    await other.closed;
  }
});

test('an answer without end is given up', async () => {
  using other = await answering((socket) => {
    const flood = () => {
      while (socket.writable && socket.write(Buffer.alloc(1_024 * 1_024, 0x7f)));
    };
    socket.on('drain', flood);
    flood();
  });
  expect(await reasonOf(other.read)).toMatch('does not speak the protocol');
  await other.closed;
});

test('an answer that trickles in is given up', async () => {
  using other = await answering((socket) => {
    const trickling = setInterval(() => void socket.write('\x7f'), 500);
    socket.once('close', () => clearInterval(trickling));
  });
  expect(await reasonOf(other.read)).toMatch('abort');
  await other.closed;
});

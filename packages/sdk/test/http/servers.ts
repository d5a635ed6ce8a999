import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Starts to listen on a free port of loopback, until the test has finished. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  // An address of TCP: it listens on a port.
  return (server.address() as AddressInfo).port;
}

/** An HTTP server; answers with its origin. */
export async function httpServer(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`;
}

export interface RawRequest {
  socket: Socket;
  /** Head and body, as they came. */
  text: string;
  /** How many came before it on this connection, and how many connections before this one. */
  before: number;
  connectionsBefore: number;
}

/** A server of sockets that answers each request with whatever bytes it likes; requests are taken to come whole, as ours do. */
export async function rawServer(answer: (request: RawRequest) => void): Promise<string> {
  let connections = 0;
  const server = createNetServer((socket) => {
    const connectionsBefore = connections;
    connections += 1;
    let before = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      answer({ socket, text: bytes.toString(), before, connectionsBefore });
      before += 1;
    });
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

/** A port at which nobody listens. */
export async function closedOrigin(): Promise<string> {
  const server = createNetServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return `http://127.0.0.1:${port}`;
}

export const okAnswer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

import type { Socket } from 'node:net';

/** Of an answer: a partition takes about 60 bytes of it. */
const mostBytes = 8 * 1_024 * 1_024;

/** One question to a broker, as bytes behind their length, and the answer to it without its own length. */
export type BrokerCall = (request: Buffer) => Promise<Buffer>;

/** Questions to one broker, one after the other. */
export function brokerCalls(socket: Socket): BrokerCall {
  const chunks: AsyncIterator<Buffer> = socket[Symbol.asyncIterator]();
  let read = Buffer.alloc(0);
  const more = async () => {
    const { value, done } = await chunks.next();
    if (done) throw new Error('the broker closed the connection without an answer; Kafka has to be 2.8 or newer');
    read = Buffer.concat([read, value]);
    if (read.length > mostBytes) throw new Error('what answers for the broker does not speak the protocol of Kafka');
  };
  return async (request) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(request.length);
    socket.write(Buffer.concat([length, request]));
    while (read.length < 4 || read.length < 4 + read.readInt32BE(0)) await more();
    const end = 4 + read.readInt32BE(0);
    const answer = read.subarray(4, end);
    read = read.subarray(end);
    return answer;
  };
}

import plain from 'kafkajs/src/broker/saslAuthenticator/plain.js';
import scram256 from 'kafkajs/src/broker/saslAuthenticator/scram256.js';
import scram512 from 'kafkajs/src/broker/saslAuthenticator/scram512.js';
import type { BrokerCall } from './broker-call.ts';
import type { SaslLogin } from './kafka-target.ts';

const providers = { plain, 'scram-sha-256': scram256, 'scram-sha-512': scram512 };
const handshakeKey = 17;
const authenticateKey = 36;
const quiet = { debug: () => undefined, error: () => undefined };

interface LoginOptions {
  login: SaslLogin;
  host: string;
  port: number;
}

/**
 * Logs in on a connection of our own; what is said is KafkaJS', how it is carried is the protocol's
 * (https://kafka.apache.org/protocol, SaslHandshake 1 and SaslAuthenticate 0).
 * @throws with the broker's words when it does not let us in.
 */
export async function saslLogin(call: BrokerCall, { login, host, port }: LoginOptions): Promise<void> {
  const mechanism = Buffer.from(login.mechanism.toUpperCase());
  const handshake = await call(Buffer.concat([header(handshakeKey, 1), int16(mechanism.length), mechanism]));
  const refused = handshake.readInt16BE(4);
  if (refused !== 0) throw new Error(`the broker does not take SASL ${mechanism}: error ${refused}`);
  const conversation = providers[login.mechanism](login)({
    host,
    port,
    logger: quiet,
    saslAuthenticate: async ({ request, response }) => {
      const answer = await call(Buffer.concat([header(authenticateKey, 0), await request.encode()]));
      const bytes = bytesIn(answer);
      return response?.parse(await response.decode(bytes));
    },
  });
  await conversation.authenticate();
}

/** What stands in an answer behind the correlation id, the error and its text. */
function bytesIn(answer: Buffer): Buffer {
  const error = answer.readInt16BE(4);
  const textLength = Math.max(0, answer.readInt16BE(6));
  const text = answer.toString('utf8', 8, 8 + textLength);
  if (error !== 0) throw new Error(`the broker refuses the login: ${text || `error ${error}`}`);
  return answer.subarray(8 + textLength);
}

/** Of a request: what it asks, a correlation id that nobody looks at, and no client id. */
function header(key: number, version: number): Buffer {
  return Buffer.concat([int16(key), int16(version), Buffer.alloc(4), int16(-1)]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

import type { ServerResponse } from 'node:http';
import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import { startTwin, type Twin } from './twin.ts';

/** One call that came to the twin; a test answers it item by item. */
export class TwinCall {
  readonly items: DecisionRequest[];
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly response: ServerResponse;
  /** The gateway's end of the connection. */
  readonly port: number | undefined;

  constructor(items: DecisionRequest[], headers: NodeJS.Dict<string | string[]>, response: ServerResponse) {
    this.items = items;
    this.headers = headers;
    this.response = response;
    this.port = response.socket?.remotePort;
  }

  line(i: number, reply: DecisionReply): this {
    this.response.write(`${JSON.stringify({ i, reply })}\n`);
    return this;
  }

  allowAll(): void {
    for (const [i, item] of this.items.entries()) this.line(i, allowed(item));
    this.response.end();
  }

  refuse(status: number): void {
    this.response.writeHead(status).end('{}');
  }

  kill(): void {
    this.response.destroy();
  }
}

export interface ValidatorTwin extends Twin {
  calls: TwinCall[];
  /** What is done with the next calls; the default allows everything at once. */
  onCall: (call: TwinCall) => void;
}

export function allowed(item: DecisionRequest): DecisionReply {
  return {
    kind: 'decided',
    verdict: 'ALLOWED',
    clientId: item.clientId,
    projectEnv: item.projectEnv ?? 'shop-production',
  };
}

export async function startValidatorTwin(port = 0): Promise<ValidatorTwin> {
  const calls: TwinCall[] = [];
  const twin = await startTwin(({ raw, body }, response) => {
    const call = new TwinCall(JSON.parse(body), raw.headers, response);
    calls.push(call);
    validator.onCall(call);
  }, port);
  const validator: ValidatorTwin = { ...twin, calls, onCall: (call) => call.allowAll() };
  return validator;
}

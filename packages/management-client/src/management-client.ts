import type { Route } from '@keyward/contract/routes/route';
import type { AnswerOf, CallArguments } from './call-types.ts';
import { type Answer, type CallerOptions, createCaller, readAnswer, readJson } from './caller.ts';
import type { LooseOptions } from './loose-options.ts';
import { refusalOf } from './problem-error.ts';

export interface ManagementClient {
  /**
   * Calls a route and gives its answer. Reads, and creates that have an `idempotencyKey`, are tried again when nobody answers.
   * @throws {ProblemError} what Keyward refuses; {UnexpectedAnswer} what something else answers; TypeError when nobody does.
   */
  call<R extends Route>(route: R, ...options: CallArguments<R>): Promise<AnswerOf<R>>;
  /** The same with its status and entity tag. */
  request<R extends Route>(route: R, ...options: CallArguments<R>): Promise<Answer<AnswerOf<R>>>;
  /** What a route answers in lines, one after the other, as fast as they are taken. */
  lines<R extends Route & { answersLines: true }>(route: R, ...options: CallArguments<R>): AsyncGenerator<AnswerOf<R>>;
}

/** A client whose calls are typed by the routes of the contract. */
export function createManagementClient(options: CallerOptions): ManagementClient {
  const send = createCaller(options);

  async function request<R extends Route>(route: R, ...[asked]: CallArguments<R>): Promise<Answer<AnswerOf<R>>> {
    return send(route, (asked ?? {}) as LooseOptions, readAnswer<AnswerOf<R>>); // typed by the route
  }

  return {
    request,
    call: async (route, ...asked) => (await request(route, ...asked)).body,
    async *lines(route, ...[asked]) {
      const response = await send(route, (asked ?? {}) as LooseOptions, untilBody); // typed by the route
      for await (const line of linesOf(response)) yield JSON.parse(line);
    },
  };
}

/** The body of a good answer is read by whoever asked. */
async function untilBody(response: Response): Promise<Response> {
  if (!response.ok) throw refusalOf(response, await readJson(response));
  return response;
}

/** The lines of a whole answer; one that breaks off throws. */
async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

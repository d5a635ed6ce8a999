/** The ingest as it is, but that it may be told to break at a statement of a batch's transaction or at Kafka's commit. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ingest } from '@keyward/ingest/service';
import { runMain } from '@keyward/kit/main';
import { type ConsumerConfig, type ConsumerRunConfig, Kafka } from 'kafkajs';
import pg from 'pg';
import { BreakingPoint, breakingPointVariable } from './breaking-point.ts';
import { statementName } from './statement-name.ts';
import { printSteps } from './transaction-steps.ts';

const point = new BreakingPoint(process.env[breakingPointVariable]);
const writing = new AsyncLocalStorage<true>();
let isTold = false;
breakAtStatements();
breakAtKafkasCommit();

await runMain({
  ...ingest,
  async connect(context) {
    const connected = await ingest.connect(context);
    const { writer } = connected;
    const write: typeof writer.write = (batch) => writing.run(true, () => writer.write(batch));
    const get = (target: typeof writer, property: string | symbol) => {
      if (property === 'write') return write;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    };
    return { ...connected, writer: new Proxy(writer, { get }) };
  },
});

/** From `begin` to `commit`, while a batch is written. */
function breakAtStatements(): void {
  const steps = new WeakMap<pg.Client, string[]>();
  const { query } = pg.Client.prototype;
  const watched = function (this: pg.Client, ...args: unknown[]): unknown {
    const send = () => Reflect.apply(query, this, args);
    const name = statementName(args[0]);
    if (!writing.getStore()) return send();
    if (name === 'begin') steps.set(this, []);
    const taken = steps.get(this);
    if (!taken) return send();
    taken.push(name);
    if (name === 'commit') tellOnce(taken);
    if (name === 'commit' || name === 'rollback') steps.delete(this);
    return point.around(name, send);
  };
  pg.Client.prototype.query = watched as typeof query; // it takes what `query` takes, in all its forms
}

/** Other transactions, such as that which registers endpoints, come only once in a while. */
function tellOnce(steps: readonly string[]): void {
  if (isTold || !steps.some((step) => step.startsWith('insert into consumer_offset'))) return;
  isTold = true;
  process.stdout.write(printSteps(steps));
}

function breakAtKafkasCommit(): void {
  const { consumer } = Kafka.prototype;
  Kafka.prototype.consumer = function (this: Kafka, config: ConsumerConfig) {
    const made = consumer.call(this, config);
    const { run } = made;
    const watched = ({ eachBatch, ...rest }: ConsumerRunConfig = {}) =>
      run({
        ...rest,
        ...(eachBatch && {
          eachBatch: ({ commitOffsetsIfNecessary: commit, ...payload }) =>
            eachBatch({
              ...payload,
              commitOffsetsIfNecessary: (offsets) => point.around("Kafka's commit", () => commit(offsets)),
            }),
        }),
      });
    return Object.assign(made, { run: watched });
  };
}

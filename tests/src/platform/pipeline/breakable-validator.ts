/** The validator as it is, but that it may be told to break at a step of its stores. */
import { runMain } from '@keyward/kit/main';
import { validator } from '@keyward/validator/service';
import { breakable } from './breakable.ts';
import { BreakingPoint, breakingPointVariable } from './breaking-point.ts';

const point = new BreakingPoint(process.env[breakingPointVariable]);

await runMain({
  ...validator,
  async connect(context) {
    const connected = await validator.connect(context);
    return {
      ...connected,
      store: breakable(connected.store, 'store', point),
      outbox: breakable(connected.outbox, 'outbox', point),
      producer: breakable(connected.producer, 'producer', point),
    };
  },
});

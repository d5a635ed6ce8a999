import { runMain } from '@keyward/kit/main';
import { gateway } from './service.ts';

await runMain(gateway);

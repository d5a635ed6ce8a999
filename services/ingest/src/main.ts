import { runMain } from '@keyward/kit/main';
import { ingest } from './service.ts';

await runMain(ingest);

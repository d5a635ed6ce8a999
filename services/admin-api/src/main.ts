import { runMain } from '@keyward/kit/main';
import { adminApi } from './service.ts';

await runMain(adminApi);

import { runMain } from '@keyward/kit/main';
import { validator } from './service.ts';

await runMain(validator);

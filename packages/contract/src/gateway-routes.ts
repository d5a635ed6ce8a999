import { encryptionKeys } from './routes/encryption-keys.ts';
import type { Route } from './routes/route.ts';
import { validate } from './routes/validate.ts';
import { verify } from './routes/verify.ts';

/** What the gateway answers by itself; everything else it forwards to the management API. */
export const gatewayRoutes: readonly Route[] = [validate, verify, encryptionKeys];

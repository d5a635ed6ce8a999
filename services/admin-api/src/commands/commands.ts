import { accountKeyCreate } from './account-key-create.ts';
import { auditVerify } from './audit-verify.ts';
import { backup } from './backup.ts';
import { clientList } from './client-list.ts';
import type { Command } from './command.ts';
import { keyringAdd, keyringList, keyringPromote, keyringRetire } from './keyrings.ts';
import { keyCreate, keyList, keyRevoke } from './keys.ts';
import { masterKeyRotate } from './master-key-rotate.ts';
import { migrate } from './migrate.ts';
import { organizationCreate, organizationList } from './organizations.ts';
import { pepperWrap } from './pepper-wrap.ts';
import { projectionRebuild } from './projection-rebuild.ts';
import { projectionStatus } from './projection-status.ts';
import { projectCreate, projectList } from './projects.ts';
import { restore } from './restore.ts';
import { secretsCreate } from './secrets-create.ts';
import { setup } from './setup.ts';
import { userResetPassword } from './user-reset-password.ts';

/** All that `keyward` can do. */
export const commands: readonly Command[] = [
  secretsCreate,
  migrate,
  setup,
  accountKeyCreate,
  userResetPassword,
  backup,
  restore,
  projectionStatus,
  projectionRebuild,
  pepperWrap,
  masterKeyRotate,
  auditVerify,
  organizationList,
  organizationCreate,
  projectList,
  projectCreate,
  clientList,
  keyList,
  keyCreate,
  keyRevoke,
  keyringList,
  keyringAdd,
  keyringPromote,
  keyringRetire,
];

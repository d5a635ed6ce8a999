import * as accountKey from '../routes/account-key.ts';
import * as audit from '../routes/audit.ts';
import * as client from '../routes/client.ts';
import * as conservation from '../routes/conservation.ts';
import * as deadLetter from '../routes/dead-letter.ts';
import * as encryptionKeys from '../routes/encryption-keys.ts';
import * as endpoint from '../routes/endpoint.ts';
import * as erasure from '../routes/erasure.ts';
import * as invitation from '../routes/invitation.ts';
import * as key from '../routes/key.ts';
import * as keyImport from '../routes/key-import.ts';
import * as log from '../routes/log.ts';
import * as member from '../routes/member.ts';
import * as organization from '../routes/organization.ts';
import * as product from '../routes/product.ts';
import * as project from '../routes/project.ts';
import * as requestKey from '../routes/request-key.ts';
import * as serverKey from '../routes/server-key.ts';
import * as session from '../routes/session.ts';
import * as settings from '../routes/settings.ts';
import * as signIn from '../routes/sign-in.ts';
import * as signingSecret from '../routes/signing-secret.ts';
import * as template from '../routes/template.ts';
import * as usage from '../routes/usage.ts';
import * as validate from '../routes/validate.ts';
import * as verify from '../routes/verify.ts';
import * as webhook from '../routes/webhook.ts';

/** The files that routes and their schemas are declared in; operations and components have the names that they have there. */
export interface RouteModule {
  tag: string;
  description: string;
  declared: Readonly<Record<string, unknown>>;
}

export const routeModules: readonly RouteModule[] = [
  { tag: 'validate', description: 'What an SDK asks on every request of its application.', declared: validate },
  { tag: 'verify', description: 'Is this key good, and whose is it?', declared: verify },
  { tag: 'encryption-keys', description: 'What envelopes are sealed to.', declared: encryptionKeys },
  { tag: 'client', description: 'Who uses an API, with the keys that they use it by.', declared: client },
  { tag: 'key', description: 'Keys as such: made, rotated, revoked, deleted, one or many at once.', declared: key },
  { tag: 'key-import', description: 'Keys that other systems have made.', declared: keyImport },
  { tag: 'erasure', description: 'Receipts of what was erased.', declared: erasure },
  { tag: 'template', description: 'Rate limits that clients share.', declared: template },
  { tag: 'organization', description: 'Whom projects, products and keys belong to.', declared: organization },
  { tag: 'project', description: 'Projects with their environments.', declared: project },
  { tag: 'product', description: 'Named APIs, each in any number of projects.', declared: product },
  { tag: 'settings', description: 'What an environment decides for itself.', declared: settings },
  { tag: 'endpoint', description: 'What an API offers, and what it asks of keys.', declared: endpoint },
  { tag: 'server-key', description: 'What applications identify themselves with.', declared: serverKey },
  { tag: 'signing-secret', description: 'What customer keys are signed with.', declared: signingSecret },
  { tag: 'request-key', description: 'Public keys that requests may be signed with.', declared: requestKey },
  { tag: 'log', description: 'Single requests.', declared: log },
  { tag: 'usage', description: 'What was counted of them.', declared: usage },
  { tag: 'dead-letter', description: 'Events that could not be counted.', declared: deadLetter },
  { tag: 'conservation', description: 'Is everything accounted for?', declared: conservation },
  { tag: 'webhook', description: 'Where Keyward tells of what happens.', declared: webhook },
  { tag: 'session', description: 'Who is signed in.', declared: session },
  { tag: 'sign-in', description: 'In which ways people sign in.', declared: signIn },
  { tag: 'account-key', description: 'What people identify themselves with in scripts.', declared: accountKey },
  { tag: 'member', description: 'Who belongs to an organization, and as what.', declared: member },
  { tag: 'invitation', description: 'How people come to belong to one.', declared: invitation },
  { tag: 'audit', description: 'Who did what, in a chain that shows what is missing.', declared: audit },
];

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
import * as user from '../routes/user.ts';
import * as validate from '../routes/validate.ts';
import * as verify from '../routes/verify.ts';
import * as webhook from '../routes/webhook.ts';

/** The files that routes and their schemas are declared in; operations and components have the names that they have there. */
export interface RouteModule {
  group: string;
  tag: string;
  description: string;
  declared: Readonly<Record<string, unknown>>;
}

export const routeModules: readonly RouteModule[] = [
  {
    group: 'Applications',
    tag: 'validate',
    description: 'What an SDK asks on every request of its application.',
    declared: validate,
  },
  { group: 'Applications', tag: 'verify', description: 'Is this key good, and whose is it?', declared: verify },
  {
    group: 'Applications',
    tag: 'encryption-keys',
    description: 'What envelopes are sealed to.',
    declared: encryptionKeys,
  },
  {
    group: 'Clients and keys',
    tag: 'client',
    description: 'Who uses an API, with the keys that they use it by.',
    declared: client,
  },
  {
    group: 'Clients and keys',
    tag: 'key',
    description: 'Keys as such: made, rotated, revoked, deleted, one or many at once.',
    declared: key,
  },
  {
    group: 'Clients and keys',
    tag: 'key-import',
    description: 'Keys that other systems have made.',
    declared: keyImport,
  },
  { group: 'Clients and keys', tag: 'erasure', description: 'Receipts of what was erased.', declared: erasure },
  { group: 'Clients and keys', tag: 'template', description: 'Rate limits that clients share.', declared: template },
  {
    group: 'Projects',
    tag: 'organization',
    description: 'Whom projects, products and keys belong to.',
    declared: organization,
  },
  { group: 'Projects', tag: 'project', description: 'Projects with their environments.', declared: project },
  { group: 'Projects', tag: 'product', description: 'Named APIs, each in any number of projects.', declared: product },
  { group: 'Projects', tag: 'settings', description: 'What an environment decides for itself.', declared: settings },
  {
    group: 'Projects',
    tag: 'endpoint',
    description: 'What an API offers, and what it asks of keys.',
    declared: endpoint,
  },
  {
    group: 'Projects',
    tag: 'server-key',
    description: 'What applications identify themselves with.',
    declared: serverKey,
  },
  {
    group: 'Projects',
    tag: 'signing-secret',
    description: 'What customer keys are signed with.',
    declared: signingSecret,
  },
  {
    group: 'Projects',
    tag: 'request-key',
    description: 'Public keys that requests may be signed with.',
    declared: requestKey,
  },
  { group: 'What happened', tag: 'log', description: 'Single requests.', declared: log },
  { group: 'What happened', tag: 'usage', description: 'What was counted of them.', declared: usage },
  { group: 'What happened', tag: 'webhook', description: 'Where Keyward tells of what happens.', declared: webhook },
  {
    group: 'What happened',
    tag: 'audit',
    description: 'Who did what, in a chain that shows what is missing.',
    declared: audit,
  },
  { group: 'What happened', tag: 'conservation', description: 'Is everything accounted for?', declared: conservation },
  {
    group: 'What happened',
    tag: 'dead-letter',
    description: 'Events that could not be counted.',
    declared: deadLetter,
  },
  { group: 'People', tag: 'user', description: 'Your account.', declared: user },
  { group: 'People', tag: 'sign-in', description: 'In which ways people sign in.', declared: signIn },
  { group: 'People', tag: 'session', description: 'Who is signed in.', declared: session },
  {
    group: 'People',
    tag: 'account-key',
    description: 'What people identify themselves with in scripts.',
    declared: accountKey,
  },
  { group: 'People', tag: 'member', description: 'Who belongs to an organization, and as what.', declared: member },
  { group: 'People', tag: 'invitation', description: 'How people come to belong to one.', declared: invitation },
];

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KafkaUser, kafkaPermissions } from '@keyward/stores/kafka/acl-rules';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, type Admin, ResourcePatternTypes } from 'kafkajs';
import { newDataFolder } from './data-folder.ts';
import { freePort } from './free-port.ts';
import { withKafka } from './kafka-admin.ts';
import { startNativeKafka } from './kafka-broker.ts';
import type { TestAuthority } from './test-authority.ts';

const users = ['validator', 'ingest'] as const satisfies KafkaUser[];
export const topic = 'validation.v1';
export const group = 'keyward-ingest';

/** A broker that takes TLS and SASL, with a topic and two users that may do there what they have to. */
export interface SecureKafka extends AsyncDisposable {
  passwordOf(user: KafkaUser): string;
  url(user: KafkaUser, query: string, password?: string): string;
}

export async function startSecureKafka(authority: TestAuthority): Promise<SecureKafka> {
  const passwordOf = (user: KafkaUser) => `secret-of-${user}`;
  const [securePort, folder] = await Promise.all([freePort(), newDataFolder('pem')]);
  const identity = await authority.issue('kafka');
  const keystore = join(folder, 'kafka.pem');
  await writeFile(keystore, `${await readFile(identity.key, 'utf8')}\n${await readFile(identity.cert, 'utf8')}`);
  const broker = await startNativeKafka({
    settings: ({ port, controllerPort }) => ({
      listeners: `PLAINTEXT://127.0.0.1:${port},SASL_SSL://127.0.0.1:${securePort},CONTROLLER://127.0.0.1:${controllerPort}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'PLAINTEXT',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.ca,
      'listener.name.sasl_ssl.ssl.client.auth': 'required',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': plainUsers(passwordOf),
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': scramModule,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': scramModule,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // Whoever comes by the listener that is not secured: the test.
      'super.users': 'User:ANONYMOUS',
    }),
    formatArgs: users.flatMap((user) =>
      [256, 512].flatMap((bits) => ['--add-scram', `SCRAM-SHA-${bits}=[name=${user},password=${passwordOf(user)}]`]),
    ),
  });
  try {
    await withKafka(broker.url, prepare);
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return {
    passwordOf,
    url: (user, query, password = passwordOf(user)) =>
      `kafka+ssl://${user}:${password}@127.0.0.1:${securePort}/${topic}?group=${group}&${query}`,
    [Symbol.asyncDispose]: () => broker.stop(),
  };
}

const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';

function plainUsers(passwordOf: (user: KafkaUser) => string): string {
  const options = users.map((user) => `user_${user}="${passwordOf(user)}"`).join(' ');
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${options};`;
}

async function prepare(admin: Admin): Promise<void> {
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: false });
  await admin.createAcls({
    acl: users.flatMap((user) =>
      kafkaPermissions[user].map(({ resource, operation }) => ({
        principal: `User:${user}`,
        host: '*',
        resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
        resourceName: resource === 'topic' ? topic : group,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        operation: operation === 'Read' ? AclOperationTypes.READ : AclOperationTypes.WRITE,
        permissionType: AclPermissionTypes.ALLOW,
      })),
    ),
  });
}

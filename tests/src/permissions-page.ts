import { kafkaPermissions } from '@keyward/stores/kafka/acl-rules';
import { aclRules } from '@keyward/stores/redis/acl-rules';

/** What the stores have to let each service do. */
export function permissionsPage(printed: string): string {
  const redis = (['validator', 'admin-api'] as const)
    .map((user) => `user ${user} on >password ${aclRules(user).join(' ')}`)
    .join('\n\n');
  const kafka = Object.entries(kafkaPermissions).flatMap(([user, permissions]) =>
    permissions.map(
      ({ resource, operation }) =>
        `kafka-acls.sh --bootstrap-server … --add --allow-principal User:${user} --operation ${operation} --${resource} ${resource === 'topic' ? 'validation.v1' : 'keyward-ingest'}`,
    ),
  );
  return `# What the stores let each service do

${printed}

Each service can be a user of its own in each store, with the least that it needs. The tests of the stores run as these users. The
gateway reaches no store at all.

## Redis

Lines of an ACL file (\`aclfile\`), or the words after \`ACL SETUSER\`. With \`?prefix=\` in REDIS_URL, the prefix goes before each \`{???}\`.
\`keyward projection rebuild\` runs as admin-api. Redis 7.0 or newer.

\`\`\`
${redis}
\`\`\`

Replicas and Sentinel have users of their own (\`masteruser\`, \`sentinel auth-user\`); Redis' documentation says what these need.

## Kafka

The topic is made by an operator; who should make it by itself needs \`Create\` on it as well.

\`\`\`
${kafka.join('\n')}
\`\`\`

## Postgres

[infra/postgres/roles.sql](../infra/postgres/roles.sql) makes three roles: \`keyward_migrate\` owns the tables and runs \`keyward migrate\`,
\`keyward setup\` and the like run as \`keyward_admin_api\`, as admin-api does, and ingest is \`keyward_ingest\`. It is run once before the first
migration and again after each.
`;
}

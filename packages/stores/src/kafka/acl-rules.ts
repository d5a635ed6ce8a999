/** The services that Kafka lets in, each as a user of its own. */
export type KafkaUser = 'validator' | 'ingest';

/** One permission, in the words of `kafka-acls.sh`. */
export interface KafkaPermission {
  resource: 'topic' | 'group';
  operation: 'Read' | 'Write';
}

/**
 * The least that Kafka has to let a service do, where an operator makes the topic; each of these implies Describe. Who should make it
 * needs `Create` on the topic as well.
 */
export const kafkaPermissions: Readonly<Record<KafkaUser, readonly KafkaPermission[]>> = {
  // Writing at all allows idempotent producers, since Kafka 2.8 (KIP-679).
  validator: [{ resource: 'topic', operation: 'Write' }],
  ingest: [
    { resource: 'topic', operation: 'Read' },
    { resource: 'group', operation: 'Read' },
  ],
};

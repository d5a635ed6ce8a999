import { type Admin, Kafka, logLevel } from 'kafkajs';

/** One short-lived admin connection; for probing, not for tests. */
export async function withKafka<T>(url: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({
    brokers: [new URL(url).host],
    clientId: 'keyward-tests',
    connectionTimeout: 2_000,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Rejects when no broker answers at the URL. */
export const probeKafka = (url: string): Promise<void> =>
  withKafka(url, async (admin) => void (await admin.describeCluster()));

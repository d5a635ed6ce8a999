import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from './cache-folder.ts';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

export const kafkaVersion = '4.3.1';
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const downloadTimeoutMs = 300_000;

/** The class path of the broker (`<folder>/*`), from Maven Central on the first use. */
export async function kafkaClassPath(): Promise<string> {
  const folder = await cachedFolder(`kafka-${kafkaVersion}`, download);
  return join(folder, '*');
}

/** Kafka's published pom serves as the project file, so that its runtime dependencies come by Maven's own rules. */
async function download(folder: string): Promise<void> {
  if (!findProgram('mvn')) throw new Error('Maven (mvn) is not on PATH, which fetches the Kafka broker');
  // Maven's repository is not safe for two writers, so each download has its own.
  const repository = join(folder, 'm2');
  const maven = (...args: string[]) =>
    runProgram('mvn', ['-B', '-q', `-Dmaven.repo.local=${repository}`, ...args, `-DoutputDirectory=${folder}`], {
      cwd: folder,
      timeoutMs: downloadTimeoutMs,
    });
  await maven(`${plugin}:copy`, `-Dartifact=org.apache.kafka:kafka_2.13:${kafkaVersion}`);
  const pom = join(repository, `org/apache/kafka/kafka_2.13/${kafkaVersion}/kafka_2.13-${kafkaVersion}.pom`);
  await maven('-f', pom, `${plugin}:copy-dependencies`, '-DincludeScope=runtime');
  await rm(repository, { recursive: true });
}

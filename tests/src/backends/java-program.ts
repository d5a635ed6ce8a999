import { join } from 'node:path';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

const oldest = 17;

/** The `java` of JAVA_HOME or PATH, if it is new enough for Kafka. */
export async function javaProgram(): Promise<string> {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : findProgram('java');
  if (!java) throw new Error(`Java (${oldest} or newer) is not on PATH`);
  const answer = await runProgram(java, ['-version'], { timeoutMs: 20_000 });
  const major = Number(/version "(\d+)/.exec(answer)?.[1]);
  if (!(major >= oldest)) throw new Error(`Kafka needs Java ${oldest} or newer, and ${java} is ${major}`);
  return java;
}

import { type Clock, systemClock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { type LogEntry, logLevel } from 'kafkajs';

/** The same line again within this time is printed at debug level only. */
const quietMs = 30_000;

/**
 * KafkaJS' log lines through ours. It calls a broker that is away an error, once per attempt; for us it is a warning,
 * once in a while. Its notes on every join and every fetch are for debugging.
 */
export function kafkaLogCreator(logger: Logger, clock: Clock = systemClock): () => (entry: LogEntry) => void {
  const printedAtMs = new Map<string, number>();
  return () => (entry) => {
    const { message, stack: _stack, timestamp: _timestamp, ...facts } = entry.log;
    const line = { kafka: entry.namespace, ...facts };
    const text = `kafkajs: ${message}`;
    if (entry.level > logLevel.WARN || !isNews(`${entry.namespace} ${message}`, printedAtMs, clock.monotonicMs())) {
      logger.debug(line, text);
    } else logger.warn(line, text);
  };
}

function isNews(line: string, printedAtMs: Map<string, number>, nowMs: number): boolean {
  const last = printedAtMs.get(line);
  if (last !== undefined && nowMs - last < quietMs) return false;
  if (printedAtMs.size >= 200) printedAtMs.clear(); // lines carry changing facts at times; they must not pile up
  printedAtMs.set(line, nowMs);
  return true;
}

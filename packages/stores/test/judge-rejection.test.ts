import { KafkaJSConnectionError, KafkaJSProtocolError } from 'kafkajs';
import { expect, test } from 'vitest';
import { judgeRejection } from '../src/kafka/judge-rejection.ts';

/** As KafkaJS makes them of a broker's answer; not all of its fields are in its types. */
const protocolError = (type: string, retriable: boolean) =>
  Object.assign(new KafkaJSProtocolError(new Error(type)), { type, retriable });

test('only what a broker says of the records themselves is final', () => {
  for (const code of ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_TIMESTAMP', 'INVALID_RECORD'])
    expect(judgeRejection(protocolError(code, false))).toEqual({ kind: 'final', code });
});

test('a broker that refuses everybody, or does not know why, is away: no event is buried for it', () => {
  const codes = ['UNKNOWN', 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'KAFKAJS_UNKNOWN_ERROR_CODE'];
  for (const code of codes) expect(judgeRejection(protocolError(code, false))).toEqual({ kind: 'again' });
  expect(judgeRejection(protocolError('NOT_ENOUGH_REPLICAS', true))).toEqual({ kind: 'again' });
});

test('where the producer is not known any more, or nobody answered, a new one sends the same again', () => {
  for (const code of ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'])
    expect(judgeRejection(protocolError(code, false))).toEqual({ kind: 'renew' });
  expect(judgeRejection(new TypeError('of KafkaJS itself'))).toEqual({ kind: 'renew' });
  expect(judgeRejection(new KafkaJSConnectionError('closed'))).toEqual({ kind: 'again' });
});

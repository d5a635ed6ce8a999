/** What a rejected send asks for: the same again, the same by a new producer, or it is final and `code` says why. */
export type Rejection = { kind: 'again' } | { kind: 'renew' } | { kind: 'final'; code: string };

/** The broker's memory of this producer and the producer's own have parted; a new producer id settles it. */
const lostProducer = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/** What a broker says of the records themselves: the same ones will never be taken. */
const refusedRecords = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_TIMESTAMP', 'INVALID_RECORD']);

/**
 * Judges by the broker's code, which KafkaJS puts as `type` on the error or on its cause. An error without one comes
 * from the connection or from KafkaJS itself: the batch may or may not have been kept, so it is sent again. Whatever else a
 * broker says, that somebody may not write there or that it does not know what went wrong, it would say of every record; it
 * is mended at the broker, and until then the log is away.
 */
export function judgeRejection(error: unknown): Rejection {
  const protocol = findProtocolError(error);
  if (!protocol) return (error as { retriable?: boolean }).retriable === true ? { kind: 'again' } : { kind: 'renew' };
  if (lostProducer.has(protocol.type)) return { kind: 'renew' };
  return refusedRecords.has(protocol.type) ? { kind: 'final', code: protocol.type } : { kind: 'again' };
}

interface ProtocolError {
  type: string;
}

function findProtocolError(error: unknown): ProtocolError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') return { type: at.type };
  }
  return undefined;
}

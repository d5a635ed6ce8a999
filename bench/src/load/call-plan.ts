/** What calls are made of, as data that one process can tell another. */
export interface CallPlan {
  /** How the facts of a call travel: in an envelope of a session that is reused, of one of its own, or plain. */
  carrier: Carrier;
  /** `validate` is what SDKs ask, `verify` is `POST /key/verify`. */
  asks: 'validate' | 'verify';
  /** Customer keys, used in turn. */
  keys: readonly string[];
  /** The address of the application's caller. */
  ip: string;
  serverKey: string;
  recipient: Recipient;
}

/** Envelopes of version 1 are those of published SDKs, whose replies are plain. */
export type Carrier = 'session' | 'session-v1' | 'fresh-session' | 'plain';

/** The key of the server that envelopes are sealed to, as it is published. */
export interface Recipient {
  kid: string;
  /** Standard base64. */
  publicKey: string;
}

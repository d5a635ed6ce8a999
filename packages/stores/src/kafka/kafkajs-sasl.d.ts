/** KafkaJS' own implementations of what a client says in SASL, which its types leave out. */
declare module 'kafkajs/src/broker/saslAuthenticator/*.js' {
  interface Step {
    request: { encode(): Promise<Buffer> };
    /** Reads bytes behind their length. */
    response?: { decode(bytes: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
  }
  interface Conversation {
    host: string;
    port: number;
    logger: { debug(message: string): void; error(message: string): void };
    saslAuthenticate(step: Step): Promise<unknown>;
  }
  const provider: (login: { username: string; password: string }) => (conversation: Conversation) => {
    authenticate(): Promise<void>;
  };
  export default provider;
}

/** The server has no verdict: nobody answers, in time or at all, or a 5xx. What `failOpen` is about. */
export class ServerAway extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServerAway';
  }
}

/** The server is there and does not take what it is asked: a server key, a project or a pin that is not right. No outage. */
export class ServerRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServerRefused';
  }
}

/** Loaded before an example: its server takes a free port, and tells which. */
import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  const [first, ...rest] = args;
  this.once('listening', () => process.stdout.write(`listening on ${this.address().port}\n`));
  if (typeof first === 'object') return listen.call(this, { ...first, host: '127.0.0.1', port: 0 }, ...rest);
  return listen.call(this, 0, '127.0.0.1', ...rest.filter((arg) => typeof arg === 'function'));
};

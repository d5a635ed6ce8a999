import { keyringOf } from '@keyward/envelope/keyring';
import { keyringKey } from '@keyward/envelope/keyring-key';
import { openV1 } from '@keyward/envelope/v1/open';
import { sealV1 } from '@keyward/envelope/v1/seal';
import { parseEnvelopeV1 } from '@keyward/envelope/v1/wire';
import { openV2 } from '@keyward/envelope/v2/open-request';
import { sealReplyV2, sealRequestV2 } from '@keyward/envelope/v2/seal';
import { openSessionV2 } from '@keyward/envelope/v2/session';
import { parseEnvelopeV2, printEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { importPrivateKey, publicKeyOf } from '@keyward/envelope/x25519';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openEdgeSession } from '../../src/edge/edge-session.ts';
import { ServerRefused } from '../../src/server/server-failure.ts';

/** The vector of wire.md §2.1. */
const serverPrivate = importPrivateKey(Buffer.alloc(32, 0x11));
const ephemeralRaw = Buffer.alloc(32, 0x22);
const ephemeral = {
  privateKey: importPrivateKey(ephemeralRaw),
  publicKey: publicKeyOf(importPrivateKey(ephemeralRaw)),
};
const iv = Buffer.alloc(12, 0x33);
const vectorV1 =
  '{"v":"1","epk":"D6poTtKIZ7l_Smot7l34zpdOdrcBjj8iocTPJnhXDyA","iv":"MzMzMzMzMzMzMzMz","ct":"eujW81Z8pMGmcql_du7vmR5EiO2dA-4pXD2b_zIAwKzkrg"}';

const nowMs = Date.parse('2026-11-01T00:00:00.000Z');
const ts = '2026-11-01T00:00:00.000Z';
const server = keyringKey({ privateKey: serverPrivate, kid: 'k1', notBeforeMs: nowMs - 1, notAfterMs: null });
const keyring = keyringOf([server]);
const request = (text: string, path = '/client/self?a=b') => ({ method: 'POST' as const, path, ts, text });
const sessionOf = (version: '1' | '2', publicKey: Uint8Array = server.publicKey) =>
  openEdgeSession({ kid: 'k1', publicKey, version });

/** What is drawn is what the vectors were made with. */
async function drawTheVectors(): Promise<void> {
  const jwk = { kty: 'OKP', crv: 'X25519', x: ephemeral.publicKey.toString('base64url') };
  const d = ephemeralRaw.toString('base64url');
  const privateKey = await crypto.subtle.importKey('jwk', { ...jwk, d }, 'X25519', false, ['deriveBits']);
  const publicKey = await crypto.subtle.importKey('jwk', jwk, 'X25519', true, []);
  vi.spyOn(crypto.subtle, 'generateKey').mockImplementation(async () => ({ privateKey, publicKey }) as never);
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
    if (bytes instanceof Uint8Array) bytes.set(iv);
    return bytes;
  });
}

afterEach(() => void vi.restoreAllMocks());

describe('a session on WebCrypto', () => {
  it('seals version 1 byte for byte as wire.md §2.1 says', async () => {
    await drawTheVectors();
    const sealed = await (await sessionOf('1')).seal(request('{"name":"default"}'));
    expect(sealed.body).toBe(vectorV1);
  });

  it('seals both versions byte for byte as packages/envelope does', async () => {
    await drawTheVectors();
    const [one, two] = [await sessionOf('1'), await sessionOf('2')];
    const session = openSessionV2({ recipient: server, ephemeral });
    const path = fc.string({ unit: fc.constantFrom(...'aZ09/-._~%?=&|:{}'), maxLength: 60 });
    const texts = fc.tuple(
      fc.json(),
      path.map((rest) => `/${rest}`),
    );
    await fc.assert(
      fc.asyncProperty(texts, async ([text, path]) => {
        const ours = sealV1({ recipientPublicKey: server.publicKey, plaintext: text, ephemeral, iv });
        expect((await one.seal(request(text))).body).toBe(JSON.stringify(ours));
        const line = { method: 'POST', path };
        const envelope = sealRequestV2({ session, ts, plaintext: text, iv, ...line });
        const sealed = await two.seal(request(text, path));
        expect(sealed.body).toBe(printEnvelopeV2(envelope));
        expect(Buffer.from(sealed.iv).equals(iv)).toBe(true);
      }),
      { numRuns: 50, seed: 7 },
    );
  });

  it('is understood by the gateway, and understands it, with pairs of its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.json(), async (question, reply) => {
        const one = await (await sessionOf('1')).seal(request(question));
        const envelope = parseEnvelopeV1(JSON.parse(one.body));
        expect(envelope && openV1({ envelope, keyring, nowMs })?.plaintext.toString()).toBe(question);

        const { answer, sent, sealed, session } = await exchange(question, reply);
        expect(await session.open(answer, sent, sealed)).toBe(reply);
      }),
      { numRuns: 30, seed: 7 },
    );
  });

  it('never draws an iv twice', async () => {
    const session = await sessionOf('2');
    const ivs = await Promise.all(Array.from({ length: 200 }, async () => (await session.seal(request('{}'))).iv));
    expect(new Set(ivs.map(String)).size).toBe(200);
  });

  it('refuses an answer of which any bit was turned, or a field put another way', async () => {
    const { answer, sent, sealed, session } = await exchange('{}', '{"b":2}');
    const good = JSON.parse(answer);
    for (const field of ['epk', 'iv', 'ct']) {
      const bytes = Buffer.from(good[field], 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const turned = Buffer.from(bytes);
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const tampered = JSON.stringify({ ...good, [field]: turned.toString('base64url') });
        expect(await session.open(tampered, sent, sealed)).toBeUndefined();
      }
    }
    const others = [
      { v: '1' },
      { kid: 'k2' },
      { ts: '2026-11-01T00:00:00.001Z' },
      { ts: `${good.ts} ` },
      { iv: `${good.iv}=` },
      { ct: `${good.ct}=` },
      { ct: 7 },
      { ct: '' },
      { epk: undefined },
    ];
    for (const over of others)
      expect(
        await session.open(JSON.stringify({ ...good, ...over }), sent, sealed),
        JSON.stringify(over),
      ).toBeUndefined();
    for (const text of ['', 'null', '[]', '"a"', '{}', '{'])
      expect(await session.open(text, sent, sealed)).toBeUndefined();
    expect(await session.open(answer, sent, sealed)).toBe('{"b":2}');
  });

  it('refuses the answer to another request, and of another session', async () => {
    const { answer, sent, sealed, session } = await exchange('{}', '{"b":2}');
    expect(await session.open(answer, { ...sent, path: '/client/self?a=c' }, sealed)).toBeUndefined();
    expect(await session.open(answer, sent, await session.seal(sent))).toBeUndefined();
    expect(await (await sessionOf('2')).open(answer, sent, sealed)).toBeUndefined();
    expect(await session.open(sealed.body, sent, sealed)).toBeUndefined();
  });

  it('seals nothing to a public key of low order, or of another length', async () => {
    const zero = Buffer.alloc(32);
    const alsoZero = Buffer.from('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 'hex');
    for (const publicKey of [zero, alsoZero, Buffer.alloc(31, 1)])
      for (const version of ['1', '2'] as const)
        await expect(sessionOf(version, publicKey)).rejects.toMatchObject({ code: 'CONFIG' });
  });

  it('says that a runtime has no X25519, which is no outage', async () => {
    vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(new Error('NotSupportedError'));
    await expect(sessionOf('2')).rejects.toBeInstanceOf(ServerRefused);
  });
});

/** One request, and the gateway's reply to it. */
async function exchange(question: string, plaintext: string) {
  const session = await sessionOf('2');
  const sent = request(question);
  const sealed = await session.seal(sent);
  const envelope = parseEnvelopeV2(JSON.parse(sealed.body));
  const line = { method: sent.method, path: sent.path };
  const opened = envelope && openV2({ envelope, keyring, nowMs, ...line });
  if (!envelope || opened?.plaintext.toString() !== question) throw new Error('the gateway did not open the request');
  const { epk, iv: requestIv } = envelope;
  const answer = sealReplyV2({
    session: { kid: 'k1', epk, keys: opened.derived },
    ts: '2026-11-01T00:00:01.000Z',
    plaintext,
    requestIv,
    ...line,
  });
  return { answer, sent, sealed, session };
}

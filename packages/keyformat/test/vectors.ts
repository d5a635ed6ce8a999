/** The signed keys of wire.md §1, all signed with the same secret. */
export const secret = 'test-secret';

type Vector = { claims: Record<string, unknown>; codec: 'json' | 'msgpack'; hmac: string | undefined; key: string };

const everyClaim = {
  id: 'v1',
  tid: 'acme',
  scp: ['read', 'write'],
  env: 'production',
  exp: 4102444800,
  nbf: 1735689600,
  meta: { plan: 'pro', n: 1, f: 1.5, u: '\u00e9' },
};

const plain = (id: string) => ({ id, tid: 'acme', scp: ['read'], env: 'production' });

export const vectors: { [name in 'A' | 'B' | 'C' | 'D' | 'E' | 'F']: Vector } = {
  A: {
    claims: plain('v0'),
    codec: 'json',
    hmac: '2f36f85128dc9d1e899905db01b82b6b223249d77f0e8a3b3a8d083bd687935d',
    key: 'apikee_MAxKPgAhV75lJgTIYG22XKrCz4xQ6vvToJOYf6lfMHlEF24FA27x74j9g3HA7EUBFJbHVoSlZ8jkHl.BC9fyuIWYvilJPnoVul93Sh8X1SGBYHzWvpeEN1JLOX',
  },
  B: {
    claims: plain('v16'),
    codec: 'json',
    hmac: '00f42d30fa65b9cfa58bccebf54c04f15317f57aa6bd48c0a431f0728fc3a6c8',
    key: 'apikee_1TZEyI28BcTHpdTtzphUiBlsD8fdFEqrkgTX0hcd3qJ98t0fNNz4vrOjJxDht10jF1pqCTpcp6JZPYez.E1Qk68bXrNdk19wm9k76DaAplKScRoMqReF2f10U9o',
  },
  C: {
    claims: plain('v0'),
    codec: 'msgpack',
    hmac: 'd83e471063ae891c77bb94be10b01505aa0bd7811ae450209478af9c3b87e2d1',
    key: 'apikee_k2GqTN3eUVmV0JsPjNJubhn0Qer3zMYRha8AqAAsHoMCVmYaJi6eNFG.pHEOsHCuTB1AAgHyrILtfX9lAMY44Lr5fNsnegJ1LCj',
  },
  D: {
    claims: plain('v10'),
    codec: 'msgpack',
    hmac: '003f82465e8febc63741d4547d018f4f8a0bf49fabcdaf24a8fd65e9437eefd5',
    key: 'apikee_345NYfHW2JGhnrVj1gko7ZWu7i0F30EAxDmot6WlUK9XCaI48eqMJl2QY.3e8J7L2V1oZ0McS1DUhLC8hVDZZX5tmSspI9uaK0az',
  },
  E: {
    claims: everyClaim,
    codec: 'json',
    hmac: undefined,
    key: 'apikee_14fhuKwl2dChbStpDlOlujZ6sShHMWcIBfPBlz5tzBeGJaGp8jEl0ShIVcNuw5x7oO7HDKOt6pzkEfG0D4twQcdaTHLkLBOATUCZA4QNhIi5VqENrOcfoUEXakNrQsJlsjlrEk1c9OLSgzC1YJ7BwhsVWhg9ojonvBArtlxTZXVIHnaIa4Wv2pzXRejbfmXUYKZmOrXp7.LgYdOs24O5dwFDtsAInO2SuKSzrJ9DomH38F9KUKfkQ',
  },
  F: {
    claims: everyClaim,
    codec: 'msgpack',
    hmac: '2d3a1d80d6f715ebf630c31a0459ed16fa407c4f994f2e542e05a45bc44b65fa',
    key: 'apikee_Z0ZlulxOpopN9LsAe8Wz5mCGEP2qEUv8xbRt5UoLAQLoC6q0dtohXNExTBmKfT5XCKffnoQFlR7u3yHIPCUpg9NOfkSgxn7mnOHuaucLYJvVNIXVoFCyNvIEgkcXSI4hJkpEP.AivoVxwJn5L9LBt3dbox7mzv9UGOZUNIiTygySW5r3K',
  },
};

/** Who makes a change, as it is remembered; `system`: Keyward itself, because of what it was told before. */
export type Author = { kind: 'user' | 'server-key'; id: string } | { kind: 'system'; id: null };

export const system: Author = { kind: 'system', id: null };

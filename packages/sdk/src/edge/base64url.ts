/** Unpadded base64url of bytes. */
export function printBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The bytes that `text` spells, if it is the one spelling of them: without padding, foreign characters and trailing bits. */
export function readBase64url(text: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== 'string' || !/^[\w-]*$/.test(text)) return undefined;
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    // `atob` takes trailing bits that mean nothing.
    return printBase64url(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** A text as a pattern of Redis that only it matches. */
export const literally = (text: string): string => text.replace(/[\\*?[\]]/g, '\\$&');

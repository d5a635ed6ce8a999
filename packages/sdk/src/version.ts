/** Of the package, as its manifest says: a test holds them together. */
export const version = '0.1.0';

/** How long validators under test wait for one answer of Redis: a machine that runs tests may hold up anybody for a while. */
export const patientMs = 1_000;

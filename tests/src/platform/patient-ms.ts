/** How long validators under test wait for one answer of Redis: a machine that runs tests may hold up anybody for a while. */
export const patientMs = 1_000;

/** How long gateways under test wait for a management call, for the same reason. */
export const patientAdminMs = 60_000;

/** The store could not be asked: never a reason to call a key bad (design.md I5). */
export class StoreAway extends Error {
  constructor(cause: unknown) {
    super(`the store cannot be asked: ${cause instanceof Error ? cause.message : 'unknown reason'}`, { cause });
    this.name = 'StoreAway';
  }
}

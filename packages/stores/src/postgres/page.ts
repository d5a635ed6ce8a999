/** A part of a list of one environment's. */
export interface Page {
  environmentId: string;
  limit: number;
  offset: number;
}

/** An HTTP call as it is sent, made before the clock starts. */
export interface Call {
  /** Path and query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** How a suite's title carries its backend, so that the closing lines can count the tests of each. */
export const backendMark = (title: string, backend: string) => `${title} [${backend}]`;

/** The backend in a title, if it has one. */
export const markedBackend = (title: string): string | undefined => /\[([a-z-]+)\]$/.exec(title)?.[1];

/** This machine has no such tool, and cannot fetch it. */
export class MissingTool extends Error {}

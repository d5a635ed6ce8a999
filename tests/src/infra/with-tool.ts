import type { TestContext } from 'vitest';
import { requiredTools, type ToolName } from '../backends/required-tools.ts';
import { MissingTool } from './missing-tool.ts';

/** What `use` gives; a tool that this machine cannot have skips the test, or fails it where the tool is required. */
export async function withTool<T>(tool: ToolName, { skip }: TestContext, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof MissingTool) || requiredTools().includes(tool)) throw error;
    return skip(`there is no ${tool}: ${error.message}`);
  }
}

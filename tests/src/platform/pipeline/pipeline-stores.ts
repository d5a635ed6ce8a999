import type { NativeServer } from '../../backends/native-server.ts';

/** The servers of one pipeline, and where its events pass. */
export interface PipelineStores {
  redis: NativeServer;
  postgres: NativeServer;
  kafka: NativeServer;
  topic: string;
  group: string;
  eventLogUrl: string;
}

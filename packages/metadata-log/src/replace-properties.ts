import { writeFileDurably } from './durable-file.js';
import type { FileSystem } from './file-system.js';
import { encodeMetaProperties, type MetaProperties } from './meta-properties.js';
import { META_PROPERTIES } from './paths.js';

/** Replaces `meta.properties` durably: after a crash it is the old file or the new one. */
export function replaceProperties(fs: FileSystem, properties: MetaProperties, done: (error: Error | undefined) => void): void {
  writeFileDurably(fs, META_PROPERTIES, encodeMetaProperties(properties), done);
}

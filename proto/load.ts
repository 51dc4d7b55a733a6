import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { apiFiles, messageShape, protoRoot } from './files.ts';

/** The definitions of the public API and of the agents' protocol. */
export function loadDefinition(): PackageDefinition {
  return loadSync([...apiFiles, 'uvs/agent/v1/agent.proto'], { keepCase: false, ...messageShape, includeDirs: [protoRoot()] });
}

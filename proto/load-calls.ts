import { isAbsolute, join } from 'node:path';
import protobuf from 'protobufjs';
import { messageShape, protoRoot } from './files.ts';

/** Services by full name, each with its methods by name; `methodOf` reads them. */
export type Calls = Readonly<Record<string, object>>;

/**
 * The services of some .proto files, for a process that calls them and has to be small, or quick: messages look as with `loadDefinition`, but there are
 * no descriptors, which only servers need (for reflection) and which take nine tenths of the memory.
 * @param files e.g. "uvs/agent/v1/agent.proto"
 */
export function loadCalls(files: readonly string[]): Calls {
  const directory = protoRoot();
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (isAbsolute(target) ? target : join(directory, target));
  root.loadSync([...files]).resolveAll();
  return Object.fromEntries(servicesIn(root).map((service) => [service.fullName.slice(1), callsOf(service)]));
}

function callsOf({ fullName, methodsArray }: protobuf.Service): object {
  return Object.fromEntries(
    methodsArray.map(({ name, requestStream, responseStream, resolvedRequestType: request, resolvedResponseType: response }) => {
      if (request === null || response === null) throw new Error(`the proto files lack the types of ${fullName}.${name}`);
      const call = {
        path: `/${fullName.slice(1)}/${name}`,
        requestStream: requestStream === true,
        responseStream: responseStream === true,
        requestSerialize: (message: Record<string, unknown>) => request.encode(request.fromObject(message)).finish(),
        responseDeserialize: (bytes: Uint8Array) => response.toObject(response.decode(bytes), messageShape),
      };
      return [name, call];
    }),
  );
}

function servicesIn(namespace: protobuf.NamespaceBase): protobuf.Service[] {
  return namespace.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Service) return [nested];
    return nested instanceof protobuf.Namespace ? servicesIn(nested) : [];
  });
}

import {
  ADMIN_LIMITS,
  clusterServiceHandlers,
  ClusterServiceService,
  metadataServiceHandlers,
  MetadataServiceService,
  MetadataWatch,
  quorumServiceHandlers,
  QuorumServiceService,
  RpcServer,
  sessionServiceHandlers,
  SessionServiceService,
  TopicPages,
  topicServiceHandlers,
  TopicServiceService,
  type AdminWriter,
  type CallRecord,
  type Health,
  type ImageReader,
  type QuorumAdmin,
} from '@quorate/rpc';

export interface AdminServerOptions {
  readonly writer: AdminWriter;
  readonly reader: ImageReader;
  readonly quorum: QuorumAdmin;
  readonly health: Health;
  readonly finished: (call: CallRecord) => void;
}

/** All admin services, metadata queries and watches, health and reflection: the same on the gateway and on every broker. */
export function adminServer({ writer, reader, quorum, health, finished }: AdminServerOptions): RpcServer {
  const pages = new TopicPages(reader);
  const server = new RpcServer({ limits: ADMIN_LIMITS, finished });
  server.add(TopicServiceService, topicServiceHandlers({ writer, reader, pages }));
  server.add(ClusterServiceService, clusterServiceHandlers({ writer, reader, quorum }));
  server.add(QuorumServiceService, quorumServiceHandlers(quorum));
  server.add(SessionServiceService, sessionServiceHandlers(writer));
  server.add(MetadataServiceService, metadataServiceHandlers({ reader, pages, watch: new MetadataWatch(reader) }));
  server.addHealthAndReflection(health);
  return server;
}

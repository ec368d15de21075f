import path from 'node:path';

/** What `npm start` was asked for. */
export interface ClusterShape {
  /** 1, 3 or 5. */
  readonly controllers: number;
  readonly brokers: number;
  /** Where everything lives; `.quorate` in the project unless QUORATE_HOME says otherwise. */
  readonly home: string;
  /** Added to every port, so that two clusters fit on one machine. */
  readonly portOffset: number;
  /** `nats://host:port`, or undefined: fan-out over gRPC alone. */
  readonly natsUrl: string | undefined;
}

/** In this order they are started; they are stopped brokers, exporter, gateway, followers, leader. */
export type ProcessKind = 'controller' | 'broker' | 'gateway' | 'exporter';

/** One process of the cluster: what is run, with which file, and where it answers. */
export interface ProcessPlan {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly nodeId: number | undefined;
  readonly app: 'quorum-controller' | 'broker-metadata-cache' | 'admin-gateway' | 'metrics-exporter';
  readonly configFile: string;
  readonly config: string;
  /** gRPC address. */
  readonly address: string;
  /** Address of /metrics and /healthz. */
  readonly httpAddress: string;
  readonly logFile: string;
}

const HOST = '127.0.0.1';

/** Ports and node ids of the design's table, for any shape. */
export function planProcesses(shape: ClusterShape): readonly ProcessPlan[] {
  const port = (base: number): number => base + shape.portOffset;
  const controllerIds = Array.from({ length: shape.controllers }, (_, index) => index + 1);
  const brokerIds = Array.from({ length: shape.brokers }, (_, index) => index + 101);
  const bootstrap = controllerIds.map((id) => `${HOST}:${port(19090 + id)}`).join(',');
  const plan = (
    base: Pick<ProcessPlan, 'name' | 'kind' | 'nodeId' | 'app'> & { readonly grpcPort: number; readonly httpPort: number },
    lines: readonly string[],
  ): ProcessPlan => ({
    name: base.name,
    kind: base.kind,
    nodeId: base.nodeId,
    app: base.app,
    address: `${HOST}:${base.grpcPort}`,
    httpAddress: `${HOST}:${base.httpPort}`,
    configFile: path.join(shape.home, 'config', `${base.name}.properties`),
    logFile: path.join(shape.home, 'logs', `${base.name}.log`),
    config: [
      `# Written by npm start; changed here, lost at the next start.`,
      ...lines,
      `controller.quorum.bootstrap.servers=${bootstrap}`,
      `http.listener=${HOST}:${base.httpPort}`,
      ...(shape.natsUrl === undefined ? [] : [`nats.servers=${shape.natsUrl}`]),
      '',
    ].join('\n'),
  });
  return [
    ...controllerIds.map((id) =>
      plan({ name: `controller-${id}`, kind: 'controller', nodeId: id, app: 'quorum-controller', grpcPort: port(19090 + id), httpPort: port(19190 + id) }, [
        'process.roles=controller',
        `node.id=${id}`,
        `listeners=CONTROLLER://${HOST}:${port(19090 + id)}`,
        'controller.listener.names=CONTROLLER',
        'listener.security.protocol.map=CONTROLLER:PLAINTEXT',
        `log.dirs=${path.join(shape.home, 'data', `controller-${id}`)}`,
      ]),
    ),
    ...brokerIds.map((id, index) =>
      plan({ name: `broker-${id}`, kind: 'broker', nodeId: id, app: 'broker-metadata-cache', grpcPort: port(19000 + id), httpPort: port(19201 + index) }, [
        'process.roles=broker',
        `node.id=${id}`,
        `listeners=PLAINTEXT://${HOST}:${port(19000 + id)}`,
        'controller.listener.names=CONTROLLER',
        'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
        `log.dirs=${path.join(shape.home, 'data', `broker-${id}`)}`,
      ]),
    ),
    plan({ name: 'gateway', kind: 'gateway', nodeId: undefined, app: 'admin-gateway', grpcPort: port(19000), httpPort: port(19100) }, [`gateway.listener=${HOST}:${port(19000)}`]),
    plan({ name: 'exporter', kind: 'exporter', nodeId: undefined, app: 'metrics-exporter', grpcPort: port(19010), httpPort: port(9464) }, [`exporter.listener=${HOST}:${port(19010)}`]),
  ];
}

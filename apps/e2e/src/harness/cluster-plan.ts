import path from 'node:path';

export interface TestClusterOptions {
  readonly controllers: number;
  readonly brokers: number;
  /** Controllers with the next ids that are formatted to join; `TestCluster.start` starts them like all others. */
  readonly spares?: number;
  readonly gateways?: number;
  readonly exporter?: boolean;
  /** Path of a real nats-server; absent: gRPC alone. */
  readonly natsServer?: string | undefined;
  /** Lines added to every properties file. */
  readonly properties?: readonly string[];
}

/** One process of a test cluster: what it is, where it answers, what stands in its file. */
export interface MemberPlan {
  readonly name: string;
  readonly app: 'quorum-controller' | 'broker-metadata-cache' | 'admin-gateway' | 'metrics-exporter';
  readonly nodeId: number | undefined;
  readonly address: string;
  readonly httpAddress: string;
  readonly dataDirectory: string | undefined;
  readonly configFile: string;
  readonly config: string;
  /** A controller that knows no voters. */
  readonly isSpare: boolean;
}

export const HOST = '127.0.0.1';

/** How many ports a cluster of this shape takes, NATS included. */
export function portCount({ controllers, brokers, spares = 0, gateways = 1, exporter = false }: TestClusterOptions): number {
  return 2 * (controllers + spares + brokers + gateways + (exporter ? 1 : 0)) + 1;
}

/** Names: controller-1 …, broker-101 …, gateway, gateway-2 …, exporter. */
export function planMembers(options: TestClusterOptions, home: string, nextPort: () => number, natsUrl: string | undefined): readonly MemberPlan[] {
  const controllers = Array.from({ length: options.controllers }, (_, index) => ({ id: index + 1, port: nextPort() }));
  const spares = Array.from({ length: options.spares ?? 0 }, (_, index) => ({ id: options.controllers + index + 1, port: nextPort() }));
  const common = [
    `controller.quorum.bootstrap.servers=${controllers.map(({ port }) => `${HOST}:${port}`).join(',')}`,
    ...(natsUrl === undefined ? [] : [`nats.servers=${natsUrl}`]),
    ...(options.properties ?? []),
  ];
  const plan = (member: Pick<MemberPlan, 'name' | 'app' | 'nodeId'>, port: number, lines: readonly string[]): MemberPlan => {
    const httpAddress = `${HOST}:${nextPort()}`;
    const dataDirectory = member.nodeId === undefined ? undefined : path.join(home, 'data', member.name);
    return {
      ...member,
      isSpare: spares.some(({ id }) => id === member.nodeId),
      address: `${HOST}:${port}`,
      httpAddress,
      dataDirectory,
      configFile: path.join(home, `${member.name}.properties`),
      config: [...lines, ...common, ...(dataDirectory === undefined ? [] : [`log.dirs=${dataDirectory}`]), `http.listener=${httpAddress}`, ''].join('\n'),
    };
  };
  const list = <T>(length: number, make: (index: number) => T): readonly T[] => Array.from({ length }, (_, index) => make(index));
  return [
    ...[...controllers, ...spares].map(({ id, port }) =>
      plan({ name: `controller-${id}`, app: 'quorum-controller', nodeId: id }, port, [
        'process.roles=controller',
        `node.id=${id}`,
        `listeners=CONTROLLER://${HOST}:${port}`,
        'controller.listener.names=CONTROLLER',
        'listener.security.protocol.map=CONTROLLER:PLAINTEXT',
      ]),
    ),
    ...list(options.brokers, (index) => {
      const port = nextPort();
      return plan({ name: `broker-${101 + index}`, app: 'broker-metadata-cache', nodeId: 101 + index }, port, [
        'process.roles=broker',
        `node.id=${101 + index}`,
        `listeners=PLAINTEXT://${HOST}:${port}`,
        'controller.listener.names=CONTROLLER',
        'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      ]);
    }),
    ...list(options.gateways ?? 1, (index) => {
      const port = nextPort();
      return plan({ name: index === 0 ? 'gateway' : `gateway-${index + 1}`, app: 'admin-gateway', nodeId: undefined }, port, [`gateway.listener=${HOST}:${port}`]);
    }),
    ...list(options.exporter === true ? 1 : 0, () => {
      const port = nextPort();
      return plan({ name: 'exporter', app: 'metrics-exporter', nodeId: undefined }, port, [`exporter.listener=${HOST}:${port}`]);
    }),
  ];
}

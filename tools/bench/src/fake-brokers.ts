import { randomBytes } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import { ControllerServiceClient } from '@quorate/rpc';
import { call, deadline } from '@quorate/e2e';
import type { BrokerHeartbeatResponse, RegisterBrokerResponse } from '@quorate/records/gen/quorate/controller/v1/controller';

/** Registrations without processes: the write benchmarks want three controllers and nothing else on the machine. */
export class FakeBrokers {
  readonly #client: ControllerServiceClient;
  readonly #clusterId: string;
  readonly #incarnations = new Map<number, Buffer>();
  readonly #logDirs = new Map<number, Buffer>();

  constructor(address: string, clusterId: string) {
    this.#client = new ControllerServiceClient(address, credentials.createInsecure());
    this.#clusterId = clusterId;
  }

  get client(): ControllerServiceClient {
    return this.#client;
  }

  /** One registration record; with the incarnation of before it amends the registration. */
  register(brokerId: number): Promise<RegisterBrokerResponse> {
    const incarnation = this.#incarnations.get(brokerId) ?? randomBytes(16);
    const logDir = this.#logDirs.get(brokerId) ?? randomBytes(16);
    this.#incarnations.set(brokerId, incarnation);
    this.#logDirs.set(brokerId, logDir);
    return call<RegisterBrokerResponse>((done) =>
      this.#client.registerBroker(
        {
          cluster: { clusterId: this.#clusterId, recoveryId: Buffer.alloc(16) },
          brokerId,
          incarnationId: incarnation,
          listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9092, securityProtocol: 0 }],
          features: [{ name: 'metadata.version', minSupported: 7, maxSupported: 21 }],
          logDirs: [logDir],
        } as never,
        deadline(5000),
        done,
      ),
    );
  }

  /** Registers and unfences; lasts for one session (the benchmarks set a long one). */
  async unfence(brokerId: number): Promise<void> {
    const { brokerEpoch, offset } = await this.register(brokerId);
    const beat = (currentMetadataOffset: number): Promise<BrokerHeartbeatResponse> =>
      call<BrokerHeartbeatResponse>((done) =>
        this.#client.brokerHeartbeat(
          { cluster: { clusterId: this.#clusterId, recoveryId: Buffer.alloc(16) }, brokerId, brokerEpoch, currentMetadataOffset, wantFence: false, wantShutDown: false, offlineLogDirs: [] },
          deadline(5000),
          done,
        ),
      );
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const answer = await beat(Math.max(offset, brokerEpoch) + 1 + attempt);
      if (!answer.isFenced) return;
    }
    throw new Error(`broker ${brokerId} stays fenced`);
  }

  close(): void {
    this.#client.close();
  }
}

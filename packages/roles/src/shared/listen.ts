import { ListenError, type RpcServer } from '@quorate/rpc';
import { TelemetryServer, type HealthReport, type Metrics } from '@quorate/telemetry';
import { ProcessRefusal } from '../process/exit-codes.js';

/** @returns the port. @throws ProcessRefusal (`address`) when somebody else listens there; the message names key and address. */
export async function listenOrRefuse(server: RpcServer, address: { readonly host: string; readonly port: number }, key: string): Promise<number> {
  try {
    return await server.listen(address.host, address.port);
  } catch (error) {
    if (error instanceof ListenError) throw new ProcessRefusal('address', `${key}: ${error.message}. Stop that process, or change ${key}.`, { cause: error });
    throw error;
  }
}

/** Serves /metrics and /healthz, if a listener for them is configured. @throws ProcessRefusal (`address`) when that is taken. */
export async function serveTelemetry(
  address: { readonly host: string; readonly port: number } | undefined,
  parts: { readonly metrics: Metrics; readonly health: () => HealthReport },
): Promise<TelemetryServer | undefined> {
  if (address === undefined) return undefined;
  try {
    return await TelemetryServer.listen({ ...address, ...parts });
  } catch (error) {
    throw new ProcessRefusal('address', error instanceof Error ? error.message : String(error), { cause: error });
  }
}
